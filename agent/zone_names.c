/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/zone_names.h"

#include "agent/spool.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOR_PRIV "names.new"

void zone_names_done(struct zone_names *t)
{
	free(t->items);
	*t = (struct zone_names){ 0 };
}

/* Where it is, or has to be put. */
static size_t place_of(const struct zone_names *t, const char *name, bool *ret_there)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcmp(t->items[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_there = low < t->n && strcmp(t->items[low].name, name) == 0;
	return low;
}

static bool is_address(const char *text)
{
	uint8_t in[16];

	return inet_pton(AF_INET, text, in) == 1 || inet_pton(AF_INET6, text, in) == 1;
}

static void put(struct zone_names *t, const char *name, const char *address)
{
	bool there;
	size_t at = place_of(t, name, &there);

	if (!there && (t->n == ZONE_NAMES_MAX || strlen(name) >= sizeof(t->items->name)))
		return;
	if (!there) {
		if (t->n % 256 == 0)
			t->items = cc_realloc(t->items, (t->n + 256) * sizeof(*t->items));
		memmove(t->items + at + 1, t->items + at, (t->n++ - at) * sizeof(*t->items));
	}
	memset(&t->items[at], 0, sizeof(t->items[at]));
	snprintf(t->items[at].name, sizeof(t->items[at].name), "%s", name);
	snprintf(t->items[at].address, sizeof(t->items[at].address), "%s", address);
}

static void drop(struct zone_names *t, const char *name)
{
	bool there;
	size_t at = place_of(t, name, &there);

	if (there)
		memmove(t->items + at, t->items + at + 1, (--t->n - at) * sizeof(*t->items));
}

static void put_all(struct zone_names *t, const struct zone_name *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cc_has(&items[i], zone_name, address) && is_address(items[i].address))
			put(t, items[i].name, items[i].address);
		else
			drop(t, items[i].name);
}

void zone_names_take(struct zone_names *t, const struct node_orders *o)
{
	if (!cc_has(o, node_orders, names_version) || strlen(o->names_version) >= sizeof(t->version))
		return;
	if (cc_has(o, node_orders, names_full) && o->names_full) {
		free(t->items);
		t->items = NULL;
		t->n = 0;
	}
	put_all(t, o->names.items, o->names.n);
	snprintf(t->version, sizeof(t->version), "%s", o->names_version);
	t->unsaved = t->look = true;
}

void zone_names_load(struct zone_names *t, const char *dir)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct spool_names kept;

	t->look = true;
	if (!spool_load_names(dir, &kept, a) || strlen(kept.version) >= sizeof(t->version))
		return;
	put_all(t, kept.names.items, kept.names.n);
	snprintf(t->version, sizeof(t->version), "%s", kept.version);
}

int zone_names_save(struct zone_names *t, const char *dir, struct cc_error *err)
{
	cc_auto_free struct zone_name *items = cc_calloc(t->n + 1, sizeof(*items));
	struct spool_names kept = { .version = t->version };

	if (!t->unsaved)
		return 0;
	for (size_t i = 0; i < t->n; i++) {
		items[i].name = t->items[i].name;
		cc_set(&items[i], zone_name, address, t->items[i].address);
	}
	kept.names.items = items;
	kept.names.n = t->n;
	if (spool_save_names(dir, &kept, err) < 0)
		return -1;
	t->unsaved = false;
	return 0;
}

static bool is_here(const struct inst_table *insts, const char *name)
{
	for (size_t i = 0; i < insts->n; i++)
		if (insts->items[i]->want != NULL && strcmp(insts->items[i]->want->name, name) == 0)
			return true;
	return false;
}

static int open_unnamed(const char *dir, const struct cc_buf *text, struct cc_error *err)
{
	cc_auto_close int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (dir_fd >= 0)
		fd = openat(dir_fd, FOR_PRIV, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || unlinkat(dir_fd, FOR_PRIV, 0) < 0 || cc_write_all(fd, cc_buf_str(text), text->len) < 0)
		return cc_fail_errno(err, "writing '%s/" FOR_PRIV "'", dir);
	return cc_take_fd(fd);
}

static void answered(void *user, const struct priv_reply *r)
{
	struct zone_names *t = user;

	if (r->code != CC_OK)
		t->said = false;
}

int zone_names_say(struct zone_names *t, const struct inst_table *insts, struct priv_client *priv, const char *dir, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	cc_auto_close int fd = -1;
	struct priv_names body = { 0 };
	struct cc_sha256 now;

	if (!t->look)
		return 0;
	for (size_t i = 0; i < t->n; i++)
		if (!is_here(insts, t->items[i].name)) {
			cc_buf_add(&text, &t->items[i], sizeof(t->items[i]));
			body.count++;
		}
	now = cc_sha256(cc_buf_str(&text), text.len);
	t->look = false;
	if (t->said && cc_sha256_equal(now, t->said_names))
		return 0;
	fd = open_unnamed(dir, &text, err);
	if (fd < 0 || priv_client_send(priv, &(struct priv_request){ .verb = PRIV_NAMES, .body = &body, .fds = &fd }, answered, t, NULL, err) < 0)
		return -1;
	t->said = true;
	t->said_names = now;
	return 0;
}
