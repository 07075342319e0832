/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program against a scripted controller: instances, nodes, members, status. */
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>

#define HELLO_PATH "/v1/instances/" ID_HELLO

static const struct fake_row rows_create[] = {
	{ "POST", "/v1/instances", 201, HELLO_ASSIGNED },
	{ "GET", HELLO_PATH, 200, HELLO_FETCHING },
	{ "GET", HELLO_PATH, 200, HELLO_STARTING },
	{ "GET", HELLO_PATH, 200, HELLO_RUNNING },
	{ NULL },
};

START_TEST(create_waits_until_it_runs)
{
	struct ran r;
	const struct fake_seen *post;

	fake_start(rows_create);
	r = fake_run("ccctl create hello --image busybox --memory 256MiB --cpu 0.5 --disk 2GiB --pids 64 --node ada --on-disconnect stop");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "");
	ck_assert_msg(strncmp(r.err, "hello: running at 10.77.0.2 (", 29) == 0, "%s", r.err);
	post = fake_seen("POST", "/v1/instances", 0);
	ck_assert_str_eq(cc_buf_str(&post->body),
	        "{\"name\":\"hello\",\"image\":\"busybox\",\"cpu_millis\":500,\"memory_mib\":256,\"disk_mib\":2048,\"pids\":64,\"node\":\"ada\","
	        "\"on_disconnect\":\"stop\"}");
	ck_assert_uint_eq(strlen(post->key), 36);
	ck_assert_ptr_nonnull(strstr(fake_seen("GET", HELLO_PATH, 0)->url, "?index=5&wait=25000ms"));
	ck_assert_ptr_nonnull(strstr(fake_seen("GET", HELLO_PATH, 2)->url, "?index=7&wait="));
	fake_stop();
}
END_TEST

START_TEST(create_tells_its_way_live_on_a_terminal)
{
	struct ran r;

	fake_start(rows_create);
	r = fake_run("script -qec 'ccctl create hello --image busybox' /dev/null");
	ck_assert_int_eq(r.status, 0);
	ck_assert_msg(strstr(r.out, "hello: assigned to ada · fetching image · starting · running at 10.77.0.2 (0.") != NULL, "%s", r.out);
	fake_stop();
}
END_TEST

START_TEST(create_returns_at_once_when_told_so)
{
	struct ran r;

	fake_start(rows_create);
	r = fake_run("ccctl create hello --image busybox --no-wait -o name");
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "hello\n");
	ck_assert_str_eq(r.err, "hello: assigned to ada\n");
	ck_assert_uint_eq(fake_count("GET", HELLO_PATH), 0);
	fake_stop();
}
END_TEST

static const struct fake_row rows_failed[] = {
	{ "POST", "/v1/instances", 201, HELLO_ASSIGNED },
	{ "GET", HELLO_PATH, 200, HELLO_FAILED },
	{ NULL },
};

START_TEST(create_that_fails_says_why)
{
	struct ran r;

	fake_start(rows_failed);
	r = fake_run("ccctl create hello --image busybox");
	ck_assert_int_eq(r.status, 1);
	ck_assert_str_eq(r.err, "ccctl: 'hello' could not be started on ada: the image has no /sbin/init. See ccctl show hello; try again with ccctl "
	                        "start hello\n");
	fake_stop();
}
END_TEST

static const struct fake_row rows_slow[] = {
	{ "POST", "/v1/instances", 201, HELLO_ASSIGNED },
	{ "GET", HELLO_PATH, 200, HELLO_STARTING, .delay_ms = 120 },
	{ NULL },
};

START_TEST(a_wait_that_is_over_is_status_7)
{
	struct ran r;

	fake_start(rows_slow);
	r = fake_run("ccctl create hello --image busybox --timeout 300ms");
	ck_assert_int_eq(r.status, 7);
	ck_assert_str_eq(r.err, "ccctl: 'hello' did not run within the time; it is starting. The request stands: see ccctl show hello\n");
	fake_stop();
}
END_TEST

static const struct fake_row rows_lost[] = {
	{ "POST", "/v1/instances", .drop = true },
	{ "POST", "/v1/instances", 201, HELLO_RUNNING },
	{ NULL },
};

