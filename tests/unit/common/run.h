/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs one test case as a program: int main(void) { return run_tests("arena", tc); } */
#pragma once

#include <check.h>
#include <stdlib.h>

static inline int run_tests(const char *name, TCase *tc)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
