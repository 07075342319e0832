/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes are names, found by one hash table of (directory, name); a regular file's node points to its file, which several names may share. Removed nodes are
 * only unlinked: all memory goes with the tree, and it is bounded by the number of entries. */
#include "cli/tree.h"

#include "common/arena.h"
#include "common/hash_table.h"
#include "common/utf8.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define WHITEOUT    ".wh."
#define OPAQUE      ".wh..wh..opq"
#define ENTRY_BYTES 4096
#define ID_MAX      65535
#define LINKS_MAX   40

struct tree_node {
	struct tree_node *parent;
	struct tree_node *children, *next, *prev;
	const char *name;
	uint32_t layer; /* that last said something about it */
	int depth;
	size_t path_len;
	struct tree_entry meta; /* of what is no regular file; path unused */
	struct tree_file *file;
	struct tree_node *next_name; /* of the same file */
};

struct tree_file {
	struct tree_entry meta;
	uint32_t layer;
	uint64_t at;
	struct tree *tree;
	struct tree_node *names, *last_name;
};

struct tree {
	struct cc_arena *arena;
	struct cc_hash names;
	struct tree_node *root, *top;
	struct tree_file **files;
	size_t n_files, cap_files, next_file;
	bool whiteouts;
	uint32_t layer;
	int64_t entries, bytes;
};

struct key {
	const struct tree_node *parent;
	const char *name;
	size_t len;
};

struct tree *tree_new(bool whiteouts)
{
	struct tree *t = cc_calloc(1, sizeof(*t));

	t->arena = cc_arena_new(1 << 20);
	t->whiteouts = whiteouts;
	t->root = t->top = cc_new(t->arena, struct tree_node);
	t->root->meta.mode = S_IFDIR | 0755;
	t->root->name = "";
	return t;
}

void tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	cc_hash_free(&t->names);
	cc_arena_free(t->arena);
	free(t->files);
	free(t);
}

void tree_begin_layer(struct tree *t)
{
	t->layer++;
}

static uint64_t hash_of(const struct tree_node *parent, const char *name, size_t len)
{
	return cc_hash_bytes(name, len) ^ (uint64_t)(uintptr_t)parent * 0x9e3779b97f4a7c15u;
}

static bool is_named(const void *item, const void *key)
{
	const struct tree_node *n = item;
	const struct key *k = key;

	return n->parent == k->parent && strncmp(n->name, k->name, k->len) == 0 && n->name[k->len] == '\0';
}

static struct tree_node *find_child(struct tree *t, const struct tree_node *dir, const char *name, size_t len)
{
	struct key key = { dir, name, len };

	return (struct tree_node *)cc_hash_find(&t->names, hash_of(dir, name, len), is_named, &key);
}

/* Counts as agents do: an entry costs a block even when it is empty. */
static int count(struct tree *t, int64_t size, struct cc_error *err)
{
	if (++t->entries > TREE_ENTRIES_MAX)
		return cc_fail(err, TOO_LARGE, "the archive has more than %d entries", TREE_ENTRIES_MAX);
	t->bytes += ENTRY_BYTES;
	if (size < 0 || t->bytes > TREE_BYTES_MAX || size > TREE_BYTES_MAX - t->bytes)
		return cc_fail(err, TOO_LARGE, "unpacked, the archive is larger than %lld GiB", (long long)(TREE_BYTES_MAX >> 30));
	t->bytes += size;
	return 0;
}

static int add_child(struct tree *t, struct tree_node *dir, const char *name, size_t len, struct tree_node **ret, struct cc_error *err)
{
	struct tree_node *n;

	if (len > NAME_MAX || dir->path_len + len + 1 >= PATH_MAX)
		return cc_fail(err, INVALID, "the archive has an entry whose name is too long: '%.60s…'", name);
	if (dir->depth >= TREE_DEPTH_MAX)
		return cc_fail(err, INVALID, "the archive has an entry more than %d directories deep", TREE_DEPTH_MAX);
	n = cc_new(t->arena, struct tree_node);
	n->parent = dir;
	n->name = cc_arena_memdup(t->arena, name, len);
	n->depth = dir->depth + 1;
	n->path_len = dir->path_len + len + 1;
	n->layer = t->layer;
	n->meta.mode = S_IFDIR | 0755;
	n->next = dir->children;
	if (n->next != NULL)
		n->next->prev = n;
	dir->children = n;
	cc_hash_add(&t->names, hash_of(dir, name, len), n);
	*ret = n;
	return 0;
}

