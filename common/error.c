/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/error.h"

#include "common/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct cc_code_info code_infos[CC_CODE_MAX] = {
	[CC_OK] = { "OK", "ok", 200, 0, false, "success" },
#define CC_CODE(name, slug, http, exit, retry, meaning) [CC_##name] = { #name, slug, http, exit, retry, meaning },
#include "common/error_codes.def"
#undef CC_CODE
};

const struct cc_code_info *cc_code_info(enum cc_code code)
{
	if ((unsigned)code >= CC_CODE_MAX)
		code = CC_INTERNAL;
	return &code_infos[code];
}

enum cc_code cc_code_from_slug(const char *slug)
{
	for (int i = 1; i < CC_CODE_MAX; i++)
		if (strcmp(code_infos[i].slug, slug) == 0)
			return (enum cc_code)i;
	return CC_INTERNAL;
}

static void set_message(struct cc_error *err, enum cc_code code, int sys_errno, const char *where, const char *fmt, va_list ap)
{
	err->code = code;
	err->sys_errno = sys_errno;
	err->where = where;
	err->noun = NULL;
	err->name[0] = '\0';
	err->pointer[0] = '\0';
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	cc_utf8_mend(err->msg);
}

static void append(struct cc_error *err, const char *text)
{
	size_t used = strlen(err->msg);

	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", text);
	cc_utf8_mend(err->msg);
}

int cc_error_set(struct cc_error *err, enum cc_code code, int sys_errno, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_message(err, code, sys_errno, where, fmt, ap);
	va_end(ap);
	return -1;
}

int cc_error_set_errno(struct cc_error *err, const char *where, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	set_message(err, CC_IO, saved, where, fmt, ap);
	va_end(ap);
	append(err, strerror(saved));
	return -1;
}

int cc_error_set_missing(struct cc_error *err, const char *where, const char *noun, const char *name, const char *advice)
{
	cc_error_set(err, CC_NOT_FOUND, 0, where, "no %s '%s'%s", noun, name, advice);
	err->noun = noun;
	snprintf(err->name, sizeof(err->name), "%s", name);
	cc_utf8_mend(err->name);
	return -1;
}

int cc_error_inside(struct cc_error *err, const char *name)
{
	char outer[sizeof(err->pointer)] = "/";
	size_t len = 1, inner = strlen(err->pointer);
	const char *at;

	for (at = name; *at != '\0' && len < sizeof(outer) - 2; at++) {
		const char *as = *at == '~' ? "~0" : *at == '/' ? "~1" : (char[]){ *at, '\0' };

		while (*as != '\0')
			outer[len++] = *as++;
	}
	/* Half a pointer would lead somewhere else. */
	if (*at != '\0' || len + inner >= sizeof(err->pointer))
		return -1;
	memmove(err->pointer + len, err->pointer, inner + 1);
	memcpy(err->pointer, outer, len);
	return -1;
}

int cc_error_wrap(struct cc_error *err, const char *fmt, ...)
{
	char inner[sizeof(err->msg)];
	va_list ap;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	append(err, inner);
	return -1;
}
