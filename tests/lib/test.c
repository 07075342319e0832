/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lib/test.h"

#include <stdlib.h>

enum { EXIT_SKIPPED = 77 };

int test_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	if (srunner_ntests_run(runner) == 0) {
		fprintf(stderr, "error: no test ran\n");
		failed = 1;
	}
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void test_skip(const char *why)
{
	printf("SKIP: %s\n", why);
	fflush(stdout);
	exit(EXIT_SKIPPED);
}
