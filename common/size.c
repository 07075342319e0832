/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *unit;
	int64_t bytes;
} units[] = { { "TiB", 1LL << 40 }, { "GiB", 1LL << 30 }, { "MiB", 1LL << 20 }, { "KiB", 1LL << 10 }, { "B", 1 } };

int cc_size_parse(const char *text, int64_t *ret_bytes, struct cc_error *err)
{
	char *end;
	long long n;
	int64_t bytes;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && errno == 0)
		for (size_t i = 0; i < CC_ARRAY_LEN(units); i++)
			if (strcmp(end, units[i].unit) == 0 && !__builtin_mul_overflow(n, units[i].bytes, &bytes)) {
				*ret_bytes = bytes;
				return 0;
			}
	return cc_fail(err, INVALID, "'%.40s' is not a size; write it as 100B, 64KiB, 512MiB, 10GiB or 2TiB", text);
}

char *cc_size_format(struct cc_arena *arena, int64_t bytes)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(units); i++)
		if (bytes != 0 && bytes % units[i].bytes == 0)
			return cc_printf(arena, "%lld%s", (long long)(bytes / units[i].bytes), units[i].unit);
	return cc_printf(arena, "%lldB", (long long)bytes);
}
