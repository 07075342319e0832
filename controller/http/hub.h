/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections and waiting: which connections there are, which of them wait suspended for what, and who wakes them. libmicrohttpd does not look at a suspended
 * connection, so one thread here does: it sees peers hang up, deadlines pass, and clients that dribble their requests.
 *
 * A connection that waits is resumed exactly once, by whoever takes it off the list of waiting ones first. Lock order: a stream's lock, the hub's, and
 * libmicrohttpd's own innermost. */
#pragma once

#include "common/error.h"
#include "common/id.h"
#include "controller/http/peer.h"

#include <microhttpd.h>
#include <sys/types.h>

struct hub;

/* One client's connection. Made and released by hub_connection_*, in the connection's own thread. */
struct conn {
	struct hub *hub;
	int fd;
	bool local;    /* the unix socket */
	bool excess;   /* one more than there should be: its requests are refused */
	bool stranger; /* none of its requests has shown a token or a key that is known */
	bool crowd;    /* a stranger, and one more than its address should have: refused unless it shows one */
	uid_t uid;     /* of a local peer */
	bool pin_read; /* `pin` was looked for */
	char pin[65];  /* of the client's certificate, "" for none */

	/* The hub's, under its lock. */
	uint32_t slot;
	uint32_t generation;
	bool hung_up;
	int64_t deadline; /* boot time; 0: none */
	struct waiter *waiting;
	bool listens; /* on behalf of: */
	struct cc_uuid listens_for;
	struct conn *next_listener;
	struct peer peer; /* of a stranger */
	bool counted;     /* among those that there are; not when it was cut */
	bool awaits_head; /* a stranger that has not asked anything, or has its answer */
	bool listed;      /* among the strangers: */
	struct conn *prev_stranger, *next_stranger;
};

enum wake { WAKE_NONE, WAKE_TOUCHED, WAKE_DEADLINE, WAKE_HUNG_UP, WAKE_STOPPING };

/* A request that can wait; part of struct request. All fields are the hub's, but `wake` may be read by the connection's thread when it runs again. */
struct waiter {
	struct MHD_Connection *mhd;
	struct conn *conn;
	enum wake wake;
	bool waiting;
	int64_t until;
	struct cc_uuid key;
	struct waiter *prev, *next; /* all that wait */
	struct waiter **bucket_at;  /* the pointer that points to this one, NULL: no key */
	struct waiter *bucket_next;
};

struct hub_options {
	size_t connections_max;
	size_t usual[2]; /* how many there should be at most: remote, local */
	size_t peer_max; /* strangers of one address */
	int64_t head_timeout_ms;
	/* Called by the hub's thread without its lock; returns the boot time at which it wants to be called again, INT64_MAX for never. */
	int64_t (*timer)(void *arg, int64_t now);
	void *timer_arg;
};

/* @err IO */
int hub_new(const struct hub_options *opt, struct hub **ret, struct cc_error *err);
/* No connection may be left. */
void hub_free(struct hub *h);

/* NULL when stopping. `addr` is the peer's, NULL for the unix socket's. */
struct conn *hub_connection_new(struct hub *h, int fd, const struct sockaddr *addr);
void hub_connection_free(struct conn *c);
/* What the connection does now must be over at `deadline`, or it is cut; 0: no limit. */
void hub_deadline(struct conn *c, int64_t deadline);
/* The connection awaits the head of its next request. */
void hub_expect_head(struct conn *c);
/* The head of a request has come; after it hub_known if it showed who asks. In the connection's thread. */
void hub_head_came(struct conn *c);
void hub_known(struct conn *c);
/* Cuts the connection, whatever it does: its thread sees the end of file. Only while it is sure to live. */
void hub_cut(struct conn *c);

/* The connection's request will wait for long on behalf of `key`, a node: until hub_listen_end what its peer's kernel acknowledges counts as a sign of life of
 * that node, and a peer that acknowledges nothing of what was sent for `give_up_ms` is given up. Once per request, in the connection's thread. */
void hub_listen_begin(struct conn *c, struct cc_uuid key, int64_t give_up_ms);
void hub_listen_end(struct conn *c);
/* When the peer acknowledged anything last; boot time. Only while it listens. */
int64_t hub_conn_heard_ms(const struct conn *c);
/* The shortest round trip to the peer in the last minutes, us, as the kernel measured it on what it sent there; 0: not known. It costs no packet, and the
 * peer cannot make itself nearer than it is. */
int64_t hub_conn_rtt_us(const struct conn *c);
/* hub_conn_heard_ms of whoever listens on behalf of `key`, 0: nobody does. Any thread. */
int64_t hub_heard_ms(struct hub *h, struct cc_uuid key);

/* Numbers to be taken before looking at what one might wait for. */
uint64_t hub_touch_seq(struct hub *h, struct cc_uuid key);
/* Wakes all that wait for the key. Any thread. */
void hub_touch(struct hub *h, struct cc_uuid key);
/* Wakes all that wait for any key. Any thread. */
void hub_touch_all(struct hub *h);

/* Suspends the connection until hub_wake, a touch of `key` (NULL: none), `until` (0: no deadline), or the peer's end. False, and w->wake says why, when there
 * is no reason to wait: the key was touched since `seq` was taken, the peer is gone, the server stops. In the connection's thread. */
bool hub_wait(struct waiter *w, const struct cc_uuid *key, uint64_t seq, int64_t until);
/* Resumes it if it waits. The caller must be sure that the waiter lives. */
void hub_wake(struct waiter *w, enum wake why);

/* Suspends the connection for something that answers by itself: a command, or slow work. False while stopping. */
bool hub_begin(struct waiter *w);
/* Resumes it. Any thread. */
void hub_end(struct waiter *w);

/* Runs fn(arg) on the thread for slow files. */
void hub_defer(struct hub *h, void (*fn)(void *), void *arg);
/* Sees to it that the timer is called soon. */
void hub_kick(struct hub *h);

/* Wakes all that wait, lets none wait any more, and returns when nothing is suspended. */
void hub_stop(struct hub *h);

struct hub_figures {
	size_t connections;
	size_t strangers;     /* of them */
	size_t strangers_cut; /* since the start */
	size_t waiting;
	size_t working; /* commands and slow work under way */
};
struct hub_figures hub_figures(struct hub *h);
