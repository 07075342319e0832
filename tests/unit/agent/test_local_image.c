/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/local_image.h"
#include "tests/lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char dir[64];
static struct local_images t;
static struct local_image *m;
static const char content[] = "an archive, or so they say";
enum { LEN = sizeof(content) - 1 };

static void setup(void)
{
	char hex[CC_SHA256_HEX];

	strcpy(dir, "/tmp/cc-image-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	t = (struct local_images){ 0 };
	m = local_image_get(&t, cc_sha256_format(cc_sha256(content, LEN), hex));
}

static void teardown(void)
{
	local_image_table_done(&t);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing is ever left in it */
}

static void begin(int64_t bytes)
{
	struct cc_error err = { 0 };

	ck_assert_msg(local_image_begin(m, dir, bytes, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(m->state, IMAGE_FETCHING);
}

START_TEST(an_archive_in_pieces_is_verified_and_stands_at_its_beginning)
{
	struct cc_error err = { 0 };
	char back[LEN];

	begin(LEN);
	for (size_t i = 0; i < LEN; i++)
		ck_assert_int_eq(local_image_add(m, content + i, 1, &err), 0);
	ck_assert_int_eq(local_image_end(m, &err), 0);
	ck_assert_int_eq(m->state, IMAGE_FETCHED);
	ck_assert_int_eq(read(m->fd, back, LEN), LEN);
	ck_assert_mem_eq(back, content, LEN);
	local_image_ready(m);
	ck_assert_int_eq(m->fd, -1);
	ck_assert_int_eq(local_image_state_of(&t, m->sha256, 0), IMAGE_READY);
}
END_TEST

START_TEST(an_archive_that_is_not_what_its_hash_says_is_refused_for_good)
{
	struct cc_error err = { 0 };
	char wrong[LEN];

	memset(wrong, 'x', LEN);
	begin(LEN);
	ck_assert_int_eq(local_image_add(m, wrong, LEN, &err), 0);
	ck_assert_int_eq(local_image_end(m, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	local_image_failed(m, &err, 1000);
	ck_assert_int_eq(local_image_state_of(&t, m->sha256, INT64_MAX), IMAGE_REFUSED);
	ck_assert_ptr_nonnull(strstr(m->reason, "damaged"));
}
END_TEST

START_TEST(a_short_archive_is_fetched_again_later)
{
	struct cc_error err = { 0 };

	begin(LEN);
	ck_assert_int_eq(local_image_add(m, content, LEN - 1, &err), 0);
	ck_assert_int_eq(local_image_end(m, &err), -1);
	local_image_failed(m, &err, 1000);
	ck_assert_int_eq(local_image_state_of(&t, m->sha256, 1999), IMAGE_LATER);
	ck_assert_ptr_nonnull(strstr(m->reason, "next try in 1 s"));
	ck_assert_int_eq(local_image_state_of(&t, m->sha256, 2000), IMAGE_ABSENT);
	begin(LEN);
	ck_assert_int_eq(m->got, 0);
}
END_TEST

START_TEST(a_long_archive_is_refused_at_the_first_byte_too_many)
{
	struct cc_error err = { 0 };

	begin(LEN - 1);
	ck_assert_int_eq(local_image_add(m, content, LEN, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

START_TEST(a_full_disk_is_told_before_the_archive_comes)
{
	struct rlimit small = { 1000, RLIM_INFINITY };
	struct cc_error err = { 0 };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	ck_assert_int_eq(local_image_begin(m, dir, 1001, &err), -1);
	ck_assert_int_eq(err.code, CC_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "no room"));
	local_image_failed(m, &err, 0);
	ck_assert_int_eq(m->state, IMAGE_LATER);
}
END_TEST

START_TEST(the_list_of_what_is_unpacked_is_believed)
{
	struct priv_image list[2] = { { .users = 0 } };
	struct local_image *other = local_image_get(&t, "00");

	other->state = IMAGE_READY;
	memcpy(list[0].sha256, m->sha256, sizeof(list[0].sha256));
	memcpy(list[1].sha256, "11", 3);
	local_image_saw_all(&t, list, 2);
	ck_assert_int_eq(m->state, IMAGE_READY);
	ck_assert_int_eq(other->state, IMAGE_ABSENT);
	ck_assert_int_eq(local_image_state_of(&t, "11", 0), IMAGE_READY);
	ck_assert_int_eq(local_image_state_of(&t, "22", 0), IMAGE_ABSENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *tc = tcase_create("image");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_archive_in_pieces_is_verified_and_stands_at_its_beginning);
	tcase_add_test(tc, an_archive_that_is_not_what_its_hash_says_is_refused_for_good);
	tcase_add_test(tc, a_short_archive_is_fetched_again_later);
	tcase_add_test(tc, a_long_archive_is_refused_at_the_first_byte_too_many);
	tcase_add_test(tc, a_full_disk_is_told_before_the_archive_comes);
	tcase_add_test(tc, the_list_of_what_is_unpacked_is_believed);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
