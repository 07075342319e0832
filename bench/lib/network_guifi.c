/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The export comes as three tables with a line of headings: zones (id, parent, depth, ...), nodes (id, lon, lat, type, status, zone) and links (id, a, b, km,
 * type, status). Ids are numbers in no order, so rows are sorted and looked up. */
#include "bench/lib/network_parts.h"
#include "common/buf.h"
#include "common/check.h"

#include <archive.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX       (256 << 20)
#define COLUMNS_MAX    16
#define DISTRICT_DEPTH 4 /* "comarca"; guifi.net World is 0 */

CC_DEFINE_CLEANUP(struct archive *, archive_read_free)

/* ---- tables ---- */

struct table {
	char path[PATH_MAX];
	struct cc_buf text;
	char *at;
	size_t line;
	char *cell[COLUMNS_MAX];
};

static int find_table(const char *dir, const char *what, struct table *t, struct cc_error *err)
{
	static const char *const ends[] = { ".tsv.gz", ".tsv" };
	char pattern[PATH_MAX];
	glob_t found = { 0 };

	for (size_t i = 0; i < CC_ARRAY_LEN(ends); i++) {
		snprintf(pattern, sizeof(pattern), "%s/*_%s%s", dir, what, ends[i]);
		if (glob(pattern, 0, NULL, &found) == 0) {
			snprintf(t->path, sizeof(t->path), "%s", found.gl_pathv[0]);
			globfree(&found);
			return 0;
		}
	}
	return cc_fail(err, NOT_FOUND, "there is no file '*_%s.tsv' or '*_%s.tsv.gz' in '%s'", what, what, dir);
}

static int read_table(struct table *t, struct cc_error *err)
{
	cc_auto(archive_read_free) struct archive *a = archive_read_new();
	struct archive_entry *entry;
	ssize_t n;
	int r;

	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	r = archive_read_open_filename(a, t->path, 65536);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(a, &entry);
	while (r == ARCHIVE_OK && (n = archive_read_data(a, cc_buf_reserve(&t->text, 65536), 65536)) != 0) {
		if (n < 0)
			r = ARCHIVE_FATAL;
		else if ((t->text.len += (size_t)n) > FILE_MAX)
			return cc_fail(err, INVALID, "'%s' is larger than any export", t->path);
	}
	if (r != ARCHIVE_OK && r != ARCHIVE_EOF)
		return cc_fail(err, IO, "reading '%s': %s", t->path, archive_error_string(a));
	cc_buf_addc(&t->text, '\0');
	t->at = t->text.data;
	return 0;
}

/* Cuts the next line into `columns` cells or more. 0 at the end. */
static int next_row(struct table *t, size_t columns, struct cc_error *err)
{
	size_t n = 0;
	char *line = strsep(&t->at, "\n");

	t->line++;
	if (line == NULL || (*line == '\0' && t->at == NULL))
		return 0;
	while (line != NULL && n < COLUMNS_MAX)
		t->cell[n++] = strsep(&line, "\t");
	if (n < columns)
		return cc_fail(err, INVALID, "'%s', line %zu: %zu columns instead of %zu", t->path, t->line, n, columns);
	return 1;
}

static int cell_number(const struct table *t, size_t column, uint32_t *ret, struct cc_error *err)
{
	char *end;
	unsigned long n = strtoul(t->cell[column], &end, 10);

	if (end == t->cell[column] || *end != '\0' || n >= NETWORK_NONE)
		return cc_fail(err, INVALID, "'%s', line %zu: '%s' is no number", t->path, t->line, t->cell[column]);
	*ret = (uint32_t)n;
	return 0;
}

/* Opens a table whose first column is "id" and skips the headings. */
static int open_table(const char *dir, const char *what, size_t columns, struct table *t, struct cc_error *err)
{
	int r;

	if (find_table(dir, what, t, err) < 0 || read_table(t, err) < 0)
		return -1;
	r = next_row(t, columns, err);
	if (r == 0 || (r > 0 && strcmp(t->cell[0], "id") != 0))
		return cc_fail(err, INVALID, "'%s' does not begin with a line of headings", t->path);
	return r < 0 ? -1 : 0;
}

/* ---- ids ---- */

struct key {
	uint32_t id, value;
};

struct index {
	struct key *keys;
	size_t n, cap;
};

