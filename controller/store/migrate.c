/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One transaction per migration: take the lock, look what is applied, apply the first that lacks, note it. So programs that start together take turns, and
 * each looks again after it had to wait. */
#include "common/clock.h"
#include "controller/store/session.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKSUM_TEXT = crypto_hash_sha256_BYTES * 2 + 1, MIGRATION_WAIT_MS = 3600 * 1000 };

static void checksum(const char *sql, char text[static CHECKSUM_TEXT])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)sql, strlen(sql));
	sodium_bin2hex(text, CHECKSUM_TEXT, hash, sizeof(hash));
}

static int check_applied(int row, const PGresult *applied, struct cc_error *err)
{
	const char *version = PQgetvalue(applied, row, 0), *name = PQgetvalue(applied, row, 1);
	const struct schema_migration *known = &schema_migrations[row];
	char sum[CHECKSUM_TEXT];

	if (strtoll(version, NULL, 10) != known->version)
		return cc_fail(
		        err, CONFLICT, "migration %d is missing in the database, though %s was applied; restore a backup", known->version, name);
	checksum(known->sql, sum);
	if (strcmp(name, known->name) != 0 || strcmp(PQgetvalue(applied, row, 2), sum) != 0)
		return cc_fail(err, CONFLICT,
		        "migration %s of the database is not %s of this program: it was changed after it was applied; install the program that "
		        "belongs to the database",
		        name, known->name);
	return 0;
}

static int count_applied(struct store *s, size_t *ret, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *applied = NULL;
	int n;

	if (store_run(s, "migration_table", NULL, err) < 0 || store_query(s, "migration_list", NULL, &applied, err) < 0)
		return -1;
	n = PQntuples(applied);
	for (int row = 0; row < n && row < (int)schema_migrations_n; row++)
		if (check_applied(row, applied, err) < 0)
			return -1;
	if (n > (int)schema_migrations_n)
		return cc_fail(err, CONFLICT,
		        "the database is newer than this program: it has migration %s, the program knows %zu; install the newer program",
		        PQgetvalue(applied, n - 1, 1), schema_migrations_n);
	*ret = (size_t)n;
	return 0;
}

int store_is_newer(struct store *s, char ret[static STORE_MIGRATION_NAME], struct cc_error *err)
{
	cc_auto(PQclear) PGresult *known = NULL;
	cc_auto(PQclear) PGresult *applied = NULL;
	int n;

	if (store_query(s, "migration_known", NULL, &known, err) < 0)
		return -1;
	if (store_value(known, "known")[0] != 't')
		return 0;
	if (store_query(s, "migration_list", NULL, &applied, err) < 0)
		return -1;
	n = PQntuples(applied);
	if (n <= (int)schema_migrations_n)
		return 0;
	snprintf(ret, STORE_MIGRATION_NAME, "%s", PQgetvalue(applied, n - 1, 1));
	return 1;
}

static int apply(struct store *s, const struct schema_migration *m, struct cc_error *err)
{
	char version[24], applied[24], sum[CHECKSUM_TEXT];
	const char *const args[] = { version, m->name, sum, applied };

	checksum(m->sql, sum);
	snprintf(version, sizeof(version), "%d", m->version);
	snprintf(applied, sizeof(applied), "%" PRId64, cc_now_ms());
	if (store_script(s, m->name, m->sql, err) < 0 || store_run(s, "migration_put", args, err) < 0)
		return cc_wrap(err, "migration %s", m->name);
	return 0;
}

/* Applies the first that lacks; 1 when it did, 0 when there was none. */
static int apply_next(struct store *s, struct cc_error *err)
{
	size_t n;

	if (store_run(s, "begin", NULL, err) < 0 || store_run(s, "migration_lock", NULL, err) < 0 || count_applied(s, &n, err) < 0)
		return -1;
	if (n < schema_migrations_n) {
		s->wait_ms = MIGRATION_WAIT_MS;
		if (apply(s, &schema_migrations[n], err) < 0)
			return -1;
	}
	if (store_run(s, "commit", NULL, err) < 0)
		return -1;
	return n < schema_migrations_n;
}

int store_migrate(struct store *s, struct cc_error *err)
{
	int r;

	do {
		r = apply_next(s, err);
		s->wait_ms = STORE_WAIT_MS;
	} while (r > 0);
	if (r < 0) {
		store_undo(s);
		return cc_wrap(err, "bringing the database up to date");
	}
	return 0;
}
