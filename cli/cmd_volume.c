/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making, growing and deleting volumes. They are listed and shown where the other nouns are (cmd_instance.c). */
#include "cli/handlers.h"

#include "cli/await.h"
#include "cli/remove.h"
#include "common/model.h"

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
	return cli_call(cli, &call, err) < 0 ? -1 : settle(cli, &v, "ready", err);
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
	if (cli_call(cli, &(struct client_call){ .method = "GET", .path = path, .reply_desc = &volume_desc, .reply = &v }, err) < 0)
		return -1;
	if (cli_call(cli,
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

int cmd_volume_delete(struct cli *cli, struct cc_error *err)
{
	const struct removal r = { &noun_volume, "delete", "deleted", " with all files" };

	return remove_and_wait(cli, &r, noun_volume.path, NULL, err);
}
