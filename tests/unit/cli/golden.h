/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected output in files under tests/golden/cli. `ctest --preset golden-update` writes them anew, to be reviewed as a diff. */
#pragma once

#include "common/buf.h"

/* Fails the test when `got` is not what the file (a path in the source tree) holds. */
void golden_check(const char *path, const struct cc_buf *got);
