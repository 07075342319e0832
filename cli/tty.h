/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal that ccctl stands on, handed to another program key by key, and given back as it was: by tty_leave, when the process exits, and when it crashes.
 * One at a time. */
#pragma once

#include "common/error.h"

#include <stdint.h>

/* Keys arrive at once, unechoed, none of them a signal. @err IO */
int tty_enter(int fd, struct cc_error *err);
/* As it was. Does nothing when tty_enter was not called. */
void tty_leave(void);
/* Somebody else may have changed it while we were stopped. */
void tty_again(void);
/* rows << 16 | columns; 0 when unknown. */
uint32_t tty_size(int fd);
