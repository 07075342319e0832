/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/node_network.h"

#include "agent/spool.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

static void split_lines(struct node_network *n)
{
	char *rest = n->split, *line;

	n->blocked = (struct cc_texts){ .items = n->lines };
	while (n->blocked.n < NODE_NETWORK_LINES && (line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			n->lines[n->blocked.n++] = line;
}

static void save(const struct node_network *n, const char *state_dir)
{
	const struct priv_hello_reply *r = &n->said;
	struct spool_network network = { .names = r->names, .no_ipv6 = r->no_ipv6, .prefix6 = r->prefix6 };
	struct cc_error err = { 0 };

	cc_set(&network, spool_network, upload_kbit, r->upload_kbit);
	cc_set(&network, spool_network, download_kbit, r->download_kbit);
	cc_set(&network, spool_network, blocked, n->blocked);
	if (spool_save_network(state_dir, &network, &err) < 0)
		cc_log(ERROR, SPOOL_UNWRITABLE, kv_err(&err));
}

static bool is_same(const struct priv_hello_reply *a, const struct priv_hello_reply *b)
{
	return strcmp(a->names, b->names) == 0 && strcmp(a->no_ipv6, b->no_ipv6) == 0 && strcmp(a->prefix6, b->prefix6) == 0 &&
	       a->upload_kbit == b->upload_kbit && a->download_kbit == b->download_kbit;
}

bool node_network_take(struct node_network *n, const struct priv_hello_reply *r, const char *tail, size_t tail_len, const char *state_dir)
{
	cc_auto_free char *text = cc_calloc(1, tail_len + 1);

	if (tail_len > 0)
		memcpy(text, tail, tail_len);
	if (n->known && strcmp(n->text, text) == 0 && is_same(&n->said, r))
		return false;
	node_network_done(n);
	n->known = true;
	n->said = *r;
	n->split = cc_calloc(1, tail_len + 1);
	memcpy(n->split, text, tail_len);
	n->text = cc_take(text);
	split_lines(n);
	save(n, state_dir);
	return true;
}

void node_network_done(struct node_network *n)
{
	free(n->text);
	free(n->split);
	*n = (struct node_network){ 0 };
}
