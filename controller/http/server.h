/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The controller's outside face: the HTTP API on TLS 1.3 over TCP (clients known by pinned key or bearer token) and on a unix socket (known by uid).
 * Requests become commands for the engine, reads are served from the published zone, and long polls wait here. Knows no rules and no SQL.
 *
 * Its threads only parse and reply; what takes time is suspended: commands until the engine answers, long polls until http_touch or their deadline. */
#pragma once

#include "controller/api/setup.h"
#include "controller/engine/engine.h"

#include <stdint.h>
#include <sys/types.h>

struct http_server;

/* Texts are copied. A NULL means "none"; where a default is told, a zero means that. */
struct http_options {
	const char *listen;      /* "host:port" of TLS; NULL or "": no TCP */
	const char *socket;      /* path of the unix socket; NULL or "": none */
	mode_t socket_mode;      /* 0666: everyone may connect, only root and the controller's own user are admins */
	int threads;             /* for TCP */
	int connections;         /* on TCP at most */
	int connections_address; /* of one address that show no known token or key; 512, and at most half of all */
	int socket_connections;  /* 512 */

	const char *key_pem; /* the controller's key pair */
	const char *cert_pem;
	const char *pin;              /* SHA-256 of its public key, 64 hexadecimal digits */
	const char *fences;           /* what confines this program, in words; lives on */
	const char *const *addresses; /* "host:port" under which nodes reach the controller, for tokens */
	size_t n_addresses;
	const char *images_dir; /* blobs: sha256/<hash>, tmp/ */
	int64_t image_max_bytes;

	api_audit_read *audit_read; /* NULL: the audit log cannot be read */
	void *audit_arg;
	api_archives_read *archives_read; /* NULL: nobody copies archives */
	void *archives_arg;
	int refusals_per_minute; /* entries of the audit log about one source address; 10 */

	int64_t wait_max_ms;        /* longest long poll of a reader; 60 s */
	int64_t sync_wait_ms;       /* longest wait of a node's sync while it is busy, and of an idle node for a sign of life */
	int64_t sync_wait_idle_ms;  /* longest wait of an idle node's sync; what is shorter than sync_wait_ms means that */
	int64_t node_lease_ms;      /* told to nodes */
	int64_t head_timeout_ms;    /* a new connection must have sent a whole request head by then; 20 s */
	int64_t body_timeout_ms;    /* a body must be there by then, plus its size at 1 KiB/s; 30 s */
	int streams_max;            /* 256 */
	size_t stream_buffer_bytes; /* per direction; 256 KiB */
	int64_t stream_attach_ms;   /* both sides must have come by then; 60 s */
	int rate_caller;            /* requests a minute of each member and node; 6000 */
	int rate_address;           /* of each address that shows no known token or key; 600 */
	size_t reply_bytes_max;     /* of all replies that are being sent; 64 MiB */
	int caller_uploads_max;     /* of one member at a time; 4 */
	int caller_streams_max;     /* the same; 32 */
	int join_per_minute;        /* attempts per source address; 20 */
	int join_total_per_minute;  /* attempts from everywhere; 600 */
};

/* Starts serving. The engine's thread must be running or about to run: commands are answered by it.
 * @err INVALID the key pair or an address, CONFLICT address or socket in use, IO */
int http_start(const struct http_options *opt, struct engine *engine, struct http_server **ret, struct cc_error *err);

/* The archives that it serves; lives as long as the server. */
struct blobs *http_blobs(struct http_server *s);

/* How many file descriptors so many connections on TCP and the usual number on the socket may take. */
int http_descriptors(int connections);

/* The port that TLS listens on (listen may say 0); 0 without TCP. */
int http_port(const struct http_server *s);

/* Wakes readers and nodes that wait for this id. For engine_committed; any thread, never blocks. */
void http_touch(void *server, struct cc_uuid id);

/* The zone was loaded again: wakes all that waits for a change, and looks for archives that no image names. After engine_set_available; any thread, never
 * blocks. */
void http_reloaded(void *server);

/* Refuses new requests, ends long polls and streams, waits until the commands under way are answered (so the engine's thread must still run, or have
 * answered them already), and closes everything. NULL is allowed. */
void http_stop(struct http_server *s);
