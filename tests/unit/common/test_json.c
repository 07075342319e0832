/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON into structs: types, limits, presence. Whether a text is JSON at all is test_json_text.c's. */
#include "common/clock.h"
#include "common/json.h"
#include "common/model.h"
#include "tests/lib/test.h"

#include <string.h>

/* One field of each kind, and both ways of nesting. */
struct inner {
	uint64_t has;
	int64_t epoch;
	enum on_disconnect mode;
};

struct probe {
	uint64_t has;
	bool flag;
	int64_t number;
	int64_t memory;
	const char *text;
	const char *name;
	const char *sha;
	struct cc_uuid id;
	int64_t when;
	struct cc_map labels;
	struct cc_texts texts;
	struct cc_uuids ids;
	enum inst_state state;
	enum on_disconnect way;
	struct cc_list list;
	int64_t hidden;
};

static const struct cc_field inner_fields[] = {
	{ "epoch", CK_count, 0, offsetof(struct inner, epoch), 0, NULL, NULL, "" },
	{ "mode", CK_enum, 0, offsetof(struct inner, mode), 1, &on_disconnect_enum, NULL, "" },
};
static const struct cc_desc inner_desc = { "inner", sizeof(struct inner), inner_fields, CC_ARRAY_LEN(inner_fields) };

static const struct cc_field probe_fields[] = {
	{ "flag", CK_flag, CC_OPT, offsetof(struct probe, flag), 0, NULL, NULL, "" },
	{ "number", CK_number, CC_OPT, offsetof(struct probe, number), 1, NULL, NULL, "" },
	{ "memory", CK_memory_mib, CC_OPT, offsetof(struct probe, memory), 2, NULL, NULL, "" },
	{ "text", CK_text, CC_OPT, offsetof(struct probe, text), 3, NULL, NULL, "" },
	{ "name", CK_name, 0, offsetof(struct probe, name), 4, NULL, NULL, "" },
	{ "sha", CK_sha256, CC_OPT, offsetof(struct probe, sha), 5, NULL, NULL, "" },
	{ "id", CK_uuid, CC_OPT, offsetof(struct probe, id), 6, NULL, NULL, "" },
	{ "when", CK_time, CC_OPT, offsetof(struct probe, when), 7, NULL, NULL, "" },
	{ "labels", CK_labels, CC_OPT, offsetof(struct probe, labels), 8, NULL, NULL, "" },
	{ "texts", CK_texts, CC_OPT, offsetof(struct probe, texts), 9, NULL, NULL, "" },
	{ "ids", CK_uuids, CC_OPT, offsetof(struct probe, ids), 10, NULL, NULL, "" },
	{ "state", CK_enum, CC_OPT, offsetof(struct probe, state), 11, &inst_state_enum, NULL, "" },
	{ "way", CK_enum, CC_OPT, offsetof(struct probe, way), 12, &on_disconnect_enum, NULL, "" },
	{ "list", CK_list, CC_OPT, offsetof(struct probe, list), 13, NULL, &inner_desc, "" },
	{ "hidden", CK_count, CC_NOJSON, offsetof(struct probe, hidden), 14, NULL, NULL, "" },
};
static const struct cc_desc probe_desc = { "probe", sizeof(struct probe), probe_fields, CC_ARRAY_LEN(probe_fields) };

static struct cc_arena *arena;
static struct probe p;

static void set_up(void)
{
	arena = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(arena);
}

static int decode(const char *text, enum cc_json_mode mode, struct cc_error *err)
{
	memset(&p, 0xa5, sizeof(p));
	return cc_json_decode(&probe_desc, text, strlen(text), mode, &p, arena, err);
}

#define MUST(text, mode)                                                       \
	do {                                                                   \
		struct cc_error e_ = { 0 };                                    \
		ck_assert_msg(decode((text), (mode), &e_) == 0, "%s", e_.msg); \
	} while (0)

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ID  "01932a6e-8c00-7abc-8def-0123456789ab"

