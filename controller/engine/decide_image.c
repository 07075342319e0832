/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/decide.h"

int decide_image_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_create *args = cmd->args;
	const struct image *same = zone_find_name(d->zone, TABLE_IMAGE, args->name);
	const struct member *who = decide_member(d, cmd, err);
	struct image img = {
		.id = args->id, .name = args->name, .arch = args->arch, .bytes = args->bytes, .sha256 = args->sha256, .created = cmd->now_ms
	};

	if (who == NULL)
		return -1;
	if (same != NULL && strcmp(same->sha256, args->sha256) == 0 && strcmp(same->arch, args->arch) == 0) {
		*ret_resource = same->id;
		return 0;
	}
	if (same != NULL)
		return cc_fail(err, CONFLICT, "there is another image '%s' already; delete it first or choose another name", args->name);
	img.member = who->id;
	effects_put(fx, TABLE_IMAGE, &img);
	*ret_resource = img.id;
	return 0;
}

static const struct instance *user_of(const struct zone *z, struct cc_uuid image, size_t *ret_n)
{
	const struct instance *inst, *first = NULL;

	*ret_n = 0;
	for (size_t at = 0; (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;)
		if (cc_uuid_equal(inst->image, image)) {
			first = first != NULL ? first : inst;
			(*ret_n)++;
		}
	return first;
}

int decide_image_delete(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_delete *args = cmd->args;
	const struct image *img = zone_find_ref(d->zone, TABLE_IMAGE, args->ref);
	const struct instance *user;
	size_t n;

	if (img == NULL)
		return cc_fail_missing(err, "image", args->ref, "; see ccctl image list");
	if (!decide_may(cmd, img->member))
		return cc_fail(err, DENIED, "the image '%s' belongs to another member", args->ref);
	user = user_of(d->zone, img->id, &n);
	if (user != NULL)
		return cc_fail(err, CONFLICT, "the image '%s' is used by %zu instances, such as '%s'; delete them first", args->ref, n, user->name);
	effects_remove(fx, TABLE_IMAGE, img->id);
	*ret_resource = img->id;
	return 0;
}
