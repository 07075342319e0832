/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cli/golden.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	ck_assert_msg(strcmp(want.data, cc_buf_str(got)) == 0, "%s differs.\n--- want\n%s--- got\n%s", path, want.data, cc_buf_str(got));
}
