/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client: which exchanges there are, when each is begun, resumed, late or over, and which address comes next. What callbacks and callers ask for is
 * only noted, and done in the next cc_http_poll; a transport moves the bytes. An exchange gets an attempt per address as long as nothing was sent. */
#include "common/http_client.h"

#include "common/clock.h"
#include "common/http_transport.h"

struct cc_http {
	const struct cc_http_transport *transport;
	void *side; /* the transport's */
	struct cc_arena *arena;
	struct cc_http_options options; /* strings in the arena; bearer is the whole header */
	size_t current;                 /* the address that worked last */
	struct cc_http_exchange *exchanges;
};

int cc_http_new(const struct cc_http_options *options, struct cc_http **ret, struct cc_error *err)
{
	cc_auto(cc_http_free) struct cc_http *h = cc_calloc(1, sizeof(*h));

	h->arena = cc_arena_new(0);
	if (cc_http_copy_options(h->arena, options, &h->options, err) < 0)
		return -1;
	h->transport = options->unix_path != NULL ? &cc_http_unix : cc_http_tls_load(err);
	if (h->transport == NULL)
		return -1;
	h->transport->open(&h->options, &h->side);
	*ret = cc_take(h);
	return 0;
}

int cc_http_set_addresses(struct cc_http *h, const char *const *addresses, size_t n, struct cc_error *err)
{
	const struct cc_http_options wanted = { .addresses = addresses, .n_addresses = n };
	struct cc_http_options checked;

	if (h->options.unix_path != NULL || cc_http_copy_options(h->arena, &wanted, &checked, err) < 0)
		return h->options.unix_path != NULL ? cc_fail(err, INVALID, "a client of a socket has no addresses") : -1;
	h->options.addresses = checked.addresses;
	h->options.n_addresses = n;
	h->current = 0;
	for (struct cc_http_exchange *x = h->exchanges; x != NULL; x = x->next)
		x->address %= n;
	return 0;
}

const char *cc_http_address(const struct cc_http *h)
{
	return h->options.addresses[h->current];
}

size_t cc_http_n_addresses(const struct cc_http *h)
{
	return h->options.n_addresses > 0 ? h->options.n_addresses : 1;
}

static void end_attempt(struct cc_http_exchange *x)
{
	if (x->attempt != NULL)
		x->http->transport->end(x->http->side, x);
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
	if (h->side != NULL)
		h->transport->close(h->side);
	cc_arena_free(h->arena);
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

static void begin_attempt(struct cc_http_exchange *x)
{
	x->attempts++;
	x->active_ms = cc_boottime_ms();
	x->over = false;
	x->was_sent = false;
	x->failure = CC_HTTP_FINE;
	x->detail[0] = '\0';
	x->http->transport->begin(x->http->side, x);
}

static void explain(const struct cc_http_exchange *x, struct cc_error *err)
{
	const struct cc_http_options *o = &x->http->options;
	struct cc_http_failed t = { .failure = x->failure, .sys_errno = x->sys_errno, .detail = x->detail };

	t.is_socket = o->unix_path != NULL;
	t.where = t.is_socket ? o->unix_path : o->addresses[x->address];
	t.limit = x->failure == CC_HTTP_NO_ANSWER ? o->connect_timeout_ms : cc_http_exchange_limit(x, x->failure);
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

static bool can_go_on(const struct cc_http_exchange *x)
{
	return x->failure <= CC_HTTP_NO_TLS && !x->was_sent && x->attempts < x->http->options.n_addresses;
}

static size_t next_address(const struct cc_http_exchange *x)
{
	size_t n = x->http->options.n_addresses;

	return n > 0 ? (x->address + 1) % n : 0;
}

/* Its attempt is over, or its time. */
static void end(struct cc_http_exchange *x)
{
	struct cc_error err = { 0 };

	if (x->failure == CC_HTTP_FINE) {
		/* Who is unavailable may be a standby: the next request asks another one. */
		x->http->current = x->reply.status == 503 ? next_address(x) : x->address;
		finish(x, NULL);
		return;
	}
	explain(x, &err);
	cc_http_exchange_note_error(x, &err);
	if (can_go_on(x)) {
		end_attempt(x);
		x->address = next_address(x);
		begin_attempt(x);
		return;
	}
	x->http->current = next_address(x);
	err = x->first_err;
	finish(x, &err);
}

static void end_all(struct cc_http *h)
{
	int64_t now = cc_boottime_ms();
	struct cc_http_exchange *x, *next;

	for (x = h->exchanges; x != NULL; x = next) {
		next = x->next;
		if (x->cancelled) {
			finish(x, NULL);
			continue;
		}
		if (!x->over && x->attempt != NULL && x->failure == CC_HTTP_FINE)
			x->failure = cc_http_exchange_overdue(x, now);
		if (x->over || x->failure != CC_HTTP_FINE)
			end(x);
	}
}

/* Does what callbacks and the caller asked for; true when there was something. */
static bool begin_and_resume(struct cc_http *h)
{
	struct cc_http_exchange *x, *next;
	bool any = false;

	for (x = h->exchanges; x != NULL; x = next) {
		next = x->next;
		any |= x->cancelled || x->over || x->attempt == NULL || x->resume;
		if (x->cancelled || x->over)
			continue;
		if (x->attempt == NULL) {
			begin_attempt(x);
		} else if (x->resume) {
			cc_http_exchange_resumed(x);
			h->transport->resume(h->side, x);
		}
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

int cc_http_poll(struct cc_http *h, struct pollfd *extra, size_t n_extra, int64_t timeout_ms)
{
	bool busy = begin_and_resume(h);
	int n = 0;

	h->transport->wait(h->side, extra, n_extra, busy ? 0 : wait_ms(h, timeout_ms));
	h->transport->move(h->side);
	end_all(h);
	for (const struct cc_http_exchange *x = h->exchanges; x != NULL; x = x->next)
		n++;
	return n;
}
