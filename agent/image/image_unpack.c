/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two processes: this one reads the archive, hashes it and feeds it through a pipe; a child without rights unpacks (image_extractor.h). So the hash is not the
 * word of the process that hostile bytes went through. All happens in images/SHA256.new, which gets its real name when it is complete and synced. */
#include "agent/image/image_unpack.h"

#include "agent/driver/driver.h"
#include "agent/driver/idmap.h"
#include "agent/driver/process.h"
#include "agent/driver/small_file.h"
#include "agent/image/image_extractor.h"
#include "agent/image/image_store.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define CHUNK (128 * 1024)

/* One unpacking. */
struct unpacking {
	const struct priv_node *node;
	const struct priv_image_unpack *req;
	int archive;
	char tmp[PRIV_SHA256_TEXT + 8]; /* its name until it is whole */
	int image;                      /* the directory of that name, and the one below it */
	int rootfs;
};

struct feed {
	uint64_t bytes;
	unsigned char hash[crypto_hash_sha256_BYTES];
	bool refused; /* the child stopped reading: it has something to say */
};

static int feed_archive(int from, int to, uint64_t expected, struct feed *ret, struct cc_error *err)
{
	static char buf[CHUNK];
	crypto_hash_sha256_state state;
	ssize_t n;

	crypto_hash_sha256_init(&state);
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cc_fail_errno(err, "reading the archive");
		ret->bytes += (uint64_t)n;
		if (ret->bytes > expected)
			return cc_fail(err, INVALID, "the archive is longer than the %" PRIu64 " bytes that were announced", expected);
		crypto_hash_sha256_update(&state, (unsigned char *)buf, (unsigned long long)n);
		if (small_file_fill(to, buf, (size_t)n) < 0) {
			ret->refused = true;
			return 0;
		}
	}
	crypto_hash_sha256_final(&state, ret->hash);
	return ret->bytes == expected ? 0 : cc_fail(err, INVALID, "the archive ends after %" PRIu64 " of %" PRIu64 " bytes", ret->bytes, expected);
}

/* The two ends of everything between this process and the child. */
struct pipes {
	int archive[2], result[2], ready[2], mapped[2];
};

static void close_end(int p[2], int end)
{
	if (p[end] >= 0)
		close(p[end]);
	p[end] = -1;
}

static int open_pipes(struct pipes *p, struct cc_error *err)
{
	int(*all)[2] = &p->archive;

	memset(p, -1, sizeof(*p));
	for (int i = 0; i < 4; i++)
		if (pipe2(all[i], O_CLOEXEC) < 0)
			return cc_fail_errno(err, "making a pipe");
	return 0;
}

static void close_pipes(struct pipes *p)
{
	int(*all)[2] = &p->archive;

	for (int i = 0; i < 4; i++) {
		close_end(all[i], 0);
		close_end(all[i], 1);
	}
}

/* What hostile bytes may take over has none of the node's descriptors: not its directories, its lock, nor the channel that this job answers on. */
static void close_others(const struct pipes *p, int target)
{
	int keep[] = { p->archive[0], p->result[1], p->ready[1], p->mapped[0], target };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(1);
	process_keep_fds(keep, CC_ARRAY_LEN(keep));
}

CC_NORETURN static void run_child(const struct image_extractor *extractor, const struct unpacking *u, struct pipes *p, pid_t parent)
{
	int target = u->node->driver->has_rights ? u->rootfs : -1;
	struct image_extract x = {
		.archive = p->archive[0],
		.target = target,
		.mapped = p->mapped[0],
		.ready = p->ready[1],
		.parent = parent,
		.entries_max = u->req->entries_max,
		.bytes_max = u->req->unpacked_max_bytes,
	};
	struct image_extracted result;

	process_end_with(parent);
	close_others(p, target);
	extractor->run(&x, &result);
	/* Before the result: the parent must not go on while this process could still write. */
	close_end(p->archive, 0);
	(void)!write(p->result[1], &result, sizeof(result));
	_exit(0);
}

static int map_child(const struct priv_node *node, pid_t child, struct pipes *p, struct cc_error *err)
{
	char byte;

	if (read(p->ready[0], &byte, 1) != 1)
		return 0; /* it failed before and says why in its result */
	if (idmap_write(child, 0, slot_image_first_id(&node->slots), err) < 0)
		return -1;
	return write(p->mapped[1], &byte, 1) == 1 ? 0 : cc_fail_errno(err, "waking the unpacking child");
}

