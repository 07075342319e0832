/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server's error codes (SQLSTATE) mean to us. */
#include "controller/store/session.h"

#include <string.h>

static const struct {
	const char *state; /* the beginning of the code */
	enum cc_code code;
	bool lost; /* the server ends the session */
} meanings[] = {
	{ "CCT01", CC_CONFLICT, false },    /* raised by assert_term */
	{ "08", CC_UNAVAILABLE, true },     /* connection exception */
	{ "57P", CC_UNAVAILABLE, true },    /* the server shuts down, or ended this session */
	{ "25P03", CC_UNAVAILABLE, true },  /* idle in transaction for too long: session ended */
	{ "57014", CC_UNAVAILABLE, false }, /* the statement took too long */
	{ "55P03", CC_UNAVAILABLE, false }, /* a lock took too long */
	{ "25006", CC_UNAVAILABLE, false }, /* the server became a standby */
	{ "40", CC_UNAVAILABLE, false },    /* serialization, deadlock */
	{ "53", CC_UNAVAILABLE, false },    /* disk full, out of memory */
	{ "58", CC_UNAVAILABLE, false },    /* the server's own I/O */
};

static int set_error(struct cc_error *err, enum cc_code code, const char *what, const PGresult *res, const char *state)
{
	const char *primary = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
	const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);

	return cc_error_set(err, code, 0, CC_HERE, "the database refused '%s' (%s): %s%s%s%s%s", what, state,
	        primary != NULL ? primary : "no message", constraint != NULL ? "; constraint " : "", constraint != NULL ? constraint : "",
	        detail != NULL ? "; " : "", detail != NULL ? detail : "");
}

int store_refused(struct store *s, const char *what, const PGresult *res, struct cc_error *err)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (state == NULL || PQstatus(s->conn) == CONNECTION_BAD)
		return store_lose(s, PQresultErrorMessage(res), err);
	for (size_t i = 0; i < CC_ARRAY_LEN(meanings); i++)
		if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0) {
			s->lost = s->lost || meanings[i].lost;
			return set_error(err, meanings[i].code, what, res, state);
		}
	return set_error(err, CC_INTERNAL, what, res, state);
}

int store_lose(struct store *s, const char *why, struct cc_error *err)
{
	int len = (int)strcspn(why, "\n");

	s->lost = true;
	return cc_fail(err, UNAVAILABLE, "the session with the database is lost: %.*s", len, why);
}
