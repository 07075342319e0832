/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch is one pipeline: begin, assert the term, remove (the table that others refer to last), put (that one first), settle, the zone's revision, commit,
 * and one sync behind it all. The server skips what follows a refused statement up to the sync, so a refused batch never reaches its commit; the open
 * transaction is then undone with a query of its own, and the session is good for the next batch. */
#include "common/clock.h"
#include "controller/store/array.h"
#include "controller/store/rows.h"
#include "controller/store/session.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

static void note_sent(struct store *s, const char *query)
{
	CC_PRE(s->commit.n_sent < STORE_SENT_MAX);
	s->commit.sent[s->commit.n_sent++] = query;
}

static bool send_scalar(struct store *s, const char *query, const int64_t *arg)
{
	char text[24];
	const char *const args[] = { text };

	if (arg != NULL)
		snprintf(text, sizeof(text), "%" PRId64, *arg);
	note_sent(s, query);
	return PQsendQueryPrepared(s->conn, query, arg != NULL ? 1 : 0, args, NULL, NULL, 0) == 1;
}

/* Sends a statement whose arguments are in s->columns. */
static bool send_columns(struct store *s, const struct store_statement *st)
{
	const char *values[STORE_FIELDS_MAX];
	int lengths[STORE_FIELDS_MAX], formats[STORE_FIELDS_MAX];

	for (size_t i = 0; i < st->n; i++) {
		CC_PRE(s->columns[i].len <= INT32_MAX);
		values[i] = s->columns[i].data;
		lengths[i] = (int)s->columns[i].len;
		formats[i] = 1;
	}
	note_sent(s, st->query->name);
	return PQsendQueryPrepared(s->conn, st->query->name, (int)st->n, values, lengths, formats, 0) == 1;
}

static bool send_rows(struct store *s, const struct store_statement *st, const void *const *rows, size_t n)
{
	if (n == 0 || st->query == NULL)
		return true;
	for (size_t i = 0; i < st->n; i++) {
		cc_buf_clear(&s->columns[i]);
		store_array_begin(&s->columns[i], st->fields[i], n);
		for (size_t row = 0; row < n; row++)
			store_array_add(&s->columns[i], st->fields[i], rows[row]);
	}
	return send_columns(s, st);
}

static bool send_ids(struct store *s, const struct store_statement *st, const struct cc_uuid *ids, size_t n)
{
	if (n == 0)
		return true;
	CC_PRE(st->n == 1);
	cc_buf_clear(&s->columns[0]);
	store_array_begin(&s->columns[0], st->fields[0], n);
	for (size_t i = 0; i < n; i++)
		store_array_add_id(&s->columns[0], ids[i]);
	return send_columns(s, st);
}

static bool send_tables(struct store *s, const struct store_rows *rows)
{
	for (int t = TABLE_MAX; t-- > 0;)
		if (!send_ids(s, &s->plans[t].remove, rows->tables[t].removes, rows->tables[t].n_removes))
			return false;
	for (int t = 0; t < TABLE_MAX; t++)
		if (!send_rows(s, &s->plans[t].put, rows->tables[t].puts, rows->tables[t].n_puts))
			return false;
	for (int t = 0; t < TABLE_MAX; t++)
		if (!send_rows(s, &s->plans[t].settle, rows->tables[t].puts, rows->tables[t].n_puts))
			return false;
	return true;
}

static bool send_batch(struct store *s, const struct store_rows *rows, int64_t revision)
{
	return PQenterPipelineMode(s->conn) && send_scalar(s, "begin", NULL) && send_scalar(s, "batch_begin", &s->term) && send_tables(s, rows) &&
	       send_scalar(s, "batch_end", &revision) && send_scalar(s, "commit", NULL) && PQpipelineSync(s->conn);
}

/* One statement is a transaction of its own. */
static bool send_proof(struct store *s)
{
	return PQenterPipelineMode(s->conn) && send_scalar(s, "batch_prove", &s->term) && PQpipelineSync(s->conn);
}

/* 0 when all went out or the rest can wait for the socket. */
static int flush(struct store *s, struct cc_error *err)
{
	int r = PQflush(s->conn);

	if (r < 0)
		return store_lose(s, PQerrorMessage(s->conn), err);
	s->commit.unsent = r > 0;
	return 0;
}

static int begin(struct store *s, int64_t patience_ms, struct cc_error *err)
{
	CC_PRE(s->term > 0 && s->commit.phase == COMMIT_NONE);
	if (s->lost)
		return store_lose(s, "open it again", err);
	s->commit = (struct store_commit){ .deadline_ms = cc_boottime_ms() + patience_ms };
	return 0;
}

