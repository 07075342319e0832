/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first row that matches decides; ANY matches everything. Order matters: what must never happen is excluded by an earlier row, not by care in later
 * ones. The last rows make each table total, and a test proves that no row is dead. */
#include "agent/reconcile.h"

#define ANY (-1)

// clang-format off
static const struct accept_row {
	int held, offer;
	enum accept accept;
	const char *why;
} accept_rows[] = {
	/* held      offer          accept         why */
	{ ANY,       OFFER_DROP,    ACCEPT_DROP,   "the controller says that it is not this node's" },
	{ ANY,       OFFER_OLDER,   ACCEPT_KEEP,   "an older assignment never replaces a newer one" },
	{ ANY,       OFFER_NEWER,   ACCEPT_TAKE,   "a newer assignment" },
	{ HELD_NOT,  OFFER_SAME,    ACCEPT_TAKE,   "what exists here is assigned again" },
	{ HELD_NOT,  OFFER_BACK,    ACCEPT_TAKE,   "what exists here is assigned again" },
	{ HELD_YES,  OFFER_SAME,    ACCEPT_TAKE,   "the same assignment, perhaps with another wish" },
	{ HELD_YES,  OFFER_BACK,    ACCEPT_KEEP,   "restarts are only counted upwards" },
	{ HELD_YES,  OFFER_MISSING, ACCEPT_FORGET, "all orders came and it is not among them" },
	{ ANY,       ANY,           ACCEPT_KEEP,   "the orders do not speak of it" },
};

