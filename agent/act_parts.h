/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the act_*.c files share. Not for others. */
#pragma once

#include "agent/act.h"

/* Each sends one request; when the privileged half has too many open, nothing happens and the next look tries again. */
void act_start(struct act *a, struct inst *i);
void act_stop(struct act *a, struct inst *i);
void act_delete(struct act *a, struct inst *i);
void act_unpack(struct act *a, struct local_image *m, int64_t now_ms);

/* Says to the privileged half which instances may run until when, if it does not know. False when that could not be sent: none of them may be started. */
bool act_say_lease(struct act *a);

/* A failed reply as an error. */
void act_reply_error(const struct priv_reply *r, struct cc_error *ret);
