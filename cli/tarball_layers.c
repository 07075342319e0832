/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two passes: the first reads the layers' names into a tree, the second writes what the tree says is left: directories, links and FIFOs from memory, then each
 * layer's files as their content comes by. */
#include "cli/tarball_parts.h"

#include <archive.h>
#include <string.h>

int tarball_read_layer(struct tarball_reading *r, struct tree *t, int64_t *left_out, struct cc_error *err)
{
	struct archive_entry *e;
	struct tree_entry entry;
	int more;

	while ((more = tarball_read_next(r, &e, err)) > 0) {
		if (!tarball_entry_of(e, &entry))
			++*left_out;
		else if (tree_add(t, &entry, r->entries, err) < 0)
			return -1;
		if (tarball_read_skip(r, err) < 0)
			return -1;
	}
	return more;
}

static int write_named(void *user, const struct tree_entry *e, struct cc_error *err)
{
	/* Where everything goes is there already, and not every tool likes to be told. */
	return strcmp(e->path, ".") == 0 ? 0 : tarball_write_entry(user, e, NULL, err);
}

static int copy_content(struct tarball_reading *r, struct tarball_writing *w, int64_t size, struct cc_error *err)
{
	static char buf[65536];
	int64_t left = size;
	ssize_t n;

	while (left > 0) {
		n = tarball_read_data(r, buf, sizeof(buf), err);
		if (n < 0)
			return -1;
		/* The rest is a hole: nothing comes for it. */
		if (n == 0) {
			memset(buf, 0, sizeof(buf));
			n = sizeof(buf);
		}
		if (tarball_write_data(w, buf, n < left ? (size_t)n : (size_t)left, err) < 0)
			return -1;
		left -= n;
	}
	return 0;
}

static int write_file(struct tarball_reading *r, struct tarball_writing *w, struct tree_file *f, struct cc_error *err)
{
	const struct tree_entry *e = tree_file_entry(f);
	struct tree_entry link = *e;

	if (tarball_write_entry(w, e, NULL, err) < 0 || copy_content(r, w, e->size, err) < 0)
		return -1;
	while ((link.path = tree_file_next_name(f)) != NULL)
		if (tarball_write_entry(w, &link, e->path, err) < 0)
			return -1;
	return 0;
}

static int write_layer(const struct tarball_layers *l, size_t number, struct tarball_writing *w, struct cc_error *err)
{
	tarball_auto_reading r = { 0 };
	struct archive_entry *e;
	int more;

	if (tarball_read_open(&r, l->job, "packing", &l->spans[number], err) < 0)
		return -1;
	while ((more = tarball_read_next(&r, &e, err)) > 0) {
		struct tree_file *f = tree_take_file(l->tree, (uint32_t)number, r.entries);

		if (f != NULL && write_file(&r, w, f, err) < 0)
			return -1;
	}
	return more;
}

static int write_init(const struct tarball_layers *l, struct tarball_writing *w, struct cc_error *err)
{
	struct tree_file *f = l->init != NULL ? tree_take_file(l->tree, (uint32_t)l->n, 1) : NULL;

	if (f == NULL)
		return 0;
	if (tarball_write_entry(w, tree_file_entry(f), NULL, err) < 0)
		return -1;
	return tarball_write_data(w, l->init, strlen(l->init), err);
}

static int write_all(const struct tarball_layers *l, struct tarball_writing *w, struct tarball_facts *ret, struct cc_error *err)
{
	if (tarball_write_open(w, l->job->to, err) < 0 || tree_walk(l->tree, write_named, w, err) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (write_layer(l, i, w, err) < 0)
			return -1;
	if (write_init(l, w, err) < 0)
		return -1;
	if (w->entries == 0)
		return cc_fail(err, INVALID, "'%.200s' holds no files", l->job->path);
	return tarball_write_end(w, ret, err);
}

int tarball_write_layers(const struct tarball_layers *l, struct tarball_facts *ret, struct cc_error *err)
{
	struct tarball_writing w = { 0 };
	int result = write_all(l, &w, ret, err);

	tarball_write_close(&w);
	return result;
}