START_TEST(a_lost_reply_is_asked_for_again_under_the_same_key)
{
	struct ran r;

	fake_start(rows_lost);
	r = fake_run("ccctl create hello --image busybox");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_uint_eq(fake_count("POST", "/v1/instances"), 2);
	ck_assert_str_eq(fake_seen("POST", "/v1/instances", 0)->key, fake_seen("POST", "/v1/instances", 1)->key);
	fake_stop();
}
END_TEST

static const struct fake_row rows_restarted[] = {
	{ "POST", "/v1/instances", 201, HELLO_ASSIGNED },
	{ "GET", HELLO_PATH, .drop = true },
	{ "GET", HELLO_PATH, 503, PROBLEM(503, "unavailable", "the database is away") },
	{ "GET", HELLO_PATH, 200, HELLO_RUNNING },
	{ NULL },
};

START_TEST(waiting_survives_a_controller_that_comes_back)
{
	struct ran r;

	fake_start(rows_restarted);
	r = fake_run("ccctl create hello --image busybox");
	ck_assert_msg(r.status == 0, "%s", r.err);
	fake_stop();
}
END_TEST

static const struct fake_row rows_act[] = {
	{ "POST", "/v1/instances/hello/stop", 202, HELLO_STOPPING },
	{ "GET", HELLO_PATH, 200, HELLO_STOPPED },
	{ "POST", "/v1/instances/hello/start", 202, HELLO_RUNNING },
	{ "POST", "/v1/instances/gone/stop", 404, MISSING("instance", "gone") },
	{ NULL },
};

START_TEST(several_are_stopped_and_one_failure_hinders_none)
{
	struct ran r;

	fake_start(rows_act);
	r = fake_run("ccctl stop gone hello");
	ck_assert_int_eq(r.status, 3);
	ck_assert_msg(strstr(r.err, "ccctl: no instance 'gone'; see ccctl list\nhello: stopped (") == r.err, "%s", r.err);
	r = fake_run("ccctl start hello -o name");
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "hello\n");
	fake_stop();
}
END_TEST

static const struct fake_row rows_delete[] = {
	{ "GET", "/v1/version", 200, "{\"version\":\"0.1.0\",\"api\":\"1\",\"zone\":\"valley\"}" },
	{ "GET", "/v1/instances/hello", 200, HELLO_RUNNING },
	{ "GET", "/v1/instances/helo", 404, MISSING("instance", "helo") },
	{ "GET", "/v1/instances", 200, "{\"index\":9,\"items\":[" HELLO_RUNNING "]}" },
	{ "DELETE", "/v1/instances/hello", 202, HELLO_DELETING },
	{ "GET", HELLO_PATH, 200, HELLO_DELETING },
	{ "GET", HELLO_PATH, 404, MISSING("instance", "hello") },
	{ "DELETE", "/v1/instances/unplaced", 204, "" },
	{ NULL },
};

START_TEST(delete_waits_until_it_is_gone)
{
	struct ran r;

	fake_start(rows_delete);
	r = fake_run("ccctl delete --yes hello unplaced");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_msg(strstr(r.err, "hello: deleted (0.") == r.err && strstr(r.err, "\nunplaced: deleted (") != NULL, "%s", r.err);
	fake_stop();
}
END_TEST

START_TEST(delete_asks_on_a_terminal_and_names_the_zone)
{
	struct ran r;

	fake_start(rows_delete);
	r = fake_run("(sleep 0.3; echo n) | script -qec 'ccctl delete hello' /dev/null");
	ck_assert_int_eq(r.status, 1);
	ck_assert_msg(strstr(r.out, "Delete hello (running on ada) with its disk, in zone valley? [y/N]") != NULL, "%s", r.out);
	ck_assert_ptr_nonnull(strstr(r.out, "Nothing was deleted."));
	ck_assert_uint_eq(fake_count("DELETE", "/v1/instances/hello"), 0);
	r = fake_run("script -qec 'ccctl delete helo' /dev/null");
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_eq(r.out, "ccctl: no instance 'helo'; did you mean 'hello'? See ccctl list\r\n");
	r = fake_run("(sleep 0.3; echo y) | script -qec 'ccctl delete hello' /dev/null");
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(fake_count("DELETE", "/v1/instances/hello"), 1);
	fake_stop();
}
END_TEST

