/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two libmicrohttpd daemons over one request handler. Both close their listening socket when they stop. */
#include "controller/http/server.h"
#include "common/clock.h"
#include "common/hash.h"
#include "controller/api/blobs.h"
#include "controller/http/edge.h"
#include "controller/http/listen.h"
#include "controller/http/metrics.h"
#include "controller/http/openapi.h"
#include "controller/http/quota.h"
#include "controller/http/ration.h"
#include "controller/http/streams.h"

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

/* What a connection may take for the head of a request and of its reply, and for buffers of body and reply. Much of it makes streams fast; but all of it is touched
 * when a connection is used again, so it is in use for each node that waits. So it gets less where there may be thousands. */
#define MEMORY_MOST   (40 * 1024) /* a chunk that fills a TLS record, with room for the rest */
#define MEMORY_LEAST  (10 * 1024)
#define MEMORY_OF_ALL ((size_t)192 << 20)
/* Whenever one of its connections goes on, a thread of libmicrohttpd looks at all that wait. */
#define CONNECTIONS_PER_THREAD 2048
#define SOCKET_CONNECTIONS     512
#define NODE_REQUESTS_MAX      16 /* reports and archives of one node; streams have a limit of their own */
#define CALLER_FEEDS_MAX       16 /* of events */
#define STRANGERS_TOTAL        20 /* times what one address may */
#define FEEDS_MAX              256
#define IDLE_TIMEOUT_S         75 /* longer than five pings of a stream */
#define KEEPALIVE_S            60
/* At its own limit libmicrohttpd leaves clients hanging without a word; ours comes before that. */
#define EXCESS(n) ((n) + ((n) < 2048 ? (n) / 8 : 256) + 8)
/* The cheapest good cipher first, whatever the client likes best: all that a stream carries is encrypted twice and decrypted twice. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:%SERVER_PRECEDENCE"

/* ---- connections ---- */

static void keep_alive(int fd)
{
	int on = 1, idle = KEEPALIVE_S, interval = 15, count = 4;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static uid_t peer_uid(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 ? cred.uid : (uid_t)-1;
}

static void connected(struct http_server *s, struct MHD_Connection *mhd, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	int fd = info->connect_fd;
	const union MHD_ConnectionInfo *tls = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	bool local = tls == NULL;
	const union MHD_ConnectionInfo *from = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct conn *c = hub_connection_new(s->hub, fd, local ? NULL : from->client_addr);

	*context = c;
	if (local) {
		if (c != NULL)
			c->uid = peer_uid(fd);
		return;
	}
	keep_alive(fd);
	/* Clients hold back a certificate whose issuer the server does not name; so it names none. */
	gnutls_certificate_send_x509_rdn_sequence(tls->tls_session, 1);
}

static void on_connection(void *server, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connected(server, mhd, context);
	} else if (*context != NULL) {
		hub_connection_free(*context);
		*context = NULL;
	}
}

/* ---- start ---- */

static void default_number(int *n, int fallback)
{
	*n = *n > 0 ? *n : fallback;
}

static void default_number64(int64_t *n, int64_t fallback)
{
	*n = *n > 0 ? *n : fallback;
}

static const char *copy_text(struct http_server *s, const char *text)
{
	return cc_arena_strdup(s->texts, text != NULL ? text : "");
}

static void take_options(struct http_server *s, const struct http_options *given)
{
	struct http_options *o = &s->opt;
	const char **addresses = cc_new_array(s->texts, given->n_addresses + 1, const char *);

	*o = *given;
	o->listen = copy_text(s, given->listen);
	o->socket = copy_text(s, given->socket);
	o->key_pem = copy_text(s, given->key_pem);
	o->cert_pem = copy_text(s, given->cert_pem);
	o->pin = copy_text(s, given->pin);
	o->images_dir = copy_text(s, given->images_dir);
	for (size_t i = 0; i < given->n_addresses; i++)
		addresses[i] = copy_text(s, given->addresses[i]);
	o->addresses = addresses;
	if (o->socket_mode == 0)
		o->socket_mode = 0666;
	default_number(&o->socket_connections, SOCKET_CONNECTIONS);
	default_number64(&o->wait_max_ms, 60000);
	default_number64(&o->head_timeout_ms, 20000);
	default_number64(&o->body_timeout_ms, 30000);
	default_number(&o->streams_max, 256);
	if (o->stream_buffer_bytes == 0)
		o->stream_buffer_bytes = 256 * 1024;
	default_number64(&o->stream_attach_ms, 60000);
	default_number(&o->connections_address, 512);
	if (o->connections_address > o->connections / 2)
		o->connections_address = o->connections / 2;
	default_number(&o->rate_caller, 6000);
	default_number(&o->rate_address, 600);
	default_number(&o->caller_uploads_max, 4);
	default_number(&o->caller_streams_max, 32);
	if (o->reply_bytes_max == 0)
		o->reply_bytes_max = 64 << 20;
	default_number(&o->join_per_minute, 20);
	default_number(&o->join_total_per_minute, 600);
	default_number(&o->refusals_per_minute, 10);
}

