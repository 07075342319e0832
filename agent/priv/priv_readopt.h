/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node before and after the loop of priv_server.h. */
#pragma once

#include "agent/driver/node.h"

/* Works out the node from its settings: state directory, slots, driver. @err INVALID, DENIED, BUSY the state directory is in use, UNAVAILABLE, IO */
int priv_node_open(const struct priv_settings *set, struct priv_node *ret, struct cc_error *err);
void priv_node_close(struct priv_node *node);

/* Ends every instance and removes everything made outside of the state directory; with settings.teardown the disks of instances too. @err IO */
int priv_node_teardown(struct priv_node *node, struct cc_error *err);
