/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop of cc-agent-priv: takes requests from the socketpair, runs each in children (job.h), watches running instances, and tells of ends that nobody
 * asked for. Requests for one instance or one image run one after the other; different ones side by side. */
#pragma once

#include "agent/driver/node.h"

/* Readopts what runs, sweeps what is left over, then serves until SIGTERM or SIGINT, or until the other end of settings.serve_fd is gone. Instances run on
 * afterwards. @err IO, and what the driver's `prepare` fails with */
int priv_server_run(struct priv_node *node, struct cc_error *err);
