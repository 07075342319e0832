/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real cc-agent-priv for a test program: its own state directory, bridge, subnet, ids and cgroups, driven through priv_client. */
#pragma once

#include "agent/priv_client.h"

#include <stdint.h>
#include <sys/types.h>

struct priv_fixture {
	const char *driver;
	const char *zone; /* said at HELLO; NULL: none, and then instances have no names */
	pid_t pid;        /* of cc-agent-priv; 0 when it does not run */
	int socket;       /* raw, for tests that send nonsense; belongs to the client */
	struct priv_client *client;
	struct priv_ct events[16];
	unsigned event_count;
};

/* The one of this program; its directory is made at first use and named after the process that called priv_fixture_init. */
extern struct priv_fixture priv_fixture;

/* For main(), before and after the suite: the second removes all that tests made, also when they failed. */
void priv_fixture_init(const char *driver);
/* -1 when something could not be removed. */
int priv_fixture_done(void);

/* Starts cc-agent-priv and connects. `extra` are further flags, NULL-terminated, or NULL. */
void priv_fixture_start(const char *const *extra);
/* SIGTERM, or SIGKILL; waits. Instances run on. */
void priv_fixture_stop(int signal);
/* cc-agent-priv --teardown; gives its exit status. None may run. */
int priv_fixture_teardown(void);
/* After the client was freed: waits for the program's end (its socket is gone) and starts it anew. */
void priv_fixture_reconnect(void);
/* Deletes all instances of the running one. */
void priv_fixture_delete_all(void);

const char *priv_fixture_dir(void);
#define PRIV_FIXTURE_BRIDGE "cctp0"
#define PRIV_FIXTURE_CGROUP "cctp/unit"
#define PRIV_FIXTURE_ID     1900000000u

/* Calls; on failure they return -1 with err. */
int priv_fixture_call(enum priv_verb verb, const void *body, void *ret, struct cc_error *err);
/* Unpacks a busybox image and gives its hash; fails the test when that fails. */
void priv_fixture_image(int archive, char ret_sha256[PRIV_SHA256_TEXT]);
struct cc_uuid priv_fixture_id(unsigned n);
/* A start request with small limits and hostname "c<n>", for one and the same member. */
struct priv_ct_start priv_fixture_request(unsigned n, const char *sha256);
/* Starts it and fails the test when that fails. */
struct priv_ct priv_fixture_run(unsigned n, const char *sha256);
int priv_fixture_stop_ct(unsigned n, uint32_t grace_ms, struct cc_error *err);
int priv_fixture_delete_ct(unsigned n, struct cc_error *err);
/* What CT_LIST says; false when it is not there. */
bool priv_fixture_find(unsigned n, struct priv_ct *ret);
/* Runs a program with `input`, keeps what it wrote; returns its exit status, or -1 with err. */
struct priv_fixture_output {
	char out[65536];
	char err[65536];
};
int priv_fixture_exec(unsigned n, const char *const *argv, const char *input, struct priv_fixture_output *ret, struct cc_error *err);
/* The same with a shell: output is stdout. */
int priv_fixture_sh(unsigned n, const char *command, char *out, size_t cap);
/* Waits for an event; false after the time. */
bool priv_fixture_wait_event(unsigned count, int timeout_ms);
/* A child of a process, 0 when it has none. */
pid_t priv_fixture_child(pid_t parent);
