/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration of a container as liblxc's keys and values, worked out from an instance's record. Knows the keys, not the library. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/node.h"

typedef int driver_config_set_fn(void *user, const char *key, const char *value, struct cc_error *err);

/* Calls `set` for each item, in an order that liblxc accepts. Fails with what `set` failed with. */
int driver_config_build(const struct priv_node *node, const struct ct_record *rec, driver_config_set_fn *set, void *user, struct cc_error *err);

/* The items that are the same for every container, as above; for who compares with bare liblxc. */
int driver_config_common(driver_config_set_fn *set, void *user, struct cc_error *err);

/* Writes the system call policy to STATE/seccomp, from where liblxc reads it at each start and exec. @err IO */
int driver_config_write_seccomp(const struct priv_node *node, struct cc_error *err);

void driver_config_limits(struct priv_limits *ret, const struct ct_record *rec);
