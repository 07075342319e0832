/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/welcome.h"

#include <string.h>

static bool names(const struct cc_texts *list, const char *member)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], member) == 0)
			return true;
	return false;
}

bool cc_is_welcome(const struct cc_texts *allow, const struct cc_texts *deny, const char *member)
{
	return !names(deny, member) && (allow->n == 0 || names(allow, member));
}
