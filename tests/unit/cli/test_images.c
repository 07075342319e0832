/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ccctl image import: what is refused before anything is sent, and that what is sent is what was hashed. */
#include "common/hash.h"
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAKE_ROOT                                                                                                        \
	"mkdir -p root/bin root/etc && echo hi > root/etc/motd && head -c 300000 /dev/urandom > root/bin/busybox && "    \
	"ln root/bin/busybox root/bin/sh && ln -s ../etc/motd root/bin/motd && touch root/empty && mkfifo root/fifo && " \
	"chmod 4755 root/bin/busybox; "

static const struct fake_row rows[] = {
	{ "POST", "/v1/images", 201, IMAGE_BUSYBOX },
	{ "DELETE", "/v1/images/busybox", 204, "" },
	{ "DELETE", "/v1/images/used", 409, PROBLEM(409, "conflict", "the image 'used' is used by 2 instances") },
	{ "POST", "/v1/image-aliases", 201,
	        "{\"id\":\"" ID_NODE "\",\"name\":\"box\",\"target\":\"busybox\",\"member\":\"" ID_NODE
	        "\",\"created\":\"2026-11-20T21:00:00.000Z\",\"revision\":2}" },
	{ "GET", "/v1/image-aliases", 200,
	        "{\"index\":9,\"items\":[{\"id\":\"" ID_NODE "\",\"name\":\"box\",\"target\":\"busybox\",\"member\":\"" ID_NODE
	        "\",\"created\":\"2026-11-20T21:00:00.000Z\",\"revision\":2}]}" },
	{ "DELETE", "/v1/image-aliases/box", 204, "" },
	{ NULL },
};

static void start(void)
{
	fake_start(rows);
}

/* The n-th upload, with the hash in its query equal to that of its body. */
static const struct fake_seen *upload(size_t n)
{
	const struct fake_seen *s = fake_seen("POST", "/v1/images", n);
	char hex[CC_SHA256_HEX];

	ck_assert_ptr_nonnull(s);
	cc_sha256_format(cc_sha256(s->body.data, s->body.len), hex);
	ck_assert_ptr_nonnull(strstr(s->url, hex));
	ck_assert_uint_eq(strlen(s->key), 36);
	return s;
}

static void save(const struct fake_seen *s, const char *name)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", fake_dir(), name);
	f = fopen(path, "w");
	ck_assert_uint_eq(fwrite(s->body.data, 1, s->body.len, f), s->body.len);
	fclose(f);
}

static const char *const compressions[] = { "", "-z", "-J", "--zstd" };

START_TEST(archives_are_sent_as_they_are)
{
	struct ran r = fake_run(MAKE_ROOT "tar c %s -f a.tar -C root . && ccctl image import busybox a.tar --arch arm64 -o name", compressions[_i]);

	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "busybox\n");
	ck_assert_ptr_nonnull(strstr(upload(0)->url, "?name=busybox&arch=arm64&sha256="));
	save(upload(0), "sent");
	ck_assert_int_eq(fake_run("cmp sent a.tar").status, 0);
}
END_TEST

START_TEST(a_directory_is_packed_the_same_each_time)
{
	struct ran r = fake_run(MAKE_ROOT "ccctl image import busybox root && cp -a root copy && ccctl image import busybox copy/");

	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_uint_eq(upload(0)->body.len, upload(1)->body.len);
	ck_assert_int_eq(memcmp(upload(0)->body.data, upload(1)->body.data, upload(0)->body.len), 0);
	save(upload(0), "sent");
	r = fake_run("mkdir out2 && tar xpf sent -C out2 && diff -r --no-dereference -x fifo root out2 && "
	             "[ out2/bin/sh -ef out2/bin/busybox ] && [ -u out2/bin/busybox ] && [ -p out2/fifo ] && "
	             "tar tvf sent --numeric-owner | sort -k6 -c && tar tvf sent | head -1");
	ck_assert_msg(r.status == 0, "%s%s", r.out, r.err);
	ck_assert_msg(strstr(r.out, " 0/0 ") != NULL, "%s", r.out);
}
END_TEST

START_TEST(device_nodes_and_sockets_are_left_out)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct ran r;

	fake_run(MAKE_ROOT "mknod root/null c 1 3");
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/root/sock", fake_dir());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	r = fake_run("ccctl image import busybox root");
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_ptr_nonnull(strstr(r.err, "sockets and device nodes\n"));
	save(upload(0), "sent");
	ck_assert_int_ne(fake_run("tar tf sent | grep -E 'sock|null'").status, 0);
}
END_TEST

