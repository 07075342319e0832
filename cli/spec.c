/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/spec.h"

#include "cli/column.h"

#include <string.h>

/* The range in the words in which the option is given. */
static int out_of_range(
        const struct cc_desc *d, const struct cc_field *f, const char *option, const char *text, struct cc_arena *a, struct cc_error *err)
{
	const struct cc_kind_info *k = cc_kind_info(f->kind);
	cc_auto_buf struct cc_buf range = { 0 };
	char *limit = cc_arena_alloc(a, d->size);
	struct column c = { .field = f };

	memset(limit, 0, d->size);
	for (int i = 0; i < 2; i++) {
		*(int64_t *)(limit + f->offset) = i == 0 ? k->min : k->max;
		*(uint64_t *)limit |= CC_BIT(f->index);
		cc_buf_adds(&range, i == 0 ? "" : " to ");
		column_format(&c, limit, &(struct output){ 0 }, &range);
	}
	return cc_fail(err, INVALID, "--%s: '%s' is out of range: %s", option, text, range.data);
}

int spec_limits(const struct cli *cli, const struct cc_desc *d, void *row, struct cc_error *err)
{
	static const char *const numbers[] = { "memory", "memory_mib", "cpu", "cpu_millis", "disk", "disk_mib", "pids", "pids", "bandwidth",
		"bandwidth_kbit" };

	for (size_t i = 0; i < CC_ARRAY_LEN(numbers); i += 2) {
		const struct cc_field *f = cc_desc_find(d, numbers[i + 1]);
		const struct args_given *g = args_find(&cli->args, numbers[i]);

		if (g == NULL)
			continue;
		if (cc_int_check(f, g->number, err) < 0)
			return out_of_range(d, f, numbers[i], g->text, cli->arena, err);
		*(int64_t *)((char *)row + f->offset) = g->number;
		*(uint64_t *)row |= CC_BIT(f->index);
	}
	return 0;
}

/* "NAME=VALUE" or, with `changes`, "NAME-". */
static int read_label(struct cc_arena *a, const char *text, bool changes, struct cc_pair *ret, struct cc_error *err)
{
	size_t key = strcspn(text, "=");
	bool taken = changes && text[key] == '\0' && key > 1 && text[key - 1] == '-';

	if (key == 0 || (text[key] == '\0' && !taken))
		return cc_fail(err, INVALID, "--label: '%s' is not NAME=VALUE%s", text, changes ? ", nor NAME- to take it away" : "");
	ret->key = cc_arena_memdup(a, text, key - taken);
	ret->value = taken ? NULL : text + key + 1;
	return 0;
}

int spec_labels(const struct cli *cli, bool changes, struct cc_map *ret, struct cc_error *err)
{
	struct cc_texts given = args_texts(&cli->args, "label", cli->arena);
	struct cc_map labels = { .items = cc_new_array(cli->arena, given.n, struct cc_pair) };

	for (size_t i = 0; i < given.n; i++) {
		struct cc_pair *pair = &labels.items[labels.n];

		if (read_label(cli->arena, given.items[i], changes, pair, err) < 0)
			return -1;
		for (size_t k = 0; k < labels.n; k++)
			if (strcmp(labels.items[k].key, pair->key) == 0)
				return cc_fail(err, INVALID, "--label: '%s' is given twice", pair->key);
		labels.n++;
	}
	*ret = labels;
	return 0;
}

/* Digits up to `end`, and nothing else. */
static bool read_port(const char *text, char end, int64_t *ret, const char **ret_rest)
{
	const struct cc_kind_info *k = cc_kind_info(CK_port);
	int64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n <= k->max; text++)
		n = n * 10 + (*text - '0');
	*ret = n;
	*ret_rest = text + (*text != '\0');
	return (*text == end || (end == '/' && *text == '\0')) && n >= k->min && n <= k->max;
}

static int read_publish(const char *text, struct published_port *ret, struct cc_error *err)
{
	const char *rest, *slash = strchr(text, '/');
	unsigned protocol = PORT_PROTOCOL_TCP;

	if (!read_port(text, ':', &ret->node_port, &rest) || !read_port(rest, '/', &ret->port, &rest))
		return cc_fail(
		        err, INVALID, "'%.60s' is no port to publish; write NODEPORT:PORT, such as 8080:80 or 53:53/udp, each from 1 to 65535", text);
	if (slash != NULL && cc_enum_parse(cc_desc_find(&published_port_desc, "protocol"), slash + 1, &protocol, err) < 0)
		return cc_wrap(err, "'%.60s'", text);
	cc_set(ret, published_port, protocol, (enum port_protocol)protocol);
	return 0;
}

int spec_ports(const struct cli *cli, const char *const *words, size_t n, struct published_port **ret, struct cc_error *err)
{
	struct published_port *ports = cc_new_array(cli->arena, n, struct published_port);

	for (size_t i = 0; i < n; i++)
		if (read_publish(words[i], &ports[i], err) < 0)
			return -1;
	*ret = ports;
	return 0;
}