START_TEST(delete_in_a_script_needs_yes)
{
	struct ran r;

	fake_start(rows_delete);
	r = fake_run("ccctl delete hello");
	ck_assert_int_eq(r.status, 2);
	ck_assert_str_eq(r.err, "ccctl: nobody can be asked here, since this is not a terminal; give --yes to delete\n");
	ck_assert_uint_eq(fake_count("DELETE", "/v1/instances/hello"), 0);
	fake_stop();
}
END_TEST

static const struct fake_row rows_zone[] = {
	{ "POST", "/v1/invites", 201,
	        "{\"id\":\"" ID_NODE "\",\"node_name\":\"ada\",\"expires\":\"2026-11-21T21:05:00.000Z\",\"token\":\"cct1_secret\"}" },
	{ "POST", "/v1/members", 201, "{\"id\":\"" ID_NODE "\",\"name\":\"maria\",\"role\":\"admin\",\"token\":\"s3cret\"}" },
	{ "GET", "/v1/version", 200, "{\"version\":\"0.1.0\",\"api\":\"1\",\"zone\":\"valley\"}" },
	{ "GET", "/v1/status", 200,
	        "{\"zone\":\"valley\",\"version\":\"0.1.0\",\"nodes\":2,\"nodes_ready\":1,\"instances\":3,\"instances_running\":2,\"images\":1,\"database\":"
	        "\"ok\",\"revision\":9}" },
	{ "GET", "/v1/instances/hello/placement", 200,
	        "{\"id\":\"" ID_HELLO "\",\"decided\":\"2026-11-20T21:05:00.000Z\",\"placed\":true,\"node\":\"" ID_NODE
	        "\",\"node_name\":\"ada\",\"tier\":\"zone\",\"score\":812,\"runner_up\":\"" ID_NODE
	        "\",\"runner_up_name\":\"bob\",\"margin\":12,\"considered\":5,\"fell\":[{\"reason\":\"not enough memory\",\"nodes\":2},{\"reason\":\"node is "
	        "silent\",\"nodes\":1}],\"terms\":[{\"name\":\"fit\",\"value\":700,\"weight\":3}],\"seed\":1,\"snapshot\":4,\"revision\":5}" },
	{ "GET", "/v1/instances/a%2Fb", 404, PROBLEM(404, "not-found", "no") },
	{ NULL },
};

START_TEST(a_node_is_invited_and_a_member_added)
{
	struct ran r;

	fake_start(rows_zone);
	r = fake_run("ccctl node invite ada --owner maria --expires 12h");
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "cct1_secret\n");
	ck_assert_str_eq(r.err, "on the node run: cc-agent join TOKEN\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/invites", 0)->body), "{\"node_name\":\"ada\",\"owner\":\"maria\",\"expires_s\":43200}");
	r = fake_run("ccctl node invite ada -o name");
	ck_assert_str_eq(r.out, "cct1_secret\n");
	r = fake_run("script -qec 'ccctl node invite ada' /dev/null");
	ck_assert_ptr_nonnull(strstr(r.out, "cc-agent join cct1_secret"));
	ck_assert_ptr_nonnull(strstr(r.out, "2026-11-21 21:05 UTC"));
	r = fake_run("ccctl member add maria --admin");
	ck_assert_str_eq(r.out, "s3cret\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/members", 0)->body), "{\"name\":\"maria\",\"role\":\"admin\"}");
	fake_stop();
}
END_TEST

START_TEST(status_version_and_explain_speak_in_sentences)
{
	struct ran r;

	fake_start(rows_zone);
	r = fake_run("ccctl status");
	ck_assert_str_eq(r.out,
	        "Zone valley, controller 0.1.0\n  nodes      2 nodes, 1 ready\n  instances  3 instances, 2 running\n  images     1 image\n"
	        "  database   ok\n* Some nodes do not report; what runs there may run on. See which: ccctl node list\n");
	r = fake_run("ccctl version");
	ck_assert_str_eq(r.out, "ccctl       " CC_VERSION "\ncontroller  0.1.0 (API 1, zone valley)\n");
	r = fake_run("ccctl explain hello");
	ck_assert_str_eq(r.out, "hello is on ada, a node of the zone.\n5 nodes were looked at.\n  2 fell out: not enough memory\n"
	                        "  1 fell out: node is silent\nSecond came bob.\n");
	r = fake_run("ccctl show a/b");
	ck_assert_int_eq(r.status, 3);
	fake_stop();
}
END_TEST

