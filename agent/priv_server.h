/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop of cc-agent-priv: takes requests from the socketpair, runs each in children (job.h), watches running instances, and tells of ends that nobody
 * asked for. Requests for one instance or one image run one after the other; different ones side by side. */
#pragma once

#include "agent/node.h"

/* Works out the node from its settings: state directory, slots, driver. @err INVALID, DENIED, BUSY the state directory is in use, UNAVAILABLE, IO */
int priv_node_open(const struct priv_settings *set, struct priv_node *ret, struct cc_error *err);
void priv_node_close(struct priv_node *node);

/* Readopts what runs, sweeps what is left over, then serves until SIGTERM or SIGINT, or until the other end of settings.serve_fd is gone. Instances run on
 * afterwards. @err IO, and what the driver's `prepare` fails with */
int priv_server_run(struct priv_node *node, struct cc_error *err);

/* Ends every instance and removes everything made outside of the state directory; with settings.teardown the disks of instances too. @err IO */
int priv_server_teardown(struct priv_node *node, struct cc_error *err);
