/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread. Going in, files are read whenever the stream has room. Coming out, it is the other way round: whoever makes the files asks for more, and while
 * nothing is there the network is attended to. Buffers are bounded, so a slow disk slows the other end. */
#include "cli/copy_stream.h"

#include "cli/progress.h"
#include "cli/stream_link.h"
#include "cli/units.h"
#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STATUS_SIGPIPE 141
#define STATUS_SIGNAL  128
#define LINE_MAX_BYTES 4096

struct copying {
	struct cli *cli;
	struct copy *copy;
	struct stream_link link;
	struct cc_buf came;  /* of the tar stream, not taken yet */
	struct cc_buf taken; /* by the last read */
	struct cc_buf line;  /* of a remark that is not complete */
	int signals;
	int ended_by; /* exit status that a signal or a closed pipe asks for; 0: none */
	bool all_sent;
	struct progress progress;
};

void copy_say(void *cli, const char *text)
{
	cc_auto_buf struct cc_buf safe = { 0 };
	struct cli *c = cli;

	output_add_safe(&safe, text);
	cli_say(c, "%sccctl: %s", c->err_tty ? "\r\033[K" : "", cc_buf_str(&safe));
}

static void tell_line(struct copying *x)
{
	if (x->line.len > 0)
		copy_say(x->cli, x->line.data);
	cc_buf_clear(&x->line);
}

/* Remarks hold names that somebody in the instance has chosen. */
static void take_remarks(struct copying *x, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n' || x->line.len >= LINE_MAX_BYTES)
			tell_line(x);
		if (p[i] != '\n')
			cc_buf_addc(&x->line, p[i] != '\0' ? p[i] : '?');
	}
}

static void take_output(void *user, enum cc_frame_type which, const void *p, size_t len)
{
	struct copying *x = user;

	if (which == CC_FRAME_STDERR)
		take_remarks(x, p, len);
	else
		cc_buf_add(&x->came, p, len);
}

static bool is_behind(void *user)
{
	return ((struct copying *)user)->came.len > STREAM_BEHIND_MAX;
}

static void attend(struct copying *x, bool read_stdin, int timeout_ms)
{
	struct pollfd fds[2] = { { .fd = x->signals, .events = POLLIN }, { .fd = read_stdin ? STDIN_FILENO : x->signals, .events = POLLIN } };
	struct signalfd_siginfo info;

	cc_http_poll(client_http(x->link.client), fds, 2, timeout_ms);
	if (fds[0].revents & POLLIN && read(x->signals, &info, sizeof(info)) == sizeof(info))
		x->ended_by = STATUS_SIGNAL + (int)info.ssi_signo;
	if (read_stdin && fds[1].revents != 0 && x->ended_by == 0) {
		char buf[CC_FRAME_MAX];
		ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

		if (n > 0)
			stream_link_send(&x->link, CC_FRAME_STDIN, buf, (size_t)n);
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			x->all_sent = true;
	}
	stream_link_tend(&x->link);
}

static bool goes_on(const struct copying *x)
{
	return x->ended_by == 0 && !stream_link_is_over(&x->link);
}

/* What the stream's end means. */
static int outcome(struct copying *x, struct cc_error *err)
{
	tell_line(x);
	if (x->ended_by != 0)
		return x->ended_by;
	if (x->link.err.code != CC_OK) {
		*err = x->link.err;
		return -1;
	}
	return x->link.status;
}

static int send_piece(struct copying *x, struct cc_error *err)
{
	const void *p;
	ssize_t n = x->copy->tool->pack_read(x->copy->pack, &p, err);

	if (n < 0)
		return -1;
	x->all_sent = n == 0;
	progress_add(&x->progress, n);
	for (const char *at = p; n > 0;) {
		size_t part = n < CC_FRAME_MAX ? (size_t)n : CC_FRAME_MAX;

		stream_link_send(&x->link, CC_FRAME_STDIN, at, part);
		at += part;
		n -= (ssize_t)part;
	}
	return 0;
}

static int send_all(struct copying *x, struct cc_error *err)
{
	while (goes_on(x) && !x->all_sent) {
		/* A file can be read at any time, so no more is kept than goes at once: what waits has to be moved. */
		bool room = x->link.to_send.len < (x->copy->pack != NULL ? CC_FRAME_MAX : STREAM_AHEAD_MAX);

		if (room && x->copy->pack != NULL && send_piece(x, err) < 0)
			return -1;
		attend(x, room && x->copy->pack == NULL, room && x->copy->pack != NULL ? 0 : CC_FRAME_PING_MS);
	}
	if (goes_on(x))
		stream_link_send(&x->link, CC_FRAME_STDIN_END, NULL, 0);
	while (goes_on(x))
		attend(x, false, CC_FRAME_PING_MS);
	return outcome(x, err);
}

