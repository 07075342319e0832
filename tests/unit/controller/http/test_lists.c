/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists: pages, filters, selectors; reads that wait or are conditional. */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"

static struct world *w;
static struct cc_arena *a;

static void set_up(void)
{
	w = world_new(NULL);
	a = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(a);
	world_free(w);
}

#define GET(desc, status, ...) world_get(w, a, &desc, status, &(struct ask){ __VA_ARGS__ })
#define LIST(r, p)             GET(instance_list_desc, 200, .role = r, .path = p)

static void create(enum role role, const char *body)
{
	GET(instance_desc, 201, .role = role, .method = "POST", .path = "/v1/instances", .body = body);
}

static void create_named(enum role role, const char *name)
{
	create(role, cc_printf(a, "{\"name\":\"%s\",\"image\":\"busybox\",\"memory_mib\":4,\"cpu_millis\":10,\"disk_mib\":1}", name));
}

static void create_many(int n)
{
	for (int i = 0; i < n; i++)
		create_named(ROLE_ANA, cc_printf(a, "i-%03d", i));
}

static const char *names(const struct instance_list *l)
{
	const char *text = "";

	for (size_t i = 0; i < l->items.n; i++)
		text = cc_printf(a, "%s%s%s", text, i > 0 ? " " : "", l->items.items[i].name);
	return text;
}

START_TEST(pages_follow_each_other_by_link_and_by_next)
{
	const char *path = "/v1/instances?limit=3&name=i-*", *seen = "";
	struct answer r;
	int pages = 0;

	create_many(8);
	for (;;) {
		struct instance_list *l = LIST(ROLE_ANA, path);

		seen = cc_printf(a, "%s%s ", seen, names(l));
		pages++;
		r = ASK(.role = ROLE_ANA, .path = path);
		if (!cc_has(l, instance_list, next)) {
			ck_assert_str_eq(answer_header(&r, "Link"), "");
			break;
		}
		path = cc_printf(a, "/v1/instances?cursor=%s&limit=3&name=i-%%2A", l->next);
		ck_assert_str_eq(answer_header(&r, "Link"), cc_printf(a, "<%s>; rel=\"next\"", path));
		answer_free(&r);
	}
	answer_free(&r);
	ck_assert_int_eq(pages, 3);
	ck_assert_str_eq(seen, "i-000 i-001 i-002 i-003 i-004 i-005 i-006 i-007 ");
}
END_TEST

START_TEST(what_comes_and_goes_between_pages_neither_hides_nor_doubles_others)
{
	struct instance_list *l;

	create_many(6);
	l = LIST(ROLE_ANA, "/v1/instances?limit=3&name=i-*");
	ck_assert_str_eq(names(l), "i-000 i-001 i-002");
	/* Before the cursor, at it, and after it. */
	GET(instance_desc, 202, .role = ROLE_ANA, .method = "DELETE", .path = "/v1/instances/i-001");
	create_named(ROLE_ANA, "i-0001");
	create_named(ROLE_ANA, "i-0031");
	l = LIST(ROLE_ANA, cc_printf(a, "/v1/instances?limit=3&name=i-*&cursor=%s", l->next));
	ck_assert_str_eq(names(l), "i-003 i-0031 i-004");
	l = LIST(ROLE_ANA, cc_printf(a, "/v1/instances?limit=3&name=i-*&cursor=%s", l->next));
	ck_assert_str_eq(names(l), "i-005");
	ck_assert(!cc_has(l, instance_list, next));
}
END_TEST

START_TEST(a_cursor_shows_nobody_what_they_may_not_see)
{
	struct instance_list *l;

	create_many(4);
	l = LIST(ROLE_ANA, "/v1/instances?limit=1");
	l = LIST(ROLE_BOB, cc_printf(a, "/v1/instances?cursor=%s", l->next));
	ck_assert_uint_eq(l->items.n, 0);
}
END_TEST

START_TEST(filters_choose_rows)
{
	struct node_list *nodes;
	struct image_list *images;

	create(ROLE_ANA, "{\"name\":\"on2\",\"image\":\"busybox\",\"node\":\"n2\"}");
	create(ROLE_BOB, "{\"name\":\"bobs\",\"image\":\"busybox\",\"node\":\"n2\"}");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?state=running")), "web");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?state=running,assigned")), "bobs on2 web");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?node=n2")), "bobs on2");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?node=n2")), "on2");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?member=bob&node=n2")), "bobs");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?name=on2")), "on2");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?name=o*")), "on2");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?name=o")), "");
	ck_assert_str_eq(names(LIST(ROLE_ROOT, "/v1/instances?image=busybox&state=stopped")), "");
	nodes = GET(node_list_desc, 200, .role = ROLE_ANA, .path = "/v1/nodes?state=ready&owner=ana");
	ck_assert_uint_eq(nodes->items.n, 2);
	nodes = GET(node_list_desc, 200, .role = ROLE_ANA, .path = "/v1/nodes?owner=admin");
	ck_assert_uint_eq(nodes->items.n, 0);
	images = GET(image_list_desc, 200, .role = ROLE_ANA, .path = "/v1/images?member=ana");
	ck_assert_uint_eq(images->items.n, 1);
}
END_TEST

