/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that includes liblxc. Containers are configured in memory at each start; liblxc finds a running one again through its command socket,
 * whose name follows from the lxc path and the instance's UUID.
 *
 * Kept in mind, all seen with 5.0.2: `start` leaves its caller in the monitor's cgroup, which therefore cannot be removed before the caller has ended;
 * a root with newuidmap in reach must stand in /etc/subuid, so PATH leads nowhere here; the first error in its log is the cause, later ones are echoes. */
#include "agent/driver/driver.h"
#include "agent/driver/driver_lxc_config.h"
#include "agent/driver/idmap.h"
#include "agent/driver/process.h"
#include "agent/driver/small_file.h"
#include "agent/driver/terminal.h"
#include "agent/net/net.h"
#include "agent/net/net_link.h"
#include "agent/priv_frame.h"
#include "agent/storage/guest_files.h"
#include "agent/storage/storage.h"
#include "agent/storage/volume.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <lxc/attach_options.h>
#include <lxc/lxccontainer.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define KILL_WAIT_MS 10000
#define SETTLE_SEC   10

static void container_put(struct lxc_container *c)
{
	lxc_container_put(c);
}
CC_DEFINE_CLEANUP(struct lxc_container *, container_put)

static struct lxc_container *container_get(const struct priv_node *node, struct cc_uuid id, struct cc_error *err)
{
	char path[STORAGE_PATH_MAX], name[CC_UUID_TEXT];
	struct lxc_container *c;

	snprintf(path, sizeof(path), "%s/lxc", node->dirs.path);
	setenv("PATH", "/nonexistent", 1);
	c = lxc_container_new(cc_uuid_format(id, name), path);
	if (c == NULL)
		cc_fail(err, INTERNAL, "liblxc refuses the container %s", name);
	return c;
}

static int set_item(void *user, const char *key, const char *value, struct cc_error *err)
{
	struct lxc_container *c = user;

	return c->set_config_item(c, key, value) ? 0 : cc_fail(err, INTERNAL, "liblxc refuses %s = %s", key, value);
}

/* Log lines read "lxc NAME TIME LEVEL category - file:function:line - MESSAGE". */
static void first_error(const struct priv_node *node, struct cc_uuid id, char *ret, size_t cap)
{
	cc_auto_close int dirfd = -1;
	cc_auto_free char *log = cc_malloc(65536);
	struct cc_error ignored = { 0 };
	char *line, *text;

	snprintf(ret, cap, "liblxc gave no reason");
	if (state_dir_open_instance(&node->dirs, id, false, &dirfd, &ignored) < 0)
		return;
	if (small_file_read(dirfd, "log", log, 65536, &ignored) < 0 && ignored.code != CC_TOO_LARGE)
		return;
	line = strstr(log, " ERROR ");
	text = line != NULL ? strstr(line, " - ") : NULL;
	text = text != NULL ? strstr(text + 3, " - ") : NULL;
	if (text != NULL)
		snprintf(ret, cap, "%.*s", (int)strcspn(text + 3, "\n"), text + 3);
}

static int fill_status(struct cc_uuid id, struct lxc_container *c, struct driver_status *ret, struct cc_error *err)
{
	struct driver_status s = DRIVER_STATUS_NONE;

	s.init_pid = c->init_pid(c);
	s.init_fd = s.init_pid > 0 ? c->init_pidfd(c) : -1;
	if (s.init_fd < 0)
		return cc_fail(err, UNAVAILABLE, "the instance ended at once");
	s.state = PRIV_CT_RUNNING;
	s.started_boottime_ms = process_started_ms(s.init_pid);
	s.monitor_pid = process_parent(s.init_pid);
	s.monitor_fd = s.monitor_pid > 1 ? process_open(s.monitor_pid) : -1;
	/* While init is ours to see and has this parent, the descriptor cannot mean another process. */
	if (s.monitor_fd < 0 || process_parent(s.init_pid) != s.monitor_pid || !cgroup_holds(id, s.init_pid)) {
		close(s.init_fd);
		if (s.monitor_fd >= 0)
			close(s.monitor_fd);
		return cc_fail(err, UNAVAILABLE, "the instance ended at once");
	}
	*ret = s;
	return 0;
}

