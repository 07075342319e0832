/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a program of the node itself answers on a port: what is published there would take its callers away. Read from the kernel's tables of sockets, for
 * the half with rights opens none. What listens only on the loopback or on the instances' bridge is not in the way. */
#pragma once

#include "agent/ports.h"

/* Those of `ports` that are not in `had` (NULL: all). `bridge` is the bridge's address, host byte order. @err INVALID naming the port */
int net_listeners_check(const struct ports *ports, const struct ports *had, uint32_t bridge, struct cc_error *err);
/* The same with the tables of another folder than /proc/net, for tests. */
int net_listeners_check_in(const char *folder, const struct ports *ports, const struct ports *had, uint32_t bridge, struct cc_error *err);
