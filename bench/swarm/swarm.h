/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many simulated agents in one process: each with a key, connections and a revision of its own, and nothing that runs. They speak to a real controller as
 * agent/sync.c does (one talk and one listen at a time, two connections at most, the same deadlines and the same waits after failures) and report what was
 * ordered as done at once. One thread, epoll. */
#pragma once

#include "agent/backoff.h"
#include "common/buf.h"
#include "common/model.h"

#include <gnutls/gnutls.h>

struct swarm_agent;

enum conn_state { CONN_NONE, CONN_DIALLING, CONN_IDLE, CONN_BUSY };

/* One TLS connection. A request may be given to it while it is dialled. */
struct swarm_conn {
	struct swarm_agent *agent;
	enum conn_state state;
	int fd;
	bool shaken; /* the TLS handshake is over */
	gnutls_session_t tls;
	struct cc_buf out, in;
	size_t sent; /* of out */
};

struct swarm_inst {
	struct cc_uuid id;
	int64_t epoch, boot_sn;
	enum inst_desired desired;
	bool told;
};

struct swarm_agent {
	struct swarm *swarm;
	uint32_t number;
	char path[64]; /* of its syncs */
	gnutls_certificate_credentials_t identity;
	struct swarm_conn conns[2];
	struct swarm_conn *talk, *listen;
	bool talk_full;
	int64_t talk_ms, listen_ms, heard_ms; /* when they were sent, and when the listen had its last blank */
	int64_t revision, wait_ms, beat_ms;
	char names_version[20];
	bool reached, full_due;
	struct backoff backoff;
	struct swarm_inst *insts;
	size_t n_insts, cap_insts;
};

struct swarm {
	struct swarm_agent *agents;
	size_t n_agents;
	int epoll_fd;
	int port;
	gnutls_priority_t priority;
	uint64_t dials, failures, talks, orders, complaints;
};

/* ---- swarm_keys.c: key pairs, kept in a file because making thousands takes a while ---- */

/* Writes n of them and prints the pin of each. @err IO */
int swarm_keys_make(const char *path, size_t n, struct cc_error *err);
/* Gives agent i the key pair first + i of the file. @err IO, INVALID */
int swarm_keys_load(const char *path, size_t first, struct swarm *s, struct cc_error *err);

/* ---- swarm_conn.c ---- */

/* Begins to dial, from an address of the agent's own. */
void conn_dial(struct swarm_conn *c);
void conn_close(struct swarm_conn *c);
/* Sends what is in `out` when it can. */
void conn_send(struct swarm_conn *c);
/* Goes on with whatever the connection waits for. False when it broke. */
bool conn_go_on(struct swarm_conn *c);
/* What has come of a reply: 1 complete, with its status, body and the seconds of Retry-After; 0 not yet; -1 it is no HTTP. */
int conn_reply(const struct swarm_conn *c, int *ret_status, int *ret_retry_after, struct cc_buf *body);

/* ---- swarm_agent.c ---- */

/* One that it did not have; DESIRED_RUN, and told already. */
struct swarm_inst *agent_add_inst(struct swarm_agent *a, struct cc_uuid id);
/* Something may go on on a connection. */
void agent_event(struct swarm_conn *c);
/* Sends what is due and gives up what takes too long. */
void agent_step(struct swarm_agent *a);
