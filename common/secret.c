/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/secret.h"

#include <sodium.h>
#include <string.h>

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

int cc_secret_parse(const char *text, struct cc_secret *ret, struct cc_error *err)
{
	size_t len = strnlen(text, CC_SECRET_TEXT);
	struct cc_secret s;
	size_t bytes;

	if (len != CC_SECRET_TEXT - 1 ||
	        sodium_base642bin(s.b, sizeof(s.b), text, len, NULL, &bytes, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	        bytes != sizeof(s.b))
		return cc_fail(err, INVALID, "this is not a secret of this system; it has %d letters, digits, '-' and '_'", CC_SECRET_TEXT - 1);
	*ret = s;
	cc_secret_wipe(&s);
	return 0;
}

struct cc_secret_hash cc_secret_hash(const struct cc_secret *s)
{
	struct cc_secret_hash h;

	CC_PRE(sodium_init() >= 0);
	CC_PRE(crypto_generichash(h.b, sizeof(h.b), s->b, sizeof(s->b), NULL, 0) == 0);
	return h;
}

bool cc_secret_matches(const struct cc_secret *s, const struct cc_secret_hash *hash)
{
	struct cc_secret_hash h = cc_secret_hash(s);

	return sodium_memcmp(h.b, hash->b, sizeof(h.b)) == 0;
}
