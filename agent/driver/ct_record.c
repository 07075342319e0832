/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/ct_record.h"

#include "agent/driver/small_file.h"
#include "common/buf.h"
#include "common/cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_NAME "record"
#define RECORD_END  "end\n" /* a record without it was cut */

static void add_U64(struct cc_buf *b, const char *name, const ct_record_U64 *v)
{
	cc_buf_printf(b, "%s %" PRIu64 "\n", name, *v);
}

static void add_TEXT(struct cc_buf *b, const char *name, const ct_record_TEXT *v)
{
	cc_buf_printf(b, "%s %s\n", name, *v);
}

static void add_PORTS(struct cc_buf *b, const char *name, const ct_record_PORTS *v)
{
	char text[PORTS_TEXT];

	cc_buf_printf(b, "%s %s\n", name, ports_format(v, text));
}

static void add_UUID(struct cc_buf *b, const char *name, const ct_record_UUID *v)
{
	char text[CC_UUID_TEXT];

	cc_buf_printf(b, "%s %s\n", name, cc_uuid_format(*v, text));
}

int ct_record_write(int dirfd, const struct ct_record *rec, bool durable, struct cc_error *err)
{
	cc_auto_buf struct cc_buf b = { 0 };

#define REC(kind, name) add_##kind(&b, #name, &rec->name);
#include "agent/driver/ct_record.def"
#undef REC
	cc_buf_adds(&b, RECORD_END);
	return small_file_replace(dirfd, RECORD_NAME, b.data, b.len, durable, err);
}

int ct_record_sync(int dirfd, struct cc_error *err)
{
	cc_auto_close int fd = openat(dirfd, RECORD_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fdatasync(fd) < 0 || fsync(dirfd) < 0)
		return cc_fail_errno(err, "syncing the record of an instance");
	return 0;
}

static void get_U64(ct_record_U64 *to, const char *text)
{
	*to = strtoull(text, NULL, 10);
}

static void get_TEXT(ct_record_TEXT *to, const char *text)
{
	snprintf(*to, sizeof(*to), "%s", text);
}

static void get_PORTS(ct_record_PORTS *to, const char *text)
{
	ports_read(text, to);
}

static void get_UUID(ct_record_UUID *to, const char *text)
{
	struct cc_error ignored = { 0 };

	(void)cc_uuid_parse(text, to, &ignored);
}

static void take_line(struct ct_record *rec, const char *name, const char *value)
{
#define REC(kind, field)               \
	if (strcmp(name, #field) == 0) \
		get_##kind(&rec->field, value);
#include "agent/driver/ct_record.def"
#undef REC
}

int ct_record_read(int dirfd, struct cc_uuid id, struct ct_record *ret, struct cc_error *err)
{
	struct ct_record rec = { .id = id };
	char text[2048], *line, *rest = text;
	ssize_t len = small_file_read(dirfd, RECORD_NAME, text, sizeof(text), err);
	size_t end = strlen(RECORD_END);

	if (len < 0)
		return -1;
	if ((size_t)len < end || strcmp(text + (size_t)len - end, RECORD_END) != 0)
		return cc_fail(err, INVALID, "the instance's record is cut");
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, ' ');

		if (value == NULL)
			continue;
		*value++ = '\0';
		take_line(&rec, line, value);
	}
	*ret = rec;
	return 0;
}
