/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/store/store.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *conninfo;
	const char *ports;
	const char *file; /* one of them, or NULL */
	bool anywhere;
} cases[] = {
	{ "dbname=x", "5432", "/home/zone/.pgpass", false },
	{ "host=a,b,c port=6432,,7432", "6432 7432 5432", NULL, false },
	{ "postgresql://u@h:6543/x", "6543 5432", "/home/zone/.postgresql", false },
	{ "host=h passfile=/etc/cc/pass sslrootcert=/etc/cc/ca.pem", "5432", "/etc/cc/ca.pem", false },
	{ "host=h sslrootcert=system", "5432", NULL, false },
	{ "service=zone", "5432", NULL, true },
	{ "this is no conninfo", "5432", NULL, false },
	{ "port=99999", "5432", NULL, false },
};

START_TEST(ports_and_files_come_from_the_conninfo)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	const char *ports = "";
	struct store_reach r;
	bool found = cases[_i].file == NULL;

	unsetenv("PGPORT");
	unsetenv("PGSERVICE");
	setenv("HOME", "/home/zone", 1);
	store_reach(cases[_i].conninfo, a, &r);
	for (size_t i = 0; i < r.n_ports; i++)
		ports = cc_printf(a, "%s%s%u", ports, i > 0 ? " " : "", r.ports[i]);
	for (size_t i = 0; i < r.n_files; i++)
		found |= cases[_i].file != NULL && strcmp(r.files[i], cases[_i].file) == 0;
	ck_assert_str_eq(ports, cases[_i].ports);
	ck_assert(found);
	ck_assert_int_eq(r.anywhere, cases[_i].anywhere);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reach");
	TCase *tc = tcase_create("reach");

	tcase_add_loop_test(tc, ports_and_files_come_from_the_conninfo, 0, CC_ARRAY_LEN(cases));
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
