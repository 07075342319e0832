/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at instances and creating them. */
#include "cli/handlers.h"

#include "cli/spec.h"
#include "cli/wait.h"
#include "cli/watch.h"
#include "common/model.h"

/* NAME:PATH, or NAME:PATH:ro. */
static int fill_volume(const struct cli *cli, const char *text, struct volume_use *ret, struct cc_error *err)
{
	size_t name = strcspn(text, ":"), len;
	const char *path = text[name] == ':' ? text + name + 1 : "";

	len = strlen(path);
	if (name == 0 || path[0] != '/')
		return cc_fail(err, INVALID, "--volume: '%s' is not NAME:/PATH or NAME:/PATH:ro", text);
	if (len > 3 && strcmp(path + len - 3, ":ro") == 0) {
		cc_set(ret, volume_use, read_only, true);
		len -= 3;
	}
	ret->volume = cc_arena_memdup(cli->arena, text, name);
	ret->path = cc_arena_memdup(cli->arena, path, len);
	return 0;
}

static int fill_volumes(const struct cli *cli, struct instance_spec *spec, struct cc_error *err)
{
	struct cc_texts given = args_texts(&cli->args, "volume", cli->arena);

	spec->volumes.items = cc_new_array(cli->arena, given.n, struct volume_use);
	for (spec->volumes.n = 0; spec->volumes.n < given.n; spec->volumes.n++)
		if (fill_volume(cli, given.items[spec->volumes.n], &spec->volumes.items[spec->volumes.n], err) < 0)
			return -1;
	spec->has |= CC_BIT(instance_spec_f_volumes);
	return 0;
}

