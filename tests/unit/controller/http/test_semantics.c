/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What HTTP promises: methods, headers, repeated and conditional requests, overload. */
#include "tests/unit/controller/http/world.h"

#include "common/id.h"

#include <dirent.h>
#include <gnutls/x509.h>
#include <pthread.h>
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

#define CREATE(...) ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", __VA_ARGS__)
#define HELLO       "{\"name\":\"hello\",\"image\":\"busybox\"}"

static void expect(struct answer r, int status, const char *code)
{
	ck_assert_msg(r.status == status, "%d instead of %d: %s", r.status, status, cc_buf_str(&r.body));
	ck_assert_str_eq(answer_code(&r), code);
	answer_free(&r);
}

START_TEST(unknown_paths_are_404)
{
	static const char *const paths[] = { "/", "/v1", "/v1/", "/v2/version", "/v1/instances/", "/v1/instances//placement", "/v1/instances/web/x",
		"/v1/version/", "/healthz/x", "/v1/instances/%2e%2e/x" };

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++)
		expect(ASK(.role = ROLE_ROOT, .path = paths[i]), 404, "not-found");
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/instances/%ff%fe"), 400, "invalid");
}
END_TEST

#define ID_HEADER "X-Request-Id: 1\r\n"
#define JSON      ID_HEADER "Content-Type: application/json\r\n"
#define PROBLEM   ID_HEADER "Content-Type: application/problem+json\r\n"
#define VERSION   "{\"version\":\"1\",\"api\":\"v1\",\"zone\":\"hill\"}"

static const struct {
	int status;
	const char *headers, *body, *fault; /* NULL: none */
} forged[] = {
	{ 200, "Content-Type: application/json\r\n", VERSION, "has no X-Request-Id" },
	{ 200, ID_HEADER "Content-Type: text/plain\r\n", VERSION, "is of type 'text/plain'" },
	{ 200, JSON, "{\"version\":\"1\"}", "does not fit 'version'" },
	{ 200, JSON, "{\"version\":1,\"api\":\"v1\",\"zone\":\"hill\"}", "does not fit 'version'" },
	{ 200, JSON, "{\"version\":\"1\",\"api\":\"v1\",\"zone\":\"hill\",\"more\":1}", "does not fit 'version'" },
	{ 200, JSON, "", "does not fit 'version'" },
	{ 201, JSON, VERSION, "is not the status" },
	{ 204, ID_HEADER, "{}", "has a body" },
	{ 404, JSON, "{}", "is of type 'application/json'" },
	{ 404, PROBLEM, "{\"title\":\"no\"}", "does not fit 'problem'" },
	{ 200, JSON, VERSION, NULL },
};

START_TEST(a_reply_that_is_not_as_promised_is_noticed)
{
	const struct ask ask = { .path = "/v1/version" };
	struct answer r = { .status = forged[_i].status };
	const char *fault;

	cc_buf_adds(&r.headers, forged[_i].headers);
	cc_buf_adds(&r.body, forged[_i].body);
	fault = answer_fault(&ask, &r, a);
	if (forged[_i].fault == NULL)
		ck_assert_msg(fault == NULL, "%s", fault);
	else
		ck_assert_msg(fault != NULL && strstr(fault, forged[_i].fault) != NULL, "%s", fault != NULL ? fault : "nothing");
	answer_free(&r);
}
END_TEST

START_TEST(wrong_methods_are_405_with_allow)
{
	struct answer r = ASK(.role = ROLE_ANA, .method = "PUT", .path = "/v1/instances");

	ck_assert_int_eq(r.status, 405);
	ck_assert_str_eq(answer_header(&r, "Allow"), "GET, HEAD, POST");
	answer_free(&r);
	r = ASK(.role = ROLE_ANA, .method = "GET", .path = "/v1/instances/web/start");
	ck_assert_int_eq(r.status, 405);
	ck_assert_str_eq(answer_header(&r, "Allow"), "POST");
	answer_free(&r);
}
END_TEST

START_TEST(head_is_get_without_the_body)
{
	struct answer get = ASK(.role = ROLE_ANA, .path = "/v1/instances/web");
	struct answer head = ASK(.role = ROLE_ANA, .method = "HEAD", .path = "/v1/instances/web");
	char length[32];

	ck_assert_int_eq(head.status, 200);
	ck_assert_uint_eq(head.body.len, 0);
	snprintf(length, sizeof(length), "%zu", get.body.len);
	ck_assert_str_eq(answer_header(&head, "Content-Length"), length);
	answer_free(&get);
	answer_free(&head);
	head = ASK(.role = ROLE_BOB, .method = "HEAD", .path = "/v1/instances/web");
	ck_assert_int_eq(head.status, 404);
	answer_free(&head);
}
END_TEST