/* The reader of cc_tree_land. The end of the stream is one only with the exit status behind it. */
static ssize_t read_more(void *arg, const void **ret, struct cc_error *err)
{
	struct copying *x = arg;
	struct cc_buf swap;

	cc_buf_clear(&x->taken);
	while (x->came.len == 0 && goes_on(x))
		attend(x, false, CC_FRAME_PING_MS);
	if (x->ended_by != 0)
		return cc_fail(err, UNAVAILABLE, "given up");
	if (x->came.len == 0)
		return outcome(x, err) < 0 ? -1 : 0;
	swap = x->taken;
	x->taken = x->came;
	x->came = swap;
	stream_link_tend(&x->link);
	progress_add(&x->progress, (int64_t)x->taken.len);
	*ret = x->taken.data;
	return (ssize_t)x->taken.len;
}

static int write_stdout(struct copying *x, const void *p, size_t len, struct cc_error *err)
{
	if (cc_write_all(STDOUT_FILENO, p, len) == 0)
		return 0;
	if (errno != EPIPE)
		return cc_fail_errno(err, "writing the output");
	x->ended_by = STATUS_SIGPIPE;
	return -1;
}

static int write_all(struct copying *x, struct cc_error *err)
{
	const void *p;
	ssize_t n;

	while ((n = read_more(x, &p, err)) > 0)
		if ((x->copy->write != NULL ? x->copy->write(x->copy->write_arg, p, (size_t)n, err) : write_stdout(x, p, (size_t)n, err)) < 0)
			return -1;
	return (int)n;
}

static void tell_done(struct copying *x, const struct cc_tree_tally *tally)
{
	cc_auto_buf struct cc_buf text = { 0 };

	progress_end(&x->progress);
	if (!x->cli->err_tty)
		return;
	units_add_bytes(&text, tally->bytes);
	cli_say(x->cli, "copied %lld %s, %s", (long long)tally->entries, tally->entries == 1 ? "file" : "files", text.data);
}

static int take_all(struct copying *x, struct cc_error *err)
{
	struct cc_tree_tally tally = { 0 };
	int result;

	if (x->copy->to == NULL) {
		result = write_all(x, err);
	} else {
		x->copy->to->read = read_more;
		x->copy->to->read_arg = x;
		result = x->copy->tool->land(x->copy->to, &tally, err);
	}
	progress_end(&x->progress);
	if (x->ended_by != 0)
		return x->ended_by;
	if (result == 0 && x->copy->to != NULL)
		tell_done(x, &tally);
	return result < 0 ? -1 : outcome(x, err);
}

/* Interrupted, what was begun is cleaned up: half a file goes. */
static int open_signals(sigset_t *ret_before)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < CC_ARRAY_LEN(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, ret_before);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(struct cli *cli, struct copy *c, bool into, struct cc_error *err)
{
	struct copying x = { .cli = cli, .copy = c };
	sigset_t before;
	int status = -1;

	x.link = (struct stream_link){ .on_output = take_output, .is_behind = is_behind, .user = &x, .status = STREAM_RUNNING };
	if (cli_client(cli, &x.link.client, err) < 0)
		return -1;
	x.signals = open_signals(&before);
	progress_begin(&x.progress, into ? "sent" : "received", 0, cli->err_tty);
	if (stream_link_open(&x.link, &c->call, cli->arena, err) == 0)
		status = into ? send_all(&x, err) : take_all(&x, err);
	progress_end(&x.progress);
	if (into && status == 0 && c->pack != NULL)
		tell_done(&x, c->tool->pack_tally(c->pack));
	stream_link_close(&x.link);
	close(x.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	cc_buf_free(&x.came);
	cc_buf_free(&x.taken);
	cc_buf_free(&x.line);
	return status;
}

int copy_into(struct cli *cli, struct copy *c, struct cc_error *err)
{
	return run(cli, c, true, err);
}

int copy_out(struct cli *cli, struct copy *c, struct cc_error *err)
{
	return run(cli, c, false, err);
}
