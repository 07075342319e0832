/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A refusal in a zone of the size and shape of guifi.net, as `ccctl create --explain` tells it: the real engine decides, the real sentences are printed. Ends
 * with 1 when the counts do not add up, or what is told to help does not. Usage: bench_refusal NODES|FOLDER (made up, or the export) */
#include "bench/lib/network.h"
#include "cli/placement_text.h"
#include "common/cleanup.h"
#include "controller/engine/engine.h"
#include "scheduler/sched.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct world {
	struct network *net;
	struct engine *engine;
	struct cc_arena *arena;
	struct cc_uuid member;
	uint32_t home; /* what the request is to be near to: the first supernode of the largest zone */
};

static struct cc_uuid id_of(uint64_t n)
{
	struct cc_uuid id = { .b = { [6] = 0x70, [8] = 0x80 } };

	for (int i = 0; i < 7; i++)
		id.b[15 - i] = (uint8_t)(n >> (8 * i));
	return id;
}

static uint32_t mixed(uint32_t i, uint32_t salt)
{
	uint64_t x = ((uint64_t)salt << 32 | i) * 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)(x >> 32);
}

static const char *name_of(struct cc_arena *a, uint32_t i)
{
	return cc_printf(a, "n%" PRIu32, i + 1);
}

/* As full as a zone that is used: from nothing to nearly all of what is offered; one in twelve is silent, a few are closed. */
static void describe_node(const struct world *w, uint32_t i, uint32_t rtt_us, struct node *n)
{
	const struct network_node *from = &w->net->nodes[i];
	uint32_t percent = mixed(i, 1) % 101;

	*n = (struct node){ .id = id_of(1000 + i), .name = name_of(w->arena, i), .state = mixed(i, 2) % 12 == 0 ? NODE_SILENT : NODE_READY };
	n->owner = id_of(1);
	n->pin = cc_printf(w->arena, "%064" PRIx32, i);
	n->arch = from->arch;
	n->agent_version = "bench";
	n->features.n = 1;
	n->features.items = cc_new_array(w->arena, 1, const char *);
	n->features.items[0] = "sim";
	n->labels.items = cc_new_array(w->arena, NETWORK_LABELS, struct cc_pair);
	n->granted_cpu_millis = 4 * (int64_t)from->cpu_millis;
	n->granted_memory_mib = from->memory_mib;
	n->granted_disk_mib = from->disk_mib;
	n->granted_instances = from->instances;
	n->used_cpu_millis = n->granted_cpu_millis * percent / 100;
	n->used_memory_mib = n->granted_memory_mib * percent / 100;
	n->used_disk_mib = n->granted_disk_mib * percent / 100;
	n->used_instances = n->granted_instances * percent / 100;
	if (mixed(i, 3) % 50 == 0)
		cc_set(n, node, drained, "maintenance");
	cc_set(n, node, pos_x, rtt_us);
	cc_set(n, node, pos_y, 0);
	cc_set(n, node, pos_h, 0);
	cc_set(n, node, pos_error, 100);
}

static void label_node(const struct world *w, uint32_t i, struct node *n)
{
	struct network_label labels[NETWORK_LABELS];

	network_labels(w->net, i, labels);
	for (size_t k = 0; k < NETWORK_LABELS; k++)
		n->labels.items[n->labels.n++] = (struct cc_pair){ labels[k].key, cc_arena_strdup(w->arena, labels[k].value) };
}

static uint32_t largest_zone(const struct network *net)
{
	uint32_t best = 0;

	for (uint32_t z = 0; z < net->n_zones; z++)
		best = net->zones[z].n_nodes > net->zones[best].n_nodes ? z : best;
	return best;
}

static struct zone *make_zone(struct world *w)
{
	struct zone *z = zone_new("guifi", id_of(2));
	struct member ana = { .id = w->member, .name = "ana", .role = ROLE_MEMBER };
	struct image busybox = { .id = id_of(4), .name = "busybox", .arch = "amd64", .sha256 = "", .member = w->member };
	uint32_t *rtt = cc_calloc(w->net->n_nodes, sizeof(*rtt));
	struct effects fx = { 0 };

	network_rtt(w->net, w->home, rtt);
	effects_put(&fx, TABLE_MEMBER, &ana);
	effects_put(&fx, TABLE_IMAGE, &busybox);
	for (uint32_t i = 0; i < w->net->n_nodes; i++) {
		struct node n;

		describe_node(w, i, rtt[i], &n);
		label_node(w, i, &n);
		effects_put(&fx, TABLE_NODE, &n);
	}
	zone_apply(z, &fx, 0);
	zone_set_revision(z, 1);
	effects_clear(&fx);
	free(rtt);
	return z;
}

static void done(struct command *cmd)
{
	(void)cmd;
}

