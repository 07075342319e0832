/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots and volumes over HTTP: what lies within an instance, pages, filters, conditions, waiting, events. */
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

static struct snapshot *take(const char *name)
{
	return GET(snapshot_desc, 201, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/snapshots",
	        .body = cc_printf(a, "{\"name\":\"%s\"}", name));
}

static const char *names(const struct snapshot_list *l)
{
	const char *text = "";

	for (size_t i = 0; i < l->items.n; i++)
		text = cc_printf(a, "%s%s%s", text, i > 0 ? " " : "", l->items.items[i].name);
	return text;
}

#define LIST(query) names(GET(snapshot_list_desc, 200, .role = ROLE_ANA, .path = "/v1/instances/web/snapshots" query))

START_TEST(snapshots_lie_within_their_instance)
{
	struct answer r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/snapshots", .body = "{}");
	struct snapshot *s;

	ck_assert_int_eq(r.status, 201);
	s = GET(snapshot_desc, 200, .role = ROLE_ANA, .path = cc_arena_strdup(a, answer_header(&r, "Location")));
	answer_free(&r);
	ck_assert_str_eq(s->name, "snap0");
	ck_assert_str_eq(s->instance_name, "web");
	ck_assert_int_eq(s->state, SNAPSHOT_WANTED);
	GET(instance_desc, 201, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"other\",\"image\":\"busybox\"}");
	ck_assert_str_eq(LIST(""), "s0 snap0");
	GET(problem_desc, 404, .role = ROLE_ANA, .path = "/v1/instances/other/snapshots/s0");
	GET(problem_desc, 404, .role = ROLE_ANA, .path = "/v1/instances/web/snapshots/s9");
	GET(problem_desc, 404, .role = ROLE_BOB, .path = "/v1/instances/web/snapshots/s0");
	GET(problem_desc, 404, .role = ROLE_ANA, .path = "/v1/instances/nothing/snapshots");
}
END_TEST

START_TEST(pages_and_filters_of_snapshots)
{
	struct snapshot_list *l;

	for (int i = 0; i < 5; i++)
		take(cc_printf(a, "t%d", i));
	l = GET(snapshot_list_desc, 200, .role = ROLE_ANA, .path = "/v1/instances/web/snapshots?limit=2");
	ck_assert_str_eq(names(l), "s0 t0");
	l = GET(snapshot_list_desc, 200, .role = ROLE_ANA, .path = cc_printf(a, "/v1/instances/web/snapshots?limit=2&cursor=%s", l->next));
	ck_assert_str_eq(names(l), "t1 t2");
	ck_assert_str_eq(LIST("?state=ready"), "s0");
	ck_assert_str_eq(LIST("?state=wanted&name=t*"), "t0 t1 t2 t3 t4");
	ck_assert_str_eq(LIST("?name=t3"), "t3");
	GET(problem_desc, 400, .role = ROLE_ANA, .path = "/v1/instances/web/snapshots?state=running");
	GET(problem_desc, 400, .role = ROLE_ANA, .path = "/v1/instances/web/snapshots?node=n1");
}
END_TEST

START_TEST(a_restore_over_a_running_instance_is_refused_in_words)
{
	struct problem *p =
	        GET(problem_desc, 409, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/snapshots/s0/restore", .body = "{}");
	struct instance *inst;

	ck_assert(strstr(p->detail, "stop it first") != NULL);
	inst = GET(instance_desc, 202, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/snapshots/s0/restore",
	        .body = "{\"restart\":true}");
	ck_assert_int_eq(inst->restore_sn, 1);
	GET(problem_desc, 409, .role = ROLE_ANA, .method = "DELETE", .path = "/v1/instances/web/snapshots/s0");
}
END_TEST

START_TEST(if_match_guards_snapshots_and_volumes)
{
	static const char *const paths[] = { "/v1/instances/web/snapshots/s0", "/v1/volumes/data" };

	for (size_t i = 0; i < 2; i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = paths[i]);
		const char *match = cc_printf(a, "If-Match: %s", answer_header(&r, "ETag"));

		ck_assert_str_ne(answer_header(&r, "ETag"), "");
		answer_free(&r);
		GET(problem_desc, 412, .role = ROLE_ANA, .method = "DELETE", .path = paths[i], .header = "If-Match: \"999999\"");
		r = ASK(.role = ROLE_ANA, .method = "DELETE", .path = paths[i], .header = match);
		ck_assert_int_eq(r.status, 202);
		answer_free(&r);
	}
	GET(problem_desc, 428, .role = ROLE_ANA, .method = "PATCH", .path = "/v1/volumes/data", .body = "{\"size_mib\":20}", .unconditional = true);
}
END_TEST

