/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Optimal string alignment over three rows. A word counts as near when a third of its letters, at least one and at most three, are wrong, or when one
 * is the beginning of the other. */
#include "common/suggest.h"

#include <stdint.h>
#include <string.h>

#define MAX_WORD 64

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t cc_suggest_distance(const char *a, const char *b)
{
	size_t rows[3][MAX_WORD + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la >= MAX_WORD || lb >= MAX_WORD)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min_size(min_size(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min_size(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

void cc_suggest_init(struct cc_suggest *s, const char *typed)
{
	*s = (struct cc_suggest){ typed, NULL, SIZE_MAX };
}

static size_t far_away(size_t len)
{
	size_t third = len / 3;

	return third < 1 ? 2 : third > 3 ? 4 : third + 1;
}

void cc_suggest_offer(struct cc_suggest *s, const char *candidate)
{
	size_t len = strlen(s->typed);
	size_t distance;

	if (candidate == NULL || len == 0)
		return;
	distance = cc_suggest_distance(s->typed, candidate);
	if (distance >= far_away(len) && len >= 3 && strncmp(candidate, s->typed, len) == 0)
		distance = far_away(len) - 1;
	if (distance < far_away(len) && distance < s->best_distance && distance < strlen(candidate)) {
		s->best = candidate;
		s->best_distance = distance;
	}
}