START_TEST(selectors_choose_rows_by_their_labels)
{
	create(ROLE_ANA, "{\"name\":\"front\",\"image\":\"busybox\",\"labels\":{\"app\":\"shop\",\"tier\":\"web\"}}");
	create(ROLE_ANA, "{\"name\":\"back\",\"image\":\"busybox\",\"labels\":{\"app\":\"shop\",\"tier\":\"db\"}}");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?selector=app%3Dshop")), "back front");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?selector=app%3Dshop,tier!%3Ddb")), "front");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?selector=!app")), "web");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?selector=tier%20in%20(web,cache)")), "front");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?selector=tier%20notin%20(web),app")), "back");
	ck_assert_str_eq(names(LIST(ROLE_ANA, "/v1/instances?selector=")), "back front web");
}
END_TEST

static const struct bad {
	const char *path;
	int status;
	const char *detail;
} bad_queries[] = {
	{ "/v1/instances?limit=0", 400, "limit" },
	{ "/v1/instances?limit=1001", 400, "limit" },
	{ "/v1/instances?limit=x", 400, "limit" },
	{ "/v1/instances?cursor=%21%21", 400, "cursor" },
	{ "/v1/instances?cursor=", 400, "cursor" },
	{ "/v1/instances?cursor=QUJD", 400, "cursor" },
	{ "/v1/instances?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400, "cursor" },
	{ "/v1/instances?state=dancing", 400, "none of" },
	{ "/v1/instances?state=", 400, "none of" },
	{ "/v1/instances?state=running,", 400, "none of" },
	{ "/v1/instances?node=nobody", 404, "nobody" },
	{ "/v1/instances?member=bob", 404, "bob" },
	{ "/v1/instances?member=nobody", 404, "nobody" },
	{ "/v1/instances?owner=ana", 400, "owner" },
	{ "/v1/instances?selector=%3D", 400, "selector" },
	{ "/v1/instances?selector=a%20in", 400, "selector" },
	{ "/v1/instances?selector=a%2C", 400, "selector" },
	{ "/v1/images?selector=a", 400, "selector" },
	{ "/v1/images?state=ready", 400, "state" },
	{ "/v1/instances?wait=1s", 400, "index" },
	{ "/v1/instances?index=1&wait=soon", 400, "wait" },
	{ "/v1/instances?index=-1", 400, "index" },
};

START_TEST(bad_queries_are_refused_with_the_reason)
{
	const struct bad *b = &bad_queries[_i];
	struct answer r = ASK(.role = ROLE_ANA, .path = b->path);

	ck_assert_msg(r.status == b->status, "%s: %d %s", b->path, r.status, cc_buf_str(&r.body));
	ck_assert_msg(strstr(cc_buf_str(&r.body), b->detail) != NULL, "%s: %s", b->path, cc_buf_str(&r.body));
	answer_free(&r);
}
END_TEST

/* ---- waiting ---- */

static void ask_end(struct asking *k, const char *part)
{
	world_ask_end(k);
	ck_assert_msg(k->answer.status == 200, "%d %s", k->answer.status, cc_buf_str(&k->answer.body));
	ck_assert_msg(strstr(cc_buf_str(&k->answer.body), part) != NULL, "%s", cc_buf_str(&k->answer.body));
	answer_free(&k->answer);
}

static void await_waiting(int n)
{
	const char *line = cc_printf(a, "\ncc_http_waiting_requests %d\n", n);

	for (int i = 0; i < 500; i++) {
		struct answer r = ASK(.role = ROLE_ROOT, .path = "/metrics");
		bool found = strstr(cc_buf_str(&r.body), line) != NULL;

		answer_free(&r);
		if (found)
			return;
		usleep(10000);
	}
	ck_abort_msg("never %s", line);
}

static const char *index_of(enum role role, const char *path)
{
	struct answer r = ASK(.role = role, .path = path);
	const char *index = cc_arena_strdup(a, answer_header(&r, "X-Index"));

	ck_assert_str_ne(index, "");
	answer_free(&r);
	return index;
}

static struct ask blocking(enum role role, const char *path)
{
	const char *index = index_of(role, path);

	return (struct ask){ .role = role, .path = cc_printf(a, "%s%cindex=%s&wait=30s", path, strchr(path, '?') != NULL ? '&' : '?', index) };
}

START_TEST(every_read_can_wait_for_a_change)
{
	static const char *const paths[] = { "/v1/instances", "/v1/instances?state=stopping", "/v1/instances/web", "/v1/status" };
	struct asking asks[CC_ARRAY_LEN(paths)];

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++)
		world_ask_begin(w, &asks[i], blocking(ROLE_ANA, paths[i]));
	await_waiting(CC_ARRAY_LEN(paths));
	GET(instance_desc, 202, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop");
	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		ask_end(&asks[i], i < 3 ? "\"state\":\"stopping\"" : "\"revision\"");
		ck_assert_int_lt(asks[i].took_ms, 10000);
	}
}
END_TEST