/* The directory goes up at most to TREE_DEPTH_MAX levels, so recursion is fine. */
static void remove_node(struct tree *t, struct tree_node *n)
{
	while (n->children != NULL)
		remove_node(t, n->children);
	if (n->prev != NULL)
		n->prev->next = n->next;
	else
		n->parent->children = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	cc_hash_remove(&t->names, hash_of(n->parent, n->name, strlen(n->name)), n);
}

/* What lies in the directory and is of earlier layers; a directory stays while something of this layer is in it. */
static void prune(struct tree *t, struct tree_node *dir)
{
	for (struct tree_node *n = dir->children, *next; n != NULL; n = next) {
		next = n->next;
		prune(t, n);
		if (n->layer < t->layer && n->children == NULL)
			remove_node(t, n);
	}
}

static bool is_link(const struct tree_node *n)
{
	return S_ISLNK(n->meta.mode);
}

static bool is_dir(const struct tree_node *n)
{
	return n->file == NULL && S_ISDIR(n->meta.mode);
}

/* A walk along a path. */
struct steps {
	struct tree *t;
	bool make; /* directories that are missing */
	int links; /* followed so far */
	struct cc_error *err;
};

static struct tree_node *walk(struct steps *s, struct tree_node *at, const char *path, size_t len);

static struct tree_node *follow(struct steps *s, struct tree_node *n)
{
	const char *to = n->meta.target;

	if (++s->links > LINKS_MAX) {
		cc_fail(s->err, INVALID, "the archive has an entry behind more than %d links, or links in a circle, at '%.100s'", LINKS_MAX, n->name);
		return NULL;
	}
	return walk(s, to[0] == '/' ? s->t->top : n->parent, to, strlen(to));
}

static struct tree_node *enter(struct steps *s, struct tree_node *dir, const char *name, size_t len)
{
	struct tree_node *n;

	if (len == 1 && name[0] == '.')
		return dir;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return dir != s->t->top ? dir->parent : dir;
	n = find_child(s->t, dir, name, len);
	if (n == NULL && !s->make) {
		cc_fail(s->err, INVALID, "the archive has no '%.100s'", name);
		return NULL;
	}
	if (n == NULL)
		return count(s->t, 0, s->err) < 0 || add_child(s->t, dir, name, len, &n, s->err) < 0 ? NULL : n;
	return is_link(n) ? follow(s, n) : n;
}

/* What the path names, links followed also at its end. */
static struct tree_node *walk(struct steps *s, struct tree_node *at, const char *path, size_t len)
{
	const char *end = path + len;

	while (at != NULL && path < end) {
		size_t n = strcspn(path, "/");

		if (n > (size_t)(end - path))
			n = (size_t)(end - path);
		if (n > 0 && !is_dir(at)) {
			cc_fail(s->err, INVALID, "the archive has an entry inside of '%.100s', which is no directory", at->name);
			return NULL;
		}
		if (n > 0)
			at = enter(s, at, path, n);
		path += n + (path + n < end);
	}
	return at;
}

static int check_path(const char *path, const char *what, struct cc_error *err)
{
	if (path == NULL || path[0] == '\0' || !cc_utf8_valid(path, strlen(path)))
		return cc_fail(err, INVALID, "the archive has %s whose name is no UTF-8 text", what);
	if (path[0] == '/')
		return cc_fail(err, INVALID, "the archive has %s with an absolute name, '%.100s'", what, path);
	for (const char *p = path; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return cc_fail(err, INVALID, "the archive has %s that leads outside, '%.100s'", what, path);
		p += n;
	}
	return 0;
}

/* The directory of an entry and where its last name begins; *ret_len 0 for the root itself. */
static int split(
        struct tree *t, const char *path, bool make, struct tree_node **ret_dir, const char **ret_name, size_t *ret_len, struct cc_error *err)
{
	struct steps s = { .t = t, .make = make, .err = err };
	size_t end = strlen(path), begin;

