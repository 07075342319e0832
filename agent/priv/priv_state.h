/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the loop share: the server, and a request on its way through. Private to priv_*.c. */
#pragma once

#include "agent/priv/agent_process.h"
#include "agent/priv/instances.h"
#include "agent/priv/job.h"
#include "agent/priv_frame.h"

#define REQUESTS_MAX 512
#define OUTBOX_MAX   1024
#define KEY_MAX      PRIV_SHA256_TEXT

/* Requests that the server makes for itself, beyond the verbs of priv_msg.def. */
enum internal_verb {
	VERB_SETTLE = PRIV_VERB_MAX, /* sweep after an end that nobody asked for, then tell */
	VERB_LOOK,                   /* ask the driver what an instance does now */
	VERB_LEASE_OVER,             /* stop it */
	VERB_NAMES,                  /* dnsmasq and what it knows as they should be */
	VERB_NET,                    /* bridge and rules as they have to be now */
	VERB_MEASURE,                /* what instances have on the disk */
	VERB_ALL_MAX
};

/* What counts together when it comes to how many children there may be at once: nothing quick waits for what is slow by nature. */
enum job_class { JOBS_QUICK, JOBS_LONG, JOBS_STOP, JOBS_EXEC, JOBS_MAX };

union request_body {
	struct priv_hello hello;
	struct priv_image_ref image_ref;
	struct priv_image_unpack image_unpack;
	struct priv_ct_ref ct_ref;
	struct priv_ct_start ct_start;
	struct priv_ct_stop ct_stop;
	struct priv_ct_exec ct_exec;
	struct priv_ct_signal ct_signal;
	struct priv_ct_files ct_files;
	struct priv_ct_logs ct_logs;
	struct priv_ct_console ct_console;
	struct priv_ct_window ct_window;
	struct priv_lease lease;
	struct priv_snapshot snapshot;
	struct priv_restore restore;
	struct priv_volume volume;
	struct priv_names names;
	char bytes[PRIV_BODY_MAX];
};

union reply_body {
	struct priv_none none;
	struct priv_hello_reply hello;
	struct priv_list_reply list;
	struct priv_ct ct;
	struct priv_ct_exec_reply exec;
	struct priv_snapshot_reply snapshot;
};

struct request {
	struct watch channel; /* of its job */
	struct request *next;
	uint32_t verb;
	uint32_t seq;
	uint32_t client; /* which connection asked; replies to an earlier one are dropped */
	bool running;
	uint64_t waits_for;   /* counts as running and has no job: until this change of the network is done; 0: it does not */
	enum job_class class; /* of the job that runs */
	bool broken_off;      /* something more important waits for its key */
	int step;             /* the verb's own: what the current job is for */
	char key[KEY_MAX];    /* requests with equal keys do not run side by side; "" has none */
	union request_body body;
	char *tail; /* aligned, with a NUL behind it */
	uint32_t tail_len;
	int fds[PRIV_FRAME_FDS];
	uint32_t fd_count;
	struct job job;
	struct cc_uuid measured; /* whose files a measurement is about */
	struct cc_error failure; /* kept over a job that cleans up */
	union reply_body reply;
	char *reply_tail; /* heap */
	uint32_t reply_tail_len;
};

struct outgoing {
	struct outgoing *next;
	struct priv_frame frame; /* body and tail follow in the same block */
};

/* What cc-agent said last about leases. */
struct leases {
	struct watch timer;
	int64_t until_ms;
	uint32_t grace_ms;
	uint32_t count;
	struct cc_uuid *ids; /* heap */
};

/* The node's dnsmasq. */
struct names {
	struct watch process; /* its pidfd */
	int64_t apply_at_ms;  /* when to look after it; 0: all is as it should be */
	int64_t ended_ms;
	int64_t delay_ms; /* doubles with each quick end */
};

