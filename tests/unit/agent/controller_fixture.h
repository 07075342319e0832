/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted controller over TLS: answers syncs as the real one does (orders by revision, drop of what is reported and not assigned), serves one
 * archive and streams, and remembers what the node said. Everything under one lock; tests use the functions here only. */
#pragma once

#include "common/keys.h"
#include "common/model.h"
#include "tests/unit/agent/inst_fixture.h"

#define TEST_INSTANCES 16

/* BLOB_STALLED: half of it comes, the rest when the controller is told another one. BLOB_OLD: right, but it cannot go on in the middle. */
enum test_blob { BLOB_RIGHT, BLOB_WRONG, BLOB_SHORT, BLOB_LONG, BLOB_MISSING, BLOB_STALLED, BLOB_OLD };

/* What the node said last of one instance. */
struct test_told {
	bool any;
	enum observed state;
	int64_t epoch, boot_sn;
	char reason[INST_REASON];
	char address[64];
	int64_t at_ms;  /* boot time */
	unsigned count; /* how often it was in a report */
};

struct controller;

/* port 0: any. The address "127.0.0.1:PORT" is given by controller_address. */
struct controller *controller_new(const struct cc_key_pair *pair, uint16_t port);
/* All requests are broken off. */
void controller_free(struct controller *c);
const char *controller_address(const struct controller *c);
uint16_t controller_port(const struct controller *c);

void controller_assign(struct controller *c, const struct assignment *a);
/* The instance is not this node's any more; the node hears of it when it names it. */
void controller_unassign(struct controller *c, int n);
void controller_want_full(struct controller *c);
/* The next syncs and joins are all answered with this, whatever it is; NULL ends that. */
void controller_answer_raw(struct controller *c, int status, const char *body);
void controller_set_revision(struct controller *c, int64_t revision);
void controller_set_lease(struct controller *c, int64_t lease_ms);
void controller_set_blob(struct controller *c, enum test_blob blob);
/* The next joins are answered with this problem; 200 lets them in. */
void controller_set_join(struct controller *c, int status, const char *code, const char *detail);
const char *controller_joined_with(struct controller *c);

/* Opens a stream; one at a time. argv ends with NULL. */
/* A stream of any kind; argv, if any, is the controller's then. */
void controller_open_order(struct controller *c, const struct stream_order *o);
void controller_open_stream(struct controller *c, int stream, int instance, const char *const *argv);
/* Frames for the program. */
void controller_feed(struct controller *c, const void *bytes, size_t len);
/* The client's body is complete. */
void controller_end_feed(struct controller *c);
/* The client died: both requests are broken off. */
void controller_break_stream(struct controller *c);
/* The client reads nothing while set. */
void controller_hold_output(struct controller *c, bool hold);
/* Waits until `n` bytes of stdout came, or the stream ended; copies what there is. Returns bytes of stdout. */
size_t controller_output(struct controller *c, size_t n, char *to, size_t room);
/* Waits for the end; -1 when there was none within 10 s. `ret_error` takes an error frame's text. */
int controller_exit_status(struct controller *c, char *ret_error, size_t room);

/* Waits at most 10 s until the node said that; false when it did not. */
bool controller_wait_state(struct controller *c, int n, enum observed state, int64_t boot_sn);
struct test_told controller_told(struct controller *c, int n);
unsigned controller_reports(struct controller *c, bool full);
unsigned controller_syncs(struct controller *c);
/* Waits until more than `than` full reports came. */
bool controller_wait_full(struct controller *c, unsigned than);
/* Waits until the node has taken in the orders of this revision. */
bool controller_wait_revision(struct controller *c, int64_t revision);
/* Waits until a listen is parked. */
bool controller_wait_listening(struct controller *c);
unsigned controller_fetches(struct controller *c);
/* How many bytes the node said it had, at the last fetch. */
size_t controller_fetched_from(struct controller *c);
/* Of the last report that had facts. */
int64_t controller_offer_memory(struct controller *c);
/* Why the node takes nothing new, as it said last. Valid until the next call. */
const char *controller_closed(struct controller *c);
/* What it said last of its network: "UPLOAD DOWNLOAD", and each line of what is in the way behind a '/'. Valid until the next call. */
const char *controller_network(struct controller *c);

/* The archive that is served, and its hash. */
const char *controller_archive(size_t *ret_len);
const char *controller_sha256(void);