static void index_add(struct index *x, uint32_t id, uint32_t value)
{
	if (x->n == x->cap) {
		x->cap = x->cap > 0 ? 2 * x->cap : 1024;
		x->keys = cc_realloc(x->keys, x->cap * sizeof(*x->keys));
	}
	x->keys[x->n++] = (struct key){ id, value };
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void index_sort(struct index *x)
{
	if (x->n > 0)
		qsort(x->keys, x->n, sizeof(*x->keys), compare_keys);
}

/* NETWORK_NONE when it is not there. */
static uint32_t index_find(const struct index *x, uint32_t id)
{
	const struct key wanted = { id, 0 }, *found = x->n > 0 ? bsearch(&wanted, x->keys, x->n, sizeof(wanted), compare_keys) : NULL;

	return found != NULL ? found->value : NETWORK_NONE;
}

/* ---- zones ---- */

struct guifi {
	struct index parents, depths; /* by zone */
	struct index districts;       /* with working nodes, in no order */
	struct network_node *nodes;   /* working, `zone` being an id until they are sorted */
	size_t n_nodes, cap;
	struct index by_id;
	struct network *net;
};

static int load_zones(struct guifi *e, struct table *t, struct cc_error *err)
{
	int r;

	while ((r = next_row(t, 3, err)) > 0) {
		uint32_t id, parent = 0, depth;

		if (cell_number(t, 0, &id, err) < 0 || cell_number(t, 2, &depth, err) < 0 ||
		        (t->cell[1][0] != '\0' && cell_number(t, 1, &parent, err) < 0))
			return -1;
		index_add(&e->parents, id, parent);
		index_add(&e->depths, id, depth);
	}
	index_sort(&e->parents);
	index_sort(&e->depths);
	return r;
}

/* Number of the district that a zone is part of, or of the zone above districts that it is; those that have nodes are numbered as they come. */
static uint32_t district_of(struct guifi *e, uint32_t zone)
{
	/* A circle of parents ends too. */
	for (int i = 0; i < 16 && index_find(&e->depths, zone) > DISTRICT_DEPTH; i++)
		zone = index_find(&e->parents, zone);
	for (size_t i = 0; i < e->districts.n; i++)
		if (e->districts.keys[i].id == zone)
			return e->districts.keys[i].value;
	index_add(&e->districts, zone, (uint32_t)e->districts.n);
	return (uint32_t)e->districts.n - 1;
}

/* ---- nodes ---- */

static enum network_kind kind_of(const char *type)
{
	static const struct {
		const char *type;
		enum network_kind kind;
	} kinds[] = {
		{ "Supernode", NETWORK_SUPERNODE },
		{ "client", NETWORK_CLIENT },
		{ "ap", NETWORK_AP },
		{ "mesh", NETWORK_MESH },
		{ "ad-hoc", NETWORK_ADHOC },
	};

	for (size_t i = 0; i < CC_ARRAY_LEN(kinds); i++)
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].kind;
	return NETWORK_OTHER;
}

