/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drain, undrain, cap and remove: what an admin does to a node of the zone. */
#include "cli/handlers.h"

#include "cli/confirm.h"
#include "common/clock.h"
#include "common/model.h"

#include <poll.h>
#include <stdio.h>

#define LOOK_MS         1000
#define DEFAULT_WAIT_MS 300000

static const char *path_to(const struct cli *cli, const char *tail)
{
	return client_path(cli->arena, noun_node.path, cli->args.words[0], tail);
}

static int show(struct cli *cli, const struct node *n, struct cc_error *err)
{
	return args_has(&cli->args, "output") ? cli_show_row(cli, &node_desc, n, err) : 0;
}

static void tell_left(struct cli *cli, const struct node *n)
{
	int64_t moving = cc_has(n, node, drain_moving) ? n->drain_moving : 0;

	if (moving > 0)
		cli_say(cli, "%s: drained, %lld instances left, %lld of them on their way", n->name, (long long)n->used_instances, (long long)moving);
	else
		cli_say(cli, "%s: drained, %lld instances left", n->name, (long long)n->used_instances);
	for (size_t i = 0; cc_has(n, node, drain_stays) && i < n->drain_stays.n; i++)
		cli_say(cli, "  stays: %s", n->drain_stays.items[i]);
}

static bool same_progress(const struct node *a, const struct node *b)
{
	bool same = a->used_instances == b->used_instances && a->drain_moving == b->drain_moving && a->drain_stays.n == b->drain_stays.n;

	for (size_t i = 0; same && i < a->drain_stays.n; i++)
		same = strcmp(a->drain_stays.items[i], b->drain_stays.items[i]) == 0;
	return same;
}

/* Until no instance is assigned there. */
static int wait_until_empty(struct cli *cli, struct node *n, struct cc_error *err)
{
	int64_t until = cc_boottime_ms() + args_number(&cli->args, "timeout", DEFAULT_WAIT_MS);
	struct node told = *n;

	while (n->used_instances > 0) {
		if (cc_boottime_ms() >= until)
			return cc_fail(err, TIMEOUT,
			        "%lld instances are still on '%s', which stays drained; their members have to delete them (see ccctl list), or wait "
			        "longer (--timeout)",
			        (long long)n->used_instances, n->name);
		poll(NULL, 0, LOOK_MS);
		if (client_get(cli->client, path_to(cli, ""), &node_desc, n, err) < 0)
			return -1;
		if (!same_progress(&told, n))
			tell_left(cli, n);
		told = *n;
	}
	return 0;
}

static int fill_drain(const struct cli *cli, struct node_drain *body, struct cc_error *err)
{
	const struct args *args = &cli->args;

	if (args_has(args, "close") && args_has(args, "deadline"))
		return cc_fail(err, INVALID, "--deadline is for what moves, and with --close nothing does");
	if (args_has(args, "stop") && !args_has(args, "deadline"))
		return cc_fail(err, INVALID, "--stop needs a --deadline");
	cc_set(body, node_drain, move, !args_has(args, "close"));
	if (args_has(args, "deadline"))
		cc_set(body, node_drain, deadline_s, (args_number(args, "deadline", 0) + 999) / 1000);
	if (args_has(args, "stop"))
		cc_set(body, node_drain, stop, true);
	return 0;
}

int cmd_node_drain(struct cli *cli, struct cc_error *err)
{
	struct node_drain body = { 0 };
	struct node n = { 0 };
	const struct client_call call = { "POST", path_to(cli, "/drain"), &node_drain_desc, &body, &node_desc, &n };

	if (args_has(&cli->args, "reason"))
		cc_set(&body, node_drain, reason, args_text(&cli->args, "reason", ""));
	if (fill_drain(cli, &body, err) < 0)
		return -1;
	if (cli_call(cli, &call, err) < 0)
		return -1;
	tell_left(cli, &n);
	if (args_has(&cli->args, "wait") && wait_until_empty(cli, &n, err) < 0)
		return -1;
	return show(cli, &n, err);
}

int cmd_node_undrain(struct cli *cli, struct cc_error *err)
{
	struct node n = { 0 };
	const struct client_call call = { .method = "POST",
		.path = path_to(cli, args_has(&cli->args, "no-return") ? "/undrain?return=false" : "/undrain"),
		.reply_desc = &node_desc,
		.reply = &n };

	if (cli_call(cli, &call, err) < 0)
		return -1;
	cli_say(cli, "%s: takes instances again%s%s", n.name, cc_has(&n, node, closed) ? ", once its owner lets it: " : "",
	        cc_has(&n, node, closed) ? n.closed : "");
	return show(cli, &n, err);
}

/* The caps as they are, for those that are not named stay. */
static int caps_now(struct cli *cli, struct node_cap *ret, struct cc_error *err)
{
	struct node n = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_get(client, path_to(cli, ""), &node_desc, &n, err) < 0)
		return -1;
#define KEEP(field)                        \
	if (cc_has(&n, node, cap_##field)) \
		cc_set(ret, node_cap, field, n.cap_##field);
	KEEP(cpu_millis)
	KEEP(memory_mib)
	KEEP(disk_mib)
	KEEP(instances)
#undef KEEP
	return 0;
}

int cmd_node_cap(struct cli *cli, struct cc_error *err)
{
	const struct args *args = &cli->args;
	struct node_cap cap = { 0 };
	struct node n = { 0 };
	const struct client_call call = { "PUT", path_to(cli, "/cap"), &node_cap_desc, &cap, &node_desc, &n };

	if (!args_has(args, "none") && caps_now(cli, &cap, err) < 0)
		return -1;
	if (args_has(args, "cpu"))
		cc_set(&cap, node_cap, cpu_millis, args_number(args, "cpu", 0));
	if (args_has(args, "memory"))
		cc_set(&cap, node_cap, memory_mib, args_number(args, "memory", 0));
	if (args_has(args, "disk"))
		cc_set(&cap, node_cap, disk_mib, args_number(args, "disk", 0));
	if (args_has(args, "instances"))
		cc_set(&cap, node_cap, instances, args_number(args, "instances", 0));
	if (cli_call(cli, &call, err) < 0)
		return -1;
	cli_say(cli, "%s: at most %lldm cpu, %lld MiB memory, %lld MiB disk and %lld instances are granted", n.name, (long long)n.granted_cpu_millis,
	        (long long)n.granted_memory_mib, (long long)n.granted_disk_mib, (long long)n.granted_instances);
	return show(cli, &n, err);
}

int cmd_node_remove(struct cli *cli, struct cc_error *err)
{
	const struct client_call call = { .method = "DELETE", .path = path_to(cli, args_has(&cli->args, "force") ? "?force=true" : "") };
	const char *question = cc_printf(cli->arena, "Remove node %s, which has to join anew to come back", cli->args.words[0]);
	bool yes;

	if (confirm_ask(cli, question, "remove", &yes, err) < 0)
		return -1;
	if (!yes) {
		cli_say(cli, "Nothing was removed.");
		return 1;
	}
	if (cli_call(cli, &call, err) < 0)
		return -1;
	cli_say(cli, "%s: removed; its key is forgotten", cli->args.words[0]);
	return 0;
}
