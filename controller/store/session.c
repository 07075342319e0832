/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/store/session.h"

#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { SERVER_MIN = 140000 };

static int64_t left_ms(int64_t deadline_ms)
{
	int64_t left = deadline_ms - cc_boottime_ms();

	return left > 0 ? left : 0;
}

static int wait_ready(struct store *s, short events, int64_t deadline_ms, struct cc_error *err)
{
	struct pollfd p = { .fd = PQsocket(s->conn), .events = events };
	int n;

	do
		n = poll(&p, 1, (int)left_ms(deadline_ms));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return store_lose(s, strerror(errno), err);
	if (n == 0)
		return store_lose(s, "the server does not answer", err);
	return 0;
}

int store_next(struct store *s, PGresult **ret, struct cc_error *err)
{
	int64_t deadline_ms = cc_boottime_ms() + s->wait_ms;
	int unsent;

	while ((unsent = PQflush(s->conn)) > 0 || PQisBusy(s->conn)) {
		if (unsent < 0)
			return store_lose(s, PQerrorMessage(s->conn), err);
		if (wait_ready(s, unsent > 0 ? POLLIN | POLLOUT : POLLIN, deadline_ms, err) < 0)
			return -1;
		if (!PQconsumeInput(s->conn))
			return store_lose(s, PQerrorMessage(s->conn), err);
	}
	*ret = PQgetResult(s->conn);
	return 0;
}

static bool is_good(const PGresult *res)
{
	ExecStatusType st = PQresultStatus(res);

	return st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK;
}

int store_answer(struct store *s, const char *what, int sent, PGresult **ret, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	PGresult *more = NULL;

	if (!sent)
		return store_lose(s, PQerrorMessage(s->conn), err);
	if (store_next(s, &res, err) < 0)
		return -1;
	if (res == NULL)
		return store_lose(s, "no result came", err);
	/* A script has a result per statement; the first bad one is the last. */
	while (store_next(s, &more, err) == 0 && more != NULL) {
		PQclear(res);
		res = more;
	}
	if (s->lost)
		return -1;
	if (!is_good(res))
		return store_refused(s, what, res, err);
	*ret = cc_take(res);
	return 0;
}

static size_t count_args(const struct schema_query *q)
{
	size_t n = 0;

	for (const char *p = q->args; *p != '\0'; n++) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return n;
}

static int check_shape(const struct schema_query *q, const PGresult *res, struct cc_error *err)
{
	int rows = PQntuples(res);

	if ((q->result == SCHEMA_ONE && rows != 1) || (q->result == SCHEMA_OPT && rows > 1) || (q->result == SCHEMA_NONE && rows != 0))
		return cc_fail(err, INTERNAL, "query %s gave %d rows", q->name, rows);
	return 0;
}

int store_query(struct store *s, const char *name, const char *const *args, PGresult **ret, struct cc_error *err)
{
	const struct schema_query *q = schema_query_find(name);
	cc_auto(PQclear) PGresult *res = NULL;
	int n, sent;

	CC_PRE(q != NULL && s->commit.phase == COMMIT_NONE);
	if (s->lost)
		return store_lose(s, "open it again", err);
	n = (int)count_args(q);
	sent = s->prepared ? PQsendQueryPrepared(s->conn, name, n, args, NULL, NULL, 0)
	                   : PQsendQueryParams(s->conn, q->sql, n, NULL, args, NULL, NULL, 0);
	if (store_answer(s, name, sent, &res, err) < 0 || check_shape(q, res, err) < 0)
		return -1;
	*ret = cc_take(res);
	return 0;
}

int store_run(struct store *s, const char *name, const char *const *args, struct cc_error *err)
{
	PGresult *res;

	if (store_query(s, name, args, &res, err) < 0)
		return -1;
	PQclear(res);
	return 0;
}

int store_script(struct store *s, const char *what, const char *sql, struct cc_error *err)
{
	PGresult *res;

	if (store_answer(s, what, PQsendQuery(s->conn, sql), &res, err) < 0)
		return -1;
	PQclear(res);
	return 0;
}

void store_undo(struct store *s)
{
	struct cc_error ignored;

	if (!s->lost && PQtransactionStatus(s->conn) != PQTRANS_IDLE)
		(void)store_run(s, "rollback", NULL, &ignored);
}

const char *store_value(const PGresult *res, const char *column)
{
	int c = PQfnumber(res, column);

	CC_PRE(c >= 0 && PQntuples(res) > 0);
	return PQgetvalue(res, 0, c);
}

int64_t store_int(const PGresult *res, const char *column)
{
	return strtoll(store_value(res, column), NULL, 10);
}

/* The server's notices are for its own log. */
static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg, (void)res;
}

static PGconn *connect_to(const char *conninfo)
{
	/* What stands before the conninfo is a default, what stands behind it is not for the admin to choose. */
	static const char *const names[] = { "connect_timeout", "application_name", "target_session_attrs", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "options", "dbname", "client_encoding", NULL };
	const char *values[] = { CC_STR(STORE_CONNECT_S), "cc-controller", "read-write", "1", "1", "3", "4000", "-c client_min_messages=error",
		conninfo, "UTF8", NULL };

	return PQconnectdbParams(names, values, 1);
}

static int check_server(PGconn *conn, struct cc_error *err)
{
	const char *encoding = PQparameterStatus(conn, "server_encoding");

	if (PQserverVersion(conn) < SERVER_MIN)
		return cc_fail(err, INVALID, "the PostgreSQL server has version %d; %d or newer is needed", PQserverVersion(conn) / 10000,
		        SERVER_MIN / 10000);
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return cc_fail(err, INVALID, "the database is in %s; make it anew with: createdb --encoding=UTF8 --template=template0 %s",
		        encoding != NULL ? encoding : "an unknown encoding", PQdb(conn));
	return 0;
}

static int check_conninfo(const char *conninfo, struct cc_error *err)
{
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &why);
	int r = 0;

	if (options == NULL)
		r = cc_fail(err, INVALID, "database: %.*s", why != NULL ? (int)strcspn(why, "\n") : 0, why != NULL ? why : "");
	PQconninfoFree(options);
	PQfreemem(why);
	return r;
}

int store_open(const char *conninfo, struct store **ret, struct cc_error *err)
{
	static const char *const limits[] = { "30s", "10s" }; /* of a statement, of waiting for a lock: shorter than STORE_WAIT_MS */
	cc_auto(store_close) struct store *s = cc_calloc(1, sizeof(*s));

	s->wait_ms = STORE_WAIT_MS;
	s->commit_ms = STORE_COMMIT_MS;
	if (check_conninfo(conninfo, err) < 0 || store_plan_all(s->plans, err) < 0)
		return -1;
	s->conn = connect_to(conninfo);
	if (s->conn == NULL)
		cc_out_of_memory(sizeof(*s));
	PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
	if (PQstatus(s->conn) != CONNECTION_OK)
		return cc_fail(err, UNAVAILABLE, "%.*s", (int)strcspn(PQerrorMessage(s->conn), "\n"), PQerrorMessage(s->conn));
	PQsetnonblocking(s->conn, 1);
	if (check_server(s->conn, err) < 0 || store_run(s, "session_begin", limits, err) < 0)
		return -1;
	*ret = cc_take(s);
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	PQfinish(s->conn);
	for (size_t i = 0; i < CC_ARRAY_LEN(s->columns); i++)
		cc_buf_free(&s->columns[i]);
	free(s);
}

bool store_lost(const struct store *s)
{
	return s->lost;
}
