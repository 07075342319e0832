/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every route with every role, and every route that takes a body with every bad one. A new route does not pass without a row here. */
#include "tests/unit/controller/http/world.h"

#include "common/json.h"
#include "controller/http/router.h"

#include <stdlib.h>
#include <sys/stat.h>

#define ZEROS_64 "0000000000000000000000000000000000000000000000000000000000000000"
#define NO_ID    "00000000-0000-4000-8000-000000000000"
#define BYTES    "application/octet-stream"
#define MERGE    "application/merge-patch+json"
#define FULL     "{\"revision\":0,\"full\":true,\"wait_ms\":0,\"instances\":[]}"

/* What a permitted caller gets: the one who owns the thing, another member or node, an admin. 0: the role is not permitted. */
struct expected {
	int owner, other, node, other_node, admin;
};

static const struct route_case {
	const char *method, *pattern, *path, *body, *type;
	struct expected want;
	int nobody; /* public routes: anonymous */
} cases[] = {
	{ "GET", "/healthz", "/healthz", NULL, NULL, { 200, 200, 200, 200, 200 }, 200 },
	{ "GET", "/readyz", "/readyz", NULL, NULL, { 200, 200, 200, 200, 200 }, 200 },
	{ "GET", "/metrics", "/metrics", NULL, NULL, { .admin = 200 }, 0 },
	{ "GET", "/v1/version", "/v1/version", NULL, NULL, { 200, 200, 200, 200, 200 }, 200 },
	{ "GET", "/v1/openapi.json", "/v1/openapi.json", NULL, NULL, { 200, 200, 200, 200, 200 }, 200 },
	{ "GET", "/v1/status", "/v1/status", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "GET", "/v1/events", "/v1/events?follow=false", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	/* A wrong secret, whoever shows a certificate; who shows none is told so first. */
	{ "POST", "/v1/join", "/v1/join", "{\"secret\":\"x\"}", NULL, { 401, 401, 401, 401, 401 }, 401 },
	{ "GET", "/v1/nodes", "/v1/nodes", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "GET", "/v1/nodes/{ref}", "/v1/nodes/n1", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "GET", "/v1/nodes/{ref}/distances", "/v1/nodes/n1/distances", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "GET", "/v1/nodes/{ref}/instances", "/v1/nodes/n1/instances", NULL, NULL, { 200, 403, .admin = 200 }, 0 },
	{ "POST", "/v1/nodes/{ref}/instances/{name}/stop", "/v1/nodes/n1/instances/web/stop", NULL, NULL, { 202, 403, .admin = 202 }, 0 },
	{ "POST", "/v1/nodes/{ref}/sync", "/v1/nodes/n1/sync", FULL, NULL, { .node = 200, .other_node = 403 }, 0 },
	{ "POST", "/v1/nodes/{ref}/leave", "/v1/nodes/n1/leave", NULL, NULL, { .node = 204, .other_node = 403 }, 0 },
	{ "POST", "/v1/nodes/{ref}/drain", "/v1/nodes/n1/drain", "{\"reason\":\"new disk\"}", NULL, { .admin = 200 }, 0 },
	{ "POST", "/v1/nodes/{ref}/undrain", "/v1/nodes/n1/undrain", NULL, NULL, { .admin = 200 }, 0 },
	{ "PUT", "/v1/nodes/{ref}/cap", "/v1/nodes/n1/cap", "{\"memory_mib\":512}", NULL, { .admin = 200 }, 0 },
	{ "DELETE", "/v1/nodes/{ref}", "/v1/nodes/n1?force=perhaps", NULL, NULL, { .admin = 400 }, 0 },
	{ "GET", "/v1/invites", "/v1/invites", NULL, NULL, { .admin = 200 }, 0 },
	{ "GET", "/v1/invites/{id}", "/v1/invites/" NO_ID, NULL, NULL, { .admin = 404 }, 0 },
	{ "DELETE", "/v1/invites/{id}", "/v1/invites/" NO_ID, NULL, NULL, { .admin = 404 }, 0 },
	{ "POST", "/v1/invites", "/v1/invites", "{\"node_name\":\"n9\"}", NULL, { .admin = 201 }, 0 },
	{ "GET", "/v1/members", "/v1/members", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/members", "/v1/members", "{\"name\":\"eva\"}", NULL, { .admin = 201 }, 0 },
	{ "GET", "/v1/members/{ref}", "/v1/members/ana", NULL, NULL, { 200, 404, .admin = 200 }, 0 },
	{ "PATCH", "/v1/members/{ref}", "/v1/members/ana", "{\"limit_instances\":5}", NULL, { .admin = 200 }, 0 },
	{ "DELETE", "/v1/members/{ref}", "/v1/members/ana", NULL, NULL, { .admin = 409 }, 0 },
	{ "GET", "/v1/audit", "/v1/audit?limit=5", NULL, NULL, { .admin = 200 }, 0 },
	{ "GET", "/v1/tokens", "/v1/tokens", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/tokens", "/v1/tokens", "{\"member\":\"ana\",\"expires_s\":60}", NULL, { 201, 403, .admin = 201 }, 0 },
	{ "DELETE", "/v1/tokens/{id}", "/v1/tokens/" NO_ID, NULL, NULL, { 404, 404, .admin = 404 }, 0 },
	{ "GET", "/v1/images", "/v1/images", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/images", "/v1/images?name=new&arch=amd64", "archive", BYTES, { 201, 201, .admin = 201 }, 0 },
	{ "GET", "/v1/images/{ref}", "/v1/images/busybox", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "PATCH", "/v1/images/{ref}", "/v1/images/busybox", "{\"name\":\"box\"}", MERGE, { 200, 403, .admin = 200 }, 0 },
	{ "DELETE", "/v1/images/{ref}", "/v1/images/busybox", NULL, NULL, { 409, 403, .admin = 409 }, 0 },
	{ "GET", "/v1/uploads/{sha256}", "/v1/uploads/" ZEROS_64, NULL, NULL, { 404, 404, .admin = 404 }, 0 },
	{ "GET", "/v1/image-aliases", "/v1/image-aliases", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/image-aliases", "/v1/image-aliases", "{\"name\":\"box\",\"target\":\"busybox\"}", NULL, { 201, 201, .admin = 201 }, 0 },
	{ "GET", "/v1/image-aliases/{ref}", "/v1/image-aliases/none", NULL, NULL, { 404, 404, .admin = 404 }, 0 },
	{ "DELETE", "/v1/image-aliases/{ref}", "/v1/image-aliases/none", NULL, NULL, { 404, 404, .admin = 404 }, 0 },
	{ "GET", "/v1/blobs/{sha256}", "/v1/blobs/" ZEROS_64, NULL, NULL, { .node = 404, .other_node = 404 }, 0 },
	{ "GET", "/v1/instances", "/v1/instances", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/instances", "/v1/instances", "{\"name\":\"new\",\"image\":\"busybox\"}", NULL, { 201, 201, .admin = 201 }, 0 },
	{ "GET", "/v1/placements", "/v1/placements?placed=false", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/placements", "/v1/placements", "{\"name\":\"new\",\"image\":\"busybox\"}", NULL, { 200, 200, .admin = 200 }, 0 },
	{ "GET", "/v1/instances/{ref}", "/v1/instances/web", NULL, NULL, { 200, 404, .admin = 200 }, 0 },
	{ "PATCH", "/v1/instances/{ref}", "/v1/instances/web", "{\"pids\":99}", MERGE, { 200, 404, .admin = 200 }, 0 },
	{ "DELETE", "/v1/instances/{ref}", "/v1/instances/web", NULL, NULL, { 202, 404, .admin = 202 }, 0 },
	{ "POST", "/v1/instances/{ref}/start", "/v1/instances/web/start", NULL, NULL, { 202, 404, .admin = 202 }, 0 },
	{ "POST", "/v1/instances/{ref}/stop", "/v1/instances/web/stop", NULL, NULL, { 202, 404, .admin = 202 }, 0 },
	{ "POST", "/v1/instances/{ref}/move", "/v1/instances/web/move", "{\"node\":\"n1\"}", NULL, { 409, 404, .admin = 409 }, 0 },
	{ "POST", "/v1/instances/{ref}/restart", "/v1/instances/web/restart", NULL, NULL, { 202, 404, .admin = 202 }, 0 },
	{ "GET", "/v1/instances/{ref}/placement", "/v1/instances/web/placement", NULL, NULL, { 200, 404, .admin = 200 }, 0 },
	{ "GET", "/v1/instances/{ref}/snapshots", "/v1/instances/web/snapshots", NULL, NULL, { 200, 404, .admin = 200 }, 0 },
	{ "POST", "/v1/instances/{ref}/snapshots", "/v1/instances/web/snapshots", "{\"name\":\"s1\"}", NULL, { 201, 404, .admin = 201 }, 0 },
	{ "GET", "/v1/instances/{ref}/snapshots/{name}", "/v1/instances/web/snapshots/s0", NULL, NULL, { 200, 404, .admin = 200 }, 0 },
	{ "DELETE", "/v1/instances/{ref}/snapshots/{name}", "/v1/instances/web/snapshots/s0", NULL, NULL, { 202, 404, .admin = 202 }, 0 },
	{ "POST", "/v1/instances/{ref}/snapshots/{name}/restore", "/v1/instances/web/snapshots/s0/restore", "{\"restart\":true}", NULL,
	        { 202, 404, .admin = 202 }, 0 },
	{ "GET", "/v1/volumes", "/v1/volumes", NULL, NULL, { 200, 200, .admin = 200 }, 0 },
	{ "POST", "/v1/volumes", "/v1/volumes", "{\"name\":\"new\",\"size_mib\":5}", NULL, { 201, 201, .admin = 201 }, 0 },
	{ "GET", "/v1/volumes/{ref}", "/v1/volumes/data", NULL, NULL, { 200, 404, .admin = 200 }, 0 },
	{ "PATCH", "/v1/volumes/{ref}", "/v1/volumes/data", "{\"size_mib\":20}", MERGE, { 200, 404, .admin = 200 }, 0 },
	{ "DELETE", "/v1/volumes/{ref}", "/v1/volumes/data", NULL, NULL, { 202, 404, .admin = 202 }, 0 },
	{ "POST", "/v1/instances/{ref}/console", "/v1/instances/web/console", "{\"rows\":24,\"cols\":80}", NULL, { 201, 404, .admin = 201 }, 0 },
	{ "POST", "/v1/instances/{ref}/logs", "/v1/instances/web/logs", "{\"follow\":false,\"lines\":5}", NULL, { 201, 404, .admin = 201 }, 0 },
	{ "POST", "/v1/instances/{ref}/exec", "/v1/instances/web/exec", "{\"argv\":[\"true\"]}", NULL, { 201, 404, .admin = 201 }, 0 },
	{ "POST", "/v1/instances/{ref}/push", "/v1/instances/web/push", "{\"path\":\"/tmp\",\"place\":\"into\"}", NULL, { 201, 404, .admin = 201 },
	        0 },
	{ "POST", "/v1/instances/{ref}/pull", "/v1/instances/web/pull", "{\"paths\":[\"/etc\"]}", NULL, { 201, 404, .admin = 201 }, 0 },
	{ "POST", "/v1/instances/{ref}/export", "/v1/instances/web/export", NULL, NULL, { 201, 404, .admin = 201 }, 0 },
	{ "POST", "/v1/streams/{id}/in", "/v1/streams/" NO_ID "/in", "x", BYTES, { 404, 404, .admin = 404 }, 0 },
	{ "GET", "/v1/streams/{id}/out", "/v1/streams/" NO_ID "/out", NULL, NULL, { 404, 404, .admin = 404 }, 0 },
	{ "GET", "/v1/streams/{id}/node/in", "/v1/streams/" NO_ID "/node/in", NULL, NULL, { .node = 404, .other_node = 404 }, 0 },
	{ "POST", "/v1/streams/{id}/node/out", "/v1/streams/" NO_ID "/node/out", "x", BYTES, { .node = 404, .other_node = 404 }, 0 },
};

/* The routes that anyone may use; adding one is a decision. */
static const char *const public_paths[] = { "/healthz", "/readyz", "/v1/version", "/v1/openapi.json" };

static const struct route *route_of(const struct route_case *c)
{
	for (size_t i = 0; i < router_n_routes; i++)
		if (strcmp(router_routes[i].method, c->method) == 0 && strcmp(router_routes[i].path, c->pattern) == 0)
			return &router_routes[i];
	return NULL;
}

START_TEST(every_route_has_a_row_here)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_msg(route_of(&cases[i]) != NULL, "%s %s is no route", cases[i].method, cases[i].pattern);
	for (size_t i = 0; i < router_n_routes; i++) {
		bool found = false;

		for (size_t k = 0; k < CC_ARRAY_LEN(cases); k++)
			found = found || route_of(&cases[k]) == &router_routes[i];
		ck_assert_msg(found, "%s %s has no row here", router_routes[i].method, router_routes[i].path);
	}
}
END_TEST

START_TEST(public_routes_are_those_that_are_listed)
{
	for (size_t i = 0; i < router_n_routes; i++) {
		const struct route *r = &router_routes[i];
		bool listed = false;

		for (size_t k = 0; k < CC_ARRAY_LEN(public_paths); k++)
			listed = listed || strcmp(r->path, public_paths[k]) == 0;
		ck_assert_msg(listed == (r->perm == PERM_PUBLIC), "%s %s", r->method, r->path);
	}
}
END_TEST

static int expected_of(const struct route_case *c, enum role role)
{
	const struct expected *e = &c->want;
	int status;

	switch (role) {
	case ROLE_NOBODY:
	case ROLE_STRANGER:
		return c->nobody != 0 ? c->nobody : 401;
	case ROLE_CONTROLLER:
		status = c->nobody != 0 ? c->nobody : strcmp(c->pattern, "/v1/blobs/{sha256}") == 0 ? e->node : 0;
		break;
	case ROLE_ANA:
		status = e->owner;
		break;
	case ROLE_BOB:
		status = e->other;
		break;
	case ROLE_N1:
		status = e->node;
		break;
	case ROLE_N2:
		status = e->other_node;
		break;
	default:
		status = e->admin;
		break;
	}
	return status != 0 ? status : 403;
}

/* Where replies are left for the validation against the published schemas. */
static void leave_reply(const struct route_case *c, const struct route *r, const struct answer *a, enum role role)
{
	const char *dir = getenv("CC_HTTP_REPLIES");
	static int n;
	char path[512];
	FILE *f;

	if (dir == NULL || (r->reply->n_fields == 0 && strcmp(r->reply->name, "openapi") != 0))
		return;
	snprintf(path, sizeof(path), "%s/%s.%d.%d.%d.json", dir, a->status < 300 ? r->reply->name : "problem", (int)(c - cases), (int)role, n++);
	if (strcmp(r->reply->name, "openapi") == 0)
		snprintf(path, sizeof(path), "%s/openapi.json", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(cc_buf_str(&a->body), f);
	fclose(f);
}

static void check_reply(const struct route_case *c, const struct route *r, struct answer *a, enum role role)
{
	const struct cc_desc *d = a->status < 300 ? r->reply : &problem_desc;
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct cc_error err = { 0 };

	ck_assert_str_ne(answer_header(a, "X-Request-Id"), "");
	if (a->status >= 400)
		ck_assert_str_eq(answer_header(a, "Content-Type"), "application/problem+json");
	leave_reply(c, r, a, role);
	if (d->n_fields == 0)
		return;
	if (cc_json_decode(d, cc_buf_str(&a->body), a->body.len, CC_JSON_STRICT, cc_arena_alloc(arena, d->size), arena, &err) < 0)
		ck_abort_msg("%s %s: %s: %s", c->method, c->path, err.msg, cc_buf_str(&a->body));
}

START_TEST(each_role_gets_what_the_table_says)
{
	const struct route_case *c = &cases[_i];
	const struct route *r = route_of(c);
	struct world *w = world_new(NULL);

	for (int role = 0; role < ROLES; role++) {
		struct answer a = ASK(.role = (enum role)role, .method = c->method, .path = c->path, .body = c->body, .type = c->type);

		ck_assert_msg(a.status == expected_of(c, (enum role)role), "%s %s as role %d: %d instead of %d: %s", c->method, c->path, role,
		        a.status, expected_of(c, (enum role)role), cc_buf_str(&a.body));
		check_reply(c, r, &a, (enum role)role);
		/* The next role finds the zone as this one did. */
		if (a.status < 300 && strcmp(c->method, "GET") != 0) {
			world_free(w);
			w = world_new(NULL);
		}
		answer_free(&a);
	}
	world_free(w);
}
END_TEST

/* ---- bad bodies ---- */

#define DEEP "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

static const struct bad_body {
	const char *body;
	size_t len;
	const char *type;
	bool chunked;
	int status;
	const char *code;
	const char *detail; /* must be in the reply */
} bad_bodies[] = {
	{ "{", 0, NULL, false, 400, "invalid", NULL },
	{ "[]", 0, NULL, false, 400, "invalid", NULL },
	{ "\"x\"", 0, NULL, false, 400, "invalid", NULL },
	{ "{} {}", 0, NULL, false, 400, "invalid", NULL },
	{ "{\"nonsense\":1}", 0, NULL, false, 400, "invalid", "nonsense" },
	{ "{\"nonsense\":" DEEP "}", 0, NULL, false, 400, "invalid", NULL },
	{ "{\"name\":\"\xff\xfe\"}", 0, NULL, false, 400, "invalid", NULL },
	{ "{\"name\":\"a\\u0000b\"}", 0, NULL, false, 400, "invalid", NULL },
	{ "{\0}", 3, NULL, false, 400, "invalid", NULL },
	{ "{}", 0, NULL, false, 400, "invalid", NULL }, /* required members are missing */
	{ "{}", 0, "text/plain", false, 415, "media-type", "application/json" },
	{ "{}", 0, "application/jsonp", false, 415, "media-type", "application/json" },
	{ "{}", 0, "", false, 415, "media-type", "application/json" },
	{ "", 0, NULL, false, 400, "invalid", NULL },
	{ "{", 0, NULL, true, 400, "invalid", NULL },
};

/* The caller that may use the route. */
static enum role permitted(const struct route_case *c)
{
	if (strcmp(c->pattern, "/v1/join") == 0)
		return ROLE_STRANGER;
	if (c->want.owner != 0)
		return ROLE_ANA;
	return c->want.node != 0 ? ROLE_N1 : ROLE_ROOT;
}

static bool takes_entity(const struct route_case *c)
{
	return route_of(c)->body->n_fields > 0;
}

#define ASK_OF(c, ...)                                                                      \
	{                                                                                   \
		.role = permitted(c), .method = (c)->method, .path = (c)->path, __VA_ARGS__ \
	}

static void refused(struct world *w, const struct ask *ask, int status, const char *code, const char *detail)
{
	struct answer a = world_ask(w, ask);

	ck_assert_msg(a.status == status && strcmp(answer_code(&a), code) == 0, "%s %s with '%.60s': %d %s", ask->method, ask->path, ask->body,
	        a.status, cc_buf_str(&a.body));
	if (detail != NULL)
		ck_assert_msg(strstr(cc_buf_str(&a.body), detail) != NULL, "%s", cc_buf_str(&a.body));
	answer_free(&a);
}

static bool requires_members(const struct cc_desc *d)
{
	for (size_t i = 0; i < d->n_fields; i++)
		if (!(d->fields[i].flags & CC_OPT))
			return true;
	return false;
}

START_TEST(bad_bodies_are_refused_with_a_clear_error)
{
	struct world *w = world_new(NULL);

	for (const struct route_case *c = cases; c < cases + CC_ARRAY_LEN(cases); c++) {
		if (!takes_entity(c))
			continue;
		for (size_t i = 0; i < CC_ARRAY_LEN(bad_bodies); i++) {
			const struct bad_body *b = &bad_bodies[i];
			struct ask ask = ASK_OF(c, .body = b->body, .body_len = b->len, .type = b->type, .chunked = b->chunked);
			bool patch = (route_of(c)->flags & RF_MERGE) != 0;

			bool agent = (route_of(c)->flags & RF_AGENT) != 0; /* unknown members are none of its faults, missing ones are */

			if (strcmp(b->body, "{}") == 0 && b->type == NULL && !requires_members(route_of(c)->body))
				continue; /* a patch that changes nothing, perhaps */
			refused(w, &ask, b->status, b->code, patch && b->status == 415 ? MERGE : agent && b->status == 400 ? NULL : b->detail);
		}
	}
	world_free(w);
}
END_TEST

START_TEST(a_member_given_twice_is_refused)
{
	struct world *w = world_new(NULL);

	refused(w,
	        &(struct ask){ .role = ROLE_ANA,
	                .method = "POST",
	                .path = "/v1/instances",
	                .body = "{\"name\":\"a\",\"name\":\"b\",\"image\":\"busybox\"}" },
	        400, "invalid", "twice");
	world_free(w);
}
END_TEST

static void too_large(struct world *w, const struct route_case *c, size_t n, bool chunked)
{
	char *big = cc_malloc(n + 1);
	struct ask ask = ASK_OF(c, .body = big, .body_len = n, .chunked = chunked);

	memset(big, ' ', n);
	big[n] = '\0';
	refused(w, &ask, 413, "too-large", NULL);
	free(big);
}

START_TEST(too_large_bodies_are_refused)
{
	struct world *w = world_new(NULL);

	for (const struct route_case *c = cases; c < cases + CC_ARRAY_LEN(cases); c++) {
		if (!takes_entity(c))
			continue;
		too_large(w, c, router_body_max(route_of(c)) + 1, false);
		too_large(w, c, router_body_max(route_of(c)) + 5000, true);
	}
	world_free(w);
}
END_TEST

START_TEST(requests_without_a_body_take_none)
{
	struct world *w = world_new(NULL);

	for (const struct route_case *c = cases; c < cases + CC_ARRAY_LEN(cases); c++) {
		struct ask ask = ASK_OF(c, .body = "{}");

		if (strcmp(route_of(c)->body->name, "none") == 0)
			refused(w, &ask, 400, "invalid", "no body");
	}
	world_free(w);
}
END_TEST

START_TEST(unknown_query_parameters_are_refused_by_name)
{
	struct world *w = world_new(NULL);

	for (const struct route_case *c = cases; c < cases + CC_ARRAY_LEN(cases); c++) {
		struct ask ask = ASK_OF(c, .body = c->body, .type = c->type);
		char path[256];

		snprintf(path, sizeof(path), "%s%cfrobnicate=1", c->path, strchr(c->path, '?') != NULL ? '&' : '?');
		ask.path = path;
		refused(w, &ask, 400, "invalid", "frobnicate");
	}
	world_free(w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_routes");
	TCase *tc = tcase_create("roles");
	int n = CC_ARRAY_LEN(cases);

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, every_route_has_a_row_here);
	tcase_add_test(tc, public_routes_are_those_that_are_listed);
	tcase_add_loop_test(tc, each_role_gets_what_the_table_says, 0, n);
	suite_add_tcase(s, tc);
	tc = tcase_create("bodies");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, bad_bodies_are_refused_with_a_clear_error);
	tcase_add_test(tc, too_large_bodies_are_refused);
	tcase_add_test(tc, requests_without_a_body_take_none);
	tcase_add_test(tc, unknown_query_parameters_are_refused_by_name);
	tcase_add_test(tc, a_member_given_twice_is_refused);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
