/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/policy.h"

#include "common/config.h"
#include "common/welcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024 * 1024)

static bool read_percent(const char *text, int64_t *ret)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || strcmp(end, "%") != 0 || n > 100)
		return false;
	*ret = n;
	return true;
}

/* "2", "1.5", "1500m" */
static bool read_cpu(const char *text, int64_t *ret)
{
	char *end;
	long whole = strtol(text, &end, 10);
	int64_t millis = 0, digit = 100;

	if (text[0] < '0' || text[0] > '9' || whole > 1000000)
		return false;
	if (strcmp(end, "m") == 0) {
		*ret = whole;
		return true;
	}
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, digit /= 10)
			millis += (*end - '0') * digit;
	*ret = whole * 1000 + millis;
	return *end == '\0';
}

static bool read_mib(const char *text, int64_t *ret)
{
	struct cc_error ignored = { 0 };
	int64_t bytes;

	if (cc_size_parse(text, &bytes, &ignored) < 0)
		return false;
	*ret = bytes / MIB;
	return true;
}

int policy_share(const char *text, enum policy_unit unit, int64_t total, int64_t *ret, struct cc_error *err)
{
	int64_t n;

	if (read_percent(text, &n))
		n = total * n / 100;
	else if (unit == POLICY_CPU ? !read_cpu(text, &n) : !read_mib(text, &n))
		return cc_fail(err, INVALID, "'%.40s' is no share; write it as 75%% or as %s", text,
		        unit == POLICY_CPU ? "cores: 2, 1.5, 1500m" : "a size: 512MiB, 2GiB");
	*ret = n < total ? n : total;
	return 0;
}

/* One of the owner's terms beside what is asked for. */
struct term {
	const char *what, *unit;
	int64_t need, used, offer, percent;
};

static bool holds(const struct term *t, char *why, size_t size)
{
	int64_t most = t->offer * t->percent / 100;

	if (t->used + t->need <= most)
		return true;
	snprintf(why, size, "refused by the node's owner: %s %lld%s beside %lld%s in use is more than the %lld%s allowed", t->what,
	        (long long)t->need, t->unit, (long long)t->used, t->unit, (long long)most, t->unit);
	return false;
}

bool policy_welcomes(const struct policy *p, const struct assignment *a, char *why, size_t why_size)
{
	bool named = cc_has(a, assignment, member_name);

	if ((p->allow_members.n == 0 && p->deny_members.n == 0) || (cc_has(a, assignment, own) && a->own))
		return true;
	if (!named)
		snprintf(why, why_size,
		        "refused by the node's owner: not everybody may start instances here, and the controller does not say whose this is");
	else if (!cc_is_welcome(&p->allow_members, &p->deny_members, a->member_name))
		snprintf(why, why_size, "refused by the node's owner: instances of %s may not start here", a->member_name);
	else
		return true;
	return false;
}

bool policy_trusts(const struct policy *p, const struct assignment *a, char *why, size_t why_size)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	const char *arch = cc_has(a, assignment, image_arch) ? a->image_arch : "";
	struct cc_texts none = { 0 };
	struct cc_error err = { 0 };
	char id[CC_KEY_ID_TEXT];

	if (p->n_image_keys == 0 ||
	        cc_image_check(p->image_keys, p->n_image_keys, cc_has(a, assignment, image_signatures) ? &a->image_signatures : &none,
	                cc_image_statement(a->image_sha256, arch, a->image_bytes, arena), &err) == 0)
		return true;
	snprintf(why, why_size,
	        "refused by the node's owner: of the image, %.110s; here it needs one by the key %s%s: ccctl image sign, then ccctl start", err.msg,
	        cc_key_id_format(p->image_keys[0].id, id), p->n_image_keys > 1 ? " or another" : "");
	return false;
}

bool policy_allows(const struct policy *p, const struct amounts *used, const struct assignment *a, char *why, size_t why_size)
{
	const struct term terms[] = {
		{ "processor", "m", a->cpu_millis, used->cpu_millis, p->offer.cpu_millis, p->cpu_percent },
		{ "memory", " MiB", a->memory_mib, used->memory_mib, p->offer.memory_mib, p->memory_percent },
		{ "disk", " MiB", a->disk_mib, used->disk_mib, p->offer.disk_mib, p->disk_percent },
	};

	if (used->instances + 1 > p->offer.instances) {
		snprintf(why, why_size, "refused by the node's owner: %lld instances are the most allowed", (long long)p->offer.instances);
		return false;
	}
	for (size_t k = 0; k < CC_ARRAY_LEN(terms); k++)
		if (!holds(&terms[k], why, why_size))
			return false;
	return true;
}
