/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tty.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct {
	int fd;
	volatile sig_atomic_t entered;
	bool prepared;
	struct termios before, raw;
} tty;

void tty_leave(void)
{
	if (!tty.entered)
		return;
	tty.entered = 0;
	(void)tcsetattr(tty.fd, TCSADRAIN, &tty.before);
}

static void leave_and_die(int signal)
{
	tty_leave();
	raise(signal);
}

/* What nobody waits for: crashes of our own. */
static void prepare(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	if (tty.prepared)
		return;
	tty.prepared = true;
	atexit(tty_leave);
	for (size_t i = 0; i < CC_ARRAY_LEN(crashes); i++)
		sigaction(crashes[i], &(struct sigaction){ .sa_handler = leave_and_die, .sa_flags = (int)SA_RESETHAND | SA_NODEFER }, NULL);
}

int tty_enter(int fd, struct cc_error *err)
{
	if (tcgetattr(fd, &tty.before) < 0)
		return cc_fail_errno(err, "reading the terminal's modes");
	prepare();
	tty.fd = fd;
	tty.raw = tty.before;
	cfmakeraw(&tty.raw);
	tty.entered = 1;
	if (tcsetattr(fd, TCSADRAIN, &tty.raw) < 0) {
		tty_leave();
		return cc_fail_errno(err, "setting the terminal's modes");
	}
	return 0;
}

void tty_again(void)
{
	if (tty.entered)
		(void)tcsetattr(tty.fd, TCSADRAIN, &tty.raw);
}

uint32_t tty_size(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? (uint32_t)size.ws_row << 16 | size.ws_col : 0;
}