static int lxc_sweep(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	char link[NET_LINK_NAME], lock[STORAGE_PATH_MAX + 80], uuid[CC_UUID_TEXT];

	if (cgroup_sweep(&node->cgroups, rec->id, err) < 0 || net_link_remove(net_link_name(node->set.bridge, (uint32_t)rec->slot, link), err) < 0)
		return -1;
	snprintf(lock, sizeof(lock), "/run/lxc/lock/%s/lxc/.%s", node->dirs.path, cc_uuid_format(rec->id, uuid));
	(void)unlink(lock);
	return 0;
}

static int make_ready(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct cc_error *err)
{
	char root[STORAGE_PATH_MAX];
	cc_auto_close int dirfd = -1;

	if (storage_make(node, rec, err) < 0 || storage_mount(node, rec, err) < 0)
		return -1;
	if (guest_files_write(node, rec, storage_root_path(node, root), err) < 0 || storage_limit(node, rec, err) < 0 ||
	        volume_mount_all(node, rec, root, mounts, err) < 0 || state_dir_open_instance(&node->dirs, rec->id, false, &dirfd, err) < 0)
		return -1;
	(void)unlinkat(dirfd, "log", 0);
	return 0;
}

static int check_limits(const struct priv_node *node, const struct ct_record *rec, const struct driver_status *s, struct cc_error *err)
{
	struct priv_limits limits;

	driver_config_limits(&limits, rec);
	return cgroup_verify(&node->cgroups, rec->id, s->init_pid, &limits, err);
}

static int wait_end(int pidfd, int timeout_ms, const char *what, struct cc_error *err)
{
	if (process_wait(pidfd, timeout_ms))
		return 0;
	return cc_fail(err, TIMEOUT, "%s did not end within %d ms of being killed", what, timeout_ms);
}

