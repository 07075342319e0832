/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes as people write them. */
#pragma once

#include "common/arena.h"
#include "common/error.h"

#include <stdint.h>

/* Reads "64KiB", "512MiB", "10GiB", "2TiB", "100B". @err INVALID */
int cc_size_parse(const char *text, int64_t *ret_bytes, struct cc_error *err);
/* With the largest unit that divides it: "512MiB". */
char *cc_size_format(struct cc_arena *arena, int64_t bytes);
