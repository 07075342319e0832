/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc-agent-priv with the simulated driver: the same promises without rights; and what it makes of messages that no cc-agent would send. */
#include "agent/driver/process.h"
#include "agent/driver/slot.h"
#include "agent/priv_frame.h"
#include "agent/storage/tree_remove.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char image[PRIV_SHA256_TEXT];

static void setup(void)
{
	priv_fixture_start(NULL);
	priv_fixture_delete_all();
	priv_fixture_image(archive_fixture_busybox("gzip"), image);
}

static void teardown(void)
{
	if (priv_fixture.pid == 0)
		priv_fixture_start(NULL);
	priv_fixture_stop(SIGTERM);
}

START_TEST(the_life_of_an_instance)
{
	struct priv_fixture_output o;
	struct cc_error err = { 0 };
	struct priv_ct ct = priv_fixture_run(1, image);

	ck_assert_str_eq(ct.address, "10.201.0.2");
	ck_assert_int_ne(ct.init_pid, 0);
	ck_assert_uint_gt(ct.memory_bytes, 0);
	ck_assert_int_eq(priv_fixture_exec(1, (const char *const[]){ "echo", "a", "b", NULL }, NULL, &o, &err), 0);
	ck_assert_str_eq(o.out, "echo a b\n");
	ck_assert_msg(priv_fixture_exec(1, (const char *const[]){ "cat", NULL }, "input", &o, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(o.out, "input");
	ck_assert_int_eq(priv_fixture_exec(1, (const char *const[]){ "false", NULL }, NULL, &o, &err), 1);
	ck_assert_int_eq(priv_fixture_exec(1, (const char *const[]){ "nonexistent", NULL }, NULL, &o, &err), 127);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(priv_fixture_stop_ct(1, 100, &err), 0);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert(!priv_fixture_find(1, &ct));
	ck_assert_uint_eq(priv_fixture.event_count, 0);
}
END_TEST

START_TEST(it_outlives_kill_9)
{
	struct priv_ct before = priv_fixture_run(1, image), after;

	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert(priv_fixture_find(1, &after));
	ck_assert_uint_eq(after.state, PRIV_CT_RUNNING);
	ck_assert_uint_eq(after.started_boottime_ms, before.started_boottime_ms);
	ck_assert_uint_eq(after.epoch, before.epoch);
}
END_TEST

START_TEST(an_end_of_its_own_is_told)
{
	struct priv_fixture_output o;
	struct cc_error err = { 0 };

	priv_fixture_run(1, image);
	ck_assert_int_eq(priv_fixture_exec(1, (const char *const[]){ "exit", "3", NULL }, NULL, &o, &err), 0);
	ck_assert(priv_fixture_wait_event(1, 5000));
	ck_assert_uint_eq(priv_fixture.events[0].state, PRIV_CT_STOPPED);
	ck_assert_int_eq(priv_fixture.events[0].exit_status, 3 << 8);
}
END_TEST

static void instance_path(unsigned n, const char *rest, char ret[256])
{
	char uuid[CC_UUID_TEXT];

	snprintf(ret, 256, "%s/instances/%s%s", priv_fixture_dir(), cc_uuid_format(priv_fixture_id(n), uuid), rest);
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(a_damaged_record_costs_no_data_and_no_slot)
{
	char path[256], data[256];
	struct cc_error err = { 0 };
	struct priv_ct ct;

	if (geteuid() != 0)
		TEST_SKIP_CASE("only root can give files to an instance's ids");
	priv_fixture_run(1, image);
	instance_path(1, "/upper", path);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chown(path, PRIV_FIXTURE_ID + SLOT_IDS, PRIV_FIXTURE_ID + SLOT_IDS), 0);
	instance_path(1, "/upper/thesis", path);
	put_file(path, "years of work");
	priv_fixture_stop(SIGKILL);
	instance_path(1, "/record", path);
	put_file(path, "slot 0\nepo");
	priv_fixture_start(NULL);
	ck_assert(!priv_fixture_find(1, &ct));
	instance_path(1, ".damaged/upper/thesis", data);
	ck_assert_int_eq(access(data, F_OK), 0);
	/* Slot 0 is not given to another while files of its ids are there, nor after the next start. */
	ck_assert_uint_eq(priv_fixture_run(1, image).slot, 1);
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_uint_eq(priv_fixture_run(2, image).slot, 2);
	ck_assert_int_eq(access(data, F_OK), 0);
	priv_fixture_stop(SIGKILL);
	instance_path(1, ".damaged", path);
	ck_assert_int_eq(tree_remove(AT_FDCWD, path, &err), 0);
	priv_fixture_start(NULL);
	ck_assert_uint_eq(priv_fixture_run(3, image).slot, 0);
}
END_TEST

START_TEST(a_damaged_record_of_what_never_ran_is_swept)
{
	char path[256];

	priv_fixture_stop(SIGKILL);
	instance_path(9, "", path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/record");
	put_file(path, "");
	priv_fixture_start(NULL);
	instance_path(9, "", path);
	ck_assert_int_ne(access(path, F_OK), 0);
	instance_path(9, ".damaged", path);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_change_that_failed_is_not_done_the_next_time)
{
	struct priv_ct_start q = priv_fixture_request(1, image);
	char path[256];
	struct priv_ct ct;

	priv_fixture_run(1, image);
	q.limits.memory_bytes *= 2;
	q.epoch = 2;
	/* Nobody can write a record where a directory is. */
	instance_path(1, "/record", path);
	ck_assert_int_eq(unlink(path) | mkdir(path, 0700), 0);
	for (int i = 0; i < 2; i++) {
		struct cc_error err = { 0 };

		ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
		ck_assert(priv_fixture_find(1, &ct));
		ck_assert_uint_eq(ct.epoch, 1);
	}
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &(struct cc_error){ 0 }), 0);
	ck_assert_uint_eq(ct.epoch, 2);
}
END_TEST

/* So many descriptors and no more may cc-agent-priv have. */
static void limit_descriptors(rlim_t n)
{
	struct rlimit limit = { n, 4096 };

	ck_assert_int_eq(prlimit(priv_fixture.pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

START_TEST(a_stop_or_delete_that_could_not_begin_changes_nothing)
{
	struct cc_error stop = { 0 }, delete = { 0 };
	struct priv_ct ct;

	priv_fixture_run(1, image);
	limit_descriptors(3);
	ck_assert_int_lt(priv_fixture_stop_ct(1, 0, &stop), 0);
	ck_assert_int_lt(priv_fixture_delete_ct(1, &delete), 0);
	limit_descriptors(1024);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_RUNNING);
	/* Its own end is told: nobody has asked for it. */
	ck_assert_int_eq(priv_fixture_exec(1, (const char *const[]){ "exit", "3", NULL }, NULL, &(struct priv_fixture_output){ 0 }, &stop), 0);
	ck_assert(priv_fixture_wait_event(1, 5000));
}
END_TEST

START_TEST(one_that_cannot_be_looked_at_stops_no_node)
{
	char path[256];
	struct priv_ct ct;

	priv_fixture_run(1, image);
	priv_fixture_run(2, image);
	priv_fixture_stop(SIGKILL);
	/* Whoever opens it waits for a writer. */
	instance_path(1, "/sim", path);
	ck_assert_int_eq(unlink(path) | mkfifo(path, 0600), 0);
	priv_fixture_start(NULL);
	ck_assert(priv_fixture_find(2, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_RUNNING);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPING);
	put_file(path, "0 0 0 x\n");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(priv_fixture_wait_event(1, 40000));
	ck_assert_uint_eq(priv_fixture.events[0].state, PRIV_CT_STOPPED);
}
END_TEST

START_TEST(an_image_that_is_deleted_is_gone_at_once)
{
	struct priv_image_ref q;
	char path[256];
	struct cc_error err = { 0 }, start = { 0 };
	struct priv_ct_start ask = priv_fixture_request(1, image);
	struct priv_ct ct;

	/* A removal that was broken off. */
	snprintf(path, sizeof(path), "%s/images/%s.gone0", priv_fixture_dir(), image);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	memcpy(q.sha256, image, sizeof(q.sha256));
	ck_assert_int_eq(
	        priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = PRIV_IMAGE_DELETE, .body = &q }, NULL, NULL, NULL, &err), 0);
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &ask, &ct, &start), 0);
	ck_assert_int_eq(start.code, CC_NOT_FOUND);
	ck_assert_int_eq(priv_fixture_call(PRIV_IMAGE_DELETE, &q, NULL, &err), 0);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