START_TEST(nodes_members_images_and_invites_are_waited_for)
{
	static const struct {
		const char *path, *part, *does, *body;
	} cases[] = {
		{ "/v1/nodes", "\"used_instances\":1", "/v1/instances", "{\"name\":\"x\",\"image\":\"busybox\",\"node\":\"n2\"}" },
		{ "/v1/nodes/n2", "\"used_instances\":1", "/v1/instances", "{\"name\":\"x\",\"image\":\"busybox\",\"node\":\"n2\"}" },
		{ "/v1/members", "eva", "/v1/members", "{\"name\":\"eva\"}" },
		{ "/v1/invites", "n7", "/v1/invites", "{\"node_name\":\"n7\"}" },
	};
	struct asking k;
	struct answer r;

	world_ask_begin(w, &k, blocking(ROLE_ROOT, cases[_i].path));
	await_waiting(1);
	r = ASK(.role = ROLE_ROOT, .method = "POST", .path = cases[_i].does, .body = cases[_i].body);
	ck_assert_msg(r.status == 201, "%s", cc_buf_str(&r.body));
	answer_free(&r);
	ask_end(&k, cases[_i].part);
	ck_assert_int_lt(k.took_ms, 10000);
}
END_TEST

START_TEST(a_waiting_list_sleeps_through_what_its_caller_does_not_see)
{
	struct asking k;

	world_ask_begin(w, &k, blocking(ROLE_BOB, "/v1/instances"));
	await_waiting(1);
	create_named(ROLE_ANA, "anas");
	usleep(100000);
	await_waiting(1);
	create_named(ROLE_BOB, "bobs");
	ask_end(&k, "bobs");
	world_ask_begin(w, &k, blocking(ROLE_ANA, "/v1/instances?name=w*"));
	await_waiting(1);
	create_named(ROLE_ANA, "other");
	usleep(100000);
	await_waiting(1);
	GET(instance_desc, 202, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop");
	ask_end(&k, "stopping");
}
END_TEST

START_TEST(an_index_that_the_zone_does_not_know_is_answered_at_once)
{
	static const char *const paths[] = { "/v1/instances", "/v1/instances/web", "/v1/nodes/n1", "/v1/status", "/v1/instances/web/placement" };

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = cc_printf(a, "%s?index=%s&wait=30s", paths[i], i % 2 == 0 ? "9000000" : "0"),
		        .timeout_ms = 5000);

		ck_assert_int_eq(r.status, 200);
		ck_assert_str_ne(answer_header(&r, "X-Index"), "9000000");
		answer_free(&r);
	}
}
END_TEST

/* ---- conditional reads ---- */

START_TEST(what_is_known_is_304)
{
	static const char *const paths[] = { "/v1/instances", "/v1/instances/web", "/v1/nodes", "/v1/nodes/n1", "/v1/images/busybox", "/v1/images",
		"/v1/version", "/v1/openapi.json", "/v1/instances/web/placement", "/v1/status" };

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = paths[i]);
		const char *tag = cc_arena_strdup(a, answer_header(&r, "ETag"));

		ck_assert_str_ne(tag, "");
		answer_free(&r);
		r = ASK(.role = ROLE_ANA, .path = paths[i], .header = cc_printf(a, "If-None-Match: \"x\", %s", tag));
		ck_assert_msg(r.status == 304, "%s: %d", paths[i], r.status);
		ck_assert_uint_eq(r.body.len, 0);
		ck_assert_str_eq(answer_header(&r, "ETag"), tag);
		answer_free(&r);
		r = ASK(.role = ROLE_ANA, .path = paths[i], .header = "If-None-Match: \"x\"");
		ck_assert_int_eq(r.status, 200);
		answer_free(&r);
	}
	GET(instance_desc, 202, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop");
}
END_TEST

