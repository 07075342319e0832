/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the name of an image means: one image per architecture, or an alias that stands for another name. Pure. */
#pragma once

#include "controller/engine/zone.h"

#define IMAGE_ALIASES_MAX 16 /* one after the other */

/* Images of which the one for the node's architecture is taken. */
struct image_choice {
	const char *name;        /* NULL: exactly `one` */
	const struct image *one; /* the first of them */
	uint32_t arches;         /* bits, as sched_arch_bit */
};

/* `ref`: an id, "name", "name:arch", or an alias of one of these. @err NOT_FOUND; CONFLICT aliases in a circle, or too many of them */
int image_names_resolve(const struct zone *z, const char *ref, struct image_choice *ret, struct cc_error *err);
/* The same as if the alias `name` stood for `target`. */
int image_names_try_alias(const struct zone *z, const char *name, const char *target, struct image_choice *ret, struct cc_error *err);
/* The one for an architecture that is among choice->arches. */
const struct image *image_names_pick(const struct zone *z, const struct image_choice *choice, const char *arch);
/* The one image that is meant, no alias. @err NOT_FOUND; CONFLICT the name has several */
int image_names_find_one(const struct zone *z, const char *ref, const struct image **ret, struct cc_error *err);
