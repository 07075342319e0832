/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running agent tells its owner, and how that reads. */
#include "agent/live.h"
#include "agent/spool.h"
#include "agent/status_text.h"
#include "common/clock.h"
#include "tests/unit/agent/agent_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cc_arena *arena;

static void setup(void)
{
	world_setup();
	arena = cc_arena_new(0);
}

static void teardown(void)
{
	cc_arena_free(arena);
	world_teardown();
}

static struct live ask(void)
{
	struct live l = { 0 };
	struct cc_error err = { 0 };

	ck_assert_msg(live_ask(state_dir, 10000, arena, &l, &err) == 0, "%s", err.msg);
	return l;
}

START_TEST(it_tells_what_runs_for_whom_and_what_that_uses)
{
	struct live l;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	l = ask();
	ck_assert(l.connected);
	ck_assert_str_eq(l.trouble, "");
	ck_assert(cc_has(&l, live, heard));
	ck_assert_str_eq(l.controller, controller_address(controller));
	ck_assert_uint_eq(l.instances.n, 1);
	ck_assert_int_eq(l.instances.items[0].state, OBSERVED_RUNNING);
	ck_assert_str_eq(l.instances.items[0].member_name, "maria");
	ck_assert_int_eq(l.instances.items[0].memory_mib, 64);
	ck_assert_int_eq(l.used_instances, 1);
	ck_assert_int_eq(l.used_memory_mib, 64);
	agent_end_well();
}
END_TEST

START_TEST(each_question_is_answered_anew)
{
	agent_begin();
	world_eventually(ask().connected);
	ck_assert_uint_eq(ask().instances.n, 0);
	fake_priv_add_image(priv, controller_sha256());
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(ask().instances.n, 1);
	agent_end_well();
}
END_TEST

START_TEST(a_refusal_and_a_lost_controller_are_told_with_their_reasons)
{
	struct live l;

	world_setting("offer_instances=0");
	agent_begin();
	world_eventually(ask().connected);
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_FAILED, 0);
	l = ask();
	ck_assert_ptr_nonnull(strstr(l.instances.items[0].reason, "0 instances are the most allowed"));
	world_lose_controller();
	world_eventually(!ask().connected);
	ck_assert_str_ne(ask().trouble, "");
	agent_end_well();
}
END_TEST

START_TEST(who_does_not_run_is_known_at_once_and_who_hangs_is_waited_for_only_so_long)
{
	struct live l;
	struct cc_error err = { 0 };
	int held;

	ck_assert(!live_runs(state_dir));
	ck_assert(!live_runs("/nonexistent"));
	held = live_hold(state_dir);
	ck_assert_int_ge(held, 0);
	ck_assert(live_runs(state_dir));
	ck_assert_int_lt(live_hold(state_dir), 0);
	ck_assert_int_lt(live_ask(state_dir, 50, arena, &l, &err), 0);
	ck_assert_int_eq(err.code, CC_TIMEOUT);
	close(held);
	ck_assert(!live_runs(state_dir));
}
END_TEST

START_TEST(nonsense_in_the_files_is_no_answer)
{
	struct cc_uuid last = { 0 };
	char path[128];
	FILE *f;

	ck_assert(!live_asked(state_dir, &last));
	snprintf(path, sizeof(path), "mkdir -p %s/owner", state_dir);
	ck_assert_int_eq(system(path), 0);
	snprintf(path, sizeof(path), "%s/owner/question", state_dir);
	f = fopen(path, "w");
	fputs("who are you?\n", f);
	fclose(f);
	ck_assert(!live_asked(state_dir, &last));
}
END_TEST

static struct agent_status a_status(void)
{
	static const char *addresses[] = { "village.example:8443" };

	return (struct agent_status){ .node = test_id(9),
		.node_name = "ada",
		.zone = "village",
		.controllers = { 1, addresses },
		.closed = "",
		.offer_cpu_millis = 2000,
		.offer_memory_mib = 1024,
		.offer_disk_mib = 4096,
		.offer_instances = 10,
		.revision = 7 };
}

