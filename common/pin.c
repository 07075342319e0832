/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/pin.h"

#include "common/hash.h"

#include <sodium.h>

char *cc_pin_format(struct cc_pin pin, char text[CC_PIN_HEX])
{
	return sodium_bin2hex(text, CC_PIN_HEX, pin.b, sizeof(pin.b));
}

char *cc_pin_format_curl(struct cc_pin pin, char text[CC_PIN_CURL])
{
	static const char prefix[] = "sha256//";

	memcpy(text, prefix, sizeof(prefix) - 1);
	sodium_bin2base64(text + sizeof(prefix) - 1, CC_PIN_CURL - (sizeof(prefix) - 1), pin.b, sizeof(pin.b), sodium_base64_VARIANT_ORIGINAL);
	return text;
}

int cc_pin_parse(const char *text, struct cc_pin *ret, struct cc_error *err)
{
	struct cc_error why = { 0 };
	struct cc_sha256 h;

	if (cc_sha256_parse(text, &h, &why) < 0)
		return cc_fail(err, INVALID, "'%.70s' is not a pin; it has 64 hexadecimal digits", text);
	memcpy(ret->b, h.b, sizeof(ret->b));
	return 0;
}
