/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/priv_fixture.h"

#include "agent/driver/process.h"
#include "agent/driver/slot.h"
#include "agent/priv_frame.h"
#include "agent/storage/tree_remove.h"
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/archive_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define CALL_MS   60000
#define FLAGS_MAX 40

struct priv_fixture priv_fixture;
static char dir[64];

const char *priv_fixture_dir(void)
{
	return dir;
}

void priv_fixture_init(const char *driver)
{
	priv_fixture.driver = driver;
	snprintf(dir, sizeof(dir), "/tmp/cc-priv-%d", getpid());
}

static const char *const base_flags[] = { CC_AGENT_PRIV, "--state-dir", dir, "--bridge", PRIV_FIXTURE_BRIDGE, "--subnet", "10.201.0.0/16",
	"--cgroup-dir", PRIV_FIXTURE_CGROUP, "--id-base", "1900000000", "--instances-max", "20", "--restart-grace-ms", "200", "--driver" };

static void run_program(const char *const *extra, int fd)
{
	const char *argv[FLAGS_MAX] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < CC_ARRAY_LEN(base_flags); i++)
		argv[n++] = base_flags[i];
	argv[n++] = priv_fixture.driver;
	for (; extra != NULL && *extra != NULL; extra++)
		argv[n++] = *extra;
	if (fd >= 0 && dup2(fd, 3) == 3 && fd != 3)
		close(fd);
	if (fd == 3)
		fcntl(fd, F_SETFD, 0);
	execv(argv[0], (char **)argv);
	_exit(127);
}

int priv_fixture_teardown(void)
{
	static const char *const teardown[] = { "--teardown", NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0)
		run_program(teardown, -1);
	waitpid(pid, &status, 0);
	return status;
}

int priv_fixture_done(void)
{
	struct cc_error err = { 0 };
	int status = priv_fixture_teardown();

	if (status != 0)
		fprintf(stderr, "cc-agent-priv --teardown: status %d\n", status);
	if (tree_remove(AT_FDCWD, dir, &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
	return status == 0 && err.code == CC_OK ? 0 : -1;
}

static void on_event(void *user, const struct priv_ct *ct)
{
	struct priv_fixture *f = user;

	if (ct != NULL && f->event_count < CC_ARRAY_LEN(f->events))
		f->events[f->event_count++] = *ct;
}

static void wait_until_ready(void)
{
	struct priv_hello hello = { .version = PRIV_VERSION, .node = priv_fixture_id(0x4000) };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };

	if (priv_fixture.zone != NULL)
		snprintf(hello.zone, sizeof(hello.zone), "%s", priv_fixture.zone);
	if (priv_fixture_call(PRIV_HELLO, &hello, &reply, &err) < 0)
		ck_abort_msg("cc-agent-priv does not answer: %s", err.msg);
}

void priv_fixture_start(const char *const *extra)
{
	const char *flags[FLAGS_MAX] = { "--serve-fd", "3" };
	struct cc_error err = { 0 };
	int pair[2];

	for (size_t n = 2; extra != NULL && *extra != NULL; extra++)
		flags[n++] = *extra;
	if (priv_frame_socketpair(pair, &err) < 0)
		ck_abort_msg("%s", err.msg);
	priv_fixture.pid = fork();
	if (priv_fixture.pid == 0) {
		close(pair[0]);
		run_program(flags, pair[1]);
	}
	close(pair[1]);
	priv_fixture.socket = pair[0];
	priv_fixture.event_count = 0;
	priv_fixture.client = priv_client_new(pair[0], on_event, &priv_fixture);
	wait_until_ready();
}

void priv_fixture_stop(int signal)
{
	int status = -1;

	kill(priv_fixture.pid, signal);
	waitpid(priv_fixture.pid, &status, 0);
	priv_client_free(priv_fixture.client);
	priv_fixture.client = NULL;
	priv_fixture.pid = 0;
	if (signal != SIGKILL)
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "cc-agent-priv ended with %d", status);
}

void priv_fixture_reconnect(void)
{
	waitpid(priv_fixture.pid, NULL, 0);
	priv_fixture_start(NULL);
}

int priv_fixture_call(enum priv_verb verb, const void *body, void *ret, struct cc_error *err)
{
	return priv_client_call(priv_fixture.client, &(struct priv_request){ .verb = verb, .body = body }, CALL_MS, ret, NULL, err);
}

void priv_fixture_image(int archive, char ret_sha256[PRIV_SHA256_TEXT])
{
	struct priv_image_unpack body = archive_fixture_request(archive);
	struct priv_request r = { .verb = PRIV_IMAGE_UNPACK, .body = &body, .fds = &archive };
	struct cc_error err = { 0 };

	if (priv_client_call(priv_fixture.client, &r, CALL_MS, NULL, NULL, &err) < 0)
		ck_abort_msg("unpacking: %s", err.msg);
	close(archive);
	memcpy(ret_sha256, body.sha256, PRIV_SHA256_TEXT);
}

struct cc_uuid priv_fixture_id(unsigned n)
{
	struct cc_uuid id = { { 0x01, 0x9a, 0, 0, 0, 0, 0x70, 0, 0x80 } };

	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

struct priv_ct_start priv_fixture_request(unsigned n, const char *sha256)
{
	struct priv_ct_start q = { .id = priv_fixture_id(n),
		.epoch = 1,
		.boot_sn = 1,
		.member = { { 1 } },
		.limits = { .memory_bytes = 64 << 20, .disk_bytes = 1 << 30, .cpu_millis = 500, .pids = 64 } };

