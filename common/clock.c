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
	int64_t clamped = ms < CC_TIME_MIN_MS ? CC_TIME_MIN_MS : ms > CC_TIME_MAX_MS ? CC_TIME_MAX_MS : ms;
	int64_t part = (clamped % 1000 + 1000) % 1000;
	time_t seconds = (time_t)((clamped - part) / 1000);
	struct tm tm;

	CC_PRE(gmtime_r(&seconds, &tm) != NULL);
	snprintf(text, CC_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
	        (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)part % 1000);
	return text;
}

/* Exactly n digits; moves *p behind them. */
static bool take_digits(const char **p, int n, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (**p - '0');
	}
	*ret = v;
	return true;
}

static bool take_any(const char **p, const char *of)
{
	if (**p == '\0' || strchr(of, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

static bool take_date(const char **p, struct tm *tm)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;

	if (!take_digits(p, 4, &year) || !take_any(p, "-") || !take_digits(p, 2, &month) || !take_any(p, "-") || !take_digits(p, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

static bool take_clock(const char **p, struct tm *tm)
{
	return take_digits(p, 2, &tm->tm_hour) && take_any(p, ":") && take_digits(p, 2, &tm->tm_min) && take_any(p, ":") &&
	       take_digits(p, 2, &tm->tm_sec) && tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

static bool take_fraction(const char **p, int *ret_ms)
{
	int digits = 0;

	*ret_ms = 0;
	if (!take_any(p, "."))
		return true;
	for (; **p >= '0' && **p <= '9'; (*p)++, digits++)
		if (digits < 3)
			*ret_ms = *ret_ms * 10 + (**p - '0');
	for (int i = digits; i < 3; i++)
		*ret_ms *= 10;
	return digits >= 1 && digits <= 9;
}

static bool take_offset(const char **p, int *ret_minutes)
{
	int sign = **p == '-' ? -1 : 1;
	int hours, minutes;

	*ret_minutes = 0;
	if (take_any(p, "Zz"))
		return true;
	if (!take_any(p, "+-") || !take_digits(p, 2, &hours) || !take_any(p, ":") || !take_digits(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

int cc_time_parse(const char *text, int64_t *ret_ms, struct cc_error *err)
{
	const char *p = text;
	struct tm tm = { 0 };
	int part, offset_minutes;
	int64_t seconds, ms;
	bool leap;

	if (!take_date(&p, &tm) || !take_any(&p, "Tt ") || !take_clock(&p, &tm) || !take_fraction(&p, &part) || !take_offset(&p, &offset_minutes) ||
	        *p != '\0')
		return cc_fail(err, INVALID, "'%.40s' is not a time; write it as 2026-11-20T21:05:00Z", text);
	leap = tm.tm_sec == 60;
	seconds = (int64_t)timegm(&tm) - offset_minutes * 60;
	ms = seconds * 1000 + part;
	/* A leap second is the last one of a day in UTC. */
	if ((leap && seconds % 86400 != 0) || ms < CC_TIME_MIN_MS || ms > CC_TIME_MAX_MS)
		return cc_fail(err, INVALID, "'%.40s' is not a time; there is no such second", text);
	*ret_ms = ms;
	return 0;
}

static const struct {
	const char *unit;
	int64_t ms;
} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };

int cc_duration_parse(const char *text, int64_t *ret_ms, struct cc_error *err)
{
	char *end;
	long long n = strtoll(text, &end, 10); /* what is too much for it, it makes the largest number */

	for (size_t i = 0; i < CC_ARRAY_LEN(units); i++) {
		if (text[0] < '0' || text[0] > '9' || strcmp(end, units[i].unit) != 0)
			continue;
		if (n > CC_DURATION_MAX_MS / units[i].ms)
			return cc_fail(err, INVALID, "'%.40s' is longer than a hundred years; the longest duration is 36500d", text);
		*ret_ms = n * units[i].ms;
		return 0;
	}
	return cc_fail(err, INVALID, "'%.40s' is not a duration; write it as 250ms, 30s, 5m, 12h or 7d", text);
}

char *cc_duration_format(struct cc_arena *a, int64_t ms)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(units); i++)
		if (ms != 0 && ms % units[i].ms == 0)
			return cc_printf(a, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
	return cc_printf(a, "%lldms", (long long)ms);
}
