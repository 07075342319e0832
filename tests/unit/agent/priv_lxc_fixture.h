/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tests with real containers share: one image, fresh instances for each test, and looks at the machine behind cc-agent-priv's back. */
#pragma once

#include "tests/lib/test.h"
#include "tests/unit/agent/priv_fixture.h"

extern char priv_lxc_image[PRIV_SHA256_TEXT];

/* Checked fixture of every test case. */
void priv_lxc_setup(void);
void priv_lxc_teardown(void);
/* main() of a test program whose cases all use the fixture. */
int priv_lxc_main(const char *name, void (*add)(TCase *t));

/* The same with another fixture. */
int priv_lxc_main_with(const char *name, void (*setup)(void), void (*teardown)(void), void (*add)(TCase *t));

/* Reads a whole file; "" when it cannot. */
char *priv_lxc_read(const char *path, char *buf, size_t cap);
/* A field of /proc/PID/status, without its name. */
char *priv_lxc_status(pid_t pid, const char *field, char *buf, size_t cap);
/* How many things on this machine still belong to the instance: cgroups, mounts, links, directories, processes. They are named on stderr. */
int priv_lxc_leftovers(unsigned n);
/* Milliseconds for one ping from the node, -1 when nothing comes back within a second. */
int priv_lxc_ping(const char *address);
/* Whether the process is alive. */
bool priv_lxc_alive(pid_t pid);
