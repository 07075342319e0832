/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/remote_path.h"

#include <string.h>

struct remote_path remote_path_parse(const char *word, struct cc_arena *a)
{
	size_t len = strcspn(word, ":/");

	if (word[len] != ':')
		return (struct remote_path){ .path = word };
	return (struct remote_path){ .name = cc_printf(a, "%.*s", (int)len, word), .path = word + len + 1 };
}
