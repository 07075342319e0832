/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First line: what the second is to be read as. What is taken is written the same once more. */
#include "common/clock.h"
#include "common/config.h"
#include "common/id.h"
#include "tests/fuzz/fuzz.h"

static void as_time(const char *text)
{
	char out[CC_TIME_TEXT];
	struct cc_error err;
	int64_t ms, again;

	if (cc_time_parse(text, &ms, &err) == 0)
		CC_PRE(cc_time_parse(cc_time_format(ms, out), &again, &err) == 0 && again == ms);
}

static void as_id(const char *text)
{
	char out[CC_UUID_TEXT];
	struct cc_uuid id, again;
	struct cc_error err;

	if (cc_uuid_parse(text, &id, &err) == 0)
		CC_PRE(cc_uuid_parse(cc_uuid_format(id, out), &again, &err) == 0 && cc_uuid_equal(id, again));
}

static void as_duration(const char *text)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_error err;
	int64_t ms, again;

	if (cc_duration_parse(text, &ms, &err) == 0)
		CC_PRE(ms >= 0 && cc_duration_parse(cc_duration_format(a, ms), &again, &err) == 0 && again == ms);
}

static void as_size(const char *text)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_error err;
	int64_t bytes, again;

	if (cc_size_parse(text, &bytes, &err) == 0)
		CC_PRE(bytes >= 0 && cc_size_parse(cc_size_format(a, bytes), &again, &err) == 0 && again == bytes);
}

static void as_address(const char *text)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_addr addr, again;
	struct cc_error err;

	if (cc_addr_parse(a, text, &addr, &err) == 0)
		CC_PRE(cc_addr_parse(a, cc_addr_format(a, addr), &again, &err) == 0 && strcmp(addr.host, again.host) == 0 && addr.port == again.port);
}

static const struct {
	const char *name;
	void (*read)(const char *text);
} ways[] = { { "time", as_time }, { "id", as_id }, { "duration", as_duration }, { "size", as_size }, { "address", as_address } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	const char *way = fuzz_line(&data, &size, a);
	const char *text = cc_arena_memdup(a, data, size);

	for (size_t i = 0; i < CC_ARRAY_LEN(ways) && way != NULL; i++)
		if (strcmp(ways[i].name, way) == 0)
			ways[i].read(text);
	return 0;
}
