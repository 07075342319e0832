/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives that an image may be, and those that it may not. */
#include "agent/driver/process.h"
#include "common/cleanup.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static int unpack(int fd, const struct priv_image_unpack *body, struct cc_error *err)
{
	return priv_client_call(
	        priv_fixture.client, &(struct priv_request){ .verb = PRIV_IMAGE_UNPACK, .body = body, .fds = &fd }, 60000, NULL, NULL, err);
}

static struct priv_image *list(uint32_t *ret_count)
{
	struct priv_list_reply reply;
	struct priv_none none = { 0 };
	struct cc_error err = { 0 };
	void *tail;

	ck_assert_int_eq(
	        priv_client_call(priv_fixture.client, &(struct priv_request){ .verb = PRIV_IMAGE_LIST, .body = &none }, 5000, &reply, &tail, &err),
	        0);
	*ret_count = reply.count;
	return tail;
}

static bool is_listed(const char *sha256, struct priv_image *ret)
{
	bool found = false;
	uint32_t n;
	struct priv_image *all = list(&n);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(all[i].sha256, sha256) == 0) {
			*ret = all[i];
			found = true;
		}
	free(all);
	return found;
}

/* Names below images/ other than whole images. */
static int count_half(void)
{
	char path[128];
	struct dirent *d;
	int n = 0;

	snprintf(path, sizeof(path), "%s/images", priv_fixture_dir());
	DIR *dir = opendir(path);
	while ((d = readdir(dir)) != NULL)
		n += d->d_name[0] != '.' && strlen(d->d_name) != 64;
	closedir(dir);
	return n;
}

static int delete_image(const char *sha256, struct cc_error *err)
{
	struct priv_image_ref q;

	memcpy(q.sha256, sha256, sizeof(q.sha256));
	return priv_fixture_call(PRIV_IMAGE_DELETE, &q, NULL, err);
}

static const char *const filters[] = { NULL, "gzip", "xz", "zstd" };

START_TEST(every_compression_unpacks_and_is_done_at_once_the_second_time)
{
	cc_auto_close int fd = archive_fixture_busybox(filters[_i]);
	struct priv_image_unpack q = archive_fixture_request(fd);
	struct cc_error err = { 0 };
	struct priv_image image;

	(void)delete_image(q.sha256, &err);
	ck_assert_msg(unpack(fd, &q, &err) == 0, "%s", err.msg);
	/* The descriptor is at its end now: a second unpacking that read it would fail. */
	ck_assert_msg(unpack(fd, &q, &err) == 0, "%s", err.msg);
	ck_assert(is_listed(q.sha256, &image));
	ck_assert_uint_gt(image.unpacked_bytes, 1000000);
	ck_assert_uint_eq(image.users, 0);
	priv_fixture_run(1, q.sha256);
	ck_assert_int_eq(priv_fixture_sh(1, "true", NULL, 0), 0);
	ck_assert(is_listed(q.sha256, &image));
	ck_assert_uint_eq(image.users, 1);
	ck_assert_int_lt(delete_image(q.sha256, &err), 0);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(delete_image(q.sha256, &err), 0);
	ck_assert_int_eq(delete_image(q.sha256, &err), 0);
	ck_assert(!is_listed(q.sha256, &image));
}
END_TEST

#define DIR_ROOT                         \
	{                                \
		".", S_IFDIR, 0, 0, 0, 0 \
	}
#define FILE_A                                \
	{                                     \
		"a", S_IFREG, "data", 0, 0, 0 \
	}