	memcpy(q.image_sha256, sha256, PRIV_SHA256_TEXT);
	snprintf(q.hostname, sizeof(q.hostname), "c%u", n);
	return q;
}

struct priv_ct priv_fixture_run(unsigned n, const char *sha256)
{
	struct priv_ct_start q = priv_fixture_request(n, sha256);
	struct cc_error err = { 0 };
	struct priv_ct ct;

	if (priv_fixture_call(PRIV_CT_START, &q, &ct, &err) < 0)
		ck_abort_msg("starting c%u: %s", n, err.msg);
	ck_assert_uint_eq(ct.state, PRIV_CT_RUNNING);
	return ct;
}

int priv_fixture_stop_ct(unsigned n, uint32_t grace_ms, struct cc_error *err)
{
	struct priv_ct_stop q = { .id = priv_fixture_id(n), .grace_ms = grace_ms };

	return priv_fixture_call(PRIV_CT_STOP, &q, NULL, err);
}

int priv_fixture_delete_ct(unsigned n, struct cc_error *err)
{
	struct priv_ct_ref q = { priv_fixture_id(n) };

	return priv_fixture_call(PRIV_CT_DELETE, &q, NULL, err);
}

static struct priv_ct *list(uint32_t *ret_count)
{
	struct priv_none none = { 0 };
	struct priv_request r = { .verb = PRIV_CT_LIST, .body = &none };
	struct priv_list_reply reply;
	struct cc_error err = { 0 };
	void *tail;

	if (priv_client_call(priv_fixture.client, &r, CALL_MS, &reply, &tail, &err) < 0)
		ck_abort_msg("listing: %s", err.msg);
	*ret_count = reply.count;
	return tail;
}

bool priv_fixture_find(unsigned n, struct priv_ct *ret)
{
	struct cc_uuid id = priv_fixture_id(n);
	bool found = false;
	uint32_t count;
	struct priv_ct *all = list(&count);

	for (uint32_t i = 0; i < count; i++)
		if (cc_uuid_equal(all[i].id, id)) {
			*ret = all[i];
			found = true;
		}
	free(all);
	return found;
}

void priv_fixture_delete_all(void)
{
	uint32_t count;
	struct priv_ct *all = list(&count);

	for (uint32_t i = 0; i < count; i++) {
		struct priv_ct_ref q = { all[i].id };
		struct cc_error err = { 0 };

		if (priv_fixture_call(PRIV_CT_DELETE, &q, NULL, &err) < 0)
			ck_abort_msg("deleting: %s", err.msg);
	}
	free(all);
}

/* Sends an exec whose output goes into memory files: what was written is there when the reply is. */
int priv_fixture_exec(unsigned n, const char *const *argv, const char *input, struct priv_fixture_output *ret, struct cc_error *err)
{
	int fds[3] = { memfd_create("in", 0), memfd_create("out", 0), memfd_create("err", 0) };
	struct priv_ct_exec q = { .id = priv_fixture_id(n) };
	struct priv_ct_exec_reply reply;
	char tail[4096];
	size_t len = 0;
	int result;

	for (; *argv != NULL; argv++, q.argc++) {
		memcpy(tail + len, *argv, strlen(*argv) + 1);
		len += strlen(*argv) + 1;
	}
	if (input != NULL)
		ck_assert_int_eq(pwrite(fds[0], input, strlen(input), 0), (ssize_t)strlen(input));
	struct priv_request r = { .verb = PRIV_CT_EXEC, .body = &q, .tail = tail, .tail_len = len, .fds = fds };
	result = priv_client_call(priv_fixture.client, &r, CALL_MS, &reply, NULL, err);
	memset(ret, 0, sizeof(*ret));
	(void)!pread(fds[1], ret->out, sizeof(ret->out) - 1, 0);
	(void)!pread(fds[2], ret->err, sizeof(ret->err) - 1, 0);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	return result < 0 ? -1 : reply.exit_status;
}

int priv_fixture_sh(unsigned n, const char *command, char *out, size_t cap)
{
	static struct priv_fixture_output o;
	struct cc_error err = { 0 };
	int status = priv_fixture_exec(n, (const char *const[]){ "/bin/sh", "-c", command, NULL }, NULL, &o, &err);

	if (status < 0)
		ck_abort_msg("exec: %s", err.msg);
	if (out != NULL)
		snprintf(out, cap, "%s", o.out);
	return status;
}

bool priv_fixture_wait_event(unsigned count, int timeout_ms)
{
	int64_t end = cc_boottime_ms() + timeout_ms;

	while (priv_fixture.event_count < count) {
		struct pollfd p = { priv_client_fd(priv_fixture.client), POLLIN, 0 };
		struct cc_error err = { 0 };
		int64_t left = end - cc_boottime_ms();

		if (left <= 0)
			return false;
		poll(&p, 1, (int)left);
		if (priv_client_step(priv_fixture.client, &err) < 0)
			ck_abort_msg("%s", err.msg);
	}
	return true;
}

pid_t priv_fixture_child(pid_t parent)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;

	while (found == 0 && (d = readdir(proc)) != NULL)
		if (atoi(d->d_name) > 0 && process_parent(atoi(d->d_name)) == parent)
			found = atoi(d->d_name);
	closedir(proc);
	return found;
}
