/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/tree_parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int cc_tree_fail(struct cc_error *err, const char *doing, const char *path)
{
	int why = errno;
	enum cc_code code = CC_IO;

	if (why == ENOENT)
		code = CC_NOT_FOUND;
	else if (why == EACCES || why == EPERM || why == EROFS)
		code = CC_DENIED;
	else if (why == ENOSPC || why == EDQUOT)
		code = CC_NO_CAPACITY;
	else if (why == ENOTDIR || why == EISDIR || why == EEXIST || why == ELOOP || why == ENOTEMPTY)
		code = CC_CONFLICT;
	else if (why == ENAMETOOLONG || why == EINVAL || why == EFBIG)
		code = CC_INVALID;
	return cc_error_set(err, code, why, CC_HERE, "%s '%.300s': %s", doing, path, strerror(why));
}

void cc_tree_remark(cc_tree_say_fn *say, void *arg, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (say == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(arg, text);
}

const char *cc_tree_special(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
		return NULL;
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "of an unknown kind";
	}
}

static char *name_of(const char *path)
{
	char *copy = cc_strdup(path), *name;
	size_t len = strlen(copy);

	while (len > 0 && copy[len - 1] == '/')
		copy[--len] = '\0';
	name = strrchr(copy, '/');
	name = name != NULL ? name + 1 : copy;
	memmove(copy, name, strlen(name) + 1);
	if (strcmp(copy, ".") == 0 || strcmp(copy, "..") == 0)
		copy[0] = '\0';
	return copy;
}

/* A name that is no ASCII makes libarchive ask for a converter between character sets, which the C library looks for in files when it is asked for the first
 * time. */
static void prepare(void)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	char sink[16384];
	size_t used;

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (a == NULL || e == NULL)
		cc_out_of_memory(0);
	archive_write_set_format_pax(a);
	archive_entry_set_pathname(e, "\xc3\xa4");
	archive_entry_set_filetype(e, AE_IFREG);
	(void)archive_write_open_memory(a, sink, sizeof(sink), &used);
	(void)archive_write_header(a, e);
	archive_entry_free(e);
	archive_write_free(a);
	(void)strerror(ENOENT);
}

const struct cc_tree_tool cc_tree_tool = {
	.name_of = name_of,
	.prepare = prepare,
	.pack_open = cc_tree_pack_open,
	.pack_read = cc_tree_pack_read,
	.pack_tally = cc_tree_pack_tally,
	.pack_free = cc_tree_pack_free,
	.land = cc_tree_land,
	.squeeze_open = cc_tree_squeeze_open,
	.squeeze_write = cc_tree_squeeze_write,
	.squeeze_file = cc_tree_squeeze_file,
	.squeeze_close = cc_tree_squeeze_close,
	.squeeze_free = cc_tree_squeeze_free,
	.peek = cc_tree_peek,
};
