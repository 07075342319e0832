/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a chroot the kernel refuses what containers are made of: user namespaces and pivot_root. Rescue systems, build roots and some appliances run everything
 * in one. */
#pragma once

#include "common/error.h"

/* When this process is in a chroot: makes that directory the root of a mount namespace of its own. What can be seen stays the same. Before the process has
 * threads. @err IO */
int chroot_become_root(struct cc_error *err);
