/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of unpacking that touches hostile bytes: runs in a process of its own that has given up everything else before it reads the first one. */
#pragma once

#include "common/error.h"

#include <stdint.h>

struct image_extract {
	int archive; /* read from its start to its end */
	int target;  /* directory that becomes the root; -1 to check only and write nothing */
	int mapped;  /* becomes readable when the parent has written the maps of the user namespace; -1 with target -1 */
	int ready;   /* a byte is written when the namespace exists */
	uint64_t entries_max;
	uint64_t bytes_max;
};

struct image_extracted {
	enum cc_code code; /* CC_OK, or why not */
	char msg[sizeof(((struct cc_error *)0)->msg)];
	uint64_t bytes;
};

/* In a fresh child: enters a user namespace of its own, locks itself into the target and unpacks. */
void image_extract(const struct image_extract *x, struct image_extracted *ret);