static const struct {
	const char *make;
	const char *part;
} bad[] = {
	{ "tar cf a -C root . && truncate -s 100000 a", "is truncated or damaged after" },
	{ "tar czf a -C root . && truncate -s 100000 a", "is truncated or damaged after" },
	{ "tar cJf a -C root . && truncate -s 100000 a", "is truncated or damaged after" },
	{ "tar cf a -C root etc && truncate -s 1536 a", "the end mark is missing" },
	{ "head -c 100000 /dev/urandom > a", "is not a tar archive" },
	{ "echo hello > a", "is not a tar archive" },
	{ ": > a", "is empty" },
	{ "tar cf a -T /dev/null", "without files" },
	{ "mkdir a", "the directory is empty" },
	{ "mkfifo a", "is neither a file nor a directory" },
	{ "true", "there is no file or directory 'a'" },
	{ "printf '\\037\\213garbage' > a", "is not a tar archive" },
};

START_TEST(what_is_no_image_is_refused_before_it_is_sent)
{
	struct ran r = fake_run(MAKE_ROOT "%s && ccctl image import busybox a", bad[_i].make);

	ck_assert_msg(strstr(r.err, bad[_i].part) != NULL, "%s: %s", bad[_i].make, r.err);
	ck_assert_int_eq(r.status, 2);
	ck_assert_uint_eq(fake_count("POST", "/v1/images"), 0);
}
END_TEST

START_TEST(a_bad_name_is_refused_before_packing)
{
	struct ran r = fake_run(MAKE_ROOT "ccctl image import Busy_box root");

	ck_assert_int_eq(r.status, 2);
	ck_assert_ptr_nonnull(strstr(r.err, "name: 'Busy_box' is not a DNS label"));
}
END_TEST

START_TEST(images_are_deleted_one_by_one)
{
	struct ran r = fake_run("ccctl image delete --yes used busybox");

	ck_assert_int_eq(r.status, 5);
	ck_assert_str_eq(r.err, "ccctl: the image 'used' is used by 2 instances\nbusybox: deleted\n");
}
END_TEST

START_TEST(aliases_are_commands_of_three_words)
{
	struct ran r = fake_run("ccctl image alias add box busybox && ccctl image alias list -o csv && ccctl image alias remove box");

	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.err, "box: stands for busybox\nbox: removed\n");
	ck_assert_ptr_nonnull(strstr(r.out, "box,busybox,"));
	ck_assert_str_eq(fake_seen("POST", "/v1/image-aliases", 0)->body.data, "{\"name\":\"box\",\"target\":\"busybox\"}");
	r = fake_run("ccctl image alias");
	ck_assert_int_eq(r.status, 2);
	ck_assert_ptr_nonnull(strstr(r.err, "'image alias' needs a verb"));
	r = fake_run("ccctl image alias ad x y");
	ck_assert_msg(r.status == 2 && strstr(r.err, "unknown command") != NULL, "%s", r.err);
	ck_assert_int_eq(fake_run("ccctl image alias add No_Name busybox").status, 2);
}
END_TEST

START_TEST(progress_is_shown_on_a_terminal_only)
{
	struct ran r = fake_run(MAKE_ROOT "ccctl image import busybox root");

	ck_assert_ptr_null(strstr(r.err, "sending"));
	r = fake_run("script -qec 'ccctl image import busybox root' /dev/null");
	ck_assert_ptr_nonnull(strstr(r.out, "sending busybox: "));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli images");
	TCase *tc = tcase_create("images");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, fake_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, archives_are_sent_as_they_are, 0, CC_ARRAY_LEN(compressions));
	tcase_add_test(tc, a_directory_is_packed_the_same_each_time);
	tcase_add_test(tc, device_nodes_and_sockets_are_left_out);
	tcase_add_loop_test(tc, what_is_no_image_is_refused_before_it_is_sent, 0, CC_ARRAY_LEN(bad));
	tcase_add_test(tc, a_bad_name_is_refused_before_packing);
	tcase_add_test(tc, images_are_deleted_one_by_one);
	tcase_add_test(tc, aliases_are_commands_of_three_words);
	tcase_add_test(tc, progress_is_shown_on_a_terminal_only);
	return test_run(s);
}
