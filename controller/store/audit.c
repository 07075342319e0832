/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the audit log: a session of its own for each page, so that no commit waits for it. */
#include "controller/store/session.h"

#include <inttypes.h>
#include <stdio.h>

enum { WAIT_MS = 10000 };

static int take_rows(const PGresult *res, struct cc_arena *a, struct audit_list *ret, struct cc_error *err)
{
	int n = PQntuples(res);

	ret->items.items = cc_new_array(a, (size_t)n + 1, struct audit);
	for (int row = 0; row < n; row++)
		for (size_t i = 0; i < audit_desc.n_fields; i++) {
			const struct cc_field *f = &audit_desc.fields[i];
			int column = PQfnumber(res, f->name);

			if (column >= 0 && !PQgetisnull(res, row, column) &&
			        cc_field_parse(f, PQgetvalue(res, row, column), &ret->items.items[row], a, err) < 0)
				return -1;
		}
	ret->items.n = (size_t)n;
	return 0;
}

int store_audit(const char *conninfo, const struct store_audit_query *q, struct cc_arena *a, struct audit_list *ret, struct cc_error *err)
{
	cc_auto(store_close) struct store *s = NULL;
	cc_auto(PQclear) PGresult *res = NULL;
	char before[CC_UUID_TEXT], since[24], until[24], most[24];
	const char *const args[] = { cc_uuid_format(q->before, before), q->member, q->resource, since, until, most };

	snprintf(since, sizeof(since), "%" PRId64, q->since_ms);
	snprintf(until, sizeof(until), "%" PRId64, q->until_ms);
	snprintf(most, sizeof(most), "%zu", q->most);
	if (store_open(conninfo, &s, err) < 0)
		return cc_wrap(err, "reading the audit log");
	s->wait_ms = WAIT_MS;
	if (store_run(s, "begin_snapshot", NULL, err) < 0 || store_query(s, "audit_page", args, &res, err) < 0 || take_rows(res, a, ret, err) < 0)
		return cc_wrap(err, "reading the audit log");
	return 0;
}