static uint64_t touch_seq(void *edge, struct cc_uuid id)
{
	return hub_touch_seq(((struct http_server *)edge)->hub, id);
}

static void defer(void *edge, void (*fn)(void *), void *arg)
{
	hub_defer(((struct http_server *)edge)->hub, fn, arg);
}

static void sweep(void *arg)
{
	struct http_server *s = arg;

	atomic_store(&s->sweep_waits, false);
	blobs_sweep(s->blobs, s->engine);
}

static void sweep_later(struct http_server *s)
{
	if (!atomic_exchange(&s->sweep_waits, true))
		hub_defer(s->hub, sweep, s);
}

static int stream_open(void *edge, const struct principal *opener, struct cc_uuid node, struct stream_order *order, struct cc_error *err)
{
	struct http_server *s = edge;

	if (streams_open(s->streams, opener, node, order, err) < 0)
		return -1;
	hub_kick(s->hub);
	hub_touch(s->hub, node);
	return 0;
}

static size_t stream_orders(void *edge, struct cc_uuid node, struct cc_arena *a, struct stream_order **ret)
{
	return streams_orders(((struct http_server *)edge)->streams, node, a, ret);
}

static void fill_setup(struct http_server *s)
{
	const struct http_options *o = &s->opt;
	const char *material = cc_printf(s->texts, "communitycloud secrets %s", o->key_pem);
	struct cc_sha256 key = cc_sha256(material, strlen(material));

	s->setup = (struct api_setup){ .pin = o->pin,
		.fences = o->fences != NULL ? o->fences : "",
		.addresses = o->addresses,
		.n_addresses = o->n_addresses,
		.wait_max_ms = o->wait_max_ms,
		.sync_wait_ms = o->sync_wait_ms,
		.sync_wait_idle_ms = o->sync_wait_idle_ms > o->sync_wait_ms ? o->sync_wait_idle_ms : o->sync_wait_ms,
		.node_lease_ms = o->node_lease_ms,
		.blobs = s->blobs,
		.audit_read = o->audit_read,
		.audit_arg = o->audit_arg,
		.archives_read = o->archives_read,
		.archives_arg = o->archives_arg,
		.edge = s,
		.touch_seq = touch_seq,
		.defer = defer,
		.stream_open = stream_open,
		.stream_orders = stream_orders };
	memcpy(s->setup.secret_key, key.b, sizeof(s->setup.secret_key));
}

static int64_t heard_ms(void *server, struct cc_uuid node)
{
	return hub_heard_ms(((struct http_server *)server)->hub, node);
}

static int64_t on_timer(void *arg, int64_t now)
{
	return streams_expire(arg, now);
}

static size_t memory_each(int connections)
{
	size_t share = MEMORY_OF_ALL / (size_t)connections / 1024 * 1024;

	return share > MEMORY_MOST ? MEMORY_MOST : share < MEMORY_LEAST ? MEMORY_LEAST : share;
}

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd, unsigned flags, int threads, int connections, const struct MHD_OptionItem *more)
{
	int needed = (connections + CONNECTIONS_PER_THREAD - 1) / CONNECTIONS_PER_THREAD;

	threads = threads > needed ? threads : needed;
	return MHD_start_daemon(flags | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, request_handle, s,
	        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, request_completed, s,
	        MHD_OPTION_CONNECTION_LIMIT, (unsigned)EXCESS(connections), MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_each(connections),
	        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)(threads > 1 ? threads : 0),
	        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

static int start_tls(struct http_server *s, struct cc_error *err)
{
	const struct MHD_OptionItem more[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)s->opt.key_pem },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)s->opt.cert_pem },
		/* Makes libmicrohttpd ask for the client's certificate; nothing is checked against it. */
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)s->opt.cert_pem },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	int fd;

	if (s->opt.listen[0] == '\0')
		return 0;
	if (listen_tcp(s->opt.listen, &fd, &s->port, err) < 0)
		return -1;
	s->tls = start_daemon(s, fd, MHD_USE_TLS, s->opt.threads, s->opt.connections, more);
	if (s->tls != NULL)
		return 0;
	close(fd);
	return cc_fail(err, INVALID, "TLS cannot be served on '%s': the key pair is not usable", s->opt.listen);
}