static const struct {
	const char *name;
	struct archive_fixture_entry entries[4];
	size_t n;
	const char *why; /* in the message */
	enum cc_code code;
} hostile[] = {
	{ "parent", { DIR_ROOT, { "../evil", S_IFREG, "x", 0, 0, 0 } }, 2, "leads outside", CC_INVALID },
	{ "parent inside", { DIR_ROOT, { "a/../../evil", S_IFREG, "x", 0, 0, 0 } }, 2, "leads outside", CC_INVALID },
	{ "absolute", { DIR_ROOT, { "/etc/evil", S_IFREG, "x", 0, 0, 0 } }, 2, "absolute", CC_INVALID },
	{ "character device", { DIR_ROOT, { "null", S_IFCHR, NULL, 0, 0, 0 } }, 2, "device node", CC_INVALID },
	{ "block device", { DIR_ROOT, { "sda", S_IFBLK, NULL, 0, 0, 0 } }, 2, "device node", CC_INVALID },
	{ "hard link to an absolute name", { DIR_ROOT, { "l", 0, "/etc/passwd", 0, 0, 0 } }, 2, "hard link", CC_INVALID },
	{ "hard link outside", { DIR_ROOT, { "l", 0, "../../../../etc/passwd", 0, 0, 0 } }, 2, "hard link", CC_INVALID },
	{ "hard link to nothing", { DIR_ROOT, { "l", 0, "nothing", 0, 0, 0 } }, 2, "unpacking 'l'", CC_INVALID },
	{ "through a symbolic link", { DIR_ROOT, { "l", S_IFLNK, "/tmp", 0, 0, 0 }, { "l/evil", S_IFREG, "x", 0, 0, 0 } }, 3, "unpacking 'l/evil'",
	        CC_INVALID },
	{ "hard link through a symbolic link", { DIR_ROOT, { "l", S_IFLNK, "/etc", 0, 0, 0 }, { "h", 0, "l/passwd", 0, 0, 0 } }, 3, "unpacking 'h'",
	        CC_INVALID },
	{ "foreign user", { DIR_ROOT, { "a", S_IFREG, "x", 0, 70000, 0 } }, 2, "70000", CC_INVALID },
	{ "too many entries", { DIR_ROOT, FILE_A, { "b", S_IFREG, "x", 0, 0, 0 }, { "c", S_IFREG, "x", 0, 0, 0 } }, 4, "entries", CC_TOO_LARGE },
	{ "directories that no entry names", { DIR_ROOT, { "a/b/c/d", S_IFREG, "x", 0, 0, 0 } }, 2, "entries", CC_TOO_LARGE },
	{ "too deep", { DIR_ROOT }, 0, "deep", CC_INVALID },
	{ "too large", { DIR_ROOT }, 0, "larger than", CC_TOO_LARGE },
	{ "nothing", { DIR_ROOT }, 0, "empty", CC_INVALID },
};

static int make_hostile(size_t i)
{
	static char deep[512], large[70000];
	struct archive_fixture_entry entries[2] = { DIR_ROOT };

	if (strcmp(hostile[i].name, "too deep") == 0) {
		for (int d = 0; d < 101; d++)
			strcat(deep, "d/");
		entries[1] = (struct archive_fixture_entry){ deep, S_IFDIR, NULL, 0, 0, 0 };
		return archive_fixture_make(entries, 2, NULL);
	}
	if (strcmp(hostile[i].name, "too large") == 0) {
		entries[1] = (struct archive_fixture_entry){ "large", S_IFREG, large, sizeof(large), 0, 0 };
		return archive_fixture_make(entries, 2, "gzip");
	}
	return archive_fixture_make(hostile[i].entries, hostile[i].n, NULL);
}

START_TEST(a_hostile_archive_is_refused_with_its_reason_and_leaves_nothing)
{
	cc_auto_close int fd = make_hostile((size_t)_i);
	struct priv_image_unpack q = archive_fixture_request(fd);
	struct cc_error err = { 0 };
	struct priv_image image;

	q.unpacked_max_bytes = 65536;
	q.entries_max = 3;
	ck_assert_msg(unpack(fd, &q, &err) < 0, "%s was unpacked", hostile[_i].name);
	ck_assert_msg(strstr(err.msg, hostile[_i].why) != NULL, "%s: %s", hostile[_i].name, err.msg);
	ck_assert_int_eq(err.code, hostile[_i].code);
	ck_assert(!is_listed(q.sha256, &image));
	ck_assert_int_eq(count_half(), 0);
}
END_TEST

START_TEST(a_wrong_hash_or_length_is_refused)
{
	cc_auto_close int fd = archive_fixture_busybox(NULL);
	struct priv_image_unpack q = archive_fixture_request(fd);
	struct cc_error hash = { 0 }, cut = { 0 }, longer = { 0 };

	q.entries_max = 100;
	q.sha256[5] = q.sha256[5] == '0' ? '1' : '0';
	ck_assert_int_lt(unpack(fd, &q, &hash), 0);
	ck_assert_ptr_nonnull(strstr(hash.msg, "sha256"));
	q = archive_fixture_request(fd);
	(void)delete_image(q.sha256, &(struct cc_error){ 0 });
	q.archive_bytes++;
	ck_assert_int_lt(unpack(fd, &q, &cut), 0);
	ck_assert_ptr_nonnull(strstr(cut.msg, "ends after"));
	lseek(fd, 0, SEEK_SET);
	q.archive_bytes -= 2;
	ck_assert_int_lt(unpack(fd, &q, &longer), 0);
	ck_assert_ptr_nonnull(strstr(longer.msg, "longer"));
	ck_assert_int_eq(count_half(), 0);
}
END_TEST

static int random_bytes(size_t n)
{
	int fd = memfd_create("noise", MFD_CLOEXEC);

	for (size_t i = 0; i < n; i++)
		dprintf(fd, "%c", (int)(i * 2654435761u >> 13 & 255));
	return fd;
}

START_TEST(what_is_no_archive_is_refused)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 100000 };

	for (size_t i = 0; i < CC_ARRAY_LEN(sizes); i++) {
		cc_auto_close int fd = random_bytes(sizes[i]);
		struct priv_image_unpack q = archive_fixture_request(fd);
		struct cc_error err = { 0 };

		ck_assert_msg(unpack(fd, &q, &err) < 0, "%zu bytes", sizes[i]);
		ck_assert_msg(err.code == CC_INVALID, "%zu bytes: %s", sizes[i], err.msg);
	}
}
END_TEST

