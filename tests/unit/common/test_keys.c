/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/keys.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[64];

static void empty_dir(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s/*", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static void setup(void)
{
	strcpy(dir, "/tmp/cc-keys-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	empty_dir();
	rmdir(dir);
}

static struct cc_key_pair *open_pair(void)
{
	struct cc_key_pair *pair = NULL;
	struct cc_error err = { 0 };

	ck_assert_msg(cc_key_pair_open(dir, "cc-node test", &pair, &err) == 0, "%s", err.msg);
	return pair;
}

static int files_in_dir(void)
{
	cc_auto(closedir) DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	return n;
}

START_TEST(a_key_is_made_once_and_read_again)
{
	struct cc_key_pair *first = open_pair(), *second = open_pair();
	struct stat st;

	ck_assert(cc_pin_equal(cc_key_pair_pin(first), cc_key_pair_pin(second)));
	ck_assert_str_eq(cc_key_pair_cert_pem(first), cc_key_pair_cert_pem(second));
	ck_assert_str_eq(cc_key_pair_key_pem(first), cc_key_pair_key_pem(second));
	ck_assert_int_eq(stat(cc_key_pair_path(first), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(files_in_dir(), 1);
	cc_key_pair_free(first);
	cc_key_pair_free(second);
}
END_TEST

START_TEST(two_folders_have_two_keys)
{
	struct cc_key_pair *first = open_pair(), *second;

	empty_dir();
	second = open_pair();
	ck_assert(!cc_pin_equal(cc_key_pair_pin(first), cc_key_pair_pin(second)));
	cc_key_pair_free(first);
	cc_key_pair_free(second);
}
END_TEST

/* The text that openssl x509 -text would print needs openssl; the dates stand in the DER as they are. */
static size_t der_of(const char *pem, unsigned char *der, size_t size)
{
	const char *body = strchr(pem, '\n');
	const char *end = strstr(pem, "\n-----END");
	size_t len = 0;

	ck_assert_ptr_nonnull(end);
	ck_assert_int_eq(sodium_base642bin(der, size, body, (size_t)(end - body), "\n", &len, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
	return len;
}

START_TEST(the_certificate_never_expires)
{
	struct cc_key_pair *pair = open_pair();
	unsigned char der[2048];
	size_t len = der_of(cc_key_pair_cert_pem(pair), der, sizeof(der));

	ck_assert_ptr_nonnull(memmem(der, len, "99991231235959Z", 15));
	ck_assert_ptr_nonnull(memmem(der, len, "000101000000Z", 13));
	ck_assert_ptr_nonnull(memmem(der, len, "cc-node test", 12));
	cc_key_pair_free(pair);
}
END_TEST

START_TEST(the_pin_is_the_same_from_der)
{
	struct cc_key_pair *pair = open_pair();
	unsigned char der[2048];
	size_t len = der_of(cc_key_pair_cert_pem(pair), der, sizeof(der));
	struct cc_pin from_der;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_pin_from_der(der, len, &from_der, &err), 0);
	ck_assert(cc_pin_equal(from_der, cc_key_pair_pin(pair)));
	cc_key_pair_free(pair);
}
END_TEST

START_TEST(no_bytes_crash_the_reader_of_certificates)
{
	struct cc_key_pair *pair = open_pair();
	unsigned char der[2048];
	size_t len = der_of(cc_key_pair_cert_pem(pair), der, sizeof(der));
	struct cc_pin pin;

	for (size_t i = 0; i < len; i++) {
		struct cc_error err = { 0 };

		ck_assert_int_eq(cc_pin_from_der(der, i, &pin, &err), -1);
		der[i] ^= 0x55;
		(void)cc_pin_from_der(der, len, &pin, &err);
		der[i] ^= 0x55;
	}
	cc_key_pair_free(pair);
}
END_TEST

/* Made by openssl; its pin was computed by `openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum`. */
static const char known_cert[] = "-----BEGIN CERTIFICATE-----\n"
                                 "MIIBdzCCAR2gAwIBAgIUdGXcf7R0Doyg29XKX+fdLzfQghgwCgYIKoZIzj0EAwIw\n"
                                 "EDEOMAwGA1UEAwwFa25vd24wIBcNMjYxMTIwMjEzMTQ5WhgPMjEyNjEwMjcyMTMx\n"
                                 "NDlaMBAxDjAMBgNVBAMMBWtub3duMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
                                 "tX+WnMHa3qBJj1N8XC/NorlbQsnXmwr+Tgt+myn2H8Rq/Li/5RR1TR/jAKA4BNQz\n"
                                 "jUlxUHRYQdjK0ZaOBFlyvaNTMFEwHQYDVR0OBBYEFCHouDF2b5+9wff4TXcFn8T9\n"
                                 "Y2OUMB8GA1UdIwQYMBaAFCHouDF2b5+9wff4TXcFn8T9Y2OUMA8GA1UdEwEB/wQF\n"
                                 "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAKYv6Ymek2S+Xvi+6TThab/MVKK+JNIV\n"
                                 "38pBl6Ey4yKjAiBXWpOclxiCI6I1/FKnEb/whsyZy8H+TZSHBR5OnGcjAg==\n"
                                 "-----END CERTIFICATE-----\n";

START_TEST(a_known_certificate_has_its_known_pin)
{
	struct cc_error err = { 0 };
	struct cc_pin pin, parsed;
	char hex[CC_PIN_HEX], curl[CC_PIN_CURL];
	unsigned char der[2048];

	ck_assert_int_eq(cc_pin_from_der(der, der_of(known_cert, der, sizeof(der)), &pin, &err), 0);
	ck_assert_str_eq(cc_pin_format(pin, hex), "6bbf92344b73cf12ec899207625bffcbf9fdc76b42f04feaa835ea53e8e2341e");
	ck_assert_str_eq(cc_pin_format_curl(pin, curl), "sha256//a7+SNEtzzxLsiZIHYlv/y/n9x2tC8E/qqDXqU+jiNB4=");
	ck_assert_int_eq(cc_pin_parse(hex, &parsed, &err), 0);
	ck_assert(cc_pin_equal(pin, parsed));
	ck_assert_int_eq(cc_pin_parse("abcd", &parsed, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "is not a pin"));
}
END_TEST

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

START_TEST(a_damaged_or_open_file_is_refused_and_kept)
{
	struct cc_key_pair *pair = open_pair(), *other = NULL;
	char *path = strdup(cc_key_pair_path(pair));
	struct cc_error err = { 0 };
	struct stat before, after;

	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(cc_key_pair_open(dir, "x", &other, &err), -1);
	ck_assert_int_eq(err.code, CC_DENIED);
	write_file(path, cc_key_pair_key_pem(pair), 0600);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(cc_key_pair_open(dir, "x", &other, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "is damaged; restore it"));
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_size, after.st_size);
	write_file(path, "", 0600);
	ck_assert_int_eq(cc_key_pair_open(dir, "x", &other, &err), -1);
	free(path);
	cc_key_pair_free(pair);
}
END_TEST

START_TEST(a_key_with_the_certificate_of_another_is_refused)
{
	struct cc_key_pair *first = open_pair(), *second, *other = NULL;
	char mixed[8192];
	struct cc_error err = { 0 };

	empty_dir();
	second = open_pair();
	snprintf(mixed, sizeof(mixed), "%s%s", cc_key_pair_key_pem(first), cc_key_pair_cert_pem(second));
	write_file(cc_key_pair_path(second), mixed, 0600);
	ck_assert_int_eq(cc_key_pair_open(dir, "x", &other, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "do not belong together"));
	cc_key_pair_free(first);
	cc_key_pair_free(second);
}
END_TEST

START_TEST(a_wrong_name_or_folder_is_refused)
{
	struct cc_key_pair *pair = NULL;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_key_pair_open(dir, "", &pair, &err), -1);
	ck_assert_int_eq(cc_key_pair_open(dir, "12345678901234567890123456789012345678901234567890123456789012345", &pair, &err), -1);
	ck_assert_int_eq(files_in_dir(), 0);
	ck_assert_int_eq(cc_key_pair_open("/nonexistent", "x", &pair, &err), -1);
	ck_assert_ptr_null(pair);
}
END_TEST

