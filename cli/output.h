/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as text, in every format, from their description (common/desc.h). A new field of an entity shows up by itself; which fields are columns is said in
 * its .def file. Writes to a buffer, so that nothing is printed when something fails half-way.
 *
 *   table  columns for people, cut to the width of a terminal: "128 MiB", "3 min ago"; used and granted amounts joined as "384/2048 MiB"
 *   wide   the same with more columns, RFC 3339 times and whole hashes
 *   json   an array of what the API sent (one object for a single thing)
 *   yaml   the same
 *   csv    a header with the field names, then raw values
 *   name   names only, one per line
 *
 * Control characters are shown as '?' in tables: reasons come from nodes, and a node's owner must not steer somebody's terminal. */
#pragma once

#include "common/desc.h"

enum output_format { OUT_TABLE, OUT_WIDE, OUT_JSON, OUT_YAML, OUT_CSV, OUT_NAME, OUT_MAX };

struct output {
	enum output_format format;
	bool color;
	int64_t now_ms; /* what "ago" is measured from */
	size_t columns; /* of the terminal that tables are cut to; 0: they are not */
};

/* OUT_MAX when there is no such format. */
enum output_format output_format_find(const char *word);

/* A list. The table of an empty list is its header alone. */
void output_rows(const struct output *o, const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out);
/* One thing: in table and wide one line per field, those without a value left out. */
void output_row(const struct output *o, const struct cc_desc *d, const void *row, struct cc_buf *out);

/* `text` with control characters as '?', so that it cannot steer a terminal. Line feeds too. */
void output_add_safe(struct cc_buf *out, const char *text);
