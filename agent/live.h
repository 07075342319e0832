/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `cc-agent status` asks the running agent: a file in the owner's folder, which the agent watches, holds the question; the answer is a file in the state
 * directory. So the agent needs no socket that others could reach. Whether one runs at all is told by a lock that it holds. */
#pragma once

#include "common/model.h"

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY live_instance
#include "common/model/declare.inc"
#define ENTITY live
#include "common/model/declare.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

/* The agent's side: says that it runs, until the descriptor is closed. -1 on failure: then status cannot tell. */
int live_hold(const char *state_dir);
/* Whether there is a question since `last`, which is updated. */
bool live_asked(const char *state_dir, struct cc_uuid *last);
/* @err IO */
int live_answer(const char *state_dir, const struct live *l, struct cc_error *err);

/* Whether an agent runs with this state directory. */
bool live_runs(const char *state_dir);
/* The other side; *ret lies in the arena. @err TIMEOUT it does not answer within `wait_ms`, IO */
int live_ask(const char *state_dir, int64_t wait_ms, struct cc_arena *a, struct live *ret, struct cc_error *err);
