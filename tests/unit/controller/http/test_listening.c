/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes that listen for long: blanks before the answer, and what the controller knows of them meanwhile. */
#include "tests/unit/controller/http/asking.h"

#include "common/clock.h"

#define BEAT_MS 100

static const struct world_options beating = { .http = { .sync_wait_ms = BEAT_MS, .sync_wait_idle_ms = 60000 } };
static const char *const of_n2 = "/v1/nodes/n2/sync";
static const char *const of_n1 = "/v1/nodes/n1/sync";
static struct world *w;

static void set_up(void)
{
	w = world_new(&beating);
}

static void tear_down(void)
{
	world_free(w);
}

static void listen_as(struct asking *k, enum role role, const char *path, char *body, size_t size, int wait_ms)
{
	sync_body_of(w, role, path, body, size, wait_ms);
	world_ask_begin(w, k, (struct ask){ .role = role, .method = "POST", .path = path, .body = body, .fresh = true });
	await_figure(w, WAITING, 1);
}

static void let_beat(int n)
{
	int64_t until = cc_boottime_ms() + (int64_t)n * BEAT_MS;

	while (cc_boottime_ms() < until)
		usleep(10000);
}

static void ask_web(const char *verb)
{
	struct answer r = ASK(.role = ROLE_ANA, .method = "POST", .path = verb);

	ck_assert_int_eq(r.status, 202);
	answer_free(&r);
}

START_TEST(an_idle_node_hears_blanks_and_then_its_orders)
{
	struct asking k;
	char body[128];
	struct answer r;
	const char *text;

	listen_as(&k, ROLE_N2, of_n2, body, sizeof(body), 30000);
	let_beat(10);
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"hello\",\"image\":\"busybox\",\"node\":\"n2\"}");
	ck_assert_int_eq(r.status, 201);
	answer_free(&r);
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	text = cc_buf_str(&k.answer.body);
	ck_assert_uint_ge(strspn(text, " "), 2);
	ck_assert_ptr_nonnull(strstr(text, "{\"revision\":"));
	ck_assert_ptr_nonnull(strstr(text, "\"name\":\"hello\""));
	ck_assert_ptr_nonnull(strstr(text, "\"beat_ms\":100,"));
	ck_assert_int_lt(k.took_ms, 20000);
	answer_free(&k.answer);
}
END_TEST

START_TEST(an_idle_node_waits_for_long_and_a_busy_one_does_not)
{
	struct asking k;
	char body[128];

	listen_as(&k, ROLE_N2, of_n2, body, sizeof(body), 1500);
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_int_ge(k.took_ms, 1490);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&k.answer.body), "\"wait_ms\":60000"));
	answer_free(&k.answer);
	ask_web("/v1/instances/web/stop"); /* it runs on n1, which has not said yet that it stopped */
	sync_body_of(w, ROLE_N1, of_n1, body, sizeof(body), 30000);
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_N1, .method = "POST", .path = of_n1, .body = body });
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_int_lt(k.took_ms, 20000);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&k.answer.body), "\"wait_ms\":100,"));
	answer_free(&k.answer);
}
END_TEST

START_TEST(who_takes_the_blanks_is_heard_of)
{
	struct asking k;
	char body[128];
	int64_t before, now;

	listen_as(&k, ROLE_N2, of_n2, body, sizeof(body), 30000);
	before = engine_node_heard_ms(w->engine, w->n2);
	let_beat(5);
	for (int i = 0; i < 1000 && engine_node_heard_ms(w->engine, w->n2) < before + 3 * BEAT_MS; i++)
		usleep(10000);
	now = engine_node_heard_ms(w->engine, w->n2);
	ck_assert_int_ge(now, before + 3 * BEAT_MS);
	ck_assert_int_le(now, cc_boottime_ms());
	http_stop(w->server);
	w->server = NULL;
	world_ask_end(&k);
	answer_free(&k.answer);
}
END_TEST

START_TEST(a_node_that_hangs_up_is_not_heard_of_any_more)
{
	struct asking k;
	char body[128];
	int64_t last;

	sync_body_of(w, ROLE_N2, of_n2, body, sizeof(body), 30000);
	world_ask_begin(
	        w, &k, (struct ask){ .role = ROLE_N2, .method = "POST", .path = of_n2, .body = body, .fresh = true, .timeout_ms = 10 * BEAT_MS });
	ck_assert_int_eq(world_ask_end(&k)->failure, CURLE_OPERATION_TIMEDOUT);
	answer_free(&k.answer);
	await_figure(w, WAITING, 0);
	last = engine_node_heard_ms(w->engine, w->n2);
	ck_assert_int_gt(last, 0);
	let_beat(5);
	ck_assert_int_eq(engine_node_heard_ms(w->engine, w->n2), last);
}
END_TEST

START_TEST(an_answer_that_cannot_be_given_any_more_is_broken_off)
{
	struct asking k;
	char body[128];

	listen_as(&k, ROLE_N2, of_n2, body, sizeof(body), 30000);
	let_beat(5);
	engine_set_available(w->engine, false, "no database");
	http_reloaded(w->server);
	ck_assert_int_ne(world_ask_end(&k)->failure, CURLE_OK);
	ck_assert_int_lt(k.took_ms, 20000);
	answer_free(&k.answer);
	engine_set_available(w->engine, true, NULL);
}
END_TEST

START_TEST(stopping_ends_who_hears_blanks)
{
	struct asking k;
	char body[128];

	listen_as(&k, ROLE_N2, of_n2, body, sizeof(body), 30000);
	let_beat(5);
	http_stop(w->server);
	w->server = NULL;
	ck_assert_int_ne(world_ask_end(&k)->failure, CURLE_OK);
	ck_assert_int_lt(k.took_ms, 20000);
	answer_free(&k.answer);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_listening");
	TCase *tc = tcase_create("listening");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, an_idle_node_hears_blanks_and_then_its_orders);
	tcase_add_test(tc, an_idle_node_waits_for_long_and_a_busy_one_does_not);
	tcase_add_test(tc, who_takes_the_blanks_is_heard_of);
	tcase_add_test(tc, a_node_that_hangs_up_is_not_heard_of_any_more);
	tcase_add_test(tc, an_answer_that_cannot_be_given_any_more_is_broken_off);
	tcase_add_test(tc, stopping_ends_who_hears_blanks);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
