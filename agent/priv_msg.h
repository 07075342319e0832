/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two halves of the agent say to each other over one SOCK_SEQPACKET socketpair. Both come from the same build, so the structs are plain memory.
 * A request may take long (CT_EXEC, IMAGE_UNPACK); replies come in any order and carry the request's `seq`. The privileged half also speaks unasked:
 * PRIV_EVENT_EXIT when an instance's init ended, PRIV_EVENT_CHANGED when its lists are old. Nothing here names a path: the privileged half derives every path from a UUID or a hash. */
#pragma once

#include "agent/ports.h"
#include "common/error.h"
#include "common/id.h"

#include <stdint.h>

#define PRIV_VERSION       10
#define PRIV_TAIL_MAX      (256 * 1024) /* bytes of a reply's tail; bounds instances and images per node */
#define PRIV_SHA256_TEXT   65           /* lower-case hex with its NUL */
#define PRIV_NAME_TEXT     64           /* a DNS label with its NUL */
#define PRIV_ADDR_TEXT     46           /* an IPv4 or IPv6 address with its NUL */
#define PRIV_PATH_TEXT     256          /* a path inside an instance with its NUL */
#define PRIV_MOUNTS_MAX    16           /* volumes of one instance */
#define PRIV_MOUNTS_BYTES  (PRIV_MOUNTS_MAX * (uint32_t)sizeof(struct priv_mount))
#define PRIV_SNAPSHOTS_MAX 256 /* of one instance */
#define PRIV_EVENT_SEQ     0   /* seq of what is said unasked; requests count from 1 */

enum priv_verb {
#define PRIV(verb, request, reply, fds, tail, meaning) PRIV_##verb,
#include "agent/priv_msg.def"
#undef PRIV
	PRIV_EVENT_EXIT,    /* body: struct priv_ct */
	PRIV_EVENT_CHANGED, /* what an earlier cc-agent asked for is done, so a list from before that is old; no body */
	PRIV_VERB_MAX
};

/* Before every message. A request's `code` is CC_OK; a failed reply has no body and its tail is the error text (not NUL-terminated). */
struct priv_header {
	uint32_t verb; /* enum priv_verb, the same in the reply */
	uint32_t seq;
	uint32_t code; /* enum cc_code */
	uint32_t body; /* bytes of the fixed struct */
	uint32_t tail; /* bytes after it */
};

enum priv_ct_state {
	PRIV_CT_STOPPED, /* exists on disk; neither init nor monitor runs */
	PRIV_CT_RUNNING,
	PRIV_CT_STOPPING, /* asked to end, or init is gone and the monitor is not yet */
	PRIV_CT_STATE_MAX
};

struct priv_none {
	uint32_t unused;
};

struct priv_hello {
	uint32_t version;
	struct cc_uuid node;       /* its id in the zone */
	char zone[PRIV_NAME_TEXT]; /* a DNS label; "": none, and the last known one counts */
};

enum priv_feature {
	PRIV_FEATURE_LXC = 1 << 0,
	PRIV_FEATURE_SIM = 1 << 1,
	PRIV_FEATURE_CGROUP_V2 = 1 << 2, /* limits go through the unified hierarchy */
	PRIV_FEATURE_IDMAPPED_LOWER = 1 << 3,
	PRIV_FEATURE_DISK_LIMIT = 1 << 4,
	PRIV_FEATURE_SECCOMP = 1 << 5,
	PRIV_FEATURE_SWAP_LIMIT = 1 << 6, /* the kernel accounts swap: instances get none */
	PRIV_FEATURE_NAMES = 1 << 7,      /* instances find each other by name */
	PRIV_FEATURE_IPV6 = 1 << 8,       /* and have an IPv6 address each */
	PRIV_FEATURE_SNAPSHOTS = 1 << 9,
	PRIV_FEATURE_VOLUMES = 1 << 10,
	PRIV_FEATURE_OVERLAY = 1 << 11,   /* the pool of new instances (pool.h) */
	PRIV_FEATURE_BTRFS = 1 << 12,     /* the same; there disk limits hold */
	PRIV_FEATURE_BANDWIDTH = 1 << 13, /* limits of bandwidth hold */
};

/* Tail: whose rules drop what is forwarded for instances, a line each, with what helps; a NUL. */
struct priv_hello_reply {
	uint32_t version;
	uint32_t features; /* enum priv_feature */
	uint32_t instances_max;
	uint64_t pool_bytes;       /* size of the disk that new instances write to; 0: not known */
	struct port_range publish; /* what its owner lets instances publish */
	uint32_t upload_kbit;      /* its owner's limit for all of them together, per second; 0: none */
	uint32_t download_kbit;
	char driver[16];                  /* "lxc 5.0.2", "sim" */
	char names[96];                   /* why instances have no names here; "" when they have */
	char no_ipv6[96];                 /* why they have no IPv6 */
	char prefix6[PRIV_ADDR_TEXT + 4]; /* "fd12:3456:789a::/64" where they have */
};

struct priv_list_reply {
	uint32_t count; /* structs in the tail */
};

struct priv_image_ref {
	char sha256[PRIV_SHA256_TEXT];
};

struct priv_image_unpack {
	char sha256[PRIV_SHA256_TEXT]; /* of the archive as it is behind the descriptor */
	uint64_t archive_bytes;
	uint64_t unpacked_max_bytes; /* more than this is refused */
	uint64_t entries_max;
};

struct priv_image {
	char sha256[PRIV_SHA256_TEXT];
	uint64_t unpacked_bytes;
	uint32_t users; /* instances built on it */
};

struct priv_ct_ref {
	struct cc_uuid id;
};

