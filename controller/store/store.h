/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zone's database: a session with PostgreSQL that loads the zone and commits batches of effects. Knows no rules; holds no SQL either (schema/queries).
 * The only folder that knows libpq.
 *
 *	store_open, then store_watch until it says STORE_FREE                 at start and after a lost session
 *	store_migrate, store_prepare, store_take, store_load                  in this order
 *	store_commit_begin or store_prove_begin, then poll store_fd for store_events and call store_step until it is no longer STORE_PENDING
 *
 * All but the last line's wait for the server, each exchange no longer than STORE_WAIT_MS (connecting: STORE_CONNECT_S for each host of the conninfo; looking up a
 * host's name is the resolver's time). The commit functions never wait. One store belongs to one thread. Not for use behind a pooler that shares sessions.
 *
 * A store whose session is lost (any function failed with UNAVAILABLE and store_lost() says so) can only be closed; the owner opens a new one, and loads. */
#pragma once

#include "controller/engine/effects.h"
#include "controller/engine/zone.h"

struct store;

#define STORE_CONNECT_S 5
#define STORE_WAIT_MS   35000 /* the server gives up on a statement 5 s earlier */
#define STORE_COMMIT_MS 35000
#define STORE_PROVE_MS  2000  /* without a sign of the server for so long, a session counts as lost */
#define STORE_SIGN_MS   3000  /* without a sign of the active controller for so long, its session is ended */
#define STORE_WORKS_MS  60000 /* the same while the server is busy for it: a slow disk, a migration, a large zone being loaded */
#define STORE_TAKE_MS   2000
#define STORE_ZONE_NAME 64

/* What store_open(conninfo) touches on this machine besides the resolver: TCP ports, and files and folders that libpq may read, as strings in the arena. */
enum { STORE_REACH_PORTS = 16, STORE_REACH_FILES = 8 };
struct store_reach {
	bool anywhere; /* a service file has the last word on ports */
	size_t n_ports, n_files;
	uint16_t ports[STORE_REACH_PORTS];
	const char *files[STORE_REACH_FILES];
};
void store_reach(const char *conninfo, struct cc_arena *a, struct store_reach *ret);

/* Connects; `conninfo` is libpq's, several hosts are tried in turn and by default only one that takes writes will do. Sets *ret on success.
 * @err UNAVAILABLE no server, or it refuses us; INVALID the conninfo, an old server, or a database that is not in UTF-8 */
int store_open(const char *conninfo, struct store **ret, struct cc_error *err);
/* NULL is allowed. What was not committed is undone by the server; the zone's lock is free when the server has noticed. */
void store_close(struct store *s);

/* The session is gone. What a commit that was under way did is then unknown, until the zone was loaded by a new store. */
bool store_lost(const struct store *s);

/* Applies the migrations that the database lacks, each in a transaction of its own; several programs may try at the same time.
 * @err CONFLICT an applied migration is not what this program has, or the database is newer than the program; the message says what to do
 * @err INTERNAL a migration failed; its changes are undone. UNAVAILABLE */
int store_migrate(struct store *s, struct cc_error *err);

/* Prepares every query and compares parameters and columns with the lists of fields.
 * @err INTERNAL the message names query, column, and what was expected and found. UNAVAILABLE */
int store_prepare(struct store *s, struct cc_error *err);

/* What a session that waits for the zone has seen of the one that holds it. All zero at first; for the same database it may outlive a session. */
struct store_watch {
	char sign[128];   /* who holds the lock, and what it did last */
	int64_t since_ms; /* boot time of this machine when that was seen first */
	int64_t looked_ms;
	char text[256]; /* who holds the lock, or which migration is not known, in words */
};

enum store_watched {
	STORE_FREE,  /* this session has the lock now; store_migrate, store_prepare, store_take come next */
	STORE_HELD,  /* another controller is at work */
	STORE_ENDED, /* it gave no sign of life, and its session was ended: look again at once */
	STORE_NEWER  /* the database is newer than this program, which may not take the zone */
};

/* One look by a standby: takes the zone's lock when it is free. A holder whose session stands still for STORE_SIGN_MS is ended, in order that a frozen or cut-off
 * controller does not block the zone; so is a session that an earlier run under the same `controller` left behind. Changes nothing else.
 * @err UNAVAILABLE; INTERNAL */
int store_watch(struct store *s, struct cc_uuid controller, struct store_watch *w, enum store_watched *ret, struct cc_error *err);

/* Notes in the database that this controller is there, with this session; `run` is what store_take is given. Does nothing while the database is older than the
 * table. @err UNAVAILABLE; INTERNAL */
