/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes: joining, and taking in what they report. A report that says nothing new has no effects, so an idle zone writes nothing. */
#include "controller/engine/decide.h"
#include "controller/engine/publish.h"

#include <stdlib.h>

#define NEWS_SHARE 8 /* a change of memory or disk in use of less than this part of the limit is not written down */

static int check_invite(const struct decide *d, const struct command *cmd, const struct invite *inv, struct cc_error *err)
{
	char when[CC_TIME_TEXT];

	if (inv == NULL)
		return cc_fail(err, UNAUTHENTICATED, "this token is not of this zone; ask its admin for one (ccctl node invite)");
	if (cc_has(inv, invite, used))
		return cc_fail(err, CONFLICT, "this token was used at %s; each serves one node, ask for another (ccctl node invite)",
		        cc_time_format(inv->used, when));
	if (cmd->now_ms >= inv->expires)
		return cc_fail(err, GONE, "this token expired at %s; ask for another (ccctl node invite)", cc_time_format(inv->expires, when));
	if (zone_find_pin(d->zone, cmd->who.pin) != NULL)
		return cc_fail(err, CONFLICT, "this node's key belongs to another node of the zone; remove the agent's state to join as a new one");
	if (zone_find_name(d->zone, TABLE_NODE, inv->node_name) != NULL)
		return cc_fail(err, CONFLICT, "there is a node '%s' already; ask for a token with another name", inv->node_name);
	return 0;
}

/* A node whose reply was lost asks again with the same key and must get the same answer. */
static bool joined_before(const struct invite *inv, const struct node *n)
{
	return inv != NULL && n != NULL && cc_has(inv, invite, node) && cc_uuid_equal(inv->node, n->id);
}

int decide_node_join(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_node_join *args = cmd->args;
	const struct invite *inv = zone_find_invite(d->zone, args->secret_hash);
	struct node n = { .id = args->id, .pin = cmd->who.pin, .arch = "", .agent_version = "", .created = cmd->now_ms };
	struct invite used;

	if (cmd->who.pin[0] == '\0')
		return cc_fail(err, UNAUTHENTICATED, "joining needs the node's certificate");
	if (joined_before(inv, zone_find_pin(d->zone, cmd->who.pin))) {
		*ret_resource = inv->node;
		return 0;
	}
	if (check_invite(d, cmd, inv, err) < 0)
		return -1;
	n.name = inv->node_name;
	n.owner = inv->owner;
	if (cc_has(args->request, join_request, arch))
		n.arch = args->request->arch;
	if (cc_has(args->request, join_request, agent_version))
		n.agent_version = args->request->agent_version;
	used = *inv;
	cc_set(&used, invite, used, cmd->now_ms);
	cc_set(&used, invite, node, n.id);
	effects_put(fx, TABLE_NODE, &n);
	effects_put(fx, TABLE_INVITE, &used);
	cmd->audit.target = cc_arena_strdup(cmd->arena, n.name);
	*ret_resource = n.id;
	return 0;
}

static bool same_texts(const struct cc_texts *a, const struct cc_texts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool same_map(const struct cc_map *a, const struct cc_map *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const char *other = cc_map_get(b, a->items[i].key);

		if (other == NULL || strcmp(a->items[i].value, other) != 0)
			return false;
	}
	return true;
}

#define TAKE(field, same)                               \
	if (cc_has(r, node_report, field) && !(same)) { \
		n->field = r->field;                    \
		changed = true;                         \
	}
/* What older agents do not say. */
#define TAKE_OPT(field, differs)                          \
	if (cc_has(r, node_report, field) && (differs)) { \
		cc_set(n, node, field, r->field);         \
		changed = true;                           \
	}