/* The node's network: what it has to be, counted, and what it is. */
struct net_state {
	struct watch addresses; /* rtnetlink */
	int64_t prepare_at_ms;  /* make all anew then, boot time; 0: it fits the node's addresses */
	int64_t due_ms;         /* look at the guests then; 0: nothing changed */
	uint64_t networks;      /* a hash of the node's, that the rules were made for */
	bool up;                /* bridge and rules are there */
	bool stale;             /* make all anew at the next look */
	uint64_t change;        /* number of the last change of what has to be */
	uint64_t doing_change;  /* what the job that runs takes in */
	bool doing_up;
	bool doing_all;           /* not the guests only */
	struct net_guests *doing; /* heap */
	struct net_guests *done;  /* what the rules say; heap, NULL before the first */
};

struct priv_server {
	struct priv_node *node;
	int epoll;
	bool ending;
	struct watch signals;
	struct watch socket;
	struct net_state net;
	uint32_t client;
	struct agent_process agent;
	struct instances instances;
	struct leases leases;
	struct names names;
	struct request *requests; /* in the order they came */
	uint32_t request_count;
	uint32_t running[JOBS_MAX];
	struct job_ended ended;
	struct outgoing *outbox;
	struct outgoing **outbox_end;
	uint32_t outbox_count;
	_Alignas(8) char buf[PRIV_BODY_MAX + 65536 + 64];
};

/* What a verb does. Both return 1 when a job was started, 0 when r->reply is ready, -1 with err. */
struct verb_handler {
	/* The key that keeps requests apart; may refuse the request. NULL: no key, and `begin` must not start a job unless it is an exec. */
	int (*check)(const struct request *r, char key[KEY_MAX], struct cc_error *err);
	int (*begin)(struct priv_server *s, struct request *r, struct cc_error *err);
	/* After its job: `result` is NULL when it failed, and err says how. */
	int (*resume)(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
	enum job_class class;
};
/* NULL for what is no verb. */
const struct verb_handler *priv_verb_handler(uint32_t verb);

/* priv_server.c */
int priv_server_start_job(struct priv_server *s, struct request *r, const struct job_spec *spec, struct cc_error *err);
/* The request counts as running until priv_server_resume; returns 1. */
int priv_server_wait(struct priv_server *s, struct request *r);
/* Goes on with a request whose job, or wait, is over. With `result` NULL it failed as err says. May end it. */
void priv_server_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
void priv_server_send(struct priv_server *s, uint32_t verb, uint32_t seq, const void *body, uint32_t body_len, const void *tail, uint32_t tail_len);
int priv_server_watch(struct priv_server *s, struct watch *w, int fd, struct cc_error *err);
/* Before the descriptor is closed, always: a child that has just been forked may still hold it open, and then epoll would go on reporting it. */
void priv_server_unwatch(struct priv_server *s, struct watch *w);
/* Queues a request of the server's own for an instance; fine when one waits already. */
void priv_server_ask_self(struct priv_server *s, enum internal_verb verb, struct cc_uuid id);

/* priv_readopt.c: finds again what runs, sweeps the rest */
int priv_readopt(struct priv_server *s, struct cc_error *err);

/* priv_watch.c: instances coming and going */
/* Takes an instance out of the loop and of the table. */
void priv_watch_forget(struct priv_server *s, struct instance *inst);
/* Nobody knows whether it runs: counts as stopping until priv_watch_look_again has found out. */
void priv_watch_doubt(struct instance *inst);
void priv_watch_adopt(struct priv_server *s, struct instance *inst, const struct driver_status *status);
/* Takes note if init or monitor ended; call after a job that ended them. */
void priv_watch_check(struct priv_server *s, struct instance *inst);
/* The same when there is nothing to watch and the driver says that it ended; nothing when it is known to be stopped. */
void priv_watch_end(struct priv_server *s, struct instance *inst, int exit_status);
/* Asks after instances whose init is gone while the monitor is not; returns ms until the next time, -1 for never. */
int priv_watch_look_again(struct priv_server *s, int64_t now_ms);
void priv_watch_send_exit(struct priv_server *s, const struct instance *inst);

/* priv_lease.c: ends what may run no longer, whatever cc-agent does */
/* Takes up what was said to an earlier cc-agent-priv. After priv_readopt. @err IO */
int priv_lease_open(struct priv_server *s, struct cc_error *err);
void priv_lease_close(struct priv_server *s);
int priv_lease_begin(struct priv_server *s, struct request *r, struct cc_error *err);
/* As priv_ct_start_begin, unless the lease is over. @err PRECONDITION */
int priv_lease_start_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_lease_over_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_lease_over_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);

