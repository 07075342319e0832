/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/archive_fixture.h"

#include "common/check.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct archive *open_archive(int fd, const char *filter)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	if (filter != NULL)
		CC_PRE(archive_write_add_filter_by_name(a, filter) == ARCHIVE_OK);
	/* The same entries give the same hash. */
	if (filter != NULL && strcmp(filter, "gzip") == 0)
		CC_PRE(archive_write_set_options(a, "gzip:!timestamp") == ARCHIVE_OK);
	/* No padding to whole records: a test may cut anywhere. */
	archive_write_set_bytes_in_last_block(a, 1);
	CC_PRE(archive_write_open_fd(a, fd) == ARCHIVE_OK);
	return a;
}

static void add_entry(struct archive *a, const struct archive_fixture_entry *f)
{
	struct archive_entry *e = archive_entry_new();
	int64_t size = f->size != 0 ? f->size : f->data != NULL ? (int64_t)strlen(f->data) : 0;

	archive_entry_set_pathname(e, f->path);
	archive_entry_set_mode(e, f->type | (f->mode != 0 ? f->mode : 0755));
	archive_entry_set_uid(e, f->uid);
	archive_entry_set_gid(e, f->uid);
	if (f->type == 0)
		archive_entry_set_hardlink(e, f->data);
	else if (f->type == S_IFLNK)
		archive_entry_set_symlink(e, f->data);
	else if (f->type == S_IFCHR || f->type == S_IFBLK)
		archive_entry_set_rdev(e, makedev(1, 3));
	archive_entry_set_size(e, f->type == S_IFREG ? size : 0);
	CC_PRE(archive_write_header(a, e) == ARCHIVE_OK);
	if (f->type == S_IFREG && f->data != NULL)
		archive_write_data(a, f->data, f->size != 0 ? (size_t)f->size : strlen(f->data));
	archive_entry_free(e);
}

int archive_fixture_make(const struct archive_fixture_entry *entries, size_t n, const char *filter)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	struct archive *a = open_archive(fd, filter);

	for (size_t i = 0; i < n; i++)
		add_entry(a, &entries[i]);
	archive_write_close(a);
	archive_write_free(a);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static char *read_busybox(int64_t *ret_size)
{
	int fd = open("/bin/busybox", O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	CC_PRE(fd >= 0 && fstat(fd, &st) == 0);
	data = cc_malloc((size_t)st.st_size);
	CC_PRE(read(fd, data, (size_t)st.st_size) == st.st_size);
	close(fd);
	*ret_size = st.st_size;
	return data;
}

static int make_busybox(const char *filter, const char *init)
{
	static const char *const applets[] = { "sh", "ls", "cat", "id", "hostname", "sleep", "true", "false", "grep", "kill", "ping", "mount",
		"touch", "echo", "env", "mkdir", "mknod", "reboot", "poweroff", "ip", "wget", "nc", "tr", "wc", "unshare", "dd", "stat", "ln", "rm",
		"chmod", "head" };
	static const char *const dirs[] = { ".", "bin", "sbin", "etc", "dev", "proc", "sys", "tmp", "root", "run" };
	struct archive_fixture_entry entries[64] = { 0 };
	char links[CC_ARRAY_LEN(applets)][32];
	size_t n = 0;
	int64_t size;
	char *busybox = read_busybox(&size);
	int fd;

	for (size_t i = 0; i < CC_ARRAY_LEN(dirs); i++)
		entries[n++] = (struct archive_fixture_entry){ .path = dirs[i], .type = S_IFDIR };
	entries[n++] = (struct archive_fixture_entry){ .path = "bin/busybox", .type = S_IFREG, .data = busybox, .size = size };
	for (size_t i = 0; i < CC_ARRAY_LEN(applets); i++) {
		snprintf(links[i], sizeof(links[i]), "bin/%s", applets[i]);
		entries[n++] = (struct archive_fixture_entry){ .path = links[i], .type = S_IFLNK, .data = "busybox" };
	}
	if (init == NULL)
		entries[n++] = (struct archive_fixture_entry){ .path = "sbin/init", .type = S_IFLNK, .data = "/bin/busybox" };
	else
		entries[n++] = (struct archive_fixture_entry){ .path = "sbin/init", .type = S_IFREG, .data = init };
	entries[n++] = (struct archive_fixture_entry){ .path = "etc/inittab", .type = S_IFREG, .data = "::sysinit:/bin/true\n", .mode = 0644 };
	entries[n++] = (struct archive_fixture_entry){
		.path = "etc/passwd", .type = S_IFREG, .data = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n", .mode = 0644
	};
	entries[n++] = (struct archive_fixture_entry){ .path = "bin/setuid", .type = S_IFREG, .data = "x", .mode = 04755, .uid = 1000 };
	fd = archive_fixture_make(entries, n, filter);
	free(busybox);
	return fd;
}

int archive_fixture_busybox(const char *filter)
{
	return make_busybox(filter, NULL);
}

int archive_fixture_busybox_init(const char *script)
{
	return make_busybox(NULL, script);
}

struct priv_image_unpack archive_fixture_request(int fd)
{
	struct priv_image_unpack r = { .unpacked_max_bytes = 64 << 20, .entries_max = 1000 };
	crypto_hash_sha256_state state;
	unsigned char hash[crypto_hash_sha256_BYTES], buf[65536];
	ssize_t n;

	crypto_hash_sha256_init(&state);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		crypto_hash_sha256_update(&state, buf, (unsigned long long)n);
		r.archive_bytes += (uint64_t)n;
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(r.sha256, sizeof(r.sha256), hash, sizeof(hash));
	lseek(fd, 0, SEEK_SET);
	return r;
}