static void begin_exec(const char *tail, size_t len, uint32_t argc)
{
	struct priv_ct_exec q = { .id = priv_fixture_id(1), .argc = argc };
	int fds[3] = { 0, 1, 2 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(priv_client_send(priv_fixture.client,
	                         &(struct priv_request){ .verb = PRIV_CT_EXEC, .body = &q, .tail = tail, .tail_len = len, .fds = fds }, NULL, NULL,
	                         NULL, &err),
	        0);
}

/* Takes hold of a child of cc-agent-priv that is alive. */
static pid_t seize_child(void)
{
	for (int i = 0; i < 500; i++, usleep(10000)) {
		DIR *dir = opendir("/proc");
		struct dirent *d;
		pid_t found = 0;

		while (found == 0 && (d = readdir(dir)) != NULL)
			if (atoi(d->d_name) > 0 && process_parent(atoi(d->d_name)) == priv_fixture.pid &&
			        ptrace(PTRACE_SEIZE, atoi(d->d_name), NULL, NULL) == 0)
				found = atoi(d->d_name);
		closedir(dir);
		if (found > 0)
			return found;
	}
	ck_abort_msg("no child");
}

START_TEST(a_child_that_does_not_end_stops_nobody)
{
	struct priv_ct ct;
	pid_t child;

	priv_fixture_run(1, image);
	begin_exec("sleep\0"
	           "100",
	        10, 2);
	/* Its parent cannot take it in before its tracer did: as if it hung in the kernel. */
	child = seize_child();
	kill(child, SIGKILL);
	for (int i = 0; i < 3; i++)
		ck_assert(priv_fixture_find(1, &ct));
	ck_assert_int_eq(waitpid(child, NULL, __WALL), child);
	for (int i = 0; i < 200 && process_parent(child) != 0; i++)
		usleep(10000);
	ck_assert_int_eq(process_parent(child), 0);
}
END_TEST

static bool is_confined(pid_t pid)
{
	char path[64], text[4096];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return strstr(text, "\nUid:\t0\t") == NULL && strstr(text, "NoNewPrivs:\t1") != NULL && strstr(text, "CapEff:\t0000000000000000") != NULL;
}

START_TEST(archives_are_looked_at_without_rights_even_by_root)
{
	struct priv_image_unpack q = { .archive_bytes = 1000, .unpacked_max_bytes = 1000, .entries_max = 10 };
	struct cc_error err = { 0 };
	bool confined = false;
	int ends[2];

	memset(q.sha256, 'e', 64);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = PRIV_IMAGE_UNPACK, .body = &q, .fds = ends }, NULL,
	                         NULL, NULL, &err),
	        0);
	for (int i = 0; i < 200 && !confined; i++, usleep(10000)) {
		pid_t child = priv_fixture_child(priv_fixture.pid), extractor = child > 0 ? priv_fixture_child(child) : 0;

		confined = extractor > 0 && is_confined(extractor);
	}
	ck_assert(confined);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(stops_do_not_wait_for_what_takes_long)
{
	struct priv_image_unpack q = { .archive_bytes = 1000, .unpacked_max_bytes = 1000, .entries_max = 10 };
	struct priv_ct_stop stop = { .id = priv_fixture_id(1) };
	struct cc_error err = { 0 };
	int ends[2];

	priv_fixture_run(1, image);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (int i = 0; i < 30; i++) {
		memset(q.sha256, 'c', 64);
		q.sha256[0] = "0123456789abcdef"[i % 16];
		q.sha256[1] = "0123456789abcdef"[i / 16];
		ck_assert_int_eq(priv_client_send(priv_fixture.client,
		                         &(struct priv_request){ .verb = PRIV_IMAGE_UNPACK, .body = &q, .fds = &ends[0] }, NULL, NULL, NULL, &err),
		        0);
	}
	ck_assert_msg(
	        priv_client_call(priv_fixture.client, &(struct priv_request){ .verb = PRIV_CT_STOP, .body = &stop }, 5000, NULL, NULL, &err) == 0,
	        "%s", err.msg);
	close(ends[1]);
	close(ends[0]);
}
END_TEST

