/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program against a scripted controller: what goes wrong, what is said about it, and the exit status. */
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>

static const struct fake_row rows_names[] = {
	{ "POST", "/v1/instances", 404, MISSING("image", "busybx") },
	{ "GET", "/v1/images", 200, IMAGES },
	{ "GET", "/v1/nodes", 200, NODES },
	{ "GET", "/v1/nodes/adda", 404, MISSING("node", "adda") },
	{ "GET", "/v1/nodes/zorro", 404, MISSING("node", "zorro") },
	{ NULL },
};

START_TEST(an_unknown_name_brings_the_nearest_one)
{
	struct ran r;

	fake_start(rows_names);
	r = fake_run("ccctl create hello --image busybx");
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_eq(r.err, "ccctl: no image 'busybx'; did you mean 'busybox'? See ccctl image list\n");
	r = fake_run("ccctl node show adda");
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_eq(r.err, "ccctl: no node 'adda'; did you mean 'ada'? See ccctl node list\n");
	r = fake_run("ccctl node show zorro");
	ck_assert_str_eq(r.err, "ccctl: no node 'zorro'; see ccctl node list\n");
	fake_stop();
}
END_TEST

/* Every code of a problem document with the exit status it must give. */
static const struct {
	const char *body;
	int http;
	int exit;
	const char *message;
} problems[] = {
	{ PROBLEM(400, "invalid", "memory_mib: 1 is below 4"), 400, 2, "memory_mib: 1 is below 4" },
	{ PROBLEM(401, "unauthenticated", "who are you"), 401, 4, "who are you" },
	{ PROBLEM(403, "denied", "your role does not allow this"), 403, 4, "your role does not allow this" },
	{ PROBLEM(404, "not-found", "nothing here"), 404, 3, "nothing here" },
	{ PROBLEM(409, "conflict", "there is an instance 'hello' already"), 409, 5, "there is an instance 'hello' already" },
	{ PROBLEM(409, "no-capacity", "no node has room"), 409, 5, "no node has room" },
	{ PROBLEM(410, "gone", "it was deleted"), 410, 3, "it was deleted" },
	{ PROBLEM(500, "internal", "a bug"), 500, 1, "a bug" },
	{ PROBLEM(418, "something-new", "a newer controller"), 418, 1, "a newer controller" },
	{ PROBLEM(404, "not-found", "\\u001b[31mred\\u001b[0m"), 404, 3, "?[31mred?[0m" },
	{ "{\"type\":\"about:blank\",\"title\":\"x\",\"status\":500,\"detail\":\"something broke\",\"code\":\"internal\",\"request_id\":\"r-7\"}",
	        500, 1, "something broke (request r-7 in the controller's log)" },
	{ "<html>nginx</html>", 502, 1, "the answer (HTTP 502) is not from a CommunityCloud controller, or it is broken" },
	{ "[]", 200, 1, "the answer (HTTP 200) is not from a CommunityCloud controller, or it is broken" },
	{ "{\"index\":1,\"items\":[{\"name\":5}]}", 200, 1, "the answer (HTTP 200) is not from a CommunityCloud controller, or it is broken" },
};

START_TEST(a_problem_becomes_a_message_and_a_status)
{
	struct fake_row rows[] = { { "GET", "/v1/instances", problems[_i].http, problems[_i].body }, { NULL } };
	char want[256];
	struct ran r;

	fake_start(rows);
	r = fake_run("ccctl list");
	snprintf(want, sizeof(want), "ccctl: %s\n", problems[_i].message);
	ck_assert_str_eq(r.err, want);
	ck_assert_int_eq(r.status, problems[_i].exit);
	ck_assert_str_eq(r.out, "");
	fake_stop();
}
END_TEST

START_TEST(a_busy_controller_is_asked_again_for_a_while)
{
	static const struct fake_row rows[] = {
		{ "GET", "/v1/instances", 503, PROBLEM(503, "unavailable", "the database is away") },
		{ "GET", "/v1/instances", 200, "{\"index\":1,\"items\":[]}" },
		{ NULL },
	};
	struct ran r;

	fake_start(rows);
	r = fake_run("ccctl list");
	ck_assert_msg(r.status == 0, "%s", r.err);
	fake_stop();
}
END_TEST

