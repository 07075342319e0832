/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/decide.h"
#include "controller/engine/image_names.h"
#include "controller/engine/image_trust.h"

/* The same archive once more changes nothing, unless it comes with a signature. */
static int import_again(
        const struct decide *d, struct command *cmd, struct effects *fx, const struct image *was, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_create *args = cmd->args;
	struct image is = *was;

	*ret_resource = was->id;
	if (args->signature == NULL)
		return 0;
	if (!principal_may(&cmd->who, was->member))
		return cc_fail(err, DENIED, "the image '%s' belongs to another member, who may sign it", was->name);
	if (image_trust_add(d->opt, &is, args->signature, cmd->arena, err) < 0)
		return -1;
	effects_put(fx, TABLE_IMAGE, &is);
	return 0;
}

int decide_image_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_create *args = cmd->args;
	const struct image *same = zone_find_image(d->zone, args->name, args->arch);
	const struct member *who = decide_member(d, cmd, err);
	struct image img = {
		.id = args->id, .name = args->name, .arch = args->arch, .bytes = args->bytes, .sha256 = args->sha256, .created = cmd->now_ms
	};

	if (who == NULL || decide_check_name(args->name, err) < 0)
		return -1;
	if (sched_arch_number(args->arch) == 0)
		return cc_fail(err, INVALID, "arch: '%s' is no architecture that nodes have; amd64 and arm64 are the usual ones", args->arch);
	if (same != NULL && strcmp(same->sha256, args->sha256) == 0)
		return import_again(d, cmd, fx, same, ret_resource, err);
	if (same != NULL)
		return cc_fail(
		        err, CONFLICT, "there is another image '%s' for %s already; delete it first or choose another name", args->name, args->arch);
	if (zone_find_name(d->zone, TABLE_IMAGE_ALIAS, args->name) != NULL)
		return cc_fail(err, CONFLICT, "'%s' is an alias; remove it first (ccctl image alias remove) or choose another name", args->name);
	if (args->signature != NULL && image_trust_add(d->opt, &img, args->signature, cmd->arena, err) < 0)
		return -1;
	if (image_trust_check(d->opt, &img, err) < 0)
		return -1;
	img.member = who->id;
	effects_put(fx, TABLE_IMAGE, &img);
	*ret_resource = img.id;
	return 0;
}

/* How many instances use the image, and the name of one of them that the caller may see, or NULL. */
static size_t count_users(const struct decide *d, const struct command *cmd, struct cc_uuid image, const char **ret_such_as)
{
	const struct instance *inst;
	size_t n = 0;

	*ret_such_as = NULL;
	for (size_t at = 0; (inst = zone_next(d->zone, TABLE_INSTANCE, &at)) != NULL;)
		if (cc_uuid_equal(inst->image, image)) {
			n++;
			if (*ret_such_as == NULL && principal_may(&cmd->who, inst->member))
				*ret_such_as = inst->name;
		}
	return n;
}

int decide_image_delete(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_delete *args = cmd->args;
	const struct image *img;
	const char *such_as;
	size_t n;

	if (image_names_find_one(d->zone, args->ref, &img, err) < 0)
		return -1;
	if (!principal_may(&cmd->who, img->member))
		return cc_fail(err, DENIED, "the image '%s' belongs to another member", args->ref);
	n = count_users(d, cmd, img->id, &such_as);
	if (n > 0)
		return cc_fail(err, CONFLICT, "the image '%s' is used by %zu instances%s%s%s; they must be deleted first", args->ref, n,
		        such_as != NULL ? ", such as '" : "", such_as != NULL ? such_as : "", such_as != NULL ? "'" : "");
	effects_remove(fx, TABLE_IMAGE, img->id);
	*ret_resource = img->id;
	return 0;
}

int decide_image_alias_set(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_alias_set *args = cmd->args;
	const char *name = args->spec->name;
	const struct image_alias *was = zone_find_name(d->zone, TABLE_IMAGE_ALIAS, name);
	const struct member *who = decide_member(d, cmd, err);
	struct image_alias alias = { .id = args->id, .name = name, .target = args->spec->target, .created = cmd->now_ms };
	struct image_choice choice;

	if (who == NULL || decide_check_name(name, err) < 0)
		return -1;
	if (zone_find_name(d->zone, TABLE_IMAGE, name) != NULL)
		return cc_fail(err, CONFLICT, "there is an image '%s' already; choose another name for the alias", name);
	if (was != NULL && !principal_may(&cmd->who, was->member))
		return cc_fail(err, DENIED, "the alias '%s' belongs to another member", name);
	if (image_names_try_alias(d->zone, name, alias.target, &choice, err) < 0)
		return -1;
	alias.member = was != NULL ? was->member : who->id;
	if (was != NULL) {
		alias.id = was->id;
		alias.created = was->created;
	}
	*ret_resource = alias.id;
	if (was == NULL || strcmp(was->target, alias.target) != 0)
		effects_put(fx, TABLE_IMAGE_ALIAS, &alias);
	return 0;
}

int decide_image_alias_remove(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_alias_remove *args = cmd->args;
	const struct image_alias *alias = zone_find_ref(d->zone, TABLE_IMAGE_ALIAS, args->ref);

	if (alias == NULL)
		return cc_fail_missing(err, "alias", args->ref, "; see ccctl image alias list");
	if (!principal_may(&cmd->who, alias->member))
		return cc_fail(err, DENIED, "the alias '%s' belongs to another member", args->ref);
	effects_remove(fx, TABLE_IMAGE_ALIAS, alias->id);
	*ret_resource = alias->id;
	return 0;
}
