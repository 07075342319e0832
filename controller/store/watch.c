/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A standby's look at the active controller. Its sign of life is what the server itself notes of its session with every statement, so an idle zone writes
 * nothing; the sign is only compared with the one seen before, and the time between is measured by this machine's own clock. */
#include "common/clock.h"
#include "controller/store/session.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 4000, GAP_MS = 1000 };

static int check_newer(struct store *s, struct store_watch *w, enum store_watched *ret, struct cc_error *err)
{
	char name[STORE_MIGRATION_NAME];
	int newer = store_is_newer(s, name, err);

	if (newer <= 0)
		return newer;
	snprintf(w->text, sizeof(w->text), "%s", name);
	*ret = STORE_NEWER;
	return 1;
}

/* It may have become newer while we waited for the lock. */
static int locked(struct store *s, struct store_watch *w, enum store_watched *ret, struct cc_error *err)
{
	int newer = check_newer(s, w, ret, err);

	w->sign[0] = '\0';
	if (newer < 0)
		return -1;
	if (newer > 0)
		return store_run(s, "zone_unlock", NULL, err);
	s->locked = true;
	*ret = STORE_FREE;
	return 0;
}

/* Before the first migration there is no row that could say so. */
static int end_own(struct store *s, struct cc_uuid controller, enum store_watched *ret, struct cc_error *err)
{
	char id[CC_UUID_TEXT];
	const char *const args[] = { cc_uuid_format(controller, id) };
	int there = store_is_true(s, "migration_known", NULL, "known", err);
	int ended = there > 0 ? store_is_true(s, "zone_unlock_own", args, "ended", err) : there;

	if (ended > 0)
		*ret = STORE_ENDED;
	return ended < 0 ? -1 : 0;
}

static int end_silent(struct store *s, struct store_watch *w, enum store_watched *ret, struct cc_error *err)
{
	const char *const args[] = { w->sign };
	int ended = store_is_true(s, "zone_end_holder", args, "ended", err);

	w->since_ms = cc_boottime_ms();
	if (ended > 0)
		*ret = STORE_ENDED;
	return ended < 0 ? -1 : 0;
}

static int held(struct store *s, struct cc_uuid controller, struct store_watch *w, enum store_watched *ret, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	int64_t now, patience;
	bool gap;

	*ret = STORE_HELD;
	if (store_query(s, "zone_holder", NULL, &res, err) < 0)
		return -1;
	if (PQntuples(res) == 0)
		return 0; /* it has just ended: the next look takes the lock */
	now = cc_boottime_ms();
	/* While we or the server stood still ourselves, nothing was seen of the other's silence. */
	gap = now - w->looked_ms > GAP_MS;
	w->looked_ms = now;
	if (strcmp(w->sign, store_value(res, "sign")) != 0) {
		bool first = w->sign[0] == '\0';

		snprintf(w->sign, sizeof(w->sign), "%s", store_value(res, "sign"));
		snprintf(w->text, sizeof(w->text), "%s", store_value(res, "holder"));
		w->since_ms = now;
		return first ? end_own(s, controller, ret, err) : 0;
	}
	if (gap)
		w->since_ms = now;
	patience = store_value(res, "works")[0] == 't' ? STORE_WORKS_MS : STORE_SIGN_MS;
	if (store_value(res, "visible")[0] != 't' || now - w->since_ms < patience)
		return 0;
	return end_silent(s, w, ret, err);
}

static int look(struct store *s, struct cc_uuid controller, struct store_watch *w, enum store_watched *ret, struct cc_error *err)
{
	int newer = check_newer(s, w, ret, err), got;

	if (newer != 0)
		return newer < 0 ? -1 : 0;
	got = store_is_true(s, "zone_lock", NULL, "locked", err);
	if (got < 0)
		return -1;
	return got > 0 ? locked(s, w, ret, err) : held(s, controller, w, ret, err);
}

int store_watch(struct store *s, struct cc_uuid controller, struct store_watch *w, enum store_watched *ret, struct cc_error *err)
{
	int r;

	CC_PRE(s->term == 0);
	s->wait_ms = LOOK_MS;
	r = look(s, controller, w, ret, err);
	s->wait_ms = STORE_WAIT_MS;
	return r < 0 ? cc_wrap(err, "looking at the active controller") : 0;
}
