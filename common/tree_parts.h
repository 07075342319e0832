/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tree_*.c share. */
#pragma once

#include "common/tree.h"

int cc_tree_pack_open(const struct cc_tree_pack_options *opt, struct cc_tree_pack **ret, struct cc_error *err);
ssize_t cc_tree_pack_read(struct cc_tree_pack *p, const void **ret, struct cc_error *err);
const struct cc_tree_tally *cc_tree_pack_tally(const struct cc_tree_pack *p);
void cc_tree_pack_free(struct cc_tree_pack *p);
int cc_tree_land(const struct cc_tree_land_options *opt, struct cc_tree_tally *ret, struct cc_error *err);

int cc_tree_squeeze_open(int fd, struct cc_tree_squeeze **ret, struct cc_error *err);
int cc_tree_squeeze_write(struct cc_tree_squeeze *s, const void *p, size_t len, struct cc_error *err);
int cc_tree_squeeze_file(struct cc_tree_squeeze *s, const char *name, const char *text, struct cc_error *err);
int cc_tree_squeeze_close(struct cc_tree_squeeze *s, struct cc_error *err);
void cc_tree_squeeze_free(struct cc_tree_squeeze *s);
int cc_tree_peek(int fd, const char *name, size_t max, char **ret, struct cc_error *err);

/* Fails as errno says, with the code that goes with it: "'path': no such file". Returns -1. */
int cc_tree_fail(struct cc_error *err, const char *doing, const char *path);
/* Says one line. */
void cc_tree_remark(cc_tree_say_fn *say, void *arg, const char *fmt, ...) CC_PRINTF(3, 4);
/* "a device", for what is not copied; NULL for what is. */
const char *cc_tree_special(mode_t mode);