START_TEST(a_volume_says_who_uses_it_and_when_that_changes)
{
	struct volume *v = GET(volume_desc, 200, .role = ROLE_ANA, .path = "/v1/volumes/data");
	struct asking waiting;
	struct answer *r;
	struct instance *inst;

	ck_assert_uint_eq(v->used_by.n, 0);
	ck_assert_str_eq(v->node_name, "n1");
	world_ask_begin(w, &waiting,
	        (struct ask){
	                .role = ROLE_ANA, .path = cc_printf(a, "/v1/volumes/data?index=%lld&wait=20s", (long long)v->revision), .fresh = true });
	inst = GET(instance_desc, 201, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances",
	        .body = "{\"name\":\"user\",\"image\":\"busybox\",\"volumes\":[{\"volume\":\"data\",\"path\":\"/srv\",\"read_only\":true}]}");
	ck_assert_str_eq(inst->node_name, "n1");
	ck_assert_str_eq(inst->volumes.items[0].volume, "data");
	r = world_ask_end(&waiting);
	ck_assert_int_eq(r->status, 200);
	ck_assert_msg(strstr(cc_buf_str(&r->body), "\"used_by\":[\"user\"]") != NULL, "%s", cc_buf_str(&r->body));
	answer_free(r);
	GET(problem_desc, 409, .role = ROLE_ANA, .method = "DELETE", .path = "/v1/volumes/data");
}
END_TEST

START_TEST(volumes_are_listed_filtered_and_bounded)
{
	struct volume_list *l;

	GET(volume_desc, 201, .role = ROLE_BOB, .method = "POST", .path = "/v1/volumes",
	        .body = "{\"name\":\"bobs\",\"size_mib\":1,\"node\":\"n2\"}");
	l = GET(volume_list_desc, 200, .role = ROLE_ANA, .path = "/v1/volumes");
	ck_assert_uint_eq(l->items.n, 1);
	l = GET(volume_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/volumes?node=n2");
	ck_assert_uint_eq(l->items.n, 1);
	ck_assert_str_eq(l->items.items[0].name, "bobs");
	l = GET(volume_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/volumes?member=ana&state=ready");
	ck_assert_str_eq(l->items.items[0].name, "data");
	GET(problem_desc, 400, .role = ROLE_ANA, .method = "POST", .path = "/v1/volumes", .body = "{\"name\":\"v\",\"size_mib\":0}");
	GET(problem_desc, 400, .role = ROLE_ANA, .method = "POST", .path = "/v1/volumes", .body = "{\"name\":\"v\",\"size_mib\":1073741825}");
	GET(problem_desc, 400, .role = ROLE_ANA, .method = "POST", .path = "/v1/volumes", .body = "{\"name\":\"No\",\"size_mib\":1}");
	GET(problem_desc, 404, .role = ROLE_ANA, .method = "POST", .path = "/v1/volumes", .body = "{\"name\":\"v\",\"size_mib\":1,\"node\":\"n9\"}");
	GET(problem_desc, 409, .role = ROLE_ANA, .method = "POST", .path = "/v1/volumes", .body = "{\"name\":\"bobs\",\"size_mib\":1}");
	GET(problem_desc, 400, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances",
	        .body = "{\"name\":\"x\",\"image\":\"busybox\",\"volumes\":[{\"volume\":\"data\",\"path\":\"\"}]}");
}
END_TEST

START_TEST(what_happens_to_them_is_told_and_written_down)
{
	struct answer r;
	bool taken = false;

	take("s1");
	GET(volume_desc, 200, .role = ROLE_ANA, .method = "PATCH", .path = "/v1/volumes/data", .body = "{\"size_mib\":20}");
	r = ASK(.role = ROLE_ANA, .path = "/v1/events?follow=false&recent=10&topic=snapshot,volume");
	ck_assert_int_eq(r.status, 200);
	ck_assert_msg(strstr(cc_buf_str(&r.body), "event: snapshot") != NULL, "%s", cc_buf_str(&r.body));
	ck_assert_msg(strstr(cc_buf_str(&r.body), "\"state\":\"wanted\"") != NULL, "%s", cc_buf_str(&r.body));
	ck_assert_msg(strstr(cc_buf_str(&r.body), "event: volume") != NULL, "%s", cc_buf_str(&r.body));
	answer_free(&r);
	r = ASK(.role = ROLE_BOB, .path = "/v1/events?follow=false&recent=10&topic=snapshot,volume");
	ck_assert(strstr(cc_buf_str(&r.body), "event: snapshot") == NULL);
	answer_free(&r);
	for (size_t i = 0; i < w->n_audit; i++)
		taken |= strcmp(w->audit[i]->action, "snapshot_create") == 0;
	ck_assert(taken);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_files");
	TCase *tc = tcase_create("files");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, snapshots_lie_within_their_instance);
	tcase_add_test(tc, pages_and_filters_of_snapshots);
	tcase_add_test(tc, a_restore_over_a_running_instance_is_refused_in_words);
	tcase_add_test(tc, if_match_guards_snapshots_and_volumes);
	tcase_add_test(tc, a_volume_says_who_uses_it_and_when_that_changes);
	tcase_add_test(tc, volumes_are_listed_filtered_and_bounded);
	tcase_add_test(tc, what_happens_to_them_is_told_and_written_down);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
