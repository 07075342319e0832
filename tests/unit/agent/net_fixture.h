/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network that a test may do with as it likes: the machine's is left alone. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Moves the test into a network of its own, with the view of it in /sys that liblxc looks at. For good. */
void net_fixture_leave(void);
/* A bridge that is the owner's network, with the node's address on it; both families, where given (host byte order, NULL: none). */
void net_fixture_add_network(const char *bridge, uint32_t address, const uint8_t *address6);
/* A machine of the owner's on that network: runs `argv` there once it has its addresses. Ends with the test. */
pid_t net_fixture_run_machine(const char *bridge, uint32_t address, const uint8_t *address6, const char *const *argv);
void net_fixture_end(pid_t pid);
