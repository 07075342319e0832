/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who vouches for an image: signatures by the keys of the zone's setting image_keys. Pure. */
#pragma once

#include "controller/engine/engine.h"

/* Gives the image these signatures, each of which must be by one of the zone's keys and fit. None takes them away. @err INVALID, DENIED */
int image_trust_set(const struct engine_options *opt, struct image *img, const struct cc_texts *signatures, struct cc_error *err);
/* Adds one; it takes the place of an earlier one by the same key. @err as above */
int image_trust_add(const struct engine_options *opt, struct image *img, const char *signature, struct cc_arena *a, struct cc_error *err);
/* Whether it may be used here: always, unless the zone takes signed images only. @err DENIED */
int image_trust_check(const struct engine_options *opt, const struct image *img, struct cc_error *err);
