/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/hours.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY       1440
#define MINUTE_MS 60000
#define FAR       (8 * DAY)

static const char *const names[7] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

/* -1 when it is no day. */
static int day_at(const char **text)
{
	for (int d = 0; d < 7; d++)
		if (strncmp(*text, names[d], 3) == 0) {
			*text += 3;
			return d;
		}
	return -1;
}

/* "mon", "mon-fri", "mon,wed-thu"; a range may go over the week's end. */
static bool read_days(const char **text, uint8_t *ret)
{
	do {
		int from, to;

		*text += **text == ',';
		from = to = day_at(text);
		if (from >= 0 && **text == '-') {
			(*text)++;
			to = day_at(text);
		}
		if (from < 0 || to < 0)
			return false;
		for (int d = from;; d = (d + 1) % 7) {
			*ret = (uint8_t)(*ret | 1 << d);
			if (d == to)
				break;
		}
	} while (**text == ',');
	return true;
}

static bool read_clock(const char **text, int16_t *ret)
{
	unsigned h, m;
	int len = 0;

	if (sscanf(*text, "%2u:%2u%n", &h, &m, &len) != 2 || len != 5 || m > 59 || h > 24 || (h == 24 && m > 0))
		return false;
	*ret = (int16_t)(h * 60 + m);
	*text += len;
	return true;
}

static bool read_span(const char *text, uint8_t *days, int16_t *from, int16_t *to)
{
	*days = 0;
	*from = 0;
	*to = DAY;
	if (text[0] >= '0' && text[0] <= '9')
		*days = 0x7f;
	else if (!read_days(&text, days))
		return false;
	else if (*text == '\0')
		return true;
	else if (*text++ != ' ')
		return false;
	if (!read_clock(&text, from) || *text++ != '-' || !read_clock(&text, to))
		return false;
	return *text == '\0' && *from != *to && *from < DAY;
}

int hours_parse(const struct cc_texts *texts, struct hours *ret, struct cc_error *err)
{
	struct hours h = { .n = texts->n };

	if (texts->n > HOURS_MAX)
		return cc_fail(err, INVALID, "%d hours are the most; join some", HOURS_MAX);
	for (size_t i = 0; i < texts->n; i++)
		if (!read_span(texts->items[i], &h.span[i].days, &h.span[i].from, &h.span[i].to))
			return cc_fail(err, INVALID, "'%.40s' is no time of the week; write it as 'mon-fri 18:00-08:00', 'sat-sun' or '22:00-06:00'",
			        texts->items[i]);
	*ret = h;
	return 0;
}

bool hours_open(const struct hours *h, int64_t now_ms)
{
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;
	int minute;

	if (h->n == 0 || localtime_r(&t, &tm) == NULL)
		return true;
	minute = tm.tm_hour * 60 + tm.tm_min;
	for (size_t i = 0; i < h->n; i++) {
		bool today = h->span[i].days & 1 << tm.tm_wday, yesterday = h->span[i].days & 1 << (tm.tm_wday + 6) % 7;
		bool over_night = h->span[i].to <= h->span[i].from;

		if (today && minute >= h->span[i].from && (over_night || minute < h->span[i].to))
			return true;
		if (yesterday && over_night && minute < h->span[i].to)
			return true;
	}
	return false;
}

int64_t hours_change_ms(const struct hours *h, int64_t now_ms)
{
	bool now = hours_open(h, now_ms);
	int64_t at = now_ms / MINUTE_MS * MINUTE_MS;

	for (int k = 1; h->n > 0 && k <= FAR; k++)
		if (hours_open(h, at + (int64_t)k * MINUTE_MS) != now)
			return at + (int64_t)k * MINUTE_MS;
	return 0;
}