static int check_hash(const struct priv_image_unpack *req, const struct feed *feed, struct cc_error *err)
{
	char hex[2 * sizeof(feed->hash) + 1];

	sodium_bin2hex(hex, sizeof(hex), feed->hash, sizeof(feed->hash));
	if (strcmp(hex, req->sha256) != 0)
		return cc_fail(err, INVALID, "the archive's sha256 is %s, not %s", hex, req->sha256);
	return 0;
}

static int attend_child(const struct unpacking *u, pid_t child, struct pipes *p, struct image_extracted *ret, struct cc_error *err)
{
	struct feed feed = { 0 };
	ssize_t n;

	close_end(p->archive, 0);
	close_end(p->result, 1);
	close_end(p->ready, 1);
	close_end(p->mapped, 0);
	if (u->node->driver->has_rights && map_child(u->node, child, p, err) < 0)
		return -1;
	if (feed_archive(u->archive, p->archive[1], u->req->archive_bytes, &feed, err) < 0)
		return -1;
	close_end(p->archive, 1);
	do
		n = read(p->result[0], ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	/* A wrong hash explains everything else that may be wrong. */
	if (!feed.refused && check_hash(u->req, &feed, err) < 0)
		return -1;
	if (n != (ssize_t)sizeof(*ret))
		return cc_fail(err, INVALID, "unpacking the archive needs more memory or other means than an image may");
	ret->msg[sizeof(ret->msg) - 1] = '\0';
	if (ret->code != CC_OK)
		return cc_error_set(err, ret->code < CC_CODE_MAX ? ret->code : CC_INTERNAL, 0, CC_HERE, "%s", ret->msg);
	return feed.refused ? cc_fail(err, INTERNAL, "unpacking stopped early") : 0;
}

static int extract(const struct unpacking *u, struct image_extracted *ret, struct cc_error *err)
{
	const struct image_extractor *extractor = image_extractor_find(err);
	struct pipes p;
	pid_t child, parent = getpid();
	int result;

	if (extractor == NULL)
		return -1;
	if (open_pipes(&p, err) < 0) {
		close_pipes(&p);
		return -1;
	}
	signal(SIGPIPE, SIG_IGN);
	child = fork();
	if (child == 0)
		run_child(extractor, u, &p, parent);
	result = child < 0 ? cc_fail_errno(err, "forking") : attend_child(u, child, &p, ret, err);
	close_pipes(&p);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return result;
}

static int make_target(struct unpacking *u, struct cc_error *err)
{
	uint32_t owner = slot_image_first_id(&u->node->slots);
	int images = u->node->dirs.images;

	if (tree_remove(images, u->tmp, err) < 0)
		return -1;
	if (mkdirat(images, u->tmp, 0700) < 0)
		return cc_fail_errno(err, "making the image's directory");
	u->image = openat(images, u->tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (u->image < 0 || mkdirat(u->image, "rootfs", 0755) < 0)
		return cc_fail_errno(err, "making the image's directory");
	u->rootfs = openat(u->image, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (u->rootfs < 0 || (u->node->driver->has_rights && fchown(u->rootfs, owner, owner) < 0))
		return cc_fail_errno(err, "making the image's directory");
	return 0;
}

static int publish(const struct unpacking *u, uint64_t bytes, struct cc_error *err)
{
	int images = u->node->dirs.images;
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", bytes);

	if (small_file_replace(u->image, "size", text, (size_t)len, false, err) < 0)
		return -1;
	if (syncfs(u->image) < 0 || renameat(images, u->tmp, images, u->req->sha256) < 0 || fsync(images) < 0)
		return cc_fail_errno(err, "putting the image in place");
	return 0;
}

static int unpack(struct unpacking *u, struct cc_error *err)
{
	struct image_extracted result;
	struct cc_error ignored = { 0 };

	if (make_target(u, err) < 0)
		return -1;
	if (extract(u, &result, err) < 0 || publish(u, result.bytes, err) < 0) {
		(void)tree_remove(u->node->dirs.images, u->tmp, &ignored);
		return -1;
	}
	return 0;
}

int image_unpack(const struct priv_node *node, const struct priv_image_unpack *req, int fd, struct cc_error *err)
{
	struct unpacking u = { .node = node, .req = req, .archive = fd, .image = -1, .rootfs = -1 };
	int result;

	if (image_exists(&node->dirs, req->sha256))
		return 0;
	snprintf(u.tmp, sizeof(u.tmp), "%s.new", req->sha256);
	result = unpack(&u, err);
	if (u.image >= 0)
		close(u.image);
	if (u.rootfs >= 0)
		close(u.rootfs);
	return result;
}
