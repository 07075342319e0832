/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The note (STATE/names/process: number, start and boot, then the command line) is written before the child may become dnsmasq, and until it does the child
 * dies with its parent. So at any moment there is either a note of it or nothing of it. */
#include "agent/priv/names_process.h"

#include "agent/driver/idmap.h"
#include "agent/driver/node_identity.h"
#include "agent/driver/process.h"
#include "agent/driver/small_file.h"
#include "agent/net/net_link.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define NOTE       "process"
#define LOG        "log"
#define KILL_MS    5000
#define MEMORY_MAX (256u << 20)
#define CAP(name)  (UINT64_C(1) << CAP_##name)
/* Towards its own network only: binding ports below 1024, answering clients that have no address yet. */
#define KEPT (CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(NET_BIND_SERVICE))

struct launch {
	const struct priv_node *node;
	int go;   /* a byte: what it waits for is there; two of them */
	int said; /* why it failed; closed by the program */
	int log;
	pid_t parent;
	struct names_args args;
};

static void add_command(struct cc_buf *b, const struct names_args *args)
{
	for (size_t i = 0; i < args->n; i++)
		cc_buf_printf(b, "%s\n", args->argv[i]);
}

int names_process_find(const struct priv_node *node, bool *ret_same)
{
	cc_auto_close int dirfd = -1, pidfd = -1;
	cc_auto_buf struct cc_buf command = { 0 };
	struct names_args args;
	struct cc_error ignored = { 0 };
	char text[sizeof(args.text) + 256], boot[64];
	uint64_t started;
	int pid, used;

	if (names_dir_open(node, &dirfd, &ignored) < 0 || small_file_read(dirfd, NOTE, text, sizeof(text), &ignored) < 0 ||
	        sscanf(text, "%d %" SCNu64 " %63s\n%n", &pid, &started, boot, &used) != 3 || strcmp(boot, cc_boot_id()) != 0 || pid < 2)
		return -1;
	pidfd = process_open(pid);
	/* Held first and looked at then, so the number cannot mean another one. */
	if (pidfd < 0 || process_started_ms(pid) != started || process_wait(pidfd, 0))
		return -1;
	names_args(node, &args);
	add_command(&command, &args);
	if (ret_same != NULL)
		*ret_same = strcmp(text + used, cc_buf_str(&command)) == 0;
	return cc_take_fd(pidfd);
}

static int write_note(const struct launch *l, pid_t pid, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	cc_auto_buf struct cc_buf text = { 0 };

	if (names_dir_open(l->node, &dirfd, err) < 0)
		return -1;
	cc_buf_printf(&text, "%d %" PRIu64 " %s\n", pid, process_started_ms(pid), cc_boot_id());
	add_command(&text, &l->args);
	return small_file_replace(dirfd, NOTE, text.data, text.len, false, err);
}

/* In the child */

static int wait_go(const struct launch *l, struct cc_error *err)
{
	char byte;

	return read(l->go, &byte, 1) == 1 ? 0 : cc_fail(err, UNAVAILABLE, "its parent is gone");
}

static int set_network(const struct launch *l, struct cc_error *err)
{
	const struct slot_plan *plan = &l->node->slots;

	if (net_link_set_up("lo", 0, err) < 0 || net_link_add_address("eth0", slot_names_number(plan), plan->prefix, err) < 0)
		return -1;
	return net_link_set_up("eth0", 0, err) < 0 ? -1 : net_link_add_default(plan->network + 1, err);
}

static int limit_resources(struct cc_error *err)
{
	struct rlimit memory = { MEMORY_MAX, MEMORY_MAX }, none = { 0, 0 }, files = { 1024, 1024 };

	if (setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0)
		return cc_fail_errno(err, "limiting resources");
	return 0;
}

static int limit_files(const struct launch *l, struct cc_error *err)
{
	char dir[STATE_PATH_MAX + 16];
	struct cc_confine c = { 0 };

	snprintf(dir, sizeof(dir), "%s/names", l->node->dirs.path);
	cc_confine_path(&c, "/usr", CC_MAY_READ | CC_MAY_RUN);
	cc_confine_path(&c, "/lib", CC_MAY_READ | CC_MAY_RUN);
	cc_confine_path(&c, "/lib64", CC_MAY_READ | CC_MAY_RUN);
	cc_confine_path(&c, l->node->set.dnsmasq, CC_MAY_READ | CC_MAY_RUN);
	cc_confine_path(&c, "/etc/ld.so.cache", CC_MAY_READ);
	cc_confine_path(&c, "/dev/null", CC_MAY_READ | CC_MAY_WRITE);
	cc_confine_path(&c, "/dev/urandom", CC_MAY_READ);
	cc_confine_path(&c, dir, CC_MAY_READ);
	cc_confine_dial(&c, 53);
	cc_confine_listen(&c, 53);
	return cc_confine_files(&c, err);
}

/* Another user than the namespace's root, so that nothing but the three is had after the program began. */
static int become_nobody(struct cc_error *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { (uint32_t)KEPT, (uint32_t)KEPT, (uint32_t)KEPT }, { 0 } };

	if (cc_confine_keep_capabilities(KEPT | CAP(SETUID) | CAP(SETGID) | CAP(SETPCAP), err) < 0)
		return -1;
	if (prctl(PR_CAPBSET_DROP, CAP_SETUID, 0, 0, 0) < 0 || prctl(PR_CAPBSET_DROP, CAP_SETGID, 0, 0, 0) < 0 ||
	        prctl(PR_CAPBSET_DROP, CAP_SETPCAP, 0, 0, 0) < 0)
		return cc_fail_errno(err, "bounding capabilities");
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 || setresgid(SLOT_NOBODY, SLOT_NOBODY, SLOT_NOBODY) < 0 ||
	        setresuid(SLOT_NOBODY, SLOT_NOBODY, SLOT_NOBODY) < 0)
		return cc_fail_errno(err, "becoming nobody");
	if (syscall(SYS_capset, &head, data) < 0)
		return cc_fail_errno(err, "dropping capabilities");
	for (int cap = 0; cap < 64; cap++)
		if ((KEPT >> cap & 1) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return cc_fail_errno(err, "keeping capabilities");
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? cc_fail_errno(err, "giving up new rights") : 0;
}

