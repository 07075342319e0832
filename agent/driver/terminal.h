/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals of programs in instances, and their attendants: whoever started a program passes signals and window sizes on to it, and, when it has a terminal,
 * carries bytes between that and the client's two pipes. The terminal is made by the guest's own devpts, so `tty` in there says /dev/pts/N. */
#pragma once

#include "common/error.h"

#include <stdint.h>

struct terminal_size {
	uint16_t rows;
	uint16_t cols;
};

/* Of the program's side, inside: makes a terminal of this size, takes it as controlling terminal, stdin, stdout and stderr, and sends its other end, or why
 * there is none, over `channel`. Only makes system calls. 0 or -1. */
int terminal_enter(int channel, struct terminal_size size);

/* The other end, checked to be a terminal whatever the guest did, and not blocking. Waits while `pidfd` lives. @err UNAVAILABLE, CONFLICT */
int terminal_take(int channel, int pidfd, int *ret_master, struct cc_error *err);

struct attend {
	int pidfd;   /* the program; -1: none, it is over when the terminal says so */
	int control; /* frames PRIV_CT_SIGNAL (int32_t) and PRIV_CT_WINDOW (struct terminal_size); its end hangs the program up */
	int master;  /* the terminal's end, not blocking; -1: the program has its pipes itself. Is closed. */
	int in, out; /* with a terminal: what the client says, and what it is told. Are closed. */
};

/* Until the program has ended and its terminal, if any, has said all; the client's reading may hold that up, its end does not. Ignores SIGPIPE from then on. */
void terminal_attend(const struct attend *a);
