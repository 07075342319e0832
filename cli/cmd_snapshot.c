/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of an instance: the first word names the instance, the second the snapshot. */
#include "cli/handlers.h"

#include "cli/await.h"
#include "cli/remove.h"
#include "cli/units.h"
#include "cli/wait.h"
#include "common/model.h"

static const char *path_of(const struct cli *cli, const char *instance, const char *snapshot, const char *tail)
{
	const char *all = client_path(cli->arena, noun_instance.path, instance, "/snapshots");

	return snapshot != NULL ? client_path(cli->arena, all, snapshot, tail) : all;
}

static bool is_settled(const void *row)
{
	return ((const struct snapshot *)row)->state != SNAPSHOT_WANTED;
}

static void tell_taken(struct cli *cli, const struct snapshot *s)
{
	cc_auto_buf struct cc_buf size = { 0 };

	if (cc_has(s, snapshot, bytes)) {
		cc_buf_adds(&size, ", ");
		units_add_bytes(&size, s->bytes);
	}
	cli_say(cli, "%s: snapshot %s: %s%s", cli->args.words[0], s->name, cc_enum_slug(&snapshot_state_enum, (int)s->state), cc_buf_str(&size));
}

/* 1 when it failed, which is told. */
static int tell_failed(struct cli *cli, const char *name, const char *reason)
{
	cc_auto_buf struct cc_buf safe = { 0 };

	output_add_safe(&safe, reason != NULL && reason[0] != '\0' ? reason : "its node gave no reason");
	cli_say(cli, "ccctl: snapshot %s of '%s': %s", name, cli->args.words[0], cc_buf_str(&safe));
	return 1;
}

int cmd_snapshot_create(struct cli *cli, struct cc_error *err)
{
	struct snapshot_spec spec = { 0 };
	struct snapshot s = { 0 };
	struct client_call call = { "POST", path_of(cli, cli->args.words[0], NULL, ""), &snapshot_spec_desc, &spec, &snapshot_desc, &s };
	struct await a = { .desc = &snapshot_desc, .row = &s, .reached = is_settled };
	enum await_end end;
	int result = 0;

	if (cli->args.n_words > 1) {
		cc_set(&spec, snapshot_spec, name, cli->args.words[1]);
		if (cc_text_check(cc_desc_find(&snapshot_spec_desc, "name"), spec.name, strlen(spec.name), err) < 0)
			return -1;
	}
	if (cli_call(cli, &call, err) < 0)
		return -1;
	a.path = path_of(cli, cli->args.words[0], s.name, "");
	a.what = cc_printf(cli->arena, "the snapshot '%s'", s.name);
	if (await_row(cli, &a, &end, err) < 0)
		return -1;
	if (end == AWAIT_GONE)
		return tell_failed(cli, s.name, "it was deleted meanwhile");
	if (s.state == SNAPSHOT_FAILED)
		result = tell_failed(cli, s.name, s.reason);
	else
		tell_taken(cli, &s);
	return args_has(&cli->args, "output") && cli_show_row(cli, &snapshot_desc, &s, err) < 0 ? -1 : result;
}

static bool is_restored(const void *row)
{
	const struct instance *inst = row;

	return !cc_has(inst, instance, restore);
}

/* What became of it is told by the snapshot. */
static int tell_restored(struct cli *cli, struct instance *inst, const char *snapshot, struct cc_error *err)
{
	struct snapshot s = { 0 };

	if (client_get(cli->client, path_of(cli, cli->args.words[0], snapshot, ""), &snapshot_desc, &s, err) < 0)
		return -1;
	if (s.reason != NULL && s.reason[0] != '\0')
		return tell_failed(cli, s.name, s.reason);
	cli_say(cli, "%s: is as it was in snapshot %s", inst->name, s.name);
	return 0;
}

int cmd_snapshot_restore(struct cli *cli, struct cc_error *err)
{
	const char *name = cli->args.words[0], *snapshot = cli->args.words[1];
	struct snapshot_restore body = { 0 };
	struct instance inst = { 0 };
	struct client_call call = { "POST", path_of(cli, name, snapshot, "/restore"), &snapshot_restore_desc, &body, &instance_desc, &inst };
	struct await a = { .path = client_path(cli->arena, noun_instance.path, name, ""),
		.desc = &instance_desc,
		.row = &inst,
		.reached = is_restored,
		.what = cc_printf(cli->arena, "restoring '%s'", name) };
	struct wait w;
	enum await_end end;
	int result = 0;

	if (args_has(&cli->args, "restart"))
		cc_set(&body, snapshot_restore, restart, true);
	wait_begin(&w, cli, WAIT_RUNNING);
	if (cli_call(cli, &call, err) < 0 || await_row(cli, &a, &end, err) < 0)
		return -1;
	if (end == AWAIT_GONE)
		return tell_failed(cli, snapshot, "the instance was deleted meanwhile");
	if (end == AWAIT_REACHED)
		result = tell_restored(cli, &inst, snapshot, err);
	else
		cli_say(cli, "%s: is being restored from %s", inst.name, snapshot);
	if (result < 0)
		return -1;
	if (end == AWAIT_REACHED && args_has(&cli->args, "restart") && inst.desired == DESIRED_RUN) {
		int started = wait_for(&w, &inst, err);

		result = result != 0 ? result : started;
	}
	return result >= 0 && args_has(&cli->args, "output") && cli_show_row(cli, &instance_desc, &inst, err) < 0 ? -1 : result;
}

int cmd_snapshot_delete(struct cli *cli, struct cc_error *err)
{
	const struct removal r = { &noun_snapshot, "delete", "deleted", "" };
	const char *of = cli->args.words[0];

	return remove_and_wait(cli, &r, path_of(cli, of, NULL, ""), of, err);
}
