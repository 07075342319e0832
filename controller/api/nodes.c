/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes as others see them. Their own conversation is sync.c. */
#include "controller/api/api.h"
#include "controller/api/rows.h"

int api_node_list(struct call *c, struct cc_error *err)
{
	(void)err;
	c->reply = rows_list(c, TABLE_NODE, NULL, rows_node);
	return 0;
}

int api_node_get(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);
	const struct node *n = rows_find(c, z, TABLE_NODE, c->path[0], NULL, err);

	if (n != NULL)
		c->reply = rows_node(c, z, n);
	engine_read_end(c->engine);
	return n != NULL ? 0 : -1;
}