START_TEST(an_exit_status_is_known_after_kill_9_and_not_after_the_next_start)
{
	struct priv_fixture_output o;
	struct cc_error err = { 0 };
	struct priv_ct ct;

	priv_fixture_run(1, image);
	ck_assert_int_eq(priv_fixture_exec(1, (const char *const[]){ "exit", "3", NULL }, NULL, &o, &err), 0);
	ck_assert(priv_fixture_wait_event(1, 5000));
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_int_eq(ct.exit_status, 3 << 8);
	ck_assert_int_eq(priv_fixture_run(1, image).exit_status, -1);
}
END_TEST

START_TEST(a_bad_archive_is_refused_here_too)
{
	static const struct archive_fixture_entry entries[] = { { "../evil", S_IFREG, "x", 0, 0, 0 } };
	int fd = archive_fixture_make(entries, 1, NULL);
	struct priv_image_unpack q = archive_fixture_request(fd);
	struct cc_error err = { 0 };
	struct priv_request r = { .verb = PRIV_IMAGE_UNPACK, .body = &q, .fds = &fd };

	ck_assert_int_lt(priv_client_call(priv_fixture.client, &r, 5000, NULL, NULL, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
	close(fd);
}
END_TEST

START_TEST(as_many_as_the_node_may_have_are_listed)
{
	struct priv_ct ct;

	for (unsigned n = 0; n < 20; n++)
		priv_fixture_run(n, image);
	for (unsigned n = 0; n < 20; n++)
		ck_assert(priv_fixture_find(n, &ct) && ct.slot == n);
}
END_TEST

static void count_reply(void *user, const struct priv_reply *reply)
{
	(void)reply;
	++*(int *)user;
}

START_TEST(more_requests_at_once_than_the_socket_holds_are_all_answered)
{
	static int answered;
	struct cc_error err = { 0 };
	int sent = 0;

	for (unsigned n = 0; n < 200; n++) {
		struct priv_ct_start q = priv_fixture_request(n % 20, image);

		ck_assert_int_eq(priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = PRIV_CT_START, .body = &q }, count_reply,
		                         &answered, NULL, &err),
		        0);
		sent++;
	}
	while (answered < sent) {
		struct pollfd p = { priv_client_fd(priv_fixture.client), POLLIN, 0 };

		ck_assert_int_eq(poll(&p, 1, 20000), 1);
		ck_assert_int_eq(priv_client_step(priv_fixture.client, &err), 0);
	}
}
END_TEST

