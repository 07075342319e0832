/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every cell is written once into one buffer and remembered by its end; widths follow, then the lines. The last column is not padded. */
#include "cli/table.h"

#include "cli/column.h"

#include <string.h>

#define GAP            2
#define CUT_LEAST      8 /* characters that a cell keeps on a narrow terminal */
#define CUT_NAME_LEAST 16

struct cells {
	struct cc_buf text;
	size_t *ends;  /* of each cell in text */
	size_t *width; /* of each column, in characters */
	size_t n_cols;
};

/* Characters, not bytes: UTF-8 continuation bytes take no place. */
static size_t width_of(const char *p, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)p[i] & 0xc0) != 0x80;
	return n;
}

static const void *row_at(const struct cc_desc *d, const struct cc_list *rows, size_t i)
{
	return (const char *)rows->items + i * d->size;
}

static void fill(struct cells *c, const struct output *o, const struct cc_desc *d, const struct cc_list *rows, const struct column *cols)
{
	for (size_t i = 0; i < rows->n; i++)
		for (size_t j = 0; j < c->n_cols; j++) {
			size_t begin = c->text.len;
			size_t width;

			column_format(&cols[j], row_at(d, rows, i), o, &c->text);
			if (c->text.len == begin)
				cc_buf_addc(&c->text, '-');
			c->ends[i * c->n_cols + j] = c->text.len;
			width = width_of(c->text.data + begin, c->text.len - begin);
			c->width[j] = width > c->width[j] ? width : c->width[j];
		}
}

/* How many bytes the first `n` characters take. */
static size_t bytes_of(const char *p, size_t len, size_t n)
{
	size_t i = 0;

	for (; i < len; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

static size_t total_width(const struct cells *c)
{
	size_t all = (c->n_cols - 1) * GAP;

	for (size_t j = 0; j < c->n_cols; j++)
		all += c->width[j];
	return all;
}

/* Numbers, times and addresses are worth nothing when they are cut. */
static bool may_be_cut(const struct column *c)
{
	return c->field->kind == CK_name;
}

/* The widest column from `from` to `to` that may be cut and is wider than `least`, or n_cols. */
static size_t widest(const struct cells *c, const struct column *cols, size_t from, size_t to, size_t least)
{
	size_t best = c->n_cols;

	for (size_t j = from; j < to; j++)
		if (may_be_cut(&cols[j]) && c->width[j] > least && (best == c->n_cols || c->width[j] > c->width[best]))
			best = j;
	return best;
}

/* Makes columns narrower until the line fits, as far as that goes: the rows' own names last, for they are what is typed next. */
static void squeeze(struct cells *c, const struct column *cols, size_t columns)
{
	for (size_t all = total_width(c); all > columns; all--) {
		size_t j = widest(c, cols, 1, c->n_cols, CUT_LEAST);

		if (j == c->n_cols)
			j = widest(c, cols, 0, 1, CUT_NAME_LEAST);
		if (j == c->n_cols)
			return;
		c->width[j]--;
	}
}

static void add_cell(struct cc_buf *out, const char *p, size_t len, size_t pad_to, const char *color)
{
	static const char blanks[] = "                                ";
	size_t width = width_of(p, len);

	cc_buf_adds(out, color != NULL ? color : "");
	cc_buf_add(out, p, len);
	cc_buf_adds(out, color != NULL ? "\033[0m" : "");
	for (; width < pad_to; width += sizeof(blanks) - 1)
		cc_buf_add(out, blanks, pad_to - width < sizeof(blanks) - 1 ? pad_to - width : sizeof(blanks) - 1);
}

/* As much of a cell as there is room for. */
static void add_cut(struct cc_buf *out, const char *p, size_t len, size_t room, size_t pad_to, const char *color)
{
	cc_auto_buf struct cc_buf cut = { 0 };

	if (width_of(p, len) <= room) {
		add_cell(out, p, len, pad_to, color);
		return;
	}
	cc_buf_add(&cut, p, bytes_of(p, len, room - 1));
	cc_buf_adds(&cut, "\u2026");
	add_cell(out, cut.data, cut.len, pad_to, color);
}

static void add_lines(const struct cells *c, const struct output *o, const struct cc_desc *d, const struct cc_list *rows, const struct column *cols,
        struct cc_buf *out)
{
	size_t begin = 0;

	for (size_t i = 0; i < rows->n; i++) {
		for (size_t j = 0; j < c->n_cols; j++) {
			size_t end = c->ends[i * c->n_cols + j];
			const char *color = o->color ? column_color(&cols[j], row_at(d, rows, i)) : NULL;

			add_cut(out, c->text.data + begin, end - begin, c->width[j], j + 1 < c->n_cols ? c->width[j] + GAP : 0, color);
			begin = end;
		}
		cc_buf_addc(out, '\n');
	}
}

void table_rows(const struct output *o, const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out)
{
	struct column cols[COLUMN_MAX];
	size_t width[COLUMN_MAX];
	struct cells c = { .n_cols = column_list(d, o->format == OUT_WIDE, cols), .width = width };

	c.ends = cc_calloc(rows->n * c.n_cols + 1, sizeof(*c.ends));
	for (size_t j = 0; j < c.n_cols; j++)
		width[j] = strlen(cols[j].title);
	fill(&c, o, d, rows, cols);
	if (o->format == OUT_TABLE && o->columns > 0)
		squeeze(&c, cols, o->columns);
	for (size_t j = 0; j < c.n_cols; j++)
		add_cut(out, cols[j].title, strlen(cols[j].title), width[j], j + 1 < c.n_cols ? width[j] + GAP : 0, o->color ? "\033[1m" : NULL);
	cc_buf_addc(out, '\n');
	add_lines(&c, o, d, rows, cols, out);
	free(c.ends);
	cc_buf_free(&c.text);
}

void table_row(const struct output *o, const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	struct column cols[COLUMN_MAX];
	size_t n = column_list_all(d, o->format == OUT_WIDE, cols);
	cc_auto_buf struct cc_buf cell = { 0 };
	size_t widest = 0;

	for (size_t j = 0; j < n; j++)
		widest = strlen(cols[j].title) > widest ? strlen(cols[j].title) : widest;
	for (size_t j = 0; j < n; j++) {
		cc_buf_clear(&cell);
		column_format(&cols[j], row, o, &cell);
		if (cell.len == 0)
			continue;
		add_cell(out, cols[j].title, strlen(cols[j].title), widest + GAP, o->color ? "\033[1m" : NULL);
		add_cell(out, cell.data, cell.len, 0, o->color ? column_color(&cols[j], row) : NULL);
		cc_buf_addc(out, '\n');
	}
}
