/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server that says whatever bytes it is given, on a unix socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct raw_server;

struct raw_reply {
	const char *bytes;
	size_t len;
	bool bytewise; /* one byte per write */
	bool stays;    /* does not close the connection, but serves the next request there */
	bool early;    /* answers before it reads anything, and closes without reading */
};

/* Answers every request, up to the empty line behind its headers, with *reply, which may be changed between requests. */
struct raw_server *raw_server_start(const char *path, const struct raw_reply *reply);
void raw_server_stop(struct raw_server *s);
unsigned raw_server_connections(const struct raw_server *s);
unsigned raw_server_requests(const struct raw_server *s);