START_TEST(colour_is_for_terminals_and_can_be_refused)
{
	static const struct fake_row rows[] = { { "GET", "/v1/instances", 200, "{\"index\":9,\"items\":[" HELLO_RUNNING "]}" }, { NULL } };

	fake_start(rows);
	ck_assert_ptr_null(strchr(fake_run("ccctl list").out, '\033'));
	ck_assert_ptr_nonnull(strstr(fake_run("TERM=xterm script -qec 'ccctl list' /dev/null").out, "\033[32mrunning\033[0m"));
	ck_assert_ptr_null(strchr(fake_run("TERM=xterm NO_COLOR=1 script -qec 'ccctl list' /dev/null").out, '\033'));
	ck_assert_ptr_null(strchr(fake_run("TERM=dumb script -qec 'ccctl list' /dev/null").out, '\033'));
	ck_assert_ptr_null(strchr(fake_run("TERM=xterm script -qec 'ccctl list -o json' /dev/null").out, '\033'));
	fake_stop();
}
END_TEST

START_TEST(an_empty_list_tells_a_person_how_to_go_on)
{
	static const struct fake_row rows[] = { { "GET", "/v1/images", 200, "{\"index\":9,\"items\":[]}" }, { NULL } };

	fake_start(rows);
	ck_assert_str_eq(fake_run("ccctl image list").out, "NAME  ARCH  SIZE  SHA256  CREATED\n");
	ck_assert_str_eq(
	        fake_run("script -qec 'ccctl image list' /dev/null").out, "There is no image yet. To make one: ccctl image import NAME FILE\r\n");
	ck_assert_str_eq(fake_run("ccctl image list -o json").out, "[]\n");
	fake_stop();
}
END_TEST

START_TEST(a_list_follows_its_pages_and_passes_on_filters)
{
	static const struct fake_row rows[] = { { "GET", "/v1/instances", 200, "{\"index\":9,\"items\":[" HELLO_RUNNING "],\"next\":\"abc\"}" },
		{ "GET", "/v1/instances", 200, "{\"index\":9,\"items\":[" HELLO_RUNNING "]}" }, { NULL } };
	struct ran r;

	fake_start(rows);
	r = fake_run("ccctl list -o name --filter state=running,failed --filter name='h*' -l 'app=shop,!old'");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "hello\nhello\n");
	ck_assert_str_eq(fake_seen("GET", "/v1/instances", 0)->url, "/v1/instances?state=running,failed&name=h*&selector=app=shop,!old");
	ck_assert_str_eq(fake_seen("GET", "/v1/instances", 1)->url, "/v1/instances?state=running,failed&name=h*&selector=app=shop,!old&cursor=abc");
	ck_assert_int_eq(fake_run("ccctl list --filter state").status, 2);
	ck_assert_int_eq(fake_run("ccctl image list --selector a").status, 2);
	fake_stop();
}
END_TEST

#define EVENT(id, name)                                                                                                                      \
	"event: instance\nid: " id "\ndata: {\"topic\":\"instance\",\"action\":\"changed\",\"id\":\"0192aaaa-0000-7000-8000-000000000001\"," \
	"\"name\":\"" name "\",\"state\":\"running\",\"at\":\"2026-11-20T21:05:00.000Z\",\"revision\":7}\n\n"

START_TEST(events_are_shown_in_every_format)
{
	static const struct fake_row rows[] = {
		{ "GET", "/v1/events", 200, ": hello\n\n" EVENT("7.0", "hello") "event: weather\ndata: {}\n\n" EVENT("8.0", "other") }, { NULL }
	};

	struct ran r;

	fake_start(rows);
	r = fake_run("ccctl events -o name --topic instance");
	ck_assert_msg(strcmp(r.out, "hello\nother\n") == 0, "%s%s", r.out, r.err);
	ck_assert_str_eq(fake_seen("GET", "/v1/events", 0)->url, "/v1/events?recent=100&follow=false&topic=instance");
	ck_assert_ptr_nonnull(strstr(fake_run("ccctl events").out, "hello"));
	ck_assert_int_eq(fake_run("ccctl events --follow -o csv").status, 2);
	ck_assert_str_eq(
	        fake_run("timeout 2 ccctl events --follow | head -n 1").out, "2026-11-20T21:05:00.000Z  instance  changed  hello  running\n");
	fake_stop();
}
END_TEST

