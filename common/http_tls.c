/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that includes curl. An attempt is a curl handle. What curl forbids inside its callbacks (adding, removing, unpausing) the client does
 * between its calls of this file. */
#include "common/http_transport.h"

#include "common/clock.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#define KEEPALIVE_S      60L
#define IDLE_CONNECTIONS 4L
#define MOVES_MAX        8 /* records each way before the caller has its turn */

struct attempt {
	struct attempt *next;
	struct cc_http_exchange *x;
	CURL *easy;
	struct curl_slist *headers;
	CURLcode refused; /* the first option that curl did not take */
};

struct side {
	CURLM *multi;
	const struct cc_http_options *options;
	char pin[CC_PIN_CURL];
	struct attempt *attempts;
	struct curl_waitfd *waits;
	size_t n_waits;
	curl_off_t moved; /* bytes of all attempts that go on, as last looked at */
};

/* An attempt for which one option was not taken is not made: the pin is among them, and without it nobody would be checked. */
#define SET(t, option, value)                                                \
	do {                                                                 \
		CURLcode code_ = curl_easy_setopt((t)->easy, option, value); \
                                                                             \
		if ((t)->refused == CURLE_OK)                                \
			(t)->refused = code_;                                \
	} while (0)

_Static_assert(sizeof(((struct cc_http_exchange *)0)->detail) >= CURL_ERROR_SIZE, "curl writes that much");

