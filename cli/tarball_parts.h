/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the module exports, and the functions in it; tarball.h says what they do. Used by tarball_*.c only. */
#pragma once

#include "cli/tarball.h"

extern const struct tarball_tool tarball_tool;

int tarball_check(int fd, const char *name, struct tarball_facts *ret, struct cc_error *err);
int tarball_pack_open(const char *dir, struct tarball_pack **ret, struct cc_error *err);
ssize_t tarball_pack_read(struct tarball_pack *p, char *buf, size_t max, struct cc_error *err);
void tarball_pack_free(struct tarball_pack *p);
CC_DEFINE_CLEANUP(struct tarball_pack *, tarball_pack_free)
int tarball_measure(const char *dir, struct tarball_facts *ret, int64_t *ret_left_out, struct cc_error *err);
