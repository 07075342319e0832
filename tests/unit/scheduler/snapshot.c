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

static struct sched_node node_of(const struct snapshot_node *n)
{
	return (struct sched_node){
		.traits = (n->silent ? 0 : SCHED_READY) | (n->paused ? SCHED_PAUSED : 0) | (n->drained ? SCHED_DRAINED : 0) | n->features |
		          sched_arch_bit(n->arch == NULL ? "amd64" : n->arch),
		.free = { [SCHED_CPU] = (int32_t)n->free_cpu,
		        [SCHED_MEMORY] = (int32_t)n->free_mib,
		        [SCHED_DISK] = (int32_t)n->free_disk_mib,
		        [SCHED_INSTANCES] = (int32_t)n->free_instances,
		        [SCHED_BANDWIDTH] = n->bandwidth },
		.granted_cpu = (int32_t)n->granted_cpu,
		.granted_mib = (int32_t)n->granted_mib,
		.reliability = 1000 - n->unreliability,
		.point = n->point,
		.key = n->key,
	};
}

enum { LIKE_MAX = 8 };

/* Not like any of the tests' nodes. */
static const struct sched_node other = {
	.traits = ~(uint32_t)0, .free = { 1 << 29, 1 << 29, 1 << 29, 1 << 29, 1 << 29 }, .reliability = 0, .key = 99
};

/* The scheduler's snapshot, and which node got which index. */
struct built {
	struct sched_nodes nodes;
	void *memory;
	size_t index[SNAPSHOT_MAX + 2];
};

static void add(struct built *b, size_t i, const struct sched_node *node)
{
	b->index[i] = sched_nodes_add(&b->nodes, node);
}

static void build(const struct snapshot *s, struct built *b)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sched_node node = node_of(&s->nodes[i]);

		add(b, i, &node);
	}
}

/* The same nodes in another order, after others have been there. */
static void build_by_changes(const struct snapshot *s, struct built *b)
{
	struct sched_node node;

	for (size_t i = 0; i < s->n + 2; i++)
		add(b, i, &other);
	for (size_t i = 0; i < s->n + 2; i += 3)
		sched_nodes_remove(&b->nodes, b->index[i]);
	for (size_t i = s->n + 2; i-- > 0;) {
		node = i < s->n ? node_of(&s->nodes[i]) : other;
		if (i % 3 == 0)
			add(b, i, &node);
		else
			sched_nodes_put(&b->nodes, b->index[i], &node);
	}
	sched_nodes_remove(&b->nodes, b->index[s->n + 1]);
	sched_nodes_remove(&b->nodes, b->index[s->n]);
}

/* The sets and lists of a request. */
struct sets {
	uint64_t *all;
	uint64_t *barred[SCHED_BARS], *image, *affine;
	uint64_t *like[SNAPSHOT_SPREADS][LIKE_MAX];
	struct sched_crowd crowds[SNAPSHOT_SPREADS][LIKE_MAX];
	struct sched_spread spreads[SNAPSHOT_SPREADS];
	uint32_t own[SNAPSHOT_MAX];
	struct sched_measured measured[SNAPSHOT_MAX];
};

static void sets_init(struct sets *sets, size_t words)
{
	uint64_t *at = sets->all = cc_calloc((SCHED_BARS + 2 + SNAPSHOT_SPREADS * LIKE_MAX) * words + 1, sizeof(*at));

	for (size_t k = 0; k < SCHED_BARS; k++, at += words)
		sets->barred[k] = at;
	for (size_t k = 0; k < SNAPSHOT_SPREADS * LIKE_MAX; k++, at += words)
		sets->like[k / LIKE_MAX][k % LIKE_MAX] = at;
	sets->image = at;
	sets->affine = at + words;
}

static void note_node(const struct snapshot *s, const struct snapshot_node *n, size_t index, struct sets *sets, struct sched_req *req)
{
	for (size_t b = 0; b < SCHED_BARS; b++)
		if (n->barred >> b & 1)
			sched_set_add(sets->barred[b], index);
	if (n->image)
		sched_set_add(sets->image, index);
	if (n->affine)
		sched_set_add(sets->affine, index);
	for (size_t k = 0; k < s->n_spreads; k++) {
		CC_PRE(n->like[k] < LIKE_MAX);
		if (n->like[k] > 0)
			sched_set_add(sets->like[k][n->like[k]], index);
	}
	if (s->near && n->measured_us > 0)
		sets->measured[req->n_measured++] = (struct sched_measured){ (uint32_t)index, n->measured_us };
	if (s->member != 0 && n->owner == s->member)
		sets->own[req->n_own++] = (uint32_t)index;
}