static int load_nodes(struct guifi *e, struct table *t, struct cc_error *err)
{
	int r;

	while ((r = next_row(t, 6, err)) > 0) {
		struct network_node n = { .kind = kind_of(t->cell[3]) };

		if (cell_number(t, 0, &n.id, err) < 0 || cell_number(t, 5, &n.zone, err) < 0)
			return -1;
		if (index_find(&e->parents, n.zone) == NETWORK_NONE)
			return cc_fail(err, INVALID, "'%s', line %zu: there is no zone %u", t->path, t->line, n.zone);
		if (strcmp(t->cell[4], "Working") != 0)
			continue;
		if (e->n_nodes == e->cap) {
			e->cap = e->cap > 0 ? 2 * e->cap : 1024;
			e->nodes = cc_realloc(e->nodes, e->cap * sizeof(*e->nodes));
		}
		e->nodes[e->n_nodes++] = n;
	}
	if (r == 0 && e->n_nodes == 0)
		return cc_fail(err, INVALID, "'%s' has no working node", t->path);
	return r;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct network_node *x = a, *y = b;
	bool xs = x->kind == NETWORK_SUPERNODE, ys = y->kind == NETWORK_SUPERNODE;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	if (xs != ys)
		return xs ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int make_network(struct guifi *e, const struct table *t, struct cc_error *err)
{
	size_t zones = 0, z = 0;

	qsort(e->nodes, e->n_nodes, sizeof(*e->nodes), compare_nodes);
	for (size_t i = 0; i < e->n_nodes; i++)
		zones += i == 0 || e->nodes[i].zone != e->nodes[i - 1].zone;
	e->net = network_new(zones, e->n_nodes);
	for (uint32_t i = 0; i < e->n_nodes; i++) {
		struct network_node *n = &e->net->nodes[i];
		uint32_t id = e->nodes[i].zone;

		*n = e->nodes[i];
		if (i > 0 && id != e->nodes[i - 1].zone)
			z++;
		if (e->net->zones[z].n_nodes++ == 0)
			e->net->zones[z] = (struct network_zone){ id, district_of(e, id), i, 1, 0 };
		n->zone = (uint32_t)z;
		n->supernode = n->kind == NETWORK_SUPERNODE ? i : NETWORK_NONE;
		e->net->zones[z].n_supernodes += n->kind == NETWORK_SUPERNODE;
		index_add(&e->by_id, n->id, i);
	}
	index_sort(&e->by_id);
	for (size_t i = 1; i < e->by_id.n; i++)
		if (e->by_id.keys[i].id == e->by_id.keys[i - 1].id)
			return cc_fail(err, INVALID, "'%s': node %u is there twice", t->path, e->by_id.keys[i].id);
	return 0;
}

/* ---- links ---- */

/* Whole metres of kilometres with decimals. */
static int cell_metres(const struct table *t, size_t column, uint32_t *ret, struct cc_error *err)
{
	char *end;
	double km = strtod(t->cell[column], &end);

	if (*end != '\0' || !(km >= 0 && km < 50000))
		return cc_fail(err, INVALID, "'%s', line %zu: '%s' is no length in km", t->path, t->line, t->cell[column]);
	*ret = (uint32_t)(km * 1000 + 0.5);
	return 0;
}

static void take_link(struct network *net, struct network_link l)
{
	struct network_node *nodes = net->nodes;

	/* The access point is the second one. */
	if (l.kind == NETWORK_LINK_ACCESS && nodes[l.b].kind != NETWORK_SUPERNODE && nodes[l.a].kind == NETWORK_SUPERNODE) {
		uint32_t a = l.a;

		l.a = l.b;
		l.b = a;
	}
	if (nodes[l.b].kind == NETWORK_SUPERNODE && nodes[l.a].supernode == NETWORK_NONE)
		nodes[l.a].supernode = l.b;
	network_add_link(net, l);
}

static int load_links(struct guifi *e, struct table *t, struct cc_error *err)
{
	int r;

	while ((r = next_row(t, 6, err)) > 0) {
		struct network_link l = { 0 };

		if (cell_number(t, 1, &l.a, err) < 0 || cell_number(t, 2, &l.b, err) < 0 || cell_metres(t, 3, &l.metres, err) < 0)
			return -1;
		l.a = index_find(&e->by_id, l.a);
		l.b = index_find(&e->by_id, l.b);
		l.kind = strcmp(t->cell[4], "wds") == 0 ? NETWORK_LINK_BACKBONE : NETWORK_LINK_ACCESS;
		if (strcmp(t->cell[5], "Working") == 0 && l.a != NETWORK_NONE && l.b != NETWORK_NONE && l.a != l.b)
			take_link(e->net, l);
	}
	return r;
}

/* ---- all together ---- */

static int load(const char *dir, struct guifi *e, struct table t[3], struct cc_error *err)
{
	if (open_table(dir, "zones", 3, &t[0], err) < 0 || load_zones(e, &t[0], err) < 0 || open_table(dir, "nodes", 6, &t[1], err) < 0 ||
	        load_nodes(e, &t[1], err) < 0 || make_network(e, &t[1], err) < 0)
		return -1;
	return open_table(dir, "links", 6, &t[2], err) < 0 ? -1 : load_links(e, &t[2], err);
}

int network_load(const char *dir, uint64_t seed, struct network **ret, struct cc_error *err)
{
	struct table *tables = cc_calloc(3, sizeof(*tables));
	struct guifi e = { 0 };
	int r = load(dir, &e, tables, err);

	if (r == 0) {
		network_furnish(e.net, seed);
		*ret = cc_take(e.net);
	}
	network_free(e.net);
	for (size_t i = 0; i < 3; i++)
		cc_buf_free(&tables[i].text);
	free(tables);
	free(e.nodes);
	free(e.parents.keys);
	free(e.depths.keys);
	free(e.districts.keys);
	free(e.by_id.keys);
	return r;
}
