/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Becoming the zone's only writer: the advisory lock belongs to the session, so it is free when the session ends, however that happens. The term makes sure
 * of it a second time, for a session whose end the lock did not see. */
#include "controller/store/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAUSE_MS = 50 };

int store_is_true(struct store *s, const char *query, const char *const *args, const char *column, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;

	if (store_query(s, query, args, &res, err) < 0)
		return -1;
	return store_value(res, column)[0] == 't';
}

static int fail_held(struct store *s, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;

	if (store_query(s, "zone_holder", NULL, &res, err) < 0)
		return -1;
	return cc_fail(err, TIMEOUT, "another controller is at work on this database: %s; stop it, or wait for its end",
	        PQntuples(res) > 0 ? store_value(res, "holder") : "its session has just ended");
}

/* A session that has just ended, or been ended, keeps the lock for a moment. */
static int lock_zone(struct store *s, const char *controller, struct cc_error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	const char *const args[] = { controller };

	if (s->locked)
		return 0;
	for (int waited_ms = 0;; waited_ms += PAUSE_MS) {
		int locked = store_is_true(s, "zone_lock", NULL, "locked", err);

		s->locked = locked > 0;
		if (locked != 0)
			return locked < 0 ? -1 : 0;
		if (waited_ms >= STORE_TAKE_MS)
			return fail_held(s, err);
		if (waited_ms == 0 && store_is_true(s, "zone_unlock_own", args, "ended", err) < 0)
			return -1;
		nanosleep(&pause, NULL);
	}
}

/* The zone's name must be what is asked for, or free to be chosen. Copies it. */
static int settle_name(struct store *s, const char *name, char ret[static STORE_ZONE_NAME], struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	const char *have;

	if (store_query(s, "zone_get", NULL, &res, err) < 0)
		return -1;
	have = PQntuples(res) > 0 ? store_value(res, "name") : NULL;
	if (have == NULL && name == NULL)
		return cc_fail(err, INVALID, "there is no zone in this database yet; give it a name");
	if (have != NULL && name != NULL && strcmp(have, name) != 0)
		return cc_fail(
		        err, CONFLICT, "the database belongs to zone '%s', not to '%s'; correct the name, or use another database", have, name);
	snprintf(ret, STORE_ZONE_NAME, "%s", have != NULL ? have : name);
	return 0;
}

static int begin_term(struct store *s, const char *name, const char *controller, int64_t now_ms, struct store_zone *ret, struct cc_error *err)
{
	char id[CC_UUID_TEXT], now[24], term[24];
	const char *const zone_args[] = { cc_uuid_format(cc_uuid_new(now_ms), id), name, now };
	const char *const beat_args[] = { controller, term, now };
	cc_auto(PQclear) PGresult *res = NULL;
	struct store_zone z = { 0 };

	snprintf(now, sizeof(now), "%" PRId64, now_ms);
	if (store_query(s, "zone_take", zone_args, &res, err) < 0)
		return -1;
	if (cc_uuid_parse(store_value(res, "id"), &z.id, err) < 0)
		return -1;
	snprintf(z.name, sizeof(z.name), "%s", store_value(res, "name"));
	z.revision = store_int(res, "revision");
	z.term = store_int(res, "term");
	snprintf(term, sizeof(term), "%" PRId64, z.term);
	if (store_run(s, "heartbeat_put", beat_args, err) < 0)
		return -1;
	*ret = z;
	return 0;
}

static int take(struct store *s, const char *asked, const char *controller, int64_t now_ms, struct store_zone *ret, struct cc_error *err)
{
	char name[STORE_ZONE_NAME];

	if (lock_zone(s, controller, err) < 0 || store_run(s, "begin", NULL, err) < 0 || settle_name(s, asked, name, err) < 0)
		return -1;
	if (begin_term(s, name, controller, now_ms, ret, err) < 0)
		return -1;
	return store_run(s, "commit", NULL, err);
}

int store_take(struct store *s, const char *name, struct cc_uuid controller, int64_t now_ms, struct store_zone *ret, struct cc_error *err)
{
	char id[CC_UUID_TEXT];
	struct store_zone z;

	CC_PRE(s->prepared);
	if (take(s, name, cc_uuid_format(controller, id), now_ms, &z, err) < 0) {
		store_undo(s);
		return cc_wrap(err, "taking the zone");
	}
	s->term = z.term;
	*ret = z;
	return 0;
}
