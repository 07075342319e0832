/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three fences of the other programs cannot stand here, because all that this program starts would inherit them, containers too. no_new_privs: sudo and su
 * would no longer work in anybody's container. Landlock: it forbids mount() and pivot_root() whatever its rules, and they are what this program is for. A list
 * of system calls: guests have one of their own (lxc.seccomp.profile), and a second one would lack what their programs need. So rights are bounded. A user
 * namespace that is made later gives its root all capabilities towards itself, so guests notice nothing.
 *
 * What is kept makes mounts, cgroups, bridges and firewall rules, changes owners and users, and ends processes. What goes, also for children and for
 * good, would change the machine beyond that: modules, another kernel, the clock, raw memory and ports, security modules, audit, the kernel's log, raw
 * packets. */
#include "agent/priv/priv_confine.h"

#include "common/confine.h"

#include <linux/capability.h>
#include <unistd.h>

#define CAP(name) (UINT64_C(1) << CAP_##name)

/* SETFCAP: maps a user namespace's root. SYS_PTRACE: opens the namespaces of a container's init. MKNOD: overlay's whiteouts. SYS_RESOURCE, SYS_NICE: limits
 * of instances. SETPCAP: children drop more. */
#define KEPT                                                                                                                                        \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(DAC_READ_SEARCH) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(SETGID) | CAP(SETUID) | CAP(SETPCAP) | \
	        CAP(NET_ADMIN) | CAP(SYS_CHROOT) | CAP(SYS_PTRACE) | CAP(SYS_ADMIN) | CAP(SYS_NICE) | CAP(SYS_RESOURCE) | CAP(MKNOD) | CAP(SETFCAP))

int priv_confine(struct cc_error *err)
{
	/* In a simulation there are no rights to lose. */
	if (geteuid() != 0)
		return 0;
	return cc_confine_keep_capabilities(KEPT, err) < 0 ? cc_wrap(err, "giving up rights") : 0;
}