static void init_curl(void)
{
	CC_PRE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static void tls_open(const struct cc_http_options *options, void **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct side *s = cc_calloc(1, sizeof(*s));

	pthread_once(&once, init_curl);
	s->multi = curl_multi_init();
	if (s->multi == NULL)
		cc_out_of_memory(0);
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
	s->options = options;
	cc_pin_format_curl(options->pin, s->pin);
	*ret = s;
}

static void tls_close(void *side)
{
	struct side *s = side;

	CC_PRE(s->attempts == NULL);
	curl_multi_cleanup(s->multi);
	free(s->waits);
	free(s);
}

static size_t take_header(char *line, size_t size, size_t n, void *x)
{
	return cc_http_exchange_header(x, line, size * n) ? size * n : 0;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *x)
{
	switch (cc_http_exchange_body(x, bytes, size * n)) {
	case CC_HTTP_ON:
		return size * n;
	case CC_HTTP_PAUSE:
		return CURL_WRITEFUNC_PAUSE;
	default:
		return CURL_WRITEFUNC_ERROR;
	}
}

static size_t give_body(char *to, size_t size, size_t n, void *x)
{
	ssize_t got = cc_http_exchange_give(x, to, size * n);

	if (got >= 0)
		return (size_t)got;
	return got == CC_HTTP_READ_PAUSE ? CURL_READFUNC_PAUSE : CURL_READFUNC_ABORT;
}

static void set_target(const struct side *s, struct attempt *t)
{
	const struct cc_http_request *r = &t->x->request;

	SET(t, CURLOPT_URL, cc_printf(t->x->arena, "https://%s%s", s->options->addresses[t->x->address], r->path));
	SET(t, CURLOPT_PATH_AS_IS, 1L);
	SET(t, CURLOPT_PROTOCOLS_STR, "https");
	SET(t, CURLOPT_PROXY, "");
	SET(t, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(t, CURLOPT_CONNECTTIMEOUT_MS, (long)s->options->connect_timeout_ms);
	SET(t, CURLOPT_NOSIGNAL, 1L);
	SET(t, CURLOPT_QUICK_EXIT, 1L); /* a cancelled exchange must not wait for the resolver's thread (curl#4852) */
	SET(t, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(t, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	SET(t, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S / 4);
	SET(t, CURLOPT_FRESH_CONNECT, (long)(r->own_connection || r->read_body != NULL));
	SET(t, CURLOPT_FORBID_REUSE, (long)r->own_connection);
}

/* The pin is checked even though everything else is off (curl#11930); without a CA bundle its 140 certificates are not loaded either. */
static void set_tls(const struct side *s, struct attempt *t)
{
	SET(t, CURLOPT_PINNEDPUBLICKEY, s->pin);
	SET(t, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	SET(t, CURLOPT_SSL_VERIFYPEER, 0L);
	SET(t, CURLOPT_SSL_VERIFYHOST, 0L);
	SET(t, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(t, CURLOPT_CAINFO, NULL);
	SET(t, CURLOPT_CAPATH, NULL);
	SET(t, CURLOPT_SSLCERT, s->options->identity_path);
	SET(t, CURLOPT_SSLKEY, s->options->identity_path);
}

static void add_header(struct attempt *t, const char *name, const char *value)
{
	struct curl_slist *longer = curl_slist_append(t->headers, value != NULL ? cc_printf(t->x->arena, "%s: %s", name, value) : name);

	if (longer == NULL)
		cc_out_of_memory(0);
	t->headers = longer;
}

static void set_headers(const struct side *s, struct attempt *t)
{
	const struct cc_http_request *r = &t->x->request;
	bool has_body = r->body_len > 0 || r->read_body != NULL;

	if (s->options->bearer != NULL)
		add_header(t, s->options->bearer, NULL);
	if (has_body)
		add_header(t, "Content-Type", r->content_type != NULL ? r->content_type : "application/json");
	else
		add_header(t, "Content-Type:", NULL);
	add_header(t, "Expect:", NULL);
	if (r->idempotency_key != NULL)
		add_header(t, "Idempotency-Key", r->idempotency_key);
	if (r->if_match != NULL)
		add_header(t, "If-Match", r->if_match);
	for (const char *const *header = r->headers; header != NULL && *header != NULL; header++)
		add_header(t, *header, NULL);
	SET(t, CURLOPT_HTTPHEADER, t->headers);
	SET(t, CURLOPT_USERAGENT, s->options->user_agent);
}

static void set_body(struct attempt *t)
{
	const struct cc_http_request *r = &t->x->request;

	if (r->read_body != NULL) {
		SET(t, CURLOPT_UPLOAD, 1L);
		SET(t, CURLOPT_INFILESIZE_LARGE, r->read_body_bytes > 0 ? (curl_off_t)r->read_body_bytes : (curl_off_t)-1);
		SET(t, CURLOPT_READFUNCTION, give_body);
		SET(t, CURLOPT_READDATA, t->x);
	} else if (strcmp(r->method, "HEAD") == 0) {
		SET(t, CURLOPT_NOBODY, 1L);
	} else if (strcmp(r->method, "GET") != 0) {
		SET(t, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
		SET(t, CURLOPT_POSTFIELDS, r->body);
	}
	SET(t, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_callbacks(struct attempt *t)
{
	SET(t, CURLOPT_HEADERFUNCTION, take_header);
	SET(t, CURLOPT_HEADERDATA, t->x);
	if (t->x->request.on_body != NULL)
		SET(t, CURLOPT_BUFFERSIZE, 131072L);
	SET(t, CURLOPT_WRITEFUNCTION, take_body);
	SET(t, CURLOPT_WRITEDATA, t->x);
	SET(t, CURLOPT_ERRORBUFFER, t->x->detail);
	SET(t, CURLOPT_PRIVATE, t);
}

static bool was_sent(const struct attempt *t)
{
	curl_off_t begun_us = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &begun_us);
	return begun_us > 0;
}

static enum cc_http_failure classify(const struct attempt *t, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return CC_HTTP_FINE;
	case CURLE_COULDNT_RESOLVE_HOST:
		return CC_HTTP_NO_NAME;
	case CURLE_COULDNT_CONNECT:
		return CC_HTTP_NO_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return CC_HTTP_NO_ANSWER;
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return CC_HTTP_OTHER_KEY;
	case CURLE_SSL_CONNECT_ERROR:
		return CC_HTTP_NO_TLS;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return was_sent(t) ? CC_HTTP_BROKEN : CC_HTTP_NO_TLS;
	default:
		return CC_HTTP_OTHER;
	}
}

static void over(struct attempt *t, CURLcode code)
{
	struct cc_http_exchange *x = t->x;
	long sys_errno = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &sys_errno);
	if (x->detail[0] == '\0')
		snprintf(x->detail, sizeof(x->detail), "%s", curl_easy_strerror(code));
	x->was_sent = was_sent(t);
	cc_http_exchange_over(x, classify(t, code), (int)sys_errno);
}

static void tls_begin(void *side, struct cc_http_exchange *x)
{
	struct side *s = side;
	struct attempt *t = cc_calloc(1, sizeof(*t));

	t->x = x;
	t->easy = curl_easy_init();
	if (t->easy == NULL)
		cc_out_of_memory(0);
	set_target(s, t);
	set_tls(s, t);
	set_headers(s, t);
	set_body(t);
	set_callbacks(t);
	t->next = s->attempts;
	s->attempts = t;
	x->attempt = t;
	if (t->refused != CURLE_OK)
		over(t, t->refused);
	else
		CC_PRE(curl_multi_add_handle(s->multi, t->easy) == CURLM_OK);
}

static void tls_end(void *side, struct cc_http_exchange *x)
{
	struct side *s = side;
	struct attempt *t = x->attempt, **link = &s->attempts;

	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	curl_multi_remove_handle(s->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free(t);
	x->attempt = NULL;
}

/* Calls the callbacks at once; when one of them stops the exchange, curl says so here only. */
static void tls_resume(void *side, struct cc_http_exchange *x)
{
	struct attempt *t = x->attempt;
	CURLcode code = curl_easy_pause(t->easy, CURLPAUSE_CONT);

	(void)side;
	if (code != CURLE_OK)
		over(t, code);
}

/* curl hides POLLHUP and POLLERR of foreign descriptors, so the answer is asked for once more. */
static void tls_wait(void *side, struct pollfd *extra, size_t n, int timeout_ms)
{
	struct side *s = side;

	if (n > s->n_waits) {
		s->waits = cc_realloc(s->waits, n * sizeof(*s->waits));
		s->n_waits = n;
	}
	for (size_t i = 0; i < n; i++) {
		short want = extra[i].events;

		s->waits[i] = (struct curl_waitfd){ .fd = extra[i].fd };
		s->waits[i].events = (short)((want & POLLIN ? CURL_WAIT_POLLIN : 0) | (want & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
		                             (want & POLLOUT ? CURL_WAIT_POLLOUT : 0));
	}
	curl_multi_poll(s->multi, s->waits, (unsigned)n, timeout_ms, NULL);
	if (n > 0)
		poll(extra, n, 0);
}

/* Bytes of a buffer leave without a callback, so they are counted here. Returns whether any moved. */
static bool note_moved(struct side *s)
{
	int64_t now = cc_boottime_ms();
	curl_off_t moved = 0, before = s->moved;

	for (const struct attempt *t = s->attempts; t != NULL; t = t->next) {
		curl_off_t sent = 0, came = 0;

		curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
		curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &came);
		cc_http_exchange_sent(t->x, sent, now);
		moved += sent + came;
	}
	s->moved = moved;
	return moved != before;
}

static void take_ends(struct side *s)
{
	int n;
	CURLMsg *m;

	while ((m = curl_multi_info_read(s->multi, &n)) != NULL) {
		struct attempt *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		over(t, m->data.result);
	}
}

/* curl moves one TLS record of an exchange at a time. */
static void tls_move(void *side)
{
	struct side *s = side;
	int n;

	for (int i = 0; i < MOVES_MAX; i++) {
		curl_multi_perform(s->multi, &n);
		if (!note_moved(s))
			break;
	}
	take_ends(s);
}

const struct cc_http_transport cc_http_tls = {
	.open = tls_open,
	.close = tls_close,
	.begin = tls_begin,
	.end = tls_end,
	.resume = tls_resume,
	.wait = tls_wait,
	.move = tls_move,
};

const struct cc_http_transport *cc_http_tls_load(struct cc_error *err)
{
	(void)err;
	return &cc_http_tls;
}