START_TEST(a_controller_that_repeats_a_page_does_not_hold_ccctl)
{
	static const struct fake_row rows[] = { { "GET", "/v1/instances", 200, "{\"index\":9,\"items\":[],\"next\":\"abc\"}" }, { NULL } };

	fake_start(rows);
	ck_assert_int_eq(fake_run("ccctl list").status, 1);
	fake_stop();
}
END_TEST

/* The whole of a list of 500, as a user waits for it. */
START_TEST(a_list_of_500_is_printed)
{
	cc_auto_buf struct cc_buf body = { 0 };
	struct fake_row rows[] = { { "GET", "/v1/instances", 200, NULL }, { NULL } };
	struct ran r;

	cc_buf_adds(&body, "{\"index\":9,\"items\":[" HELLO_RUNNING);
	for (int i = 1; i < 500; i++)
		cc_buf_adds(&body, "," HELLO_RUNNING);
	cc_buf_adds(&body, "]}");
	rows[0].body = body.data;
	fake_start(rows);
	r = fake_run("ccctl list | wc -l");
	ck_assert_str_eq(r.out, "501\n");
	fake_stop();
}
END_TEST

#define HELLO_CHANGING \
	INSTANCE_(ID_HELLO, "hello", "running", "running", "", "10.77.0.2", "9", ON_ADA ",\"changing\":true,\"started\":\"2026-11-20T21:06:00.000Z\"")
#define HELLO_REFUSED                                                                                                                               \
	INSTANCE_(ID_HELLO, "hello", "running", "running", "new limits: 90 MiB of memory are in use, and 64 MiB were asked for", "10.77.0.2", "10", \
	        ON_ADA ",\"changing\":true")

static const struct fake_row rows_set[] = {
	{ "GET", "/v1/instances/hello", 200, HELLO_RUNNING },
	{ "PATCH", "/v1/instances/hello", 412, PROBLEM(412, "precondition", "it changed") },
	{ "PATCH", "/v1/instances/hello", 200, HELLO_CHANGING },
	{ "GET", HELLO_PATH, 200, HELLO_RUNNING },
	{ NULL },
};

START_TEST(set_sends_a_patch_of_what_it_read_and_waits_for_the_node)
{
	struct ran r;

	fake_start(rows_set);
	r = fake_run(
	        "ccctl set hello --memory 64MiB --cpu 250m --disk 2GiB --pids 99 --bandwidth 10Mbit --label a=b --label c- --on-disconnect stop");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "");
	ck_assert_msg(strncmp(r.err, "hello: changed (", 16) == 0, "%s", r.err);
	ck_assert_uint_eq(fake_count("PATCH", "/v1/instances/hello"), 2);
	ck_assert_str_eq(fake_seen("PATCH", "/v1/instances/hello", 1)->match, "\"8\"");
	ck_assert_str_eq(cc_buf_str(&fake_seen("PATCH", "/v1/instances/hello", 1)->body),
	        "{\"cpu_millis\":250,\"memory_mib\":64,\"disk_mib\":2048,\"pids\":99,\"on_disconnect\":\"stop\",\"labels\":{\"a\":\"b\",\"c\":null},"
	        "\"bandwidth_kbit\":10000}");
	fake_stop();
}
END_TEST

START_TEST(set_takes_the_limit_of_bandwidth_away)
{
	fake_start(rows_set);
	ck_assert_int_eq(fake_run("ccctl set hello --bandwidth none").status, 0);
	ck_assert_str_eq(cc_buf_str(&fake_seen("PATCH", "/v1/instances/hello", 1)->body), "{\"bandwidth_kbit\":0}");
	fake_stop();
}
END_TEST

static const struct fake_row rows_set_refused[] = {
	{ "GET", "/v1/instances/hello", 200, HELLO_RUNNING },
	{ "PATCH", "/v1/instances/hello", 200, HELLO_CHANGING },
	{ "GET", HELLO_PATH, 200, HELLO_REFUSED },
	{ NULL },
};

