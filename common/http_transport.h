/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What carries the exchanges of a client: http_unix.c over a unix socket, http_tls.c over TLS. The client decides what is to be done, and when; a transport
 * does it and tells what arrived through the cc_http_exchange_* functions. Used by http_*.c of this folder only. */
#pragma once

#include "common/http_parts.h"

struct cc_http_transport {
	/* A transport's side of one client; `options` outlives it. Connects to nothing yet. */
	void (*open)(const struct cc_http_options *options, void **ret);
	/* No attempt is left when it is called. */
	void (*close)(void *side);

	/* Begins an attempt at x->address and sets x->attempt. Never waits; when it fails, that is told by cc_http_exchange_over. */
	void (*begin)(void *side, struct cc_http_exchange *x);
	/* Ends an attempt at any moment and clears x->attempt. */
	void (*end)(void *side, struct cc_http_exchange *x);
	/* Calls the callbacks that had paused once more. */
	void (*resume)(void *side, struct cc_http_exchange *x);

	/* Waits for the attempts and `extra`, whose revents it fills. */
	void (*wait)(void *side, struct pollfd *extra, size_t n_extra, int timeout_ms);
	/* Does all that can be done without waiting. Every attempt that ended is marked by cc_http_exchange_over. */
	void (*move)(void *side);
};

extern const struct cc_http_transport cc_http_unix;
extern const struct cc_http_transport cc_http_tls;

/* cc_http_tls, which is part of the program when it links the layer tls, and loaded when it links tls_on_demand. @err INTERNAL it cannot be loaded */
const struct cc_http_transport *cc_http_tls_load(struct cc_error *err);
