/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How cc-agent-priv starts cc-agent: its user, its descriptors, its arguments, and again when it ends. The agent is a shell script here. */
#include "agent/priv_client.h"
#include "agent/storage/tree_remove.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static pid_t priv;

static void start(const char *script, const char *user)
{
	char path[128], state[128];
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/cc-agent-%d", getpid());
	ck_assert_int_eq(mkdir(dir, 0777), 0);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	snprintf(path, sizeof(path), "%s/agent", dir);
	snprintf(state, sizeof(state), "%s/state", dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	dprintf(fd, "#!/bin/sh\ncd %s || exit\n%s\n", dir, script);
	close(fd);
	priv = fork();
	if (priv == 0) {
		execl(CC_AGENT_PRIV, "cc-agent-priv", "--driver", "sim", "--state-dir", state, "--agent", path, "--user", user, "--", "run",
		        "two words", NULL);
		_exit(127);
	}
}

static int stop(void)
{
	struct cc_error err = { 0 };
	int status = -1;

	kill(priv, SIGTERM);
	waitpid(priv, &status, 0);
	tree_remove(AT_FDCWD, dir, &err);
	return status;
}

/* Waits until the file has that many lines and gives its text. */
static char *lines(const char *name, int n, char *buf, size_t cap)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (int i = 0; i < 200; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC), count = 0;
		ssize_t got = fd >= 0 ? read(fd, buf, cap - 1) : 0;

		if (fd >= 0)
			close(fd);
		buf[got > 0 ? got : 0] = '\0';
		for (const char *p = buf; *p != '\0'; p++)
			count += *p == '\n';
		if (count >= n)
			break;
		usleep(50000);
	}
	return buf;
}

