/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread, one poll: the two exchanges, stdin, a signalfd, and stdout and stderr while they are behind. Each direction has a bounded buffer; when it is
 * full its source is not read, so a slow reader slows the program down and nothing else. */
#include "cli/exec_stream.h"

#include "cli/escape.h"
#include "cli/sink.h"
#include "cli/tty.h"
#include "common/clock.h"
#include "common/frame.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BEHIND_MAX       (256 * 1024) /* output that waits before the stream is paused */
#define AHEAD_MAX        (128 * 1024) /* input that waits before stdin is left alone */
#define STATUS_NONE      (-1)
#define STATUS_SIGPIPE   141
#define STATUS_SIGNAL    128
#define PATIENCE_SIGINTS 3
#define KEY_INTERRUPT    '\003'

enum watched { WATCH_SIGNALS, WATCH_STDIN, WATCH_STDOUT, WATCH_STDERR, WATCH_MAX };

struct exec {
	struct client *client;
	struct cc_http_exchange *in, *out; /* NULL once ended */
	struct cc_buf to_send;
	struct cc_buf received; /* an incomplete frame */
	struct sink sinks[2];   /* stdout, stderr */
	bool out_paused;
	bool stdin_open;
	bool tty;
	bool heard; /* anything from the node */
	struct escape escape;
	int sigints;
	int status;
	bool abandoned;  /* what still waits to be written does not matter */
	int64_t sent_ms; /* boot time of the last frame */
	struct cc_error err;
};

static void send_frame(struct exec *x, enum cc_frame_type type, const void *p, size_t len)
{
	cc_frame_add(&x->to_send, type, p, len);
	x->sent_ms = cc_boottime_ms();
	if (x->in != NULL)
		cc_http_resume(x->in);
}

static ssize_t give_frames(void *context, char *to, size_t room)
{
	struct exec *x = context;
	size_t n = x->to_send.len < room ? x->to_send.len : room;

	if (n == 0)
		return CC_HTTP_READ_PAUSE;
	memcpy(to, x->to_send.data, n);
	cc_buf_consume(&x->to_send, n);
	return (ssize_t)n;
}

/* "slug: message" from the node. */
static void take_error(struct exec *x, const char *text, size_t len)
{
	const char *colon = memmem(text, len, ": ", 2);
	char slug[32] = "";

	if (colon != NULL && (size_t)(colon - text) < sizeof(slug)) {
		memcpy(slug, text, (size_t)(colon - text));
		len -= (size_t)(colon - text) + 2;
		text = colon + 2;
	}
	cc_error_set(&x->err, cc_code_from_slug(slug), 0, CC_HERE, "%.*s", (int)len, text);
}

static void take_frame(struct exec *x, enum cc_frame_type type, const unsigned char *p, size_t len)
{
	if (type == CC_FRAME_STDOUT || type == CC_FRAME_STDERR)
		sink_add(&x->sinks[type == CC_FRAME_STDERR], p, len);
	else if (type == CC_FRAME_EXIT && len == 4)
		x->status = (int)(cc_frame_u32(p) & 0xff);
	else if (type == CC_FRAME_ERROR)
		take_error(x, (const char *)p, len);
}

static bool is_behind(const struct exec *x)
{
	return sink_waiting(&x->sinks[0]) > BEHIND_MAX || sink_waiting(&x->sinks[1]) > BEHIND_MAX;
}

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct exec *x = context;
	enum cc_frame_type type;
	const unsigned char *p;
	size_t payload, used = 0;
	int found;

	if (is_behind(x)) {
		x->out_paused = true;
		return CC_HTTP_PAUSE;
	}
	x->heard = true;
	cc_buf_add(&x->received, bytes, len);
	for (;;) {
		struct cc_buf rest = { x->received.data + used, x->received.len - used, 0 };

		found = cc_frame_next(&rest, &type, &p, &payload, &x->err);
		if (found <= 0)
			break;
		take_frame(x, type, p, payload);
		used += CC_FRAME_HEADER + payload;
	}
	cc_buf_consume(&x->received, used);
	return found < 0 ? CC_HTTP_STOP : CC_HTTP_ON;
}

static bool is_over(const struct exec *x)
{
	return x->status != STATUS_NONE || x->err.code != CC_OK;
}