START_TEST(programs_that_start_together_get_one_key)
{
	enum { PROGRAMS = 8 };
	int pipes[2];
	struct cc_pin pins[PROGRAMS];

	ck_assert_int_eq(pipe(pipes), 0);
	for (int i = 0; i < PROGRAMS; i++) {
		if (fork() != 0)
			continue;
		struct cc_key_pair *pair = open_pair();
		struct cc_pin pin = cc_key_pair_pin(pair);

		_exit(write(pipes[1], &pin, sizeof(pin)) == sizeof(pin) ? 0 : 1);
	}
	for (int i = 0; i < PROGRAMS; i++) {
		ck_assert_int_eq(read(pipes[0], &pins[i], sizeof(pins[i])), sizeof(pins[i]));
		ck_assert(cc_pin_equal(pins[0], pins[i]));
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
}
END_TEST

/* Lets a child make its key and kills it at its nth stop at a system call. 1: it ended before that; 0: it was killed; -1: it cannot be traced here. */
static int killed_at_system_call(int nth)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct cc_key_pair *pair = NULL;
		struct cc_error err = { 0 };

		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(2);
		raise(SIGSTOP);
		_exit(cc_key_pair_open(dir, "x", &pair, &err) < 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		return -1;
	for (int i = 0; i < nth; i++) {
		ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
			return 1;
		}
	}
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return 0;
}

