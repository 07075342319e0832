/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/escape.h"

#include <ctype.h>
#include <string.h>

int escape_parse(const char *text, struct escape *ret, struct cc_error *err)
{
	if (strcmp(text, "~.") == 0) {
		*ret = (struct escape){ .prefix = '~', .leave = '.', .line_start = true, .at_start = true };
		return 0;
	}
	/* '@' to '_' have a control character each; Enter would be one nobody could type any more. */
	if (strlen(text) == 4 && text[0] == '^' && text[2] == ' ' && text[3] > ' ' && toupper((unsigned char)text[1]) >= '@' &&
	        toupper((unsigned char)text[1]) <= '_' && strchr("mMjJ", text[1]) == NULL) {
		*ret = (struct escape){ .prefix = (unsigned char)(toupper((unsigned char)text[1]) & 0x1f), .leave = text[3] };
		return 0;
	}
	return cc_fail(err, INVALID, "'%.20s' are no keys to leave by; write '~.' or, for Control-a and then q, '^a q'", text);
}

/* Returns true when the keys to leave are complete. */
static bool take(struct escape *e, char key, struct cc_buf *out)
{
	char prefix = (char)e->prefix;

	if (e->pending) {
		e->pending = false;
		if (key == e->leave)
			return true;
		cc_buf_add(out, &prefix, 1);
		e->at_start = false;
		if (key == prefix)
			return false;
	} else if (key == prefix && (!e->line_start || e->at_start)) {
		e->pending = true;
		return false;
	}
	cc_buf_add(out, &key, 1);
	e->at_start = key == '\r' || key == '\n';
	return false;
}

bool escape_filter(struct escape *e, const char *typed, size_t n, struct cc_buf *out)
{
	for (size_t i = 0; i < n; i++)
		if (take(e, typed[i], out))
			return true;
	return false;
}
