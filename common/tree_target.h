/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a stream of files lands: which directory its names are below, and what becomes of their first part. The rules are those of cp. */
#pragma once

#include "common/tree.h"

struct cc_tree_target {
	int base;       /* -1: none */
	char *instead;  /* of each first name, or NULL */
	char *prefix;   /* before each name, or NULL */
	bool directory; /* only a directory may get the name `instead`: the path ended in a slash */
};

/* @err NOT_FOUND, CONFLICT no directory, DENIED, IO */
int cc_tree_target_open(const char *path, enum cc_tree_place place, struct cc_tree_target *ret, struct cc_error *err);
void cc_tree_target_close(struct cc_tree_target *t);
