/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes: made on a node or with their first user, used, grown, deleted. A volume that instances write to belongs to one of them at a time. */
#include "controller/engine/cap.h"
#include "controller/engine/columns.h"
#include "controller/engine/decide.h"

static const struct volume *find_volume(const struct decide *d, const struct command *cmd, const char *ref, struct cc_error *err)
{
	const struct volume *v = zone_find_ref(d->zone, TABLE_VOLUME, ref);

	if (v != NULL && principal_may(&cmd->who, v->member))
		return v;
	cc_fail_missing(err, "volume", ref, "; see ccctl volume list");
	return NULL;
}

static const char *user_name(const struct decide *d, const struct attachment *a)
{
	const struct instance *inst = zone_find(d->zone, TABLE_INSTANCE, a->instance);

	return inst != NULL ? inst->name : "?";
}

/* The node as one that is asked for. */
static int check_node(const struct node *n, const struct member *who, int64_t mib, struct cc_error *err)
{
	if (n->state != NODE_READY)
		return cc_fail(err, NO_CAPACITY, "the node '%s' is silent; try again when it is back, or name another", n->name);
	if (cc_has(n, node, closed) || cc_has(n, node, drained))
		return cc_fail(err, NO_CAPACITY, "the node '%s' takes nothing new now%s%.300s; name another", n->name,
		        cc_has(n, node, closed) ? ": " : "", cc_has(n, node, closed) ? n->closed : "");
	if (!columns_welcomes(n, who))
		return cc_fail(err, NO_CAPACITY, "the owner of the node '%s' does not let %s in; name another", n->name, who->name);
	if (!decide_has_feature(n, "volumes"))
		return cc_fail(err, NO_CAPACITY, "the node '%s' cannot have volumes: its kernel or its agent is too old; name another", n->name);
	return decide_check_room("size_mib", 0, mib, n->granted_disk_mib, n->used_disk_mib, n->name, err);
}

void decide_volume_put_on(const struct decide *d, struct effects *fx, struct volume *v, struct cc_uuid node)
{
	cc_set(v, volume, node, node);
	v->state = VOLUME_WANTED;
	v->ordered = 0;
	effects_put(fx, TABLE_VOLUME, v);
	decide_count_disk(d, fx, node, v->size_mib);
	effects_wake(fx, node);
}

int decide_volume_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_volume_create *args = cmd->args;
	const struct volume_spec *spec = args->spec;
	const struct member *who = decide_member(d, cmd, err);
	struct volume v = {
		.id = args->id, .name = spec->name, .state = VOLUME_UNPLACED, .reason = "", .size_mib = spec->size_mib, .created = cmd->now_ms
	};
	const struct node *n;

	if (who == NULL || decide_check_name(spec->name, err) < 0)
		return -1;
	if (zone_find_name(d->zone, TABLE_VOLUME, spec->name) != NULL)
		return cc_fail(err, CONFLICT, "there is a volume '%s' already; choose another name", spec->name);
	v.member = who->id;
	*ret_resource = v.id;
	if (cap_check(d->opt, d->zone, who, &(struct zone_use){ .disk_mib = v.size_mib }, err) < 0)
		return -1;
	if (!cc_has(spec, volume_spec, node)) {
		effects_put(fx, TABLE_VOLUME, &v);
		return 0;
	}
	n = zone_find_ref(d->zone, TABLE_NODE, spec->node);
	if (n == NULL)
		return cc_fail_missing(err, "node", spec->node, "; see ccctl node list");
	if (check_node(n, who, v.size_mib, err) < 0)
		return -1;
	decide_volume_put_on(d, fx, &v, n->id);
	return 0;
}

static int check_alive(const struct volume *v, struct cc_error *err)
{
	if (v->state == VOLUME_DELETING)
		return cc_fail(err, CONFLICT, "the volume '%s' is being deleted", v->name);
	if (v->state == VOLUME_LOST)
		return cc_fail(
		        err, CONFLICT, "the volume '%s' went with its node, which was removed from the zone; delete it, and make another", v->name);
	return 0;
}

static int check_growth(const struct decide *d, const struct volume *v, int64_t size_mib, struct cc_error *err)
{
	const struct member *m = zone_find(d->zone, TABLE_MEMBER, v->member);
	const struct node *n = cc_has(v, volume, node) ? zone_find(d->zone, TABLE_NODE, v->node) : NULL;

	if (size_mib < v->size_mib)
		return cc_fail(err, CONFLICT, "size_mib: a volume can only grow, and it has %lld already", (long long)v->size_mib);
	if (m != NULL && cap_check(d->opt, d->zone, m, &(struct zone_use){ .disk_mib = size_mib - v->size_mib }, err) < 0)
		return -1;
	return n != NULL ? decide_check_room("size_mib", v->size_mib, size_mib, n->granted_disk_mib, n->used_disk_mib, n->name, err) : 0;
}