START_TEST(each_kind_is_read)
{
	MUST("{\"flag\":true,\"number\":-9223372036854775808,\"memory\":4,\"text\":\"\\u00fc\\n\",\"name\":\"a\",\"sha\":\"" SHA "\",\"id\":\"" ID
	     "\",\"when\":\"1970-01-01T01:00:00.5+01:00\",\"labels\":{\"b\":\"1\",\"a\":\"\"},\"texts\":[\"x\",\"\"],\"ids\":[\"" ID
	     "\"],\"state\":\"running\",\"way\":\"stop\",\"list\":[{\"epoch\":8,\"mode\":\"stop\"}]}",
	        CC_JSON_STRICT);
	ck_assert(p.flag);
	ck_assert_int_eq(p.number, INT64_MIN);
	ck_assert_int_eq(p.memory, 4);
	ck_assert_str_eq(p.text, "\xc3\xbc\n");
	ck_assert_int_eq(p.when, 500);
	ck_assert_uint_eq(p.labels.n, 2);
	ck_assert_str_eq(p.labels.items[0].key, "b");
	ck_assert_str_eq(cc_map_get(&p.labels, "a"), "");
	ck_assert_ptr_null(cc_map_get(&p.labels, "c"));
	ck_assert_str_eq(p.texts.items[1], "");
	ck_assert_uint_eq(p.ids.n, 1);
	ck_assert_int_eq(p.state, INST_RUNNING);
	ck_assert_int_eq(p.way, ON_DISCONNECT_STOP);
	ck_assert_int_eq(((struct inner *)p.list.items)[0].epoch, 8);
	for (size_t i = 0; i + 1 < CC_ARRAY_LEN(probe_fields); i++)
		ck_assert(cc_field_has(&probe_fields[i], &p));
}
END_TEST

START_TEST(what_is_absent_or_null_is_zero_and_not_there)
{
	MUST("{\"name\":\"a\",\"flag\":null,\"number\":null,\"text\":null,\"id\":null,\"when\":null,\"labels\":null,\"texts\":null,\"ids\":null,"
	     "\"state\":null,\"list\":null}",
	        CC_JSON_STRICT);
	for (size_t i = 0; i + 1 < CC_ARRAY_LEN(probe_fields); i++)
		ck_assert_int_eq(cc_field_has(&probe_fields[i], &p), i == 4);
	ck_assert_ptr_null(p.text);
	ck_assert_uint_eq(p.list.n, 0);
	ck_assert_int_eq(p.hidden, 0);
}
END_TEST

/* A text of n characters in quotes. */
#define X10   "xxxxxxxxxx"
#define X50   X10 X10 X10 X10 X10
#define X64   X50 X10 "xxxx"
#define X128  X64 X64
#define X1024 X128 X128 X128 X128 X128 X128 X128 X128

static const struct {
	const char *members; /* beside the name */
	const char *message;
} wrong[] = {
	{ "\"flag\":1", "flag: is a whole number, should be true or false" },
	{ "\"flag\":\"true\"", "flag: is a text, should be true or false" },
	{ "\"number\":\"1\"", "number: is a text, should be a whole number" },
	{ "\"number\":1.0", "number: is a number with a fraction or an exponent, should be a whole number" },
	{ "\"number\":1e3", "number: is a number with a fraction or an exponent, should be a whole number" },
	{ "\"number\":true", "number: is true or false, should be a whole number" },
	{ "\"number\":9223372036854775808", "number: the number is out of range" },
	{ "\"number\":-9223372036854775809", "number: the number is out of range" },
	{ "\"number\":18446744073709551615", "number: the number is out of range" },
	{ "\"memory\":3", "memory: 3 is below 4" },
	{ "\"memory\":16777217", "memory: 16777217 is above 16777216" },
	{ "\"memory\":-9223372036854775808", "memory: -9223372036854775808 is below 4" },
	{ "\"text\":1", "text: is a whole number, should be a text" },
	{ "\"text\":\"" X1024 "x\"", "text: 1025 bytes are more than the 1024 allowed" },
	{ "\"sha\":\"\"", "sha: '' is not a SHA-256 in lower-case hex" },
	{ "\"sha\":\"" X64 "\"", "sha: '" X64 "' is not a SHA-256 in lower-case hex" },
	{ "\"id\":\"\"", "id: '' is not a UUID" },
	{ "\"id\":5", "id: is a whole number, should be an id" },
	{ "\"when\":5", "when: is a whole number, should be a time" },
	{ "\"when\":\"now\"", "when: 'now' is not a time; write it as 2026-11-20T21:05:00Z" },
	{ "\"labels\":[]", "labels: is a list, should be an object of texts" },
	{ "\"labels\":{\"a\":1}", "labels.a: is a whole number, should be a text" },
	{ "\"labels\":{\"a\":null}", "labels.a: is null, should be a text" },
	{ "\"labels\":{\"a\":\"" X1024 "x\"}", "labels.a: 1025 bytes are more than the 1024 allowed" },
	{ "\"labels\":{\"\":\"1\"}", "labels: must not be empty" },
	{ "\"labels\":{\"" X128 "x\":\"1\"}", "labels: 129 bytes are more than the 128 allowed" },
	{ "\"labels\":{\"a\":\"1\",\"a\":\"2\"}", "labels.a: is given twice" },
	{ "\"texts\":{}", "texts: is an object, should be a list of texts" },
	{ "\"texts\":[\"a\",null]", "texts[1]: is null, should be a text" },
	{ "\"ids\":[\"" ID "\",\"x\"]", "ids[1]: 'x' is not a UUID" },
	{ "\"ids\":[7]", "ids[0]: is a whole number, should be an id" },
	{ "\"state\":\"dreaming\"",
	        "state: 'dreaming' is none of: requested, assigned, starting, running, stopping, stopped, failed, deleting, unreachable" },
	{ "\"state\":3", "state: is a whole number, should be a word" },
	{ "\"way\":\"\"", "way: '' is none of: keep, stop" },
	{ "\"way\":\"Keep\"", "way: 'Keep' is none of: keep, stop" },
	{ "\"list\":[{}]", "list[0].epoch: is missing" },
	{ "\"list\":[{\"epoch\":1,\"mode\":\"keep\",\"x\":1}]", "list[0].x: no such member; see /v1/openapi.json" },
	{ "\"list\":{}", "list: is an object, should be a list" },
	{ "\"list\":[null]", "list[0]: is null, should be an object" },
	{ "\"list\":[{\"epoch\":1,\"mode\":\"keep\"},{\"epoch\":-1,\"mode\":\"keep\"}]", "list[1].epoch: -1 is below 0" },
	{ "\"list\":[{\"epoch\":1,\"epoch\":1}]", "list[0].epoch: is given twice" },
	{ "\"hidden\":1", "hidden: no such member; see /v1/openapi.json" },
	{ "\"Flag\":true", "Flag: no such member; see /v1/openapi.json" },
	{ "\"flag \":true", "flag : no such member; see /v1/openapi.json" },
	{ "\"name\":\"b\"", "name: is given twice" },
	{ "\"n\\u0061me\":\"b\"", "name: is given twice" },
};

