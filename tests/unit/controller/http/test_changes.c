/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merge patches. */
#include "tests/unit/controller/http/world.h"

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
#define PATCH(...)             .method = "PATCH", __VA_ARGS__
#define WEB                    "/v1/instances/web"

static void expect(struct answer r, int status, const char *detail)
{
	ck_assert_msg(r.status == status, "%d instead of %d: %s", r.status, status, cc_buf_str(&r.body));
	ck_assert_msg(strstr(cc_buf_str(&r.body), detail) != NULL, "%s", cc_buf_str(&r.body));
	answer_free(&r);
}

START_TEST(an_instance_changes_and_its_node_is_told)
{
	struct instance *inst = GET(instance_desc, 200, .role = ROLE_ANA, .path = WEB,
	        PATCH(.body = "{\"memory_mib\":256,\"pids\":99,\"labels\":{\"a\":\"1\",\"b\":\"2\"}}"));
	struct node_orders *o;
	struct node *n;

	ck_assert_int_eq(inst->memory_mib, 256);
	ck_assert_int_eq(inst->cpu_millis, 1000);
	ck_assert_uint_eq(inst->labels.n, 2);
	n = GET(node_desc, 200, .role = ROLE_ANA, .path = "/v1/nodes/n1");
	ck_assert_int_eq(n->used_memory_mib, 128); /* the world's node began with nothing in use */
	o = GET(node_orders_desc, 200, .role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync",
	        .body = cc_printf(a, "{\"revision\":%lld,\"full\":true,\"wait_ms\":0}", (long long)inst->revision - 1));
	ck_assert_uint_eq(o->assignments.n, 1);
	ck_assert_int_eq(o->assignments.items[0].memory_mib, 256);
	ck_assert_int_eq(o->assignments.items[0].pids, 99);
	inst = GET(instance_desc, 200, .role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"labels\":{\"a\":null,\"c\":\"3\"}}"));
	ck_assert_uint_eq(inst->labels.n, 2);
	ck_assert_str_eq(cc_map_get(&inst->labels, "b"), "2");
	ck_assert_str_eq(cc_map_get(&inst->labels, "c"), "3");
	ck_assert_int_eq(inst->memory_mib, 256);
}
END_TEST

START_TEST(a_patch_is_for_one_version)
{
	struct instance *inst = GET(instance_desc, 200, .role = ROLE_ANA, .path = WEB);
	const char *match = cc_printf(a, "If-Match: \"%lld\"", (long long)inst->revision);

	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"pids\":99}", .unconditional = true)), 428, "unconditional");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"pids\":99}", .header = match)), 200, "\"pids\":99");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"pids\":98}", .header = match)), 412, "precondition");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"pids\":98}", .header = "If-Match: 7")), 400, "If-Match");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"pids\":97}")), 200, "\"pids\":97");
}
END_TEST

static const struct {
	const char *body, *type;
	int status;
	const char *detail;
} bad[] = {
	{ "{\"pids\":99}", "application/json", 415, "merge-patch" },
	{ "{\"pids\":null}", NULL, 400, "take it away" },
	{ "{\"labels\":null}", NULL, 400, "take it away" },
	{ "{\"labels\":{\"a\":1}}", NULL, 400, "labels.a" },
	{ "{\"state\":\"running\"}", NULL, 400, "state" },
	{ "{\"pids\":1}", NULL, 400, "below" },
	{ "{\"disk_mib\":5}", NULL, 409, "only grow" },
	{ "{\"memory_mib\":5000}", NULL, 409, "room for" },
	{ "[]", NULL, 400, "object" },
};

START_TEST(bad_patches_change_nothing)
{
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = bad[_i].body, .type = bad[_i].type)), bad[_i].status, bad[_i].detail);
	expect(ASK(.role = ROLE_ANA, .path = WEB), 200, "\"pids\":512");
}
END_TEST

START_TEST(a_patch_keeps_to_the_members_limits)
{
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/members/ana", PATCH(.body = "{\"limit_memory_mib\":100}")), 200, "ana");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"memory_mib\":129}")), 409, "\"quota\"");
	expect(ASK(.role = ROLE_ROOT, .path = WEB, PATCH(.body = "{\"cpu_millis\":1001}")), 409, "member limit ana");
	expect(ASK(.role = ROLE_ANA, .path = WEB), 200, "\"memory_mib\":128");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"pids\":99,\"cpu_millis\":999}")), 200, "\"pids\":99");
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/members/ana", PATCH(.body = "{\"limit_memory_mib\":200}")), 200, "ana");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"memory_mib\":201}")), 409, "\"quota\"");
	expect(ASK(.role = ROLE_ANA, .path = WEB, PATCH(.body = "{\"memory_mib\":200}")), 200, "\"memory_mib\":200");
}
END_TEST

START_TEST(an_image_is_renamed_by_its_owner_or_an_admin)
{
	struct instance *inst;

	expect(ASK(.role = ROLE_ANA, .path = "/v1/images/busybox", PATCH(.body = "{\"name\":\"box\"}")), 200, "\"box\"");
	expect(ASK(.role = ROLE_ANA, .path = "/v1/images/box", PATCH(.body = "{}")), 200, "\"box\"");
	expect(ASK(.role = ROLE_ANA, .path = "/v1/images/busybox"), 404, "not-found");
	inst = GET(instance_desc, 200, .role = ROLE_ANA, .path = WEB);
	ck_assert_str_eq(inst->image_name, "box");
	expect(ASK(.role = ROLE_BOB, .path = "/v1/images/box", PATCH(.body = "{\"name\":\"mine\"}")), 403, "denied");
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/images/box", PATCH(.body = "{\"name\":\"mine\"}")), 200, "mine");
}
END_TEST

START_TEST(an_invitation_is_taken_back)
{
	struct invite_made *m =
	        GET(invite_made_desc, 201, .role = ROLE_ROOT, .method = "POST", .path = "/v1/invites", .body = "{\"node_name\":\"n3\"}");
	char id[CC_UUID_TEXT];
	const char *path = cc_printf(a, "/v1/invites/%s", cc_uuid_format(m->id, id));

	expect(ASK(.role = ROLE_ROOT, .path = path), 200, "n3");
	expect(ASK(.role = ROLE_ROOT, .method = "DELETE", .path = path), 204, "");
	expect(ASK(.role = ROLE_ROOT, .path = path), 404, "not-found");
	expect(ASK(.role = ROLE_ROOT, .method = "DELETE", .path = path), 404, "not-found");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_changes");
	TCase *tc = tcase_create("changes");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_instance_changes_and_its_node_is_told);
	tcase_add_test(tc, a_patch_is_for_one_version);
	tcase_add_loop_test(tc, bad_patches_change_nothing, 0, CC_ARRAY_LEN(bad));
	tcase_add_test(tc, a_patch_keeps_to_the_members_limits);
	tcase_add_test(tc, an_image_is_renamed_by_its_owner_or_an_admin);
	tcase_add_test(tc, an_invitation_is_taken_back);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
