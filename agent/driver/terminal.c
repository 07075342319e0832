/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each direction has one buffer, and its source is read only when that is empty: a client that does not read stops the program at the terminal's own
 * buffer, as a terminal that is held does. */
#include "agent/driver/terminal.h"

#include "agent/driver/process.h"
#include "agent/priv_frame.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#define DEVPTS_MAGIC   0x1cd1
#define TAKE_WAIT_MS   10000
#define HANGUP_WAIT_MS 2000
#define REST_WAIT_MS   20 /* others may keep the terminal open behind the program's end */
#define END_OF_FILE    '\004'

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int open_pair(struct terminal_size size, int *ret_slave)
{
	struct winsize window = { .ws_row = size.rows, .ws_col = size.cols };
	int unlocked = 0, master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0)
		master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return -1;
	*ret_slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*ret_slave < 0 || ioctl(master, TIOCSWINSZ, &window) < 0)
		return -1;
	return master;
}

int terminal_enter(int channel, struct terminal_size size)
{
	struct cc_error ignored = { 0 };
	struct priv_frame f = { .head = { .code = CC_OK }, .fd_count = 1 };
	int slave, master = open_pair(size, &slave);

	(void)setsid();
	if (master < 0 || ioctl(slave, TIOCSCTTY, 0) < 0) {
		int32_t why = errno;

		f = (struct priv_frame){ .head = { .code = CC_CONFLICT, .body = sizeof(why) }, .body = &why };
		(void)priv_frame_send(channel, &f, &ignored);
		return -1;
	}
	f.fds[0] = master;
	if (priv_frame_send(channel, &f, &ignored) != 1)
		return -1;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(slave, fd) < 0)
			return -1;
	return 0;
}

/* What a guest hands over might be anything; reading from that could block for ever. */
static bool is_terminal(int fd)
{
	struct statfs fs;
	unsigned number;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_MAGIC && ioctl(fd, TIOCGPTN, &number) == 0;
}