	while (end > 0 && (path[end - 1] == '/' || (path[end - 1] == '.' && (end == 1 || path[end - 2] == '/'))))
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/';)
		begin--;
	*ret_name = path + begin;
	*ret_len = end - begin;
	*ret_dir = walk(&s, t->root, path, begin);
	if (*ret_dir != NULL && !is_dir(*ret_dir))
		return cc_fail(err, INVALID, "the archive has an entry inside of '%.100s', which is no directory", (*ret_dir)->name);
	return *ret_dir != NULL ? 0 : -1;
}

static void keep_meta(struct tree *t, struct tree_entry *to, const struct tree_entry *e)
{
	*to = *e;
	to->path = NULL;
	to->target = e->target != NULL ? cc_arena_strdup(t->arena, e->target) : NULL;
	to->capability = e->capability_len > 0 ? cc_arena_memdup(t->arena, e->capability, e->capability_len) : NULL;
}

static struct tree_file *add_file(struct tree *t, const struct tree_entry *e, uint64_t at)
{
	struct tree_file *f = cc_new(t->arena, struct tree_file);

	keep_meta(t, &f->meta, e);
	f->layer = t->layer;
	f->at = at;
	f->tree = t;
	if (t->n_files == t->cap_files) {
		t->cap_files = t->cap_files > 0 ? 2 * t->cap_files : 1024;
		t->files = cc_realloc(t->files, t->cap_files * sizeof(struct tree_file *));
	}
	t->files[t->n_files++] = f;
	return f;
}

/* The node that a hard link names. */
static int find_linked(struct tree *t, const struct tree_entry *e, struct tree_node **ret, struct cc_error *err)
{
	struct cc_error ignored = { 0 };
	struct tree_node *dir, *n = NULL;
	const char *name;
	size_t len;

	if (check_path(e->target, "a hard link", err) < 0)
		return -1;
	if (split(t, e->target, false, &dir, &name, &len, &ignored) == 0 && len > 0)
		n = find_child(t, dir, name, len);
	if (n == NULL)
		return cc_fail(err, INVALID, "the archive has a hard link to nothing: '%.80s' to '%.80s'", e->path, e->target);
	if (is_dir(n))
		return cc_fail(err, INVALID, "the archive has a hard link to a directory: '%.80s' to '%.80s'", e->path, e->target);
	*ret = n;
	return 0;
}

/* Makes room for something new under the name, unless both are directories. */
static int take_name(
        struct tree *t, struct tree_node *dir, const char *name, size_t len, bool new_is_dir, struct tree_node **ret, struct cc_error *err)
{
	struct tree_node *n = find_child(t, dir, name, len);

	if (n != NULL && !(new_is_dir && is_dir(n))) {
		remove_node(t, n);
		n = NULL;
	}
	if (n == NULL && add_child(t, dir, name, len, &n, err) < 0)
		return -1;
	n->layer = t->layer;
	*ret = n;
	return 0;
}

static int place(struct tree *t, struct tree_node *dir, const char *name, size_t len, const struct tree_entry *e, uint64_t at, struct cc_error *err)
{
	struct tree_node *n, *linked = NULL;

	if (len == 0) {
		if (S_ISDIR(e->mode))
			keep_meta(t, &t->root->meta, e);
		return S_ISDIR(e->mode) ? 0 : cc_fail(err, INVALID, "the archive's root is no directory");
	}
	if ((e->mode & S_IFMT) == 0 && find_linked(t, e, &linked, err) < 0)
		return -1;
	if (linked != NULL && linked == find_child(t, dir, name, len))
		return 0;
	if (take_name(t, dir, name, len, S_ISDIR(e->mode), &n, err) < 0)
		return -1;
	if (linked != NULL) {
		n->meta = linked->meta;
		n->file = linked->file;
	} else if (S_ISREG(e->mode)) {
		n->file = add_file(t, e, at);
		n->meta.mode = S_IFREG;
	} else {
		keep_meta(t, &n->meta, e);
	}
	return 0;
}