START_TEST(what_is_counted_when_it_is_shown_is_never_304)
{
	static const char *const paths[] = { "/v1/members", "/v1/members/ana", "/v1/tokens" };
	const char *tags[CC_ARRAY_LEN(paths)];

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = paths[i]);

		tags[i] = cc_printf(a, "If-None-Match: %s", answer_header(&r, "ETag"));
		answer_free(&r);
	}
	create_named(ROLE_ANA, "more");
	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = paths[i], .header = tags[i]);

		ck_assert_msg(r.status == 200, "%s: %d", paths[i], r.status);
		ck_assert_msg(i == 2 || strstr(cc_buf_str(&r.body), "\"used_instances\":2") != NULL, "%s", cc_buf_str(&r.body));
		answer_free(&r);
	}
}
END_TEST

START_TEST(guests_come_in_pages)
{
	const char *path = "/v1/nodes/n1/instances?limit=2", *seen = "";
	struct answer r;

	for (int i = 0; i < 4; i++)
		create(ROLE_ANA, cc_printf(a, "{\"name\":\"i-%d\",\"image\":\"busybox\",\"memory_mib\":4,\"node\":\"n1\"}", i));
	for (int i = 0; path != NULL; i++) {
		struct guest_list *l = GET(guest_list_desc, 200, .role = ROLE_ROOT, .path = path);

		ck_assert_uint_le(l->items.n, 2);
		for (size_t k = 0; k < l->items.n; k++)
			seen = cc_printf(a, "%s%s ", seen, l->items.items[k].name);
		r = ASK(.role = ROLE_ROOT, .path = path);
		path = cc_has(l, guest_list, next) ? cc_printf(a, "/v1/nodes/n1/instances?cursor=%s&limit=2", l->next) : NULL;
		ck_assert_str_eq(answer_header(&r, "Link"), path != NULL ? cc_printf(a, "<%s>; rel=\"next\"", path) : "");
		answer_free(&r);
		ck_assert_int_lt(i, 5);
	}
	ck_assert_str_eq(seen, "i-0 i-1 i-2 i-3 web ");
	GET(problem_desc, 400, .role = ROLE_ROOT, .path = "/v1/nodes/n1/instances?limit=0");
	GET(problem_desc, 400, .role = ROLE_ROOT, .path = "/v1/nodes/n1/instances?cursor=x");
}
END_TEST

START_TEST(what_is_only_written_down_makes_nothing_newer)
{
	struct instance_list *before = LIST(ROLE_ANA, "/v1/instances"), *after;
	struct audit_list *log = NULL;
	struct answer r = ASK(.role = ROLE_NOBODY, .path = "/v1/instances", .header = "Authorization: Bearer guess");

	ck_assert_int_eq(r.status, 401);
	answer_free(&r);
	for (int i = 0; i < 500 && (log == NULL || log->items.n == 0); i++) {
		usleep(10000);
		log = GET(audit_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/audit?limit=1");
	}
	ck_assert_str_eq(log->items.items[0].outcome, "unauthenticated");
	after = LIST(ROLE_ANA, "/v1/instances");
	ck_assert_int_eq(after->index, before->index);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_lists");
	TCase *tc = tcase_create("lists");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, pages_follow_each_other_by_link_and_by_next);
	tcase_add_test(tc, what_comes_and_goes_between_pages_neither_hides_nor_doubles_others);
	tcase_add_test(tc, a_cursor_shows_nobody_what_they_may_not_see);
	tcase_add_test(tc, filters_choose_rows);
	tcase_add_test(tc, selectors_choose_rows_by_their_labels);
	tcase_add_loop_test(tc, bad_queries_are_refused_with_the_reason, 0, CC_ARRAY_LEN(bad_queries));
	tcase_add_test(tc, every_read_can_wait_for_a_change);
	tcase_add_loop_test(tc, nodes_members_images_and_invites_are_waited_for, 0, 4);
	tcase_add_test(tc, a_waiting_list_sleeps_through_what_its_caller_does_not_see);
	tcase_add_test(tc, an_index_that_the_zone_does_not_know_is_answered_at_once);
	tcase_add_test(tc, what_is_known_is_304);
	tcase_add_test(tc, what_is_counted_when_it_is_shown_is_never_304);
	tcase_add_test(tc, guests_come_in_pages);
	tcase_add_test(tc, what_is_only_written_down_makes_nothing_newer);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
