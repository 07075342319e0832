/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream goes on until three things have ended: the download, the upload, and the program. Each is noted by its own callback; the record is freed by
 * stream_step when all are. The program is started without waiting for the controller's answer: a stream that is refused there ends it like a client that
 * goes away. */
#include "agent/stream.h"

#include "agent/pipes.h"
#include "common/boot_timer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/tree.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_MS  ((int64_t)3 * CC_FRAME_PING_MS)
#define KILL_MS     5000
#define LINGER_MS   500
#define SIGNAL_MOST 64

struct exec_stream {
	struct streams *all;
	struct cc_uuid id;
	struct pipes pipes;
	struct cc_http_exchange *in;  /* NULL: ended */
	struct cc_http_exchange *out; /* NULL: ended */
	uint32_t exec_seq;            /* 0: no program runs */
	bool in_paused;
	bool out_paused;
	bool hung_up;      /* the program was told that its client is gone */
	int64_t kill_ms;   /* boot time; 0: not going to be killed */
	int64_t linger_ms; /* boot time until which the download may end by itself, so that its connection can serve again; 0: no wait */
	int64_t heard_ms;
	int64_t said_ms;
};

static void send_signal(struct exec_stream *s, int signal)
{
	struct priv_ct_signal body = { .exec_seq = s->exec_seq, .signal = signal };
	struct cc_error ignored = { 0 };

	if (s->exec_seq != 0 && signal > 0 && signal <= SIGNAL_MOST)
		(void)priv_client_send(s->all->priv, &(struct priv_request){ .verb = PRIV_CT_SIGNAL, .body = &body }, NULL, NULL, NULL, &ignored);
}

static void take_asked(void *user, enum cc_frame_type what, uint32_t value)
{
	struct exec_stream *s = user;
	struct priv_ct_window body = { .exec_seq = s->exec_seq, .rows = (uint16_t)(value >> 16), .cols = (uint16_t)value };
	struct cc_error ignored = { 0 };

	if (what == CC_FRAME_SIGNAL)
		send_signal(s, (int)value);
	else if (s->exec_seq != 0)
		(void)priv_client_send(s->all->priv, &(struct priv_request){ .verb = PRIV_CT_WINDOW, .body = &body }, NULL, NULL, NULL, &ignored);
}

/* The client is gone, or so good as. */
static void hang_up(struct exec_stream *s)
{
	if (s->hung_up)
		return;
	s->hung_up = true;
	if (s->in != NULL)
		cc_http_cancel(s->in);
	if (s->out != NULL)
		cc_http_cancel(s->out);
	s->in = s->out = NULL;
	pipes_close(&s->pipes);
	send_signal(s, SIGHUP);
	s->kill_ms = cc_boottime_ms() + KILL_MS;
}

static void say(struct exec_stream *s)
{
	s->said_ms = cc_boottime_ms();
	if (s->out != NULL && s->out_paused && s->pipes.out.len > 0) {
		s->out_paused = false;
		cc_http_resume(s->out);
	}
}

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct exec_stream *s = context;
	struct cc_error err = { 0 };

	s->heard_ms = cc_boottime_ms();
	if (pipes_feed_full(&s->pipes)) {
		s->in_paused = true;
		return CC_HTTP_PAUSE;
	}
	return pipes_feed(&s->pipes, bytes, len, take_asked, s, &err) < 0 ? CC_HTTP_STOP : CC_HTTP_ON;
}

static ssize_t give_bytes(void *context, char *to, size_t room)
{
	struct exec_stream *s = context;
	size_t n = s->pipes.out.len < room ? s->pipes.out.len : room;

	if (n == 0 && s->pipes.last)
		return 0;
	if (n == 0) {
		s->out_paused = true;
		return CC_HTTP_READ_PAUSE;
	}
	memcpy(to, s->pipes.out.data, n);
	cc_buf_consume(&s->pipes.out, n);
	return (ssize_t)n;
}

/* A complete body: the client has nothing more to say, and may still read. Anything else before the program's end: the client is gone. */
static void in_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct exec_stream *s = context;

	s->in = NULL;
	if (s->pipes.last)
		return;
	if (err != NULL || reply->status != 200)
		hang_up(s);
	else
		pipes_end_stdin(&s->pipes);
}

static void out_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct exec_stream *s = context;

	(void)reply;
	(void)err;
	s->out = NULL;
	if (s->pipes.last)
		s->linger_ms = cc_boottime_ms() + LINGER_MS;
	else
		hang_up(s);
}

static void exec_done(void *user, const struct priv_reply *r)
{
	struct exec_stream *s = user;
	const struct priv_ct_exec_reply *ended = r->body;

	s->exec_seq = 0;
	if (s->hung_up)
		return;
	if (r->code == CC_OK)
		pipes_exit(&s->pipes, (uint32_t)ended->exit_status);
	else
		pipes_error(&s->pipes, r->code, r->tail, r->tail_len);
	say(s);
}

