/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean": the word nearest to a mistyped one. Knows no commands and no options, only words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The search for one mistyped word: init, offer every candidate, then read `best`. */
struct cc_suggest {
	const char *typed;
	const char *best; /* NULL while nothing is near enough; points to the caller's candidate */
	size_t best_distance;
};

void cc_suggest_init(struct cc_suggest *s, const char *typed);
/* Takes `candidate` if it is nearer than all before; equal distance keeps the first. NULL is passed over. */
void cc_suggest_offer(struct cc_suggest *s, const char *candidate);

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b. Words over 63 bytes are far from everything. */
size_t cc_suggest_distance(const char *a, const char *b);
