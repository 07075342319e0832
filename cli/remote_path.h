/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths in instances, as ccctl cp takes them: NAME:PATH. What has a slash before its first colon, or no colon, is a file here. */
#pragma once

#include "common/arena.h"

struct remote_path {
	const char *name; /* NULL: the path is one here */
	const char *path;
};

/* Texts are in the arena or are `word`. */
struct remote_path remote_path_parse(const char *word, struct cc_arena *a);
