/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First line: an entity; then JSON as a stranger sends it. What is taken is written the same once more. */
#include "common/json.h"
#include "common/model.h"
#include "tests/fuzz/fuzz.h"

static const struct cc_desc *find(const char *name)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL && name != NULL; d++)
		if (strcmp((*d)->name, name) == 0)
			return *d;
	return NULL;
}

static void check(const struct cc_desc *d, const void *row, struct cc_arena *a)
{
	cc_auto_buf struct cc_buf first = { 0 };
	cc_auto_buf struct cc_buf second = { 0 };
	cc_auto_free void *clone = cc_row_heap_copy(d, row);
	void *again = cc_arena_alloc(a, d->size);
	struct cc_error err;

	cc_json_encode(d, clone, &first);
	CC_PRE(cc_utf8_valid(first.data, first.len));
	CC_PRE(cc_json_decode(d, first.data, first.len, CC_JSON_STRICT, again, a, &err) == 0);
	cc_json_encode(d, again, &second);
	CC_PRE(strcmp(first.data, second.data) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	const struct cc_desc *d = find(fuzz_line(&data, &size, a));

	for (int mode = 0; mode < 2 && d != NULL; mode++) {
		void *row = cc_arena_alloc(a, d->size);
		struct cc_error err = { 0 };

		if (cc_json_decode(d, (const char *)data, size, mode == 0 ? CC_JSON_STRICT : CC_JSON_LENIENT, row, a, &err) == 0)
			check(d, row, a);
		else
			CC_PRE((err.code == CC_INVALID || err.code == CC_TOO_LARGE) && cc_utf8_valid(err.msg, strlen(err.msg)));
	}
	return 0;
}