static void out_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct exec *x = context;

	x->out = NULL;
	if (is_over(x))
		return;
	if (err != NULL)
		x->err = *err;
	else if (client_read_reply(x->client, reply, NULL, NULL, &x->err) == 0)
		cc_fail(&x->err, UNAVAILABLE, "the stream broke off before the program's end was heard; it may still run");
}

/* Input that nobody takes is no reason to give up the output; a refusal is. */
static void in_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct exec *x = context;

	x->in = NULL;
	if (!is_over(x) && err == NULL && reply->status / 100 != 2)
		client_read_reply(x->client, reply, NULL, NULL, &x->err);
}

static int start(struct exec *x, const struct exec_options *opt, struct cc_arena *a, struct cc_error *err)
{
	struct cc_http *http = client_http(x->client);
	struct cc_http_request in = { .method = "POST",
		.path = cc_printf(a, "/v1/streams/%s/in", opt->stream),
		.content_type = "application/octet-stream",
		.read_body = give_frames,
		.own_connection = true,
		.on_done = in_done,
		.context = x };
	struct cc_http_request out = { .method = "GET",
		.path = cc_printf(a, "/v1/streams/%s/out", opt->stream),
		.reply_max = SIZE_MAX,
		.silence_ms = 3 * CC_FRAME_PING_MS,
		.own_connection = true,
		.on_body = take_bytes,
		.on_done = out_done,
		.context = x };

	x->stdin_open = opt->forward_stdin;
	if (!x->stdin_open)
		send_frame(x, CC_FRAME_STDIN_END, NULL, 0);
	if (cc_http_start(http, &out, &x->out, err) < 0)
		return -1;
	return cc_http_start(http, &in, &x->in, err);
}

static void abandon(struct exec *x, int status)
{
	x->status = status;
	x->abandoned = true;
}

/* Keys. Before the program is there, an interrupt is for us. */
static void take_typed(struct exec *x, const char *typed, size_t n)
{
	cc_auto_buf struct cc_buf keys = { 0 };

	if (!x->heard && memchr(typed, KEY_INTERRUPT, n) != NULL)
		abandon(x, STATUS_SIGNAL + SIGINT);
	else if (escape_filter(&x->escape, typed, n, &keys))
		abandon(x, EXEC_LEFT);
	else if (keys.len > 0)
		send_frame(x, CC_FRAME_STDIN, keys.data, keys.len);
}

static void read_stdin(struct exec *x)
{
	char buf[CC_FRAME_MAX];
	/* One more is added when a prefix turns out to be for the program. */
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf) - 1);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && x->tty) {
		take_typed(x, buf, (size_t)n);
		return;
	}
	if (n > 0) {
		send_frame(x, CC_FRAME_STDIN, buf, (size_t)n);
		return;
	}
	x->stdin_open = false;
	send_frame(x, CC_FRAME_STDIN_END, NULL, 0);
}

static void send_size(struct exec *x)
{
	uint32_t size = tty_size(STDOUT_FILENO);
	unsigned char payload[4] = { (unsigned char)(size >> 24), (unsigned char)(size >> 16), (unsigned char)(size >> 8), (unsigned char)size };

	if (size != 0)
		send_frame(x, CC_FRAME_WINDOW, payload, sizeof(payload));
}

/* Stopped from outside, keys do not do that: whoever gets the terminal meanwhile finds it as it was. */
static void stop_and_go_on(struct exec *x)
{
	struct cc_error ignored = { 0 };

	tty_leave();
	raise(SIGSTOP);
	(void)tty_enter(STDIN_FILENO, &ignored);
	send_size(x);
}

static void take_signal_on_tty(struct exec *x, int number)
{
	if (number == SIGWINCH) {
		send_size(x);
	} else if (number == SIGTSTP) {
		stop_and_go_on(x);
	} else if (number == SIGCONT) {
		tty_again();
		send_size(x);
	} else {
		abandon(x, STATUS_SIGNAL + number);
	}
}

static void read_signal(struct exec *x, int fd)
{
	struct signalfd_siginfo info;
	unsigned char number;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (x->tty) {
		take_signal_on_tty(x, (int)info.ssi_signo);
		return;
	}
	number = (unsigned char)info.ssi_signo;
	x->sigints += number == SIGINT;
	if (x->sigints >= PATIENCE_SIGINTS)
		abandon(x, STATUS_SIGNAL + SIGINT);
	else
		send_frame(x, CC_FRAME_SIGNAL, &number, 1);
}

