/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making, growing and deleting volumes. They are listed and shown where the other nouns are (cmd_instance.c). */
#include "cli/handlers.h"

#include "cli/await.h"
#include "cli/remove.h"
#include "common/model.h"

static int ask(struct cli *cli, const struct client_call *call, struct cc_error *err)
{
	struct client *client;

	return cli_client(cli, &client, err) < 0 ? -1 : client_call(client, call, err);
}

static bool is_settled(const void *row)
{
	return ((const struct volume *)row)->state != VOLUME_WANTED;
}

/* Waits until its node has it; one that has no node is ready as it is. */
static int settle(struct cli *cli, struct volume *v, const char *done, struct cc_error *err)
{
	struct await a = { .path = client_path(cli->arena, noun_volume.path, v->name, ""),
		.desc = &volume_desc,
		.row = v,
		.reached = is_settled,
		.what = cc_printf(cli->arena, "the volume '%s'", v->name) };
	enum await_end end;
	int result = 0;

	if (await_row(cli, &a, &end, err) < 0)
		return -1;
	if (end == AWAIT_GONE)
		return cc_fail(err, NOT_FOUND, "the volume '%s' was deleted meanwhile", v->name);
	if (v->state == VOLUME_FAILED) {
		cc_auto_buf struct cc_buf why = { 0 };

		output_add_safe(&why, v->reason);
		cli_say(cli, "ccctl: the volume '%s' could not be made: %s. Its node tries again; see ccctl volume show %s", v->name,
		        cc_buf_str(&why), v->name);
		result = 1;
	} else if (cc_has(v, volume, node_name)) {
		cli_say(cli, "%s: %s on %s", v->name, done, v->node_name);
	} else {
		cli_say(cli, "%s: gets its node with the first instance that uses it (ccctl create ... --volume %s:/data)", v->name, v->name);
	}
	return args_has(&cli->args, "output") && cli_show_row(cli, &volume_desc, v, err) < 0 ? -1 : result;
}

static int read_size(const struct cli *cli, int64_t *ret, struct cc_error *err)
{
	if (!args_has(&cli->args, "size"))
		return cc_fail(err, INVALID, "--size is needed, such as --size 1GiB");
	*ret = args_number(&cli->args, "size", 0);
	if (*ret < 1 || *ret > cc_kind_info(CK_disk_mib)->max)
		return cc_fail(err, INVALID, "--size: '%s' is out of range: 1 MiB to 1024 TiB", args_text(&cli->args, "size", ""));
	return 0;
}

int cmd_volume_create(struct cli *cli, struct cc_error *err)
{
	struct volume_spec spec = { .name = cli->args.words[0] };
	struct volume v = { 0 };
	const struct client_call call = { "POST", noun_volume.path, &volume_spec_desc, &spec, &volume_desc, &v };

	if (read_size(cli, &spec.size_mib, err) < 0 || cc_text_check(cc_desc_find(&volume_spec_desc, "name"), spec.name, strlen(spec.name), err) < 0)
		return -1;
	if (args_has(&cli->args, "node"))
		cc_set(&spec, volume_spec, node, args_text(&cli->args, "node", NULL));
	return ask(cli, &call, err) < 0 ? -1 : settle(cli, &v, "ready", err);
}

int cmd_volume_grow(struct cli *cli, struct cc_error *err)
{
	const char *path = client_path(cli->arena, noun_volume.path, cli->args.words[0], "");
	struct volume_change change = { 0 };
	struct volume v = { 0 };
	int64_t size_mib;

	if (read_size(cli, &size_mib, err) < 0)
		return -1;
	cc_set(&change, volume_change, size_mib, size_mib);
	if (ask(cli, &(struct client_call){ .method = "GET", .path = path, .reply_desc = &volume_desc, .reply = &v }, err) < 0)
		return -1;
	if (ask(cli,
	            &(struct client_call){ .method = "PATCH",
	                    .path = path,
	                    .body_desc = &volume_change_desc,
	                    .body = &change,
	                    .reply_desc = &volume_desc,
	                    .reply = &v,
	                    .if_revision = v.revision },
	            err) < 0)
		return -1;
	return settle(cli, &v, "has its new size", err);
}

static bool never(const void *row)
{
	(void)row;
	return false;
}

static int delete_one(struct cli *cli, const char *name, struct cc_error *err)
{
	struct volume v = { 0 };
	struct client_call call = {
		.method = "DELETE", .path = client_path(cli->arena, noun_volume.path, name, ""), .reply_desc = &volume_desc, .reply = &v
	};
	struct await a = {
		.path = call.path, .desc = &volume_desc, .row = &v, .reached = never, .what = cc_printf(cli->arena, "deleting the volume '%s'", name)
	};
	enum await_end end = AWAIT_GONE;

	if (ask(cli, &call, err) < 0)
		return -1;
	if (!cc_uuid_is_nil(v.id) && await_row(cli, &a, &end, err) < 0)
		return -1;
	cli_say(cli, "%s: %s", name, end == AWAIT_GONE ? "deleted" : "deleting");
	return 0;
}

int cmd_volume_delete(struct cli *cli, struct cc_error *err)
{
	const struct removal r = { &noun_volume, "delete", "deleted", " with all files" };
	size_t n = cli->args.n_words;
	struct cc_error e = { 0 };
	int status = 0;
	bool yes;

	if (remove_confirm(cli, &r, cli->args.words, n, "", &yes, err) < 0)
		return -1;
	if (!yes)
		return 1;
	for (size_t i = 0; i < n; i++) {
		int told = delete_one(cli, cli->args.words[i], &e) < 0 ? cli_tell(cli, &e) : 0;

		status = status != 0 ? status : told;
	}
	return status;
}