static void note_all(const struct snapshot *s, const struct built *b, struct sets *sets, struct sched_req *req)
{
	sets_init(sets, sched_words(&b->nodes));
	for (size_t i = 0; i < s->n; i++)
		note_node(s, &s->nodes[i], b->index[i], sets, req);
	req->own = sets->own;
	req->measured = sets->measured;
	req->near = s->near ? req->near : (struct sched_point){ 0 };
	for (size_t k = 0; k < SCHED_BARS; k++)
		req->barred[k] = s->barred ? sets->barred[k] : NULL;
	req->has_image = s->image ? sets->image : NULL;
	req->affine = s->affine ? sets->affine : NULL;
	req->n_spreads = s->n_spreads;
	req->spreads = sets->spreads;
	for (size_t k = 0; k < s->n_spreads; k++) {
		sets->spreads[k] = (struct sched_spread){ .limit = s->limit[k], .crowds = sets->crowds[k] };
		for (uint32_t like = 1; like < LIKE_MAX; like++)
			sets->crowds[k][sets->spreads[k].n++] = (struct sched_crowd){ like, sets->like[k][like] };
	}
}

static size_t index_back(const struct snapshot *s, const struct built *b, size_t node)
{
	size_t i = 0;

	while (i < s->n && b->index[i] != node)
		i++;
	ck_assert_uint_lt(i, s->n);
	return i;
}

/* Indexes of the decision into those of `s`. */
static void turn_back(const struct snapshot *s, const struct built *b, struct sched_decision *d)
{
	for (size_t k = 0; k < d->n_best; k++)
		d->best[k].node = index_back(s, b, d->best[k].node);
	if (d->placed)
		return;
	if (d->would_reach_us >= 0)
		d->reach_node = index_back(s, b, d->reach_node);
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		if (d->would_fit[r] >= 0)
			d->fit_node[r] = index_back(s, b, d->fit_node[r]);
	if (d->nearest != SCHED_ANY)
		d->nearest = index_back(s, b, d->nearest);
}

static struct sched_decision place(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt,
        void (*build_it)(const struct snapshot *s, struct built *b))
{
	struct built *b = cc_calloc(1, sizeof(*b));
	struct sets *sets = cc_calloc(1, sizeof(*sets));
	struct sched_req full = *req;
	struct sched_decision d;
	uint64_t *scratch;
	size_t n_ok = 0;

	memset(&d, 0xa5, sizeof(d));
	b->memory = cc_malloc(sched_nodes_size(s->n + 2));
	sched_nodes_init(&b->nodes, b->memory, s->n + 2);
	build_it(s, b);
	ck_assert_uint_eq(b->nodes.n, s->n);
	note_all(s, b, sets, &full);
	if (req->only_node < s->n)
		full.only_node = b->index[req->only_node];
	else if (req->only_node != SCHED_ANY)
		full.only_node = b->nodes.blocks * SCHED_BLOCK;
	scratch = cc_malloc(sched_scratch(&b->nodes) * sizeof(*scratch) + 1);
	sched_place(&b->nodes, &full, opt, scratch, &d);
	for (size_t i = 0; i < s->n; i++)
		n_ok += sched_set_has(scratch, b->index[i]);
	ck_assert_uint_eq(n_ok, d.feasible);
	turn_back(s, b, &d);
	free(scratch);
	free(sets->all);
	free(sets);
	free(b->memory);
	free(b);
	return d;
}

static void check_same(const struct sched_decision *a, const struct sched_decision *b)
{
	ck_assert_int_eq(a->placed, b->placed);
	ck_assert_uint_eq(a->n_best, b->n_best);
	for (size_t k = 0; k < a->n_best; k++) {
		ck_assert_uint_eq(a->best[k].node, b->best[k].node);
		ck_assert_int_eq(a->best[k].score, b->best[k].score);
		ck_assert_int_eq(a->best[k].distance_us, b->best[k].distance_us);
		ck_assert_mem_eq(a->best[k].terms, b->best[k].terms, sizeof(a->best[k].terms));
	}
	ck_assert_int_eq(a->tier, b->tier);
	ck_assert_mem_eq(a->fell, b->fell, sizeof(a->fell));
	ck_assert_mem_eq(a->only_for, b->only_for, sizeof(a->only_for));
	ck_assert_int_eq(a->would_reach_us, b->would_reach_us);
	ck_assert_mem_eq(a->would_fit, b->would_fit, sizeof(a->would_fit));
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		ck_assert(a->would_fit[r] < 0 || a->fit_node[r] == b->fit_node[r]);
	ck_assert(a->would_reach_us < 0 || a->reach_node == b->reach_node);
	ck_assert_uint_eq(a->nearest, b->nearest);
	ck_assert(a->nearest == SCHED_ANY || a->nearest_fails == b->nearest_fails);
}

struct sched_decision snapshot_place(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt)
{
	struct sched_decision at_once = place(s, req, opt, build), by_changes = place(s, req, opt, build_by_changes);

	check_same(&at_once, &by_changes);
	return at_once;
}

static bool has(int64_t have, int64_t need)
{
	return need == 0 || have >= need;
}

static bool is_crowded(const struct snapshot *s, const struct snapshot_node *n)
{
	for (size_t k = 0; k < s->n_spreads; k++)
		if (s->limit[k] > 0 && n->like[k] >= s->limit[k])
			return true;
	return false;
}