static const char *text_of(const struct agent_status *s)
{
	static char text[4096];
	FILE *f = fmemopen(text, sizeof(text), "w");

	status_text(s, 1000000, f);
	fclose(f);
	return text;
}

static void says(const char *text, const char *line)
{
	ck_assert_msg(strstr(text, line) != NULL, "'%s' is not in:\n%s", line, text);
}

START_TEST(without_an_agent_the_disk_tells)
{
	struct agent_status s = a_status();
	struct assignment web = { .name = "web", .desired = DESIRED_RUN, .cpu_millis = 500, .memory_mib = 64, .disk_mib = 1024 };
	const char *text;

	cc_set(&web, assignment, member_name, "maria");
	s.assignments.n = 1;
	s.assignments.items = &web;
	text = text_of(&s);
	says(text, "agent        does not run");
	says(text, "orders       revision 7\n");
	says(text, "takes        new instances\n");
	says(text, "  web       maria       running      500m          64       1024\n");
	cc_set(&s, agent_status, silent, "the running agent does not answer; see its log");
	says(text_of(&s), "does not answer; see its log. What follows is from its disk");
}
END_TEST

START_TEST(what_protects_and_what_is_lacking_is_said)
{
	static const char *features[] = { "lxc", "seccomp" };
	struct agent_status s = a_status();
	struct live_instance stray = { .name = "", .member_name = "", .state = OBSERVED_RUNNING, .reason = "", .address = "" };
	struct live l = {
		.started = 1000000 - 300000, .version = "1", .controller = "village.example:8443", .trouble = "it is off", .fences = "seccomp"
	};
	const char *text;

	l.features = (struct cc_texts){ 2, features };
	l.used_cpu_millis = 500;
	l.instances.n = 1;
	l.instances.items = &stray;
	s.running.n = 1;
	s.running.items = &l;
	text = text_of(&s);
	says(text, "running for 5 min");
	says(text, "village.example:8443, not reached, no answer since the agent runs: it is off");
	says(text, "cpu 500 of 2000m");
	says(text, "system calls are filtered");
	says(text, "lacking      instances may swap: this kernel does not account swap");
	says(text, "  -         -           running");
	cc_set(&l, live, heard, 1000000 - 90000);
	l.connected = true;
	l.trouble = "";
	says(text_of(&s), "connected, last answer 90 s ago\n");
}
END_TEST

START_TEST(what_is_in_the_way_of_the_network_is_said)
{
	static const char *lines[] = { "table ip mine drops; this helps: nft ...", "iptables-legacy has a table filter" };
	struct agent_status s = a_status();
	const char *text;

	ck_assert_ptr_null(strstr(text_of(&s), "bandwidth "));
	ck_assert_ptr_null(strstr(text_of(&s), "blocked "));
	cc_set(&s, agent_status, upload_kbit, 0);
	cc_set(&s, agent_status, download_kbit, 0);
	says(text_of(&s), "bandwidth    no limit for all instances together (cc-agent-priv --upload-max, --download-max)\n");
	cc_set(&s, agent_status, upload_kbit, 1500);
	cc_set(&s, agent_status, blocked, ((struct cc_texts){ 2, lines }));
	text = text_of(&s);
	says(text, "bandwidth    of all instances together: up 1.5 Mbit/s, down none\n");
	says(text, "blocked      table ip mine drops; this helps: nft ...\nblocked      iptables-legacy has a table filter\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_live");
	TCase *tc = tcase_create("live");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_tells_what_runs_for_whom_and_what_that_uses);
	tcase_add_test(tc, each_question_is_answered_anew);
	tcase_add_test(tc, a_refusal_and_a_lost_controller_are_told_with_their_reasons);
	tcase_add_test(tc, who_does_not_run_is_known_at_once_and_who_hangs_is_waited_for_only_so_long);
	tcase_add_test(tc, nonsense_in_the_files_is_no_answer);
	tcase_add_test(tc, without_an_agent_the_disk_tells);
	tcase_add_test(tc, what_protects_and_what_is_lacking_is_said);
	tcase_add_test(tc, what_is_in_the_way_of_the_network_is_said);
	suite_add_tcase(s, tc);
	return test_run(s);
}
