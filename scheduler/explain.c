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

// clang-format off
static const struct {
	const char *one;
	const char *many;
} fell_phrases[SCHED_FELL_MAX] = {
	[SCHED_FELL_NOT_ASKED_FOR] = { "is not the one asked for",             "are not the one asked for" },
	[SCHED_FELL_SILENT]        = { "is silent",                            "are silent" },
	[SCHED_FELL_PAUSED]        = { "is paused by its owner",               "are paused by their owners" },
	[SCHED_FELL_DRAINED]       = { "is drained by an admin",               "are drained by an admin" },
	[SCHED_FELL_UNWELCOME]     = { "does not let this member in: its owner says so", "do not let this member in: their owners say so" },
	[SCHED_FELL_ARCH]          = { "is of another architecture",           "are of another architecture" },
	[SCHED_FELL_FEATURES]      = { "cannot run this kind of instance",     "cannot run this kind of instance" },
	[SCHED_FELL_PORT_CLOSED]   = { "lets no such port be published",       "let no such port be published" },
	[SCHED_FELL_PORT_TAKEN]    = { "has the port taken",                   "have the port taken" },
	[SCHED_FELL_INSTANCES]     = { "has no room for one more instance",    "have no room for one more instance" },
	[SCHED_FELL_CPU]           = { "has not enough cpu",                   "have not enough cpu" },
	[SCHED_FELL_MEMORY]        = { "has not enough memory",                "have not enough memory" },
	[SCHED_FELL_DISK]          = { "has not enough disk",                  "have not enough disk" },
};

static const char *const where_phrases[SCHED_TIER_MAX] = {
	[SCHED_TIER_ASKED_FOR] = ", as asked for",
	[SCHED_TIER_OWN]       = ", a node of the member's own",
	[SCHED_TIER_ZONE]      = " in the zone",
};
// clang-format on

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

static void say_placed(struct sentence *s, const struct sched_decision *d, const struct sched_req *req)
{
	SAY(s, "placed on %s%s", name_of(s, d->winner), where_phrases[d->tier]);
	if (d->tier == SCHED_TIER_ZONE && req->have_owner)
		SAY(s, ", as no node of the member's own can take it");
	SAY(s, ": score %" PRId64, d->score);
	if (d->have_runner_up && d->margin == 0)
		SAY(s, ", the same as %s, and the lot decided", name_of(s, d->runner_up));
	else if (d->have_runner_up)
		SAY(s, " before %s with %" PRId64, name_of(s, d->runner_up), d->score - d->margin);
	say_counts(s, d);
}

/* What the node that was asked for lacks: the one filter at which a single node fell. */
static void say_why_not_asked_for(struct sentence *s, const struct sched_decision *d, size_t asked_for)
{
	SAY(s, "%s, which was asked for, cannot take this: it", name_of(s, asked_for));
	for (size_t f = SCHED_FELL_NOT_ASKED_FOR + 1; f < SCHED_FELL_MAX; f++)
		if (d->fell[f] > 0)
			SAY(s, " %s", fell_phrases[f].one);
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
		SAY(s, "%s%" PRIu32 " %s", before, d->fell[f], d->fell[f] == 1 ? fell_phrases[f].one : fell_phrases[f].many);
		before = ", ";
	}
}

static void say_would_fit(struct sentence *s, const struct sched_decision *d)
{
	const char *before = "; it would fit with ";

	for (size_t i = 0; i < SCHED_RESOURCES; i++) {
		const struct sched_resource *r = &sched_resources[i];
		int64_t amount = sched_would_fit_of(d, r);

		if (amount < 0)
			continue;
		SAY(s, "%s%s at most %" PRId64 " %s", before, r->name, amount, r->unit);
		before = ", or with ";
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
	say_would_fit(&s, d);
	return (int)s.len;
}