/* Limits are always set: zero is refused, but for those of disk and bandwidth, where it is none. */
struct priv_limits {
	uint64_t memory_bytes;
	uint64_t disk_bytes; /* enforced unless priv_ct's disk_advisory */
	uint32_t cpu_millis; /* thousandths of one core, as quota and as shares */
	uint32_t pids;
	uint32_t bandwidth_kbit; /* per second, each way, of what passes the node */
};

/* A volume in an instance. */
struct priv_mount {
	struct cc_uuid volume;
	uint32_t read_only;
	char path[PRIV_PATH_TEXT]; /* absolute, as the instance names it */
};

struct priv_snapshot {
	struct cc_uuid instance;
	struct cc_uuid id;
};

struct priv_snapshot_reply {
	uint64_t bytes; /* that it takes */
};

struct priv_restore {
	struct cc_uuid instance;
	struct cc_uuid snapshot;
	uint64_t restore_sn; /* from 1; a higher one than the instance's means restore */
};

struct priv_volume {
	struct cc_uuid id;
	uint64_t bytes; /* enforced where its pool can */
};

/* Tail: struct priv_mount[]. */
struct priv_ct_start {
	struct cc_uuid id;
	uint64_t epoch;   /* of the assignment; kept with the instance and reported */
	uint64_t boot_sn; /* a higher one than the running instance's means restart */
	struct priv_limits limits;
	struct ports ports;    /* of the node, that lead to it while it runs */
	struct cc_uuid member; /* whose it is; instances of one member reach each other. Nil: nobody's fellow */
	char image_sha256[PRIV_SHA256_TEXT];
	char hostname[PRIV_NAME_TEXT];
};

struct priv_ct_stop {
	struct cc_uuid id;
	uint32_t grace_ms; /* 0 kills at once */
};

/* Tail: the ids of all instances that need a lease, struct cc_uuid[], whether they exist or not. */
struct priv_lease {
	int64_t until_ms;  /* CLOCK_BOOTTIME */
	uint32_t grace_ms; /* that a stop gives them then */
};

struct priv_ct {
	struct cc_uuid id;
	uint32_t state;   /* enum priv_ct_state */
	int32_t init_pid; /* 0 unless running */
	uint64_t epoch;
	uint64_t boot_sn;
	uint64_t restore_sn;           /* the last restore that was carried out */
	uint64_t started_boottime_ms;  /* CLOCK_BOOTTIME of the last start; 0 when never in this boot */
	uint64_t memory_bytes;         /* used now, from the cgroup; 0 when not running */
	uint64_t cpu_usec;             /* used since the last start */
	uint64_t disk_bytes;           /* that it wrote and kept, measured some minutes ago (priv_measure.c); 0: not known */
	uint32_t disk_advisory;        /* 1: its disk limit is not enforced */
	uint32_t ports_sum;            /* ports_sum of its ports */
	uint32_t slot;                 /* which range of ids and which address it has */
	int32_t exit_status;           /* wait status of init at its last end, -1 when unknown or running */
	struct priv_limits limits;     /* of its last start or change */
	char address[PRIV_ADDR_TEXT];  /* IPv4 on the node's bridge, "" when it has none */
	char address6[PRIV_ADDR_TEXT]; /* IPv6 there */
	char image_sha256[PRIV_SHA256_TEXT];
};

/* Tail: argv strings, each with its NUL, then env strings ("NAME=value"), each with its NUL. */
struct priv_ct_exec {
	struct cc_uuid id;
	uint32_t argc; /* at least 1 */
	uint32_t envc;
	uint32_t uid; /* inside the instance */
	uint32_t gid;
	uint32_t tty;  /* 1: it gets a terminal, that the first two descriptors are carried to and from */
	uint16_t rows; /* of that */
	uint16_t cols;
};

struct priv_ct_exec_reply {
	int32_t exit_status; /* 0-255 as a shell shows it: 128 + n when a signal ended it; 126, 127 when it could not be run */
};

struct priv_ct_logs {
	struct cc_uuid id;
	uint32_t lines;  /* the last ones; UINT32_MAX: all that is kept */
	uint32_t follow; /* 1: until it stops */
};

struct priv_ct_console {
	struct cc_uuid id;
	uint16_t rows; /* of the terminal that it is shown on; 0: unknown */
	uint16_t cols;
};

enum priv_files {
	PRIV_FILES_PUSH,
	PRIV_FILES_PULL,
	PRIV_FILES_EXPORT, /* the whole root file system, below rootfs/, without what is mounted in it; also of an instance that does not run */
	PRIV_FILES_MAX
};

/* Tail: paths inside of the instance, each with its NUL; of a push one, of an export "/". */
struct priv_ct_files {
	struct cc_uuid id;
	uint32_t action; /* enum priv_files */
	uint32_t place;  /* of a push: enum tree_place */
	uint32_t flags;  /* enum tree_flag */
	uint32_t count;  /* of paths */
};

struct priv_ct_signal {
	uint32_t exec_seq;
	int32_t signal;
};

struct priv_ct_window {
	uint32_t exec_seq;
	uint16_t rows;
	uint16_t cols;
};

/* The descriptor: a file of struct priv_name[], other nodes' instances. */
struct priv_names {
	uint32_t count;
};

struct priv_name {
	char name[PRIV_NAME_TEXT]; /* a DNS label */
	char address[PRIV_ADDR_TEXT];
};
#define PRIV_NAMES_MAX 16384

/* What a verb's messages look like; NULL for numbers that are no verb of a request. */
struct priv_verb_info {
	const char *name;
	uint32_t request_size;
	uint32_t reply_size;
	uint32_t fds;
	uint32_t tail_max;
};
const struct priv_verb_info *priv_verb_info(uint32_t verb);