static void watch(const struct exec *x, int signals, struct pollfd fds[WATCH_MAX])
{
	bool read_more = x->stdin_open && x->to_send.len < AHEAD_MAX;

	fds[WATCH_SIGNALS] = (struct pollfd){ .fd = signals, .events = POLLIN };
	fds[WATCH_STDIN] = (struct pollfd){ .fd = read_more ? STDIN_FILENO : signals, .events = read_more ? POLLIN : 0 };
	for (int i = 0; i < 2; i++) {
		bool behind = sink_waiting(&x->sinks[i]) > 0;

		fds[WATCH_STDOUT + i] = (struct pollfd){ .fd = behind ? x->sinks[i].fd : signals, .events = behind ? POLLOUT : 0 };
	}
}

/* Nobody reads our output: over, without a word. */
static void flush(struct exec *x)
{
	struct cc_error e = { 0 };

	for (int i = 0; i < 2 && !x->abandoned; i++) {
		if (sink_flush(&x->sinks[i], &e) == 0)
			continue;
		if (e.sys_errno == EPIPE)
			abandon(x, STATUS_SIGPIPE);
		else
			x->err = e;
		x->sinks[i].at = x->sinks[i].buf.len;
	}
	if (x->out_paused && x->out != NULL && !is_behind(x)) {
		x->out_paused = false;
		cc_http_resume(x->out);
	}
}

static bool has_output(const struct exec *x)
{
	return !x->abandoned && (sink_waiting(&x->sinks[0]) > 0 || sink_waiting(&x->sinks[1]) > 0);
}

static void loop(struct exec *x, int signals)
{
	while (!is_over(x) || has_output(x)) {
		struct pollfd fds[WATCH_MAX];

		watch(x, signals, fds);
		cc_http_poll(client_http(x->client), fds, WATCH_MAX, CC_FRAME_PING_MS);
		if (fds[WATCH_SIGNALS].revents & POLLIN)
			read_signal(x, signals);
		if (x->stdin_open && fds[WATCH_STDIN].fd == STDIN_FILENO && fds[WATCH_STDIN].revents != 0)
			read_stdin(x);
		if (cc_boottime_ms() - x->sent_ms >= CC_FRAME_PING_MS)
			send_frame(x, CC_FRAME_PING, NULL, 0);
		flush(x);
	}
	if (x->in != NULL)
		cc_http_cancel(x->in);
	if (x->out != NULL)
		cc_http_cancel(x->out);
}

/* From here on signals are read, not delivered. */
static int open_signals(bool tty, sigset_t *ret_before)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < (tty ? CC_ARRAY_LEN(signals) : 4); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, ret_before);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(struct exec *x, const struct exec_options *opt, int signals, struct cc_arena *a, struct cc_error *err)
{
	if (signals < 0)
		return cc_fail_errno(err, "listening to signals");
	if (opt->tty && (escape_parse(opt->leave, &x->escape, err) < 0 || tty_enter(STDIN_FILENO, err) < 0))
		return -1;
	if (start(x, opt, a, err) < 0)
		return -1;
	x->sent_ms = cc_boottime_ms();
	loop(x, signals);
	return 0;
}

static void release(struct exec *x)
{
	if (x->in != NULL || x->out != NULL)
		cc_http_poll(client_http(x->client), NULL, 0, 0);
	cc_buf_free(&x->to_send);
	cc_buf_free(&x->received);
	cc_buf_free(&x->sinks[0].buf);
	cc_buf_free(&x->sinks[1].buf);
}

int exec_stream_run(struct client *client, const struct exec_options *opt, struct cc_arena *a, struct cc_error *err)
{
	struct exec x = { .client = client, .tty = opt->tty, .sinks = { { .fd = STDOUT_FILENO }, { .fd = STDERR_FILENO } }, .status = STATUS_NONE };
	sigset_t before;
	cc_auto_close int signals = open_signals(opt->tty, &before);
	int result = run(&x, opt, signals, a, err);

	tty_leave();
	release(&x);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (result == 0 && x.status == STATUS_NONE) {
		*err = x.err;
		return -1;
	}
	return result < 0 ? -1 : x.status;
}