#define TAKE_NAMES(field)                                                                                                                         \
	if (cc_has(r, node_report, field) && !same_texts(&n->field, &r->field)) {                                                                 \
		n->field = r->field;                                                                                                              \
		n->has = r->field.n > 0 ? n->has | CC_BIT(CC_MODEL_PASTE(node, _f_##field)) : n->has & ~CC_BIT(CC_MODEL_PASTE(node, _f_##field)); \
		changed = true;                                                                                                                   \
	}
#define TAKE_NUMBER(field) TAKE(field, n->field == r->field)
#define TAKE_TEXT(field)   TAKE(field, strcmp(n->field, r->field) == 0)

/* Copies what the report says of the machine; true when anything differs. */
static bool take_machine(const struct node_report *r, struct node *n)
{
	bool changed = false;

	TAKE_TEXT(arch)
	TAKE_TEXT(agent_version)
	TAKE(features, same_texts(&n->features, &r->features))
	TAKE(labels, same_map(&n->labels, &r->labels))
	TAKE_NAMES(allow_members)
	TAKE_NAMES(deny_members)
	TAKE_NUMBER(cpu_millis)
	TAKE_NUMBER(memory_mib)
	TAKE_NUMBER(disk_mib)
	TAKE_NUMBER(offer_cpu_millis)
	TAKE_NUMBER(offer_memory_mib)
	TAKE_NUMBER(offer_disk_mib)
	TAKE_NUMBER(offer_instances)
	TAKE_OPT(address, !cc_has(n, node, address) || strcmp(n->address, r->address) != 0)
	TAKE_OPT(publish_from, !cc_has(n, node, publish_from) || n->publish_from != r->publish_from)
	TAKE_OPT(publish_to, !cc_has(n, node, publish_to) || n->publish_to != r->publish_to)
	if (cc_has(r, node_report, closed) && strcmp(r->closed, cc_has(n, node, closed) ? n->closed : "") != 0) {
		if (r->closed[0] != '\0')
			cc_set(n, node, closed, r->closed);
		else
			cc_unset(n, node, closed);
		changed = true;
	}
	return changed;
}

/* The node is heard of again: what ran there ran on, until it says otherwise. */
static void hear_instances(const struct decide *d, struct effects *fx, struct cc_uuid node)
{
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_of_node(d->zone, node, &at)) != NULL;) {
		struct instance inst = *now;

		decide_move(d, fx, &inst, INST_EVENT_HEARD);
	}
}

static bool has_other_addresses(const struct instance *inst, const struct node_instance *seen)
{
	bool six = cc_has(seen, node_instance, address6);

	if (!cc_has(seen, node_instance, address))
		return false;
	return strcmp(seen->address, inst->address) != 0 || six != cc_has(inst, instance, address6) ||
	       (six && strcmp(seen->address6, inst->address6) != 0);
}

static void take_addresses(struct instance *inst, const struct node_instance *seen)
{
	if (!cc_has(seen, node_instance, address))
		return;
	inst->address = seen->address;
	if (cc_has(seen, node_instance, address6))
		cc_set(inst, instance, address6, seen->address6);
	else
		cc_unset(inst, instance, address6);
}

static bool observation_is_news(const struct instance *inst, const struct node_instance *seen, const struct inst_edge *edge)
{
	/* What runs has no reason but what its node says of it. */
	bool says_nothing = !cc_has(seen, node_instance, reason) && edge->to == INST_RUNNING && inst->reason[0] != '\0';

	if (edge->from != edge->to || edge->event == INST_EVENT_GONE || says_nothing)
		return true;
	if (cc_has(seen, node_instance, reason) && strcmp(seen->reason, inst->reason) != 0)
		return true;
	return has_other_addresses(inst, seen);
}

/* An older agent does not tell its limits, and is believed to have taken them over. */
static bool has_other_limits(const struct instance *inst, const struct node_instance *seen)
{
	return cc_has(seen, node_instance, limit_memory_mib) &&
	       (seen->limit_memory_mib != inst->memory_mib ||
	               (cc_has(seen, node_instance, limit_cpu_millis) && seen->limit_cpu_millis != inst->cpu_millis) ||
	               (cc_has(seen, node_instance, limit_disk_mib) && seen->limit_disk_mib != inst->disk_mib) ||
	               (cc_has(seen, node_instance, limit_pids) && seen->limit_pids != inst->pids) ||
	               (cc_has(seen, node_instance, limit_bandwidth_kbit) && seen->limit_bandwidth_kbit != decide_bandwidth(inst)) ||
	               (cc_has(seen, node_instance, publish) && !publish_is(inst, seen->publish.items, seen->publish.n)));
}

static bool is_far_from(int64_t a, int64_t b, int64_t limit)
{
	int64_t most = limit / NEWS_SHARE > 0 ? limit / NEWS_SHARE : 1;

	return a - b >= most || b - a >= most;
}

/* What is told of its disk stays known while it is stopped: that does not free any. True when it is worth writing down. */
static bool take_disk(struct instance *inst, const struct node_instance *seen)
{
	bool advisory = cc_has(seen, node_instance, disk_advisory) && seen->disk_advisory, news = false;
	int64_t used = cc_has(seen, node_instance, disk_bytes) ? (seen->disk_bytes + (1 << 20) - 1) >> 20 : 0;

	if (cc_has(seen, node_instance, disk_bytes) &&
	        (!cc_has(inst, instance, used_disk_mib) || is_far_from(used, inst->used_disk_mib, inst->disk_mib))) {
		cc_set(inst, instance, used_disk_mib, used);
		news = true;
	}
	if (!cc_has(seen, node_instance, limit_disk_mib) || advisory == cc_has(inst, instance, disk_advisory))
		return news;
	if (advisory)
		cc_set(inst, instance, disk_advisory, true);
	else
		cc_unset(inst, instance, disk_advisory);
	return true;
}