START_TEST(it_runs_as_its_user_with_one_socket_and_its_arguments)
{
	char text[1024];

	start("{ id -un; for f in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && printf '%s ' $f; done; echo; readlink /proc/$$/fd/3; echo \"$1,$2\"; "
	      "grep NoNewPrivs /proc/$$/status; grep CapEff /proc/$$/status; } >out; exec sleep 100",
	        "nobody");
	lines("out", 6, text, sizeof(text));
	ck_assert_int_eq(stop(), 0);
	ck_assert_msg(strncmp(text, "nobody\n0 1 2 3 \nsocket:[", 23) == 0, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\nrun,two words\n"));
	ck_assert_ptr_nonnull(strstr(text, "NoNewPrivs:\t1\n"));
	ck_assert_ptr_nonnull(strstr(text, "CapEff:\t0000000000000000\n"));
}
END_TEST

START_TEST(it_is_told_to_reload_when_cc_agent_priv_is)
{
	char text[1024];

	start("trap 'echo reloaded >>out' HUP; trap 'exit 0' TERM; echo ready >>out; while :; do sleep 0.05; done", "nobody");
	lines("out", 1, text, sizeof(text));
	for (int i = 2; i < 4; i++) {
		kill(priv, SIGHUP);
		lines("out", i, text, sizeof(text));
	}
	ck_assert_str_eq(text, "ready\nreloaded\nreloaded\n");
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(it_is_started_again_and_less_often)
{
	char text[1024];

	start("date +%s%N >>runs; exit 1", "nobody");
	lines("runs", 3, text, sizeof(text));
	ck_assert_int_eq(stop(), 0);
	long long at[3];
	ck_assert_int_eq(sscanf(text, "%lld %lld %lld", &at[0], &at[1], &at[2]), 3);
	ck_assert_int_gt(at[1] - at[0], 200000000);
	ck_assert_int_gt(at[2] - at[1], 400000000);
}
END_TEST

START_TEST(one_that_hangs_is_replaced)
{
	char text[64];

	start("trap '' TERM; echo up >>ups; exec 3<&-; while :; do sleep 0.05; done", "nobody");
	lines("ups", 2, text, sizeof(text));
	ck_assert_str_eq(text, "up\nup\n");
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(it_is_stopped_before_cc_agent_priv_ends)
{
	char text[64];

	start("trap 'echo bye >bye; exit' TERM; echo up >up; while :; do sleep 0.05; done", "nobody");
	lines("up", 1, text, sizeof(text));
	kill(priv, SIGTERM);
	lines("bye", 1, text, sizeof(text));
	ck_assert_str_eq(text, "bye\n");
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(it_sees_end_of_file_when_cc_agent_priv_is_killed)
{
	char text[64];
	int status;

	start("echo up >up; cat <&3 >/dev/null 2>&1; echo gone >gone", "nobody");
	lines("up", 1, text, sizeof(text));
	kill(priv, SIGKILL);
	waitpid(priv, &status, 0);
	lines("gone", 1, text, sizeof(text));
	ck_assert_str_eq(text, "gone\n");
	stop();
}
END_TEST

/* The agent of the next test: the first one asks for what takes long and is gone, the second one writes down what it is told. */

static void told(void *user, const struct priv_ct *ct)
{
	(void)user;
	puts(ct == NULL ? "changed" : "an end");
	fflush(stdout);
}

static void welcomed(void *user, const struct priv_reply *r)
{
	(void)user;
	puts(r->code == CC_OK ? "welcome" : "refused");
	fflush(stdout);
}

static int play_agent(void)
{
	struct priv_image_unpack q = { .archive_bytes = 1000, .unpacked_max_bytes = 1000, .entries_max = 10 };
	struct priv_hello hello = { .version = PRIV_VERSION, .node = { { 1 } } };
	bool first = access("asked", F_OK) < 0;
	static struct priv_client *c; /* lasts as long as the program */
	struct cc_error err = { 0 };

	c = priv_client_new(3, told, NULL);
	memset(q.sha256, 'c', sizeof(q.sha256) - 1);
	if (first) {
		int fd = open("archive", O_RDONLY | O_CLOEXEC);

		close(open("asked", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		return priv_client_send(c, &(struct priv_request){ .verb = PRIV_IMAGE_UNPACK, .body = &q, .fds = &fd }, NULL, NULL, NULL, &err);
	}
	if (priv_client_send(c, &(struct priv_request){ .verb = PRIV_HELLO, .body = &hello }, welcomed, NULL, NULL, &err) < 0)
		return 1;
	for (;;) {
		struct pollfd p = { .fd = 3, .events = POLLIN };

		poll(&p, 1, -1);
		if (priv_client_step(c, &err) < 0)
			return 0;
	}
}

START_TEST(the_next_one_is_told_when_what_the_last_one_asked_for_is_done)
{
	char text[64], path[64], copy[400];
	int fifo;

	snprintf(path, sizeof(path), "/tmp/cc-agent-%d.fifo", getpid());
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	fifo = open(path, O_RDWR | O_CLOEXEC);
	snprintf(
	        copy, sizeof(copy), "while ! [ -x player ]; do sleep 0.05; done; [ -e archive ] || ln -s %s archive; exec ./player play >>out", path);
	start(copy, "nobody");
	snprintf(copy, sizeof(copy), "cp /proc/%d/exe %s/new && mv %s/new %s/player", getpid(), dir, dir, dir);
	ck_assert_int_eq(system(copy), 0);
	lines("out", 1, text, sizeof(text));
	ck_assert_str_eq(text, "welcome\n");
	close(fifo);
	unlink(path);
	lines("out", 2, text, sizeof(text));
	ck_assert_str_eq(text, "welcome\nchanged\n");
	ck_assert_int_eq(stop(), 0);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "play") == 0)
		return play_agent();

	Suite *s = suite_create("priv_agent");
	TCase *t = tcase_create("agent");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, it_runs_as_its_user_with_one_socket_and_its_arguments);
	tcase_add_test(t, it_is_told_to_reload_when_cc_agent_priv_is);
	tcase_add_test(t, it_is_started_again_and_less_often);
	tcase_add_test(t, one_that_hangs_is_replaced);
	tcase_add_test(t, it_is_stopped_before_cc_agent_priv_ends);
	tcase_add_test(t, it_sees_end_of_file_when_cc_agent_priv_is_killed);
	tcase_add_test(t, the_next_one_is_told_when_what_the_last_one_asked_for_is_done);
	suite_add_tcase(s, t);
	return test_run(s);
}