START_TEST(a_request_id_is_given_or_kept)
{
	struct answer r = ASK(.role = ROLE_NOBODY, .path = "/v1/version", .header = "X-Request-Id: my-own-1");

	ck_assert_str_eq(answer_header(&r, "X-Request-Id"), "my-own-1");
	answer_free(&r);
	r = ASK(.role = ROLE_NOBODY, .path = "/v1/version", .header = "X-Request-Id: has blanks");
	ck_assert_uint_eq(strlen(answer_header(&r, "X-Request-Id")), 36);
	answer_free(&r);
}
END_TEST

START_TEST(a_false_token_is_401_even_for_a_node_or_root)
{
	struct answer r = ASK(.role = ROLE_N1, .path = "/v1/nodes", .header = "Authorization: Bearer nonsense");

	ck_assert_str_eq(answer_header(&r, "WWW-Authenticate"), "Bearer");
	expect(r, 401, "unauthenticated");
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/nodes", .header = "Authorization: Bearer nonsense"), 401, "unauthenticated");
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/version", .header = "Authorization: Bearer nonsense"), 200, "");
}
END_TEST

START_TEST(the_same_key_and_request_has_its_effect_once)
{
	struct answer first = CREATE(.body = HELLO, .header = "Idempotency-Key: k1");
	struct answer again = CREATE(.body = HELLO, .header = "Idempotency-Key: k1");

	ck_assert_int_eq(first.status, 201);
	ck_assert_int_eq(again.status, 201);
	ck_assert_str_eq(answer_header(&first, "Idempotency-Replayed"), "");
	ck_assert_str_eq(answer_header(&again, "Idempotency-Replayed"), "true");
	ck_assert_str_eq(cc_buf_str(&first.body), cc_buf_str(&again.body));
	answer_free(&first);
	answer_free(&again);
	expect(CREATE(.body = HELLO), 409, "conflict");
}
END_TEST

START_TEST(the_same_key_with_another_request_is_422)
{
	expect(CREATE(.body = HELLO, .header = "Idempotency-Key: k1"), 201, "");
	expect(CREATE(.body = "{\"name\":\"other\",\"image\":\"busybox\"}", .header = "Idempotency-Key: k1"), 422, "key-reused");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/hello/stop", .header = "Idempotency-Key: k1"), 422, "key-reused");
	/* Another member's key of the same name is another key. */
	expect(ASK(.role = ROLE_BOB, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"bobs\",\"image\":\"busybox\"}",
	               .header = "Idempotency-Key: k1"),
	        201, "");
}
END_TEST

START_TEST(bad_idempotency_keys_are_refused)
{
	char key[400];

	expect(CREATE(.body = HELLO, .header = "Idempotency-Key: two words"), 400, "invalid");
	snprintf(key, sizeof(key), "Idempotency-Key: %0300d", 1);
	expect(CREATE(.body = HELLO, .header = key), 400, "invalid");
}
END_TEST

START_TEST(a_repeated_request_shows_the_same_secret)
{
	const struct ask member = {
		.role = ROLE_ROOT, .method = "POST", .path = "/v1/members", .body = "{\"name\":\"eva\"}", .header = "Idempotency-Key: m1"
	};
	const struct ask invite = {
		.role = ROLE_ROOT, .method = "POST", .path = "/v1/invites", .body = "{\"node_name\":\"n9\"}", .header = "Idempotency-Key: i1"
	};
	struct member_made *m1 = world_get(w, a, &member_made_desc, 201, &member), *m2 = world_get(w, a, &member_made_desc, 201, &member);
	struct invite_made *i1 = world_get(w, a, &invite_made_desc, 201, &invite), *i2 = world_get(w, a, &invite_made_desc, 201, &invite);

	ck_assert_str_eq(m1->token, m2->token);
	ck_assert_str_eq(i1->token, i2->token);
	ck_assert(cc_uuid_equal(m1->id, m2->id));
}
END_TEST

