/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/secret.h"

#include <sodium.h>

struct cc_secret cc_secret_new(void)
{
	struct cc_secret s;

	CC_PRE(sodium_init() >= 0);
	randombytes_buf(s.b, sizeof(s.b));
	return s;
}

void cc_secret_wipe(struct cc_secret *s)
{
	sodium_memzero(s, sizeof(*s));
}

char *cc_secret_format(const struct cc_secret *s, char text[CC_SECRET_TEXT])
{
	return sodium_bin2base64(text, CC_SECRET_TEXT, s->b, sizeof(s->b), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