static int start_local(struct http_server *s, struct cc_error *err)
{
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	int fd;

	if (s->opt.socket[0] == '\0')
		return 0;
	if (listen_unix(s->opt.socket, s->opt.socket_mode, &fd, err) < 0)
		return -1;
	s->local = start_daemon(s, fd, 0, 1, s->opt.socket_connections, none);
	if (s->local != NULL)
		return 0;
	close(fd);
	return cc_fail(err, IO, "serving '%s'", s->opt.socket);
}

static int start(struct http_server *s, struct cc_error *err)
{
	const struct http_options *o = &s->opt;
	struct streams_options streams = { .max = (size_t)o->streams_max,
		.buffer_bytes = o->stream_buffer_bytes,
		.attach_ms = o->stream_attach_ms,
		.opener_max = (size_t)o->caller_streams_max };
	struct hub_options hub = { .connections_max = (size_t)(EXCESS(o->connections) + EXCESS(o->socket_connections)),
		.usual = { (size_t)o->connections, (size_t)o->socket_connections },
		.peer_max = (size_t)o->connections_address,
		.head_timeout_ms = o->head_timeout_ms,
		.timer = on_timer };
	cc_auto_buf struct cc_buf openapi = { 0 };

	s->metrics = metrics_new();
	s->joins = ration_new(o->join_per_minute, o->join_total_per_minute);
	s->strangers = ration_new(o->rate_address, STRANGERS_TOTAL * o->rate_address);
	s->callers = ration_new(o->rate_caller, 0);
	s->uploads = quota_new((size_t)o->caller_uploads_max);
	s->refusals = ration_new(o->refusals_per_minute, 60);
	s->nodes = quota_new(NODE_REQUESTS_MAX);
	s->feeds = quota_new(CALLER_FEEDS_MAX);
	s->all_feeds = quota_new(FEEDS_MAX);
	s->streams = hub.timer_arg = streams_new(&streams);
	openapi_write(&openapi);
	s->openapi = cc_arena_memdup(s->texts, openapi.data, openapi.len);
	if (blobs_open(o->images_dir, &s->blobs, err) < 0 || hub_new(&hub, &s->hub, err) < 0)
		return -1;
	fill_setup(s);
	engine_set_heard(s->engine, heard_ms, s);
	sweep_later(s);
	return start_local(s, err) < 0 || start_tls(s, err) < 0 ? -1 : 0;
}

int http_start(const struct http_options *opt, struct engine *engine, struct http_server **ret, struct cc_error *err)
{
	struct http_server *s = cc_calloc(1, sizeof(*s));

	s->engine = engine;
	s->texts = cc_arena_new(0);
	take_options(s, opt);
	if (start(s, err) < 0) {
		http_stop(s);
		return -1;
	}
	*ret = s;
	return 0;
}

struct blobs *http_blobs(struct http_server *s)
{
	return s->blobs;
}

int http_descriptors(int connections)
{
	return EXCESS(connections) + EXCESS(SOCKET_CONNECTIONS);
}

int http_port(const struct http_server *s)
{
	return s->port;
}

void http_touch(void *server, struct cc_uuid id)
{
	hub_touch(((struct http_server *)server)->hub, id);
}

void http_reloaded(void *server)
{
	struct http_server *s = server;

	hub_touch_all(s->hub);
	sweep_later(s);
}

void http_stop(struct http_server *s)
{
	if (s == NULL)
		return;
	engine_set_heard(s->engine, NULL, NULL);
	if (s->streams != NULL)
		streams_stop(s->streams);
	if (s->hub != NULL)
		hub_stop(s->hub);
	if (s->tls != NULL)
		MHD_stop_daemon(s->tls);
	if (s->local != NULL) {
		MHD_stop_daemon(s->local);
		unlink(s->opt.socket);
	}
	if (s->hub != NULL)
		hub_free(s->hub);
	streams_free(s->streams);
	blobs_free(s->blobs);
	ration_free(s->joins);
	ration_free(s->strangers);
	ration_free(s->callers);
	quota_free(s->uploads);
	ration_free(s->refusals);
	quota_free(s->nodes);
	quota_free(s->feeds);
	quota_free(s->all_feeds);
	metrics_free(s->metrics);
	cc_arena_free(s->texts);
	free(s);
}
