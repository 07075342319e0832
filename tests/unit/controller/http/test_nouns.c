/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The everyday path of each noun. */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"
#include "common/hash.h"
#include "common/token.h"

#include <stdlib.h>

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

START_TEST(version_is_public)
{
	struct version *v = GET(version_desc, 200, .role = ROLE_NOBODY, .path = "/v1/version");

	ck_assert_str_eq(v->zone, "test");
	v = GET(version_desc, 200, .role = ROLE_ROOT, .path = "/v1/version");
	ck_assert_str_eq(v->version, CC_VERSION);
}
END_TEST

START_TEST(an_instance_is_created_shown_and_deleted)
{
	struct answer r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"hello\",\"image\":\"busybox\"}");
	struct instance *inst;
	struct instance_list *list;
	char path[128];

	ck_assert_msg(r.status == 201, "%s", cc_buf_str(&r.body));
	snprintf(path, sizeof(path), "%s", answer_header(&r, "Location"));
	answer_free(&r);
	inst = GET(instance_desc, 200, .role = ROLE_ANA, .path = path);
	ck_assert_str_eq(inst->name, "hello");
	ck_assert_str_eq(inst->image_name, "busybox");
	ck_assert_str_eq(inst->member_name, "ana");
	ck_assert(cc_has(inst, instance, node_name));
	list = GET(instance_list_desc, 200, .role = ROLE_ANA, .path = "/v1/instances");
	ck_assert_uint_eq(list->items.n, 2);
	ck_assert_str_eq(list->items.items[0].name, "hello");
	list = GET(instance_list_desc, 200, .role = ROLE_BOB, .path = "/v1/instances");
	ck_assert_uint_eq(list->items.n, 0);
	inst = GET(instance_desc, 202, .role = ROLE_ANA, .method = "DELETE", .path = "/v1/instances/hello");
	ck_assert_int_eq(inst->state, INST_DELETING);
}
END_TEST

START_TEST(what_is_not_there_is_told_for_programs_too)
{
	struct problem *p = GET(problem_desc, 404, .role = ROLE_ANA, .path = "/v1/instances/wbe");

	ck_assert_str_eq(p->noun, "instance");
	ck_assert_str_eq(p->name, "wbe");
	p = GET(problem_desc, 404, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"hello\",\"image\":\"busybx\"}");
	ck_assert_str_eq(p->noun, "image");
	ck_assert_str_eq(p->name, "busybx");
	p = GET(problem_desc, 404, .role = ROLE_ANA, .path = "/v1/nothing");
	ck_assert(!cc_has(p, problem, noun));
}
END_TEST

START_TEST(a_refused_placement_says_why_each_node_fell_out)
{
	struct problem *p = GET(problem_desc, 409, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances",
	        .body = "{\"name\":\"big\",\"image\":\"busybox\",\"memory_mib\":100000}");

	ck_assert_str_eq(p->code, "no-capacity");
	ck_assert(cc_has(p, problem, fell));
	ck_assert_uint_eq(p->fell.n, 1);
	ck_assert_int_eq(p->fell.items[0].nodes, 2);
	ck_assert_uint_eq(p->decision.n, 1);
	ck_assert_uint_eq(p->decision.items[0].changes.n, 1);
	ck_assert_int_eq(p->decision.items[0].asked.items[0].memory_mib, 100000);
}
END_TEST

START_TEST(a_node_syncs_and_fetches_its_image)
{
	struct node_orders *o = GET(node_orders_desc, 200, .role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync",
	        .body = "{\"revision\":0,\"full\":true,\"wait_ms\":0,\"instances\":[]}");
	char path[128];
	struct answer r;

	ck_assert_uint_eq(o->assignments.n, 1);
	ck_assert_str_eq(o->assignments.items[0].image_sha256, w->sha256);
	snprintf(path, sizeof(path), "/v1/blobs/%s", w->sha256);
	r = ASK(.role = ROLE_N1, .path = path);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(cc_buf_str(&r.body), "not really an archive");
	answer_free(&r);
	r = ASK(.role = ROLE_N1, .method = "HEAD", .path = path);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(answer_header(&r, "Content-Length"), "21");
	answer_free(&r);
}
END_TEST

