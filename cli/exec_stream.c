/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread, one poll: the two requests of the stream, stdin, a signalfd, and stdout and stderr while they are behind. Each direction has a bounded buffer; when it is
 * full its source is not read, so a slow reader slows the program down and nothing else. */
#include "cli/exec_stream.h"

#include "cli/escape.h"
#include "cli/sink.h"
#include "cli/stream_link.h"
#include "cli/tty.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STATUS_SIGPIPE   141
#define STATUS_SIGNAL    128
#define PATIENCE_SIGINTS 3
#define KEY_INTERRUPT    '\003'

enum watched { WATCH_SIGNALS, WATCH_STDIN, WATCH_STDOUT, WATCH_STDERR, WATCH_MAX };

struct exec {
	struct stream_link link;
	struct sink sinks[2]; /* stdout, stderr */
	bool stdin_open;
	bool tty;
	struct escape escape;
	int sigints;
	bool abandoned; /* what still waits to be written does not matter */
};

static void take_output(void *user, enum cc_frame_type which, const void *p, size_t len)
{
	struct exec *x = user;

	sink_add(&x->sinks[which == CC_FRAME_STDERR], p, len);
}

static bool is_behind(void *user)
{
	const struct exec *x = user;

	return sink_waiting(&x->sinks[0]) > STREAM_BEHIND_MAX || sink_waiting(&x->sinks[1]) > STREAM_BEHIND_MAX;
}

static void abandon(struct exec *x, int status)
{
	x->link.status = status;
	x->abandoned = true;
}

/* Keys. Before the program is there, an interrupt is for us. */
static void take_typed(struct exec *x, const char *typed, size_t n)
{
	cc_auto_buf struct cc_buf keys = { 0 };

	if (!x->link.heard && memchr(typed, KEY_INTERRUPT, n) != NULL)
		abandon(x, STATUS_SIGNAL + SIGINT);
	else if (escape_filter(&x->escape, typed, n, &keys))
		abandon(x, EXEC_LEFT);
	else if (keys.len > 0)
		stream_link_send(&x->link, CC_FRAME_STDIN, keys.data, keys.len);
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
		stream_link_send(&x->link, CC_FRAME_STDIN, buf, (size_t)n);
		return;
	}
	x->stdin_open = false;
	stream_link_send(&x->link, CC_FRAME_STDIN_END, NULL, 0);
}

static void send_size(struct exec *x)
{
	uint32_t size = tty_size(STDOUT_FILENO);
	unsigned char payload[4] = { (unsigned char)(size >> 24), (unsigned char)(size >> 16), (unsigned char)(size >> 8), (unsigned char)size };

	if (size != 0)
		stream_link_send(&x->link, CC_FRAME_WINDOW, payload, sizeof(payload));
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
		stream_link_send(&x->link, CC_FRAME_SIGNAL, &number, 1);
}

static void watch(const struct exec *x, int signals, struct pollfd fds[WATCH_MAX])
{
	bool read_more = x->stdin_open && x->link.to_send.len < STREAM_AHEAD_MAX;

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
			x->link.err = e;
		x->sinks[i].at = x->sinks[i].buf.len;
	}
}

static bool has_output(const struct exec *x)
{
	return !x->abandoned && (sink_waiting(&x->sinks[0]) > 0 || sink_waiting(&x->sinks[1]) > 0);
}

static void loop(struct exec *x, int signals)
{
	while (!stream_link_is_over(&x->link) || has_output(x)) {
		struct pollfd fds[WATCH_MAX];

		watch(x, signals, fds);
		cc_http_poll(client_http(x->link.client), fds, WATCH_MAX, CC_FRAME_PING_MS);
		if (fds[WATCH_SIGNALS].revents & POLLIN)
			read_signal(x, signals);
		if (x->stdin_open && fds[WATCH_STDIN].fd == STDIN_FILENO && fds[WATCH_STDIN].revents != 0)
			read_stdin(x);
		flush(x);
		stream_link_tend(&x->link);
	}
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
	x->stdin_open = opt->forward_stdin;
	if (!x->stdin_open)
		stream_link_send(&x->link, CC_FRAME_STDIN_END, NULL, 0);
	if (stream_link_start(&x->link, opt->stream, a, err) < 0)
		return -1;
	loop(x, signals);
	return 0;
}

static void release(struct exec *x)
{
	stream_link_close(&x->link);
	cc_buf_free(&x->sinks[0].buf);
	cc_buf_free(&x->sinks[1].buf);
}

int exec_stream_run(struct client *client, const struct exec_options *opt, struct cc_arena *a, struct cc_error *err)
{
	struct exec x = { .tty = opt->tty, .sinks = { { .fd = STDOUT_FILENO }, { .fd = STDERR_FILENO } } };
	sigset_t before;
	cc_auto_close int signals = open_signals(opt->tty, &before);
	int result;

	x.link = (struct stream_link){ .client = client, .on_output = take_output, .is_behind = is_behind, .user = &x, .status = STREAM_RUNNING };
	result = run(&x, opt, signals, a, err);
	tty_leave();
	release(&x);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (result == 0 && x.link.status == STREAM_RUNNING) {
		*err = x.link.err;
		return -1;
	}
	return result < 0 ? -1 : x.link.status;
}
