/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs instances, behind one face: liblxc, the simulation, later libvirt. All calls but `open` may block and run in a short-lived single-threaded
 * child of their own with a deadline (job.h): a driver may be killed at any moment, and the next call must cope with whatever that left. Drivers know
 * nothing of messages, sequence and epochs. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/node.h"
#include "agent/driver/terminal.h"
#include "agent/net/net_guests.h"

#include <sys/types.h>

/* What a driver knows about an instance now. Descriptors are pidfds, -1 when there is none; where they are set, they mean the very processes. */
struct driver_status {
	uint32_t state; /* enum priv_ct_state */
	pid_t init_pid;
	pid_t monitor_pid;
	int init_fd;
	int monitor_fd;
	int32_t exit_status;          /* wait status of init's last end, -1 when the driver does not know */
	uint64_t started_boottime_ms; /* 0 when it does not run */
};

#define DRIVER_STATUS_NONE ((struct driver_status){ .state = PRIV_CT_STOPPED, .init_fd = -1, .monitor_fd = -1, .exit_status = -1 })

/* For who does not take the descriptors over. */
void driver_status_close(const struct driver_status *status);

struct driver_exec {
	char **argv;
	char **env;
	uint32_t uid;
	uint32_t gid;
	const int *fds; /* stdin, stdout, stderr */
	int control;    /* of struct attend */
	bool tty;       /* all three become a terminal of this size, fed from fds[0] and read into fds[1] */
	struct terminal_size size;
	/* Instead of a program: is called in the instance, by the child as it stands, with the descriptors in their places. Gives its exit status. */
	int (*inside)(const void *arg);
	const void *inside_arg;
};

/* Somebody at the console of an instance's init. */
struct driver_console {
	const int *fds; /* as of an exec; the third is not used */
	int control;
	struct terminal_size size;
};

/* The volumes of an instance that starts. */
struct driver_mounts {
	uint32_t count;
	struct priv_mount at[PRIV_MOUNTS_MAX];
};

/* A member that may be NULL has nothing to do in that driver; call those by the functions below. */
struct driver {
	const char *name;
	uint32_t features; /* enum priv_feature, what it always has */
	bool has_rights;   /* images are unpacked, ids and mounts exist; else only names and records do */

	/* In the main process, once: checks that it can work here and completes `node`. Starts nothing. @err UNAVAILABLE, INVALID, IO */
	int (*open)(struct priv_node *node, struct cc_error *err);
	/* In a child: whether the settings are good for `prepare`. May be NULL. @err INVALID */
	int (*check)(const struct priv_node *node, struct cc_error *err);
	/* In a child, before the first instance runs and whenever the node's addresses changed: bridge and rules. Idempotent. NULL: there is no network.
	 * @err IO */
	int (*prepare)(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err);
	/* In a child, after `prepare`: other instances than then are to be reached, or by other ports. @err IO */
	int (*reach)(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err);
	/* In a child, at start: away with what belongs to no instance that `keep` wants. May be NULL. @err IO some of it resists */
	int (*sweep_others)(const struct priv_node *node, cgroup_keep_fn *keep, void *user, struct cc_error *err);
	/* In the main process: whether the instance's files are as far as `start` needs them. NULL: always. */
	bool (*is_made)(const struct priv_node *node, const struct ct_record *rec);
	/* Makes them so, which may take as long as unpacking an image. @err NOT_FOUND no such image, NO_CAPACITY disk is full, IO */
	int (*make)(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
	/* Starts an instance that does not run and is made; sweeps first what a failed start left. @err NOT_FOUND no such image, UNAVAILABLE, IO, INTERNAL */
	int (*start)(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct driver_status *ret,
	        struct cc_error *err);
	/* Ends an instance: asks init, kills it after `grace_ms`, and returns when nothing of it runs. @err TIMEOUT it would not die, IO */
	int (*stop)(const struct priv_node *node, struct cc_uuid id, const struct driver_status *now, uint32_t grace_ms, struct cc_error *err);
	/* Removes what the driver keeps of a stopped instance outside of its directory (cgroups, links, locks). Nothing there is fine. May be NULL. @err IO */
	int (*sweep)(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
	/* In a child: away with what `prepare` made; no instance is left. @err IO */
	int (*withdraw)(const struct priv_node *node, struct cc_error *err);
	/* Looks. Waits while a start or an end is under way. @err IO */
	int (*inspect)(const struct priv_node *node, struct cc_uuid id, struct driver_status *ret, struct cc_error *err);
	/* What a running instance uses. In the main process, so it must be quick. */
	void (*usage)(const struct priv_node *node, const struct ct_record *rec, uint64_t started_boottime_ms, uint64_t *ret_memory_bytes,
	        uint64_t *ret_cpu_usec);
	/* Gives a running instance the limits of its record. May be NULL. @err IO */
	int (*limit)(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
	/* Runs a program inside and waits for its end; *ret is 0-255 as a shell shows it. @err CONFLICT it does not run, IO */
	int (*exec)(const struct priv_node *node, const struct ct_record *rec, const struct driver_exec *exec, int *ret, struct cc_error *err);
	/* Carries the console of its init until that ends or the control says so. May be NULL: there is none. @err CONFLICT somebody else is there, IO */
	int (*console)(const struct priv_node *node, const struct ct_record *rec, const struct driver_console *console, struct cc_error *err);
	/* Holds all processes of a running instance, or lets them go on; one that does not run, or is as asked, is fine. May be NULL. @err TIMEOUT, IO */
	int (*freeze)(const struct priv_node *node, struct cc_uuid id, bool on, struct cc_error *err);
	/* Away with all that it has on the machine. May be NULL. @err IO */
	int (*retire)(const struct priv_node *node, struct cc_error *err);
};

int driver_check(const struct priv_node *node, struct cc_error *err);
bool driver_has_network(const struct priv_node *node);
int driver_sweep_others(const struct priv_node *node, cgroup_keep_fn *keep, void *user, struct cc_error *err);
bool driver_is_made(const struct priv_node *node, const struct ct_record *rec);
int driver_sweep(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
int driver_console(const struct priv_node *node, const struct ct_record *rec, const struct driver_console *console, struct cc_error *err);
int driver_limit(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
int driver_freeze(const struct priv_node *node, struct cc_uuid id, bool on, struct cc_error *err);
int driver_retire(const struct priv_node *node, struct cc_error *err);

/* NULL when there is none of that name. */
const struct driver *driver_find(const char *name);

extern const struct driver driver_lxc;
extern const struct driver driver_sim;
