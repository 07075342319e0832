/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/join.h"

#include "agent/status.h"
#include "common/token.h"
#include "tests/unit/agent/agent_fixture.h"
#include "tests/unit/agent/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char key_dir[64], dir[128];
static struct cc_key_pair *key, *other_key;
static struct cc_arena *arena;
static struct cc_config *config;

static void setup(void)
{
	struct cc_error err = { 0 };
	char set[160];
	const char *sets[] = { set };
	struct cc_config_sources from = { .sets = sets, .n_sets = 1 };
	char other[96];

	strcpy(key_dir, "/tmp/cc-join-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(key_dir));
	snprintf(dir, sizeof(dir), "%s/agent", key_dir);
	snprintf(other, sizeof(other), "%s/other", key_dir);
	ck_assert_int_eq(mkdir(other, 0700), 0);
	snprintf(set, sizeof(set), "state_dir=%s", dir);
	arena = cc_arena_new(0);
	ck_assert_int_eq(cc_config_load(&agent_settings, &from, &config, &err), 0);
	ck_assert_int_eq(cc_key_pair_open(key_dir, "controller", &key, &err), 0);
	ck_assert_int_eq(cc_key_pair_open(other, "other", &other_key, &err), 0);
	controller = controller_new(key, 0);
}

static void teardown(void)
{
	char command[128];

	controller_free(controller);
	cc_key_pair_free(key);
	cc_key_pair_free(other_key);
	cc_config_free(config);
	cc_arena_free(arena);
	snprintf(command, sizeof(command), "rm -rf %s", key_dir);
	ck_assert_int_eq(system(command), 0);
}

static const char *token(enum cc_token_kind kind, const struct cc_key_pair *pinned)
{
	struct cc_token t = { .kind = kind, .n_addresses = 2, .secret = cc_secret_new(), .expires_ms = 1, .zone = "hill" };
	struct cc_error err = { 0 };
	const char *text = NULL;

	t.addresses[0] = "127.0.0.1:1"; /* nobody there: the next one serves */
	t.addresses[1] = controller_address(controller);
	t.pin = cc_key_pair_pin(pinned);
	ck_assert_msg(cc_token_encode(&t, arena, &text, &err) == 0, "%s", err.msg);
	return text;
}

/* The code of joining with that; CC_OK when it worked. `message` takes what is said. */
static enum cc_code join(const char *text, char message[1100])
{
	struct spool_identity *who = NULL;
	struct cc_error err = { 0 };
	int result = join_zone(agent_config(config), text, &who, &err);

	snprintf(message, 1100, "%s", result == 0 ? who->node_name : err.msg);
	free(who);
	return result == 0 ? CC_OK : err.code;
}

static bool has_joined(void)
{
	struct spool_identity *who = NULL;
	struct cc_error err = { 0 };
	bool yes = spool_load_identity(dir, &who, &err) == 0;

	free(who);
	return yes;
}

START_TEST(a_good_token_makes_this_a_node_of_the_zone)
{
	struct spool_identity *who;
	struct cc_error err = { 0 };
	char message[1100], status[2048] = "", pin[CC_PIN_HEX];
	FILE *f = fmemopen(status, sizeof(status), "w");

	ck_assert_msg(join(token(CC_TOKEN_NODE, key), message) == CC_OK, "%s", message);
	ck_assert_str_eq(message, "attic");
	ck_assert_uint_eq(strlen(controller_joined_with(controller)), CC_SECRET_TEXT - 1);
	ck_assert_int_eq(spool_load_identity(dir, &who, &err), 0);
	ck_assert_str_eq(who->zone, "hill");
	ck_assert_uint_eq(who->controllers.n, 2);
	ck_assert_str_eq(who->pin, cc_pin_format(cc_key_pair_pin(key), pin));
	free(who);
	ck_assert_int_eq(status_print(agent_config(config), false, f, &err), 0);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(status, "node         attic"));
	ck_assert_ptr_nonnull(strstr(status, "assignments  0"));
}
END_TEST

START_TEST(what_controllers_of_that_time_answered_makes_this_a_node)
{
	char **files, message[1100];
	struct recorded r = { 0 };

	for (size_t n = recorded_files(&files); n > 0 && r.n == 0; n--)
		r = recorded_read(files[n - 1], "joined");
	ck_assert_uint_gt(r.n, 0);
	controller_answer_raw(controller, 200, r.items[0]);
	ck_assert_msg(join(token(CC_TOKEN_NODE, key), message) == CC_OK, "%s", message);
	ck_assert_str_eq(message, "n3");
	recorded_free(&r);
}
END_TEST