static void ask(struct world *w, const struct instance_spec *spec, struct command *cmd)
{
	struct cmd_instance_plan *args = cc_new(w->arena, struct cmd_instance_plan);
	struct batch *b;

	args->spec = spec;
	*cmd = (struct command){ .kind = COMMAND_INSTANCE_PLAN,
		.who = { .who = WHO_MEMBER, .id = w->member },
		.now_ms = 1000,
		.boot_ms = 1000,
		.args = args,
		.arena = w->arena,
		.done = done };
	CC_PRE(engine_push(w->engine, cmd));
	b = engine_decide(w->engine);
	engine_committed(w->engine, b, NULL, NULL);
}

/* Takes the first advice, or all of it where only that helps; false when there is none. */
static bool follow(const struct placement *p, struct instance_spec *spec)
{
	size_t n = !cc_has(p, placement, changes) ? 0 : cc_has(p, placement, together) && p->together ? p->changes.n : p->changes.n > 0;

	for (size_t i = 0; i < n; i++) {
		const struct placement_change *c = &p->changes.items[i];

		if (strcmp(c->reason, sched_filter_text(SCHED_FELL_CPU)) == 0)
			spec->cpu_millis = c->amount;
		else if (strcmp(c->reason, sched_filter_text(SCHED_FELL_MEMORY)) == 0)
			spec->memory_mib = c->amount;
		else if (strcmp(c->reason, sched_filter_text(SCHED_FELL_DISK)) == 0)
			spec->disk_mib = c->amount;
		else if (strcmp(c->reason, sched_filter_text(SCHED_FELL_FAR)) == 0)
			spec->within_ms = c->amount / 1000 + 1;
		else if (strcmp(c->reason, sched_filter_text(SCHED_FELL_CONSTRAINT)) == 0)
			spec->has &= ~CC_BIT(instance_spec_f_constraint);
		else
			return false;
	}
	return n > 0;
}

static bool adds_up(const struct placement *p)
{
	int64_t sum = p->feasible;

	for (size_t i = 0; i < p->fell.n; i++)
		sum += p->fell.items[i].nodes;
	return sum == p->considered;
}

/* The request is refused, then granted when it follows the advice. */
static int check(struct world *w, struct instance_spec *spec)
{
	cc_auto_buf struct cc_buf out = { 0 };
	struct command refused, placed;

	ask(w, spec, &refused);
	CC_PRE(refused.placement != NULL);
	placement_say(refused.placement, spec->name, "would be", &out);
	printf("%s\n", cc_buf_str(&out));
	if (refused.placement->placed || !adds_up(refused.placement)) {
		fprintf(stderr, "it is not refused, or the counts do not add up to %" PRId64 "\n", refused.placement->considered);
		return 1;
	}
	if (!follow(refused.placement, spec)) {
		fprintf(stderr, "no advice that this program can follow\n");
		return 1;
	}
	ask(w, spec, &placed);
	cc_buf_clear(&out);
	placement_say(placed.placement, spec->name, "would be", &out);
	printf("With that:\n%s\n", cc_buf_str(&out));
	return placed.placement->placed && adds_up(placed.placement) ? 0 : 1;
}

static int check_all(struct world *w)
{
	struct instance_spec much = { .name = "archive", .image = "busybox" }, all = { .name = "video", .image = "busybox" };

	/* One thing too much; then nothing that a single change would mend. */
	cc_set(&much, instance_spec, constraint, "power in (ups,solar)");
	cc_set(&much, instance_spec, near, name_of(w->arena, w->home));
	cc_set(&much, instance_spec, within_ms, 60);
	cc_set(&much, instance_spec, memory_mib, 100000);
	cc_set(&much, instance_spec, disk_mib, 4096);
	all = much;
	all.name = "video";
	cc_set(&all, instance_spec, constraint, "power=nuclear");
	cc_set(&all, instance_spec, disk_mib, 100000000);
	return check(w, &much) + check(w, &all) == 0 ? 0 : 1;
}

static int load(const char *what, struct network **ret, struct cc_error *err)
{
	char *end;
	size_t n = strtoul(what, &end, 10);

	if (*end != '\0' || n == 0)
		return network_load(what, 1, ret, err);
	*ret = network_generate(n, 1);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct engine_options opt = { .queue_max = 16,
		.batch_max = 16,
		.node_lease_ms = 60000,
		.idempotency_ms = 60000,
		.overcommit_cpu_percent = 400,
		.overcommit_memory_percent = 100,
		.overcommit_disk_percent = 100 };
	struct world w = { .arena = cc_arena_new(0), .member = id_of(3) };
	struct cc_error err = { 0 };
	int r;

	if (argc != 2 || load(argv[1], &w.net, &err) < 0) {
		fprintf(stderr, "%s\n", argc != 2 ? "usage: bench_refusal NODES|FOLDER" : err.msg);
		cc_arena_free(w.arena);
		return 2;
	}
	w.home = w.net->zones[largest_zone(w.net)].first;
	w.engine = engine_new(&opt, make_zone(&w));
	r = check_all(&w);
	engine_free(w.engine);
	network_free(w.net);
	cc_arena_free(w.arena);
	return r;
}