static void white_out(struct tree *t, struct tree_node *dir, const char *name, size_t len)
{
	struct tree_node *n;

	if (len == strlen(OPAQUE) && strncmp(name, OPAQUE, len) == 0) {
		prune(t, dir);
		return;
	}
	n = find_child(t, dir, name + strlen(WHITEOUT), len - strlen(WHITEOUT));
	if (n == NULL)
		return;
	prune(t, n);
	if (n->layer < t->layer && n->children == NULL)
		remove_node(t, n);
}

static int check_entry(const struct tree_entry *e, struct cc_error *err)
{
	if (check_path(e->path, "an entry", err) < 0)
		return -1;
	if (e->uid < 0 || e->uid > ID_MAX || e->gid < 0 || e->gid > ID_MAX)
		return cc_fail(err, INVALID, "'%.100s' belongs to %lld:%lld, but an instance has ids up to %d only", e->path, (long long)e->uid,
		        (long long)e->gid, ID_MAX);
	return 0;
}

int tree_add(struct tree *t, const struct tree_entry *e, uint64_t at, struct cc_error *err)
{
	struct tree_node *dir;
	const char *name;
	size_t len;

	if (check_entry(e, err) < 0 || count(t, S_ISREG(e->mode) ? e->size : 0, err) < 0 || split(t, e->path, true, &dir, &name, &len, err) < 0)
		return -1;
	if (t->whiteouts && len > strlen(WHITEOUT) && strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0) {
		white_out(t, dir, name, len);
		return 0;
	}
	return place(t, dir, name, len, e, at, err);
}

bool tree_has(struct tree *t, const char *path)
{
	struct cc_error ignored = { 0 };
	struct steps s = { .t = t, .err = &ignored };

	return walk(&s, t->top, path, strlen(path)) != NULL;
}

bool tree_choose(struct tree *t, const char *dir)
{
	struct cc_error ignored = { 0 };
	struct steps s = { .t = t, .err = &ignored };
	struct tree_node *n = walk(&s, t->root, dir, strlen(dir));

	if (n == NULL || !is_dir(n))
		return false;
	t->top = n;
	return true;
}

static const char *path_of(struct tree *t, const struct tree_node *n)
{
	char *path = cc_arena_alloc(t->arena, n->path_len + 2);
	size_t at = n->path_len - t->top->path_len;

	path[at] = '\0';
	for (; n != t->top; n = n->parent) {
		size_t len = strlen(n->name);

		at -= len;
		memcpy(path + at, n->name, len);
		if (at > 0)
			path[--at] = '/';
	}
	return path + strspn(path, "/");
}

static int walk_node(struct tree *t, struct tree_node *n, tree_each_fn *each, void *user, struct cc_error *err)
{
	struct tree_entry e = n->meta;

	if (n->file != NULL) {
		*(n->file->names == NULL ? &n->file->names : &n->file->last_name->next_name) = n;
		n->file->last_name = n;
		return 0;
	}
	e.path = n == t->top ? "." : path_of(t, n);
	return each(user, &e, err);
}

static int walk_tree(struct tree *t, struct tree_node *n, tree_each_fn *each, void *user, struct cc_error *err)
{
	struct tree_node *last = n->children;

	if (walk_node(t, n, each, user, err) < 0)
		return -1;
	/* New children are put first, so the list runs backwards. */
	while (last != NULL && last->next != NULL)
		last = last->next;
	for (; last != NULL; last = last->prev)
		if (walk_tree(t, last, each, user, err) < 0)
			return -1;
	return 0;
}

int tree_walk(struct tree *t, tree_each_fn *each, void *user, struct cc_error *err)
{
	return walk_tree(t, t->top, each, user, err);
}

struct tree_file *tree_take_file(struct tree *t, uint32_t layer, uint64_t at)
{
	while (t->next_file < t->n_files) {
		struct tree_file *f = t->files[t->next_file];

		if (f->layer > layer || (f->layer == layer && f->at > at))
			return NULL;
		t->next_file++;
		if (f->layer == layer && f->at == at && f->names != NULL) {
			f->meta.path = path_of(t, f->names);
			return f;
		}
	}
	return NULL;
}

const struct tree_entry *tree_file_entry(const struct tree_file *f)
{
	return &f->meta;
}

const char *tree_file_next_name(struct tree_file *f)
{
	f->names = f->names->next_name;
	return f->names != NULL ? path_of(f->tree, f->names) : NULL;
}
