/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports of the node that lead to an instance. The API takes all of an instance's ports at once; here some are added to them, or taken away. */
#include "cli/handlers.h"

#include "cli/spec.h"
#include "cli/wait.h"

static bool same_port(const struct published_port *a, const struct published_port *b)
{
	return a->node_port == b->node_port && a->protocol == b->protocol;
}

static bool is_among(const struct published_port *ports, size_t n, const struct published_port *p)
{
	for (size_t i = 0; i < n; i++)
		if (same_port(&ports[i], p))
			return true;
	return false;
}

static const char *const *port_words(const struct cli *cli, size_t *ret_n)
{
	*ret_n = cli->args.n_words - 1;
	return cli->args.words + 1;
}

/* Those that it has, but for those in `without`, with room for as many more. */
static struct published_port *keep(const struct cli *cli, const struct instance *now, const struct published_port *without, size_t n, size_t *ret_n)
{
	size_t have = cc_has(now, instance, publish) ? now->publish.n : 0;
	struct published_port *ports = cc_new_array(cli->arena, have + n, struct published_port);

	*ret_n = 0;
	for (size_t i = 0; i < have; i++)
		if (!is_among(without, n, &now->publish.items[i]))
			ports[(*ret_n)++] = now->publish.items[i];
	return ports;
}

static void set_ports(struct instance_change *c, struct published_port *ports, size_t n)
{
	c->publish.items = ports;
	c->publish.n = n;
	c->has |= CC_BIT(instance_change_f_publish);
}

/* A port that is published already leads to where it is said now. */
static int fill_publish(void *arg, const void *row, void *body, struct cc_error *err)
{
	const struct cli *cli = arg;
	const struct instance *now = row;
	struct published_port *more, *ports;
	size_t n, have;
	const char *const *words = port_words(cli, &n);

	if (spec_ports(cli, words, n, &more, err) < 0)
		return -1;
	ports = keep(cli, now, more, n, &have);
	memcpy(ports + have, more, n * sizeof(*more));
	set_ports(body, ports, have + n);
	return 0;
}

/* "8080" or "8080/tcp"; "8080:80", as it was published, is as good. */
static int read_node_port(const struct cli *cli, const char *word, struct published_port *ret, struct cc_error *err)
{
	size_t digits = strspn(word, "0123456789");
	const char *text = word[digits] == ':' ? word : cc_printf(cli->arena, "%.*s:1%s", (int)digits, word, word + digits);
	struct published_port *port;
	struct cc_error ignored = { 0 };

	if (spec_ports(cli, &text, 1, &port, &ignored) < 0)
		return cc_fail(err, INVALID, "'%.60s' is no port of the node; write 8080 or 53/udp", word);
	*ret = *port;
	return 0;
}

static int fill_unpublish(void *arg, const void *row, void *body, struct cc_error *err)
{
	const struct cli *cli = arg;
	const struct instance *now = row;
	size_t n, left;
	const char *const *words = port_words(cli, &n);
	struct published_port *without = cc_new_array(cli->arena, n, struct published_port), *ports;

	for (size_t i = 0; i < n; i++) {
		if (read_node_port(cli, words[i], &without[i], err) < 0)
			return -1;
		if (now != NULL && (!cc_has(now, instance, publish) || !is_among(now->publish.items, now->publish.n, &without[i])))
			return cc_fail(err, NOT_FOUND, "'%s' does not publish %s; see ccctl show %s", now->name, words[i], now->name);
	}
	if (now == NULL)
		return 0;
	ports = keep(cli, now, without, n, &left);
	set_ports(body, ports, left);
	return 0;
}

static int change(struct cli *cli, int (*fill)(void *arg, const void *now, void *body, struct cc_error *err), struct cc_error *err)
{
	struct instance_change c = { 0 };
	struct instance inst = { 0 };
	const struct client_call call = { .path = client_path(cli->arena, noun_instance.path, cli->args.words[0], ""),
		.body_desc = &instance_change_desc,
		.body = &c,
		.fill = fill,
		.arg = cli,
		.reply_desc = &instance_desc,
		.reply = &inst };
	struct client *client;
	struct wait w;

	wait_begin(&w, cli, WAIT_LIMITS);
	if (cli_client(cli, &client, err) < 0 || client_patch(client, &call, err) < 0)
		return -1;
	return wait_and_show(&w, &inst, err);
}

/* What is wrong with the command line is said before anybody is asked. */
int cmd_publish(struct cli *cli, struct cc_error *err)
{
	struct instance nothing = { 0 };
	struct instance_change c = { 0 };

	return fill_publish(cli, &nothing, &c, err) < 0 ? -1 : change(cli, fill_publish, err);
}

int cmd_unpublish(struct cli *cli, struct cc_error *err)
{
	struct instance_change c = { 0 };

	return fill_unpublish(cli, NULL, &c, err) < 0 ? -1 : change(cli, fill_unpublish, err);
}
