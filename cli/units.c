/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/units.h"

#include <inttypes.h>
#include <string.h>

#define MIB         (1LL << 20)
#define MIB_PER_GIB 1024
#define MAX_WHOLE   1000000000LL /* keeps whole * 1000 * unit far from overflow */

/* Digits with up to three decimals, as thousandths. Returns what follows them, or NULL. */
static const char *parse_thousandths(const char *p, int64_t *ret)
{
	int64_t whole = 0, part = 0, place = 100;
	const char *start = p;

	for (; *p >= '0' && *p <= '9'; p++) {
		whole = whole * 10 + (*p - '0');
		if (whole > MAX_WHOLE)
			return NULL;
	}
	if (p == start)
		return NULL;
	if (*p == '.') {
		start = ++p;
		for (; *p >= '0' && *p <= '9'; p++, place /= 10)
			part += (*p - '0') * place;
		if (p == start || p - start > 3)
			return NULL;
	}
	*ret = whole * 1000 + part;
	return p;
}

static const struct {
	const char *unit;
	int64_t mib;
} mib_units[] = { { "", 1 }, { "MiB", 1 }, { "M", 1 }, { "GiB", 1024 }, { "G", 1024 }, { "TiB", 1048576 }, { "T", 1048576 } };

int units_parse_mib(const char *text, int64_t *ret_mib, struct cc_error *err)
{
	int64_t thousandths;
	const char *unit = parse_thousandths(text, &thousandths);

	while (unit != NULL && *unit == ' ')
		unit++;
	for (size_t i = 0; unit != NULL && i < CC_ARRAY_LEN(mib_units); i++) {
		if (strcmp(unit, mib_units[i].unit) != 0)
			continue;
		if (thousandths * mib_units[i].mib % 1000 != 0)
			return cc_fail(err, INVALID, "'%.40s' is not a whole number of MiB", text);
		*ret_mib = thousandths * mib_units[i].mib / 1000;
		return 0;
	}
	return cc_fail(err, INVALID, "'%.40s' is not a size; write it as 256MiB, 2GiB or a number of MiB", text);
}

int units_parse_cpu(const char *text, int64_t *ret_millis, struct cc_error *err)
{
	int64_t thousandths;
	const char *unit = parse_thousandths(text, &thousandths);

	if (unit != NULL && strcmp(unit, "") == 0) {
		*ret_millis = thousandths;
		return 0;
	}
	if (unit != NULL && strcmp(unit, "m") == 0 && thousandths % 1000 == 0) {
		*ret_millis = thousandths / 1000;
		return 0;
	}
	return cc_fail(err, INVALID, "'%.40s' is not an amount of processor; write it as 0.5, 2 or 500m (thousandths of a core)", text);
}

int units_parse_count(const char *text, int64_t *ret, struct cc_error *err)
{
	int64_t thousandths;
	const char *end = parse_thousandths(text, &thousandths);

	if (end == NULL || *end != '\0' || strchr(text, '.') != NULL)
		return cc_fail(err, INVALID, "'%.40s' is not a whole number", text);
	*ret = thousandths / 1000;
	return 0;
}

/* value / unit with at most one decimal, none when it divides. */
static void add_ratio(struct cc_buf *out, int64_t value, int64_t unit)
{
	if (value % unit == 0)
		cc_buf_printf(out, "%" PRId64, value / unit);
	else
		cc_buf_printf(out, "%.1f", (double)value / (double)unit);
}

void units_add_mib(struct cc_buf *out, int64_t mib)
{
	bool gib = mib >= 10 * MIB_PER_GIB || (mib >= MIB_PER_GIB && mib % MIB_PER_GIB == 0);

	add_ratio(out, mib, gib ? MIB_PER_GIB : 1);
	cc_buf_adds(out, gib ? " GiB" : " MiB");
}

void units_add_mib_of(struct cc_buf *out, int64_t used, int64_t total)
{
	bool gib = total >= 10 * MIB_PER_GIB || used >= 10 * MIB_PER_GIB;

	add_ratio(out, used, gib ? MIB_PER_GIB : 1);
	cc_buf_addc(out, '/');
	add_ratio(out, total, gib ? MIB_PER_GIB : 1);
	cc_buf_adds(out, gib ? " GiB" : " MiB");
}

void units_add_bytes(struct cc_buf *out, int64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes;
	size_t i = 0;

	for (; v >= 1024 && i + 1 < CC_ARRAY_LEN(names); i++)
		v /= 1024;
	cc_buf_printf(out, i == 0 || v >= 100 ? "%.0f %s" : "%.1f %s", v, names[i]);
}

void units_add_cpu(struct cc_buf *out, int64_t millis)
{
	int64_t part = millis % 1000;
	int decimals = part % 10 != 0 ? 3 : part % 100 != 0 ? 2 : part != 0 ? 1 : 0;

	cc_buf_printf(out, "%.*f", decimals, (double)millis / 1000);
}

static const struct {
	int64_t below_s;
	int64_t unit_s;
	const char *word;
} ages[] = { { 90, 1, "s" }, { 90 * 60, 60, "min" }, { 36 * 3600, 3600, "h" }, { INT64_MAX, 86400, "days" } };

void units_add_age(struct cc_buf *out, int64_t when_ms, int64_t now_ms)
{
	int64_t s = (now_ms - when_ms) / 1000;
	int64_t far = s < 0 ? -s : s;
	size_t i = 0;

	if (far < 2) {
		cc_buf_adds(out, "just now");
		return;
	}
	while (far >= ages[i].below_s)
		i++;
	far = (far + ages[i].unit_s / 2) / ages[i].unit_s;
	cc_buf_printf(out, s < 0 ? "in %" PRId64 " %s" : "%" PRId64 " %s ago", far, ages[i].word);
}

void units_add_span(struct cc_buf *out, int64_t ms)
{
	if (ms < 10000)
		cc_buf_printf(out, "%.2f s", (double)ms / 1000);
	else if (ms < 120000)
		cc_buf_printf(out, "%" PRId64 " s", ms / 1000);
	else
		cc_buf_printf(out, "%" PRId64 " min %" PRId64 " s", ms / 60000, ms / 1000 % 60);
}
