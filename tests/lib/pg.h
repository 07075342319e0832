/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One throw-away PostgreSQL cluster for a test program: on a unix socket in a directory of its own under /tmp, without fsync (a killed server loses
 * nothing that it acknowledged; a power failure is not what tests are about). It is gone when the program is, however that ends: a process outside
 * the program's own tree watches for it.
 *
 *	int main(void)
 *	{
 *		pg_cluster_begin(fill_schema);      // before test_run: the cluster outlives the forked tests
 *		return test_run(store_suite());
 *	}
 *
 *	START_TEST(rows_come_back_as_they_were_written)
 *	{
 *		struct pg_db db;
 *
 *		pg_database_new(&db);               // a copy of what fill_schema made, for this test alone
 *		ck_assert_int_eq(store_open(db.conninfo, ...), 0);
 *	}
 *	END_TEST
 *
 * Every function ends the test (in main(): the program) with a message when it cannot do its work. */
#pragma once

#include <stddef.h>

struct pg_db {
	char name[64];
	char conninfo[192]; /* for libpq, or as `database:` in a configuration file */
};

/* Starts the cluster; ends the program as skipped where there is no PostgreSQL server. `fill` (NULL: nothing) puts the schema, once, into the
 * database that later ones are copied from; it returns 0, and must have closed its connections by then. */
void pg_cluster_begin(int (*fill)(const char *conninfo));

/* The directory of the cluster; it holds data/, log and the socket. */
const char *pg_cluster_dir(void);

/* A new database. It needs no dropping, but tests that make hundreds may. */
void pg_database_new(struct pg_db *ret);
void pg_database_drop(const struct pg_db *db);

/* Runs SQL (several statements: one transaction) as the superuser. */
void pg_exec(const struct pg_db *db, const char *sql);
/* The first column of the first row as text, for free(); NULL when there is no row or the value is null. */
char *pg_value(const struct pg_db *db, const char *sql);

/* Faults, for the whole cluster. Any process of the program may call them; tests that do so must not run beside others on the same cluster
 * (Check runs one at a time). */
void pg_server_stop(void);  /* as a package upgrade does: sessions are ended, data is flushed */
void pg_server_kill(void);  /* kill -9 of the server and every session process */
void pg_server_start(void); /* after either; returns when it accepts connections */
