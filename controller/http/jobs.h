/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread for work on files that may take long: making an upload durable, removing an archive. In order, one after the other. */
#pragma once

#include "common/error.h"

struct jobs;

/* @err IO */
int jobs_new(struct jobs **ret, struct cc_error *err);
/* Finishes what was added, then releases everything. NULL is allowed. */
void jobs_free(struct jobs *j);
/* Any thread. Callers bound what they add. */
void jobs_add(struct jobs *j, void (*fn)(void *), void *arg);
