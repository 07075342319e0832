/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/record.h"

#include <stdio.h>
#include <string.h>

enum { SENTENCE_MAX = 2048, CHANGE_MAX = 128, REASONS_TOLD = 3 };

static const char *name_node(void *arg, size_t index)
{
	const struct record_of *of = arg;
	const struct node *n = zone_find(of->zone, TABLE_NODE, zone_sched_id(of->zone, index));

	return n != NULL ? n->name : "unknown";
}

static const char *name_of(const struct record_of *of, size_t index)
{
	return name_node((void *)of, index);
}

static void add_fell(const struct record_of *of, struct placement *p)
{
	const struct sched_decision *dec = of->dec;

	p->fell.items = cc_new_array(of->cmd->arena, SCHED_FELL_MAX, struct placement_fell);
	for (enum sched_filter f = 0; f < SCHED_FELL_MAX; f++) {
		struct placement_fell *fell = &p->fell.items[p->fell.n];

		if (dec->fell[f] == 0)
			continue;
		fell->reason = sched_filter_text(f);
		fell->nodes = dec->fell[f];
		if (!dec->placed)
			cc_set(fell, placement_fell, alone, dec->only_for[f]);
		p->fell.n++;
	}
}

static void add_terms(const struct record_of *of, struct placement *p)
{
	p->terms.n = SCHED_TERM_MAX;
	p->terms.items = cc_new_array(of->cmd->arena, SCHED_TERM_MAX, struct placement_term);
	for (enum sched_term t = 0; t < SCHED_TERM_MAX; t++)
		p->terms.items[t] =
		        (struct placement_term){ .name = sched_term_text(t), .value = of->dec->best[0].terms[t], .weight = of->opt->weight[t] };
}

