/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's connection byte by byte, on the unix socket or inside TLS: for clients that do what no library would. */
#pragma once

#include "tests/unit/controller/http/world.h"

#include <gnutls/gnutls.h>

struct link {
	int fd;
	gnutls_session_t tls; /* NULL on the unix socket, and before link_handshake */
};

struct link link_dial(struct world *w, bool tls);
/* Over TCP from 127.0.0.`host`, without a word of TLS yet. */
struct link link_dial_from(struct world *w, int host);
/* False when the other side is gone. */
bool link_handshake(struct link *l);
void link_close(struct link *l);
/* False when the other side is gone. */
bool link_say(const struct link *l, const char *text);
/* What has come when the other side ended, which it must within 10 s. */
const char *link_hear_all(const struct link *l);
/* Whether `text` comes within 10 s; false when the other side ends before. */
bool link_hear(const struct link *l, const char *text);
/* Whether the other side has ended; does not wait. */
bool link_ended(const struct link *l);