static const struct decide_row {
	int want, seen, doing, image, lease, policy, retry;
	enum action action;
	int state; /* ANY: as it is seen */
	enum because because;
	const char *why;
} rows[] = {
	/* want        seen                doing          image            lease       policy          retry         action         state              because          why */
	/* Wait for facts and for what is under way. */
	{ ANY,         SEEN_UNKNOWN,       ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STARTING, BECAUSE_ROW,     "the node is finding out what runs" },
	{ ANY,         ANY,                DOING_DELETE,  ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPING, BECAUSE_NOTHING, "being deleted" },
	{ ANY,         ANY,                DOING_STOP,    ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPING, BECAUSE_NOTHING, "being stopped" },
	{ ANY,         ANY,                DOING_RESTORE, ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPED,  BECAUSE_ROW,     "its files become those of a snapshot" },
	{ ANY,         SEEN_RUNNING_LIMITS, DOING_START, ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_NOTHING, "its limits are being changed" },
	{ ANY,         ANY,                DOING_START,   ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STARTING, BECAUSE_NOTHING, "being started" },
	/* Not ours: leave it alone until the controller says drop. */
	{ WANT_NOTHING, SEEN_NONE,         ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_FORGET, OBSERVED_GONE,     BECAUSE_NOTHING, "nothing is left" },
	{ WANT_NOTHING, ANY,               ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   ANY,               BECAUSE_ROW,     "not assigned to this node; the controller decides what becomes of it" },
	/* Drop. */
	{ WANT_DROP,   SEEN_NONE,          ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_FORGET, OBSERVED_GONE,     BECAUSE_NOTHING, "deleted" },
	{ WANT_DROP,   ANY,                ANY,           ANY,             ANY,        ANY,            RETRY_LATER,  ACTION_NONE,   OBSERVED_STOPPING, BECAUSE_RETRY,   "deleting failed; tried again" },
	{ WANT_DROP,   ANY,                ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_DELETE, OBSERVED_STOPPING, BECAUSE_NOTHING, "to be deleted" },
	/* Stop; but what runs by a newer order than the one at hand is not touched by it. */
	{ WANT_STOP,   SEEN_RUNNING_NEWER, ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_ROW,     "runs by a newer assignment than the one at hand" },
	{ WANT_STOP,   SEEN_NONE,          ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPED,  BECAUSE_NOTHING, "never started here" },
	{ WANT_STOP,   SEEN_STOPPED,       ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPED,  BECAUSE_NOTHING, "stopped as wished" },
	{ WANT_STOP,   ANY,                ANY,           ANY,             ANY,        ANY,            RETRY_LATER,  ACTION_NONE,   OBSERVED_STOPPING, BECAUSE_RETRY,   "stopping failed; tried again" },
	{ WANT_STOP,   ANY,                ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_STOP,   OBSERVED_STOPPING, BECAUSE_NOTHING, "to be stopped" },
	/* Run, but only under a lease: that comes before everything else, for a replacement may start once it is over. */
	{ WANT_RUN,    SEEN_NONE,          ANY,           ANY,             LEASE_OVER, ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPED,  BECAUSE_ROW,     "waits for a lease from the controller" },
	{ WANT_RUN,    SEEN_STOPPED,       ANY,           ANY,             LEASE_OVER, ANY,            ANY,          ACTION_NONE,   OBSERVED_STOPPED,  BECAUSE_ROW,     "its lease is over; waits for the controller" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             LEASE_OVER, ANY,            RETRY_LATER,  ACTION_NONE,   OBSERVED_STOPPING, BECAUSE_RETRY,   "its lease is over; stopping failed and is tried again" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             LEASE_OVER, ANY,            ANY,          ACTION_STOP,   OBSERVED_STOPPING, BECAUSE_ROW,     "its lease is over" },
	/* Run, but not while the owner says that nothing may. */
	{ WANT_RUN,    SEEN_NONE,          ANY,           ANY,             ANY,        POLICY_STOP,    ANY,          ACTION_NONE,   OBSERVED_FAILED,   BECAUSE_POLICY,  "the owner wants that nothing runs" },
	{ WANT_RUN,    SEEN_STOPPED,       ANY,           ANY,             ANY,        POLICY_STOP,    ANY,          ACTION_NONE,   OBSERVED_FAILED,   BECAUSE_POLICY,  "the owner wants that nothing runs" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             ANY,        POLICY_STOP,    RETRY_LATER,  ACTION_NONE,   OBSERVED_STOPPING, BECAUSE_RETRY,   "the owner wants that nothing runs; stopping failed and is tried again" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             ANY,        POLICY_STOP,    ANY,          ACTION_STOP,   OBSERVED_STOPPING, BECAUSE_POLICY,  "the owner wants that nothing runs" },
	/* Run. */
	{ WANT_RUN,    SEEN_RUNNING_NEWER, ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_ROW,     "runs by a newer assignment than the one at hand" },
	{ WANT_RUN,    SEEN_RUNNING,       ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_NOTHING, "runs as wished" },
	{ WANT_RUN,    SEEN_RUNNING_LIMITS, ANY,          ANY,             ANY,        ANY,            RETRY_NEVER,  ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_RETRY,   "runs on; its new limits were refused" },
	{ WANT_RUN,    SEEN_RUNNING_LIMITS, ANY,          ANY,             ANY,        POLICY_REFUSED, ANY,          ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_POLICY,  "runs on; the owner's policy refuses its new limits" },
	{ WANT_RUN,    SEEN_RUNNING_LIMITS, ANY,          ANY,             ANY,        ANY,            RETRY_LATER,  ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_RETRY,   "runs on; its new limits could not be set, which is tried again" },
	{ WANT_RUN,    SEEN_RUNNING_LIMITS, ANY,          ANY,             ANY,        ANY,            ANY,          ACTION_START,  OBSERVED_RUNNING,  BECAUSE_NOTHING, "other limits are asked for; set without a restart" },
	{ WANT_RUN,    SEEN_RUNNING_OLDER, ANY,           ANY,             ANY,        ANY,            RETRY_NEVER,  ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_RETRY,   "runs on; its restart failed for good" },
	{ WANT_RUN,    SEEN_RUNNING_OLDER, ANY,           ANY,             ANY,        POLICY_REFUSED, ANY,          ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_POLICY,  "runs on; the owner's policy refuses what is newly asked for" },
	{ WANT_RUN,    SEEN_RUNNING_OLDER, ANY,           ANY,             ANY,        ANY,            RETRY_LATER,  ACTION_NONE,   OBSERVED_RUNNING,  BECAUSE_RETRY,   "runs on; its restart failed and is tried again" },
	{ WANT_RUN,    SEEN_RUNNING_OLDER, ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_START,  OBSERVED_STARTING, BECAUSE_NOTHING, "a newer epoch or restart is asked for" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             ANY,        ANY,            RETRY_NEVER,  ACTION_NONE,   OBSERVED_FAILED,   BECAUSE_RETRY,   "failed for good" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             ANY,        POLICY_REFUSED, ANY,          ACTION_NONE,   OBSERVED_FAILED,   BECAUSE_POLICY,  "refused by the owner's policy" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             ANY,        ANY,            RETRY_LATER,  ACTION_NONE,   OBSERVED_STARTING, BECAUSE_RETRY,   "starting failed; tried again" },
	{ WANT_RUN,    SEEN_STOPPING,      ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_STOP,   OBSERVED_STARTING, BECAUSE_NOTHING, "its last end has to be completed first" },
	{ WANT_RUN,    ANY,                ANY,           IMAGE_REFUSED,   ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_FAILED,   BECAUSE_IMAGE,   "its image is not acceptable" },
	{ WANT_RUN,    ANY,                ANY,           IMAGE_ABSENT,    ANY,        ANY,            ANY,          ACTION_FETCH,  OBSERVED_FETCHING, BECAUSE_NOTHING, "its image is not on the node" },
	{ WANT_RUN,    ANY,                ANY,           IMAGE_FETCHED,   ANY,        ANY,            ANY,          ACTION_UNPACK, OBSERVED_FETCHING, BECAUSE_NOTHING, "its image is to be unpacked" },
	{ WANT_RUN,    ANY,                ANY,           IMAGE_READY,     ANY,        ANY,            ANY,          ACTION_START,  OBSERVED_STARTING, BECAUSE_NOTHING, "to be started" },
	{ WANT_RUN,    ANY,                ANY,           ANY,             ANY,        ANY,            ANY,          ACTION_NONE,   OBSERVED_FETCHING, BECAUSE_IMAGE,   "its image is on the way" },
};
// clang-format on

