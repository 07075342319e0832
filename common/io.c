/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/io.h"

#include <errno.h>
#include <unistd.h>

int cc_write_all(int fd, const void *p, size_t len)
{
	const char *at = p;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return -1;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int cc_read_all(int fd, size_t max, struct cc_buf *ret)
{
	char *to = cc_buf_reserve(ret, max + 1);
	size_t got = 0;

	while (got <= max) {
		ssize_t n = read(fd, to + got, max + 1 - got);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	to[got] = '\0';
	ret->len += got;
	return 0;
}
