/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a placement in sentences for who asked for it. */
#pragma once

#include "common/model.h"

/* Why `name` is where it is, or what is in the way and what would help. `is`: "is", or "would be" of what is not made. Ends with a line feed. */
void placement_say(const struct placement *p, const char *name, const char *is, struct cc_buf *out);
/* How the scores of its candidates were reckoned, a line. */
void placement_say_weights(const struct placement *p, struct cc_buf *out);