static bool matches(int wanted, int have)
{
	return wanted == ANY || wanted == have;
}

int reconcile_accept_rows(void)
{
	return (int)CC_ARRAY_LEN(accept_rows);
}

int reconcile_accept_row(enum held held, enum offer offer)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(accept_rows); i++)
		if (matches(accept_rows[i].held, (int)held) && matches(accept_rows[i].offer, (int)offer))
			return (int)i;
	cc_check_failed("the accept table is total", __FILE__, __LINE__);
}

struct accept_result reconcile_accept(enum held held, enum offer offer)
{
	const struct accept_row *r = &accept_rows[reconcile_accept_row(held, offer)];

	return (struct accept_result){ r->accept, r->why };
}

int reconcile_rows(void)
{
	return (int)CC_ARRAY_LEN(rows);
}

static const struct decide_row *find_row(const struct situation *s)
{
	for (const struct decide_row *r = rows; r < rows + CC_ARRAY_LEN(rows); r++)
		if (matches(r->want, (int)s->want) && matches(r->seen, (int)s->seen) && matches(r->doing, (int)s->doing) &&
		        matches(r->image, (int)s->image) && matches(r->lease, (int)s->lease) && matches(r->policy, (int)s->policy) &&
		        matches(r->retry, (int)s->retry))
			return r;
	cc_check_failed("the decision table is total", __FILE__, __LINE__);
}

static enum observed as_seen(enum seen seen)
{
	switch (seen) {
	case SEEN_RUNNING:
	case SEEN_RUNNING_LIMITS:
	case SEEN_RUNNING_OLDER:
	case SEEN_RUNNING_NEWER:
		return OBSERVED_RUNNING;
	case SEEN_STOPPING:
		return OBSERVED_STOPPING;
	case SEEN_STOPPED:
		return OBSERVED_STOPPED;
	default:
		return OBSERVED_GONE;
	}
}

struct decision reconcile_decide(const struct situation *s)
{
	const struct decide_row *r = find_row(s);
	enum observed state = r->state == ANY ? as_seen(s->seen) : (enum observed)r->state;

	return (struct decision){ r->action, state, r->because, r->why, (int)(r - rows) };
}
