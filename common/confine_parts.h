/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fences, one file each. Private to confine*.c. */
#pragma once

#include "common/confine.h"

/* AddressSanitizer and its kin trace and clone when a program ends: with them, system calls are not fenced. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CC_CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CC_CONFINE_SANITIZED 1
#endif
#endif
#ifndef CC_CONFINE_SANITIZED
#define CC_CONFINE_SANITIZED 0
#endif

/* Whether the kernel filters system calls, and we know this machine's. */
bool cc_confine_has_calls(void);
int cc_confine_limit_calls(const struct cc_confine *c, struct cc_error *err);

/* The version of Landlock's interface, 0 for none. */
int cc_confine_landlock_abi(void);
int cc_confine_limit_files(const struct cc_confine *c, int abi, struct cc_error *err);
