/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	CC_PRE(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#ifdef CC_TEST_BUILD
static int64_t test_offset_ms(void)
{
	const char *path = getenv("CC_TEST_CLOCK_OFFSET_FILE");
	char text[32] = "";
	ssize_t n;
	int fd;

	if (path == NULL)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtoll(text, NULL, 10) : 0;
}
#else
static int64_t test_offset_ms(void)
{
	return 0;
}
#endif

int64_t cc_now_ms(void)
{
	return read_clock(CLOCK_REALTIME) + test_offset_ms();
}

int64_t cc_boottime_ms(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

const char *cc_boot_id(void)
{
	static _Thread_local char id[37];
	cc_auto_close int fd = -1;

	if (id[0] != '\0')
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, id, 36) != 36)
		id[0] = '\0';
	return id;
}

char *cc_time_format(int64_t ms, char text[CC_TIME_TEXT])
{
	int64_t whole = ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
	time_t seconds = (time_t)whole;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text, CC_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
	        (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
	        (unsigned)(ms - whole * 1000) % 1000);
	return text;
}

static bool parse_fraction(const char **p, int *ret_ms)
{
	int digits = 0;

	*ret_ms = 0;
	if (**p != '.')
		return true;
	for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, digits++)
		if (digits < 3)
			*ret_ms = *ret_ms * 10 + (**p - '0');
	for (int i = digits; i < 3; i++)
		*ret_ms *= 10;
	return digits >= 1 && digits <= 9;
}

static bool parse_offset(const char *p, int *ret_minutes)
{
	int hours, minutes;
	int end = 0;

	if (strcmp(p, "Z") == 0 || strcmp(p, "z") == 0) {
		*ret_minutes = 0;
		return true;
	}
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 || end != 5 || p[1 + end] != '\0')
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*ret_minutes = (*p == '-' ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

int cc_time_parse(const char *text, int64_t *ret_ms, struct cc_error *err)
{
	struct tm tm = { 0 };
	int end = 0, ms, offset_minutes;
	const char *p;

	if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6 ||
	        end != 19)
		return cc_fail(err, INVALID, "'%.40s' is not a time; write it as 2026-11-20T21:05:00Z", text);
	p = text + end;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60 ||
	        !parse_fraction(&p, &ms) || !parse_offset(p, &offset_minutes))
		return cc_fail(err, INVALID, "'%.40s' is not a time; write it as 2026-11-20T21:05:00Z", text);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_ms = ((int64_t)timegm(&tm) - offset_minutes * 60) * 1000 + ms;
	return 0;
}

static const struct {
	const char *unit;
	int64_t ms;
} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };

int cc_duration_parse(const char *text, int64_t *ret_ms, struct cc_error *err)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end != text && errno == 0 && n >= 0 && text[0] >= '0' && text[0] <= '9')
		for (size_t i = 0; i < CC_ARRAY_LEN(units); i++)
			if (strcmp(end, units[i].unit) == 0 && !__builtin_mul_overflow(n, units[i].ms, ret_ms))
				return 0;
	return cc_fail(err, INVALID, "'%.40s' is not a duration; write it as 250ms, 30s, 5m, 12h or 7d", text);
}

char *cc_duration_format(struct cc_arena *a, int64_t ms)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(units); i++)
		if (ms != 0 && ms % units[i].ms == 0)
			return cc_printf(a, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
	return cc_printf(a, "%lldms", (long long)ms);
}
