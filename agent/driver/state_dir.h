/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The directory that holds everything of one node, and the names in it; every name is made from a UUID or a hash.
 *
 *   instances/UUID/{record,exit,upper,work,log,console.log}  0700   the instance; upper and work belong to its ids, see pool.h
 *   snapshots/UUID/UUID, volumes/UUID        0700   what else pools hold
 *   images/SHA256/{rootfs,size}              0700   an unpacked image; rootfs belongs to the image ids
 *   mnt/{lower,root,guest}                   0711   mount points, used only inside private mount namespaces
 *   lxc/                                     0711   liblxc's idea of its directory; always empty
 *   names/{hosts,zone,dhcp,resolv}          0750   what dnsmasq reads; the group is its own
 *   names/{process,log}                             which process it is, and why it did not start
 *   identity                                        the zone and this node's id, as cc-agent said
 *   lock                                            held by cc-agent-priv and its children */
#pragma once

#include "common/error.h"
#include "common/id.h"

#include <limits.h>

#define STATE_PATH_MAX 200

struct state_dir {
	char path[STATE_PATH_MAX];
	int root;
	int instances;
	int images;
	int lock; /* -1 until locked */
};

/* Makes what is missing. The path is absolute, of letters, digits and "/._-" (it becomes part of mount options). @err INVALID, IO */
int state_dir_open(const char *path, struct state_dir *ret, struct cc_error *err);
void state_dir_close(struct state_dir *dirs);

/* Waits up to `timeout_ms` for the children of an earlier cc-agent-priv to end, and keeps other ones out. @err BUSY, IO */
int state_dir_lock(struct state_dir *dirs, int timeout_ms, struct cc_error *err);

/* Opens the directory of an instance, made if asked. @err NOT_FOUND, IO */
int state_dir_open_instance(const struct state_dir *dirs, struct cc_uuid id, bool make, int *ret_fd, struct cc_error *err);

/* Fails when container ids could not walk down to the directory: setting up a container does. @err INVALID naming the parent, IO */
int state_dir_check_reachable(const struct state_dir *dirs, struct cc_error *err);
