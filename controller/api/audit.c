/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who did what: read from the database, on the thread for slow work. */
#include "common/clock.h"
#include "controller/api/api.h"

#include <stdlib.h>

#define DEFAULT_LIMIT 100
#define LIMIT_MAX     1000

static int time_param(const struct call *c, size_t param, const char *name, int64_t absent, int64_t *ret, struct cc_error *err)
{
	*ret = absent;
	if (c->params[param] == NULL || cc_time_parse(c->params[param], ret, err) == 0)
		return 0;
	return cc_wrap(err, "%s", name);
}

static int read_query(const struct call *c, struct api_audit_query *q, struct cc_error *err)
{
	long long limit = c->params[PARAM_entries] != NULL ? strtoll(c->params[PARAM_entries], NULL, 10) : DEFAULT_LIMIT;

	memset(q->before.b, 0xff, sizeof(q->before.b));
	if (c->params[PARAM_before] != NULL && cc_uuid_parse(c->params[PARAM_before], &q->before, err) < 0)
		return -1;
	if (limit < 1 || limit > LIMIT_MAX)
		return cc_fail(err, INVALID, "limit: %lld is not between 1 and %d", limit, LIMIT_MAX);
	q->most = (size_t)limit + 1;
	q->member = c->params[PARAM_doer] != NULL ? c->params[PARAM_doer] : "";
	q->resource = c->params[PARAM_resource] != NULL ? c->params[PARAM_resource] : "";
	if (time_param(c, PARAM_since, "since", 0, &q->since_ms, err) < 0)
		return -1;
	return time_param(c, PARAM_until, "until", INT64_MAX, &q->until_ms, err);
}

/* One more than asked for was read, to know whether there is more. */
static int read_page(struct call *c, struct cc_error *err)
{
	const struct api_audit_query *q = c->state;
	struct audit_list *list = cc_new(c->arena, struct audit_list);

	if (c->setup->audit_read(c->setup->audit_arg, q, c->arena, list, err) < 0)
		return -1;
	if (list->items.n == q->most) {
		list->items.n--;
		cc_set(list, audit_list, next, list->items.items[list->items.n - 1].id);
	}
	c->reply = list;
	return 0;
}

int api_audit_list(struct call *c, struct cc_error *err)
{
	struct api_audit_query *q = cc_new(c->arena, struct api_audit_query);

	if (read_query(c, q, err) < 0)
		return -1;
	if (c->setup->audit_read == NULL)
		return cc_fail(err, UNAVAILABLE, "there is no database to read from");
	c->state = q;
	return call_work(c, read_page, NULL);
}