static void use_descriptors(struct launch *l)
{
	int keep[] = { l->go, l->said };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(l->log, 1) < 0 || dup2(l->log, 2) < 0)
		_exit(1);
	process_keep_fds(keep, CC_ARRAY_LEN(keep));
}

static int become_dnsmasq(const struct launch *l, struct cc_error *err)
{
	static char *const env[] = { NULL };

	if (wait_go(l, err) < 0)
		return -1;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return cc_fail_errno(err, "becoming root of the user namespace");
	if (set_network(l, err) < 0 || limit_resources(err) < 0 || become_nobody(err) < 0 || limit_files(l, err) < 0)
		return -1;
	/* Again: a change of credentials makes the kernel forget it. */
	process_end_with(l->parent);
	if (wait_go(l, err) < 0)
		return -1;
	prctl(PR_SET_PDEATHSIG, 0);
	/* Until the program takes it as the word to read its files again, it would be its end. */
	signal(SIGHUP, SIG_IGN);
	execve(l->args.argv[0], l->args.argv, env);
	return cc_fail_errno(err, "running '%s'", l->args.argv[0]);
}

CC_NORETURN static void run_child(struct launch *l)
{
	struct cc_error err = { 0 };

	process_end_with(l->parent);
	use_descriptors(l);
	umask(022);
	if (become_dnsmasq(l, &err) < 0)
		(void)!write(l->said, err.msg, strlen(err.msg));
	_exit(1);
}

/* In the parent */

static int send_go(int go, struct cc_error *err)
{
	return write(go, "", 1) == 1 ? 0 : cc_fail(err, UNAVAILABLE, "the child died");
}

/* The end of file says that the program runs. */
static int hear_child(int said, struct cc_error *err)
{
	char text[200];
	ssize_t n;

	do
		n = read(said, text, sizeof(text) - 1);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return cc_fail(err, UNAVAILABLE, "%s", text);
}

static int attend(const struct launch *l, pid_t pid, int go, int said, struct cc_error *err)
{
	char link[NET_LINK_NAME];
	uint8_t mac[6];

	slot_mac(slot_names_number(&l->node->slots), mac);
	net_link_names(l->node->set.bridge, link);
	if (net_link_remove(link, err) < 0 || net_link_make_pair(link, l->node->set.bridge, mac, pid, err) < 0)
		return -1;
	if (idmap_write(pid, 0, slot_image_first_id(&l->node->slots), err) < 0 || cgroup_place(&l->node->cgroups, CGROUP_NAMES, pid, err) < 0)
		return -1;
	if (send_go(go, err) < 0 || write_note(l, pid, err) < 0 || send_go(go, err) < 0)
		return -1;
	return hear_child(said, err);
}

static int launch(struct launch *l, int *go, int *said, struct cc_error *err)
{
	pid_t pid = process_fork(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);

	if (pid == 0) {
		close(go[1]);
		run_child(l);
	}
	if (pid < 0)
		return cc_fail_errno(err, "making namespaces");
	/* Ours would keep the other end from seeing the end. */
	close(go[0]);
	close(said[1]);
	go[0] = said[1] = -1;
	if (attend(l, pid, go[1], said[0], err) == 0)
		return 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

static int open_log(const struct priv_node *node, int *ret, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;

	if (names_dir_open(node, &dirfd, err) < 0)
		return -1;
	*ret = openat(dirfd, LOG, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *ret < 0 ? cc_fail_errno(err, "opening the log of names") : 0;
}

int names_process_start(const struct priv_node *node, struct cc_error *err)
{
	struct launch l = { .node = node, .parent = getpid() };
	int go[2], said[2], result;
	cc_auto_close int log = -1;

	if (names_process_stop(node, err) < 0 || open_log(node, &log, err) < 0)
		return -1;
	if (pipe2(go, O_CLOEXEC) < 0)
		return cc_fail_errno(err, "making a pipe");
	if (pipe2(said, O_CLOEXEC) < 0) {
		close(go[0]), close(go[1]);
		return cc_fail_errno(err, "making a pipe");
	}
	signal(SIGPIPE, SIG_IGN);
	names_args(node, &l.args);
	l.go = go[0];
	l.said = said[1];
	l.log = log;
	result = launch(&l, go, said, err);
	for (int i = 0; i < 2; i++) {
		if (go[i] >= 0)
			close(go[i]);
		if (said[i] >= 0)
			close(said[i]);
	}
	return result < 0 ? cc_wrap(err, "starting dnsmasq") : 0;
}

int names_process_stop(const struct priv_node *node, struct cc_error *err)
{
	cc_auto_close int pidfd = names_process_find(node, NULL);
	char link[NET_LINK_NAME];

	if (pidfd >= 0) {
		process_signal(pidfd, SIGKILL);
		if (!process_wait(pidfd, KILL_MS))
			return cc_fail(err, TIMEOUT, "dnsmasq did not end within %d ms of being killed", KILL_MS);
	}
	/* What it had forked for somebody's TCP goes with it. */
	if (cgroup_clear(&node->cgroups, CGROUP_NAMES, err) < 0)
		return -1;
	return net_link_remove(net_link_names(node->set.bridge, link), err);
}
