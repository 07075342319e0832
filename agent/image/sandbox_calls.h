/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few system calls that are left to a process that works through hostile bytes. */
#pragma once

#include "common/error.h"

enum sandbox_work {
	SANDBOX_UNPACK, /* makes files from an archive */
	SANDBOX_FILES,  /* reads and makes files; maps no more code */
};

/* For good. Other calls fail with EPERM. Nothing is limited in a build with sanitizers, which make calls of their own. @err UNAVAILABLE */
int sandbox_limit_calls(enum sandbox_work work, struct cc_error *err);

/* AddressSanitizer reserves terabytes of address space, too. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif
