/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody would try who runs code in this process. Each attempt says `escape WHO NAME: ok` or the name of the error; the last one, if it succeeds,
 * puts a shell in place of the program. */
#include "common/confine.h"

#ifdef CC_TEST_BUILD

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char folder[200]; /* of the test: readable for all, and not in any list */

static const char *in_folder(char path[256], const char *name)
{
	snprintf(path, 256, "%s/%s", folder, name);
	return path;
}

static int opens(const char *path, int flags)
{
	cc_auto_close int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : 0;
}

static int read_shadow(void)
{
	return opens("/etc/shadow", O_RDONLY);
}

static int read_foreign(void)
{
	char path[256];

	return opens(in_folder(path, "secret"), O_RDONLY);
}

static int list_foreign(void)
{
	return opens(folder, O_RDONLY | O_DIRECTORY);
}

static int write_foreign(void)
{
	char path[256];

	return opens(in_folder(path, "secret"), O_WRONLY);
}

static int make_file(void)
{
	char path[256];

	return opens(in_folder(path, "made"), O_WRONLY | O_CREAT);
}

static int make_link(void)
{
	char path[256];

	return symlink("/etc/shadow", in_folder(path, "link")) < 0 ? -1 : unlink(path);
}

/* A child that a broken fence lets through ends at once. */
static int in_child(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : (int)(waitpid((pid_t)pid, NULL, 0) & 0);
}

static int start_process(void)
{
	return in_child(fork());
}

static int enter_user_namespace(void)
{
	return in_child(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static int leave_network(void)
{
	return unshare(CLONE_NEWNET);
}

static int leave_users(void)
{
	return unshare(CLONE_NEWUSER);
}

static int join_namespace(void)
{
	cc_auto_close int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return setns(fd, CLONE_NEWNET);
}

static int trace_parent(void)
{
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int read_parent(void)
{
	return (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static int signal_parent(void)
{
	return kill(getppid(), 0);
}

static int mount_over(void)
{
	char path[256];

	if (mount("none", in_folder(path, "mount"), "tmpfs", 0, NULL) < 0)
		return -1;
	return umount(path);
}

static int has_socket(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int raw_socket(void)
{
	return has_socket(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int packet_socket(void)
{
	return has_socket(socket(AF_PACKET, SOCK_RAW, 0));
}

static int on_tcp(const char *port, int (*act)(int, const struct sockaddr *, socklen_t))
{
	cc_auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)), .sin_addr = { htonl(INADDR_LOOPBACK) }
	};

	return act(fd, (struct sockaddr *)&to, sizeof(to));
}

static int dial_foreign(void)
{
	const char *port = getenv("CC_TEST_ESCAPE_PORT");

	return on_tcp(port != NULL ? port : "1", connect);
}

static int listen_foreign(void)
{
	return on_tcp("0", bind);
}

static int load_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int ask_keyring(void)
{
	return (int)syscall(SYS_keyctl, 0, -3 /* KEY_SPEC_SESSION_KEYRING */, 0, 0, 0);
}

static int make_userfaultfd(void)
{
	return has_socket((int)syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int set_up_io_uring(void)
{
	return (int)syscall(SYS_io_uring_setup, 0, NULL);
}

static int load_module(void)
{
	return (int)syscall(SYS_init_module, NULL, 0, "");
}

static int load_kernel(void)
{
	return (int)syscall(SYS_kexec_load, 0, 0, NULL, ~0ul);
}

static int make_memory_file(void)
{
	return has_socket((int)syscall(SYS_memfd_create, "escape", 0));
}

static int forge_input(void)
{
	return (int)syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x");
}

static const struct {
	const char *name;
	int (*attempt)(void);
} attempts[] = {
#define A(name)             \
	{                   \
#name, name \
	}
	A(read_shadow),
	A(read_foreign),
	A(list_foreign),
	A(write_foreign),
	A(make_file),
	A(make_link),
	A(start_process),
	A(enter_user_namespace),
	A(leave_network),
	A(leave_users),
	A(join_namespace),
	A(trace_parent),
	A(read_parent),
	A(signal_parent),
	A(mount_over),
	A(raw_socket),
	A(packet_socket),
	A(dial_foreign),
	A(listen_foreign),
	A(load_bpf),
	A(ask_keyring),
	A(make_userfaultfd),
	A(set_up_io_uring),
	A(load_module),
	A(load_kernel),
	A(make_memory_file),
	A(forge_input),
#undef A
};

static void *try_all(void *who)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(attempts); i++) {
		errno = 0;
		dprintf(STDERR_FILENO, "escape %s %s: %s\n", (const char *)who, attempts[i].name,
		        attempts[i].attempt() >= 0 ? "ok" : strerrorname_np(errno));
	}
	return NULL;
}

void cc_confine_escape(void)
{
	const char *where = getenv("CC_TEST_ESCAPE");
	pthread_t thread;

	if (where == NULL)
		return;
	snprintf(folder, sizeof(folder), "%s", where);
	/* A thread, because threads have fences of their own; and what changes the caller in the control run must not change the program. */
	CC_PRE(pthread_create(&thread, NULL, try_all, "thread") == 0);
	pthread_join(thread, NULL);
	execl("/bin/sh", "sh", "-c", "echo escape main exec: ok >&2", NULL);
	dprintf(STDERR_FILENO, "escape main exec: %s\nescape done\n", strerrorname_np(errno));
}

#endif
