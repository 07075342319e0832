/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running agent tells its owner. */
#pragma once

#include "agent/live.h"
#include "agent/sync.h"

/* Completes *l by what is here, how the controller can be reached, and what protects the machine; then writes it. @err IO */
int live_fill_answer(const char *state_dir, struct live *l, const struct inst_table *t, const struct sync *s, const struct node_facts *facts,
        struct cc_error *err);