START_TEST(an_action_with_an_old_revision_is_refused)
{
	struct answer r = ASK(.role = ROLE_ANA, .path = "/v1/instances/web");
	char tag[64], match[96];

	snprintf(tag, sizeof(tag), "%s", answer_header(&r, "ETag"));
	ck_assert_int_eq(tag[0], '"');
	answer_free(&r);
	snprintf(match, sizeof(match), "If-Match: %s", tag);
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop", .header = match), 202, "");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/start", .header = match), 412, "precondition");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/start", .header = "If-Match: abc"), 400, "invalid");
	expect(ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/instances/web", .header = "If-Match: *"), 202, "");
}
END_TEST

START_TEST(a_wrong_member_is_pointed_at)
{
	struct answer r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"x\",\"image\":\"i\",\"pids\":-1}");

	ck_assert_int_eq(r.status, 400);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&r.body), "\"errors\":[{\"pointer\":\"/pids\",\"detail\":\"pids: -1 is below"));
	answer_free(&r);
	r = ASK(.role = ROLE_ANA, .path = "/v1/instances/none");
	ck_assert_ptr_null(strstr(cc_buf_str(&r.body), "errors"));
	answer_free(&r);
}
END_TEST

START_TEST(query_values_are_checked)
{
	static const char *const paths[] = { "/v1/instances/web?index=x", "/v1/instances/web?index=-1", "/v1/instances/web?index",
		"/v1/instances/web?index=1&index=2", "/v1/instances/web?index=0&wait=long" };

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++)
		expect(ASK(.role = ROLE_ANA, .path = paths[i]), 400, "invalid");
}
END_TEST

START_TEST(without_a_database_writes_are_503_and_reads_go_on)
{
	struct answer r;

	engine_set_available(w->engine, false, "connection to 'secret-host' refused");
	r = CREATE(.body = HELLO);
	ck_assert_str_ne(answer_header(&r, "Retry-After"), "");
	ck_assert_ptr_null(strstr(cc_buf_str(&r.body), "secret-host"));
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&r.body), "request_id"));
	expect(r, 503, "unavailable");
	expect(ASK(.role = ROLE_NOBODY, .path = "/readyz"), 503, "unavailable");
	expect(ASK(.role = ROLE_NOBODY, .path = "/healthz"), 200, "");
	expect(ASK(.role = ROLE_ANA, .path = "/v1/instances/web"), 200, "");
	engine_set_available(w->engine, true, NULL);
	expect(CREATE(.body = HELLO), 201, "");
	expect(ASK(.role = ROLE_NOBODY, .path = "/readyz"), 200, "");
}
END_TEST

/* ---- images ---- */

#define UPLOAD(q, ...) \
	ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=x&arch=amd64" q, .type = "application/octet-stream", __VA_ARGS__)
#define HASH_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static size_t files_in(const char *folder)
{
	char path[256];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/images/%s", w->dir, folder);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* The thread for slow files removes them in its own time. */
static void expect_files(size_t kept)
{
	for (int i = 0; i < 200 && (files_in("sha256") != kept || files_in("tmp") != 0); i++)
		usleep(10000);
	ck_assert_uint_eq(files_in("sha256"), kept);
	ck_assert_uint_eq(files_in("tmp"), 0);
}

START_TEST(a_bad_image_leaves_nothing)
{
	expect(UPLOAD("&sha256=" HASH_OF_ABC, .body = "abd"), 400, "invalid");
	expect(UPLOAD("", .body = ""), 400, "invalid");
	expect(UPLOAD("&sha256=xyz", .body = "abc"), 400, "invalid");
	expect(UPLOAD("&offset=1", .body = "bc"), 400, "invalid");
	expect(UPLOAD("&offset=1&sha256=" HASH_OF_ABC, .body = "bc"), 400, "invalid");
	expect(ASK(.role = ROLE_ANA, .method = "GET", .path = "/v1/uploads/" HASH_OF_ABC), 404, "not-found");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=x", .type = "application/octet-stream", .body = "abc"), 400,
	        "invalid");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=X_&arch=amd64", .type = "application/octet-stream", .body = "abc"),
	        400, "invalid");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=x&arch=amd64", .body = "abc"), 415, "media-type");
	/* The name is taken by another archive. */
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=busybox&arch=amd64", .type = "application/octet-stream",
	               .body = "abc"),
	        409, "conflict");
	expect_files(1);
}
END_TEST

