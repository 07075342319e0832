/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that includes curl. An exchange gets a curl handle per attempt and goes on to the next address as long as nothing was sent. What curl
 * forbids inside its callbacks (adding, removing, unpausing) is only noted there and done in the next cc_http_poll. Deadlines are ours, because
 * curl's own measure of silence is an average over whole seconds. */
#include "common/http_client.h"

#include "common/clock.h"
#include "common/http_parts.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#define KEEPALIVE_S      60L
#define IDLE_CONNECTIONS 4L

struct cc_http {
	CURLM *multi;
	struct cc_arena *arena;
	struct cc_http_options options; /* strings in the arena; bearer is the whole header */
	char pin[CC_PIN_CURL];
	size_t current; /* the address that worked last */
	struct cc_http_exchange *exchanges;
	struct curl_waitfd *waits;
	size_t n_waits;
};

_Static_assert(sizeof(((struct cc_http_exchange *)0)->detail) >= CURL_ERROR_SIZE, "curl writes that much");

static void init_curl(void)
{
	CC_PRE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

int cc_http_new(const struct cc_http_options *options, struct cc_http **ret, struct cc_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	cc_auto(cc_http_free) struct cc_http *h = cc_calloc(1, sizeof(*h));

	pthread_once(&once, init_curl);
	h->arena = cc_arena_new(0);
	h->multi = curl_multi_init();
	if (h->multi == NULL)
		cc_out_of_memory(0);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
	if (cc_http_copy_options(h->arena, options, &h->options, err) < 0)
		return -1;
	cc_pin_format_curl(options->pin, h->pin);
	*ret = cc_take(h);
	return 0;
}

static void end_attempt(struct cc_http_exchange *x)
{
	if (x->attempt == NULL)
		return;
	curl_multi_remove_handle(x->http->multi, x->attempt);
	curl_easy_cleanup(x->attempt);
	curl_slist_free_all(x->headers);
	x->attempt = NULL;
	x->headers = NULL;
}

void cc_http_free(struct cc_http *h)
{
	if (h == NULL)
		return;
	while (h->exchanges != NULL) {
		struct cc_http_exchange *next = h->exchanges->next;

		end_attempt(h->exchanges);
		cc_http_exchange_free(h->exchanges);
		h->exchanges = next;
	}
	curl_multi_cleanup(h->multi);
	cc_arena_free(h->arena);
	free(h->waits);
	free(h);
}

int cc_http_start(struct cc_http *h, const struct cc_http_request *request, struct cc_http_exchange **ret, struct cc_error *err)
{
	struct cc_http_exchange **last = &h->exchanges;
	struct cc_http_exchange *x;

	if (cc_http_check_request(request, err) < 0)
		return -1;
	x = cc_http_exchange_new(h, request);
	x->address = h->current;
	while (*last != NULL)
		last = &(*last)->next;
	*last = x;
	if (ret != NULL)
		*ret = x;
	return 0;
}

void cc_http_wakeup(struct cc_http *h)
{
	curl_multi_wakeup(h->multi);
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

static const char *where(const struct cc_http_exchange *x)
{
	const struct cc_http_options *o = &x->http->options;

	return o->unix_path != NULL ? o->unix_path : o->addresses[x->address];
}

static void set_target(struct cc_http_exchange *x)
{
	const struct cc_http_options *o = &x->http->options;
	const char *url = o->unix_path != NULL ? cc_printf(x->arena, "http://localhost%s", x->request.path)
	                                       : cc_printf(x->arena, "https://%s%s", where(x), x->request.path);

	curl_easy_setopt(x->attempt, CURLOPT_URL, url);
	curl_easy_setopt(x->attempt, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(x->attempt, CURLOPT_PROTOCOLS_STR, o->unix_path != NULL ? "http" : "https");
	curl_easy_setopt(x->attempt, CURLOPT_UNIX_SOCKET_PATH, o->unix_path);
	curl_easy_setopt(x->attempt, CURLOPT_PROXY, "");
	curl_easy_setopt(x->attempt, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(x->attempt, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	curl_easy_setopt(x->attempt, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(x->attempt, CURLOPT_QUICK_EXIT, 1L); /* a cancelled exchange must not wait for the resolver's thread (curl#4852) */
	curl_easy_setopt(x->attempt, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(x->attempt, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	curl_easy_setopt(x->attempt, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S / 4);
	curl_easy_setopt(x->attempt, CURLOPT_FRESH_CONNECT, (long)(x->request.own_connection || x->request.read_body != NULL));
	curl_easy_setopt(x->attempt, CURLOPT_FORBID_REUSE, (long)x->request.own_connection);
}

/* The pin is checked even though everything else is off (curl#11930); without a CA bundle its 140 certificates are not loaded either. */
static void set_tls(struct cc_http_exchange *x)
{
	const struct cc_http *h = x->http;

	if (h->options.unix_path != NULL)
		return;
	curl_easy_setopt(x->attempt, CURLOPT_PINNEDPUBLICKEY, h->pin);
	curl_easy_setopt(x->attempt, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	curl_easy_setopt(x->attempt, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(x->attempt, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(x->attempt, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(x->attempt, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(x->attempt, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(x->attempt, CURLOPT_SSLCERT, h->options.identity_path);
	curl_easy_setopt(x->attempt, CURLOPT_SSLKEY, h->options.identity_path);
}

static void add_header(struct cc_http_exchange *x, const char *name, const char *value)
{
	struct curl_slist *longer = curl_slist_append(x->headers, value != NULL ? cc_printf(x->arena, "%s: %s", name, value) : name);

	if (longer == NULL)
		cc_out_of_memory(0);
	x->headers = longer;
}

static void set_headers(struct cc_http_exchange *x)
{
	const struct cc_http_request *r = &x->request;
	bool has_body = r->body_len > 0 || r->read_body != NULL;

	if (x->http->options.bearer != NULL)
		add_header(x, x->http->options.bearer, NULL);
	if (has_body)
		add_header(x, "Content-Type", r->content_type != NULL ? r->content_type : "application/json");
	else
		add_header(x, "Content-Type:", NULL);
	add_header(x, "Expect:", NULL);
	if (r->idempotency_key != NULL)
		add_header(x, "Idempotency-Key", r->idempotency_key);
	if (r->if_match != NULL)
		add_header(x, "If-Match", r->if_match);
	for (const char *const *header = r->headers; header != NULL && *header != NULL; header++)
		add_header(x, *header, NULL);
	curl_easy_setopt(x->attempt, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(x->attempt, CURLOPT_USERAGENT, x->http->options.user_agent);
}

static void set_body(struct cc_http_exchange *x)
{
	const struct cc_http_request *r = &x->request;

	if (r->read_body != NULL) {
		curl_easy_setopt(x->attempt, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(x->attempt, CURLOPT_INFILESIZE_LARGE, r->read_body_bytes > 0 ? (curl_off_t)r->read_body_bytes : (curl_off_t)-1);
		curl_easy_setopt(x->attempt, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(x->attempt, CURLOPT_READDATA, x);
	} else if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(x->attempt, CURLOPT_NOBODY, 1L);
	} else if (strcmp(r->method, "GET") != 0) {
		curl_easy_setopt(x->attempt, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
		curl_easy_setopt(x->attempt, CURLOPT_POSTFIELDS, r->body);
	}
	curl_easy_setopt(x->attempt, CURLOPT_CUSTOMREQUEST, r->method);
}

static void begin_attempt(struct cc_http_exchange *x)
{
	x->attempt = curl_easy_init();
	if (x->attempt == NULL)
		cc_out_of_memory(0);
	x->attempts++;
	x->active_ms = cc_boottime_ms();
	set_target(x);
	set_tls(x);
	set_headers(x);
	set_body(x);
	curl_easy_setopt(x->attempt, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(x->attempt, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(x->attempt, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(x->attempt, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(x->attempt, CURLOPT_ERRORBUFFER, x->detail);
	curl_easy_setopt(x->attempt, CURLOPT_PRIVATE, x);
	CC_PRE(curl_multi_add_handle(x->http->multi, x->attempt) == CURLM_OK);
}

static bool was_sent(const struct cc_http_exchange *x)
{
	curl_off_t begun_us = 0;

	curl_easy_getinfo(x->attempt, CURLINFO_PRETRANSFER_TIME_T, &begun_us);
	return begun_us > 0;
}

static enum cc_http_failure classify(const struct cc_http_exchange *x, CURLcode code)
{
	if (x->failure != CC_HTTP_FINE)
		return x->failure;
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
		return was_sent(x) ? CC_HTTP_BROKEN : CC_HTTP_NO_TLS;
	default:
		return CC_HTTP_ODD;
	}
}

static void explain(struct cc_http_exchange *x, enum cc_http_failure failure, CURLcode code, struct cc_error *err)
{
	struct cc_http_trouble t = { .failure = failure, .where = where(x), .is_socket = x->http->options.unix_path != NULL };
	long sys_errno = 0;

	curl_easy_getinfo(x->attempt, CURLINFO_OS_ERRNO, &sys_errno);
	t.sys_errno = (int)sys_errno;
	t.limit = failure == CC_HTTP_NO_ANSWER ? x->http->options.connect_timeout_ms : cc_http_exchange_limit(x, failure);
	t.detail = x->detail[0] != '\0' ? x->detail : curl_easy_strerror(code);
	cc_http_explain(&t, err);
}

static void finish(struct cc_http_exchange *x, const struct cc_error *err)
{
	struct cc_http_exchange **link = &x->http->exchanges;

	while (*link != x)
		link = &(*link)->next;
	*link = x->next;
	end_attempt(x);
	cc_http_exchange_done(x, err);
}

static bool can_go_on(const struct cc_http_exchange *x, enum cc_http_failure failure)
{
	return failure <= CC_HTTP_NO_TLS && !was_sent(x) && x->attempts < x->http->options.n_addresses;
}

static void end(struct cc_http_exchange *x, CURLcode code)
{
	enum cc_http_failure failure = classify(x, code);
	struct cc_error err = { 0 };

	if (x->cancelled) {
		finish(x, NULL);
		return;
	}
	if (failure == CC_HTTP_FINE) {
		x->http->current = x->address;
		finish(x, NULL);
		return;
	}
	explain(x, failure, code, &err);
	cc_http_exchange_note_error(x, &err);
	if (can_go_on(x, failure)) {
		end_attempt(x);
		x->address = (x->address + 1) % x->http->options.n_addresses;
		begin_attempt(x);
		return;
	}
	err = x->first_err;
	finish(x, &err);
}

static void end_all_done(struct cc_http *h)
{
	int left;
	CURLMsg *m;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct cc_http_exchange *x = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		end(x, m->data.result);
	}
}

static void end_all_late(struct cc_http *h)
{
	int64_t now = cc_boottime_ms();
	struct cc_http_exchange *x, *next;

	for (x = h->exchanges; x != NULL; x = next) {
		curl_off_t sent = 0;

		next = x->next;
		if (x->cancelled) {
			finish(x, NULL);
			continue;
		}
		if (x->attempt == NULL)
			continue;
		curl_easy_getinfo(x->attempt, CURLINFO_SIZE_UPLOAD_T, &sent);
		cc_http_exchange_sent(x, sent, now);
		x->failure = cc_http_exchange_overdue(x, now);
		if (x->failure != CC_HTTP_FINE)
			end(x, CURLE_OK);
	}
}

/* Calls the callbacks at once; when one of them stops the exchange, curl says so here only. */
static void resume(struct cc_http_exchange *x)
{
	CURLcode code;

	cc_http_exchange_resumed(x);
	code = curl_easy_pause(x->attempt, CURLPAUSE_CONT);
	if (code != CURLE_OK)
		end(x, code);
}

/* Does what callbacks and the caller asked for; true when there was something. */
static bool begin_and_resume(struct cc_http *h)
{
	struct cc_http_exchange *x, *next;
	bool any = false;

	for (x = h->exchanges; x != NULL; x = next) {
		next = x->next;
		any |= x->cancelled || x->attempt == NULL || x->resume;
		if (x->cancelled)
			continue;
		if (x->attempt == NULL)
			begin_attempt(x);
		else if (x->resume)
			resume(x);
	}
	return any;
}

static int wait_ms(const struct cc_http *h, int64_t timeout_ms)
{
	int64_t now = cc_boottime_ms(), wait = timeout_ms < 0 ? INT32_MAX : timeout_ms;

	for (const struct cc_http_exchange *x = h->exchanges; x != NULL; x = x->next) {
		int64_t due = cc_http_exchange_due_ms(x);

		if (due != INT64_MAX && due - now < wait)
			wait = due - now;
	}
	return wait < 0 ? 0 : wait > INT32_MAX ? INT32_MAX : (int)wait;
}

/* curl hides POLLHUP and POLLERR of foreign descriptors, so the answer is asked for once more. */
static void wait_for(struct cc_http *h, struct pollfd *extra, size_t n, int timeout_ms)
{
	if (n > h->n_waits) {
		h->waits = cc_realloc(h->waits, n * sizeof(*h->waits));
		h->n_waits = n;
	}
	for (size_t i = 0; i < n; i++) {
		short want = extra[i].events;

		h->waits[i] = (struct curl_waitfd){ .fd = extra[i].fd };
		h->waits[i].events = (short)((want & POLLIN ? CURL_WAIT_POLLIN : 0) | (want & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
		                             (want & POLLOUT ? CURL_WAIT_POLLOUT : 0));
	}
	curl_multi_poll(h->multi, h->waits, (unsigned)n, timeout_ms, NULL);
	if (n > 0)
		poll(extra, n, 0);
}

int cc_http_poll(struct cc_http *h, struct pollfd *extra, size_t n_extra, int64_t timeout_ms)
{
	int running, n = 0;
	bool busy = begin_and_resume(h);

	wait_for(h, extra, n_extra, busy ? 0 : wait_ms(h, timeout_ms));
	curl_multi_perform(h->multi, &running);
	end_all_done(h);
	end_all_late(h);
	for (const struct cc_http_exchange *x = h->exchanges; x != NULL; x = x->next)
		n++;
	return n;
}
