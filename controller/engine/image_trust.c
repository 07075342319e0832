/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/image_trust.h"

#include "common/buf.h"

#include <string.h>

static int check(const struct engine_options *opt, const struct image *img, const struct cc_texts *signatures, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);

	return cc_image_check(opt->image_keys, opt->n_image_keys, signatures, cc_image_statement(img->sha256, img->arch, img->bytes, a), err);
}

int image_trust_set(const struct engine_options *opt, struct image *img, const struct cc_texts *signatures, struct cc_error *err)
{
	if (signatures->n > CC_SIGNATURES_MAX)
		return cc_fail(err, INVALID, "signatures: an image has %d at most", CC_SIGNATURES_MAX);
	for (size_t i = 0; i < signatures->n; i++) {
		struct cc_texts one = { 1, &signatures->items[i] };
		struct cc_signature parsed;

		if (strlen(one.items[0]) != CC_SIGNATURE_TEXT - 1 || cc_signature_parse(one.items[0], &parsed, err) < 0)
			return cc_fail(err, INVALID, "signatures: '%.40s' is no signature of minisign's: give the second line of its .minisig file",
			        one.items[0]);
		if (check(opt, img, &one, err) < 0)
			return cc_wrap(err, "the image cannot be signed so (the zone's setting image_keys names whose signatures count)");
	}
	if (signatures->n > 0)
		cc_set(img, image, signatures, *signatures);
	else
		cc_unset(img, image, signatures);
	return 0;
}

static bool is_by(const char *signature, const struct cc_signature *other)
{
	struct cc_error ignored = { 0 };
	struct cc_signature s;

	return cc_signature_parse(signature, &s, &ignored) == 0 && memcmp(s.id, other->id, sizeof(s.id)) == 0;
}

int image_trust_add(const struct engine_options *opt, struct image *img, const char *signature, struct cc_arena *a, struct cc_error *err)
{
	struct cc_texts all = { .items = cc_new_array(a, CC_SIGNATURES_MAX + 1, const char *) };
	struct cc_signature s;

	if (cc_signature_parse(signature, &s, err) < 0)
		return cc_wrap(err, "signature");
	for (size_t i = 0; cc_has(img, image, signatures) && i < img->signatures.n && i < CC_SIGNATURES_MAX; i++)
		if (!is_by(img->signatures.items[i], &s))
			all.items[all.n++] = img->signatures.items[i];
	all.items[all.n++] = signature;
	return image_trust_set(opt, img, &all, err);
}

int image_trust_check(const struct engine_options *opt, const struct image *img, struct cc_error *err)
{
	struct cc_texts none = { 0 };

	if (!opt->image_signed || check(opt, img, cc_has(img, image, signatures) ? &img->signatures : &none, err) == 0)
		return 0;
	return cc_wrap(err, "this zone takes signed images only (ccctl image sign %s --key FILE, with a key of its image_keys), and of '%s'",
	        img->name, img->name);
}
