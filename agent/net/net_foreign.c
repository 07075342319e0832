/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/net_foreign.h"

#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reader is, and what it has seen of the chain that it is in. */
struct reader {
	char family[16], table[128], chain[128];
	const char *table_text; /* from its first line on */
	bool forwards;          /* the chain takes what is forwarded from the kernel */
	bool drops;             /* by its policy */
	bool ends;              /* its last rule drops or rejects all that comes so far */
};

/* "counter packets 0 bytes 0 reject with icmpx admin-prohibited # handle 5": a rule without a condition. */
static bool is_final(const char *line)
{
	unsigned long long packets, bytes;
	int used = 0;

	if (sscanf(line, "counter packets %llu bytes %llu %n", &packets, &bytes, &used) == 2)
		line += used;
	return strncmp(line, "drop", 4) == 0 || strncmp(line, "reject", 6) == 0;
}

static bool speaks_of(const struct reader *r, const char *bridge)
{
	const char *end = strstr(r->table_text, "\n}"), *at;
	char quoted[40];

	snprintf(quoted, sizeof(quoted), "\"%.30s\"", bridge);
	at = strstr(r->table_text, quoted);
	return at != NULL && (end == NULL || at < end);
}

static void tell(const struct reader *r, const char *bridge, struct cc_buf *ret)
{
	cc_buf_printf(ret, "table %s %s, chain %s (%s) drops what is forwarded for instances; this helps: ", r->family, r->table, r->chain,
	        r->drops ? "policy drop" : "its last rule");
	if (strcmp(r->table, "firewalld") == 0)
		cc_buf_printf(ret, "firewall-cmd --permanent --zone=trusted --add-interface=%s && firewall-cmd --reload\n", bridge);
	else
		cc_buf_printf(ret, "nft insert rule %s %s %s iifname %s accept && nft insert rule %s %s %s oifname %s accept\n", r->family, r->table,
		        r->chain, bridge, r->family, r->table, r->chain, bridge);
}

static bool is_about_us(const struct reader *r, const char *own)
{
	return r->forwards && (r->drops || r->ends) && strcmp(r->table, own) != 0 && (strcmp(r->family, "ip") == 0 || strcmp(r->family, "inet") == 0);
}

static void begin_chain(struct reader *r, const char *text)
{
	size_t len = strcspn(text, " {\n");

	snprintf(r->chain, sizeof(r->chain), "%.*s", (int)len, text);
	r->forwards = r->drops = r->ends = false;
}

static void take_line(struct reader *r, const char *line, const char *bridge, const char *own, struct cc_buf *ret)
{
	const char *text = line + strspn(line, "\t "), *policy = strstr(text, "policy drop;");

	if (sscanf(line, "table %15s %127s {", r->family, r->table) == 2) {
		r->table_text = line;
		r->chain[0] = '\0';
	} else if (strncmp(text, "chain ", 6) == 0) {
		begin_chain(r, text + 6);
	} else if (text[0] == '}') {
		if (r->chain[0] != '\0' && is_about_us(r, own) && !speaks_of(r, bridge))
			tell(r, bridge, ret);
		r->chain[0] = '\0';
	} else if (strncmp(text, "type filter hook forward ", 25) == 0) {
		r->forwards = true;
		r->drops = policy != NULL && policy < text + strcspn(text, "\n");
	} else if (text[0] != '\n' && text[0] != '\0') {
		r->ends = is_final(text);
	}
}

void net_foreign_find(const char *ruleset, const char *bridge, const char *own, struct cc_buf *ret)
{
	struct reader r = { .table_text = ruleset };

	for (const char *line = ruleset; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		take_line(&r, line, bridge, own, ret);
}

void net_foreign_find_legacy(const char *tables, const char *bridge, struct cc_buf *ret)
{
	for (const char *line = tables; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strcspn(line, "\n") == strlen("filter") && strncmp(line, "filter", strlen("filter")) == 0)
			cc_buf_printf(ret,
			        "iptables-legacy has a table filter, whose rules cannot be seen from here; if nothing is forwarded for instances, this helps: "
			        "iptables-legacy -I FORWARD -i %s -j ACCEPT && iptables-legacy -I FORWARD -o %s -j ACCEPT\n",
			        bridge, bridge);
}

void net_foreign_open_docker(const char *chain, const char *bridge, const char *own, struct cc_buf *ret)
{
	static const char *const ways[] = { "oifname", "iifname" };
	char rule[128];

	for (size_t i = 0; chain[0] != '\0' && i < CC_ARRAY_LEN(ways); i++) {
		snprintf(rule, sizeof(rule), "%s \"%.20s\" accept comment \"%.40s\"", ways[i], bridge, own);
		if (strstr(chain, rule) == NULL)
			cc_buf_printf(ret, "insert rule ip filter DOCKER-USER %s\n", rule);
	}
}

void net_foreign_close_docker(const char *chain, const char *own, struct cc_buf *ret)
{
	char comment[80];

	snprintf(comment, sizeof(comment), "comment \"%.40s\" # handle ", own);
	for (const char *at = strstr(chain, comment); at != NULL; at = strstr(at + 1, comment))
		cc_buf_printf(ret, "delete rule ip filter DOCKER-USER handle %lu\n", strtoul(at + strlen(comment), NULL, 10));
}
