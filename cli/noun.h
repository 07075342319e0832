/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words on a command line name: instances, images, nodes, members, tokens. For lists, completion and "did you mean". */
#pragma once

#include "common/desc.h"

struct noun {
	const char *word; /* "instance" */
	const char *path; /* where the API lists them; NULL for contexts, which are ccctl's own */
	const struct cc_desc *list;
	const char *list_command; /* "list", "image list" */
	const char *make_command; /* how to make the first one */
};

extern const struct noun noun_instance, noun_image, noun_image_alias, noun_node, noun_invite, noun_member, noun_token, noun_volume, noun_context;
/* Of an instance, so its path is set by who uses it. Not among noun_all. */
extern const struct noun noun_snapshot;
/* All of them; ends with NULL. */
extern const struct noun *const noun_all[];

/* The list's field that holds the rows; its desc describes one row. */
const struct cc_field *noun_items(const struct noun *n);