/* priv_net.c: the bridge and the rules */
/* What is there already; without instances nothing is left. After priv_readopt. @err INVALID a setting, IO */
int priv_net_open(struct priv_server *s, struct cc_error *err);
void priv_net_close(struct priv_server *s);
int priv_net_watch(struct priv_server *s, struct cc_error *err);
/* All is to be made anew: what the network follows from is another. */
void priv_net_changed(struct priv_server *s);
/* Asks for what is due; returns ms until then, -1 for never. */
int priv_net_tend(struct priv_server *s, int64_t now_ms);
/* Something that the network follows from is another: an instance came or went. */
void priv_net_change(struct priv_server *s);
/* Whether the rules let the instance be reached. */
void priv_net_set(struct priv_server *s, struct instance *inst, bool on);
/* Whether the instance may start: its ports are set, and nothing is left of who had its slot before. */
bool priv_net_is_ready(const struct priv_server *s, const struct instance *inst);
/* The request waits until the network is what it has to be now; then it is resumed. Returns 1. */
int priv_net_wait(struct priv_server *s, struct request *r);
int priv_net_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_net_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);

/* priv_names.c: names for instances */
/* Something that they follow from may have changed. Any time. */
void priv_names_changed(struct priv_server *s);
/* Asks for the work when it is time; returns ms until then, -1 for never. */
/* It is about to be ended: that is no news. */
void priv_names_forget(struct priv_server *s);
int priv_names_tend(struct priv_server *s, int64_t now_ms);
int priv_names_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_names_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
/* PRIV_NAMES */
int priv_zone_check(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_zone_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_zone_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
/* Lets go of it; it runs on. */
void priv_names_close(struct priv_server *s);

/* priv_measure.c */
/* Has those measured whose figure is old. */
void priv_measure_ask(struct priv_server *s);
int priv_measure_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_measure_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);

/* priv_exec.c */
/* Whether it is one that carries a stream: attended to over its job's channel, and hung up with its client. */
bool priv_exec_is(const struct request *r);
int priv_exec_check(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_exec_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_exec_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
int priv_console_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_logs_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_signal_begin(struct priv_server *s, struct request *r, struct cc_error *err);
/* Strings with their NULs in the tail. */
uint32_t priv_exec_count_strings(const char *tail, uint32_t len);
/* Starts the job and gives it the request's descriptors. */
int priv_exec_start_job(struct priv_server *s, struct request *r, const struct job_spec *spec, struct cc_error *err);
int priv_window_begin(struct priv_server *s, struct request *r, struct cc_error *err);

/* priv_files.c */
int priv_files_check(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_files_begin(struct priv_server *s, struct request *r, struct cc_error *err);

/* priv_image.c */
int priv_image_key(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_image_list_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_image_unpack_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_image_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_image_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);

/* priv_snapshot.c */
int priv_snapshot_list_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_snapshot_take_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_snapshot_take_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
int priv_snapshot_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_snapshot_delete_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
int priv_snapshot_restore_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_snapshot_restore_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
/* Whether a request under way gives way to this one, which is about the same instance: a snapshot to whatever ends its instance. */
bool priv_snapshot_yields(const struct request *r, uint32_t verb);

/* priv_volume.c */
int priv_volume_check(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_volume_make_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_volume_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_volume_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);

/* priv_ct.c */
int priv_ct_key(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_ct_start_check(const struct request *r, char key[KEY_MAX], struct cc_error *err);
int priv_ct_list_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_ct_start_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_ct_start_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
int priv_ct_stop_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_ct_stop_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
int priv_ct_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_ct_delete_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
int priv_settle_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_settle_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
/* The job that asks the driver about an instance; its argument is the id. */
#define PRIV_LOOK_MS 15000
int priv_work_look(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err);
int priv_look_begin(struct priv_server *s, struct request *r, struct cc_error *err);
int priv_look_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err);
