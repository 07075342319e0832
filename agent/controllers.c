/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/controllers.h"

#include "common/config.h"

#include <string.h>

enum { KEPT_MAX = 8 };

static bool has(const struct cc_texts *t, const char *address)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->items[i], address) == 0)
			return true;
	return false;
}

static bool is_same_set(const struct cc_texts *a, const struct cc_texts *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = has(b, a->items[i]);
	return same;
}

bool controllers_merge(const struct cc_texts *known, const struct cc_texts *told, const char *reached, struct cc_texts *ret, struct cc_arena *a)
{
	struct cc_error ignored = { 0 };
	struct cc_addr addr;

	*ret = (struct cc_texts){ .items = cc_new_array(a, KEPT_MAX, const char *) };
	ret->items[ret->n++] = cc_arena_strdup(a, reached);
	for (size_t i = 0; i < told->n && ret->n < KEPT_MAX; i++)
		if (!has(ret, told->items[i]) && cc_addr_parse(a, told->items[i], &addr, &ignored) == 0 && addr.port != 0)
			ret->items[ret->n++] = cc_arena_strdup(a, told->items[i]);
	return !is_same_set(known, ret);
}

static bool has_port(const struct cc_texts *t, uint16_t port, struct cc_arena *a)
{
	struct cc_error ignored = { 0 };
	struct cc_addr addr;

	for (size_t i = 0; i < t->n; i++)
		if (cc_addr_parse(a, t->items[i], &addr, &ignored) == 0 && addr.port == port)
			return true;
	return false;
}

bool controllers_same_ports(const struct cc_texts *known, const struct cc_texts *all, struct cc_arena *a)
{
	struct cc_error ignored = { 0 };
	struct cc_addr addr;

	for (size_t i = 0; i < all->n; i++)
		if (cc_addr_parse(a, all->items[i], &addr, &ignored) == 0 && !has_port(known, addr.port, a))
			return false;
	return true;
}
