/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/placement_text.h"

#include <inttypes.h>
#include <string.h>

/* The scheduler's words for where it looked, as part of a sentence; a word of a newer controller stands as it is. */
static const char *tier_words(const char *tier)
{
	static const char *const words[] = { "asked for", "the node that was asked for", "own", "the member's own node", "zone",
		"a node of the zone" };

	for (size_t i = 0; i < CC_ARRAY_LEN(words); i += 2)
		if (strcmp(tier, words[i]) == 0)
			return words[i + 1];
	return tier;
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void say_distance(const struct placement *p, struct cc_buf *out)
{
	int64_t tenths = p->distance_us / 100;

	if (cc_has(p, placement, distance_us))
		cc_buf_printf(out, ", %" PRId64 ".%" PRId64 " ms away", tenths / 10, tenths % 10);
}

static void say_where(const struct placement *p, const char *name, const char *is, struct cc_buf *out)
{
	bool bound = cc_has(p, placement, bound_by);

	if (!p->placed) {
		cc_buf_printf(out, "%s has no node.\n", name);
	} else {
		cc_buf_printf(out, "%s %s on %s", name, is, cc_has(p, placement, node_name) ? p->node_name : "a node that is gone");
		if (cc_has(p, placement, tier) && !bound)
			cc_buf_printf(out, ", %s", tier_words(p->tier));
		say_distance(p, out);
		cc_buf_adds(out, ".\n");
	}
	if (bound)
		cc_buf_printf(out, "No other node came into question: %s.\n", p->bound_by);
}

/* Nodes that fell out, the most first; of equals as they were looked for. */
static void say_fell(const struct placement *p, struct cc_buf *out)
{
	int64_t most = INT64_MAX;

	for (;;) {
		int64_t next = 0;

		for (size_t i = 0; i < p->fell.n; i++)
			if (p->fell.items[i].nodes < most && p->fell.items[i].nodes > next)
				next = p->fell.items[i].nodes;
		if (next == 0)
			return;
		for (size_t i = 0; i < p->fell.n; i++)
			if (p->fell.items[i].nodes == next)
				cc_buf_printf(out, "  %" PRId64 " fell out: %s\n", next, p->fell.items[i].reason);
		most = next;
	}
}

static void say_counts(const struct placement *p, struct cc_buf *out)
{
	if (p->considered == 0) {
		cc_buf_adds(out, "The zone has no nodes yet.\n");
		return;
	}
	cc_buf_printf(out, "%" PRId64 " node%s looked at", p->considered, p->considered == 1 ? " was" : "s were");
	if (p->placed && cc_has(p, placement, feasible))
		cc_buf_printf(out, ", %" PRId64 " could take it", p->feasible);
	cc_buf_adds(out, ".\n");
	say_fell(p, out);
	for (size_t i = 0; cc_has(p, placement, closed) && i < p->closed.n; i++) {
		const char *why = p->closed.items[i];
		int name = (int)strcspn(why, ":");

		cc_buf_printf(out, "  %.*s is closed%s\n", name, why, why + name);
	}
}

// clang-format off
/* What makes the winner better, by the name of the term that made the most of the difference. */
static const struct {
	const char *term;
	const char *words;
} better[] = {
	{ "load",        "more of %s is free" },
	{ "fit",         "%s is fuller, and room is kept elsewhere" },
	{ "spread",      "fewer of its like are on %s or around it" },
	{ "reliability", "%s was away less" },
	{ "image",       "%s has the image already" },
	{ "affinity",    "%s is one that was preferred" },
};
// clang-format on

static int64_t term_of(const struct placement_candidate *c, const char *term)
{
	const struct cc_field *f = cc_desc_find(&placement_candidate_desc, term);

	return f != NULL && cc_field_has(f, c) ? *(const int64_t *)cc_field_at(f, c) : 0;
}

static void say_why_better(const struct placement *p, struct cc_buf *out)
{
	const struct placement_candidate *first = &p->candidates.items[0], *second = &p->candidates.items[1];
	const char *words = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < p->terms.n; i++)
		for (size_t k = 0; k < CC_ARRAY_LEN(better); k++) {
			int64_t gain;

			if (strcmp(better[k].term, p->terms.items[i].name) != 0)
				continue;
			gain = p->terms.items[i].weight * (term_of(first, better[k].term) - term_of(second, better[k].term));
			words = gain > most ? better[k].words : words;
			most = gain > most ? gain : most;
		}
	if (words == NULL)
		return;
	cc_buf_adds(out, ": ");
	cc_buf_add(out, words, (size_t)(strstr(words, "%s") - words));
	cc_buf_printf(out, "%s%s", first->node_name, strstr(words, "%s") + 2);
}