START_TEST(an_archive_goes_with_its_last_image)
{
	expect(UPLOAD("&sha256=" HASH_OF_ABC, .body = "abc"), 201, "");
	expect(ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=y&arch=amd64", .type = "application/octet-stream", .body = "abc"),
	        201, "");
	expect_files(2);
	expect(ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/images/x"), 204, "");
	expect(ASK(.role = ROLE_N1, .path = "/v1/blobs/" HASH_OF_ABC), 200, "");
	expect(ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/images/y"), 204, "");
	expect_files(1);
	expect(ASK(.role = ROLE_N1, .path = "/v1/blobs/" HASH_OF_ABC), 404, "not-found");
}
END_TEST

START_TEST(a_repeated_import_is_recognised)
{
	expect(UPLOAD("", .body = "abc", .header = "Idempotency-Key: i1"), 201, "");
	expect(UPLOAD("", .body = "abc", .header = "Idempotency-Key: i1"), 201, "");
	expect(UPLOAD("", .body = "abd", .header = "Idempotency-Key: i1"), 422, "key-reused");
	expect_files(2);
}
END_TEST

START_TEST(an_image_over_the_limit_is_refused)
{
	struct world_options small = { .http.image_max_bytes = 1000000 };
	size_t n = 1500000;
	char *bytes = calloc(1, n);

	world_free(w);
	w = world_new(&small);
	expect(UPLOAD("", .body = bytes, .body_len = n), 413, "too-large");
	expect(UPLOAD("", .body = bytes, .body_len = n, .chunked = true), 413, "too-large");
	expect(UPLOAD("", .body = bytes, .body_len = 1000000), 201, "");
	expect_files(2);
	free(bytes);
}
END_TEST

static void *upload_abc(void *arg)
{
	*(struct answer *)arg = UPLOAD("", .body = "abc");
	return NULL;
}

START_TEST(an_archive_whose_image_may_be_committed_stays_until_that_is_known)
{
	struct world_options slow = { .slow_writer = true };
	struct answer r;
	pthread_t thread;

	world_free(w);
	w = world_new(&slow);
	expect_files(1);
	pthread_create(&thread, NULL, upload_abc, &r);
	world_lose(w);
	pthread_join(thread, NULL);
	expect(r, 503, "unavailable");
	usleep(100000);
	expect_files(2);
	world_reload(w, INST_RUNNING);
	expect_files(1);
}
END_TEST

START_TEST(an_archive_stays_when_its_deletion_failed)
{
	expect(UPLOAD("", .body = "abc"), 201, "");
	engine_set_available(w->engine, false, "no database");
	expect(ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/images/x"), 503, "unavailable");
	engine_set_available(w->engine, true, NULL);
	expect(ASK(.role = ROLE_N1, .path = "/v1/blobs/" HASH_OF_ABC), 200, "");
}
END_TEST

static bool seen_under_way;

static void await_upload(void)
{
	for (int i = 0; i < 1000 && files_in("tmp") == 0; i++)
		usleep(10000);
	seen_under_way = files_in("tmp") == 1;
}

START_TEST(a_client_that_dies_in_the_middle_of_an_import_leaves_nothing)
{
	size_t n = 4 << 20;
	char *bytes = calloc(1, n);
	struct answer r = world_try(w, &(struct ask){ .role = ROLE_ANA,
	                                       .method = "POST",
	                                       .path = "/v1/images?name=x&arch=amd64",
	                                       .type = "application/octet-stream",
	                                       .body = bytes,
	                                       .body_len = n,
	                                       .chunked = true,
	                                       .dies_midway = await_upload });

	ck_assert(seen_under_way);
	ck_assert_int_eq(r.failure, CURLE_ABORTED_BY_CALLBACK);
	answer_free(&r);
	expect_files(1);
	free(bytes);
}
END_TEST

/* A request is counted when its reply was sent, which may be just after the client has read it. */
static void await_metric(const char *line)
{
	for (int i = 0; i < 200; i++) {
		struct answer r = ASK(.role = ROLE_ROOT, .path = "/metrics");
		bool there = strstr(cc_buf_str(&r.body), line) != NULL;

		ck_assert_int_eq(r.status, 200);
		answer_free(&r);
		if (there)
			return;
		usleep(10000);
	}
	ck_abort_msg("never seen: %s", line);
}

START_TEST(metrics_speak_of_requests_and_the_zone)
{
	expect(CREATE(.body = HELLO), 201, "");
	await_metric("cc_http_requests_total{route=\"/v1/instances\",method=\"POST\",status=\"2xx\"} 1\n");
	await_metric("cc_http_request_duration_seconds_count{route=\"/v1/instances\",method=\"POST\"} 1\n");
	await_metric("cc_instances{state=\"running\"} 1\n");
	await_metric("cc_nodes{state=\"ready\"} 2\n");
	await_metric("cc_build_info{version=\"" CC_VERSION "\"} 1\n");
}
END_TEST

/* A key in a certificate whose time is long over. */
static void make_expired(char *path, size_t size)
{
	const time_t then = 1000000000;
	gnutls_datum_t key_pem, cert_pem;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
	FILE *f;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_crt_init(&cert);
	ck_assert_int_eq(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, "\1", 1);
	gnutls_x509_crt_set_activation_time(cert, then);
	gnutls_x509_crt_set_expiration_time(cert, then + 1000);
	gnutls_x509_crt_set_dn(cert, "CN=expired", NULL);
	gnutls_x509_crt_set_key(cert, key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
	ck_assert_int_eq(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &key_pem), 0);
	ck_assert_int_eq(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &cert_pem), 0);
	snprintf(path, size, "%s/expired.pem", w->dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s%s", key_pem.data, cert_pem.data);
	fclose(f);
	gnutls_free(key_pem.data);
	gnutls_free(cert_pem.data);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
}

START_TEST(an_expired_certificate_is_as_good_as_any)
{
	struct answer r;

	make_expired(w->key_files[ROLE_STRANGER], sizeof(w->key_files[ROLE_STRANGER]));
	r = ASK(.role = ROLE_STRANGER, .method = "POST", .path = "/v1/join", .body = "{\"secret\":\"x\"}");
	ck_assert_msg(strstr(cc_buf_str(&r.body), "not of this zone") != NULL, "%s", cc_buf_str(&r.body));
	expect(r, 401, "unauthenticated");
	r = ASK(.role = ROLE_NOBODY, .method = "POST", .path = "/v1/join", .body = "{\"secret\":\"x\"}");
	ck_assert_msg(strstr(cc_buf_str(&r.body), "certificate") != NULL, "%s", cc_buf_str(&r.body));
	expect(r, 401, "unauthenticated");
}
END_TEST

START_TEST(long_heads_are_answered)
{
	char header[50000];
	struct answer r;

	snprintf(header, sizeof(header), "X-Long: %01000d", 1);
	expect(ASK(.role = ROLE_ANA, .path = "/v1/instances/web", .header = header), 200, "");
	snprintf(header, sizeof(header), "X-Long: %045000d", 1);
	r = ASK(.role = ROLE_ANA, .path = "/v1/instances/web", .header = header);
	ck_assert_int_eq(r.status, 431);
	answer_free(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_semantics");
	TCase *tc = tcase_create("semantics");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, unknown_paths_are_404);
	tcase_add_loop_test(tc, a_reply_that_is_not_as_promised_is_noticed, 0, CC_ARRAY_LEN(forged));
	tcase_add_test(tc, wrong_methods_are_405_with_allow);
	tcase_add_test(tc, head_is_get_without_the_body);
	tcase_add_test(tc, a_request_id_is_given_or_kept);
	tcase_add_test(tc, a_false_token_is_401_even_for_a_node_or_root);
	tcase_add_test(tc, the_same_key_and_request_has_its_effect_once);
	tcase_add_test(tc, the_same_key_with_another_request_is_422);
	tcase_add_test(tc, bad_idempotency_keys_are_refused);
	tcase_add_test(tc, a_repeated_request_shows_the_same_secret);
	tcase_add_test(tc, an_action_with_an_old_revision_is_refused);
	tcase_add_test(tc, a_wrong_member_is_pointed_at);
	tcase_add_test(tc, query_values_are_checked);
	tcase_add_test(tc, without_a_database_writes_are_503_and_reads_go_on);
	tcase_add_test(tc, metrics_speak_of_requests_and_the_zone);
	tcase_add_test(tc, long_heads_are_answered);
	tcase_add_test(tc, an_expired_certificate_is_as_good_as_any);
	suite_add_tcase(s, tc);
	tc = tcase_create("images");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_bad_image_leaves_nothing);
	tcase_add_test(tc, an_archive_goes_with_its_last_image);
	tcase_add_test(tc, a_repeated_import_is_recognised);
	tcase_add_test(tc, an_image_over_the_limit_is_refused);
	tcase_add_test(tc, an_archive_whose_image_may_be_committed_stays_until_that_is_known);
	tcase_add_test(tc, an_archive_stays_when_its_deletion_failed);
	tcase_add_test(tc, a_client_that_dies_in_the_middle_of_an_import_leaves_nothing);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
