/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random 256-bit secrets: bearer tokens and the one-time secrets in tokens. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define CC_SECRET_TEXT 44 /* bytes of the URL-safe text form with its NUL */

struct cc_secret {
	uint8_t b[32];
};

struct cc_secret cc_secret_new(void);
void cc_secret_wipe(struct cc_secret *s);
char *cc_secret_format(const struct cc_secret *s, char text[CC_SECRET_TEXT]);