/* "list[1].epoch: -1 is below 0" -> "/list/1/epoch" */
static const char *pointer_of(const char *message)
{
	char *pointer = cc_printf(arena, "/%.*s", (int)(strchr(message, ':') - message), message), *to = pointer;

	for (const char *at = pointer; *at != '\0'; at++)
		if (*at != ']')
			*to++ = *at == '.' || *at == '[' ? '/' : *at;
	*to = '\0';
	return pointer;
}

START_TEST(what_does_not_fit_is_refused_by_member)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(wrong); i++) {
		struct cc_error err = { 0 };

		ck_assert_msg(decode(cc_printf(arena, "{\"name\":\"a\",%s}", wrong[i].members), CC_JSON_STRICT, &err) == -1, "%s", wrong[i].members);
		ck_assert_msg(strcmp(err.msg, wrong[i].message) == 0, "%s: %s", wrong[i].members, err.msg);
		ck_assert_str_eq(err.pointer, pointer_of(err.msg));
		ck_assert_int_eq(err.code, CC_INVALID);
	}
}
END_TEST

START_TEST(a_pointer_is_escaped_and_never_cut)
{
	static char long_name[300];
	struct cc_error err = { 0 };

	ck_assert_int_eq(decode("{\"name\":\"a\",\"a/b~c\":1}", CC_JSON_STRICT, &err), -1);
	ck_assert_str_eq(err.pointer, "/a~1b~0c");
	memset(long_name, 'x', sizeof(long_name) - 1);
	ck_assert_int_eq(decode(cc_printf(arena, "{\"name\":\"a\",\"%s\":1}", long_name), CC_JSON_STRICT, &err), -1);
	ck_assert_str_eq(err.pointer, "");
	ck_assert_int_eq(decode("[", CC_JSON_STRICT, &err), -1);
	ck_assert_str_eq(err.pointer, "");
}
END_TEST

static const struct {
	const char *text;
	const char *message;
} no_probe[] = {
	{ "null", "should be an object, is null" },
	{ "[]", "should be an object, is a list" },
	{ "\"x\"", "should be an object, is a text" },
	{ "5", "should be an object, is a whole number" },
	{ "{}", "name: is missing" },
	{ "{\"name\":null}", "name: is null, should be a text" },
	{ "{\"name\":\"\"}", "name: must not be empty" },
	{ "{\"name\":\"" X64 "\"}", "name: 64 bytes are more than the 63 allowed" },
	{ "{\"name\":\"\xff\"}", "the JSON text is not valid UTF-8" },
	{ "{\"name\":\"\xc0\x80\"}", "the JSON text is not valid UTF-8" },
	{ "{\"name\":\"\xed\xa0\x80\"}", "the JSON text is not valid UTF-8" },
	{ "{\"name\":\"\\ud800\"}", "not JSON at byte 15: half of a pair of \\u escapes" },
	{ "{\"name\":\"a\\u0000\"}", "not JSON at byte 16: a text cannot hold \\u0000" },
};

