/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The owner's word on the node itself: paused or not. `cc-agent pause` writes a file, the running agent watches its folder; so it works with no agent and no
 * controller, and outlives both. Whether anything may start now follows from that and from the hours in which the owner offers the node. */
#pragma once

#include "agent/hours.h"
#include "common/model.h"

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY owner_pause
#include "common/model/declare.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

/* @err NOT_FOUND not paused, INVALID damaged and set aside, IO */
int owner_load_pause(const char *state_dir, struct owner_pause *ret, struct cc_error *err);
int owner_save_pause(const char *state_dir, const struct owner_pause *p, struct cc_error *err);
/* Not being paused is fine. @err IO */
int owner_resume(const char *state_dir, struct cc_error *err);
/* A descriptor that becomes readable when the owner said something; makes the folder. -1 on failure: the agent then looks when it is told to reload. */
int owner_watch(const char *state_dir);

#define OWNER_WHY 128

/* What the owner's word means at a moment. */
struct owner_word {
	bool closed;         /* nothing new starts */
	bool stop;           /* what runs ends */
	int64_t until_ms;    /* wall clock, when this may change; 0: not by itself */
	char why[OWNER_WHY]; /* for reports and people; "" when open */
};
/* `p` NULL: not paused. */
struct owner_word owner_word_at(const struct owner_pause *p, const struct hours *h, bool stop_outside, int64_t now_ms);
