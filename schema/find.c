/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema/schema.h"

#include <string.h>

const struct schema_query *schema_query_find(const char *name)
{
	for (size_t i = 0; i < schema_queries_n; i++)
		if (strcmp(schema_queries[i].name, name) == 0)
			return &schema_queries[i];
	return NULL;
}
