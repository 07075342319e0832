/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges over a unix socket, one per connection at a time. Nothing blocks: the kernel refuses a connection to a full queue at once. A connection that has
 * become idle is used again, and forgotten when the server closed it. */
#include "common/http_conn.h"
#include "common/http_transport.h"

#define IDLE_CONNECTIONS 4

struct side {
	const struct cc_http_options *options;
	struct cc_http_conn *conns;
	struct pollfd *fds;
	size_t n_fds;
};

static void unix_open(const struct cc_http_options *options, void **ret)
{
	struct side *s = cc_calloc(1, sizeof(*s));

	s->options = options;
	*ret = s;
}

static void drop(struct side *s, struct cc_http_conn *c)
{
	struct cc_http_conn **link = &s->conns;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	cc_http_conn_free(c);
}

static void unix_close(void *side)
{
	struct side *s = side;

	while (s->conns != NULL) {
		CC_PRE(s->conns->x == NULL);
		drop(s, s->conns);
	}
	free(s->fds);
	free(s);
}

static struct cc_http_conn *find_idle(struct side *s)
{
	struct cc_http_conn *c, *next;

	for (c = s->conns; c != NULL; c = next) {
		next = c->next;
		if (c->x != NULL)
			continue;
		if (cc_http_conn_is_quiet(c))
			return c;
		drop(s, c);
	}
	return NULL;
}

static struct cc_http_conn *add_new(struct side *s)
{
	struct cc_http_conn *c = cc_http_conn_new(s->options->unix_path);

	c->next = s->conns;
	s->conns = c;
	return c;
}

static void unix_begin(void *side, struct cc_http_exchange *x)
{
	struct side *s = side;
	bool fresh = x->request.own_connection || x->request.read_body != NULL;
	struct cc_http_conn *c = fresh ? NULL : find_idle(s);

	if (c == NULL)
		c = add_new(s);
	x->attempt = c;
	cc_http_conn_begin(c, x, s->options);
}

static size_t count_idle(const struct side *s)
{
	size_t n = 0;

	for (const struct cc_http_conn *c = s->conns; c != NULL; c = c->next)
		n += c->x == NULL;
	return n;
}

static void unix_end(void *side, struct cc_http_exchange *x)
{
	struct side *s = side;
	struct cc_http_conn *c = x->attempt;
	bool can_stay = cc_http_conn_can_stay(c);

	x->attempt = NULL;
	c->x = NULL;
	if (!can_stay || count_idle(s) > IDLE_CONNECTIONS)
		drop(s, c);
}

static void unix_resume(void *side, struct cc_http_exchange *x)
{
	(void)side;
	cc_http_conn_resume(x->attempt);
}

/* Descriptors that are not looked at are negative: a closed one would end every wait at once. */
static size_t fill_fds(struct side *s, const struct pollfd *extra, size_t n_extra)
{
	size_t n = n_extra;

	for (const struct cc_http_conn *c = s->conns; c != NULL; c = c->next)
		n += c->x != NULL;
	if (n > s->n_fds)
		s->fds = cc_realloc(s->fds, n * sizeof(*s->fds));
	s->n_fds = n > s->n_fds ? n : s->n_fds;
	for (size_t i = 0; i < n_extra; i++)
		s->fds[i] = (struct pollfd){ .fd = extra[i].fd, .events = extra[i].events };
	n = n_extra;
	for (const struct cc_http_conn *c = s->conns; c != NULL; c = c->next)
		if (c->x != NULL)
			s->fds[n++] = (struct pollfd){ .fd = cc_http_conn_wanted(c) != 0 ? c->fd : -1, .events = cc_http_conn_wanted(c) };
	return n;
}

static void unix_wait(void *side, struct pollfd *extra, size_t n_extra, int timeout_ms)
{
	struct side *s = side;
	size_t n = fill_fds(s, extra, n_extra);
	const struct pollfd *fd = s->fds;

	/* Interrupted is as good as over: nothing is ready then. */
	if (poll(s->fds, n, timeout_ms) < 0)
		for (size_t i = 0; i < n; i++)
			s->fds[i].revents = 0;
	for (size_t i = 0; i < n_extra; i++)
		extra[i].revents = (fd++)->revents;
	for (struct cc_http_conn *c = s->conns; c != NULL; c = c->next)
		c->revents = c->x != NULL ? (fd++)->revents : 0;
}

static void unix_move(void *side)
{
	struct side *s = side;

	for (struct cc_http_conn *c = s->conns; c != NULL; c = c->next)
		if (c->revents != 0 && !c->x->cancelled && !c->x->over)
			cc_http_conn_move(c);
}

const struct cc_http_transport cc_http_unix = {
	.open = unix_open,
	.close = unix_close,
	.begin = unix_begin,
	.end = unix_end,
	.resume = unix_resume,
	.wait = unix_wait,
	.move = unix_move,
};
