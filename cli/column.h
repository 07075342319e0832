/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of the tables for people: which there are, what they are called and how one cell reads. Only output.c and table.c use it. */
#pragma once

#include "cli/output.h"

#define COLUMN_MAX   64
#define COLUMN_TITLE 32

/* A field, or two of them that belong together: used_X and granted_X become the column X. */
struct column {
	const struct cc_field *field;
	const struct cc_field *total; /* granted_X when field is used_X and both are there; else NULL */
	const struct cc_field *note;  /* says whether the number is advice: a flag of the row, or its features; NULL: it is not */
	char title[COLUMN_TITLE];     /* "LAST SEEN" */
};

/* The columns of table or wide. */
size_t column_list(const struct cc_desc *d, bool wide, struct column cols[COLUMN_MAX]);
/* The lines of `show`: everything a person can use, with titles like "Last seen". */
size_t column_list_all(const struct cc_desc *d, bool wide, struct column cols[COLUMN_MAX]);

/* Appends the cell; nothing when there is no value. */
void column_format(const struct column *c, const void *row, const struct output *o, struct cc_buf *out);
/* The escape sequence that colours the cell, or NULL. */
const char *column_color(const struct column *c, const void *row);
