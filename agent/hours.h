/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hours of the week, such as "mon-fri 18:00-08:00" or "sat-sun", in local time. Each minute is asked about by itself, so daylight saving and clocks that are
 * set need no care. */
#pragma once

#include "common/error.h"
#include "common/model.h"

#define HOURS_MAX 32

struct hours {
	size_t n; /* 0: always */
	struct {
		uint8_t days;     /* bit 0: Sunday, those on which it begins */
		int16_t from, to; /* minutes; to <= from: it ends on the next day */
	} span[HOURS_MAX];
};

/* An empty list is always. @err INVALID */
int hours_parse(const struct cc_texts *texts, struct hours *ret, struct cc_error *err);
bool hours_open(const struct hours *h, int64_t now_ms);
/* When that changes next, wall clock; 0: not within eight days. */
int64_t hours_change_ms(const struct hours *h, int64_t now_ms);
