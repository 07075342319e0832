/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentence is put together from the decision alone, piece by piece; each piece is counted even when there is no room for it any more. */
#include "scheduler/parts.h"

#include <inttypes.h>
#include <stdio.h>

struct sentence {
	char *text;
	size_t size;
	size_t len; /* of the whole sentence so far, written or not */
	const char *(*node_name)(void *arg, size_t index);
	void *arg;
};

static const char *name_of(const struct sentence *s, size_t node)
{
	return s->node_name(s->arg, node);
}

static char *rest(const struct sentence *s)
{
	return s->len < s->size ? s->text + s->len : NULL;
}

static size_t room(const struct sentence *s)
{
	return s->len < s->size ? s->size - s->len : 0;
}

static void grow(struct sentence *s, int n)
{
	s->len += n > 0 ? (size_t)n : 0;
}

/* A macro, because the list of functions this library may call is short and vsnprintf is not on it. */
#define SAY(s, ...) grow((s), snprintf(rest(s), room(s), __VA_ARGS__))

static const struct {
	const char *one;
	const char *many;
	const char *without; /* NULL: nothing to be done without */
} phrases[] = {
#define F(NAME, text, one, many, without) { one, many, without },
#include "scheduler/filters.def"
#undef F
};

// clang-format off
static const char *const where_phrases[SCHED_TIER_MAX] = {
	[SCHED_TIER_ASKED_FOR] = ", as asked for",
	[SCHED_TIER_OWN]       = ", a node of the member's own",
	[SCHED_TIER_ZONE]      = " in the zone",
};
// clang-format on

const char *sched_filter_without(enum sched_filter f)
{
	return phrases[f].without;
}

static void say_counts(struct sentence *s, const struct sched_decision *d)
{
	const char *before = ": ";

	SAY(s, "; %zu node%s looked at, ", d->considered, d->considered == 1 ? "" : "s");
	if (d->feasible == d->considered) {
		SAY(s, "none fell out");
		return;
	}
	SAY(s, "%zu fell out", d->considered - d->feasible);
	for (size_t f = 0; f < SCHED_FELL_MAX; f++) {
		if (d->fell[f] == 0)
			continue;
		SAY(s, "%s%s (%" PRIu32 ")", before, sched_filter_text((enum sched_filter)f), d->fell[f]);
		before = ", ";
	}
}

/* Tenths of a millisecond, rounded up: a bound of so much would do. */
static int64_t tenths_up(int64_t us)
{
	return (us + 99) / 100;
}

static void say_placed(struct sentence *s, const struct sched_decision *d, const struct sched_req *req)
{
	const struct sched_candidate *first = &d->best[0], *second = &d->best[1];

	SAY(s, "placed on %s%s", name_of(s, first->node), where_phrases[d->tier]);
	if (first->distance_us >= 0)
		SAY(s, ", %" PRId64 ".%" PRId64 " ms away", tenths_up(first->distance_us) / 10, tenths_up(first->distance_us) % 10);
	if (d->tier == SCHED_TIER_ZONE && req->n_own > 0)
		SAY(s, ", as no node of the member's own can take it");
	SAY(s, ": score %" PRId64, first->score);
	if (d->n_best > 1 && first->score == second->score)
		SAY(s, ", the same as %s, and the lot decided", name_of(s, second->node));
	else if (d->n_best > 1)
		SAY(s, " before %s with %" PRId64, name_of(s, second->node), second->score);
	say_counts(s, d);
}

/* What the node that was asked for lacks: the one filter at which a single node fell. */
static void say_why_not_asked_for(struct sentence *s, const struct sched_decision *d, size_t asked_for)
{
	SAY(s, "%s, which was asked for, cannot take this: it", name_of(s, asked_for));
	for (size_t f = SCHED_FELL_NOT_ASKED_FOR + 1; f < SCHED_FELL_MAX; f++)
		if (d->fell[f] > 0)
			SAY(s, " %s", phrases[f].one);
}

static void say_why_none(struct sentence *s, const struct sched_decision *d)
{
	const char *before = "";

	SAY(s, "no node can take this: ");
	if (d->considered == 0) {
		SAY(s, "the zone has no nodes");
		return;
	}
	SAY(s, "of %zu node%s, ", d->considered, d->considered == 1 ? "" : "s");
	for (size_t f = 0; f < SCHED_FELL_MAX; f++) {
		if (d->fell[f] == 0)
			continue;
		SAY(s, "%s%" PRIu32 " %s", before, d->fell[f], d->fell[f] == 1 ? phrases[f].one : phrases[f].many);
		before = ", ";
	}
}

static void say_change(struct sentence *s, const struct sched_change *c)
{
	grow(s, sched_change_text(c, rest(s), room(s)));
	if (c->amount < 0 && c->node == SCHED_ANY)
		SAY(s, " (%" PRIu32 " node%s)", c->nodes, c->nodes == 1 ? "" : "s");
}

static void say_would_do(struct sentence *s, const struct sched_decision *d)
{
	struct sched_change changes[SCHED_CHANGES_MAX];
	const char *before = "; it would fit ";
	bool together;
	size_t n = sched_changes(d, changes, &together);

	if (n == 0 && d->considered > 0)
		SAY(s, "; no change of the request would help");
	if (together)
		SAY(s, "; no single change would do, but %s would take it ", name_of(s, d->nearest));
	for (size_t k = 0; k < n; k++) {
		if (!together)
			SAY(s, "%s", before);
		else if (k > 0)
			SAY(s, "%s", k + 1 < n ? ", " : " and ");
		if (!together && changes[k].node != SCHED_ANY)
			SAY(s, "on %s ", name_of(s, changes[k].node));
		say_change(s, &changes[k]);
		before = ", or ";
	}
}

int sched_explain(const struct sched_decision *d, const struct sched_req *req, const char *(*node_name)(void *arg, size_t index), void *arg,
        char *text, size_t size)
{
	struct sentence s = { text, size, 0, node_name, arg };

	if (d->placed) {
		say_placed(&s, d, req);
		return (int)s.len;
	}
	if (req->only_node < d->considered)
		say_why_not_asked_for(&s, d, req->only_node);
	else
		say_why_none(&s, d);
	say_would_do(&s, d);
	return (int)s.len;
}