static int started(struct store *s, bool sent, struct cc_error *err)
{
	if (!sent)
		return store_lose(s, PQerrorMessage(s->conn), err);
	if (flush(s, err) < 0)
		return -1;
	s->commit.phase = COMMIT_RUNNING;
	return 0;
}

int store_commit_begin(struct store *s, const struct effects *fx, int64_t revision, struct cc_error *err)
{
	struct store_rows rows;
	bool sent;

	if (begin(s, s->commit_ms, err) < 0)
		return -1;
	store_rows_init(&rows, fx);
	sent = send_batch(s, &rows, revision);
	store_rows_done(&rows);
	return started(s, sent, err);
}

void store_set_patience(struct store *s, int64_t commit_ms)
{
	s->commit_ms = commit_ms;
}

int store_prove_begin(struct store *s, struct cc_error *err)
{
	if (begin(s, STORE_PROVE_MS, err) < 0)
		return -1;
	s->commit.proves = true;
	return started(s, send_proof(s), err);
}

static enum store_state end(struct store *s, struct cc_error *err)
{
	s->commit.phase = COMMIT_NONE;
	if (!s->commit.failed)
		return STORE_OK;
	*err = s->commit.error;
	return STORE_FAILED;
}

static enum store_state give_up(struct store *s, const char *why, struct cc_error *err)
{
	s->commit.phase = COMMIT_NONE;
	(void)store_lose(s, why, err);
	return STORE_FAILED;
}

/* The sync came back: all results are in. */
static enum store_state end_pipeline(struct store *s, struct cc_error *err)
{
	if (!PQexitPipelineMode(s->conn))
		return give_up(s, PQerrorMessage(s->conn), err);
	if (PQtransactionStatus(s->conn) == PQTRANS_IDLE)
		return end(s, err);
	CC_PRE(s->commit.failed);
	if (!PQsendQueryPrepared(s->conn, "rollback", 0, NULL, NULL, NULL, 0) || flush(s, err) < 0)
		return give_up(s, PQerrorMessage(s->conn), err);
	s->commit.phase = COMMIT_UNDOING;
	return STORE_PENDING;
}

static bool is_good(ExecStatusType st)
{
	return st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK;
}

static bool holds(const struct store_commit *c, const PGresult *res)
{
	return !c->proves || (PQntuples(res) == 1 && PQgetvalue(res, 0, 0)[0] == 't');
}

static void take_result(struct store *s, const PGresult *res)
{
	struct store_commit *c = &s->commit;
	ExecStatusType st = PQresultStatus(res);

	if (c->failed || (is_good(st) && holds(c, res)))
		return;
	c->failed = true;
	if (is_good(st)) {
		cc_fail(&c->error, CONFLICT, "term %" PRId64 " is over: another controller has the zone", s->term);
		return;
	}
	(void)store_refused(s, c->n_done < c->n_sent ? c->sent[c->n_done] : "sync", res, &c->error);
}

/* Takes what has come in. */
static enum store_state take_results(struct store *s, struct cc_error *err)
{
	while (!PQisBusy(s->conn)) {
		cc_auto(PQclear) PGresult *res = PQgetResult(s->conn);

		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC)
			return end_pipeline(s, err);
		if (PQstatus(s->conn) == CONNECTION_BAD || s->lost)
			return give_up(s, s->commit.failed ? s->commit.error.msg : PQerrorMessage(s->conn), err);
		if (res != NULL)
			take_result(s, res);
		else if (s->commit.phase == COMMIT_UNDOING)
			return end(s, err);
		else
			s->commit.n_done++;
	}
	return STORE_PENDING;
}

enum store_state store_step(struct store *s, struct cc_error *err)
{
	enum store_state st;

	if (s->lost)
		return give_up(s, "open it again", err);
	if (!PQconsumeInput(s->conn))
		return give_up(s, PQerrorMessage(s->conn), err);
	if (s->commit.phase == COMMIT_NONE) {
		(void)PQisBusy(s->conn); /* takes in what the server says unasked */
		return STORE_IDLE;
	}
	if (flush(s, err) < 0)
		return give_up(s, PQerrorMessage(s->conn), err);
	st = take_results(s, err);
	return st == STORE_PENDING && store_timeout_ms(s) == 0 ? give_up(s, "the server does not answer", err) : st;
}

int store_fd(const struct store *s)
{
	return s->lost ? -1 : PQsocket(s->conn);
}

short store_events(const struct store *s)
{
	return s->commit.phase != COMMIT_NONE && s->commit.unsent ? POLLIN | POLLOUT : POLLIN;
}

int store_timeout_ms(const struct store *s)
{
	int64_t left = s->commit.deadline_ms - cc_boottime_ms();

	if (s->commit.phase == COMMIT_NONE)
		return -1;
	return left > 0 ? (int)left : 0;
}
