/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, completion and the manual page against files: they cannot differ from the command table. */
#include "cli/completion.h"
#include "cli/help.h"
#include "common/error.h"
#include "tests/lib/test.h"
#include "tests/unit/cli/golden.h"

START_TEST(every_exit_status_is_explained)
{
	for (int code = 0; code < CC_CODE_MAX; code++)
		ck_assert_ptr_nonnull(help_exit_status(cc_code_info((enum cc_code)code)->exit_status));
}
END_TEST

START_TEST(help_and_manual_are_as_agreed)
{
	cc_auto_buf struct cc_buf out = { 0 };

	help_overview(command_table, &out);
	golden_check("tests/golden/cli/help", &out);
	cc_buf_clear(&out);
	for (const struct cmd *c = command_table; c->name != NULL; c++) {
		help_command(c, &out);
		cc_buf_adds(&out, "----\n");
	}
	golden_check("tests/golden/cli/help.commands", &out);
	cc_buf_clear(&out);
	help_group(command_table, "image", &out);
	golden_check("tests/golden/cli/help.image", &out);
	cc_buf_clear(&out);
	completion_bash(command_table, &out);
	golden_check("tests/golden/cli/completion.bash", &out);
	cc_buf_clear(&out);
	completion_zsh(command_table, &out);
	golden_check("tests/golden/cli/completion.zsh", &out);
	cc_buf_clear(&out);
	completion_fish(command_table, &out);
	golden_check("tests/golden/cli/completion.fish", &out);
	cc_buf_clear(&out);
	help_man(command_table, &out);
	golden_check("docs/man/ccctl.1", &out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli help");
	TCase *tc = tcase_create("help");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, every_exit_status_is_explained);
	tcase_add_test(tc, help_and_manual_are_as_agreed);
	return test_run(s);
}
