/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside store: the session with the server, and one query at a time over it. Every wait has a deadline; the connection is non-blocking all the time. */
#pragma once

#include "common/buf.h"
#include "common/cleanup.h"
#include "controller/store/plan.h"
#include "controller/store/store.h"

#include <libpq-fe.h>

CC_DEFINE_CLEANUP(PGresult *, PQclear)

enum { STORE_SENT_MAX = 8 + 3 * TABLE_MAX };

/* The batch under way. */
struct store_commit {
	enum { COMMIT_NONE, COMMIT_RUNNING, COMMIT_UNDOING } phase;
	const char *sent[STORE_SENT_MAX]; /* names of its queries, in order */
	size_t n_sent;
	size_t n_done;
	bool unsent;         /* bytes wait for the socket */
	int64_t deadline_ms; /* boot time */
	bool proves;         /* without effects: only whether the term holds */
	bool failed;
	struct cc_error error; /* the first failure */
};

struct store {
	PGconn *conn;
	bool lost;
	int64_t wait_ms;   /* longest wait for an answer */
	int64_t commit_ms; /* the same of a batch */
	bool prepared;     /* queries are known to the server by name */
	bool locked;       /* holds the zone's lock */
	int64_t term;      /* 0: not taken */
	struct store_plan plans[TABLE_MAX];
	struct store_commit commit;
	struct cc_buf columns[STORE_FIELDS_MAX]; /* reused by each statement of a batch */
};

/* Runs a query by name with arguments in text form (NULL: SQL null) and waits. The result fits the query's `result:`; it is for PQclear.
 * @err as store_refused; INTERNAL when the number of rows is not what the query promises */
int store_query(struct store *s, const char *name, const char *const *args, PGresult **ret, struct cc_error *err);
/* The same for a query whose result is of no interest. */
int store_run(struct store *s, const char *name, const char *const *args, struct cc_error *err);
/* 1 when the column of that name of the one row is true, 0 when it is false. @err as store_query */
int store_is_true(struct store *s, const char *name, const char *const *args, const char *column, struct cc_error *err);
/* Whether the database has migrations that this program does not know: 1 and the name of the last one. Changes nothing. @err as store_query */
enum { STORE_MIGRATION_NAME = 64 };
int store_is_newer(struct store *s, char ret[static STORE_MIGRATION_NAME], struct cc_error *err);
/* Runs statements that are no named query: a migration. */
int store_script(struct store *s, const char *what, const char *sql, struct cc_error *err);
/* After a failure: ends the transaction, if there is a session to end it on. */
void store_undo(struct store *s);

/* Waits for the next result of what was sent; *ret is NULL when there are no more. @err UNAVAILABLE */
int store_next(struct store *s, PGresult **ret, struct cc_error *err);
/* Waits for the one result of what was sent and takes the end behind it. `sent` is what PQsend... returned. */
int store_answer(struct store *s, const char *what, int sent, PGresult **ret, struct cc_error *err);

/* The text of row 0 in the column of that name; ends the program when there is no such column. */
const char *store_value(const PGresult *res, const char *column);
int64_t store_int(const PGresult *res, const char *column);

/* Turns a failed result into err and returns -1; marks the session lost when it is. `what` names the query.
 * @err UNAVAILABLE lost session, full disk, timeout; CONFLICT the term is over; INTERNAL everything else, with constraint and detail */
int store_refused(struct store *s, const char *what, const PGresult *res, struct cc_error *err);
/* Marks the session lost. @err UNAVAILABLE */
int store_lose(struct store *s, const char *why, struct cc_error *err);