static void sync_says(const char *more, int64_t ahead_ms)
{
	char body[512], now[CC_TIME_TEXT];

	snprintf(body, sizeof(body), "{\"revision\":0,\"full\":false,\"wait_ms\":0,\"now\":\"%s\"%s}", cc_time_format(cc_now_ms() + ahead_ms, now),
	        more);
	GET(node_orders_desc, 200, .role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync", .body = body);
}

static struct node *node_n1(void)
{
	return GET(node_desc, 200, .role = ROLE_ANA, .path = "/v1/nodes/n1");
}

START_TEST(what_a_node_says_of_its_clock_and_network_is_shown)
{
	struct node *n = node_n1();

	ck_assert(!cc_has(n, node, clock_ahead_ms) && !cc_has(n, node, blocked) && !cc_has(n, node, upload_kbit));
	sync_says(",\"boot_id\":\"x\",\"blocked\":[\"table ip mine drops\"],\"upload_kbit\":500,\"download_kbit\":0", 3600000);
	n = node_n1();
	ck_assert_int_le(n->clock_ahead_ms, 3600000);
	ck_assert_int_gt(n->clock_ahead_ms, 3540000);
	ck_assert_uint_eq(n->blocked.n, 1);
	ck_assert_str_eq(n->blocked.items[0], "table ip mine drops");
	ck_assert_int_eq(n->upload_kbit, 500);
	ck_assert(cc_has(n, node, download_kbit));
	/* A report that waits says only how late it is; facts stay. One slow report is no wrong clock. */
	sync_says("", 0);
	sync_says("", -60000);
	n = node_n1();
	ck_assert_int_le(n->clock_ahead_ms, 0);
	ck_assert_int_gt(n->clock_ahead_ms, -30000);
	ck_assert_uint_eq(n->blocked.n, 1);
	sync_says(",\"boot_id\":\"x\",\"blocked\":[]", -60000);
	n = node_n1();
	ck_assert_int_le(n->clock_ahead_ms, -60000);
	ck_assert(!cc_has(n, node, blocked) && !cc_has(n, node, upload_kbit));
}
END_TEST

START_TEST(an_archive_that_is_not_here_is_told_from_one_that_never_was)
{
	const char *path = cc_printf(a, "/v1/blobs/%s", w->sha256);
	struct problem *p;

	ck_assert_int_eq(unlink(cc_printf(a, "%s/images/sha256/%s", w->dir, w->sha256)), 0);
	p = GET(problem_desc, 404, .role = ROLE_N1, .path = path);
	ck_assert_ptr_nonnull(strstr(p->detail, "is not on this controller"));
	ck_assert_ptr_nonnull(strstr(p->detail, "ccctl status"));
	p = GET(problem_desc, 404, .role = ROLE_N1, .path = cc_printf(a, "/v1/blobs/%064d", 7));
	ck_assert_ptr_null(strstr(p->detail, "this controller"));
	p = GET(problem_desc, 404, .role = ROLE_N1, .path = "/v1/blobs/nonsense");
	ck_assert_str_eq(p->code, "not-found");
}
END_TEST

START_TEST(a_node_joins_with_an_invitation)
{
	struct invite_made *made =
	        GET(invite_made_desc, 201, .role = ROLE_ROOT, .method = "POST", .path = "/v1/invites", .body = "{\"node_name\":\"n3\"}");
	struct cc_token token;
	struct cc_error err = { 0 };
	struct audit_list *log;
	struct joined *j;
	char body[256], secret[CC_SECRET_TEXT];

	if (cc_token_decode(made->token, a, &token, &err) < 0)
		ck_abort_msg("%s", err.msg);
	ck_assert_str_eq(token.zone, "test");
	ck_assert_str_eq(token.addresses[0], "controller.example:8443");
	snprintf(body, sizeof(body), "{\"secret\":\"%s\",\"arch\":\"arm64\"}", cc_secret_format(&token.secret, secret));
	j = GET(joined_desc, 200, .role = ROLE_STRANGER, .method = "POST", .path = "/v1/join", .body = body);
	ck_assert_str_eq(j->node_name, "n3");
	/* Only now the audit log can know the name: the request has none. */
	log = GET(audit_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/audit?limit=1");
	ck_assert_str_eq(log->items.items[0].action, "node_join");
	ck_assert_str_eq(log->items.items[0].target, "n3");
	j = GET(joined_desc, 200, .role = ROLE_STRANGER, .method = "POST", .path = "/v1/join", .body = body);
	ck_assert_str_eq(j->zone, "test");
	GET(node_orders_desc, 200, .role = ROLE_STRANGER, .method = "POST", .path = "/v1/nodes/n3/sync",
	        .body = "{\"revision\":0,\"full\":true,\"wait_ms\":0}");
}
END_TEST

START_TEST(a_member_is_added_and_its_token_works)
{
	struct member_made *made =
	        GET(member_made_desc, 201, .role = ROLE_ROOT, .method = "POST", .path = "/v1/members", .body = "{\"name\":\"eva\"}");
	struct member_list *list;

	snprintf(w->tokens[ROLE_STRANGER], sizeof(w->tokens[ROLE_STRANGER]), "%s", made->token);
	list = GET(member_list_desc, 200, .role = ROLE_STRANGER, .path = "/v1/members");
	ck_assert_uint_eq(list->items.n, 1);
	ck_assert_str_eq(list->items.items[0].name, "eva");
}
END_TEST

/* Its secret by itself is what ccctl sends. */
static const char *bare(const char *text)
{
	struct cc_token token;
	struct cc_error err = { 0 };

	if (cc_token_decode(text, a, &token, &err) < 0)
		ck_abort_msg("%s", err.msg);
	ck_assert_int_eq(token.kind, CC_TOKEN_LOGIN);
	ck_assert_str_eq(token.addresses[0], "controller.example:8443");
	return cc_secret_format(&token.secret, cc_arena_alloc(a, CC_SECRET_TEXT));
}

static void use(const char *token)
{
	snprintf(w->tokens[ROLE_STRANGER], sizeof(w->tokens[ROLE_STRANGER]), "%s", token);
}

START_TEST(a_token_is_made_listed_and_revoked)
{
	struct token_made *made = GET(token_made_desc, 201, .role = ROLE_ANA, .method = "POST", .path = "/v1/tokens",
	        .body = "{\"description\":\"laptop\",\"expires_s\":86400}");
	struct member_token_list *list;
	char path[128], id[CC_UUID_TEXT];
	struct answer r;

	ck_assert_str_eq(made->member_name, "ana");
	ck_assert(cc_has(made, token_made, expires));
	use(made->token);
	GET(member_list_desc, 200, .role = ROLE_STRANGER, .path = "/v1/members");
	use(bare(made->token));
	list = GET(member_token_list_desc, 200, .role = ROLE_STRANGER, .path = "/v1/tokens");
	ck_assert_uint_eq(list->items.n, 2);
	ck_assert_str_eq(list->items.items[1].description, "laptop");
	ck_assert(cc_has(&list->items.items[1], member_token, used));
	ck_assert(!cc_has(&list->items.items[0], member_token, expires));
	list = GET(member_token_list_desc, 200, .role = ROLE_BOB, .path = "/v1/tokens");
	ck_assert_uint_eq(list->items.n, 1);
	snprintf(path, sizeof(path), "/v1/tokens/%s", cc_uuid_format(made->id, id));
	GET(problem_desc, 404, .role = ROLE_BOB, .method = "DELETE", .path = path);
	r = ASK(.role = ROLE_ANA, .method = "DELETE", .path = path);
	ck_assert_int_eq(r.status, 204);
	answer_free(&r);
	GET(problem_desc, 401, .role = ROLE_STRANGER, .path = "/v1/tokens");
}
END_TEST

START_TEST(a_list_of_tokens_tells_no_secret)
{
	struct answer r = ASK(.role = ROLE_ROOT, .path = "/v1/tokens");
	char hash[CC_SHA256_HEX];

	ck_assert_int_eq(r.status, 200);
	ck_assert_ptr_null(strstr(cc_buf_str(&r.body), "secret"));
	cc_sha256_format(cc_sha256("secret-of-ana", 13), hash);
	ck_assert_ptr_null(strstr(cc_buf_str(&r.body), hash));
	answer_free(&r);
}
END_TEST

START_TEST(an_expired_token_is_told_so)
{
	struct token_made *made =
	        GET(token_made_desc, 201, .role = ROLE_ROOT, .method = "POST", .path = "/v1/tokens", .body = "{\"member\":\"ana\",\"expires_s\":1}");
	struct problem *p;

	use(made->token);
	usleep(1100000);
	p = GET(problem_desc, 401, .role = ROLE_STRANGER, .path = "/v1/tokens");
	ck_assert_str_eq(p->code, "token-expired");
	ck_assert_ptr_nonnull(strstr(p->detail, "ccctl token create"));
}
END_TEST

START_TEST(wrong_tokens_are_refused)
{
	static const char *const bodies[] = { "{\"expires_s\":0}", "{\"expires_s\":99999999999}", "{\"expires_s\":-1}", "{\"expires_s\":\"1d\"}",
		"{\"description\":5}", "{\"member\":\"\"}" };

	for (size_t i = 0; i < CC_ARRAY_LEN(bodies); i++)
		GET(problem_desc, 400, .role = ROLE_ROOT, .method = "POST", .path = "/v1/tokens", .body = bodies[i]);
	GET(problem_desc, 404, .role = ROLE_ROOT, .method = "POST", .path = "/v1/tokens", .body = "{\"member\":\"nobody\"}");
	GET(problem_desc, 403, .role = ROLE_ANA, .method = "POST", .path = "/v1/tokens", .body = "{\"member\":\"nobody\"}");
	GET(problem_desc, 404, .role = ROLE_ANA, .method = "DELETE", .path = "/v1/tokens/laptop");
}
END_TEST

START_TEST(an_image_is_imported_and_deleted)
{
	size_t n = 3 << 20;
	char *bytes = malloc(n), path[160], hash[CC_SHA256_HEX];
	struct image *img;
	struct answer r;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 7);
	cc_sha256_format(cc_sha256(bytes, n), hash);
	snprintf(path, sizeof(path), "/v1/images?name=big&arch=amd64&sha256=%s", hash);
	img = GET(
	        image_desc, 201, .role = ROLE_BOB, .method = "POST", .path = path, .body = bytes, .body_len = n, .type = "application/octet-stream");
	ck_assert_str_eq(img->sha256, hash);
	ck_assert_int_eq(img->bytes, n);
	snprintf(path, sizeof(path), "/v1/blobs/%s", hash);
	r = ASK(.role = ROLE_N1, .path = path);
	ck_assert_uint_eq(r.body.len, n);
	ck_assert_int_eq(memcmp(r.body.data, bytes, n), 0);
	answer_free(&r);
	r = ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/images/big");
	ck_assert_int_eq(r.status, 403);
	answer_free(&r);
	r = ASK(.role = ROLE_BOB, .method = "DELETE", .path = "/v1/images/big");
	ck_assert_int_eq(r.status, 204);
	answer_free(&r);
	free(bytes);
}
END_TEST

static struct member *patch(int status, const char *body)
{
	return GET(member_desc, status, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/ana", .body = body);
}

START_TEST(a_member_is_limited_and_told_so)
{
	struct member *m = patch(200, "{\"limit_instances\":2,\"limit_memory_mib\":256}");
	struct zone_status *s;
	struct problem *p;

	ck_assert_int_eq(m->used_instances, 1);
	ck_assert_int_eq(m->max_instances, 2);
	ck_assert_int_eq(m->max_memory_mib, 256);
	ck_assert(!cc_has(m, member, max_disk_mib));
	p = GET(problem_desc, 409, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances",
	        .body = "{\"name\":\"big\",\"image\":\"busybox\",\"memory_mib\":129}");
	ck_assert_str_eq(p->code, "quota");
	ck_assert_ptr_nonnull(strstr(p->detail, "ana uses 128 of at most 256 MiB of memory, and this takes 129 MiB more"));
	ck_assert_ptr_nonnull(strstr(p->detail, "ccctl member limit ana --memory"));
	GET(instance_desc, 201, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"small\",\"image\":\"busybox\"}");
	GET(problem_desc, 409, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances",
	        .body = "{\"name\":\"third\",\"image\":\"busybox\",\"memory_mib\":4}");
	s = GET(zone_status_desc, 200, .role = ROLE_ANA, .path = "/v1/status");
	ck_assert_str_eq(s->member, "ana");
	ck_assert_int_eq(s->used_instances, 2);
	ck_assert_int_eq(s->max_instances, 2);
	m = patch(200, "{\"limit_instances\":null,\"limit_memory_mib\":null,\"limit_cpu_millis\":0}");
	ck_assert(!cc_has(m, member, max_instances) && cc_has(m, member, max_cpu_millis));
	GET(problem_desc, 400, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/ana", .body = "{\"limit_instances\":-1}");
	GET(problem_desc, 400, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/ana", .body = "{\"role\":\"king\"}");
	GET(problem_desc, 400, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/ana", .body = "{\"name\":\"eva\"}");
	GET(problem_desc, 404, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/nobody", .body = "{}");
	GET(problem_desc, 412, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/ana", .body = "{}", .header = "If-Match: \"999999\"");
}
END_TEST

START_TEST(roles_change_but_an_admin_stays)
{
	struct member *m;
	struct problem *p =
	        GET(problem_desc, 409, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/admin", .body = "{\"role\":\"member\"}");

	ck_assert_ptr_nonnull(strstr(p->detail, "ccctl member role NAME admin"));
	p = GET(problem_desc, 409, .role = ROLE_ROOT, .method = "DELETE", .path = "/v1/members/admin");
	ck_assert_ptr_nonnull(strstr(p->detail, "last admin"));
	m = patch(200, "{\"role\":\"admin\"}");
	ck_assert_int_eq(m->role, ROLE_ADMIN);
	GET(invite_list_desc, 200, .role = ROLE_ANA, .path = "/v1/invites");
	p = GET(problem_desc, 409, .role = ROLE_ANA, .method = "DELETE", .path = "/v1/members/admin");
	ck_assert_ptr_nonnull(strstr(p->detail, "root on the controller's machine"));
	GET(member_desc, 200, .role = ROLE_ANA, .method = "PATCH", .path = "/v1/members/admin", .body = "{\"role\":\"member\"}");
	GET(problem_desc, 403, .role = ROLE_ADMIN_TOKEN, .path = "/v1/invites");
}
END_TEST

START_TEST(who_owns_something_is_not_removed)
{
	struct problem *p = GET(problem_desc, 409, .role = ROLE_ROOT, .method = "DELETE", .path = "/v1/members/ana");
	struct answer r;

	ck_assert_ptr_nonnull(strstr(p->detail, "ana owns 1 instance, such as 'web'; delete them first: ccctl delete"));
	r = ASK(.role = ROLE_ROOT, .method = "DELETE", .path = "/v1/members/bob");
	ck_assert_int_eq(r.status, 204);
	answer_free(&r);
	GET(problem_desc, 401, .role = ROLE_BOB, .path = "/v1/instances");
	GET(problem_desc, 404, .role = ROLE_ROOT, .path = "/v1/members/bob");
}
END_TEST

START_TEST(who_did_what_is_written_down)
{
	struct audit_list *list;
	const struct audit *e;
	struct answer r = ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/instances/web", .header = "X-Request-Id: r-1");
	char path[128], id[CC_UUID_TEXT];

	answer_free(&r);
	r = ASK(.role = ROLE_BOB, .method = "POST", .path = "/v1/members", .body = "{\"name\":\"eve\"}");
	answer_free(&r);
	use("nonsense");
	GET(problem_desc, 401, .role = ROLE_STRANGER, .path = "/v1/instances");
	GET(member_made_desc, 201, .role = ROLE_ROOT, .method = "POST", .path = "/v1/members", .body = "{\"name\":\"eva\"}");
	list = GET(audit_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/audit");
	ck_assert_uint_eq(list->items.n, 4);
	e = &list->items.items[3];
	ck_assert_str_eq(e->who_name, "ana");
	ck_assert_str_eq(e->role, "member");
	ck_assert_str_eq(e->origin, "127.0.0.1");
	ck_assert_str_eq(e->action, "instance_delete");
	ck_assert_str_eq(e->target, "web");
	ck_assert_str_eq(e->outcome, "ok");
	ck_assert_str_eq(e->request_id, "r-1");
	ck_assert(cc_has(e, audit, resource) && cc_uuid_equal(e->resource, w->web));
	e = &list->items.items[2];
	ck_assert_str_eq(e->who_name, "bob");
	ck_assert_str_eq(e->action, "member_create");
	ck_assert_str_eq(e->outcome, "denied");
	ck_assert_str_eq(list->items.items[1].who_name, "-");
	ck_assert_str_eq(list->items.items[1].outcome, "unauthenticated");
	e = &list->items.items[0];
	ck_assert_str_eq(e->who_name, "root");
	ck_assert_str_eq(e->target, "eva");
	snprintf(path, sizeof(path), "uid %lu", (unsigned long)getuid());
	ck_assert_str_eq(e->origin, path);
	list = GET(audit_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/audit?limit=1");
	ck_assert_uint_eq(list->items.n, 1);
	ck_assert(cc_has(list, audit_list, next));
	snprintf(path, sizeof(path), "/v1/audit?limit=3&before=%s", cc_uuid_format(list->next, id));
	list = GET(audit_list_desc, 200, .role = ROLE_ROOT, .path = path);
	ck_assert_uint_eq(list->items.n, 3);
	ck_assert(!cc_has(list, audit_list, next));
}
END_TEST

START_TEST(strangers_do_not_fill_the_audit_log)
{
	use("nonsense");
	for (int i = 0; i < 30; i++)
		GET(problem_desc, 401, .role = ROLE_STRANGER, .path = "/v1/instances");
	ck_assert_uint_eq(((struct audit_list *)GET(audit_list_desc, 200, .role = ROLE_ROOT, .path = "/v1/audit"))->items.n, 10);
}
END_TEST

START_TEST(wrong_questions_to_the_audit_log_are_refused)
{
	static const char *const queries[] = { "limit=0", "limit=1001", "limit=x", "before=web", "since=yesterday", "until=2026", "since=" };
	char path[128];

	for (size_t i = 0; i < CC_ARRAY_LEN(queries); i++) {
		snprintf(path, sizeof(path), "/v1/audit?%s", queries[i]);
		GET(problem_desc, 400, .role = ROLE_ROOT, .path = path);
	}
}
END_TEST

START_TEST(an_owner_sees_and_stops_what_is_on_their_node)
{
	struct guest_list *list;
	struct guest *g;

	GET(member_desc, 200, .role = ROLE_ROOT, .method = "PATCH", .path = "/v1/members/bob", .body = "{\"role\":\"admin\"}");
	GET(instance_desc, 201, .role = ROLE_BOB, .method = "POST", .path = "/v1/instances",
	        .body = "{\"name\":\"guest\",\"image\":\"busybox\",\"node\":\"n2\"}");
	list = GET(guest_list_desc, 200, .role = ROLE_ANA, .path = "/v1/nodes/n2/instances");
	ck_assert_uint_eq(list->items.n, 1);
	ck_assert_str_eq(list->items.items[0].member_name, "bob");
	GET(problem_desc, 404, .role = ROLE_ANA, .path = "/v1/instances/guest");
	GET(problem_desc, 404, .role = ROLE_ANA, .method = "POST", .path = "/v1/nodes/n1/instances/guest/stop");
	GET(problem_desc, 404, .role = ROLE_ANA, .method = "POST", .path = "/v1/nodes/n2/instances/nothing/stop");
	GET(problem_desc, 404, .role = ROLE_ANA, .method = "POST", .path = "/v1/nodes/n9/instances/guest/stop");
	g = GET(guest_desc, 202, .role = ROLE_ANA, .method = "POST", .path = "/v1/nodes/n2/instances/guest/stop");
	ck_assert_str_eq(g->name, "guest");
	ck_assert(g->state == INST_STOPPING || g->state == INST_STOPPED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_nouns");
	TCase *tc = tcase_create("nouns");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, version_is_public);
	tcase_add_test(tc, an_instance_is_created_shown_and_deleted);
	tcase_add_test(tc, what_is_not_there_is_told_for_programs_too);
	tcase_add_test(tc, a_refused_placement_says_why_each_node_fell_out);
	tcase_add_test(tc, a_node_syncs_and_fetches_its_image);
	tcase_add_test(tc, what_a_node_says_of_its_clock_and_network_is_shown);
	tcase_add_test(tc, an_archive_that_is_not_here_is_told_from_one_that_never_was);
	tcase_add_test(tc, a_node_joins_with_an_invitation);
	tcase_add_test(tc, a_member_is_added_and_its_token_works);
	tcase_add_test(tc, a_member_is_limited_and_told_so);
	tcase_add_test(tc, roles_change_but_an_admin_stays);
	tcase_add_test(tc, who_owns_something_is_not_removed);
	tcase_add_test(tc, who_did_what_is_written_down);
	tcase_add_test(tc, strangers_do_not_fill_the_audit_log);
	tcase_add_test(tc, wrong_questions_to_the_audit_log_are_refused);
	tcase_add_test(tc, an_owner_sees_and_stops_what_is_on_their_node);
	tcase_add_test(tc, a_token_is_made_listed_and_revoked);
	tcase_add_test(tc, a_list_of_tokens_tells_no_secret);
	tcase_add_test(tc, an_expired_token_is_told_so);
	tcase_add_test(tc, wrong_tokens_are_refused);
	tcase_add_test(tc, an_image_is_imported_and_deleted);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