START_TEST(what_is_no_such_object_is_refused)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(no_probe); i++) {
		struct cc_error err = { 0 };

		ck_assert_msg(decode(no_probe[i].text, CC_JSON_STRICT, &err) == -1, "%s", no_probe[i].text);
		ck_assert_str_eq(err.msg, no_probe[i].message);
	}
}
END_TEST

START_TEST(a_nul_byte_is_no_end)
{
	static const char text[] = "{\"name\":\"a\"}\0{}";
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_json_decode(&probe_desc, text, sizeof(text) - 1, CC_JSON_STRICT, &p, arena, &err), -1);
}
END_TEST

static const char *const good_names[] = { "a", "0", "a-b", "a--b", "0a9", "abcdefghijklmnopqrstuvwxyz-0123456789" };
static const char *const bad_names[] = { "-", "-a", "a-", "A", "a.b", "a_b", "a b", "a\xc3\xbc", "a/b", "..", "a\\n" };

START_TEST(only_dns_labels_are_names)
{
	struct cc_error err = { 0 };

	for (size_t i = 0; i < CC_ARRAY_LEN(good_names); i++)
		MUST(cc_printf(arena, "{\"name\":\"%s\"}", good_names[i]), CC_JSON_STRICT);
	for (size_t i = 0; i < CC_ARRAY_LEN(bad_names); i++) {
		ck_assert_msg(decode(cc_printf(arena, "{\"name\":\"%s\"}", bad_names[i]), CC_JSON_STRICT, &err) == -1, "%s", bad_names[i]);
		ck_assert_ptr_nonnull(strstr(err.msg, "is not a DNS label"));
	}
}
END_TEST

START_TEST(a_lenient_reader_passes_over_what_is_new)
{
	struct cc_error err = { 0 };

	MUST("{\"name\":\"a\",\"future\":{\"x\":[1.5,null]},\"state\":\"migrating\",\"hidden\":7,\"way\":\"stop\"}", CC_JSON_LENIENT);
	ck_assert(!cc_field_has(cc_desc_find(&probe_desc, "state"), &p));
	ck_assert(cc_field_has(cc_desc_find(&probe_desc, "way"), &p));
	ck_assert_int_eq(p.hidden, 0);
	MUST("{\"name\":\"a\",\"list\":[{\"epoch\":1,\"mode\":\"keep\",\"future\":1}]}", CC_JSON_LENIENT);
	ck_assert_int_eq(decode("{\"name\":\"a\",\"list\":[{\"epoch\":1,\"mode\":\"guess\"}]}", CC_JSON_LENIENT, &err), -1);
	ck_assert_str_eq(err.msg, "list[0].mode: 'guess' is none of: keep, stop");
	ck_assert_int_eq(decode("{\"name\":\"a\",\"state\":5}", CC_JSON_LENIENT, &err), -1);
	ck_assert_int_eq(decode("{\"name\":\"a\",\"future\":1,\"future\":1}", CC_JSON_LENIENT, &err), -1);
}
END_TEST

/* {"name":"a","MEMBER":OPEN item, ... CLOSE} */
static int decode_many(const char *member, char open, const char *item, size_t n, char close, struct cc_error *err)
{
	cc_auto_buf struct cc_buf b = { 0 };

	cc_buf_printf(&b, "{\"name\":\"a\",\"%s\":%c", member, open);
	for (size_t i = 0; i < n; i++) {
		cc_buf_adds(&b, i > 0 ? "," : "");
		if (open == '{')
			cc_buf_printf(&b, "\"k%zu\":", i);
		cc_buf_adds(&b, item);
	}
	cc_buf_printf(&b, "%c}", close);
	return decode(b.data, CC_JSON_STRICT, err);
}