static void add_strings(struct cc_buf *to, const struct cc_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		cc_buf_add(to, texts->items[i], strlen(texts->items[i]) + 1);
}

/* What the privileged half is asked to do for a stream. */
struct question {
	enum priv_verb verb;
	union {
		struct priv_ct_exec exec;
		struct priv_ct_logs logs;
		struct priv_ct_console console;
		struct priv_ct_files files;
	} body;
	struct cc_buf tail;
};

static int ask_exec(const struct stream_order *o, struct question *q, struct cc_error *err)
{
	struct priv_ct_exec body = { .id = o->instance, .argc = (uint32_t)o->argv.n, .envc = (uint32_t)o->env.n };

	if (o->argv.n == 0 || o->argv.items[0][0] == '\0')
		return cc_fail(err, INVALID, "no program is named");
	if (cc_has(o, stream_order, tty) && o->tty) {
		body.tty = 1;
		body.rows = (uint16_t)(cc_has(o, stream_order, rows) ? o->rows : 0);
		body.cols = (uint16_t)(cc_has(o, stream_order, cols) ? o->cols : 0);
	}
	q->verb = PRIV_CT_EXEC;
	q->body.exec = body;
	add_strings(&q->tail, &o->argv);
	add_strings(&q->tail, &o->env);
	return 0;
}

static int ask_logs(const struct stream_order *o, struct question *q)
{
	int64_t lines = cc_has(o, stream_order, lines) ? o->lines : UINT32_MAX;

	q->verb = PRIV_CT_LOGS;
	q->body.logs = (struct priv_ct_logs){
		.id = o->instance, .lines = lines < UINT32_MAX ? (uint32_t)lines : UINT32_MAX, .follow = cc_has(o, stream_order, follow) && o->follow
	};
	return 0;
}

static int ask_console(const struct stream_order *o, struct question *q)
{
	q->verb = PRIV_CT_CONSOLE;
	q->body.console = (struct priv_ct_console){
		.id = o->instance,
		.rows = (uint16_t)(cc_has(o, stream_order, rows) ? o->rows : 0),
		.cols = (uint16_t)(cc_has(o, stream_order, cols) ? o->cols : 0),
	};
	return 0;
}

/* The privileged half does not know the model. */
static_assert((int)PLACE_INTO == CC_TREE_INTO && (int)PLACE_AS == CC_TREE_AS && (int)PLACE_CONTENT == CC_TREE_CONTENT, "places are sent as they are");

static int ask_files(const struct stream_order *o, struct question *q)
{
	enum priv_files action = o->kind == STREAM_PUSH ? PRIV_FILES_PUSH : o->kind == STREAM_PULL ? PRIV_FILES_PULL : PRIV_FILES_EXPORT;
	bool push = o->kind == STREAM_PUSH, owners = cc_has(o, stream_order, owners) && o->owners,
	     follow = cc_has(o, stream_order, follow) && o->follow;

	q->verb = PRIV_CT_FILES;
	q->body.files = (struct priv_ct_files){
		.id = o->instance,
		.action = action,
		.place = push && cc_has(o, stream_order, place) ? o->place : CC_TREE_AS,
		.flags = (owners ? CC_TREE_OWNERS : 0) | (follow ? CC_TREE_FOLLOW : 0),
		.count = (uint32_t)o->argv.n,
	};
	add_strings(&q->tail, &o->argv);
	return 0;
}

/* Nothing that is asked for so far has to be known by name. */
static bool is_known(const struct stream_order *o)
{
	return cc_has(o, stream_order, kind) && (!cc_has(o, stream_order, needs) || o->needs.n == 0);
}

static int ask(const struct stream_order *o, struct question *q, struct cc_error *err)
{
	if (!is_known(o))
		return cc_fail(err, CONFLICT, "not supported by cc-agent %s, which this node runs; its owner should upgrade it", CC_VERSION);
	switch (o->kind) {
	case STREAM_EXEC:
		return ask_exec(o, q, err);
	case STREAM_LOGS:
		return ask_logs(o, q);
	case STREAM_CONSOLE:
		return ask_console(o, q);
	case STREAM_PUSH:
	case STREAM_PULL:
	case STREAM_EXPORT:
		return ask_files(o, q);
	case STREAM_MAX:
		break;
	}
	return -1;
}

static int run_program(struct exec_stream *s, const struct stream_order *o, struct cc_error *err)
{
	struct question q = { 0 };
	int fds[3], result = ask(o, &q, err);

	if (result == 0 && (result = pipes_open(&s->pipes, fds, err)) == 0) {
		struct priv_request r = { .verb = q.verb, .body = &q.body, .tail = q.tail.data, .tail_len = q.tail.len, .fds = fds };

		result = priv_client_send(s->all->priv, &r, exec_done, s, &s->exec_seq, err);
		for (int i = 0; i < 3; i++)
			close(fds[i]);
	}
	cc_buf_free(&q.tail);
	return result;
}