static void fill_wishes(const struct args *args, struct instance_spec *spec)
{
#define TEXT(field)                 \
	if (args_has(args, #field)) \
	cc_set(spec, instance_spec, field, args_text(args, #field, NULL))
	TEXT(constraint);
	TEXT(affinity);
	TEXT(spread);
	TEXT(near);
#undef TEXT
	if (args_has(args, "within"))
		cc_set(spec, instance_spec, within_ms, args_find(args, "within")->number);
}

static int fill_spec(const struct cli *cli, struct instance_spec *spec, struct cc_error *err)
{
	const struct args *args = &cli->args;

	if (!args_has(args, "image"))
		return cc_fail(err, INVALID, "--image is needed; see ccctl image list");
	spec->name = args->words[0];
	spec->image = args_text(args, "image", NULL);
	if (spec_limits(cli, &instance_spec_desc, spec, err) < 0)
		return -1;
	if (args_has(args, "publish")) {
		struct cc_texts given = args_texts(args, "publish", cli->arena);

		if (spec_ports(cli, given.items, given.n, &spec->publish.items, err) < 0)
			return cc_wrap(err, "--publish");
		spec->publish.n = given.n;
		spec->has |= CC_BIT(instance_spec_f_publish);
	}
	if (args_has(args, "node"))
		cc_set(spec, instance_spec, node, args_text(args, "node", NULL));
	fill_wishes(args, spec);
	if (args_has(args, "on-disconnect"))
		cc_set(spec, instance_spec, on_disconnect,
		        (enum on_disconnect)cc_enum_find(&on_disconnect_enum, args_text(args, "on-disconnect", "keep")));
	if (args_has(args, "stateless"))
		cc_set(spec, instance_spec, stateless, true);
	if (args_has(args, "label")) {
		if (spec_labels(cli, false, &spec->labels, err) < 0)
			return -1;
		spec->has |= CC_BIT(instance_spec_f_labels);
	}
	if (args_has(args, "volume") && fill_volumes(cli, spec, err) < 0)
		return -1;
	return cc_text_check(cc_desc_find(&instance_spec_desc, "name"), spec->name, strlen(spec->name), err);
}

int cmd_create_of(struct cli *cli, const struct instance_spec *spec, struct cc_error *err)
{
	struct instance inst = { 0 };
	struct client *client;
	struct wait w;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	wait_begin(&w, cli, WAIT_RUNNING);
	if (client_call(client,
	            &(struct client_call){ .method = "POST",
	                    .path = noun_instance.path,
	                    .body_desc = &instance_spec_desc,
	                    .body = spec,
	                    .reply_desc = &instance_desc,
	                    .reply = &inst },
	            err) < 0)
		return -1;
	return wait_and_show(&w, &inst, err);
}

int cmd_create(struct cli *cli, struct cc_error *err)
{
	struct instance_spec spec = { 0 };

	if (fill_spec(cli, &spec, err) < 0)
		return -1;
	if (args_has(&cli->args, "dry-run"))
		return cmd_explain_plan(cli, &spec, err);
	if (!args_has(&cli->args, "explain"))
		return cmd_create_of(cli, &spec, err);
	return cmd_create_of(cli, &spec, err) < 0 ? cmd_explain_refused(cli) : cmd_explain_made(cli, spec.name, err);
}

/* NULL for what has no labels, or none was given. */
static const char *selector_of(const struct cli *cli, const struct noun *noun)
{
	return cc_desc_find(noun_items(noun)->desc, "labels") != NULL ? args_text(&cli->args, "selector", NULL) : NULL;
}

/* The noun's path with what --filter and --selector ask for. */
static int list_path(const struct cli *cli, const struct noun *noun, const char **ret, struct cc_error *err)
{
	const struct args *args = &cli->args;
	struct cc_texts filters = args_texts(args, "filter", cli->arena);
	const char *path = noun->path, *sep = "?";

	for (size_t i = 0; i < filters.n; i++) {
		size_t key = strcspn(filters.items[i], "=");

		if (key == 0 || filters.items[i][key] == '\0')
			return cc_fail(err, INVALID, "--filter: '%s' is not KEY=VALUE, such as state=running", filters.items[i]);
		path = cc_printf(cli->arena, "%s%s%s=%s", path, sep, client_escape(cli->arena, cc_arena_memdup(cli->arena, filters.items[i], key)),
		        client_escape(cli->arena, filters.items[i] + key + 1));
		sep = "&";
	}
	if (selector_of(cli, noun) != NULL)
		path = cc_printf(cli->arena, "%s%sselector=%s", path, sep, client_escape(cli->arena, selector_of(cli, noun)));
	*ret = path;
	return 0;
}

/* GETs the noun's list and prints it. */
static int list_noun(struct cli *cli, const struct noun *noun, struct cc_error *err)
{
	const struct cc_field *items = noun_items(noun);
	void *list = cc_arena_alloc(cli->arena, noun->list->size);
	const struct cc_list *rows = cc_field_at(items, list);
	bool all = !args_has(&cli->args, "filter") && selector_of(cli, noun) == NULL;
	struct client *client;
	const char *path;

	if (list_path(cli, noun, &path, err) < 0)
		return -1;
	if (args_has(&cli->args, "watch"))
		return watch_list(cli, noun, path, err);
	if (cli_client(cli, &client, err) < 0 || client_list(client, path, noun->list, list, err) < 0)
		return -1;
	if (rows->n == 0 && all && cli->out_tty && !args_has(&cli->args, "output")) {
		cli_say(cli, "There is no %s yet. To make one: ccctl %s", noun->word, noun->make_command);
		return 0;
	}
	return cli_show_rows(cli, items->desc, rows, err);
}

int cmd_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_instance, err);
}

int cmd_image_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_image, err);
}

int cmd_image_alias_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_image_alias, err);
}

int cmd_node_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_node, err);
}

int cmd_invite_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_invite, err);
}

int cmd_member_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_member, err);
}

int cmd_token_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_token, err);
}

int cmd_volume_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_volume, err);
}

int cmd_snapshot_list(struct cli *cli, struct cc_error *err)
{
	struct noun of = noun_snapshot;

	of.path = client_path(cli->arena, noun_instance.path, cli->args.words[0], "/snapshots");
	of.make_command = cc_printf(cli->arena, "snapshot create %s", cli->args.words[0]);
	return list_noun(cli, &of, err);
}

/* GETs the thing that the first word names and prints it. */
static int show_noun(struct cli *cli, const struct noun *noun, struct cc_error *err)
{
	const struct cc_desc *d = noun_items(noun)->desc;
	void *row = cc_arena_alloc(cli->arena, d->size);
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_get(client, client_path(cli->arena, noun->path, cli->args.words[0], ""), d, row, err) < 0)
		return -1;
	return cli_show_row(cli, d, row, err);
}

int cmd_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_instance, err);
}

int cmd_image_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_image, err);
}

int cmd_invite_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_invite, err);
}

int cmd_volume_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_volume, err);
}

int cmd_member_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_member, err);
}

int cmd_node_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_node, err);
}
