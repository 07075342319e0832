/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/image_names.h"

#include "common/buf.h"

#include <string.h>

/* A walk from alias to alias. */
struct walk {
	const struct zone *zone;
	const char *as_name, *as_target; /* an alias that is only being thought of, or NULL */
	const char *seen[IMAGE_ALIASES_MAX + 1];
	size_t n;
	char arch[32]; /* asked for after a colon, or "" */
};

/* "a -> b -> c" */
static const char *chain(const struct walk *w, const char *end, struct cc_buf *to)
{
	for (size_t i = 0; i < w->n; i++)
		cc_buf_printf(to, "%s -> ", w->seen[i]);
	cc_buf_adds(to, end);
	return cc_buf_str(to);
}

static const char *alias_target(const struct walk *w, const char *name)
{
	const struct image_alias *alias;

	if (w->as_name != NULL && strcmp(w->as_name, name) == 0)
		return w->as_target;
	alias = zone_find_name(w->zone, TABLE_IMAGE_ALIAS, name);
	return alias != NULL ? alias->target : NULL;
}

static bool choose_named(const struct walk *w, const char *name, struct image_choice *ret)
{
	*ret = (struct image_choice){ .name = name };
	for (uint8_t i = 1; sched_arch_name(i) != NULL; i++) {
		const struct image *img = zone_find_image(w->zone, name, sched_arch_name(i));

		if (img == NULL || (w->arch[0] != '\0' && strcmp(img->arch, w->arch) != 0))
			continue;
		ret->arches |= sched_arch_bit(img->arch);
		if (ret->one == NULL)
			ret->one = img;
	}
	if (ret->one != NULL)
		ret->name = ret->one->name;
	return ret->one != NULL;
}

static bool choose_id(const struct walk *w, const char *ref, struct image_choice *ret)
{
	struct cc_error ignored;
	struct cc_uuid id;
	const struct image *img = cc_uuid_parse(ref, &id, &ignored) == 0 ? zone_find(w->zone, TABLE_IMAGE, id) : NULL;

	if (img == NULL || (w->arch[0] != '\0' && strcmp(img->arch, w->arch) != 0))
		return false;
	*ret = (struct image_choice){ .one = img, .arches = sched_arch_bit(img->arch) };
	return true;
}

static int fail_missing(const struct walk *w, const char *ref, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };

	if (w->n == 0)
		return cc_fail_missing(err, "image", ref, "; see ccctl image list");
	return cc_fail(err, NOT_FOUND, "the alias '%s' leads to no image: %s; see ccctl image list", w->seen[0], chain(w, ref, &text));
}

/* Notes an alias on the way. */
static int pass(struct walk *w, const char *name, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };

	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->seen[i], name) == 0)
			return cc_fail(err, CONFLICT, "aliases in a circle: %s", chain(w, name, &text));
	if (w->n == IMAGE_ALIASES_MAX)
		return cc_fail(err, CONFLICT, "more than %d aliases one after the other: %s", IMAGE_ALIASES_MAX, chain(w, name, &text));
	w->seen[w->n++] = name;
	return 0;
}

static int resolve(struct walk *w, const char *ref, struct image_choice *ret, struct cc_error *err)
{
	char names[IMAGE_ALIASES_MAX + 2][129];

	for (size_t i = 0;; i++) {
		char *name = names[i], *colon;
		const char *target;

		snprintf(name, sizeof(names[i]), "%s", ref);
		colon = strchr(name, ':');
		if (colon != NULL) {
			/* What was asked for first counts. */
			if (w->arch[0] == '\0')
				snprintf(w->arch, sizeof(w->arch), "%s", colon + 1);
			*colon = '\0';
			if (colon[1] == '\0')
				return fail_missing(w, ref, err);
		}
		if (choose_id(w, name, ret) || choose_named(w, name, ret))
			return 0;
		target = alias_target(w, name);
		if (target == NULL)
			return fail_missing(w, ref, err);
		if (pass(w, name, err) < 0)
			return -1;
		ref = target;
	}
}

int image_names_resolve(const struct zone *z, const char *ref, struct image_choice *ret, struct cc_error *err)
{
	struct walk w = { .zone = z };

	return resolve(&w, ref, ret, err);
}

int image_names_try_alias(const struct zone *z, const char *name, const char *target, struct image_choice *ret, struct cc_error *err)
{
	struct walk w = { .zone = z, .as_name = name, .as_target = target };

	return resolve(&w, name, ret, err);
}

const struct image *image_names_pick(const struct zone *z, const struct image_choice *choice, const char *arch)
{
	return choice->name != NULL ? zone_find_image(z, choice->name, arch) : choice->one;
}

int image_names_find_one(const struct zone *z, const char *ref, const struct image **ret, struct cc_error *err)
{
	const struct image *img = zone_find_ref(z, TABLE_IMAGE, ref);
	cc_auto_buf struct cc_buf all = { 0 };
	size_t n = 0;

	if (img == NULL && zone_find_name(z, TABLE_IMAGE_ALIAS, ref) != NULL)
		return cc_fail(err, NOT_FOUND, "'%s' is an alias and no image; see ccctl image alias list", ref);
	if (img == NULL)
		return cc_fail_missing(err, "image", ref, "; see ccctl image list");
	if (strcmp(img->name, ref) == 0)
		for (uint8_t i = 1; sched_arch_name(i) != NULL; i++)
			if (zone_find_image(z, ref, sched_arch_name(i)) != NULL) {
				cc_buf_printf(&all, "%s%s:%s", n > 0 ? ", " : "", ref, sched_arch_name(i));
				n++;
			}
	if (n > 1)
		return cc_fail(err, CONFLICT, "'%s' is the name of %zu images; say which: %s", ref, n, cc_buf_str(&all));
	*ret = img;
	return 0;
}