START_TEST(a_cut_archive_with_the_right_hash_is_refused)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(filters); i++) {
		cc_auto_close int fd = archive_fixture_busybox(filters[i]);
		struct priv_image_unpack q;
		struct cc_error err = { 0 };

		ck_assert_int_eq(ftruncate(fd, lseek(fd, 0, SEEK_END) / 2), 0);
		q = archive_fixture_request(fd);
		ck_assert_msg(unpack(fd, &q, &err) < 0 && err.code == CC_INVALID, "%s: %s", filters[i] != NULL ? filters[i] : "tar", err.msg);
	}
	ck_assert_int_eq(count_half(), 0);
}
END_TEST

START_TEST(a_descriptor_that_cannot_be_read_is_an_error)
{
	cc_auto_close int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct priv_image_unpack q = { .archive_bytes = 10, .unpacked_max_bytes = 1000, .entries_max = 10 };
	struct cc_error err = { 0 };

	memset(q.sha256, 'c', 64);
	ck_assert_int_lt(unpack(fd, &q, &err), 0);
	memset(q.sha256, '/', 64);
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(unpack(fd, &q, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

/* An unpacking that waits for more of its archive. */
struct unpacking {
	pid_t child;     /* of cc-agent-priv */
	pid_t extractor; /* its child, with the archive in its hands */
	int archive[2];
};

static bool is_inside(pid_t pid)
{
	char text[64];

	return strcmp(priv_lxc_status(pid, SANITIZED ? "NoNewPrivs" : "Seccomp", text, sizeof(text)), SANITIZED ? "1" : "2") == 0;
}

static void begin_unpacking(struct unpacking *u)
{
	struct priv_image_unpack q = { .archive_bytes = 1 << 20, .unpacked_max_bytes = 1 << 20, .entries_max = 10 };
	struct cc_error err = { 0 };

	memset(q.sha256, 'd', 64);
	ck_assert_int_eq(pipe2(u->archive, O_CLOEXEC), 0);
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = PRIV_IMAGE_UNPACK, .body = &q, .fds = &u->archive[0] },
	                         NULL, NULL, NULL, &err),
	        0);
	for (int i = 0; i < 500; i++) {
		u->child = priv_fixture_child(priv_fixture.pid);
		u->extractor = u->child > 0 ? priv_fixture_child(u->child) : 0;
		if (u->extractor > 0 && is_inside(u->extractor))
			return;
		usleep(10000);
	}
	ck_abort_msg("nobody unpacks");
}

START_TEST(who_unpacks_has_the_archive_and_nothing_of_the_node)
{
	char path[64], target[300], mounts[8192];
	struct unpacking u;
	int pipes = 0;

	begin_unpacking(&u);
	for (int fd = 0; fd < 256; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", u.extractor, fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (strncmp(target, "pipe:", 5) == 0)
			pipes++;
		else
			ck_assert_msg(strcmp(target, "/dev/null") == 0, "%d is %s", fd, target);
	}
	ck_assert_int_eq(pipes, 2);
	/* Of all mounts its own root is left. */
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", u.extractor);
	priv_lxc_read(path, mounts, sizeof(mounts));
	ck_assert_msg(strchr(mounts, '\n') != NULL && strchr(mounts, '\n')[1] == '\0', "%s", mounts);
	close(u.archive[1]);
}
END_TEST

START_TEST(who_unpacks_ends_with_its_parent_even_when_it_hangs)
{
	struct unpacking u;

	begin_unpacking(&u);
	kill(u.extractor, SIGSTOP);
	kill(u.child, SIGKILL);
	for (int i = 0; i < 100 && priv_lxc_alive(u.extractor); i++)
		usleep(20000);
	ck_assert(!priv_lxc_alive(u.extractor));
	close(u.archive[1]);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, every_compression_unpacks_and_is_done_at_once_the_second_time, 0, CC_ARRAY_LEN(filters));
	tcase_add_loop_test(t, a_hostile_archive_is_refused_with_its_reason_and_leaves_nothing, 0, CC_ARRAY_LEN(hostile));
	tcase_add_test(t, a_wrong_hash_or_length_is_refused);
	tcase_add_test(t, what_is_no_archive_is_refused);
	tcase_add_test(t, a_cut_archive_with_the_right_hash_is_refused);
	tcase_add_test(t, a_descriptor_that_cannot_be_read_is_an_error);
	tcase_add_test(t, who_unpacks_has_the_archive_and_nothing_of_the_node);
	tcase_add_test(t, who_unpacks_ends_with_its_parent_even_when_it_hangs);
}

int main(void)
{
	return priv_lxc_main("priv_image", add);
}
