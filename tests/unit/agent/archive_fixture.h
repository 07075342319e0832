/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives for tests, made on the spot: good ones from busybox, and hostile ones entry by entry. */
#pragma once

#include "agent/priv_msg.h"

#include <sys/types.h>

struct archive_fixture_entry {
	const char *path;
	mode_t type;      /* S_IFREG, S_IFDIR...; 0 for a hard link */
	const char *data; /* a file's bytes, a link's target */
	int64_t size;     /* of a file; 0: strlen(data) */
	int64_t uid;
	mode_t mode; /* 0: 0755 */
};

/* A file in memory, read from its start. `filter` is "gzip", "xz", "zstd" or NULL. */
int archive_fixture_make(const struct archive_fixture_entry *entries, size_t n, const char *filter);
/* A root file system of busybox whose init answers SIGPWR, and the same whose init is `init` ("#!..." text). */
int archive_fixture_busybox(const char *filter);
int archive_fixture_busybox_init(const char *script);

/* The request that goes with the archive: its hash and length. Leaves the descriptor at its start. */
struct priv_image_unpack archive_fixture_request(int fd);
