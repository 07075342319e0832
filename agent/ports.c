/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[PORT_KIND_MAX] = { [PORT_TCP] = "tcp", [PORT_UDP] = "udp" };

const char *ports_kind_word(uint8_t kind)
{
	return kind < PORT_KIND_MAX ? words[kind] : "?";
}

static bool read_port(const char **text, uint16_t *ret)
{
	char *end;
	unsigned long n = strtoul(*text, &end, 10);

	if (**text < '0' || **text > '9' || n < 1 || n > UINT16_MAX)
		return false;
	*ret = (uint16_t)n;
	*text = end;
	return true;
}

int ports_range_parse(const char *text, struct port_range *ret, struct cc_error *err)
{
	const char *at = text;
	struct port_range r = { 0 };

	if (strcmp(text, "none") == 0) {
		*ret = r;
		return 0;
	}
	if (!read_port(&at, &r.from) || (*at == '-' ? (at++, !read_port(&at, &r.to)) : (r.to = r.from, false)) || *at != '\0' || r.to < r.from)
		return cc_fail(err, INVALID, "publish_ports: '%.40s' is neither FROM-TO, such as 1024-65535, nor none", text);
	*ret = r;
	return 0;
}

static bool same_place(const struct port *a, const struct port *b)
{
	return a->node_port == b->node_port && a->kind == b->kind;
}

const struct port *ports_find(const struct ports *p, const struct port *like)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (same_place(&p->at[i], like))
			return &p->at[i];
	return NULL;
}

int ports_check(const struct ports *p, struct cc_error *err)
{
	if (p->count > PORTS_MAX)
		return cc_fail(err, INVALID, "an instance can publish %d ports at most", PORTS_MAX);
	for (uint32_t i = 0; i < p->count; i++) {
		const struct port *one = &p->at[i];

		if (one->node_port == 0 || one->port == 0 || one->kind >= PORT_KIND_MAX)
			return cc_fail(err, INVALID, "a port to be published is none");
		if (ports_find(p, one) != one)
			return cc_fail(err, INVALID, "port %u/%s is to be published twice", one->node_port, ports_kind_word(one->kind));
	}
	return 0;
}

int ports_check_range(const struct ports *p, const struct port_range *r, struct cc_error *err)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (r->from == 0 || p->at[i].node_port < r->from || p->at[i].node_port > r->to)
			return cc_fail(err, DENIED, "refused by the node's owner: port %u/%s is not one of those that may be published (%u-%u)",
			        p->at[i].node_port, ports_kind_word(p->at[i].kind), r->from, r->to);
	return 0;
}

bool ports_same(const struct ports *a, const struct ports *b)
{
	for (uint32_t i = 0; i < a->count; i++) {
		const struct port *other = ports_find(b, &a->at[i]);

		if (other == NULL || other->port != a->at[i].port)
			return false;
	}
	return a->count == b->count;
}

uint32_t ports_sum(const struct ports *p)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		uint64_t one = ((uint64_t)p->at[i].node_port << 24 | (uint64_t)p->at[i].port << 8 | p->at[i].kind) + 1;

		/* Added up, so that the order does not matter; the finaliser of splitmix64. */
		one = (one ^ (one >> 30)) * 0xbf58476d1ce4e5b9;
		one = (one ^ (one >> 27)) * 0x94d049bb133111eb;
		sum += (uint32_t)(one >> 32);
	}
	return p->count > 0 && sum == 0 ? 1 : sum;
}

char *ports_format(const struct ports *p, char text[PORTS_TEXT])
{
	size_t len = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < p->count; i++)
		len += (size_t)snprintf(text + len, PORTS_TEXT - len, "%s%u:%u/%s", i > 0 ? " " : "", p->at[i].node_port, p->at[i].port,
		        ports_kind_word(p->at[i].kind));
	return text;
}

void ports_read(const char *text, struct ports *ret)
{
	char copy[PORTS_TEXT], *rest = copy, *word;

	*ret = (struct ports){ 0 };
	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&rest, " ")) != NULL && ret->count < PORTS_MAX) {
		struct port p = { 0 };
		const char *at = word;

		if (!read_port(&at, &p.node_port) || *at++ != ':' || !read_port(&at, &p.port) || *at++ != '/')
			continue;
		while (p.kind < PORT_KIND_MAX && strcmp(at, words[p.kind]) != 0)
			p.kind++;
		if (p.kind < PORT_KIND_MAX)
			ret->at[ret->count++] = p;
	}
}
