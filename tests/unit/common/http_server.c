/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread per connection, so that handlers may simply wait. */
#include "tests/unit/common/http_server.h"

#include "common/buf.h"
#include "common/check.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct test_server {
	struct MHD_Daemon *daemon;
	atomic_uint requests;
	atomic_uint connections;
	atomic_bool stopping;
	pthread_mutex_t lock;
	struct cc_buf pipe;
	bool pipe_end;
};

/* Of one request. */
struct call {
	struct test_server *server;
	struct cc_buf body;
	size_t received;
	bool right;
	unsigned nth;
	size_t total; /* of a reply that is made as it goes */
	bool slow;
	bool breaks;
};

static void rest(unsigned ms)
{
	poll(NULL, 0, (int)ms);
}

static bool starts(const char *url, const char *prefix)
{
	return strncmp(url, prefix, strlen(prefix)) == 0;
}

static size_t number(const char *url)
{
	return strtoul(strrchr(url, '/') + 1, NULL, 10);
}

static struct MHD_Response *text_response(const char *text)
{
	return MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result ok = MHD_queue_response(c, status, response);

	MHD_destroy_response(response);
	return ok;
}

static ssize_t make_bytes(void *cls, uint64_t at, char *to, size_t room)
{
	struct call *call = cls;
	size_t n = call->total - at < room ? call->total - at : room;

	if (call->breaks && at >= 100)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (at >= call->total)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (call->breaks)
		n = 100;
	if (call->slow) {
		rest(50);
		n = 1;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = (char)test_byte(at + i);
	return (ssize_t)n;
}

static ssize_t read_pipe(void *cls, uint64_t at, char *to, size_t room)
{
	struct call *call = cls;
	struct test_server *s = call->server;
	ssize_t n = 0;

	(void)at;
	for (;;) {
		pthread_mutex_lock(&s->lock);
		n = (ssize_t)(s->pipe.len < room ? s->pipe.len : room);
		if (n > 0) {
			memcpy(to, s->pipe.data, (size_t)n);
			cc_buf_consume(&s->pipe, (size_t)n);
		} else if (s->pipe_end || s->stopping) {
			n = MHD_CONTENT_READER_END_OF_STREAM;
		}
		pthread_mutex_unlock(&s->lock);
		if (n != 0)
			return n;
		rest(1);
	}
}

static enum MHD_Result add_pair(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	cc_buf_printf(cls, "%s: %s\n", key, value);
	return MHD_YES;
}

static enum MHD_Result echo(struct call *call, struct MHD_Connection *c, const char *method)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct MHD_Response *r;

	cc_buf_printf(&text, "%s\n", method);
	MHD_get_connection_values(c, MHD_HEADER_KIND, add_pair, &text);
	cc_buf_addc(&text, '\n');
	cc_buf_add(&text, call->body.data, call->body.len);
	r = text_response(cc_buf_str(&text));
	MHD_add_response_header(r, "ETag", "\"7\"");
	MHD_add_response_header(r, "Content-Type", "text/plain");
	MHD_add_response_header(r, "location", "/v1/things/1");
	MHD_add_response_header(r, "Link", "</v1/things?after=1>; rel=\"next\"");
	MHD_add_response_header(r, "Idempotency-Replayed", "true");
	return reply(c, 201, r);
}

static enum MHD_Result whoami(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *certs;
	unsigned n = 0;
	struct cc_pin pin;
	struct cc_error err = { 0 };
	char hex[CC_PIN_HEX] = "none";

	if (info != NULL) {
		certs = gnutls_certificate_get_peers((gnutls_session_t)info->tls_session, &n);
		if (n > 0 && cc_pin_from_der(certs[0].data, certs[0].size, &pin, &err) == 0)
			cc_pin_format(pin, hex);
	}
	return reply(c, 200, text_response(hex));
}

static enum MHD_Result stream(struct call *call, struct MHD_Connection *c, MHD_ContentReaderCallback reader, uint64_t size)
{
	return reply(c, 200, MHD_create_response_from_callback(size, 16384, reader, call, NULL));
}

static enum MHD_Result busy(struct call *call, struct MHD_Connection *c, size_t n)
{
	struct MHD_Response *r = text_response("busy");

	if (call->nth > n)
		return reply(c, 200, r);
	MHD_add_response_header(r, "Retry-After", "1");
	return reply(c, 503, r);
}

static enum MHD_Result answer(struct call *call, struct MHD_Connection *c, const char *url, const char *method)
{
	char text[64];

