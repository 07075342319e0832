/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_sign.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

#define FILE_MAX 4096 /* keys and signatures have less than 500 bytes */

int image_sign_read(const char *path, struct cc_buf *ret, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? cc_fail(err, INVALID, "there is no file '%.200s'", path) : cc_fail_errno(err, "opening '%.200s'", path);
	if (cc_read_all(fd, FILE_MAX, ret) < 0)
		return cc_fail_errno(err, "reading '%.200s'", path);
	return 0;
}

int image_sign_key(const char *path, struct cc_secret_key *ret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	int result = image_sign_read(path, &text, err);

	if (result == 0 && cc_secret_key_parse(cc_buf_str(&text), ret, err) < 0)
		result = cc_wrap(err, "the key '%.200s'", path);
	if (text.data != NULL)
		sodium_memzero(text.data, text.len);
	return result;
}
