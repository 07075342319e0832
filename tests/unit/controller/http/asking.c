/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/controller/http/asking.h"

#include <stdlib.h>

long figure(struct world *w, const char *name)
{
	struct answer r = world_ask(w, &(struct ask){ .role = ROLE_ROOT, .path = "/metrics" });
	char line[128];
	const char *at;
	long n;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(cc_buf_str(&r.body), line);
	n = at != NULL ? strtol(at + strlen(line), NULL, 10) : -1;
	answer_free(&r);
	return n;
}

void await_figure(struct world *w, const char *name, long n)
{
	for (int i = 0; i < 500 && figure(w, name) != n; i++)
		usleep(10000);
	ck_assert_int_eq(figure(w, name), n);
}

void sync_body_of(struct world *w, enum role role, const char *path, char *body, size_t size, int wait_ms)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct node_orders *o = world_get(w, a, &node_orders_desc, 200,
	        &(struct ask){
	                .role = role, .method = "POST", .path = path, .body = "{\"revision\":0,\"full\":true,\"wait_ms\":0,\"instances\":[]}" });

	snprintf(body, size, "{\"revision\":%lld,\"full\":false,\"wait_ms\":%d}", (long long)o->revision, wait_ms);
}
