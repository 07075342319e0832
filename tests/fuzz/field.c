/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First line: an entity and one of its fields ("node.labels"); then the field's value as text. What is taken is written the same once more. */
#include "common/model.h"
#include "tests/fuzz/fuzz.h"

static const struct cc_desc *find(const char *name, const struct cc_field **ret_field)
{
	const char *dot = name != NULL ? strchr(name, '.') : NULL;

	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL && dot != NULL; d++)
		if (strlen((*d)->name) == (size_t)(dot - name) && strncmp((*d)->name, name, (size_t)(dot - name)) == 0) {
			*ret_field = cc_desc_find(*d, dot + 1);
			return *ret_field != NULL ? *d : NULL;
		}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	cc_auto_buf struct cc_buf first = { 0 };
	cc_auto_buf struct cc_buf second = { 0 };
	const struct cc_field *f = NULL;
	const struct cc_desc *d = find(fuzz_line(&data, &size, a), &f);
	struct cc_error err;
	void *row;

	if (d == NULL)
		return 0;
	row = cc_arena_alloc(a, d->size);
	if (cc_field_parse(f, cc_arena_memdup(a, data, size), row, a, &err) < 0)
		return 0;
	cc_field_format(f, row, &first);
	CC_PRE(cc_field_parse(f, cc_buf_str(&first), row, a, &err) == 0);
	cc_field_format(f, row, &second);
	CC_PRE(strcmp(cc_buf_str(&first), cc_buf_str(&second)) == 0);
	return 0;
}
