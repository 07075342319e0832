/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cli/golden.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Check takes no long messages: a few lines from the first difference on say enough. */
#define SHOWN 1000

static void fail_at_difference(const char *path, const char *want, const char *got)
{
	int line = 1;
	size_t same = 0, start = 0;

	for (; want[same] != '\0' && want[same] == got[same]; same++)
		if (want[same] == '\n') {
			line++;
			start = same + 1;
		}
	ck_abort_msg("%s differs in line %d.\n--- want\n%.*s\n--- got\n%.*s", path, line, SHOWN, want + start, SHOWN, got + start);
}

void golden_check(const char *path, const struct cc_buf *got)
{
	cc_auto_buf struct cc_buf want = { 0 };
	FILE *f = fopen(path, getenv("CC_GOLDEN_UPDATE") != NULL ? "w" : "r");

	ck_assert_msg(f != NULL, "no %s; ctest --preset golden-update makes it", path);
	if (getenv("CC_GOLDEN_UPDATE") != NULL) {
		fwrite(cc_buf_str(got), 1, got->len, f);
		fclose(f);
		return;
	}
	want.len = fread(cc_buf_reserve(&want, 1 << 20), 1, 1 << 20, f);
	cc_buf_addc(&want, '\0');
	fclose(f);
	if (strcmp(want.data, cc_buf_str(got)) != 0)
		fail_at_difference(path, want.data, cc_buf_str(got));
}
