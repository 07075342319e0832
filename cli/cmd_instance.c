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

/* GETs the noun's list and prints it. */
static int list_noun(struct cli *cli, const struct noun *noun, struct cc_error *err)
{
	const struct cc_field *items = noun_items(noun);
	void *list = cc_arena_alloc(cli->arena, noun->list->size);
	const struct cc_list *rows = cc_field_at(items, list);
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_get(client, noun->path, noun->list, list, err) < 0)
		return -1;
	if (rows->n == 0 && cli->out_tty && !args_has(&cli->args, "output")) {
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