int store_register(struct store *s, const struct zone_controller *self, struct cc_uuid run, int64_t now_ms, struct cc_error *err);
/* The zone's controllers, the active one first, in the arena. None while the database is older than the table. @err UNAVAILABLE; INTERNAL */
int store_controllers(struct store *s, struct cc_arena *a, struct zone_controller **ret, size_t *ret_n, struct cc_error *err);
/* For the active one, now and then: notes who is there, writing no more than once an hour, and forgets who was away for 30 days. @err UNAVAILABLE; INTERNAL */
int store_note_controllers(struct store *s, int64_t now_ms, struct cc_error *err);

/* The zone's images as far as their archives are concerned (name, arch, bytes, sha256), in the arena, when something changed since `mark` was filled in by the last
 * call; "" for the first. 1 when something did, 0 when nothing. For a session that does not have the zone. @err UNAVAILABLE; INTERNAL */
enum { STORE_IMAGES_MARK = 48 };
int store_images(struct store *s, char mark[static STORE_IMAGES_MARK], struct cc_arena *a, struct image **ret, size_t *ret_n, struct cc_error *err);

/* What the zone's row says. */
struct store_zone {
	struct cc_uuid id;
	char name[STORE_ZONE_NAME];
	int64_t revision;
	int64_t term;
};

/* Makes this session the zone's only writer and begins a new term: batches of older terms are refused from now on. Waits no longer for another's end than
 * STORE_TAKE_MS, enough for one that was killed. The zone is made when there is none. `name` is the zone's name, NULL for whatever the database holds;
 * `controller` is an id of this run of the program: an older session that it left behind is ended.
 * @err TIMEOUT another controller is at work; CONFLICT the database belongs to a zone of another name; INVALID there is no zone yet and no name; UNAVAILABLE */
int store_take(struct store *s, const char *name, struct cc_uuid controller, int64_t now_ms, struct store_zone *ret, struct cc_error *err);

/* A new zone with all rows, for zone_free. Reads row by row: needs memory for the zone once. After store_take.
 * @err INTERNAL a row is not what its list of fields says; UNAVAILABLE */
int store_load(struct store *s, struct zone **ret, struct cc_error *err);

/* Sends one batch as one transaction. Of several effects on one row the last wins; removals come before puts; node.used_* is not written (the database keeps
 * it). `fx` is not needed afterwards. `revision` is the zone's after this batch. One batch at a time.
 * @err UNAVAILABLE the session is lost, nothing is under way; as with store_step the outcome is unknown */
int store_commit_begin(struct store *s, const struct effects *fx, int64_t revision, struct cc_error *err);

/* How long a batch may take from now on, STORE_COMMIT_MS at first: where another controller can take over, a server that does not answer should not be waited
 * for so long. */
void store_set_patience(struct store *s, int64_t commit_ms);

/* A batch without effects: asks whether the term still holds, and writes nothing. The answer comes like a commit's, within STORE_PROVE_MS.
 * @err UNAVAILABLE the session is lost, nothing is under way */
int store_prove_begin(struct store *s, struct cc_error *err);

enum store_state {
	STORE_IDLE,    /* no batch under way, the session stands as far as is known */
	STORE_PENDING, /* wait until store_fd is ready for store_events */
	STORE_OK,      /* committed, durably; the next batch may begin */
	STORE_FAILED   /* err says why */
};

/* Goes on with what is under way. Call it too when the descriptor is readable while nothing is: that is how the end of the session is noticed.
 * After STORE_FAILED the zone must be loaded again (store_load), with a new store if the session is lost.
 * @err INTERNAL the database refused the batch, nothing was changed: a bug in what was decided; the message has constraint and detail, for the log
 * @err CONFLICT the term is over, another controller has the zone; nothing was changed
 * @err UNAVAILABLE the server gave up (disk full, timeout) and nothing was changed, or the session is lost and the outcome unknown (store_lost) */
enum store_state store_step(struct store *s, struct cc_error *err);
/* For poll. -1 when the session is lost. May change after store_open only. */
int store_fd(const struct store *s);
/* POLLIN, with POLLOUT while there is something to send. */
short store_events(const struct store *s);
/* Milliseconds after which store_step should be called even if nothing happened, to give up a silent server; -1: no need. */
int store_timeout_ms(const struct store *s);

/* A page of the audit log, the latest first. */
struct store_audit_query {
	struct cc_uuid before; /* only entries before this one */
	const char *member;    /* name or id; "": anybody */
	const char *resource;  /* name or id; "": anything */
	int64_t since_ms;
	int64_t until_ms; /* not included */
	size_t most;
};
/* Waits; over a session of its own, in a transaction that only reads. Any thread. @err UNAVAILABLE, INTERNAL */
int store_audit(const char *conninfo, const struct store_audit_query *q, struct cc_arena *a, struct audit_list *ret, struct cc_error *err);

CC_DEFINE_CLEANUP(struct store *, store_close)