static void say_second(const struct placement *p, struct cc_buf *out)
{
	bool told = cc_has(p, placement, candidates) && p->candidates.n > 1;

	if (!p->placed)
		return;
	if (!cc_has(p, placement, runner_up_name)) {
		cc_buf_adds(out, p->considered == 1                                  ? "There was no other.\n"
		                 : cc_has(p, placement, feasible) && p->feasible > 1 ? "No other node that could take it is as near.\n"
		                                                                     : "No other node could take it.\n");
		return;
	}
	if (cc_has(p, placement, margin) && p->margin == 0) {
		cc_buf_printf(out, "%s was just as good; the lot decided.\n", p->runner_up_name);
		return;
	}
	cc_buf_printf(out, "Second came %s", p->runner_up_name);
	if (told)
		say_why_better(p, out);
	cc_buf_adds(out, ".\n");
}

static void say_change(const struct placement *p, const struct placement_change *c, struct cc_buf *out)
{
	cc_buf_printf(out, "  %s", c->what);
	if (cc_has(c, placement_change, node_name) && !p->together)
		cc_buf_printf(out, ", on %s", c->node_name);
	if (cc_has(c, placement_change, nodes))
		cc_buf_printf(out, " (%" PRId64 " node%s)", c->nodes, plural(c->nodes));
	cc_buf_addc(out, '\n');
}

/* What would help, the nearest first as the scheduler gave them. */
static void say_changes(const struct placement *p, struct cc_buf *out)
{
	if (p->placed || p->considered == 0)
		return;
	if (!cc_has(p, placement, changes)) {
		if (cc_has(p, placement, would_fit) && p->would_fit[0] != '\0')
			cc_buf_printf(out, "%s\n", p->would_fit);
		return;
	}
	if (p->changes.n == 0)
		cc_buf_adds(out, "No change of the request would help; see ccctl node list.\n");
	else if (cc_has(p, placement, together) && p->together)
		cc_buf_printf(out, "No single change would help. %s would take it with all of these:\n",
		        cc_has(&p->changes.items[0], placement_change, node_name) ? p->changes.items[0].node_name : "One node");
	else
		cc_buf_printf(out, "It would fit%s\n", p->changes.n > 1 ? " with any one of these changes:" : ":");
	for (size_t i = 0; i < p->changes.n; i++)
		say_change(p, &p->changes.items[i], out);
}

void placement_say(const struct placement *p, const char *name, const char *is, struct cc_buf *out)
{
	say_where(p, name, is, out);
	say_counts(p, out);
	say_second(p, out);
	say_changes(p, out);
}

void placement_say_weights(const struct placement *p, struct cc_buf *out)
{
	const char *before = "The score is the sum of ";

	for (size_t i = 0; i < p->terms.n; i++)
		if (p->terms.items[i].weight != 0) {
			cc_buf_printf(out, "%s%" PRId64 " x %s", before, p->terms.items[i].weight, p->terms.items[i].name);
			before = ", ";
		}
	if (out->len > 0)
		cc_buf_adds(out, "; each is 0 to 1000.\n");
}
