/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives between controllers of one zone: who gets them from whom, what is told of missing ones, and what a standby throws away. */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"
#include "common/hash.h"
#include "controller/api/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct world *w;
static struct cc_arena *a;

static size_t read_archives(void *arg, struct cc_arena *arena, struct archive_copy **ret)
{
	const char *sha256 = ((struct world *)arg)->sha256;

	*ret = cc_new_array(arena, 1, struct archive_copy);
	(*ret)[0] = (struct archive_copy){ .image = "told:amd64", .sha256 = sha256, .bytes = 7, .got = 3, .note = "is being copied" };
	return 1;
}

static void set_up(void)
{
	w = world_new(NULL);
	a = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(a);
	world_free(w);
}

#define GET(desc, status, ...) world_get(w, a, &desc, status, &(struct ask){ __VA_ARGS__ })

static const char *import(const char *name, const char *content)
{
	char hash[CC_SHA256_HEX];

	GET(image_desc, 201, .role = ROLE_ANA, .method = "POST", .path = cc_printf(a, "/v1/images?name=%s&arch=amd64", name), .body = content,
	        .type = "application/octet-stream");
	return cc_arena_strdup(a, cc_sha256_format(cc_sha256(content, strlen(content)), hash));
}

static void expect_blob(enum role role, const char *path, int status, const char *body)
{
	struct answer r = ASK(.role = role, .path = path);

	ck_assert_msg(r.status == status, "role %d: %d %s", (int)role, r.status, cc_buf_str(&r.body));
	if (body != NULL)
		ck_assert_str_eq(cc_buf_str(&r.body), body);
	answer_free(&r);
}

START_TEST(a_standby_gives_archives_to_other_controllers_and_to_nobody_else)
{
	const char *path = cc_printf(a, "/v1/blobs/%s", import("new", "an archive"));

	expect_blob(ROLE_CONTROLLER, path, 200, "an archive");
	expect_blob(ROLE_CONTROLLER, cc_printf(a, "%s?offset=3", path), 200, "archive");
	engine_set_standby(w->engine, "a standby");
	expect_blob(ROLE_CONTROLLER, path, 200, "an archive");
	for (int role = 0; role < ROLES; role++)
		if (role != ROLE_CONTROLLER && role != ROLE_ROOT)
			expect_blob((enum role)role, path, 503, NULL);
	/* On its own machine it tells about itself, and archives are nothing for root there either. */
	expect_blob(ROLE_ROOT, path, 403, NULL);
	expect_blob(ROLE_CONTROLLER, "/v1/images", 503, NULL);
	expect_blob(ROLE_CONTROLLER, "/v1/status", 403, NULL);
}
END_TEST

static bool has(const char *sha256)
{
	return access(cc_printf(a, "%s/images/sha256/%s", w->dir, sha256), F_OK) == 0;
}

static bool is_known(void *arg, const char *sha256)
{
	return strcmp(arg, sha256) == 0;
}

START_TEST(a_standby_throws_away_what_the_zone_does_not_have)
{
	const char *kept = import("one", "kept"), *gone = import("two", "gone");

	/* Not while it has the zone. */
	blobs_sweep_standby(http_blobs(w->server), w->engine, is_known, (void *)kept);
	ck_assert(has(kept) && has(gone));
	engine_set_standby(w->engine, "a standby");
	/* An upload is held until the server has cleared up after it. */
	for (int64_t until = cc_boottime_ms() + 20000; has(gone) && cc_boottime_ms() < until;) {
		blobs_sweep_standby(http_blobs(w->server), w->engine, is_known, (void *)kept);
		usleep(10000);
	}
	ck_assert(has(kept));
	ck_assert(!has(gone));
	/* The zone that it had last says nothing any more. */
	blobs_sweep(http_blobs(w->server), w->engine);
	ck_assert(has(kept));
}
END_TEST

START_TEST(status_tells_of_each_missing_archive)
{
	struct zone_status *s;

	ck_assert_int_eq(unlink(cc_printf(a, "%s/images/sha256/%s", w->dir, import("new", "lost"))), 0);
	s = GET(zone_status_desc, 200, .role = ROLE_ANA, .path = "/v1/status");
	ck_assert_int_ge(s->images_missing, 1);
	ck_assert_uint_eq(s->archives.n, (size_t)s->images_missing);
	for (size_t i = 0; i < s->archives.n; i++)
		ck_assert_str_eq(s->archives.items[i].note, "is not looked for yet");
}
END_TEST

START_TEST(a_standby_tells_what_it_is_about_to_get)
{
	struct world_options opt = { .http = { .archives_read = read_archives } };
	struct zone_status *s;

	world_free(w);
	w = world_new(&opt);
	s = GET(zone_status_desc, 200, .role = ROLE_ANA, .path = "/v1/status");
	ck_assert_int_eq(s->images_missing, (int64_t)s->archives.n);
	engine_set_standby(w->engine, "a standby");
	s = GET(zone_status_desc, 200, .role = ROLE_ROOT, .path = "/v1/status");
	ck_assert_int_eq(s->images_missing, 1);
	ck_assert_str_eq(s->archives.items[0].image, "told:amd64");
	ck_assert_int_eq(s->archives.items[0].got, 3);
	ck_assert_str_eq(s->archives.items[0].note, "is being copied");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_archives");
	TCase *tc = tcase_create("archives");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_standby_gives_archives_to_other_controllers_and_to_nobody_else);
	tcase_add_test(tc, a_standby_throws_away_what_the_zone_does_not_have);
	tcase_add_test(tc, status_tells_of_each_missing_archive);
	tcase_add_test(tc, a_standby_tells_what_it_is_about_to_get);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
