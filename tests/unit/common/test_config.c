/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/config_args.h"
#include "tests/lib/test.h"
#include "tests/unit/common/config_fixture.h"

#include <string.h>

static char file_path[] = "/tmp/cc-config-XXXXXX";

static void write_file(const char *text)
{
	FILE *f = fopen(file_path, "w");

	fputs(text, f);
	fclose(f);
}

static void setup(void)
{
	int fd = mkstemp(file_path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(file_path);
	strcpy(file_path + strlen(file_path) - 6, "XXXXXX");
}

static struct cc_config *load(const char *file, const char *set)
{
	struct cc_config_sources from = { .path = file != NULL ? file_path : NULL, .sets = &set, .n_sets = set != NULL };
	struct cc_config *config = NULL;
	struct cc_error err = { 0 };

	if (file != NULL)
		write_file(file);
	ck_assert_msg(cc_config_load(&fixture_settings, &from, &config, &err) == 0, "%s", err.msg);
	return config;
}

START_TEST(defaults_are_read_by_the_same_parser_as_user_text)
{
	struct cc_config *config = load(NULL, NULL);
	const struct fixture_config *cfg = fixture_config(config);

	ck_assert_str_eq(cfg->http_listen.host, "::");
	ck_assert_int_eq(cfg->http_listen.port, 8443);
	ck_assert_int_eq(cfg->http_threads, 2);
	ck_assert_int_eq(cfg->node_lease_ms, 30000);
	ck_assert_int_eq(cfg->cache_bytes, 512LL << 20);
	ck_assert_int_eq(cfg->share, 50);
	ck_assert(cfg->metrics);
	ck_assert_str_eq(cfg->state_dir, "/var/lib/cc");
	ck_assert_str_eq(cfg->log_level, "info");
	ck_assert_uint_eq(cfg->peers.n, 2);
	ck_assert_str_eq(cfg->peers.items[1], "b");
	ck_assert_uint_eq(cfg->labels.n, 2);
	ck_assert_str_eq(cfg->labels.items[1].key, "disk");
	ck_assert_str_eq(cfg->labels.items[1].value, "ssd");
	cc_config_free(config);
}
END_TEST

START_TEST(a_later_source_wins)
{
	struct cc_config *config;

	config = load("http_threads: 3\n", NULL);
	ck_assert_int_eq(fixture_config(config)->http_threads, 3);
	cc_config_free(config);
	setenv("CC_HTTP_THREADS", "4", 1);
	config = load("http_threads: 3\n", NULL);
	ck_assert_int_eq(fixture_config(config)->http_threads, 4);
	cc_config_free(config);
	config = load("http_threads: 3\n", "http_threads=5");
	ck_assert_int_eq(fixture_config(config)->http_threads, 5);
	cc_config_free(config);
}
END_TEST

START_TEST(lists_and_maps_come_in_yaml_or_with_commas)
{
	struct cc_config *config = load("peers: [x, 'y, z']\nlabels:\n  a: 1\n  b: no\n", NULL);

	ck_assert_uint_eq(fixture_config(config)->peers.n, 2);
	ck_assert_str_eq(fixture_config(config)->peers.items[1], "y, z");
	ck_assert_str_eq(fixture_config(config)->labels.items[1].value, "no");
	cc_config_free(config);
	config = load(NULL, "peers=");
	ck_assert_uint_eq(fixture_config(config)->peers.n, 0);
	cc_config_free(config);
}
END_TEST

static const struct {
	const char *file;
	const char *set;
	const char *says;
} refused[] = {
	{ "http_threads: 65\n", NULL, ":1: http_threads: '65' is out of range; allowed: 1 to 64" },
	{ "\nhttp_threads: many\n", NULL, ":2: http_threads: 'many' is not a whole number; allowed: 1 to 64" },
	{ "http_threads: 99999999999999999999\n", NULL, "too large a number" },
	{ "http_threads: 3\nhttp_threads: 4\n", NULL, ":2: http_threads was set before, on line 1" },
	{ "http_thread: 3\n", NULL, ":1: there is no setting 'http_thread'; did you mean 'http_threads'?" },
	{ "http-threads: 3\n", NULL, "did you mean 'http_threads'?" },
	{ "something_else_entirely: 3\n", NULL, "there is no setting 'something_else_entirely'; --example-config" },
	{ "http_threads: [3]\n", NULL, "http_threads: must be a single value" },
	{ "http_threads:\n", NULL, "http_threads: has no value; remove the line to use the default" },
	{ "zone_name: ~\n", NULL, "zone_name: has no value" },
	{ "peers: a\n", NULL, "peers: must be a list: [a, b]" },
	{ "peers: [a, b, c, d]\n", NULL, "at most 3 items" },
	{ "labels: [a]\n", NULL, "labels: must be a mapping" },
	{ "labels: {a: 1, a: 2}\n", NULL, "key 'a' stands there twice" },
	{ "labels: {a: [b]}\n", NULL, "a of labels must be a plain value" },
	{ "node_lease_ms: 30\n", NULL, "'30' is not a duration" },
	{ "node_lease_ms: 1s\n", NULL, "allowed: 5s to 10m" },
	{ "cache_bytes: 5GB\n", NULL, "'5GB' is not a size" },
	{ "cache_bytes: 9999999999TiB\n", NULL, "is not a size" },
	{ "share: 101%\n", NULL, "allowed: 0 to 100" },
	{ "metrics: maybe\n", NULL, "'maybe' is neither true nor false" },
	{ "zone_name: ''\n", NULL, "allowed: 1 to 16 bytes" },
	{ "state_dir: var/lib\n", NULL, "is not an absolute path" },
	{ "log_level: chatty\n", NULL, "'chatty' is not known; allowed: error, warning, info, debug" },
	{ "log_level: warn\n", NULL, "'warn' is not known" },
	{ "http_listen: 8443\n", NULL, "'8443' is not an address" },
	{ "http_listen: '::1:80'\n", NULL, "is not an address" },
	{ "http_listen: 'host:65536'\n", NULL, "is not an address" },
	{ "http_listen: '[host]:1'\n", NULL, "is not an address" },
	{ NULL, "http_threads", "write it as --set name=value" },
	{ NULL, "htpt_threads=1", "--set: there is no setting 'htpt_threads'; did you mean 'http_threads'?" },
	{ NULL, "http_threads=0", "--set: http_threads: '0' is out of range" },
	{ NULL, "http_threads=+1", "'+1' is not a whole number" },
	{ NULL, "labels=a", "'a' is not a pair; write it as key=value" },
	{ NULL, "peers=a,,b", "item 2 is empty" },
};

START_TEST(a_wrong_setting_is_refused_with_its_place_and_range)
{
	struct cc_config_sources from = { .path = refused[_i].file ? file_path : NULL, .sets = &refused[_i].set, .n_sets = refused[_i].set != NULL };
	struct cc_config *config = NULL;
	struct cc_error err = { 0 };

	if (refused[_i].file != NULL)
		write_file(refused[_i].file);
	ck_assert_int_eq(cc_config_load(&fixture_settings, &from, &config, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_ptr_null(config);
	ck_assert_msg(strstr(err.msg, refused[_i].says) != NULL, "'%s' does not say '%s'", err.msg, refused[_i].says);
	if (refused[_i].file != NULL)
		ck_assert_msg(strncmp(err.msg, file_path, strlen(file_path)) == 0, "'%s' does not name the file", err.msg);
}
END_TEST

START_TEST(a_missing_file_is_an_error_only_when_it_was_asked_for)
{
	struct cc_config_sources from = { .path = "/nonexistent/cc.yaml" };
	struct cc_config *config = NULL;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_config_load(&fixture_settings, &from, &config, &err), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	from.path_optional = true;
	ck_assert_int_eq(cc_config_load(&fixture_settings, &from, &config, &err), 0);
	cc_config_free(config);
}
END_TEST

START_TEST(what_is_shown_can_be_loaded_again)
{
	cc_auto_buf struct cc_buf shown = { 0 }, diff = { 0 };
	struct cc_config *first = load("zone_name: 'a \"b\" \\ ñ'\nlabels: {'k: v': \"x\\ty\"}\npeers: []\nhttp_listen: 'h:1'\n", NULL);
	struct cc_config *second;

	cc_config_show(first, &shown);
	second = load(cc_buf_str(&shown), NULL);
	cc_config_diff(first, second, &diff);
	ck_assert_str_eq(cc_buf_str(&diff), "");
	cc_config_free(first);
	cc_config_free(second);
}
END_TEST

START_TEST(the_example_names_every_setting_and_equals_the_defaults_when_uncommented)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	cc_auto_buf struct cc_buf example = { 0 }, diff = { 0 };
	struct cc_config *defaults = load(NULL, NULL);
	struct cc_config *uncommented;

	cc_config_example(&fixture_settings, &example);
	for (size_t i = 0; i < fixture_settings.n; i++) {
		char *name = strstr(example.data, cc_printf(arena, "\n#%s: ", fixture_settings.rows[i].name));

		ck_assert_ptr_nonnull(name);
		memmove(name + 1, name + 2, strlen(name + 1));
	}
	uncommented = load(example.data, NULL);
	cc_config_diff(defaults, uncommented, &diff);
	ck_assert_str_eq(cc_buf_str(&diff), "");
	cc_config_free(defaults);
	cc_config_free(uncommented);
}
END_TEST

START_TEST(a_secret_is_neither_shown_nor_quoted_in_errors)
{
	cc_auto_buf struct cc_buf shown = { 0 };
	struct cc_config *config = load("admin_secret: hunter2\n", NULL);
	char set[128] = "admin_secret=";
	const char *sets[] = { set };
	struct cc_config_sources from = { .sets = sets, .n_sets = 1 };
	struct cc_error err = { 0 };

	cc_config_show(config, &shown);
	ck_assert_ptr_null(strstr(shown.data, "hunter2"));
	cc_config_free(config);
	memset(set + strlen(set), 'q', 70);
	ck_assert_int_eq(cc_config_load(&fixture_settings, &from, &config, &err), -1);
	ck_assert_ptr_null(strstr(err.msg, "qqq"));
}
END_TEST

START_TEST(a_reload_changes_only_what_may_change_and_names_the_rest)
{
	cc_auto_buf struct cc_buf restart = { 0 };
	struct cc_config *old = load("http_threads: 3\npeers: [x]\n", NULL);
	struct cc_config_sources from = { .path = file_path };
	struct cc_config *now = NULL;
	struct cc_error err = { 0 };

	write_file("http_threads: 9\nzone_name: away\npeers: [y]\nlog_level: debug\n");
	ck_assert_int_eq(cc_config_reload(old, &from, &now, &restart, &err), 0);
	cc_config_free(old);
	ck_assert_str_eq(cc_buf_str(&restart), "http_threads zone_name");
	ck_assert_int_eq(fixture_config(now)->http_threads, 3);
	ck_assert_str_eq(fixture_config(now)->zone_name, "home");
	ck_assert_str_eq(fixture_config(now)->peers.items[0], "y");
	ck_assert_str_eq(fixture_config(now)->log_level, "debug");
	cc_config_free(now);
}
END_TEST

START_TEST(the_manual_has_a_row_for_every_setting)
{
	cc_auto_buf struct cc_buf doc = { 0 };

	cc_config_markdown(&fixture_settings, &doc);
	for (size_t i = 0; i < fixture_settings.n; i++)
		ck_assert_ptr_nonnull(strstr(doc.data, fixture_settings.rows[i].name));
	ck_assert_ptr_nonnull(strstr(doc.data, "| `http_threads` | number | `2` | 1 to 64 | no | Threads that parse requests. |"));
	ck_assert_ptr_nonnull(strstr(doc.data, "a \\| is allowed"));
}
END_TEST

static const struct {
	const char *text;
	const char *formatted;
	int64_t bytes;
} sizes[] = {
	{ "0B", "0B", 0 },
	{ "1023B", "1023B", 1023 },
	{ "1024B", "1KiB", 1024 },
	{ "3GiB", "3GiB", 3LL << 30 },
	{ "2TiB", "2TiB", 2LL << 40 },
};

START_TEST(a_size_is_written_with_its_largest_unit)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct cc_error err = { 0 };
	int64_t bytes = -1;

	ck_assert_int_eq(cc_size_parse(sizes[_i].text, &bytes, &err), 0);
	ck_assert_int_eq(bytes, sizes[_i].bytes);
	ck_assert_str_eq(cc_size_format(arena, bytes), sizes[_i].formatted);
}
END_TEST

static const struct {
	const char *arg;
	bool run;
	int exit_status;
	const char *says;
} questions[] = {
	{ "--set=http_threads=3", true, 0, "" },
	{ "--show-config", false, 0, "http_threads: 2  # default\n" },
	{ "--check-config", false, 0, "the configuration is right\n" },
	{ "--example-config", false, 0, "#http_threads: 2\n" },
	{ "--config-markdown", false, 0, "| setting |" },
	{ "--version", false, 0, "cc-test 0" },
	{ "--help", false, 0, "--show-config" },
	{ "--set=http_threads=0", false, 2, "cc-test: --set: http_threads: '0' is out of range; allowed: 1 to 64\n" },
	{ "--config=/nonexistent/cc.yaml", false, 2, "cc-test: /nonexistent/cc.yaml: no such file\n" },
	{ "--frobnicate", false, 2, "frobnicate" },
	{ "start", false, 2, "cc-test: 'start' is not an option; see --help\n" },
};

START_TEST(a_daemon_answers_questions_without_starting)
{
	static const struct cc_program program = { "cc-test", "Tests.", "/nonexistent/default.yaml", &fixture_settings };
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	char *argv[] = { (char *)"cc-test", (char *)questions[_i].arg, NULL };
	struct cc_config *config = NULL;
	struct cc_args args;
	char said[8192] = "";
	FILE *out = freopen(file_path, "w+", questions[_i].exit_status ? stderr : stdout);

	cc_config_args(&program, 2, argv, arena, &args, &config);
	fflush(out);
	rewind(out);
	said[fread(said, 1, sizeof(said) - 1, out)] = '\0';
	ck_assert_int_eq(args.run, questions[_i].run);
	ck_assert_int_eq(args.exit_status, questions[_i].exit_status);
	ck_assert_int_eq(config != NULL, questions[_i].run);
	ck_assert_msg(strstr(said, questions[_i].says) != NULL, "'%s' does not say '%s'", said, questions[_i].says);
	cc_config_free(config);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, defaults_are_read_by_the_same_parser_as_user_text);
	tcase_add_test(tc, a_later_source_wins);
	tcase_add_test(tc, lists_and_maps_come_in_yaml_or_with_commas);
	tcase_add_loop_test(tc, a_wrong_setting_is_refused_with_its_place_and_range, 0, CC_ARRAY_LEN(refused));
	tcase_add_test(tc, a_missing_file_is_an_error_only_when_it_was_asked_for);
	tcase_add_test(tc, what_is_shown_can_be_loaded_again);
	tcase_add_test(tc, the_example_names_every_setting_and_equals_the_defaults_when_uncommented);
	tcase_add_test(tc, a_secret_is_neither_shown_nor_quoted_in_errors);
	tcase_add_test(tc, a_reload_changes_only_what_may_change_and_names_the_rest);
	tcase_add_test(tc, the_manual_has_a_row_for_every_setting);
	tcase_add_loop_test(tc, a_size_is_written_with_its_largest_unit, 0, CC_ARRAY_LEN(sizes));
	tcase_add_loop_test(tc, a_daemon_answers_questions_without_starting, 0, CC_ARRAY_LEN(questions));
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