static const struct {
	const char *line;
	int exit;
	const char *part;
} unreachable[] = {
	{ "ccctl --socket $PWD/none list", 6, "cannot reach the controller's socket" },
	{ "ccctl --socket $PWD/none list", 6, "is cc-controller running here?" },
	{ "ccctl --controller 127.0.0.1:1 --pin 0000000000000000000000000000000000000000000000000000000000000000 --token t list", 6,
	        "cannot reach the controller at 127.0.0.1:1: connection refused" },
	{ "ccctl --controller 127.0.0.1:1 --pin 00 --token t list", 2, "--pin" },
	{ "ccctl --controller nowhere --pin 0000000000000000000000000000000000000000000000000000000000000000 --token t list", 2, "--controller" },
	{ "ccctl --controller 127.0.0.1:1 --token t list", 2, "needs --pin (or CCCTL_PIN)" },
	{ "CCCTL_CONTROLLER=127.0.0.1:1 CCCTL_PIN=0 ccctl list", 2, "--token or CCCTL_TOKEN" },
	{ "ccctl --controller 127.0.0.1:1 --socket x list", 2, "exclude each other" },
	{ "CCCTL_CONTROLLER=127.0.0.1:1 ccctl --socket $PWD/none list", 6, "cannot reach the controller's socket" },
	{ "ccctl list >/dev/full", 1, "writing the output" },
};

START_TEST(trouble_on_the_way_is_told)
{
	static const struct fake_row rows[] = { { "GET", "/v1/instances", 200, "{\"index\":1,\"items\":[]}" }, { NULL } };
	struct ran r;

	fake_start(rows);
	r = fake_run("%s", unreachable[_i].line);
	ck_assert_msg(strstr(r.err, unreachable[_i].part) != NULL && strncmp(r.err, "ccctl: ", 7) == 0, "%s: %s", unreachable[_i].line, r.err);
	ck_assert_int_eq(r.status, unreachable[_i].exit);
	fake_stop();
}
END_TEST

START_TEST(what_is_wrong_is_found_before_anything_is_sent)
{
	static const struct {
		const char *line;
		const char *part;
	} wrong[] = {
		{ "ccctl create hello", "--image is needed; see ccctl image list" },
		{ "ccctl create Hello_ --image b", "name: 'Hello_' is not a DNS label" },
		{ "ccctl create hello --image b --memory 1", "--memory: '1' is out of range: 4 MiB to 16384 GiB" },
		{ "ccctl create hello --image b --cpu 5m", "--cpu: '5m' is out of range: 0.01 to 1024" },
		{ "ccctl node invite A", "node_name: 'A' is not a DNS label" },
		{ "ccctl exec hello -e X -- ls", "--env: 'X' is not NAME=VALUE" },
		{ "ccctl exec hello -- \"$(printf '\\377')\"", "argument 0 of the program is not valid UTF-8 text" },
	};
	static const struct fake_row rows[] = { { NULL } };

	fake_start(rows);
	for (size_t i = 0; i < CC_ARRAY_LEN(wrong); i++) {
		struct ran r = fake_run("%s", wrong[i].line);

		ck_assert_msg(strstr(r.err, wrong[i].part) != NULL, "%s: %s", wrong[i].line, r.err);
		ck_assert_int_eq(r.status, 2);
	}
	ck_assert_uint_eq(fake_count("POST", "/v1/instances"), 0);
	fake_stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli errors");
	TCase *tc = tcase_create("errors");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, an_unknown_name_brings_the_nearest_one);
	tcase_add_loop_test(tc, a_problem_becomes_a_message_and_a_status, 0, CC_ARRAY_LEN(problems));
	tcase_add_test(tc, a_busy_controller_is_asked_again_for_a_while);
	tcase_add_loop_test(tc, trouble_on_the_way_is_told, 0, CC_ARRAY_LEN(unreachable));
	tcase_add_test(tc, what_is_wrong_is_found_before_anything_is_sent);
	return test_run(s);
}