	if (starts(url, "/bytes/") || starts(url, "/trickle/")) {
		call->total = number(url);
		call->slow = starts(url, "/trickle/");
		return stream(call, c, make_bytes, MHD_SIZE_UNKNOWN);
	}
	if (starts(url, "/broken")) {
		call->total = 1000;
		call->breaks = true;
		return stream(call, c, make_bytes, 1000);
	}
	if (starts(url, "/pipe") && strcmp(method, "GET") == 0)
		return stream(call, c, read_pipe, MHD_SIZE_UNKNOWN);
	if (starts(url, "/upload") || starts(url, "/pipe")) {
		snprintf(text, sizeof(text), "%zu %s", call->received, call->right ? "right" : "wrong");
		pthread_mutex_lock(&call->server->lock);
		call->server->pipe_end = true;
		pthread_mutex_unlock(&call->server->lock);
		return reply(c, 200, text_response(text));
	}
	if (starts(url, "/silent"))
		while (!call->server->stopping)
			rest(10);
	if (starts(url, "/busy/"))
		return busy(call, c, number(url));
	if (starts(url, "/flaky/") && call->nth <= number(url))
		return MHD_NO;
	if (starts(url, "/status/"))
		return reply(c, (unsigned)number(url), text_response("problem"));
	return starts(url, "/whoami") ? whoami(c) : echo(call, c, method);
}

static void take_upload(struct call *call, const char *url, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		call->right &= (unsigned char)bytes[i] == test_byte(call->received + i);
	call->received += len;
	if (starts(url, "/upload/slow"))
		rest(20);
	if (starts(url, "/pipe")) {
		pthread_mutex_lock(&call->server->lock);
		cc_buf_add(&call->server->pipe, bytes, len);
		pthread_mutex_unlock(&call->server->lock);
	} else if (call->received < 65536) {
		cc_buf_add(&call->body, bytes, len);
	}
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *upload,
        size_t *upload_len, void **memory)
{
	struct test_server *s = cls;
	struct call *call = *memory;

	(void)version;
	if (call == NULL) {
		call = cc_calloc(1, sizeof(*call));
		call->server = s;
		call->nth = ++s->requests;
		call->right = true;
		*memory = call;
		if (starts(url, "/refuse"))
			return reply(c, 413, text_response("too large"));
		return MHD_YES;
	}
	if (*upload_len > 0) {
		take_upload(call, url, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	return answer(call, c, url, method);
}

static void completed(void *cls, struct MHD_Connection *c, void **memory, enum MHD_RequestTerminationCode code)
{
	struct call *call = *memory;

	(void)cls, (void)c, (void)code;
	if (call == NULL)
		return;
	cc_buf_free(&call->body);
	free(call);
}

static void connected(void *cls, struct MHD_Connection *c, void **memory, enum MHD_ConnectionNotificationCode code)
{
	struct test_server *s = cls;

	(void)c, (void)memory;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		s->connections++;
}

static int listen_unix(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	CC_PRE(fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 64) == 0);
	return fd;
}

struct test_server *test_server_start(enum test_transport transport, const char *socket_path, const struct cc_key_pair *pair)
{
	struct test_server *s = cc_calloc(1, sizeof(*s));
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD;
	bool tls = transport == TEST_TLS13 || transport == TEST_TLS12;
	struct MHD_OptionItem options[8] = { { MHD_OPTION_END, 0, NULL } };
	size_t n = 0;

	pthread_mutex_init(&s->lock, NULL);
	if (transport == TEST_UNIX)
		options[n++] = (struct MHD_OptionItem){ MHD_OPTION_LISTEN_SOCKET, listen_unix(socket_path), NULL };
	if (tls) {
		char *cert = (char *)(uintptr_t)cc_key_pair_cert_pem(pair), *key = (char *)(uintptr_t)cc_key_pair_key_pem(pair);

		flags |= MHD_USE_TLS;
		options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, key };
		options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, cert };
		options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0, cert };
		options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
			(char *)(uintptr_t)(transport == TEST_TLS13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3" : "NORMAL:-VERS-ALL:+VERS-TLS1.2") };
	}
	options[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, s, MHD_OPTION_ARRAY, options, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
	        MHD_OPTION_NOTIFY_CONNECTION, connected, s, MHD_OPTION_END);
	CC_PRE(s->daemon != NULL);
	return s;
}

void test_server_stop(struct test_server *s)
{
	s->stopping = true;
	MHD_stop_daemon(s->daemon);
	cc_buf_free(&s->pipe);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

unsigned test_server_port(const struct test_server *s)
{
	return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

unsigned test_server_requests(struct test_server *s)
{
	return s->requests;
}

unsigned test_server_connections(struct test_server *s)
{
	return s->connections;
}
