/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs nothing and needs no rights, but keeps the promises of a driver: an instance that was started runs until it is stopped, also when cc-agent-priv is
 * killed and comes back, and no longer when the node was booted since. Its state is the file `sim` in the instance's directory.
 *
 * Programs are played: `true` and `false` end with 0 and 1; `cat` copies stdin to stdout; `sleep N` waits N seconds or until a signal; `exit N` and
 * `poweroff` end the instance as its init would; `nonexistent` is not found (127); anything else prints its arguments and ends with 0. */
#include "agent/driver/driver.h"
#include "agent/driver/small_file.h"
#include "agent/priv_frame.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIM_FILE "sim"
#define SIM_PID  1 /* what stands for init's number: there is none */

struct sim_state {
	uint32_t running;
	int32_t exit_status;
	uint64_t started_ms;
	char boot_id[40];
};

static int read_state(const struct priv_node *node, struct cc_uuid id, struct sim_state *ret, struct cc_error *err)
{
	struct sim_state s = { .exit_status = -1 };
	cc_auto_close int dirfd = -1;
	struct cc_error none = { 0 };
	char text[256];

	if (state_dir_open_instance(&node->dirs, id, false, &dirfd, err) < 0)
		return -1;
	if (small_file_read(dirfd, SIM_FILE, text, sizeof(text), &none) > 0 &&
	        sscanf(text, "%u %" SCNd32 " %" SCNu64 " %39s", &s.running, &s.exit_status, &s.started_ms, s.boot_id) == 4 &&
	        strcmp(s.boot_id, cc_boot_id()) != 0)
		s.running = 0;
	*ret = s;
	return 0;
}

static int write_state(const struct priv_node *node, struct cc_uuid id, uint32_t running, int32_t exit_status, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	char text[256];
	int len = snprintf(text, sizeof(text), "%u %d %" PRIi64 " %s\n", running, exit_status, cc_boottime_ms(), cc_boot_id());

	if (state_dir_open_instance(&node->dirs, id, false, &dirfd, err) < 0)
		return -1;
	return small_file_replace(dirfd, SIM_FILE, text, (size_t)len, false, err);
}

static int sim_inspect(const struct priv_node *node, struct cc_uuid id, struct driver_status *ret, struct cc_error *err)
{
	struct sim_state s;

	if (read_state(node, id, &s, err) < 0)
		return -1;
	*ret = DRIVER_STATUS_NONE;
	ret->exit_status = s.exit_status;
	if (s.running) {
		ret->state = PRIV_CT_RUNNING;
		ret->init_pid = SIM_PID;
		ret->started_boottime_ms = s.started_ms;
	}
	return 0;
}

static int sim_open(struct priv_node *node, struct cc_error *err)
{
	(void)err;
	snprintf(node->driver_version, sizeof(node->driver_version), "sim");
	return 0;
}

static int sim_start(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct driver_status *ret,
        struct cc_error *err)
{
	(void)mounts;
	if (write_state(node, rec->id, 1, -1, err) < 0)
		return -1;
	return sim_inspect(node, rec->id, ret, err);
}

static int sim_stop(const struct priv_node *node, struct cc_uuid id, const struct driver_status *now, uint32_t grace_ms, struct cc_error *err)
{
	(void)now;
	return write_state(node, id, 0, grace_ms > 0 ? 0 : SIGKILL, err);
}

/* A quarter of the memory and a hundredth of the time: something to meter. */
static void sim_usage(
        const struct priv_node *node, const struct ct_record *rec, uint64_t started_boottime_ms, uint64_t *ret_memory_bytes, uint64_t *ret_cpu_usec)
{
	(void)node;
	*ret_memory_bytes = rec->memory_bytes / 4;
	*ret_cpu_usec = ((uint64_t)cc_boottime_ms() - started_boottime_ms) * 10;
}

static int play_cat(const struct driver_exec *exec)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(exec->fds[0], buf, sizeof(buf))) > 0)
		if (write(exec->fds[1], buf, (size_t)n) != n)
			return 1;
	return 0;
}

static int play_sleep(const struct driver_exec *exec)
{
	int64_t end = cc_boottime_ms() + (exec->argv[1] != NULL ? strtol(exec->argv[1], NULL, 10) : 0) * INT64_C(1000);
	_Alignas(8) char buf[64];

	for (int64_t left; (left = end - cc_boottime_ms()) > 0;) {
		struct pollfd p = { exec->control, POLLIN, 0 };
		struct cc_error gone = { 0 };
		struct priv_frame f;
		int got;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = priv_frame_recv(exec->control, buf, sizeof(buf), &f, &gone);
		if (got < 0)
			return 128 + SIGHUP;
		if (got > 0 && f.head.verb == PRIV_CT_SIGNAL)
			return 128 + *(const int32_t *)f.body;
	}
	return 0;
}

static int play_echo(const struct driver_exec *exec)
{
	for (int i = 0; exec->argv[i] != NULL; i++)
		dprintf(exec->fds[1], "%s%s", i > 0 ? " " : "", exec->argv[i]);
	dprintf(exec->fds[1], "\n");
	return 0;
}

static int sim_exec(const struct priv_node *node, const struct ct_record *rec, const struct driver_exec *exec, int *ret, struct cc_error *err)
{
	const char *name = exec->argv[0];

	if (strcmp(name, "exit") == 0 || strcmp(name, "poweroff") == 0) {
		*ret = 0;
		return write_state(node, rec->id, 0, exec->argv[1] != NULL ? (int)(strtol(exec->argv[1], NULL, 10) & 255) << 8 : 0, err);
	}
	if (strcmp(name, "true") == 0)
		*ret = 0;
	else if (strcmp(name, "false") == 0)
		*ret = 1;
	else if (strcmp(name, "nonexistent") == 0)
		*ret = 127;
	else if (strcmp(name, "cat") == 0)
		*ret = play_cat(exec);
	else if (strcmp(name, "sleep") == 0)
		*ret = play_sleep(exec);
	else
		*ret = play_echo(exec);
	return 0;
}

const struct driver driver_sim = {
	.name = "sim",
	.features = PRIV_FEATURE_SIM,
	.open = sim_open,
	.start = sim_start,
	.stop = sim_stop,
	.inspect = sim_inspect,
	.usage = sim_usage,
	.exec = sim_exec,
};
