/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program against a scripted controller: what watches, what only asks, and what status advises. */
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>

#define PLACED                                                                                                                                     \
	"{\"id\":\"" ID_HELLO "\",\"decided\":\"2026-11-20T21:05:00.000Z\",\"placed\":true,\"considered\":2,\"seed\":1,\"snapshot\":5,\"fell\":[{" \
	"\"reason\":\"not enough memory\",\"nodes\":1}],\"terms\":[],\"node\":\"" ID_NODE                                                          \
	"\",\"node_name\":\"ada\",\"tier\":\"zone\",\"score\":900,\"revision\":0}"

#define ASKED "\"asked\":[{\"name\":\"hello\",\"image\":\"busybox\"}],\"name\":\"hello\",\"member_name\":\"ana\""
#define TERMS \
	"[{\"name\":\"fit\",\"value\":0,\"weight\":0},{\"name\":\"load\",\"value\":700,\"weight\":4},{\"name\":\"reliability\",\"value\":1000,\"weight\":2}]"
#define CANDIDATE(name, score, load) \
	"{\"node\":\"" ID_NODE "\",\"node_name\":\"" name "\",\"score\":" #score ",\"distance_us\":3210,\"load\":" #load ",\"reliability\":1000}"
#define WHOLE                                                                                                                                                                \
	"{\"id\":\"" ID_HELLO                                                                                                                                                \
	"\",\"decided\":\"2026-11-20T21:05:00.000Z\",\"placed\":true,\"considered\":5,\"feasible\":2,\"seed\":1,\"snapshot\":5,"                                             \
	"\"fell\":[{\"reason\":\"silent\",\"nodes\":1},{\"reason\":\"not enough memory\",\"nodes\":2}],\"terms\":" TERMS ",\"node\":\"" ID_NODE                              \
	"\",\"node_name\":\"ada\",\"tier\":\"zone\",\"score\":4800,\"runner_up_name\":\"bob\",\"margin\":400,\"distance_us\":3210,\"band_ms\":4,\"candidates\":[" CANDIDATE( \
	        "ada", 4800, 700) "," CANDIDATE("bob", 4400, 600) "],\"revision\":0," ASKED "}"
#define REFUSED(changes, together)                                                                                                                                             \
	"{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,\"detail\":\"no node can take this\",\"code\":\"no-capacity\",\"decision\":[{\"id\":\"" ID_HELLO      \
	"\",\"decided\":\"2026-11-20T21:05:00.000Z\",\"placed\":false,\"considered\":6,\"feasible\":0,\"seed\":1,\"snapshot\":5,\"fell\":[{\"reason\":\"drained by an "        \
	"admin\",\"nodes\":1,\"alone\":0},{\"reason\":\"does not match the constraint\",\"nodes\":3,\"alone\":3},{\"reason\":\"not enough memory\",\"nodes\":2,\"alone\":1}]," \
	"\"terms\":[],\"closed\":[\"cleo: new disk on Monday\"],\"changes\":[" changes "],\"together\":" together ",\"revision\":0," ASKED "}]}"
#define LESS     "{\"what\":\"with at most 384 MiB of memory\",\"reason\":\"not enough memory\",\"amount\":384,\"node_name\":\"ada\"}"
#define WITHOUT  "{\"what\":\"without the constraint\",\"reason\":\"does not match the constraint\",\"nodes\":3}"
#define AND_THAT "{\"what\":\"without the constraint\",\"reason\":\"does not match the constraint\",\"node_name\":\"ada\"}"

static const char refused_counts[] = "hello has no node.\n6 nodes were looked at.\n  3 fell out: does not match the constraint\n"
                                     "  2 fell out: not enough memory\n  1 fell out: drained by an admin\n  cleo is closed: new disk on Monday\n";

static const struct fake_row rows_explain[] = {
	{ "GET", "/v1/instances/hello/placement", 200, WHOLE },
	{ "POST", "/v1/placements", 200, WHOLE },
	{ "POST", "/v1/instances", 409, REFUSED(LESS "," WITHOUT, "false") },
	{ "POST", "/v1/placements", 409, REFUSED(LESS "," AND_THAT, "true") },
	{ "POST", "/v1/placements", 409, REFUSED("", "false") },
	{ NULL },
};