START_TEST(killed_at_any_system_call_it_leaves_a_usable_folder)
{
	int ended = 0;
	int nth;

	for (nth = 1; ended == 0; nth++) {
		struct cc_key_pair *pair;
		struct cc_pin pin = { 0 };
		struct stat st;
		char path[128];
		bool was_there;

		empty_dir();
		ended = killed_at_system_call(nth);
		if (ended < 0)
			TEST_SKIP_CASE("processes cannot be traced here");
		snprintf(path, sizeof(path), "%s/" CC_KEY_FILE, dir);
		was_there = stat(path, &st) == 0;
		pair = open_pair();
		pin = cc_key_pair_pin(pair);
		cc_key_pair_free(pair);
		pair = open_pair();
		ck_assert(cc_pin_equal(pin, cc_key_pair_pin(pair)));
		ck_assert_int_eq(files_in_dir(), 1);
		if (was_there) {
			struct stat now;

			ck_assert_int_eq(stat(path, &now), 0);
			ck_assert_uint_eq(st.st_ino, now.st_ino);
		}
		cc_key_pair_free(pair);
	}
	ck_assert_int_gt(nth, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keys");
	TCase *tc = tcase_create("keys");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_key_is_made_once_and_read_again);
	tcase_add_test(tc, two_folders_have_two_keys);
	tcase_add_test(tc, the_certificate_never_expires);
	tcase_add_test(tc, the_pin_is_the_same_from_der);
	tcase_add_test(tc, no_bytes_crash_the_reader_of_certificates);
	tcase_add_test(tc, a_known_certificate_has_its_known_pin);
	tcase_add_test(tc, a_damaged_or_open_file_is_refused_and_kept);
	tcase_add_test(tc, a_key_with_the_certificate_of_another_is_refused);
	tcase_add_test(tc, a_wrong_name_or_folder_is_refused);
	tcase_add_test(tc, programs_that_start_together_get_one_key);
	tcase_add_test(tc, killed_at_any_system_call_it_leaves_a_usable_folder);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
