/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node's end of a stream, with a few made-up programs. Part of fake.c. */
#pragma once

#include <microhttpd.h>
#include <stddef.h>

/* By the body of the exec request. */
void fake_program_choose(const char *spec);
/* Frames from ccctl. */
void fake_program_feed(const char *bytes, size_t len);
/* Answers GET .../out. */
enum MHD_Result fake_program_out(struct MHD_Connection *c);
void fake_program_stop(void);
