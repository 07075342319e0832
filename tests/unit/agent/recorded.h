/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What controllers of each released protocol have answered: tests/golden/protocol, whose README.md says what the lines mean. */
#pragma once

#include <stddef.h>

struct recorded {
	char **items; /* bodies of the replies of one kind, in the order of their conversation */
	size_t n;
};

/* Paths of all conversations. They live until the program ends. */
size_t recorded_files(char ***ret);
/* Replies that are an `entity`; to be freed with recorded_free. */
struct recorded recorded_read(const char *path, const char *entity);
void recorded_free(struct recorded *r);
