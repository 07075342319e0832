/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of unpacking that touches hostile bytes: runs in a process of its own that has given up everything else before it reads the first one. */
#pragma once

#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

struct image_extract {
	int archive;  /* read from its start to its end */
	int target;   /* directory that becomes the root; -1 to check only and write nothing */
	int mapped;   /* becomes readable when the parent has written the maps of the user namespace; -1 with target -1 */
	int ready;    /* a byte is written when the namespace exists */
	pid_t parent; /* with which the process is to end */
	uint64_t entries_max;
	uint64_t bytes_max;
};

struct image_extracted {
	enum cc_code code; /* CC_OK, or why not */
	char msg[sizeof(((struct cc_error *)0)->msg)];
	uint64_t bytes;
};

struct image_extractor {
	/* In a fresh child: enters a user namespace of its own, locks itself into the target and unpacks. */
	void (*run)(const struct image_extract *x, struct image_extracted *ret);
};
extern const struct image_extractor image_extractor;

/* The extractor with libarchive and its fifteen libraries behind it. cc-agent-priv loads it in the child that unpacks: every start of a container forks
 * cc-agent-priv several times, and a fork costs by what the process has loaded. @err INTERNAL it cannot be loaded */
const struct image_extractor *image_extractor_find(struct cc_error *err);