int64_t snapshot_away_us(const struct snapshot *s, const struct sched_req *req, size_t i)
{
	if (!s->near)
		return SCHED_RTT_UNKNOWN;
	return s->nodes[i].measured_us > 0 ? s->nodes[i].measured_us : sched_distance_us(&req->near, &s->nodes[i].point);
}

static bool is_within(int64_t away_us, int64_t within_us)
{
	return within_us == 0 || (away_us >= 0 && away_us <= within_us);
}

static bool passes(const struct snapshot *s, const struct sched_req *req, size_t i, enum sched_filter f)
{
	const struct snapshot_node *n = &s->nodes[i];

	switch (f) {
	case SCHED_FELL_NOT_ASKED_FOR:
		return req->only_node == SCHED_ANY || req->only_node == i;
	case SCHED_FELL_SILENT:
		return !n->silent;
	case SCHED_FELL_PAUSED:
		return !n->paused;
	case SCHED_FELL_DRAINED:
		return !n->drained;
	case SCHED_FELL_ARCH:
		return (sched_arch_bit(n->arch == NULL ? "amd64" : n->arch) & req->arches) != 0;
	case SCHED_FELL_FEATURES:
		return (n->features & req->features) == req->features;
	case SCHED_FELL_CROWDED:
		return !is_crowded(s, n);
	case SCHED_FELL_INSTANCES:
		return n->free_instances >= 1;
	case SCHED_FELL_CPU:
		return has(n->free_cpu, req->need[SCHED_CPU]);
	case SCHED_FELL_MEMORY:
		return has(n->free_mib, req->need[SCHED_MEMORY]);
	case SCHED_FELL_DISK:
		return has(n->free_disk_mib, req->need[SCHED_DISK]);
	case SCHED_FELL_BANDWIDTH:
		return has(n->bandwidth, req->need[SCHED_BANDWIDTH]);
	case SCHED_FELL_FAR:
		return is_within(snapshot_away_us(s, req, i), req->within_us);
	default:
		return !s->barred || (n->barred >> (f - SCHED_FELL_UNWELCOME) & 1) == 0;
	}
}

enum sched_filter snapshot_fell(const struct snapshot *s, const struct sched_req *req, size_t i, enum sched_filter but)
{
	for (enum sched_filter f = 0; f < SCHED_FELL_MAX; f++)
		if (f != but && !passes(s, req, i, f))
			return f;
	return SCHED_FELL_MAX;
}

bool snapshot_fits(const struct snapshot *s, const struct sched_req *req, size_t i)
{
	return snapshot_fell(s, req, i, SCHED_FELL_MAX) == SCHED_FELL_MAX;
}

/* In thousandths of what is granted, at most all of it. */
static int64_t share(int64_t amount, int64_t granted)
{
	if (granted <= 0 || amount <= 0)
		return 0;
	return amount >= granted ? 1000 : amount * 1000 / granted;
}

int64_t snapshot_score(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt, size_t i)
{
	const struct snapshot_node *n = &s->nodes[i];
	int64_t cpu = share(n->granted_cpu - n->free_cpu + req->need[SCHED_CPU], n->granted_cpu);
	int64_t mib = share(n->granted_mib - n->free_mib + req->need[SCHED_MEMORY], n->granted_mib);
	bool packs_cpu = share(req->need[SCHED_CPU], n->granted_cpu) > share(req->need[SCHED_MEMORY], n->granted_mib);
	int64_t spread = 0;

	for (size_t k = 0; k < s->n_spreads; k++)
		spread += 1000 / (1 + n->like[k]);
	return opt->weight[SCHED_TERM_FIT] * (packs_cpu ? cpu : mib) + opt->weight[SCHED_TERM_LOAD] * (1000 - (cpu > mib ? cpu : mib)) +
	       opt->weight[SCHED_TERM_SPREAD] * (s->n_spreads > 0 ? spread / (int64_t)s->n_spreads : 0) +
	       (int64_t)opt->weight[SCHED_TERM_RELIABILITY] * (1000 - n->unreliability) +
	       (int64_t)opt->weight[SCHED_TERM_IMAGE] * (s->image && n->image ? 1000 : 0) +
	       (int64_t)opt->weight[SCHED_TERM_AFFINITY] * (s->affine && n->affine ? 1000 : 0);
}

static const char *name_of(void *arg, size_t index)
{
	const struct snapshot *s = arg;

	ck_assert_uint_lt(index, s->n);
	return s->nodes[index].name;
}

const char *snapshot_explain(const struct snapshot *s, const struct sched_decision *d, const struct sched_req *req)
{
	static char text[2048];
	struct sched_req full = *req;
	int len;

	for (size_t i = 0; i < s->n; i++)
		full.n_own += s->member != 0 && s->nodes[i].owner == s->member;
	len = sched_explain(d, &full, name_of, (void *)s, text, sizeof(text));
	ck_assert_int_eq(len, (int)strlen(text));
	return text;
}