START_TEST(an_explanation_says_why_and_shows_who_was_compared)
{
	static const char sentences[] = "hello is on ada, a node of the zone, 3.2 ms away.\n5 nodes were looked at, 2 could take it.\n"
	                                "  2 fell out: not enough memory\n  1 fell out: silent\nSecond came bob: more of ada is free.\n";
	struct ran r;

	fake_start(rows_explain);
	r = fake_run("ccctl explain hello");
	ck_assert_str_eq(r.out, sentences);
	r = fake_run("ccctl explain hello -o wide");
	ck_assert_msg(strncmp(r.out, sentences, strlen(sentences)) == 0, "%s", r.out);
	ck_assert_str_eq(r.out + strlen(sentences), "NODE  SCORE  DISTANCE  FIT  LOAD  SPREAD  RELIABILITY  IMAGE  AFFINITY\n"
	                                            "ada   4800   3.2 ms    -    700   -       1000         -      -\n"
	                                            "bob   4400   3.2 ms    -    600   -       1000         -      -\n"
	                                            "The score is the sum of 4 x load, 2 x reliability; each is 0 to 1000.\n");
	r = fake_run("ccctl explain hello -o json");
	ck_assert_ptr_nonnull(strstr(r.out, "\"asked\""));
	ck_assert_ptr_nonnull(strstr(r.out, "\"band_ms\""));
	fake_stop();
}
END_TEST

#define NO_ROOM(id, called, text)                                                                                                            \
	"{\"id\":\"" id                                                                                                                      \
	"\",\"decided\":\"2026-11-20T21:05:00.000Z\",\"placed\":false,\"considered\":2,\"feasible\":0,\"seed\":1,\"snapshot\":5,\"fell\":[{" \
	"\"reason\":\"not enough memory\",\"nodes\":2,\"alone\":2}],\"terms\":[],\"changes\":[" LESS "],\"revision\":3,\"name\":\"" called   \
	"\",\"member_name\":\"ana\",\"would_fit\":\"" text "\"}"

static const struct fake_row rows_refused[] = {
	{ "GET", "/v1/placements", 200,
	        "{\"index\":9,\"items\":[" NO_ROOM(ID_HELLO, "big", "no room yet") "," NO_ROOM(ID_OTHER, "big", "no room") "]}" },
	{ NULL },
};

START_TEST(refusals_are_listed_and_the_last_one_is_explained)
{
	struct ran r;

	fake_start(rows_refused);
	r = fake_run("ccctl explain --refused");
	ck_assert_str_eq(r.out, "2026-11-20 21:05  big, asked for by ana: no room yet\n2026-11-20 21:05  big, asked for by ana: no room\n");
	ck_assert_ptr_nonnull(strstr(fake_seen("GET", "/v1/placements", 0)->url, "placed=false"));
	r = fake_run("ccctl explain --refused big");
	ck_assert_str_eq(r.out, "big has no node.\n2 nodes were looked at.\n  2 fell out: not enough memory\nIt would fit:\n"
	                        "  with at most 384 MiB of memory, on ada\n");
	r = fake_run("ccctl explain --refused small");
	ck_assert_int_eq(r.status, 3);
	r = fake_run("ccctl explain");
	ck_assert_int_eq(r.status, 2);
	ck_assert_ptr_nonnull(strstr(r.err, "--refused"));
	fake_stop();
}
END_TEST

START_TEST(a_refusal_is_explained_in_full_when_asked)
{
	struct ran r;

	fake_start(rows_explain);
	r = fake_run("ccctl create hello --image busybox --explain");
	ck_assert_int_eq(r.status, 5);
	ck_assert_msg(strncmp(r.out, refused_counts, strlen(refused_counts)) == 0, "%s", r.out);
	ck_assert_str_eq(r.out + strlen(refused_counts),
	        "It would fit with any one of these changes:\n  with at most 384 MiB of memory, on ada\n  without the constraint (3 nodes)\n");
	ck_assert_str_eq(r.err, "ccctl: no node can take this\n");
	r = fake_run("ccctl create hello --image busybox --dry-run --explain");
	ck_assert_ptr_nonnull(strstr(r.out, "ada, a node of the zone"));
	ck_assert_ptr_nonnull(strstr(r.out, "The score is the sum of"));
	r = fake_run("ccctl create hello --image busybox --dry-run --explain");
	ck_assert_int_eq(r.status, 5);
	ck_assert_str_eq(r.out + strlen(refused_counts), "No single change would help. ada would take it with all of these:\n"
	                                                 "  with at most 384 MiB of memory\n  without the constraint\n");
	r = fake_run("ccctl create hello --image busybox --dry-run --explain");
	ck_assert_str_eq(r.out + strlen(refused_counts), "No change of the request would help; see ccctl node list.\n");
	fake_stop();
}
END_TEST

