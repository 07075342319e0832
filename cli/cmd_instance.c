/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at instances and creating them. */
#include "cli/handlers.h"

#include "cli/column.h"
#include "cli/wait.h"
#include "common/model.h"

/* The range in the words in which the option is given. */
static int out_of_range(const struct cc_field *f, const char *option, const char *text, struct cc_error *err)
{
	const struct cc_kind_info *k = cc_kind_info(f->kind);
	cc_auto_buf struct cc_buf range = { 0 };
	struct instance_spec limit = { 0 };
	struct column c = { .field = f };

	for (int i = 0; i < 2; i++) {
		*(int64_t *)((char *)&limit + f->offset) = i == 0 ? k->min : k->max;
		limit.has |= CC_BIT(f->index);
		cc_buf_adds(&range, i == 0 ? "" : " to ");
		column_format(&c, &limit, &(struct output){ 0 }, &range);
	}
	return cc_fail(err, INVALID, "--%s: '%s' is out of range: %s", option, text, range.data);
}

static int fill_labels(const struct cli *cli, struct instance_spec *spec, struct cc_error *err)
{
	struct cc_texts given = args_texts(&cli->args, "label", cli->arena);
	struct cc_map labels = { .items = cc_new_array(cli->arena, given.n, struct cc_pair) };

	for (size_t i = 0; i < given.n; i++) {
		size_t key = strcspn(given.items[i], "=");

		if (key == 0 || given.items[i][key] == '\0')
			return cc_fail(err, INVALID, "--label: '%s' is not NAME=VALUE", given.items[i]);
		labels.items[labels.n].key = cc_arena_memdup(cli->arena, given.items[i], key);
		if (cc_map_get(&labels, labels.items[labels.n].key) != NULL)
			return cc_fail(err, INVALID, "--label: '%s' is given twice", labels.items[labels.n].key);
		labels.items[labels.n++].value = given.items[i] + key + 1;
	}
	cc_set(spec, instance_spec, labels, labels);
	return 0;
}

static int fill_spec(const struct cli *cli, struct instance_spec *spec, struct cc_error *err)
{
	static const char *const numbers[] = { "memory", "memory_mib", "cpu", "cpu_millis", "disk", "disk_mib", "pids", "pids" };
	const struct args *args = &cli->args;

	if (!args_has(args, "image"))
		return cc_fail(err, INVALID, "--image is needed; see ccctl image list");
	spec->name = args->words[0];
	spec->image = args_text(args, "image", NULL);
	for (size_t i = 0; i < CC_ARRAY_LEN(numbers); i += 2) {
		const struct cc_field *f = cc_desc_find(&instance_spec_desc, numbers[i + 1]);
		const struct args_given *g = args_find(args, numbers[i]);

		if (g == NULL)
			continue;
		if (cc_int_check(f, g->number, err) < 0)
			return out_of_range(f, numbers[i], g->text, err);
		*(int64_t *)((char *)spec + f->offset) = g->number;
		spec->has |= CC_BIT(f->index);
	}
	if (args_has(args, "node"))
		cc_set(spec, instance_spec, node, args_text(args, "node", NULL));
	if (args_has(args, "on-disconnect"))
		cc_set(spec, instance_spec, on_disconnect,
		        (enum on_disconnect)cc_enum_find(&on_disconnect_enum, args_text(args, "on-disconnect", "keep")));
	if (args_has(args, "label") && fill_labels(cli, spec, err) < 0)
		return -1;
	return cc_text_check(cc_desc_find(&instance_spec_desc, "name"), spec->name, strlen(spec->name), err);
}

int cmd_create(struct cli *cli, struct cc_error *err)
{
	struct instance_spec spec = { 0 };
	struct instance inst = { 0 };
	struct client *client;
	struct wait w;

	if (fill_spec(cli, &spec, err) < 0 || cli_client(cli, &client, err) < 0)
		return -1;
	wait_begin(&w, cli, WAIT_RUNNING);
	if (client_call(client,
	            &(struct client_call){ .method = "POST",
	                    .path = noun_instance.path,
	                    .body_desc = &instance_spec_desc,
	                    .body = &spec,
	                    .reply_desc = &instance_desc,
	                    .reply = &inst },
	            err) < 0)
		return -1;
	return wait_and_show(&w, &inst, err);
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

	if (list_path(cli, noun, &path, err) < 0 || cli_client(cli, &client, err) < 0 || client_list(client, path, noun->list, list, err) < 0)
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

int cmd_node_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_node, err);
}

int cmd_member_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_member, err);
}

int cmd_token_list(struct cli *cli, struct cc_error *err)
{
	return list_noun(cli, &noun_token, err);
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

int cmd_member_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_member, err);
}

int cmd_node_show(struct cli *cli, struct cc_error *err)
{
	return show_noun(cli, &noun_node, err);
}
