/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the controller_*.c files of this folder share. */
#pragma once

#include "tests/unit/agent/controller_fixture.h"

#include <microhttpd.h>
#include <pthread.h>

#define CONTROLLER_WAIT_MS 10000

struct given {
	bool set;
	struct assignment a;
	int64_t revision;
};

struct controller {
	struct MHD_Daemon *daemon;
	char address[64];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	int64_t revision;
	struct given given[TEST_INSTANCES];
	bool want_full;
	int raw_status;
	char *raw;
	int64_t lease_ms;
	enum test_blob blob;
	size_t sent_before; /* bytes, at the last fetch */
	unsigned fetches, full_reports, delta_reports, syncs, listening;
	int64_t offer_memory;
	int64_t known_revision; /* that the last report named */
	char closed[256];
	char network[256];
	struct test_told told[TEST_INSTANCES];
	int join_status;
	char join_code[64], join_detail[128], join_secret[128];
	/* The stream. */
	unsigned streams; /* opened so far */
	bool stream_open, stream_taken, feed_end, broken, hold, out_end;
	struct stream_order order;
	struct cc_buf feed;
	struct cc_buf frames;
	struct cc_buf output;
	int exit_status;
	char error[256];
};

struct request {
	struct controller *c;
	struct cc_buf body;
	unsigned stream; /* which of the streams opened it belongs to */
};

void controller_lock(struct controller *c);
/* Wakes everybody who waits. */
void controller_unlock(struct controller *c);
/* With the lock held: waits for a change; false when the time is over. */
bool controller_wait(struct controller *c, int64_t boot_ms);

/* A request for one of the stream's ends began. */
void controller_take_stream(struct request *q, const char *url);
enum MHD_Result controller_stream_in(struct request *q, struct MHD_Connection *conn);
/* false: the client is gone. */
bool controller_take_output(struct request *q, const char *bytes, size_t len);
