/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fallback where ids cannot be mapped by a mount: a copy of an unpacked image whose owners are moved to an instance's ids. */
#pragma once

#include "common/error.h"

#include <stdint.h>

/* Copies `source` to `name` in the directory; ids from..from+65535 become to..to+65535. Done at once when the copy is there; a broken one is made anew.
 * Hard links become copies; extended attributes are not kept (file capabilities name the ids they are for). @err IO, NO_CAPACITY disk is full */
int image_copy_shifted(const char *source, int dirfd, const char *name, uint32_t from, uint32_t to, struct cc_error *err);