static void fill_candidate(const struct record_of *of, const struct sched_candidate *from, struct placement_candidate *ret)
{
	ret->node = zone_sched_id(of->zone, from->node);
	ret->node_name = name_of(of, from->node);
	ret->score = from->score;
	if (from->distance_us >= 0)
		cc_set(ret, placement_candidate, distance_us, from->distance_us);
#define TERM(NAME, name)                             \
	if (of->opt->weight[SCHED_TERM_##NAME] != 0) \
	cc_set(ret, placement_candidate, name, from->terms[SCHED_TERM_##NAME])
	TERM(FIT, fit);
	TERM(LOAD, load);
	TERM(SPREAD, spread);
	TERM(RELIABILITY, reliability);
	TERM(IMAGE, image);
	TERM(AFFINITY, affinity);
#undef TERM
	_Static_assert(SCHED_TERM_MAX == 6, "every term is in placement_candidate.def and here");
}

static void add_winner(const struct record_of *of, struct placement *p)
{
	const struct sched_candidate *first = &of->dec->best[0], *second = &of->dec->best[1];

	cc_set(p, placement, node, zone_sched_id(of->zone, first->node));
	cc_set(p, placement, node_name, name_of(of, first->node));
	cc_set(p, placement, tier, sched_tier_text(of->dec->tier));
	cc_set(p, placement, score, first->score);
	if (first->distance_us >= 0)
		cc_set(p, placement, distance_us, first->distance_us);
	if (sched_band_us(first->distance_us) >= 0 && of->dec->tier == SCHED_TIER_ZONE)
		cc_set(p, placement, band_ms, sched_band_us(first->distance_us) / 1000);
	p->has |= CC_BIT(placement_f_candidates);
	p->candidates.n = of->dec->n_best;
	p->candidates.items = cc_new_array(of->cmd->arena, of->dec->n_best, struct placement_candidate);
	for (size_t k = 0; k < of->dec->n_best; k++)
		fill_candidate(of, &of->dec->best[k], &p->candidates.items[k]);
	if (of->dec->n_best < 2)
		return;
	cc_set(p, placement, runner_up, zone_sched_id(of->zone, second->node));
	cc_set(p, placement, runner_up_name, name_of(of, second->node));
	cc_set(p, placement, margin, first->score - second->score);
}

static void fill_change(const struct record_of *of, const struct sched_change *from, struct placement_change *ret)
{
	char text[CHANGE_MAX];

	sched_change_text(from, text, sizeof(text));
	ret->what = cc_arena_strdup(of->cmd->arena, text);
	ret->reason = sched_filter_text(from->filter);
	if (from->amount >= 0)
		cc_set(ret, placement_change, amount, from->amount);
	if (from->node != SCHED_ANY)
		cc_set(ret, placement_change, node_name, name_of(of, from->node));
	else
		cc_set(ret, placement_change, nodes, from->nodes);
}

static void add_changes(const struct record_of *of, struct placement *p)
{
	struct sched_change changes[SCHED_CHANGES_MAX];
	bool together;

	p->has |= CC_BIT(placement_f_changes);
	p->changes.n = sched_changes(of->dec, changes, &together);
	p->changes.items = cc_new_array(of->cmd->arena, p->changes.n + 1, struct placement_change);
	for (size_t k = 0; k < p->changes.n; k++)
		fill_change(of, &changes[k], &p->changes.items[k]);
	if (together)
		cc_set(p, placement, together, true);
}

static const char *why_closed(const struct record_of *of, const struct node *n)
{
	if (of->dec->fell[SCHED_FELL_PAUSED] > 0 && cc_has(n, node, closed))
		return n->closed;
	return of->dec->fell[SCHED_FELL_DRAINED] > 0 && cc_has(n, node, drained) ? n->drained : "";
}

static void add_closed(const struct record_of *of, struct placement *p, const struct node *n)
{
	if (n != NULL && why_closed(of, n)[0] != '\0')
		p->closed.items[p->closed.n++] = cc_printf(of->cmd->arena, "%s: %.300s", n->name, why_closed(of, n));
}

/* Of nodes that are closed, why, in the words of who closed them: of the one that was asked for, else of the first few. */
static void add_why_closed(const struct record_of *of, struct placement *p)
{
	const struct node *n;

	p->closed.items = cc_new_array(of->cmd->arena, REASONS_TOLD, const char *);
	if (of->req->only_node != SCHED_ANY)
		add_closed(of, p, zone_find(of->zone, TABLE_NODE, zone_sched_id(of->zone, of->req->only_node)));
	for (size_t at = 0; of->req->only_node == SCHED_ANY && p->closed.n < REASONS_TOLD && (n = zone_next(of->zone, TABLE_NODE, &at)) != NULL;)
		add_closed(of, p, n);
	if (p->closed.n > 0)
		p->has |= CC_BIT(placement_f_closed);
}

/* The node was not asked for: a volume is there. */
static void say_bound(const struct record_of *of, struct placement *p)
{
	const struct node *n = of->bound_by != NULL ? zone_find(of->zone, TABLE_NODE, of->bound_by->node) : NULL;

	if (n != NULL)
		cc_set(p, placement, bound_by,
		        cc_printf(of->cmd->arena, "the volume '%s' is on %s, and volumes do not move", of->bound_by->name, n->name));
}

static void add_asked(const struct record_of *of, struct placement *p)
{
	const struct member *m = zone_find(of->zone, TABLE_MEMBER, of->inst->member);

	cc_set(p, placement, name, of->inst->name);
	cc_set(p, placement, member, of->inst->member);
	if (m != NULL)
		cc_set(p, placement, member_name, m->name);
	p->has |= CC_BIT(placement_f_asked);
	p->asked.n = 1;
	p->asked.items = (struct instance_spec *)of->spec;
}

struct placement *record_new(const struct record_of *of)
{
	struct placement *p = cc_new(of->cmd->arena, struct placement);

	p->id = of->inst->id;
	p->decided = of->cmd->now_ms;
	p->placed = of->dec->placed;
	p->considered = (int64_t)of->dec->considered;
	cc_set(p, placement, feasible, (int64_t)of->dec->feasible);
	p->seed = (int64_t)(of->cmd->random & INT64_MAX);
	p->snapshot = zone_revision(of->zone);
	add_asked(of, p);
	add_fell(of, p);
	say_bound(of, p);
	if (of->dec->placed) {
		add_terms(of, p);
		add_winner(of, p);
	} else {
		add_changes(of, p);
		add_why_closed(of, p);
	}
	return p;
}

int record_refuse(const struct record_of *of, struct placement *p, struct cc_error *err)
{
	char text[SENTENCE_MAX];
	size_t len;

	sched_explain(of->dec, of->req, name_node, (void *)of, text, sizeof(text));
	for (size_t k = 0; k < p->closed.n; k++) {
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "; %s", p->closed.items[k]);
	}
	len = strlen(text);
	if (cc_has(p, placement, bound_by))
		snprintf(text + len, sizeof(text) - len, "; %s", p->bound_by);
	cc_fail(err, NO_CAPACITY, "%s", text);
	cc_set(p, placement, would_fit, cc_arena_strdup(of->cmd->arena, err->msg));
	return -1;
}