START_TEST(set_tells_what_the_node_could_not_do)
{
	struct ran r;

	fake_start(rows_set_refused);
	r = fake_run("ccctl set hello --memory 64MiB");
	ck_assert_int_eq(r.status, 5);
	ck_assert_msg(strstr(r.err, "'hello' runs on with what it had: new limits: 90 MiB of memory are in use, and 64 MiB were asked for.") != NULL,
	        "%s", r.err);
	fake_stop();
}
END_TEST

static const struct {
	const char *args, *says;
} bad_sets[] = {
	{ "", "say what to change" },
	{ "--memory 1KiB", "--memory" },
	{ "--memory 1MiB", "out of range: 4 MiB to" },
	{ "--memory -5", "--memory" },
	{ "--cpu 0", "out of range: 0.01 to" },
	{ "--cpu fast", "--cpu" },
	{ "--pids 1", "out of range: 8 to" },
	{ "--pids many", "--pids" },
	{ "--disk 0", "out of range" },
	{ "--bandwidth fast", "--bandwidth: 'fast' is no rate" },
	{ "--bandwidth 10", "10Mbit" },
	{ "--bandwidth 200Gbit", "out of range" },
	{ "--label a", "nor NAME- to take it away" },
	{ "--label =b", "nor NAME-" },
	{ "--label -", "nor NAME-" },
	{ "--label a=b --label a-", "'a' is given twice" },
	{ "--on-disconnect maybe", "none of keep|stop" },
	{ "--image other", "has no option" },
};

START_TEST(bad_changes_are_refused_before_anything_is_sent)
{
	struct ran r;

	fake_start(rows_set);
	r = fake_run("ccctl set hello %s", bad_sets[_i].args);
	ck_assert_int_eq(r.status, 2);
	ck_assert_msg(strstr(r.err, bad_sets[_i].says) != NULL, "%s", r.err);
	ck_assert_uint_eq(fake_count("GET", "/v1/instances/hello"), 0);
	fake_stop();
}
END_TEST

#define PORTS(text)           ",\"publish\":[" text "],\"published\":[\"192.168.1.5:8080->80/tcp\"]"
#define HELLO_PUBLISHES(text) INSTANCE_(ID_HELLO, "hello", "running", "running", "", "10.77.0.2", "8", ON_ADA PORTS(text))
#define WEB                   "{\"node_port\":8080,\"port\":80,\"protocol\":\"tcp\"}"
#define NAMES                 "{\"node_port\":5300,\"port\":53,\"protocol\":\"udp\"}"

static const struct fake_row rows_publish[] = {
	{ "GET", "/v1/instances/hello", 200, HELLO_PUBLISHES(WEB) },
	{ "PATCH", "/v1/instances/hello", 200, HELLO_CHANGING },
	{ "GET", HELLO_PATH, 200, HELLO_PUBLISHES(WEB) },
	{ NULL },
};

static const struct {
	const char *command;
	int status;
	const char *sends; /* or says, when it fails */
} publishing[] = {
	{ "publish hello 5300:53/udp", 0, "{\"publish\":[" WEB "," NAMES "]}" },
	{ "publish hello 8080:81", 0, "{\"publish\":[{\"node_port\":8080,\"port\":81,\"protocol\":\"tcp\"}]}" },
	{ "unpublish hello 8080", 0, "{\"publish\":[]}" },
	{ "unpublish hello 8080:80/tcp", 0, "{\"publish\":[]}" },
	{ "unpublish hello 8080/udp", 3, "'hello' does not publish 8080/udp" },
	{ "publish hello 0:80", 2, "'0:80' is no port to publish" },
	{ "publish hello 80:0", 2, "is no port to publish" },
	{ "publish hello 65536:80", 2, "from 1 to 65535" },
	{ "publish hello 80:65536", 2, "from 1 to 65535" },
	{ "publish hello 80:80:80", 2, "is no port to publish" },
	{ "publish hello 8000-8010:80", 2, "is no port to publish" },
	{ "publish hello 80", 2, "is no port to publish" },
	{ "publish hello :80", 2, "is no port to publish" },
	{ "publish hello 80:", 2, "is no port to publish" },
	{ "publish hello 99999999999999999999:80", 2, "is no port to publish" },
	{ "publish hello 8080:80/sctp", 2, "tcp" },
	{ "publish hello 8080:80/", 2, "tcp" },
	{ "publish hello", 2, "" },
	{ "unpublish hello x", 2, "is no port of the node" },
	{ "unpublish hello 0", 2, "is no port of the node" },
	{ "create other --image busybox --publish 80:80:80", 2, "--publish: '80:80:80' is no port" },
	{ "create other --image busybox --publish 8080:80/sctp", 2, "--publish" },
};

