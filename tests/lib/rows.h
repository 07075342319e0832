/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random values for any described struct, and a comparison: property tests over all entities need no code per entity. */
#pragma once

#include "common/desc.h"
#include "tests/lib/random.h"

/* A row within the limits of its kinds; limits themselves, odd characters and absent fields are likely. Everything lies in the arena. */
void *rows_random(const struct cc_desc *d, struct test_random *r, struct cc_arena *a);
/* NULL when all fields without a flag of `but` are equal, else the name of the first that differs. */
const char *rows_difference(const struct cc_desc *d, const void *a, const void *b, unsigned but);
