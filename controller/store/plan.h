/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside store: which fields of an entity a query takes and gives, from the query's header and the entity's list. */
#pragma once

#include "controller/engine/row.h"
#include "schema/schema.h"

#include <libpq-fe.h>

enum { STORE_FIELDS_MAX = 64 };

/* One statement over many rows: argument i is the array of fields[i]. */
struct store_statement {
	const struct schema_query *query; /* NULL: the table has none of this sort */
	const struct cc_field *fields[STORE_FIELDS_MAX];
	size_t n;
};

/* What is done with a table. */
struct store_plan {
	const struct schema_query *load;
	struct store_statement remove;
	struct store_statement put;
	struct store_statement settle; /* after the puts of all tables */
};

/* Fills in the plans of all tables. @err INTERNAL a query is missing or names a field that is not there */
int store_plan_all(struct store_plan plans[static TABLE_MAX], struct cc_error *err);

/* The table of that name, TABLE_MAX when there is none. */
enum table store_table(const char *entity);
/* The fields that a query with `entity` takes, in order. */
int store_plan_args(const struct schema_query *q, enum table t, struct store_statement *ret, struct cc_error *err);
/* A field that has a column. */
bool store_is_stored(const struct cc_field *f);

/* The server's number of a type ("int8") or of an array of it; 0 for a type that no field has. These numbers are fixed in PostgreSQL. */
Oid store_type(const char *name);
Oid store_array_type(const char *name);
/* The name for messages: "int8[]", "type 1234". */
const char *store_type_name(Oid type, char text[static 32]);