/* What the raw socket gets back for a raw message: the code of the reply, or -1 for none. */
static int raw(const struct priv_header *h, size_t body, size_t tail, int fds)
{
	static char bytes[400000];
	_Alignas(8) static char buf[PRIV_TAIL_MAX + 1024];
	struct iovec iov[2] = { { (void *)h, sizeof(*h) }, { bytes, body + tail } };
	char control[CMSG_SPACE(sizeof(int) * 3)] = { 0 };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct pollfd p = { priv_fixture.socket, POLLIN, 0 };
	struct cc_error err = { 0 };
	struct priv_frame f;

	if (fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fds) };
		memset(CMSG_DATA(c), 0, sizeof(int) * (size_t)fds); /* stdin, again and again */
	}
	ck_assert_int_gt(sendmsg(priv_fixture.socket, &msg, 0), 0);
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(priv_frame_recv(priv_fixture.socket, buf, sizeof(buf), &f, &err), 1);
	ck_assert_uint_eq(f.head.seq, h->seq);
	return (int)f.head.code;
}

START_TEST(malformed_messages_are_refused_and_nothing_breaks)
{
	const uint32_t start = sizeof(struct priv_ct_start), exec = sizeof(struct priv_ct_exec);
	const struct {
		struct priv_header h;
		size_t body, tail;
		int fds;
		int code;
	} cases[] = {
		{ { PRIV_VERB_MAX + 5, 9, 0, 0, 0 }, 0, 0, 0, CC_INVALID },
		{ { PRIV_EVENT_EXIT, 9, 0, sizeof(struct priv_ct), 0 }, sizeof(struct priv_ct), 0, 0, CC_INVALID },
		{ { UINT32_MAX, 9, 0, 0, 0 }, 0, 0, 0, CC_INVALID },
		{ { PRIV_CT_START, 0, 0, start, 0 }, start, 0, 0, CC_INVALID },
		{ { PRIV_CT_START, 9, 0, start - 1, 0 }, start - 1, 0, 0, CC_INVALID },
		{ { PRIV_CT_START, 9, 0, start + 1, 0 }, start + 1, 0, 0, CC_INVALID },
		{ { PRIV_CT_START, 9, 0, start, 0 }, start - 4, 0, 0, CC_INVALID },
		{ { PRIV_CT_START, 9, 0, UINT32_MAX, UINT32_MAX }, start, 0, 0, CC_INVALID },
		{ { PRIV_CT_STOP, 9, 0, sizeof(struct priv_ct_stop), 8 }, sizeof(struct priv_ct_stop), 8, 0, CC_TOO_LARGE },
		{ { PRIV_CT_START, 9, 0, start, PRIV_MOUNTS_BYTES + 8 }, start, PRIV_MOUNTS_BYTES + 8, 0, CC_TOO_LARGE },
		{ { PRIV_CT_START, 9, 0, start, 8 }, start, 8, 0, CC_INVALID },
		{ { PRIV_CT_START, 9, 0, start, 0 }, start, 0, 1, CC_INVALID },
		{ { PRIV_CT_START, 9, 0, start, 0 }, start, 0, 0, CC_INVALID }, /* all zero: no id */
		{ { PRIV_CT_EXEC, 9, 0, exec, 65536 }, exec, 65536, 3, CC_INVALID },
		{ { PRIV_CT_EXEC, 9, 0, exec, 65537 }, exec, 65537, 3, CC_TOO_LARGE },
		{ { PRIV_CT_EXEC, 9, 0, exec, 300000 }, exec, 300000, 3, CC_TOO_LARGE },
		{ { PRIV_CT_EXEC, 9, 0, exec, 2 }, exec, 2, 0, CC_INVALID },
		{ { PRIV_CT_FILES, 9, 0, sizeof(struct priv_ct_files), 65537 }, sizeof(struct priv_ct_files), 65537, 3, CC_TOO_LARGE },
		{ { PRIV_CT_FILES, 9, 0, sizeof(struct priv_ct_files), 2 }, sizeof(struct priv_ct_files), 2, 2, CC_INVALID },
		{ { PRIV_IMAGE_UNPACK, 9, 0, sizeof(struct priv_image_unpack), 0 }, sizeof(struct priv_image_unpack), 0, 1, CC_INVALID },
	};

	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_msg(raw(&cases[i].h, cases[i].body, cases[i].tail, cases[i].fds) == cases[i].code, "case %zu", i);
	ck_assert_int_eq(send(priv_fixture.socket, "short", 5, 0), 5);
	priv_fixture_run(1, image);
}
END_TEST

