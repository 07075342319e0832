/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a placement: sentences, with the nodes that were compared where there is room, or the whole record. */
#include "cli/handlers.h"

#include "cli/placement_text.h"
#include "common/clock.h"
#include "common/model.h"

static bool is_wide(const struct cli *cli)
{
	return output_format_find(args_text(&cli->args, "output", "table")) == OUT_WIDE;
}

/* For programs: all of it as it is. */
static bool is_data(const struct cli *cli)
{
	enum output_format f = output_format_find(args_text(&cli->args, "output", "table"));

	return f != OUT_TABLE && f != OUT_WIDE;
}

static int say(struct cli *cli, const struct placement *p, const char *name, const char *is, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };

	placement_say(p, name, is, &out);
	return cli_write(cli, &out, err);
}

static int show_candidates(struct cli *cli, const struct placement *p, struct cc_error *err)
{
	struct cc_list rows = { p->candidates.n, p->candidates.items };
	cc_auto_buf struct cc_buf out = { 0 };

	if (!cc_has(p, placement, candidates) || p->candidates.n == 0)
		return 0;
	if (cli_show_rows(cli, &placement_candidate_desc, &rows, err) < 0)
		return -1;
	placement_say_weights(p, &out);
	return cli_write(cli, &out, err);
}

static int print(struct cli *cli, const struct placement *p, const char *name, const char *is, bool wide, struct cc_error *err)
{
	if (is_data(cli))
		return cli_show_row(cli, &placement_desc, p, err);
	if (say(cli, p, name, is, err) < 0)
		return -1;
	return wide ? show_candidates(cli, p, err) : 0;
}

int cmd_explain_refused(struct cli *cli)
{
	const struct placement *p = cli->client != NULL ? client_refused(cli->client) : NULL;
	struct cc_error ignored;

	if (p != NULL)
		(void)print(cli, p, cc_has(p, placement, name) ? p->name : "It", "", false, &ignored);
	return -1;
}

int cmd_explain_plan(struct cli *cli, const struct instance_spec *spec, struct cc_error *err)
{
	bool whole = args_has(&cli->args, "explain");
	struct placement p = { 0 };
	const struct client_call call = { "POST", "/v1/placements", &instance_spec_desc, spec, &placement_desc, &p };
	struct client *client;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	if (client_call(client, &call, err) < 0)
		return whole ? cmd_explain_refused(cli) : -1;
	if (print(cli, &p, spec->name, "would be", whole || is_wide(cli), err) < 0)
		return -1;
	cli_say(cli, "%s was not created: --dry-run", spec->name);
	return 0;
}

static int explain(struct cli *cli, const char *name, bool wide, struct cc_error *err)
{
	struct placement p = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 ||
	        client_get(client, client_path(cli->arena, noun_instance.path, name, "/placement"), &placement_desc, &p, err) < 0)
		return -1;
	return print(cli, &p, name, "is", wide, err);
}

int cmd_explain_made(struct cli *cli, const char *name, struct cc_error *err)
{
	return is_data(cli) ? 0 : explain(cli, name, is_wide(cli), err);
}

/* The last one of that name; the list is in the order of deciding. */
static int say_last_refused(struct cli *cli, const struct placement_list *list, const char *name, struct cc_error *err)
{
	for (size_t i = list->items.n; i-- > 0;) {
		const struct placement *p = &list->items.items[i];

		if (cc_has(p, placement, name) && strcmp(p->name, name) == 0)
			return print(cli, p, name, "", false, err);
	}
	return cc_fail(err, NOT_FOUND, "no request for '%s' was refused for want of room; see ccctl explain --refused", name);
}

static int say_all_refused(struct cli *cli, const struct placement_list *list, struct cc_error *err)
{
	struct cc_list rows = { list->items.n, list->items.items };
	cc_auto_buf struct cc_buf out = { 0 };
	char when[CC_TIME_TEXT];

	if (is_data(cli))
		return cli_show_rows(cli, &placement_desc, &rows, err);
	if (rows.n == 0)
		cli_say(cli, "No request was refused for want of room.");
	for (size_t i = 0; i < rows.n; i++) {
		const struct placement *p = &list->items.items[i];

		cc_buf_printf(&out, "%.10s %.5s  %s, asked for by %s: %s\n", cc_time_format(p->decided, when), when + 11,
		        cc_has(p, placement, name) ? p->name : "-", cc_has(p, placement, member_name) ? p->member_name : "-",
		        cc_has(p, placement, would_fit) ? p->would_fit : "-");
	}
	return cli_write(cli, &out, err);
}

static int explain_refused(struct cli *cli, const char *name, struct cc_error *err)
{
	struct placement_list list = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_list(client, "/v1/placements?placed=false", &placement_list_desc, &list, err) < 0)
		return -1;
	return name != NULL ? say_last_refused(cli, &list, name, err) : say_all_refused(cli, &list, err);
}

int cmd_explain(struct cli *cli, struct cc_error *err)
{
	const char *name = cli->args.n_words > 0 ? cli->args.words[0] : NULL;

	if (args_has(&cli->args, "refused"))
		return explain_refused(cli, name, err);
	if (name == NULL)
		return cc_fail(err, INVALID, "give the name of an instance, or --refused for requests that found no room");
	return explain(cli, cli->args.words[0], is_wide(cli), err);
}