static const struct fake_row rows_plan[] = {
	{ "POST", "/v1/placements", 200, PLACED },
	{ "POST", "/v1/placements", 409, PROBLEM(409, "no-capacity", "no node can take this: of 1 node, 1 has not enough memory") },
	{ NULL },
};

START_TEST(a_dry_run_says_where_it_would_be_and_creates_nothing)
{
	struct ran r;

	fake_start(rows_plan);
	r = fake_run("ccctl create hello --image busybox --dry-run");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_msg(
	        strncmp(r.out, "hello would be on ada, a node of the zone.\n2 nodes were looked at.\n  1 fell out: not enough memory\n", 90) == 0,
	        "%s", r.out);
	ck_assert_str_eq(r.err, "hello was not created: --dry-run\n");
	r = fake_run("ccctl create hello --image busybox --memory 64GiB --dry-run");
	ck_assert_int_eq(r.status, 5);
	ck_assert_str_eq(r.err, "ccctl: no node can take this: of 1 node, 1 has not enough memory\n");
	ck_assert_uint_eq(fake_count("POST", "/v1/instances"), 0);
	fake_stop();
}
END_TEST

#define LIST_AT(index, items) "{\"index\":" #index ",\"items\":[" items "]}"

/* Each round is a blocking read, whose answer only wakes, and a list. */
static const struct fake_row rows_watch[] = {
	{ "GET", "/v1/instances", 200, LIST_AT(5, HELLO_STARTING "," OTHER_FAILED) },
	{ "GET", "/v1/instances", 200, LIST_AT(8, HELLO_RUNNING) },
	{ "GET", "/v1/instances", 200, LIST_AT(8, HELLO_RUNNING "," OTHER_FAILED) },
	{ "GET", "/v1/instances", 200, LIST_AT(9, HELLO_RUNNING) },
	{ "GET", "/v1/instances", 200, LIST_AT(9, HELLO_RUNNING) },
	{ "GET", "/v1/instances", 403, PROBLEM(403, "denied", "the token was revoked") },
	{ NULL },
};