static int exec_tail(uint32_t argc, uint32_t envc, const char *tail, size_t len)
{
	struct priv_ct_exec q = { .id = priv_fixture_id(1), .argc = argc, .envc = envc };
	int fds[3] = { 0, 1, 2 };
	struct cc_error err = { 0 };
	struct priv_ct_exec_reply reply;
	struct priv_request r = { .verb = PRIV_CT_EXEC, .body = &q, .tail = tail, .tail_len = len, .fds = fds };

	return priv_client_call(priv_fixture.client, &r, 5000, &reply, NULL, &err) < 0 ? (int)err.code : 0;
}

START_TEST(arguments_must_be_the_strings_that_were_counted)
{
	priv_fixture_run(1, image);
	ck_assert_int_eq(exec_tail(1, 0, "true", 5), 0);
	ck_assert_int_eq(exec_tail(1, 1, "true\0A=1", 9), 0);
	ck_assert_int_eq(exec_tail(0, 0, "", 0), CC_INVALID);
	ck_assert_int_eq(exec_tail(1, 0, "true", 4), CC_INVALID);
	ck_assert_int_eq(exec_tail(2, 0, "true", 5), CC_INVALID);
	ck_assert_int_eq(exec_tail(1, 0, "true\0more", 10), CC_INVALID);
	ck_assert_int_eq(exec_tail(1, 0, "", 1), CC_INVALID);
	ck_assert_int_eq(exec_tail(UINT32_MAX, 2, "true", 5), CC_INVALID);
}
END_TEST

