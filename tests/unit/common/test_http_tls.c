/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curl that does not take an option. */
#include "tests/lib/test.h"
#include "tests/unit/common/http_fixture.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#undef curl_easy_setopt

static CURLoption unknown;
static bool was_asked;

/* Instead of curl's own. Every value of an option is as wide as a pointer here. */
CURLcode curl_easy_setopt(CURL *handle, CURLoption option, ...)
{
	CURLcode (*real)(CURL *, CURLoption, ...) = (CURLcode(*)(CURL *, CURLoption, ...))dlsym(RTLD_NEXT, "curl_easy_setopt");
	va_list ap;
	void *value;

	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	was_asked |= option == unknown;
	return option == unknown ? CURLE_NOT_BUILT_IN : real(handle, option, value);
}

static const CURLoption needed[] = { CURLOPT_PINNEDPUBLICKEY, CURLOPT_SSLVERSION, CURLOPT_PROTOCOLS_STR, CURLOPT_PROXY, CURLOPT_SSLCERT,
	CURLOPT_SSLKEY, CURLOPT_SSL_SESSIONID_CACHE, CURLOPT_HTTPHEADER };

START_TEST(nothing_is_sent_when_curl_does_not_take_an_option)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	unknown = needed[_i];
	connect_over(1);
	run(&r, &o);
	ck_assert(was_asked);
	ck_assert(o.failed);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(o.err.msg, curl_easy_strerror(CURLE_NOT_BUILT_IN)));
	ck_assert_uint_eq(test_server_connections(server), 0);
}
END_TEST

START_TEST(all_options_are_taken_by_this_curl)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	unknown = CURLOPT_LASTENTRY;
	connect_over(1);
	run(&r, &o);
	ck_assert(!o.failed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_tls");
	TCase *tc = tcase_create("http_tls");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
	tcase_add_loop_test(tc, nothing_is_sent_when_curl_does_not_take_an_option, 0, CC_ARRAY_LEN(needed));
	tcase_add_test(tc, all_options_are_taken_by_this_curl);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
