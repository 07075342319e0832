/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/local_image.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>
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
	while (t.n > 0)
		local_image_remove(&t, t.items[0]);
	local_image_table_done(&t);
	ck_assert_int_eq(rmdir(dir), 0); /* with what nobody wants, its archive goes */
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
	ck_assert_int_eq(m->got, LEN - 1);
	ck_assert_int_eq(local_image_add(m, content + LEN - 1, 1, &err), 0);
	ck_assert_int_eq(local_image_end(m, &err), 0);
}
END_TEST

START_TEST(what_came_before_this_process_is_gone_on_with)
{
	struct cc_error err = { 0 };
	char sha256[CC_SHA256_HEX];

	strcpy(sha256, m->sha256);
	begin(LEN);
	ck_assert_int_eq(local_image_add(m, content, 10, &err), 0);
	local_image_table_done(&t);
	m = local_image_get(&t, sha256);
	begin(LEN);
	ck_assert_int_eq(m->got, 10);
	ck_assert_int_eq(local_image_add(m, content + 10, LEN - 10, &err), 0);
	ck_assert_int_eq(local_image_end(m, &err), 0);
	/* Its hash is for who unpacks it to check; that it was wrong is not for good. */
	cc_fail(&err, INVALID, "wrong");
	local_image_failed(m, &err, 1000);
	ck_assert_int_eq(local_image_state_of(&t, m->sha256, 1999), IMAGE_LATER);
	begin(LEN);
	ck_assert_int_eq(m->got, 0);
}
END_TEST

START_TEST(what_came_whole_is_not_asked_for_again)
{
	struct cc_error err = { 0 };

	begin(LEN);
	ck_assert_int_eq(local_image_add(m, content, LEN, &err), 0);
	ck_assert_int_eq(local_image_end(m, &err), 0);
	cc_fail(&err, NO_CAPACITY, "the disk is full");
	local_image_failed(m, &err, 1000);
	begin(LEN);
	ck_assert_int_eq(m->got, LEN);
	ck_assert_int_eq(local_image_end(m, &err), 0);
}
END_TEST

START_TEST(what_is_longer_than_announced_is_not_gone_on_with)
{
	struct cc_error err = { 0 };
	char sha256[CC_SHA256_HEX];

	strcpy(sha256, m->sha256);
	begin(LEN);
	ck_assert_int_eq(local_image_add(m, content, LEN, &err), 0);
	local_image_table_done(&t);
	m = local_image_get(&t, sha256);
	begin(LEN - 1);
	ck_assert_int_eq(m->got, 0);
}
END_TEST

START_TEST(what_nobody_asked_for_goes_with_time)
{
	char part[200];

	snprintf(part, sizeof(part), "%s/%s.part", dir, m->sha256);
	begin(LEN);
	local_image_sweep(dir, 0);
	ck_assert_int_eq(access(part, F_OK), 0);
	local_image_sweep(dir, INT64_MAX);
	ck_assert_int_ne(access(part, F_OK), 0);
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
	struct cc_error err = { 0 };

	/* More than any disk has. */
	ck_assert_int_eq(local_image_begin(m, dir, (int64_t)1 << 50, &err), -1);
	ck_assert_int_eq(err.code, CC_NO_CAPACITY);
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
	tcase_add_test(tc, what_came_before_this_process_is_gone_on_with);
	tcase_add_test(tc, what_came_whole_is_not_asked_for_again);
	tcase_add_test(tc, what_is_longer_than_announced_is_not_gone_on_with);
	tcase_add_test(tc, what_nobody_asked_for_goes_with_time);
	tcase_add_test(tc, a_long_archive_is_refused_at_the_first_byte_too_many);
	tcase_add_test(tc, a_full_disk_is_told_before_the_archive_comes);
	tcase_add_test(tc, the_list_of_what_is_unpacked_is_believed);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