START_TEST(ports_are_published_and_nonsense_is_refused)
{
	const struct fake_seen *sent;
	struct ran r;

	fake_start(rows_publish);
	r = fake_run("ccctl %s", publishing[_i].command);
	ck_assert_msg(r.status == publishing[_i].status, "%d: %s", r.status, r.err);
	sent = fake_seen("PATCH", "/v1/instances/hello", 0);
	if (r.status == 0) {
		ck_assert_str_eq(cc_buf_str(&sent->body), publishing[_i].sends);
		ck_assert_str_eq(sent->match, "\"8\"");
	} else {
		ck_assert_ptr_null(sent);
		ck_assert_msg(strstr(r.err, publishing[_i].sends) != NULL, "%s", r.err);
	}
	fake_stop();
}
END_TEST

static const struct fake_row rows_create_published[] = {
	{ "POST", "/v1/instances", 201, HELLO_PUBLISHES(WEB) },
	{ "GET", HELLO_PATH, 200, HELLO_PUBLISHES(WEB) },
	{ "GET", "/v1/instances/hello", 200, HELLO_PUBLISHES(WEB) },
	{ NULL },
};

START_TEST(where_a_port_leads_is_shown)
{
	struct ran r;

	fake_start(rows_create_published);
	r = fake_run("ccctl create hello --image busybox --publish 8080:80 --publish 5300:53/udp");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/instances", 0)->body),
	        "{\"name\":\"hello\",\"image\":\"busybox\",\"publish\":[" WEB "," NAMES "]}");
	r = fake_run("ccctl show hello");
	ck_assert_msg(strstr(r.out, "192.168.1.5:8080->80/tcp") != NULL, "%s", r.out);
	fake_stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli instances");
	TCase *tc = tcase_create("instances");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, create_waits_until_it_runs);
	tcase_add_test(tc, create_tells_its_way_live_on_a_terminal);
	tcase_add_test(tc, create_returns_at_once_when_told_so);
	tcase_add_test(tc, create_that_fails_says_why);
	tcase_add_test(tc, a_wait_that_is_over_is_status_7);
	tcase_add_test(tc, a_lost_reply_is_asked_for_again_under_the_same_key);
	tcase_add_test(tc, waiting_survives_a_controller_that_comes_back);
	tcase_add_test(tc, set_sends_a_patch_of_what_it_read_and_waits_for_the_node);
	tcase_add_loop_test(tc, ports_are_published_and_nonsense_is_refused, 0, CC_ARRAY_LEN(publishing));
	tcase_add_test(tc, where_a_port_leads_is_shown);
	tcase_add_test(tc, set_takes_the_limit_of_bandwidth_away);
	tcase_add_test(tc, set_tells_what_the_node_could_not_do);
	tcase_add_loop_test(tc, bad_changes_are_refused_before_anything_is_sent, 0, CC_ARRAY_LEN(bad_sets));
	tcase_add_test(tc, several_are_stopped_and_one_failure_hinders_none);
	tcase_add_test(tc, delete_waits_until_it_is_gone);
	tcase_add_test(tc, delete_asks_on_a_terminal_and_names_the_zone);
	tcase_add_test(tc, delete_in_a_script_needs_yes);
	tcase_add_test(tc, a_node_is_invited_and_a_member_added);
	tcase_add_test(tc, status_version_and_explain_speak_in_sentences);
	tcase_add_test(tc, colour_is_for_terminals_and_can_be_refused);
	tcase_add_test(tc, an_empty_list_tells_a_person_how_to_go_on);
	tcase_add_test(tc, a_list_follows_its_pages_and_passes_on_filters);
	tcase_add_test(tc, a_controller_that_repeats_a_page_does_not_hold_ccctl);
	tcase_add_test(tc, events_are_shown_in_every_format);
	tcase_add_test(tc, a_list_of_500_is_printed);
	return test_run(s);
}
