/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every part of the privileged half knows about its node: settings and what was worked out from them at start. Read-only afterwards, but for
 * what cc-agent says of the zone; children inherit it by fork. Nothing is global, so several nodes may run on one machine. */
#pragma once

#include "agent/driver/cgroup.h"
#include "agent/driver/priv_settings.h"
#include "agent/driver/slot.h"
#include "agent/driver/state_dir.h"
#include "agent/ports.h"

struct driver;
struct pool;

struct priv_node {
	struct priv_settings set;
	struct state_dir dirs;
	struct slot_plan slots;
	struct port_range publish; /* what instances may publish */
	const struct driver *driver;
	char driver_version[16];      /* "lxc 5.0.2" */
	uint32_t features;            /* enum priv_feature */
	bool idmapped;                /* images are mapped by mounts, not shifted at unpacking */
	uint64_t soft_files;          /* how many descriptors we were given; children, and so instances, get as many again */
	char zone[PRIV_NAME_TEXT];    /* as cc-agent said, now or in an earlier run; "": not yet */
	struct cc_uuid id;            /* of this node in the zone */
	bool apparmor;                /* the kernel enforces AppArmor */
	struct cgroup_layout cgroups; /* only where the driver has rights */
	const struct pool *pool;      /* where new trees go (pool.h) */
	uint64_t pool_bytes;          /* how large its disk is; 0: not known */
	uint32_t pools;               /* bit by enum pool_kind: those that are open */
};