/* The signal by which this init understands "end": systemd has its own, busybox, sysvinit and OpenRC take the power failure. */
static int halt_signal(pid_t init)
{
	char link[64], exe[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", init);
	n = readlink(link, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	return strstr(exe, "systemd") != NULL ? SIGRTMIN + 3 : SIGPWR;
}

static int lxc_stop(const struct priv_node *node, struct cc_uuid id, const struct driver_status *now, uint32_t grace_ms, struct cc_error *err)
{
	struct cc_error ignored = { 0 };

	/* What is held takes no signals. */
	(void)cgroup_freeze(&node->cgroups, id, false, &ignored);
	if (now->init_fd < 0 && now->monitor_fd < 0)
		return cgroup_sweep(&node->cgroups, id, err);
	if (grace_ms > 0 && now->init_fd >= 0 && process_signal(now->init_fd, halt_signal(now->init_pid)) == 0)
		(void)process_wait(now->init_fd, (int)grace_ms);
	if (now->init_fd >= 0) {
		process_signal(now->init_fd, SIGKILL);
		if (wait_end(now->init_fd, KILL_WAIT_MS, "init", err) < 0)
			return -1;
	}
	if (now->monitor_fd >= 0 && !process_wait(now->monitor_fd, KILL_WAIT_MS)) {
		process_signal(now->monitor_fd, SIGKILL);
		return wait_end(now->monitor_fd, KILL_WAIT_MS, "the monitor", err);
	}
	return 0;
}

static int lxc_start(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct driver_status *ret,
        struct cc_error *err)
{
	cc_auto(container_put) struct lxc_container *c = NULL;
	struct driver_status s;
	struct cc_error ignored = { 0 };
	char why[256];

	if (make_ready(node, rec, mounts, err) < 0)
		return -1;
	c = container_get(node, rec->id, err);
	if (c == NULL || driver_config_build(node, rec, set_item, c, err) < 0)
		return -1;
	if (!c->start(c, 0, NULL)) {
		first_error(node, rec->id, why, sizeof(why));
		return cc_fail(err, UNAVAILABLE, "the container did not start: %s", why);
	}
	if (fill_status(rec->id, c, &s, err) < 0)
		return -1;
	if (check_limits(node, rec, &s, err) < 0) {
		(void)lxc_stop(node, rec->id, &s, 0, &ignored);
		return -1;
	}
	*ret = s;
	return 0;
}

static int lxc_inspect(const struct priv_node *node, struct cc_uuid id, struct driver_status *ret, struct cc_error *err)
{
	cc_auto(container_put) struct lxc_container *c = container_get(node, id, err);
	struct cc_error ended = { 0 };
	const char *state;

	if (c == NULL)
		return -1;
	state = c->state(c);
	if (state != NULL && strcmp(state, "STOPPED") != 0 && strcmp(state, "RUNNING") != 0)
		(void)c->wait(c, "RUNNING|STOPPED", SETTLE_SEC);
	if (!c->is_running(c) || fill_status(id, c, ret, &ended) < 0)
		*ret = DRIVER_STATUS_NONE;
	return 0;
}

/* What the attached child gets: fork gives it a copy. */
struct entry {
	const struct driver_exec *exec;
	int terminal; /* where its terminal goes; -1: none is wanted */
};

/* In the attached child, on the program's own descriptors. What liblxc has for this tells only its log why a program did not start. */
static int run_program(void *payload)
{
	const struct entry *e = payload;
	int why;

	if (e->exec->inside != NULL)
		return e->exec->inside(e->exec->inside_arg);
	if (e->exec->tty && terminal_enter(e->terminal, e->exec->size) < 0)
		return 126;
	(void)execvp(e->exec->argv[0], e->exec->argv);
	why = errno;
	if (why == ENOENT)
		dprintf(STDERR_FILENO, "no program '%s' in the instance\n", e->exec->argv[0]);
	else
		dprintf(STDERR_FILENO, "'%s' cannot be run: %s\n", e->exec->argv[0], strerror(why));
	return why == ENOENT ? 127 : 126;
}

static int enter(struct lxc_container *c, struct entry *e, pid_t *ret_pid, struct cc_error *err)
{
	const struct driver_exec *exec = e->exec;
	lxc_attach_options_t options = LXC_ATTACH_OPTIONS_DEFAULT;

	options.env_policy = LXC_ATTACH_CLEAR_ENV;
	options.extra_env_vars = exec->env;
	options.initial_cwd = (char[]){ "/" };
	options.uid = exec->uid;
	options.gid = exec->gid;
	options.stdin_fd = exec->fds[0];
	options.stdout_fd = exec->fds[1];
	options.stderr_fd = exec->fds[2];
	if (c->attach(c, run_program, e, &options, ret_pid) < 0)
		return cc_fail(err, CONFLICT, "the program could not enter the instance: it ended, or has no room for another process");
	return 0;
}

/* Who writes to the program must see its end, so no copy of its descriptors stays here, but for those that feed its terminal. */
static void leave_fds(const struct driver_exec *exec, struct attend *a)
{
	if (exec->tty) {
		a->in = exec->fds[0];
		a->out = exec->fds[1];
	} else {
		close(exec->fds[0]);
		close(exec->fds[1]);
	}
	close(exec->fds[2]);
}

static int lxc_exec(const struct priv_node *node, const struct ct_record *rec, const struct driver_exec *exec, int *ret, struct cc_error *err)
{
	cc_auto(container_put) struct lxc_container *c = container_get(node, rec->id, err);
	cc_auto_close int pidfd = -1, ours = -1, theirs = -1;
	struct attend attend = { .control = exec->control, .master = -1, .in = -1, .out = -1 };
	int pair[2], status = 0;
	pid_t pid;

	if (c == NULL || (exec->tty && priv_frame_socketpair(pair, err) < 0))
		return -1;
	if (exec->tty) {
		ours = pair[0];
		theirs = pair[1];
	}
	if (enter(c, &(struct entry){ exec, theirs }, &pid, err) < 0)
		return -1;
	pidfd = attend.pidfd = process_open(pid);
	if (pidfd < 0)
		return cc_fail_errno(err, "watching the program");
	leave_fds(exec, &attend);
	if (exec->tty && terminal_take(ours, pidfd, &attend.master, err) < 0) {
		process_signal(pidfd, SIGKILL);
		return -1;
	}
	terminal_attend(&attend);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

/* The container's monitor makes a terminal for the visitor and copies between it and init's; it takes one visitor at a time. */
static int lxc_console(const struct priv_node *node, const struct ct_record *rec, const struct driver_console *console, struct cc_error *err)
{
	cc_auto(container_put) struct lxc_container *c = container_get(node, rec->id, err);
	struct attend attend = { .pidfd = -1, .control = console->control, .in = console->fds[0], .out = console->fds[1] };
	struct winsize window = { .ws_row = console->size.rows, .ws_col = console->size.cols };
	int number = 0, visit;

	if (c == NULL)
		return -1;
	visit = c->console_getfd(c, &number, &attend.master);
	if (visit < 0)
		return cc_fail(err, CONFLICT, "somebody else is at the console, or the instance has just ended; 'ccctl logs -f' reads along");
	(void)fcntl(attend.master, F_SETFL, O_RDWR | O_NONBLOCK);
	if (window.ws_row != 0)
		(void)ioctl(attend.master, TIOCSWINSZ, &window);
	terminal_attend(&attend);
	close(visit);
	return 0;
}

static void lxc_usage(
        const struct priv_node *node, const struct ct_record *rec, uint64_t started_boottime_ms, uint64_t *ret_memory_bytes, uint64_t *ret_cpu_usec)
{
	(void)started_boottime_ms;
	cgroup_usage(&node->cgroups, rec->id, ret_memory_bytes, ret_cpu_usec);
}

static int lxc_limit(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	struct priv_limits limits;

	/* First what may be refused. */
	if (storage_limit(node, rec, err) < 0)
		return -1;
	driver_config_limits(&limits, rec);
	return cgroup_apply(&node->cgroups, rec->id, &limits, err);
}

static int lxc_freeze(const struct priv_node *node, struct cc_uuid id, bool on, struct cc_error *err)
{
	return cgroup_freeze(&node->cgroups, id, on, err);
}

static int lxc_check(const struct priv_node *node, struct cc_error *err)
{
	return driver_config_write_seccomp(node, err) < 0 ? -1 : net_check(node, err);
}

static int lxc_sweep_others(const struct priv_node *node, cgroup_keep_fn *keep, void *user, struct cc_error *err)
{
	return cgroup_sweep_others(&node->cgroups, keep, user, err);
}

static int lxc_retire(const struct priv_node *node, struct cc_error *err)
{
	char lock[STORAGE_PATH_MAX + 80];

	cgroup_layout_remove(&node->cgroups);
	snprintf(lock, sizeof(lock), "/run/lxc/lock/%s/lxc", node->dirs.path);
	/* Only as far up as nobody else has a lock. */
	while (strlen(lock) > strlen("/run/lxc/lock/") && rmdir(lock) == 0)
		*strrchr(lock, '/') = '\0';
	return net_retire(node, err);
}

static bool has_apparmor(void)
{
	struct cc_error ignored = { 0 };
	char text[8];

	return small_file_read(-1, "/sys/module/apparmor/parameters/enabled", text, sizeof(text), &ignored) > 0 && text[0] == 'Y';
}

static int lxc_open(struct priv_node *node, struct cc_error *err)
{
	if (geteuid() != 0)
		return cc_fail(err, DENIED, "the lxc driver needs root; --driver sim does not");
	if (state_dir_check_reachable(&node->dirs, err) < 0 || cgroup_layout_open(node->set.cgroup_dir, &node->cgroups, err) < 0)
		return -1;
	if (strcmp(node->set.lower, "auto") != 0 && strcmp(node->set.lower, "copy") != 0)
		return cc_fail(err, INVALID, "lower: '%.40s' is neither auto nor copy", node->set.lower);
	node->idmapped = strcmp(node->set.lower, "auto") == 0 && idmap_supported(node->dirs.path);
	node->apparmor = has_apparmor();
	node->features |= node->cgroups.limits_swap ? PRIV_FEATURE_SWAP_LIMIT : 0;
	node->features |= (node->cgroups.v2[CGROUP_MEMORY] ? PRIV_FEATURE_CGROUP_V2 : 0) |
	                  (node->idmapped ? PRIV_FEATURE_IDMAPPED_LOWER | PRIV_FEATURE_VOLUMES : 0);
	snprintf(node->driver_version, sizeof(node->driver_version), "lxc %s", lxc_get_version());
	return 0;
}

const struct driver driver_lxc = {
	.name = "lxc",
	.features = PRIV_FEATURE_LXC | PRIV_FEATURE_SECCOMP | PRIV_FEATURE_SNAPSHOTS | PRIV_FEATURE_BANDWIDTH,
	.has_rights = true,
	.open = lxc_open,
	.check = lxc_check,
	.prepare = net_prepare,
	.reach = net_reach,
	.withdraw = net_retire,
	.sweep_others = lxc_sweep_others,
	.is_made = storage_is_copied,
	.make = storage_copy,
	.start = lxc_start,
	.stop = lxc_stop,
	.sweep = lxc_sweep,
	.inspect = lxc_inspect,
	.usage = lxc_usage,
	.limit = lxc_limit,
	.exec = lxc_exec,
	.console = lxc_console,
	.freeze = lxc_freeze,
	.retire = lxc_retire,
};
