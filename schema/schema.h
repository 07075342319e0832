/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database's schema and every query, embedded into the program from schema/migrations and schema/queries. Plain data; knows no database library.
 *
 * A query file is a row of queries, each under a line such as
 *   -- name: node_put   entity: node   args: *   derived: used_instances   result: none
 * With `entity`, args and result columns are names of fields in common/model/<entity>.def; each argument is an array of the field's column type, one element
 * per row. `*` stands for every stored field that is not derived, in the order of the list; `derived` names columns that the database keeps by itself.
 * Without `entity`, args are name:type and scalar. */
#pragma once

#include <stddef.h>

enum schema_result {
	SCHEMA_NONE, /* no rows */
	SCHEMA_ONE,  /* exactly one row */
	SCHEMA_OPT,  /* one row or none */
	SCHEMA_MANY  /* any number of rows */
};

struct schema_query {
	const char *name;
	const char *entity; /* "" when it is about none */
	const char *args;   /* separated by spaces */
	const char *derived;
	enum schema_result result;
	const char *sql;
};

/* In the order of their versions, which begin at 1 and have no gaps. */
struct schema_migration {
	int version;
	const char *name; /* "0001_zone" */
	const char *sql;
};

extern const struct schema_query schema_queries[];
extern const size_t schema_queries_n;
extern const struct schema_migration schema_migrations[];
extern const size_t schema_migrations_n;

/* NULL when there is none of that name. */
const struct schema_query *schema_query_find(const char *name);
