/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every Check program needs: run one suite, and skip with a reason. Test names are sentences that state the behaviour. */
#pragma once

#include "common/check.h"

#include <check.h>
#include <stdio.h>

/* Runs the suite, each test in a process of its own, prints what failed, and gives main()'s exit status. Frees the suite. */
CC_MUST_USE int test_run(Suite *suite);

/* Ends the whole program as skipped: ctest shows it, tests/run counts it. For main(). */
CC_NORETURN void test_skip(const char *why);

/* Leaves a START_TEST as skipped; tests/run counts it too. */
#define TEST_SKIP_CASE(why)                              \
	do {                                             \
		printf("SKIP: %s: %s\n", __func__, why); \
		fflush(stdout);                          \
		return;                                  \
	} while (0)