static int dial(struct exec_stream *s, struct cc_error *err)
{
	char id[CC_UUID_TEXT], in[96], out[96];

	cc_uuid_format(s->id, id);
	snprintf(in, sizeof(in), "/v1/streams/%s/node/in", id);
	snprintf(out, sizeof(out), "/v1/streams/%s/node/out", id);
	if (cc_http_start(s->all->http,
	            &(struct cc_http_request){
	                    .method = "GET", .path = in, .reply_max = SIZE_MAX, .on_body = take_bytes, .on_done = in_done, .context = s },
	            &s->in, err) < 0)
		return -1;
	return cc_http_start(s->all->http,
	        &(struct cc_http_request){
	                .method = "POST",
	                .path = out,
	                .content_type = "application/octet-stream",
	                .read_body = give_bytes,
	                .on_done = out_done,
	                .context = s,
	        },
	        &s->out, err);
}

static bool is_repeated(struct streams *t, struct cc_uuid id)
{
	for (size_t i = 0; i < t->recent_n; i++)
		if (cc_uuid_equal(t->recent[i], id))
			return true;
	t->recent[t->recent_at] = id;
	t->recent_at = (t->recent_at + 1) % CC_ARRAY_LEN(t->recent);
	if (t->recent_n < CC_ARRAY_LEN(t->recent))
		t->recent_n++;
	return false;
}

bool stream_take(struct streams *t, const struct stream_order *o, int64_t now_ms)
{
	struct cc_error err = { 0 }, ignored = { 0 };
	struct exec_stream *s;

	if (t->n == STREAMS_MAX || is_repeated(t, o->id))
		return false; /* when too many, it comes again with the next orders */
	s = cc_calloc(1, sizeof(*s));
	*s = (struct exec_stream){ .all = t, .id = o->id, .heard_ms = now_ms, .said_ms = now_ms };
	s->pipes = (struct pipes){ .stdin_fd = -1, .out_fd = { -1, -1 } };
	t->items[t->n++] = s;
	if (run_program(s, o, &err) < 0)
		pipes_error(&s->pipes, err.code, err.msg, strlen(err.msg));
	if (dial(s, &ignored) < 0)
		hang_up(s);
	return true;
}

size_t stream_pollfds(const struct streams *t, struct pollfd *to)
{
	size_t n = 0;

	for (size_t k = 0; k < t->n; k++)
		if (!t->items[k]->hung_up)
			n += (size_t)pipes_pollfds(&t->items[k]->pipes, to + n);
	return n;
}

static void mind_the_time(struct exec_stream *s, int64_t now_ms)
{
	if (s->kill_ms != 0 && now_ms >= s->kill_ms) {
		send_signal(s, SIGKILL);
		s->kill_ms = now_ms + KILL_MS;
	}
	if (s->hung_up)
		return;
	if (s->in != NULL && !s->in_paused && now_ms - s->heard_ms >= SILENCE_MS)
		hang_up(s);
	else if (now_ms - s->said_ms >= CC_FRAME_PING_MS) {
		pipes_ping(&s->pipes);
		say(s);
	}
}

static void move_bytes(struct exec_stream *s)
{
	pipes_step(&s->pipes);
	if (s->in_paused && s->in != NULL && !pipes_feed_full(&s->pipes)) {
		s->in_paused = false;
		s->heard_ms = cc_boottime_ms();
		cc_http_resume(s->in);
	}
	if (s->out_paused && s->pipes.out.len > 0)
		say(s);
}

static void stream_free(struct exec_stream *s)
{
	if (s->in != NULL)
		cc_http_cancel(s->in);
	if (s->out != NULL)
		cc_http_cancel(s->out);
	pipes_close(&s->pipes);
	free(s);
}

static bool is_over(const struct exec_stream *s, int64_t now_ms)
{
	if (s->exec_seq != 0 || s->out != NULL)
		return false;
	return s->hung_up || (s->pipes.last && (s->in == NULL || now_ms >= s->linger_ms));
}

void stream_step(struct streams *t, int64_t now_ms)
{
	for (size_t k = t->n; k-- > 0;) {
		struct exec_stream *s = t->items[k];

		mind_the_time(s, now_ms);
		if (!s->hung_up)
			move_bytes(s);
		if (is_over(s, now_ms)) {
			t->items[k] = t->items[--t->n];
			stream_free(s);
		}
	}
}

int64_t stream_next_ms(const struct streams *t)
{
	int64_t next = CC_NEVER_MS;

	for (size_t k = 0; k < t->n; k++) {
		const struct exec_stream *s = t->items[k];
		int64_t at = s->hung_up ? s->kill_ms : s->linger_ms != 0 ? s->linger_ms : s->said_ms + CC_FRAME_PING_MS;

		if (at < next)
			next = at;
		if (!s->hung_up && s->in != NULL && !s->in_paused && s->heard_ms + SILENCE_MS < next)
			next = s->heard_ms + SILENCE_MS;
	}
	return next;
}

void stream_done(struct streams *t)
{
	while (t->n > 0)
		stream_free(t->items[--t->n]);
}
