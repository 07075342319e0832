/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/publish.h"

static bool same_port(const struct published_port *a, const struct published_port *b)
{
	return a->node_port == b->node_port && a->protocol == b->protocol;
}

static const struct published_port *find_port(const struct instance *inst, const struct published_port *p)
{
	for (size_t i = 0; cc_has(inst, instance, publish) && i < inst->publish.n; i++)
		if (same_port(&inst->publish.items[i], p))
			return &inst->publish.items[i];
	return NULL;
}

static const char *protocol(const struct published_port *p)
{
	return cc_enum_slug(&port_protocol_enum, (int)p->protocol);
}

int publish_set(struct instance *inst, const struct published_port *ports, size_t n, struct cc_arena *a, struct cc_error *err)
{
	if (n > PUBLISH_MAX)
		return cc_fail(err, INVALID, "publish: %zu ports; an instance can publish %d at most", n, PUBLISH_MAX);
	inst->publish.n = 0;
	inst->publish.items = cc_new_array(a, n, struct published_port);
	inst->has |= CC_BIT(instance_f_publish);
	for (size_t i = 0; i < n; i++) {
		struct published_port p = ports[i];

		cc_set(&p, published_port, protocol, cc_has(&p, published_port, protocol) ? p.protocol : PORT_PROTOCOL_TCP);
		if (find_port(inst, &p) != NULL)
			return cc_fail(err, INVALID, "publish: port %lld/%s is given twice", (long long)p.node_port, protocol(&p));
		inst->publish.items[inst->publish.n++] = p;
	}
	if (n == 0)
		cc_unset(inst, instance, publish);
	return 0;
}

static size_t count(const struct instance *inst)
{
	return cc_has(inst, instance, publish) ? inst->publish.n : 0;
}

bool publish_is(const struct instance *inst, const struct published_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct published_port *own = find_port(inst, &ports[i]);

		if (own == NULL || own->port != ports[i].port)
			return false;
	}
	return n == count(inst);
}

bool publish_same(const struct instance *a, const struct instance *b)
{
	return publish_is(a, b->publish.items, count(b));
}

/* The node's other instance that has the port; NULL when it is free. */
static const struct instance *taken_by(const struct zone *z, struct cc_uuid node, const struct instance *self, const struct published_port *p)
{
	const struct instance *other;

	for (size_t at = 0; (other = zone_next_of_node(z, node, &at)) != NULL;)
		if (find_port(other, p) != NULL && !cc_uuid_equal(other->id, self->id))
			return other;
	for (size_t at = 0; (other = zone_next_other(z, node, &at)) != NULL;)
		if (find_port(other, p) != NULL && !cc_uuid_equal(other->id, self->id))
			return other;
	return NULL;
}

static bool is_open(const struct node *n, const struct published_port *p)
{
	return cc_has(n, node, publish_from) && cc_has(n, node, publish_to) && n->publish_from > 0 && p->node_port >= n->publish_from &&
	       p->node_port <= n->publish_to;
}

static int fail_closed(const struct node *n, const struct published_port *p, struct cc_error *err)
{
	if (!cc_has(n, node, publish_from) || n->publish_from == 0)
		return cc_fail(err, NO_CAPACITY, "port %lld/%s: the owner of the node '%s' lets no ports be published; choose another node",
		        (long long)p->node_port, protocol(p), n->name);
	return cc_fail(err, NO_CAPACITY, "port %lld/%s: the owner of the node '%s' lets the ports %lld to %lld be published", (long long)p->node_port,
	        protocol(p), n->name, (long long)n->publish_from, (long long)n->publish_to);
}

int publish_check(const struct zone *z, const struct node *n, const struct instance *inst, const struct instance *has, struct cc_error *err)
{
	for (size_t i = 0; i < count(inst); i++) {
		const struct published_port *p = &inst->publish.items[i];
		const struct instance *other = taken_by(z, n->id, inst, p);

		if (has != NULL && find_port(has, p) != NULL)
			continue;
		if (other != NULL && cc_uuid_equal(other->member, inst->member))
			return cc_fail(err, CONFLICT, "port %lld/%s of the node '%s' leads to the instance '%s' already; choose another port",
			        (long long)p->node_port, protocol(p), n->name, other->name);
		if (other != NULL)
			return cc_fail(err, CONFLICT, "port %lld/%s of the node '%s' leads to an instance of another member; choose another port",
			        (long long)p->node_port, protocol(p), n->name);
		if (!is_open(n, p))
			return fail_closed(n, p, err);
	}
	return 0;
}

void publish_barred(const struct zone *z, const struct instance *inst, struct cc_arena *a, const uint64_t **ret_closed, const uint64_t **ret_taken)
{
	const struct sched_nodes *nodes = zone_sched_nodes(z);
	uint64_t *closed, *taken;

	if (count(inst) == 0)
		return;
	*ret_closed = closed = cc_new_array(a, sched_words(nodes), uint64_t);
	*ret_taken = taken = cc_new_array(a, sched_words(nodes), uint64_t);
	for (size_t at = 0, i; sched_nodes_next(nodes, &at, &i);) {
		const struct node *node = zone_find(z, TABLE_NODE, zone_sched_id(z, i));

		for (size_t k = 0; k < inst->publish.n; k++) {
			if (!is_open(node, &inst->publish.items[k]))
				sched_set_add(closed, i);
			if (taken_by(z, node->id, inst, &inst->publish.items[k]) != NULL)
				sched_set_add(taken, i);
		}
	}
}
