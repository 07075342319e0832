/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `cc-agent-priv --purge` does beyond a teardown. May be killed anywhere, and repeated. */
#pragma once

#include "agent/driver/node.h"

/* Asks a cc-agent-priv that holds the lock of this directory to end, and waits for that. When there is none, or it cannot be found, nothing happens: who
 * then takes the lock hears that it is held. */
void priv_purge_end_other(const char *state_dir);

/* After the teardown: removes what is ours of the state directory, and itself when it is empty then. @err IO */
int priv_purge_state(struct priv_node *node, struct cc_error *err);
