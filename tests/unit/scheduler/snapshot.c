/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scheduler/snapshot.h"

#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

void snapshot_add(struct snapshot *s, struct snapshot_node node)
{
	CC_PRE(s->n < SNAPSHOT_MAX);
	s->nodes[s->n++] = node;
}

void snapshot_remove(struct snapshot *s, size_t i)
{
	memmove(&s->nodes[i], &s->nodes[i + 1], (s->n - i - 1) * sizeof(s->nodes[0]));
	s->n--;
}

/* The columns and the byte per node that sched_place wants; released by columns_done. */
struct columns {
	struct sched_nodes nodes;
	void *held[16];
	size_t n_held;
	uint8_t *ok;
};

static void *column(struct columns *c, size_t size)
{
	CC_PRE(c->n_held < CC_ARRAY_LEN(c->held));
	return c->held[c->n_held++] = cc_malloc(c->nodes.n == 0 ? 1 : c->nodes.n * size);
}

#define COLUMN(c, type, name, value)                                     \
	do {                                                             \
		type *to = column((c), sizeof(type));                    \
		for (size_t i = 0; i < s->n; i++) {                      \
			const struct snapshot_node *from = &s->nodes[i]; \
			to[i] = (value);                                 \
		}                                                        \
		(c)->nodes.name = to;                                    \
	} while (0)

static void columns_init(const struct snapshot *s, bool with_factors, struct columns *c)
{
	*c = (struct columns){ .nodes.n = s->n };
	c->ok = column(c, 1);
	COLUMN(c, uint8_t, ready, !from->silent);
	COLUMN(c, uint8_t, closed, (uint8_t)((from->paused ? SCHED_CLOSED_BY_OWNER : 0) | (from->drained ? SCHED_CLOSED_BY_ADMIN : 0)));
	COLUMN(c, uint8_t, arch, sched_arch_number(from->arch == NULL ? "amd64" : from->arch));
	COLUMN(c, uint32_t, features, from->features);
	COLUMN(c, uint32_t, owner, from->owner);
	COLUMN(c, int64_t, free_cpu, from->free_cpu);
	COLUMN(c, int64_t, free_mib, from->free_mib);
	COLUMN(c, int64_t, free_disk_mib, from->free_disk_mib);
	COLUMN(c, int64_t, free_instances, from->free_instances);
	COLUMN(c, int64_t, granted_cpu, from->granted_cpu);
	COLUMN(c, int64_t, granted_mib, from->granted_mib);
	COLUMN(c, uint64_t, key, from->key);
	if (!with_factors)
		return;
	COLUMN(c, uint64_t, share_cpu, sched_share_factor(from->granted_cpu));
	COLUMN(c, uint64_t, share_mib, sched_share_factor(from->granted_mib));
}

static void columns_done(struct columns *c)
{
	for (size_t i = 0; i < c->n_held; i++)
		free(c->held[i]);
}

static struct sched_decision place(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt, bool with_factors)
{
	struct sched_decision d;
	struct columns c;
	size_t ok = 0;

	memset(&d, 0xa5, sizeof(d));
	columns_init(s, with_factors, &c);
	sched_place(&c.nodes, req, opt, c.ok, &d);
	for (size_t i = 0; i < s->n; i++)
		ok += c.ok[i];
	ck_assert_uint_eq(ok, d.feasible);
	columns_done(&c);
	return d;
}

static void check_same(const struct sched_decision *a, const struct sched_decision *b)
{
	ck_assert_int_eq(a->placed, b->placed);
	ck_assert_uint_eq(a->winner, b->winner);
	ck_assert_int_eq(a->tier, b->tier);
	ck_assert_int_eq(a->score, b->score);
	ck_assert_uint_eq(a->runner_up, b->runner_up);
	ck_assert_int_eq(a->margin, b->margin);
	ck_assert_mem_eq(a->terms, b->terms, sizeof(a->terms));
	ck_assert_mem_eq(a->fell, b->fell, sizeof(a->fell));
}

struct sched_decision snapshot_place(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt)
{
	struct sched_decision with = place(s, req, opt, true), without = place(s, req, opt, false);

	check_same(&with, &without);
	return with;
}

static bool has(int64_t have, int64_t need)
{
	return need == 0 || have >= need;
}

bool snapshot_fits(const struct snapshot *s, const struct sched_req *req, size_t i)
{
	const struct snapshot_node *n = &s->nodes[i];

	if (req->only_node != SCHED_ANY && req->only_node != i)
		return false;
	if (n->silent || n->paused || n->drained || (sched_arch_bit(n->arch == NULL ? "amd64" : n->arch) & req->arches) == 0)
		return false;
	if ((n->features & req->features) != req->features || n->free_instances < 1)
		return false;
	return has(n->free_cpu, req->cpu_millis) && has(n->free_mib, req->memory_mib) && has(n->free_disk_mib, req->disk_mib);
}

static const char *name_of(void *arg, size_t index)
{
	const struct snapshot *s = arg;

	ck_assert_uint_lt(index, s->n);
	return s->nodes[index].name;
}

const char *snapshot_explain(const struct snapshot *s, const struct sched_decision *d, const struct sched_req *req)
{
	static char text[1024];
	int len = sched_explain(d, req, name_of, (void *)s, text, sizeof(text));

	ck_assert_int_eq(len, (int)strlen(text));
	return text;
}