int decide_volume_change(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_volume_change *args = cmd->args;
	const struct volume *now = find_volume(d, cmd, args->ref, err);
	struct volume v;
	int64_t more;

	if (now == NULL || decide_check_revision(args->if_revision, now->revision, "volume", args->ref, err) < 0 || check_alive(now, err) < 0)
		return -1;
	*ret_resource = now->id;
	more = cc_has(args->change, volume_change, size_mib) ? args->change->size_mib - now->size_mib : 0;
	if (more == 0)
		return 0;
	if (check_growth(d, now, args->change->size_mib, err) < 0)
		return -1;
	v = *now;
	v.size_mib += more;
	v.ordered = 0;
	v.state = cc_has(now, volume, node) ? VOLUME_WANTED : now->state;
	effects_put(fx, TABLE_VOLUME, &v);
	if (!cc_has(now, volume, node))
		return 0;
	decide_count_disk(d, fx, now->node, more);
	effects_wake(fx, now->node);
	return 0;
}

int decide_volume_delete(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_volume_delete *args = cmd->args;
	const struct volume *now = find_volume(d, cmd, args->ref, err);
	const struct attachment *user;
	struct volume v;

	if (now == NULL || decide_check_revision(args->if_revision, now->revision, "volume", args->ref, err) < 0)
		return -1;
	user = zone_next_of(d->zone, TABLE_ATTACHMENT, now->id, &(size_t){ 0 });
	if (user != NULL)
		return cc_fail(err, CONFLICT, "the volume '%s' is used by the instance '%s'; delete that first (ccctl delete %s)", now->name,
		        user_name(d, user), user_name(d, user));
	*ret_resource = now->id;
	if (now->state == VOLUME_DELETING)
		return 0;
	if (!cc_has(now, volume, node)) {
		effects_remove(fx, TABLE_VOLUME, now->id);
		return 0;
	}
	v = *now;
	v.state = VOLUME_DELETING;
	v.reason = "";
	v.ordered = 0;
	effects_put(fx, TABLE_VOLUME, &v);
	effects_wake(fx, now->node);
	return 0;
}

/* ---- what nodes report ---- */

static void remove_volume(const struct decide *d, struct effects *fx, const struct volume *v)
{
	effects_remove(fx, TABLE_VOLUME, v->id);
	decide_count_disk(d, fx, v->node, -v->size_mib);
}

static void become(struct effects *fx, const struct volume *now, enum volume_state state, const char *reason)
{
	struct volume v = *now;

	if (now->state == VOLUME_DELETING || (now->state == state && strcmp(now->reason, reason) == 0))
		return;
	v.state = state;
	v.reason = reason;
	effects_put(fx, TABLE_VOLUME, &v);
}

static void observe(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct node_stored *seen, int64_t revision)
{
	const struct volume *v = decide_newest(d, fx, TABLE_VOLUME, seen->id);

	if (v == NULL || !cc_has(v, volume, node) || !cc_uuid_equal(v->node, node))
		return;
	if (seen->state == STORED_READY)
		become(fx, v, VOLUME_READY, "");
	else if (seen->state == STORED_FAILED)
		become(fx, v, VOLUME_FAILED, cc_has(seen, node_stored, reason) ? seen->reason : "its node gave no reason");
	else if (v->state == VOLUME_DELETING && revision >= v->ordered)
		remove_volume(d, fx, v);
}

void decide_observe_volumes(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct node_report *r)
{
	for (size_t i = 0; cc_has(r, node_report, volumes) && i < r->volumes.n; i++)
		observe(d, fx, node, &r->volumes.items[i], r->revision);
}

/* They stay as rows, so that their members learn what became of them. */
void decide_lose_volumes(const struct decide *d, const struct command *cmd, struct effects *fx, const struct node *n)
{
	const char *why = cc_printf(cmd->arena, "its node '%s' was removed from the zone", n->name);
	const struct volume *now;

	for (size_t at = 0; (now = zone_next_of(d->zone, TABLE_VOLUME, n->id, &at)) != NULL;) {
		struct volume v = *now;

		if (now->state == VOLUME_DELETING) {
			effects_remove(fx, TABLE_VOLUME, now->id);
			continue;
		}
		cc_unset(&v, volume, node);
		v.state = VOLUME_LOST;
		v.reason = why;
		effects_put(fx, TABLE_VOLUME, &v);
	}
}
