/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node's dnsmasq as a process. It stands on the bridge like an instance: in a network and a user namespace of its own, with one link to the bridge, as a
 * user that owns nothing, and sees few files. So it needs no port of the node's, and whoever takes it over through a guest's packets is where a guest is.
 * It outlives cc-agent-priv, which finds it again by a note on the disk. Only in children (job.h), but for names_process_find. */
#pragma once

#include "agent/priv/names_files.h"

/* A pidfd of the one that runs, -1 when none does. `same`, if not NULL: whether it was started as one would be now. */
int names_process_find(const struct priv_node *node, bool *ret_same);
/* Ends one that runs first. Returns when the program has taken over. @err UNAVAILABLE with what it said, IO */
int names_process_start(const struct priv_node *node, struct cc_error *err);
/* Ends it and removes its link. None is fine. @err TIMEOUT, IO */
int names_process_stop(const struct priv_node *node, struct cc_error *err);
