/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a placement as sentences. */
#include "cli/handlers.h"

#include "common/model.h"

#include <inttypes.h>

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

/* `is`: "is", or "would be" of what is not made. */
static void outcome(const struct placement *p, const char *name, const char *is, struct cc_buf *out)
{
	if (!p->placed)
		cc_buf_printf(out, "%s has no node.", name);
	else
		cc_buf_printf(out, "%s %s on %s", name, is, cc_has(p, placement, node_name) ? p->node_name : "a node that is gone");
	if (p->placed && cc_has(p, placement, tier) && !cc_has(p, placement, bound_by))
		cc_buf_printf(out, ", %s", tier_words(p->tier));
	if (p->placed && cc_has(p, placement, score))
		cc_buf_printf(out, ", with a score of %" PRId64, p->score);
	if (p->placed && cc_has(p, placement, bound_by))
		cc_buf_printf(out, ".\nNo other node came into question: %s", p->bound_by);
	cc_buf_printf(out, "%s\n%" PRId64 " node%s looked at.\n", p->placed ? "." : "", p->considered, p->considered == 1 ? " was" : "s were");
}

static void fell(const struct placement *p, struct cc_buf *out)
{
	for (size_t i = 0; i < p->fell.n; i++)
		cc_buf_printf(out, "  %" PRId64 " fell out: %s\n", p->fell.items[i].nodes, p->fell.items[i].reason);
}

static void terms(const struct placement *p, struct cc_buf *out)
{
	if (cc_has(p, placement, runner_up_name))
		cc_buf_printf(out, "Second came %s, %" PRId64 " behind.\n", p->runner_up_name, cc_has(p, placement, margin) ? p->margin : 0);
	else if (p->placed)
		cc_buf_adds(out, p->considered == 1 ? "There was no other.\n" : "No other node could take it.\n");
	if (p->terms.n > 0)
		cc_buf_adds(out, "The score is made of (each from 0 to 1000, times its weight):\n");
	for (size_t i = 0; i < p->terms.n; i++)
		if (p->terms.items[i].weight != 0)
			cc_buf_printf(out, "  %-20s %5" PRId64 " x %" PRId64 "\n", p->terms.items[i].name, p->terms.items[i].value,
			        p->terms.items[i].weight);
	if (cc_has(p, placement, would_fit) && p->would_fit[0] != '\0')
		cc_buf_printf(out, "%s\n", p->would_fit);
}

static int print(struct cli *cli, const struct placement *p, const char *name, const char *is, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };

	if (args_has(&cli->args, "output"))
		return cli_show_row(cli, &placement_desc, p, err);
	outcome(p, name, is, &out);
	fell(p, &out);
	terms(p, &out);
	return cli_write(cli, &out, err);
}

int cmd_explain_plan(struct cli *cli, const struct instance_spec *spec, struct cc_error *err)
{
	struct placement p = { 0 };
	const struct client_call call = { "POST", "/v1/placements", &instance_spec_desc, spec, &placement_desc, &p };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0 || print(cli, &p, spec->name, "would be", err) < 0)
		return -1;
	cli_say(cli, "%s was not created: --dry-run", spec->name);
	return 0;
}

int cmd_explain(struct cli *cli, struct cc_error *err)
{
	const char *name = cli->args.words[0];
	struct placement p = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 ||
	        client_get(client, client_path(cli->arena, noun_instance.path, name, "/placement"), &placement_desc, &p, err) < 0)
		return -1;
	return print(cli, &p, name, "is", err);
}
