/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a new instance says of volumes. */
#include "controller/engine/decide.h"

/* What the node itself mounts there would hide a volume. */
static const char *const covered[] = { "/proc", "/sys", "/dev" };

static bool is_inside(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Each segment is a name. */
static bool is_plain(const char *path)
{
	for (const char *at = path; *at != '\0';) {
		size_t len = strcspn(at + 1, "/");

		if (*at != '/' || len == 0 || (len <= 2 && strspn(at + 1, ".") == len))
			return false;
		at += 1 + len;
	}
	return true;
}

static bool has_control(const char *path)
{
	for (const unsigned char *c = (const unsigned char *)path; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f)
			return true;
	return false;
}

static int check_path(const char *path, struct cc_error *err)
{
	if (path[0] != '/')
		return cc_fail(err, INVALID, "volumes: the path '%s' is not absolute; begin it with '/'", path);
	if (path[1] == '\0')
		return cc_fail(err, INVALID, "volumes: a volume cannot be the instance's whole file system '/'; choose a path inside, such as /data");
	if (!is_plain(path) || has_control(path))
		return cc_fail(err, INVALID,
		        "volumes: the path '%s' is not plain; '.', '..', '//', a '/' at the end and control characters are refused", path);
	for (size_t i = 0; i < CC_ARRAY_LEN(covered); i++)
		if (is_inside(path, covered[i]))
			return cc_fail(
			        err, INVALID, "volumes: '%s' cannot have a volume, as %s is the kernel's own; choose another path", path, covered[i]);
	return 0;
}

static int check_apart(const struct decide_volumes *v, size_t i, struct cc_error *err)
{
	for (size_t k = 0; k < i; k++) {
		if (v->rows[k] == v->rows[i])
			return cc_fail(err, INVALID, "volumes: '%s' is named twice", v->rows[i]->name);
		if (is_inside(v->uses[i].path, v->uses[k].path) || is_inside(v->uses[k].path, v->uses[i].path))
			return cc_fail(err, INVALID, "volumes: the paths '%s' and '%s' are the same or one inside the other", v->uses[k].path,
			        v->uses[i].path);
	}
	return 0;
}

static bool is_read_only(const struct volume_use *u)
{
	return cc_has(u, volume_use, read_only) && u->read_only;
}

/* Either one instance has it, or several read it. */
static int check_free(const struct decide *d, const struct command *cmd, const struct volume *v, bool read_only, struct cc_error *err)
{
	const struct attachment *a;

	for (size_t at = 0; (a = zone_next_of(d->zone, TABLE_ATTACHMENT, v->id, &at)) != NULL;) {
		const struct instance *inst = zone_find(d->zone, TABLE_INSTANCE, a->instance);

		if (read_only && a->read_only)
			continue;
		return cc_fail(err, CONFLICT, "the volume '%s' is used by %s%s; delete that first, or let both only read it (:ro)", v->name,
		        inst != NULL && principal_may(&cmd->who, inst->member) ? cc_printf(cmd->arena, "the instance '%s'", inst->name)
		                                                               : "another member's instance",
		        a->read_only ? ", which reads it" : "");
	}
	return 0;
}

static int find_one(const struct decide *d, const struct command *cmd, struct decide_volumes *v, size_t i, struct cc_error *err)
{
	const struct volume_use *use = &v->uses[i];
	const struct volume *row = zone_find_ref(d->zone, TABLE_VOLUME, use->volume);

	if (row == NULL || !principal_may(&cmd->who, row->member))
		return cc_fail_missing(err, "volume", use->volume, "; see ccctl volume list");
	v->rows[i] = row;
	if (check_path(use->path, err) < 0 || check_apart(v, i, err) < 0)
		return -1;
	if (row->state == VOLUME_DELETING || row->state == VOLUME_LOST)
		return cc_fail(err, CONFLICT, "the volume '%s' is %s; use another", row->name, cc_enum_slug(&volume_state_enum, (int)row->state));
	if (check_free(d, cmd, row, is_read_only(use), err) < 0)
		return -1;
	if (!cc_has(row, volume, node))
		v->unplaced_mib += row->size_mib;
	else if (v->bound_by == NULL)
		v->bound_by = row;
	else if (!cc_uuid_equal(row->node, v->bound_by->node))
		return cc_fail(err, CONFLICT, "the volumes '%s' and '%s' are on different nodes, so no instance can have both", v->bound_by->name,
		        row->name);
	return 0;
}

int decide_volumes_find(
        const struct decide *d, const struct command *cmd, const struct instance_spec *spec, struct decide_volumes *ret, struct cc_error *err)
{
	struct decide_volumes v = { 0 };

	if (cc_has(spec, instance_spec, volumes)) {
		v.n = spec->volumes.n;
		v.uses = spec->volumes.items;
	}
	if (v.n > DECIDE_VOLUMES_MAX)
		return cc_fail(err, INVALID, "volumes: an instance can have %d, and not %zu", DECIDE_VOLUMES_MAX, v.n);
	for (size_t i = 0; i < v.n; i++)
		if (find_one(d, cmd, &v, i, err) < 0)
			return -1;
	*ret = v;
	return 0;
}

/* Different for each volume of an instance, and for each instance. */
static struct cc_uuid attachment_id(struct cc_uuid instance, size_t i)
{
	instance.b[9] ^= (uint8_t)(i + 1);
	return instance;
}

void decide_volumes_attach(const struct decide *d, struct effects *fx, const struct instance *inst, const struct decide_volumes *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct attachment a = { .id = attachment_id(inst->id, i), .instance = inst->id, .volume = v->rows[i]->id, .path = v->uses[i].path };
		struct volume row = *v->rows[i];

		a.read_only = is_read_only(&v->uses[i]);
		effects_put(fx, TABLE_ATTACHMENT, &a);
		if (!cc_has(&row, volume, node))
			decide_volume_put_on(d, fx, &row, inst->node);
		else
			effects_put(fx, TABLE_VOLUME, &row);
	}
}
