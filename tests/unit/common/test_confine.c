/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each test enters in a child: there is no way back. */
#include "common/confine.h"

#include "common/confine_parts.h"
#include "tests/lib/test.h"

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "/tmp/cc-confine-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* Runs `act` behind these fences; it says how it went. */
static int behind(const struct cc_confine *c, int (*act)(void))
{
	struct cc_error err = { 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (cc_confine_enter(c, &err) < 0) {
			fprintf(stderr, "%s\n", err.msg);
			_exit(100);
		}
		_exit(act());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void *set_flag(void *flag)
{
	*(int *)flag = 1;
	return NULL;
}

static int live(void)
{
	struct addrinfo *found = NULL;
	pthread_t thread;
	int flag = 0, fds[2];

	if (pthread_create(&thread, NULL, set_flag, &flag) != 0 || pthread_join(thread, NULL) != 0 || flag != 1)
		return 1;
	if (getaddrinfo("localhost", "80", NULL, &found) != 0)
		return 2;
	freeaddrinfo(found);
	if (dlopen("libm.so.6", RTLD_NOW) == NULL)
		return 3;
	if (pipe(fds) < 0 || write(fds[1], "x", 1) != 1)
		return 4;
	if (open("/dev/null", O_RDWR) < 0)
		return 5;
	return 0;
}

START_TEST(threads_names_and_modules_still_work)
{
	struct cc_confine c = { .calls = CC_CALLS_DIAL, .tell_kernel_log = _i == 1 };

	cc_confine_system(&c);
	ck_assert_int_eq(behind(&c, live), 0);
}
END_TEST

static int work_in_dir(void)
{
	char a[128], b[128];
	struct stat st;
	int fd;

	snprintf(a, sizeof(a), "%s/sub/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	*strrchr(a, '/') = '\0';
	if (mkdir(a, 0700) < 0)
		return 1;
	a[strlen(a)] = '/';
	fd = open(a, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, "text", 4) != 4 || ftruncate(fd, 1) < 0 || fsync(fd) < 0 || close(fd) < 0)
		return 2;
	/* From one folder to another, as a file comes into place. */
	if (rename(a, b) < 0 || stat(b, &st) < 0 || st.st_size != 1 || unlink(b) < 0)
		return 3;
	return 0;
}

START_TEST(a_folder_to_write_to_can_be_written_to)
{
	struct cc_confine c = { .calls = CC_CALLS_WRITE };

	cc_confine_path(&c, dir, CC_MAY_WRITE);
	ck_assert_int_eq(behind(&c, work_in_dir), 0);
}
END_TEST

static int try_reading_only(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", dir);
	if (open(path, O_RDONLY) < 0)
		return 1;
	if (open(path, O_RDWR) >= 0 || errno != EACCES)
		return 2;
	return unlink(path) == 0 ? 3 : 0;
}

START_TEST(a_folder_to_read_from_cannot_be_written_to)
{
	struct cc_confine c = { .calls = CC_CALLS_WRITE };
	char path[128];

	if (cc_confine_landlock_abi() == 0)
		TEST_SKIP_CASE("no Landlock in this kernel");
	snprintf(path, sizeof(path), "%s/file", dir);
	close(open(path, O_WRONLY | O_CREAT, 0644));
	cc_confine_path(&c, dir, CC_MAY_READ);
	ck_assert_int_eq(behind(&c, try_reading_only), 0);
}
END_TEST

static uint16_t known_port, other_port;

static int dial(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), r = connect(fd, (struct sockaddr *)&to, sizeof(to));

	return r == 0 ? 0 : errno;
}

static int dial_both(void)
{
	return dial(known_port) == 0 && dial(other_port) == EACCES ? 0 : 1;
}

static int dial_any(void)
{
	return dial(known_port) == 0 && dial(other_port) == 0 ? 0 : 1;
}

static uint16_t listener(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

START_TEST(only_known_ports_are_dialled)
{
	struct cc_confine c = { .calls = CC_CALLS_DIAL }, anywhere = { .calls = CC_CALLS_DIAL, .dial_anywhere = true };

	if (cc_confine_landlock_abi() < 4)
		TEST_SKIP_CASE("the Landlock of this kernel knows no ports");
	known_port = listener();
	other_port = listener();
	cc_confine_dial(&c, known_port);
	ck_assert_int_eq(behind(&c, dial_both), 0);
	ck_assert_int_eq(behind(&anywhere, dial_any), 0);
}
END_TEST

/* Of calls: those of a group that was not asked for are refused, and those of the future are unknown. */
static int call_what_is_not_there(void)
{
	if (socket(AF_INET, SOCK_STREAM, 0) < 0)
		return 1;
	if (listen(0, 1) != -1 || errno != EPERM)
		return 2;
	if (mkdir("/", 0) != -1 || errno != EPERM)
		return 3;
	if (syscall(100000) != -1 || errno != ENOSYS)
		return 4;
	if (syscall(SYS_execve, NULL, NULL, NULL) != -1 || errno != EPERM)
		return 5;
	/* The number of another architecture's table: x32 on amd64. */
	return syscall(0x40000000 | SYS_execve) != -1 || errno != ENOSYS ? 6 : 0;
}

START_TEST(calls_outside_the_list_are_refused_and_future_ones_unknown)
{
	struct cc_confine c = { .calls = CC_CALLS_DIAL };

	if (!cc_confine_has_calls())
		TEST_SKIP_CASE("no seccomp in this kernel");
	ck_assert_int_eq(behind(&c, call_what_is_not_there), 0);
}
END_TEST

static int end_by_abort(void)
{
	abort();
}

START_TEST(a_broken_invariant_still_ends_the_program)
{
	struct cc_confine c = { 0 };
	struct cc_error err = { 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		CC_PRE(cc_confine_enter(&c, &err) == 0);
		_exit(end_by_abort());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(the_text_names_both_fences)
{
	ck_assert_ptr_nonnull(strstr(cc_confine_text(), "seccomp"));
	ck_assert_ptr_nonnull(strstr(cc_confine_text(), "landlock"));
	ck_assert_int_eq(cc_confine_lacking(), !cc_confine_has_calls() || cc_confine_landlock_abi() == 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("confine");
	Suite *s = suite_create("confine");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, threads_names_and_modules_still_work, 0, 2);
	tcase_add_test(tc, a_folder_to_write_to_can_be_written_to);
	tcase_add_test(tc, a_folder_to_read_from_cannot_be_written_to);
	tcase_add_test(tc, only_known_ports_are_dialled);
	/* Sanitizers make calls of their own, so their builds have no list of calls. */
	if (!CC_CONFINE_SANITIZED)
		tcase_add_test(tc, calls_outside_the_list_are_refused_and_future_ones_unknown);
	tcase_add_test(tc, a_broken_invariant_still_ends_the_program);
	tcase_add_test(tc, the_text_names_both_fences);
	suite_add_tcase(s, tc);
	return test_run(s);
}