/* What is used of which limits. True when that is worth writing down. */
static bool take_use(struct instance *inst, const struct node_instance *seen, bool runs)
{
	bool changing = runs && has_other_limits(inst, seen), news = changing != cc_has(inst, instance, changing);
	int64_t used = cc_has(seen, node_instance, memory_bytes) ? seen->memory_bytes >> 20 : 0;

	if (changing)
		cc_set(inst, instance, changing, true);
	else
		cc_unset(inst, instance, changing);
	news |= take_disk(inst, seen);
	if (!runs) {
		cc_unset(inst, instance, used_memory_mib);
	} else if (cc_has(seen, node_instance, memory_bytes) &&
	           (!cc_has(inst, instance, used_memory_mib) || is_far_from(used, inst->used_memory_mib, inst->memory_mib))) {
		cc_set(inst, instance, used_memory_mib, used);
		news = true;
	}
	return news;
}

static void observe(const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid node, const struct node_instance *seen,
        int64_t revision)
{
	const struct instance *now;
	const struct inst_edge *edge;
	struct instance inst;
	bool news;

	decide_transfer_observe(d, cmd, fx, node, seen);
	now = decide_newest(d, fx, TABLE_INSTANCE, seen->id);
	if (now == NULL || !cc_has(now, instance, node) || !cc_uuid_equal(now->node, node) || seen->epoch != now->epoch)
		return;
	decide_observe_snapshots(d, cmd, fx, now->id, seen, revision);
	now = decide_newest(d, fx, TABLE_INSTANCE, seen->id);
	if (seen->boot_sn < now->boot_sn && seen->state != OBSERVED_GONE)
		return;
	edge = lifecycle_observed(seen->state) < INST_EVENT_MAX ? lifecycle_find(now->state, lifecycle_observed(seen->state)) : NULL;
	if (edge == NULL)
		return;
	inst = *now;
	news = take_use(&inst, seen, edge->to == INST_RUNNING);
	if (!news && !observation_is_news(now, seen, edge))
		return;
	inst.reason = cc_has(seen, node_instance, reason) ? seen->reason : "";
	take_addresses(&inst, seen);
	if (edge->to == INST_RUNNING && edge->from != INST_RUNNING && edge->from != INST_UNREACHABLE)
		cc_set(&inst, instance, started, cmd->now_ms);
	decide_move(d, fx, &inst, edge->event);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cc_uuid));
}

/* The ids that a report names, in order. Two words on one instance cannot both be true. */
static int sort_ids(const struct command *cmd, const struct node_report *r, struct cc_uuid **ret, struct cc_error *err)
{
	struct cc_uuid *ids = cc_new_array(cmd->arena, r->instances.n + 1, struct cc_uuid);
	char id[CC_UUID_TEXT];

	for (size_t i = 0; i < r->instances.n; i++)
		ids[i] = r->instances.items[i].id;
	qsort(ids, r->instances.n, sizeof(*ids), by_id);
	for (size_t i = 1; i < r->instances.n; i++)
		if (cc_uuid_equal(ids[i - 1], ids[i]))
			return cc_fail(err, INVALID, "instances: %s is reported twice", cc_uuid_format(ids[i], id));
	*ret = ids;
	return 0;
}

/* A full report without an instance that was ordered away, by a node that has read the order: it is gone. `ids` are the reported ones in order. */
static void notice_absent(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct node_report *r, const struct cc_uuid *ids)
{
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_of_node(d->zone, node, &at)) != NULL;) {
		struct instance inst = *now;

		if (now->state == INST_DELETING && r->revision >= now->revision &&
		        bsearch(&now->id, ids, r->instances.n, sizeof(*ids), by_id) == NULL)
			decide_move(d, fx, &inst, INST_EVENT_GONE);
	}
}

int decide_node_sync(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_node_sync *args = cmd->args;
	const struct node_report *r = args->report;
	const struct node *now = zone_find(d->zone, TABLE_NODE, args->node);
	struct cc_uuid *ids;
	struct node n;

	if (now == NULL)
		return cc_fail(err, NOT_FOUND, "this node is not of this zone any more; ask its admin, or join again with a new token");
	if (sort_ids(cmd, r, &ids, err) < 0)
		return -1;
	n = *now;
	if (take_machine(r, &n) || n.state != NODE_READY) {
		if (n.state == NODE_SILENT)
			hear_instances(d, fx, n.id);
		n.state = NODE_READY;
		cc_set(&n, node, last_seen, cmd->now_ms);
		decide_grant(d->opt, &n);
		effects_put(fx, TABLE_NODE, &n);
	}
	for (size_t i = 0; i < r->instances.n; i++)
		observe(d, cmd, fx, n.id, &r->instances.items[i], r->revision);
	decide_observe_volumes(d, fx, n.id, r);
	if (r->full) {
		notice_absent(d, fx, n.id, r, ids);
		decide_transfer_absent(d, fx, n.id, r, ids);
	}
	*ret_resource = n.id;
	return 0;
}