START_TEST(lists_and_maps_end_at_their_limits)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(decode_many("labels", '{', "\"\"", 64, '}', &err), 0);
	ck_assert_int_eq(decode_many("labels", '{', "\"\"", 65, '}', &err), -1);
	ck_assert_str_eq(err.msg, "labels: 65 elements are more than the 64 allowed");
	ck_assert_int_eq(decode_many("texts", '[', "\"\"", 256, ']', &err), 0);
	ck_assert_int_eq(decode_many("texts", '[', "\"\"", 257, ']', &err), -1);
	ck_assert_int_eq(decode_many("ids", '[', "\"" ID "\"", 4096, ']', &err), 0);
	ck_assert_int_eq(decode_many("ids", '[', "\"" ID "\"", 4097, ']', &err), -1);
	ck_assert_int_eq(decode_many("list", '[', "{\"epoch\":0,\"mode\":\"keep\"}", 65536, ']', &err), 0);
	ck_assert_int_eq(decode_many("list", '[', "{\"epoch\":0,\"mode\":\"keep\"}", 65537, ']', &err), -1);
	ck_assert_str_eq(err.msg, "list: 65537 elements are more than the 65536 allowed");
}
END_TEST

START_TEST(a_bare_value_is_read_into_its_field)
{
	struct cc_error err = { 0 };

	memset(&p, 0, sizeof(p));
	ck_assert_int_eq(cc_json_decode_field(cc_desc_find(&probe_desc, "number"), " -12 ", 5, &p, arena, &err), 0);
	ck_assert_int_eq(p.number, -12);
	ck_assert_int_eq(cc_json_decode_field(cc_desc_find(&probe_desc, "number"), "7", 1, &p, arena, &err), 0);
	ck_assert_int_eq(p.number, 7);
	ck_assert_int_eq(cc_json_decode_field(cc_desc_find(&probe_desc, "labels"), "{\"a\":\"b\"}", 9, &p, arena, &err), 0);
	ck_assert_str_eq(cc_map_get(&p.labels, "a"), "b");
	ck_assert_int_eq(cc_json_decode_field(cc_desc_find(&probe_desc, "number"), "null", 4, &p, arena, &err), -1);
	ck_assert_int_eq(cc_json_decode_field(cc_desc_find(&probe_desc, "number"), "", 0, &p, arena, &err), -1);
	ck_assert_int_eq(cc_json_decode_field(cc_desc_find(&probe_desc, "number"), "-", 1, &p, arena, &err), -1);
}
END_TEST

START_TEST(texts_are_written_so_that_any_reader_takes_them)
{
	cc_auto_buf struct cc_buf b = { 0 };

	cc_json_string(&b, "a\"b\\c/\n\x01\x1f\x7f\xc3\xbc");
	ck_assert_str_eq(cc_buf_str(&b), "\"a\\\"b\\\\c/\\u000a\\u0001\\u001f\x7f\xc3\xbc\"");
	cc_buf_clear(&b);
	cc_json_string(&b, "x\xff\xc3|\xed\xa0\x80");
	ck_assert_str_eq(cc_buf_str(&b), "\"x\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	cc_buf_clear(&b);
	cc_json_string(&b, "");
	ck_assert_str_eq(cc_buf_str(&b), "\"\"");
}
END_TEST

START_TEST(what_is_absent_or_hidden_is_not_written)
{
	struct probe row = { .name = "a", .hidden = 5, .number = 7, .state = 77 };
	cc_auto_buf struct cc_buf b = { 0 };

	cc_json_encode(&probe_desc, &row, &b);
	ck_assert_str_eq(b.data, "{\"name\":\"a\"}");
	row.has = CC_BIT(1) | CC_BIT(7) | CC_BIT(8) | CC_BIT(11) | CC_BIT(13) | CC_BIT(14);
	row.when = INT64_MIN;
	cc_buf_clear(&b);
	cc_json_encode(&probe_desc, &row, &b);
	ck_assert_str_eq(b.data, "{\"number\":7,\"name\":\"a\",\"when\":\"0001-01-01T00:00:00.000Z\",\"labels\":{},\"state\":\"?\",\"list\":[]}");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, each_kind_is_read);
	tcase_add_test(tc, what_is_absent_or_null_is_zero_and_not_there);
	tcase_add_test(tc, what_does_not_fit_is_refused_by_member);
	tcase_add_test(tc, a_pointer_is_escaped_and_never_cut);
	tcase_add_test(tc, what_is_no_such_object_is_refused);
	tcase_add_test(tc, a_nul_byte_is_no_end);
	tcase_add_test(tc, only_dns_labels_are_names);
	tcase_add_test(tc, a_lenient_reader_passes_over_what_is_new);
	tcase_add_test(tc, lists_and_maps_end_at_their_limits);
	tcase_add_test(tc, a_bare_value_is_read_into_its_field);
	tcase_add_test(tc, texts_are_written_so_that_any_reader_takes_them);
	tcase_add_test(tc, what_is_absent_or_hidden_is_not_written);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
