/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes as others see them. Their own conversation is sync.c. */
#include "controller/api/api.h"
#include "controller/api/read.h"

static const struct view view = { .table = TABLE_NODE, .copy = rows_node };

int api_node_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_node_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}
