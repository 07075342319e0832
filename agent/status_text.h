/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `cc-agent status` for people. */
#pragma once

#include "agent/live.h"

#include <stdio.h>

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY agent_status
#include "common/model/declare.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

/* `now_ms`: wall clock, what ages are counted from. */
void status_text(const struct agent_status *s, int64_t now_ms, FILE *to);