int terminal_take(int channel, int pidfd, int *ret_master, struct cc_error *err)
{
	struct pollfd p[2] = { { channel, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
	_Alignas(8) char buf[64];
	struct priv_frame f = { 0 };
	struct cc_error gone = { 0 };
	int got;

	while (poll(p, 2, TAKE_WAIT_MS) < 0 && errno == EINTR)
		continue;
	got = priv_frame_recv(channel, buf, sizeof(buf), &f, &gone);
	if (got <= 0)
		return cc_fail(err, UNAVAILABLE, "the program ended before it had a terminal");
	if (f.head.code != CC_OK && f.head.body == sizeof(int32_t))
		return cc_fail(
		        err, CONFLICT, "the instance has no terminal for it (%s); run it without one (-T)", strerror(*(const int32_t *)f.body));
	if (f.fd_count != 1 || !is_terminal(f.fds[0]) || fcntl(f.fds[0], F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
		priv_frame_close_fds(&f);
		return cc_fail(err, CONFLICT, "the instance's /dev/pts is not one of the kernel's; run it without a terminal (-T)");
	}
	*ret_master = f.fds[0];
	return 0;
}

struct block {
	char bytes[32768];
	size_t at, len;
};

struct carrier {
	struct attend a;
	struct block up, down; /* from the client, to the client */
	bool ended;            /* the program */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* false: nobody is there any more. */
static bool take_control(struct carrier *c)
{
	_Alignas(8) char buf[64];
	struct priv_frame f;
	struct cc_error gone = { 0 };
	int got = priv_frame_recv(c->a.control, buf, sizeof(buf), &f, &gone);

	if (got > 0 && f.head.verb == PRIV_CT_WINDOW && f.head.body == sizeof(struct terminal_size) && c->a.master >= 0) {
		const struct terminal_size *size = f.body;

		(void)ioctl(c->a.master, TIOCSWINSZ, &(struct winsize){ .ws_row = size->rows, .ws_col = size->cols });
	} else if (got > 0 && f.head.verb == PRIV_CT_SIGNAL && f.head.body == sizeof(int32_t)) {
		/* Without a program to tell, a signal means the end. */
		if (c->a.pidfd < 0)
			return false;
		process_signal(c->a.pidfd, *(const int32_t *)f.body);
	}
	return got >= 0;
}

/* Fills the empty block; false at the end. */
static bool fill(struct block *b, int fd)
{
	ssize_t n = read(fd, b->bytes, sizeof(b->bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	b->at = 0;
	b->len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool drain(struct block *b, int fd)
{
	ssize_t n = write(fd, b->bytes + b->at, b->len - b->at);

	if (n > 0)
		b->at += (size_t)n;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static bool holds(const struct block *b)
{
	return b->at < b->len;
}

/* The end of what a client has typed is what a person would type then. */
static void end_input(struct carrier *c)
{
	close_fd(&c->a.in);
	c->up.bytes[0] = END_OF_FILE;
	c->up.at = 0;
	c->up.len = c->a.pidfd >= 0;
}

/* Without a reader there is nobody to whom the terminal belongs: the kernel hangs up on all that is in it. */
static void end_output(struct carrier *c)
{
	close_fd(&c->a.out);
	close_fd(&c->a.master);
}

enum { AT_PROGRAM, AT_CONTROL, AT_MASTER, AT_IN, AT_OUT, AT_ALL };

static void watch(const struct carrier *c, struct pollfd p[AT_ALL])
{
	bool up = holds(&c->up), down = holds(&c->down);

	p[AT_PROGRAM] = (struct pollfd){ c->ended ? -1 : c->a.pidfd, POLLIN, 0 };
	p[AT_CONTROL] = (struct pollfd){ c->a.control, POLLIN, 0 };
	p[AT_MASTER] = (struct pollfd){ c->a.master, (short)((down ? 0 : POLLIN) | (up ? POLLOUT : 0)), 0 };
	/* A terminal whose other side is closed is always "ready"; while its rest waits for the client that is no news. */
	if (p[AT_MASTER].events == 0)
		p[AT_MASTER].fd = -1;
	p[AT_IN] = (struct pollfd){ up || c->ended ? -1 : c->a.in, POLLIN, 0 };
	p[AT_OUT] = (struct pollfd){ c->a.out, down ? POLLOUT : 0, 0 };
}

static void carry(struct carrier *c, const struct pollfd p[AT_ALL])
{
	if (p[AT_MASTER].revents & POLLOUT && !drain(&c->up, c->a.master))
		c->up.at = c->up.len = 0;
	if (p[AT_IN].revents != 0 && !fill(&c->up, c->a.in))
		end_input(c);
	if (p[AT_MASTER].revents & ~POLLOUT && !holds(&c->down) && !fill(&c->down, c->a.master))
		close_fd(&c->a.master);
	if (c->a.out >= 0 && holds(&c->down) && !drain(&c->down, c->a.out))
		end_output(c);
	else if (p[AT_OUT].revents & POLLERR)
		end_output(c);
}

static bool is_over(const struct carrier *c)
{
	bool silent = c->a.master < 0 && (c->a.out < 0 || !holds(&c->down));

	return (c->ended || c->a.pidfd < 0) && silent;
}

static void end_program(struct carrier *c)
{
	close_fd(&c->a.master);
	if (c->a.pidfd < 0 || c->ended)
		return;
	process_signal(c->a.pidfd, SIGHUP);
	if (!process_wait(c->a.pidfd, HANGUP_WAIT_MS))
		process_signal(c->a.pidfd, SIGKILL);
}

void terminal_attend(const struct attend *a)
{
	struct carrier *c = cc_calloc(1, sizeof(*c));

	c->a = *a;
	signal(SIGPIPE, SIG_IGN);
	if (c->a.in >= 0)
		(void)fcntl(c->a.in, F_SETFL, O_RDONLY | O_NONBLOCK);
	if (c->a.out >= 0)
		(void)fcntl(c->a.out, F_SETFL, O_WRONLY | O_NONBLOCK);
	while (!is_over(c)) {
		struct pollfd p[AT_ALL];
		int n;

		watch(c, p);
		n = poll(p, AT_ALL, c->ended && !holds(&c->down) ? REST_WAIT_MS : -1);
		if (n < 0)
			continue;
		if (n == 0)
			close_fd(&c->a.master);
		if (p[AT_CONTROL].revents != 0 && !take_control(c)) {
			end_program(c);
			break;
		}
		c->ended |= p[AT_PROGRAM].revents != 0;
		carry(c, p);
	}
	end_output(c);
	close_fd(&c->a.in);
	free(c);
}
