/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks for tests: a machine of its own for the node, with a neighbour on its LAN, and sockets in any of them and inside of guests. All of it goes with the
 * processes that hold it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NETNS_NODE      "10.77.0.1" /* on the LAN */
#define NETNS_NEIGHBOUR "10.77.0.2"

/* Puts this process into a new network with a LAN, and a neighbour in it, whose process it gives; it routes the instances' subnet to the node. */
pid_t netns_begin(void);
/* Ends the neighbour. */
void netns_end(pid_t neighbour);

/* Runs a command in the network of a process, 0: this one; fails the test when that fails. */
void netns_run(pid_t pid, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A socket of SOCK_STREAM or SOCK_DGRAM in the network of a process, 0: this one, bound to the address (NULL: any) and port, listening if it can. */
int netns_listen(pid_t pid, int type, const char *address, uint16_t port);
/* Connects from there; -1 when that is refused or dropped. */
int netns_connect(pid_t pid, const char *address, uint16_t port);
/* Whether something comes from there to the listener's program: for TCP a connection, for UDP a datagram and its answer. `peer` is who it seems to be to the
 * listener; room for an address. */
bool netns_reaches(pid_t from, int type, const char *address, uint16_t port, int listener, char peer[64]);