static int files_tail(uint32_t action, uint32_t place, uint32_t count, const char *tail, size_t len)
{
	struct priv_ct_files q = { .id = priv_fixture_id(1), .action = action, .place = place, .count = count };
	int fds[3] = { 0, 1, 2 };
	struct cc_error err = { 0 };
	struct priv_ct_exec_reply reply;
	struct priv_request r = { .verb = PRIV_CT_FILES, .body = &q, .tail = tail, .tail_len = len, .fds = fds };

	return priv_client_call(priv_fixture.client, &r, 5000, &reply, NULL, &err) < 0 ? (int)err.code : 0;
}

START_TEST(paths_of_a_copy_must_be_the_strings_that_were_counted)
{
	struct cc_error err = { 0 };

	priv_fixture_run(1, image);
	/* Good ones: the simulation has no files. */
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 2, "/a\0/b", 6), CC_CONFLICT);
	ck_assert_int_eq(files_tail(PRIV_FILES_PUSH, 1, 1, "/a", 3), CC_CONFLICT);
	ck_assert_int_eq(files_tail(PRIV_FILES_PUSH, 1, 2, "/a\0/b", 6), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_PUSH, 99, 1, "/a", 3), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_MAX, 0, 1, "/a", 3), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 0, "", 0), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 1, "/a", 2), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 2, "/a", 3), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 2, "/a\0", 4), CC_INVALID);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, UINT32_MAX, "/a", 3), CC_INVALID);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 1, "/a", 3), CC_CONFLICT);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(files_tail(PRIV_FILES_PULL, 0, 1, "/a", 3), CC_NOT_FOUND);
}
END_TEST

START_TEST(another_version_is_refused_with_what_to_do)
{
	struct priv_hello hello = { .version = PRIV_VERSION + 1 };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };

	ck_assert_int_lt(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_int_eq(err.code, CC_PRECONDITION);
	hello.version = PRIV_VERSION;
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_str_eq(reply.driver, "sim");
	ck_assert_uint_eq(reply.features, PRIV_FEATURE_SIM);
	ck_assert_uint_eq(reply.instances_max, 20);
}
END_TEST

START_TEST(the_client_says_when_the_other_half_is_gone)
{
	struct priv_hello hello = { .version = PRIV_VERSION };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };

	kill(priv_fixture.pid, SIGKILL);
	ck_assert_int_lt(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	priv_fixture_stop(SIGKILL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("priv_sim");
	TCase *t = tcase_create("sim");
	int failed;

	priv_fixture_init("sim");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_life_of_an_instance);
	tcase_add_test(t, it_outlives_kill_9);
	tcase_add_test(t, an_end_of_its_own_is_told);
	tcase_add_test(t, a_damaged_record_costs_no_data_and_no_slot);
	tcase_add_test(t, a_damaged_record_of_what_never_ran_is_swept);
	tcase_add_test(t, a_change_that_failed_is_not_done_the_next_time);
	tcase_add_test(t, a_stop_or_delete_that_could_not_begin_changes_nothing);
	tcase_add_test(t, one_that_cannot_be_looked_at_stops_no_node);
	tcase_add_test(t, an_image_that_is_deleted_is_gone_at_once);
	tcase_add_test(t, a_child_that_does_not_end_stops_nobody);
	tcase_add_test(t, archives_are_looked_at_without_rights_even_by_root);
	tcase_add_test(t, stops_do_not_wait_for_what_takes_long);
	tcase_add_test(t, an_exit_status_is_known_after_kill_9_and_not_after_the_next_start);
	tcase_add_test(t, a_bad_archive_is_refused_here_too);
	tcase_add_test(t, as_many_as_the_node_may_have_are_listed);
	tcase_add_test(t, more_requests_at_once_than_the_socket_holds_are_all_answered);
	tcase_add_test(t, malformed_messages_are_refused_and_nothing_breaks);
	tcase_add_test(t, arguments_must_be_the_strings_that_were_counted);
	tcase_add_test(t, paths_of_a_copy_must_be_the_strings_that_were_counted);
	tcase_add_test(t, another_version_is_refused_with_what_to_do);
	tcase_add_test(t, the_client_says_when_the_other_half_is_gone);
	suite_add_tcase(s, t);
	failed = test_run(s);
	return priv_fixture_done() < 0 ? 1 : failed;
}
