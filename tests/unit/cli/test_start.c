/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ccctl loads: libraries that a command does not need would be most of its time. */
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"
#include "tests/unit/common/http_fixture.h"

#include <string.h>

#define PIN "0000000000000000000000000000000000000000000000000000000000000000"

static const struct fake_row rows[] = {
	{ "GET", "/v1/status", 200,
	        "{\"zone\":\"z\",\"version\":\"0.1.0\",\"nodes\":0,\"nodes_ready\":0,\"instances\":0,\"instances_running\":0,\"images\":0,\"revision\":1,\"database\":"
	        "\"ok\"}" },
	{ "GET", "/v1/nodes", 200, NODES },
	{ "POST", "/v1/images", 201, IMAGE_BUSYBOX },
	{ NULL },
};

static void setup(void)
{
	fixture_setup();
	fake_start(rows);
}

static void teardown(void)
{
	fake_stop();
	fixture_teardown();
}

/* Whether the dynamic loader ran the constructors of a library with that in its name while `line` ran. */
static bool loads(const char *line, const char *library)
{
	struct ran r = fake_run("%s >/dev/null 2>&1 </dev/null; cat trace.* | sed -n 's/.*calling init: //p'; rm -f trace.*", line);

	ck_assert_msg(strstr(r.out, "libc.so") != NULL, "nothing was traced: %s", r.out);
	return strstr(r.out, library) != NULL;
}

#define TRACED "LD_DEBUG=files LD_DEBUG_OUTPUT=trace "

START_TEST(over_the_unix_socket_there_is_no_tls)
{
	static const char *const lines[] = { TRACED "ccctl status", TRACED "ccctl node list -o json", TRACED "ccctl --help" };
	static const char *const heavy[] = { "curl", "tls", "nettle", "krb5", "ldap", "archive", "xml", "lzma", "yaml", "libcc-" };

	for (size_t i = 0; i < CC_ARRAY_LEN(heavy); i++)
		ck_assert_msg(!loads(lines[_i], heavy[i]), "%s loads %s", lines[_i], heavy[i]);
	ck_assert_int_eq(fake_run("%s", lines[_i]).status, 0);
}
END_TEST

START_TEST(an_import_needs_archives_and_no_tls)
{
	static const char line[] = "echo hi >f; tar cf a.tar f; " TRACED "ccctl image import a a.tar";

	ck_assert(loads(line, "libcc-tarball.so"));
	ck_assert(loads(line, "libarchive"));
	ck_assert(!loads(line, "curl"));
}
END_TEST

START_TEST(over_the_network_there_is)
{
	static const char line[] = TRACED "ccctl --controller 127.0.0.1:1 --pin " PIN " --token t status";

	ck_assert(loads(line, "libcc-http-tls.so"));
	ck_assert(loads(line, "curl"));
	ck_assert(!loads(line, "archive"));
}
END_TEST

/* The whole way through the module, to a server that is none of ours. */
START_TEST(the_loaded_transport_knows_the_pin)
{
	char pin[CC_PIN_HEX];
	struct ran r;

	connect_over(1);
	cc_pin_format(cc_key_pair_pin(_i == 0 ? server_key : client_key), pin);
	r = fake_run("ccctl --controller %s --pin %s --token t status", server_address(server), pin);
	ck_assert_msg(strstr(r.err, _i == 0 ? "(HTTP 201) is not from a CommunityCloud controller" : "has another key than the one pinned") != NULL,
	        "%s", r.err);
	ck_assert_uint_eq(test_server_requests(server), _i == 0 ? 1 : 0);
}
END_TEST

static const struct {
	const char *line;
	const char *module;
} parts[] = {
	{ "bin/ccctl --controller 127.0.0.1:1 --pin " PIN " --token t status", "libcc-http-tls.so" },
	{ "bin/ccctl image import a a.tar", "libcc-tarball.so" },
};

START_TEST(a_missing_part_is_told)
{
	struct ran r =
	        fake_run("mkdir bin && cp \"$(command -v ccctl)\" bin/ && bin/ccctl status >/dev/null && tar cf a.tar bin; %s", parts[_i].line);

	ck_assert_int_ne(r.status, 0);
	ck_assert_msg(strstr(r.err, parts[_i].module) != NULL && strstr(r.err, "the installation is not complete") != NULL, "%s", r.err);
	r = fake_run("echo >bin/%s; %s", parts[_i].module, parts[_i].line);
	ck_assert_int_ne(r.status, 0);
	ck_assert_msg(strstr(r.err, "bin/libcc-") != NULL && strstr(r.err, "file too short") != NULL, "%s", r.err);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli start");
	TCase *tc = tcase_create("start");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, over_the_unix_socket_there_is_no_tls, 0, 3);
	tcase_add_test(tc, an_import_needs_archives_and_no_tls);
	tcase_add_test(tc, over_the_network_there_is);
	tcase_add_loop_test(tc, the_loaded_transport_knows_the_pin, 0, 2);
	tcase_add_loop_test(tc, a_missing_part_is_told, 0, CC_ARRAY_LEN(parts));
	return test_run(s);
}