START_TEST(a_watch_prints_what_changed_and_ends_with_a_refusal)
{
	struct ran r;
	int lines = 0;

	fake_start(rows_watch);
	r = fake_run("ccctl list --watch --filter state=running -o json");
	ck_assert_int_eq(r.status, 4);
	for (const char *p = r.out; *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_msg(lines == 4, "%s", r.out);
	ck_assert_ptr_nonnull(strstr(r.out, "\"address\":\"10.77.0.2\""));
	ck_assert_ptr_nonnull(strstr(r.out, "{\"id\":\"" ID_OTHER "\",\"gone\":true}\n"));
	ck_assert_ptr_nonnull(strstr(fake_seen("GET", "/v1/instances", 1)->url, "?state=running&limit=1&index=5&wait=25000ms"));
	ck_assert_str_eq(r.err, "ccctl: the token was revoked\n");
	fake_stop();
}
END_TEST

START_TEST(a_watch_has_one_header_and_lines)
{
	struct ran r;

	fake_start(rows_watch);
	r = fake_run("ccctl list -w");
	ck_assert_ptr_nonnull(strstr(r.out, "NAME"));
	ck_assert_ptr_null(strstr(strstr(r.out, "NAME") + 1, "NAME"));
	ck_assert_ptr_nonnull(strstr(r.out, "\nother  gone\n"));
	r = fake_run("ccctl list -w -o yaml");
	ck_assert_int_eq(r.status, 2);
	fake_stop();
}
END_TEST

static const struct fake_row rows_still[] = {
	{ "GET", "/v1/instances", 200, LIST_AT(5, HELLO_RUNNING) },
	{ "GET", "/v1/instances", 200, LIST_AT(5, HELLO_RUNNING), .delay_ms = 3000 },
	{ NULL },
};

START_TEST(a_watch_on_a_terminal_is_drawn_and_ends_with_success)
{
	struct ran r;

	fake_start(rows_still);
	r = fake_run("script -qec 'timeout -s INT --preserve-status 2 ccctl list --watch; echo status $?' /dev/null");
	ck_assert_msg(strstr(r.out, "status 0") != NULL, "%s %s", r.out, r.err);
	ck_assert_msg(strstr(r.out, "1 instance. Ctrl-C ends.") != NULL, "%s %s", r.out, r.err);
	ck_assert_msg(strstr(r.out, "hello") != NULL, "%s", r.out);
	fake_stop();
}
END_TEST

#define STATUS(more)                                                                                                                     \
	"{\"zone\":\"valley\",\"version\":\"0.0.9\",\"nodes\":2,\"nodes_ready\":1,\"instances\":3,\"instances_running\":2,\"images\":1," \
	"\"database\":\"ok\",\"images_missing\":1,\"commit_ms\":900,\"now\":\"2020-01-01T00:00:00.000Z\"" more ",\"revision\":9}"

START_TEST(status_says_what_to_do_for_every_trouble)
{
	static const char *const lines[] = {
		"* This machine's clock is ",
		"ahead of the controller's",
		"* ccctl is " CC_VERSION " and the controller 0.0.9.",
		"* The database is slow: a change takes 900 ms.",
		"* The archives of 1 images are missing on the controller",
		"* Node ada has been silent for ",
		"Gone for good: ccctl node remove --force ada",
		"* Node bob is drained: new disk. To place instances there again: ccctl node undrain bob",
		"* Node bob takes nothing new: the owner paused the node.",
		"* The clock of node bob is 73 s behind the controller's: one of them is wrong.",
		"* On node bob somebody's rules are in the way of its instances: table ip mine drops; this helps: nft ...",
		"* Node bob has no disk for another instance (3072 of 3999 MiB are granted)",
		"* Node bob runs cc-agent 0.1.0 beside controller 0.0.9.",
		"* No node has room for another instance of the usual size",
		"* other failed: it said ?[31mno?[0m. What its init said: ccctl logs other; again: ccctl start other",
	};
	static char nodes[8192], ada[2048], bob[4096];
	static struct fake_row rows[] = {
		{ "GET", "/v1/status", 200, STATUS("") },
		{ "GET", "/v1/nodes", 200, nodes },
		{ "GET", "/v1/instances", 200, "{\"index\":9,\"items\":[" OTHER_FAILED "]}" },
		{ NULL },
	};
	char *at;
	struct ran r;

	snprintf(ada, sizeof(ada), "%s", NODE_ADA);
	at = strstr(ada, "\"ready\"");
	ck_assert_ptr_nonnull(at);
	snprintf(bob, sizeof(bob), "%s", NODE_ADA);
	memcpy(strstr(bob, "\"ada\""), "\"bob\"", 5);
	memcpy(strstr(bob, "\"granted_disk_mib\":20480"), "\"granted_disk_mib\":3999 ", 24);
	snprintf(bob + strlen(bob) - 1, 512,
	        ",\"drained\":\"new disk\",\"closed\":\"the owner paused the node\",\"clock_ahead_ms\":-73400,"
	        "\"blocked\":[\"table ip mine drops; this helps: nft ...\"]}");
	snprintf(nodes, sizeof(nodes), "{\"index\":9,\"items\":[%.*s\"silent\"%s,%s]}", (int)(at - ada), ada, at + 7, bob);
	fake_start(rows);
	r = fake_run("ccctl status");
	for (size_t i = 0; i < CC_ARRAY_LEN(lines); i++)
		ck_assert_msg(strstr(r.out, lines[i]) != NULL, "'%s' is not in: %s", lines[i], r.out);
	ck_assert_int_eq(r.status, 0);
	fake_stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli watch");
	TCase *tc = tcase_create("watch");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, an_explanation_says_why_and_shows_who_was_compared);
	tcase_add_test(tc, refusals_are_listed_and_the_last_one_is_explained);
	tcase_add_test(tc, a_refusal_is_explained_in_full_when_asked);
	tcase_add_test(tc, a_dry_run_says_where_it_would_be_and_creates_nothing);
	tcase_add_test(tc, a_watch_prints_what_changed_and_ends_with_a_refusal);
	tcase_add_test(tc, a_watch_has_one_header_and_lines);
	tcase_add_test(tc, a_watch_on_a_terminal_is_drawn_and_ends_with_success);
	tcase_add_test(tc, status_says_what_to_do_for_every_trouble);
	return test_run(s);
}
