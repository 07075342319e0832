/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an image's archive may hold. Pure: names and numbers in, yes or no out. */
#pragma once

#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

#define IMAGE_DEPTH_MAX   100 /* directories above an entry */
#define IMAGE_ENTRY_BYTES 4096

struct image_entry {
	const char *path;     /* NULL when it could not be read as text */
	const char *hardlink; /* NULL unless the entry is one */
	mode_t type;          /* S_IFREG...; 0 for a hard link */
	int64_t size;
	int64_t uid;
	int64_t gid;
	uint64_t implied; /* directories above it that are not there yet */
};

struct image_tally {
	uint64_t entries_max;
	uint64_t bytes_max;
	uint64_t entries; /* with the directories that none of them names */
	uint64_t bytes;   /* of files, and IMAGE_ENTRY_BYTES for each entry: a million empty files are no small image */
};

/* Counts the entry in when it is acceptable. @err INVALID what it is or where it points, TOO_LARGE over a limit */
int image_entry_check(const struct image_entry *e, struct image_tally *tally, struct cc_error *err);
