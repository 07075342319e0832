/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a start does, in the child that was forked for it: the instance's record on the disk, then the driver. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/driver.h"
#include "agent/driver/node.h"

/* Writes the record, durably. @err IO */
int ct_start_record(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
/* Writes the record and starts the instance; when this returns 0 the record is durable. Errors of the driver's start, IO. */
int ct_start_run(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct driver_status *ret,
        struct cc_error *err);
