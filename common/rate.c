/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/rate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *unit;
	int64_t kbit;
} units[] = { { "Gbit", 1000000 }, { "Mbit", 1000 }, { "kbit", 1 } };

static bool is_unit(const char *text, const char *unit)
{
	size_t len = strlen(unit);

	return strncasecmp(text, unit, len) == 0 && (text[len] == '\0' || strcmp(text + len, "/s") == 0);
}

int cc_rate_parse(const char *text, int64_t *ret_kbit, struct cc_error *err)
{
	long long n;
	char *unit;

	if (strcmp(text, "none") == 0) {
		*ret_kbit = 0;
		return 0;
	}
	errno = 0;
	n = strtoll(text, &unit, 10);
	for (size_t i = 0; text[0] >= '0' && text[0] <= '9' && i < CC_ARRAY_LEN(units); i++) {
		if (!is_unit(unit, units[i].unit))
			continue;
		if (errno != 0 || n < 1 || n > CC_RATE_MAX_KBIT / units[i].kbit)
			return cc_fail(err, INVALID, "'%.40s' is out of range: 1kbit to 100Gbit, or none", text);
		*ret_kbit = n * units[i].kbit;
		return 0;
	}
	return cc_fail(err, INVALID, "'%.40s' is no rate; write it as 512kbit, 10Mbit or 1Gbit (bits per second), or none", text);
}

char *cc_rate_format(int64_t kbit, char text[CC_RATE_TEXT])
{
	size_t i = 0;

	while (i + 1 < CC_ARRAY_LEN(units) && kbit < units[i].kbit)
		i++;
	if (kbit == 0)
		snprintf(text, CC_RATE_TEXT, "none");
	else if (kbit % units[i].kbit == 0)
		snprintf(text, CC_RATE_TEXT, "%lld %s/s", (long long)(kbit / units[i].kbit), units[i].unit);
	else
		snprintf(text, CC_RATE_TEXT, "%.6g %s/s", (double)kbit / (double)units[i].kbit, units[i].unit);
	return text;
}