START_TEST(joining_twice_says_so)
{
	char message[1100];

	ck_assert_int_eq(join(token(CC_TOKEN_NODE, key), message), CC_OK);
	ck_assert_int_eq(join(token(CC_TOKEN_NODE, key), message), CC_CONFLICT);
	ck_assert_ptr_nonnull(strstr(message, "it is 'attic' of zone 'hill'"));
}
END_TEST

START_TEST(a_damaged_token_is_recognised_without_asking_anybody)
{
	const char *good = token(CC_TOKEN_NODE, key);
	char bad[2048], message[1100];

	snprintf(bad, sizeof(bad), "%s", good);
	bad[strlen(bad) - 4] = '\0';
	ck_assert_int_eq(join(bad, message), CC_INVALID);
	snprintf(bad, sizeof(bad), "%s", good);
	bad[20] = bad[20] == 'A' ? 'B' : 'A';
	ck_assert_int_eq(join(bad, message), CC_INVALID);
	ck_assert_int_eq(join("", message), CC_INVALID);
	ck_assert_int_eq(join("nonsense", message), CC_INVALID);
	ck_assert(!has_joined());
	ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

START_TEST(a_token_of_another_kind_is_named)
{
	char message[1100];

	ck_assert_int_eq(join(token(CC_TOKEN_LOGIN, key), message), CC_INVALID);
	ck_assert_ptr_nonnull(strstr(message, "this is a login token"));
}
END_TEST

START_TEST(a_controller_with_another_key_learns_nothing)
{
	char message[1100];

	ck_assert_int_eq(join(token(CC_TOKEN_NODE, other_key), message), CC_UNAUTHENTICATED);
	ck_assert_str_eq(controller_joined_with(controller), "");
	ck_assert(!has_joined());
}
END_TEST

static const struct {
	int status;
	const char *code, *detail;
	enum cc_code want;
} refusals[] = {
	{ 410, "gone", "this token expired yesterday", CC_GONE },
	{ 409, "conflict", "this token was used", CC_CONFLICT },
	{ 401, "unauthenticated", "this token is not of this zone", CC_UNAUTHENTICATED },
	{ 429, "busy", "too many joins", CC_BUSY },
	{ 503, "unavailable", "no database", CC_UNAVAILABLE },
};

START_TEST(a_refusal_is_told_in_the_controllers_words_and_may_be_tried_again)
{
	const char *text = token(CC_TOKEN_NODE, key);
	char message[1100];

	controller_set_join(controller, refusals[_i].status, refusals[_i].code, refusals[_i].detail);
	ck_assert_int_eq(join(text, message), refusals[_i].want);
	ck_assert_ptr_nonnull(strstr(message, refusals[_i].detail));
	ck_assert(!has_joined());
	controller_set_join(controller, 200, "", "");
	ck_assert_int_eq(join(text, message), CC_OK);
}
END_TEST

START_TEST(nobody_there_is_said)
{
	struct cc_token t = { .kind = CC_TOKEN_NODE, .addresses = { "127.0.0.1:1" }, .n_addresses = 1, .secret = cc_secret_new(), .zone = "hill" };
	struct cc_error err = { 0 };
	const char *text = NULL;
	char message[1100];

	ck_assert_int_eq(cc_token_encode(&t, arena, &text, &err), 0);
	ck_assert_int_eq(join(text, message), CC_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(message, "127.0.0.1:1"));
}
END_TEST

START_TEST(status_of_a_node_that_has_not_joined_says_what_to_do)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(status_print(agent_config(config), false, stdout, &err), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.msg, "cc-agent join"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("join");
	TCase *tc = tcase_create("join");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, a_good_token_makes_this_a_node_of_the_zone);
	tcase_add_test(tc, what_controllers_of_that_time_answered_makes_this_a_node);
	tcase_add_test(tc, joining_twice_says_so);
	tcase_add_test(tc, a_damaged_token_is_recognised_without_asking_anybody);
	tcase_add_test(tc, a_token_of_another_kind_is_named);
	tcase_add_test(tc, a_controller_with_another_key_learns_nothing);
	tcase_add_loop_test(tc, a_refusal_is_told_in_the_controllers_words_and_may_be_tried_again, 0, CC_ARRAY_LEN(refusals));
	tcase_add_test(tc, nobody_there_is_said);
	tcase_add_test(tc, status_of_a_node_that_has_not_joined_says_what_to_do);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
