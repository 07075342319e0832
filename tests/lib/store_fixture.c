/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lib/store_fixture.h"

#include "tests/lib/test.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#define MUST(call)                                          \
	do {                                                \
		struct cc_error e_ = { 0 };                 \
		struct cc_error *err = &e_;                 \
		ck_assert_msg((call) >= 0, "%s", err->msg); \
	} while (0)

static const int64_t now_ms = 1795000000000;
/* Everything that quoting, arrays, JSON or an encoding could trip over. */
static const char nasty[] = "q\"uo'te\\n {a,b} NULL \\ $1 -- ; /* \t\n\r\x01\x7f \xc3\xbc \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\x80 %s";

int store_fixture_fill(const char *conninfo)
{
	cc_auto(store_close) struct store *s = NULL;
	struct cc_error err = { 0 };

	if (store_open(conninfo, &s, &err) == 0 && store_migrate(s, &err) == 0)
		return 0;
	fprintf(stderr, "error: %s\n", err.msg);
	return -1;
}

struct store *store_fixture_session(const struct pg_db *db)
{
	struct store *s = NULL;

	MUST(store_open(db->conninfo, &s, err));
	MUST(store_migrate(s, err));
	MUST(store_prepare(s, err));
	return s;
}

static void open_and_take(struct store_fixture *f)
{
	f->store = store_fixture_session(&f->db);
	MUST(store_take(f->store, "valley", f->run_id, now_ms, &f->zone, err));
	f->revision = f->zone.revision;
}

void store_fixture_init(struct store_fixture *f)
{
	*f = (struct store_fixture){ .arena = cc_arena_new(0), .run_id = cc_uuid_new(now_ms) };
	pg_database_new(&f->db);
	open_and_take(f);
}

void store_fixture_done(struct store_fixture *f)
{
	effects_clear(&f->fx);
	store_close(f->store);
	cc_arena_free(f->arena);
}

void store_fixture_reopen(struct store_fixture *f)
{
	store_close(f->store);
	open_and_take(f);
}

enum store_state store_fixture_wait(struct store *s, struct cc_error *err)
{
	for (;;) {
		struct pollfd p = { .fd = store_fd(s), .events = store_events(s) };
		enum store_state st;

		poll(&p, 1, store_timeout_ms(s));
		st = store_step(s, err);
		if (st != STORE_PENDING)
			return st;
	}
}

enum store_state store_fixture_commit(struct store_fixture *f, struct cc_error *err)
{
	int r;

	f->revision++;
	for (size_t i = 0; i < f->fx.n; i++)
		if (f->fx.items[i].row != NULL)
			row_set_revision(f->fx.items[i].row, f->revision);
	r = store_commit_begin(f->store, &f->fx, f->revision, err);
	effects_clear(&f->fx);
	return r < 0 ? STORE_FAILED : store_fixture_wait(f->store, err);
}

void store_fixture_commit_ok(struct store_fixture *f)
{
	struct cc_error err = { 0 };

	ck_assert_msg(store_fixture_commit(f, &err) == STORE_OK, "%s", err.msg);
}

void store_fixture_commit_refused(struct store_fixture *f, enum cc_code code, const char *text)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(store_fixture_commit(f, &err), STORE_FAILED);
	ck_assert_msg(err.code == code && strstr(err.msg, text) != NULL, "'%s' was expected, not: %s", text, err.msg);
	ck_assert_msg(!store_lost(f->store), "the session was lost: %s", err.msg);
	f->revision--;
}

struct zone *store_fixture_load(struct store_fixture *f)
{
	struct zone *z = NULL;

	MUST(store_load(f->store, &z, err));
	return z;
}

int64_t store_fixture_count(const struct store_fixture *f, const char *query)
{
	cc_auto_free char *text = pg_value(&f->db, query);

	ck_assert_ptr_nonnull(text);
	return strtoll(text, NULL, 10);
}

struct cc_uuid store_fixture_id(struct store_fixture *f)
{
	struct cc_uuid id = { { 1 } };

	f->ids++;
	memcpy(id.b + 8, &f->ids, sizeof(f->ids));
	return id;
}

void store_fixture_put(struct store_fixture *f, enum table t, const void *row)
{
	effects_put(&f->fx, t, row);
}

void store_fixture_remove(struct store_fixture *f, enum table t, struct cc_uuid id)
{
	effects_remove(&f->fx, t, id);
}

/* 64 hex digits, different for each id. */
static const char *hex_of(struct store_fixture *f, struct cc_uuid id)
{
	char text[CC_UUID_TEXT], digits[33];
	size_t n = 0;

	for (const char *p = cc_uuid_format(id, text); *p != '\0'; p++)
		if (*p != '-')
			digits[n++] = *p;
	digits[n] = '\0';
	return cc_printf(f->arena, "%s%s", digits, digits);
}

struct member *store_fixture_member(struct store_fixture *f, const char *name)
{
	struct member *m = cc_new(f->arena, struct member);

	*m = (struct member){ .id = store_fixture_id(f), .name = name, .created = now_ms };
	return m;
}

struct node *store_fixture_node(struct store_fixture *f, const char *name, const struct member *owner)
{
	struct node *n = cc_new(f->arena, struct node);

	*n = (struct node){ .id = store_fixture_id(f), .name = name, .owner = owner->id, .arch = "amd64", .agent_version = "", .created = now_ms };
	n->pin = hex_of(f, n->id);
	n->granted_cpu_millis = n->granted_memory_mib = n->granted_disk_mib = 1000;
	n->granted_instances = 10;
	return n;
}

struct image *store_fixture_image(struct store_fixture *f, const char *name, const struct member *member)
{
	struct image *i = cc_new(f->arena, struct image);

	*i = (struct image){ .id = store_fixture_id(f), .name = name, .arch = "amd64", .member = member->id, .created = now_ms };
	i->sha256 = hex_of(f, i->id);
	return i;
}

struct instance *store_fixture_instance(struct store_fixture *f, const char *name, const struct image *image, const struct node *node)
{
	struct instance *i = cc_new(f->arena, struct instance);

	*i = (struct instance){ .id = store_fixture_id(f),
		.name = name,
		.member = image->member,
		.image = image->id,
		.epoch = 1,
		.cpu_millis = 100,
		.memory_mib = 100,
		.disk_mib = 100,
		.pids = 100,
		.created = now_ms };
	if (node != NULL)
		cc_set(i, instance, node, node->id);
	return i;
}

struct volume *store_fixture_volume(struct store_fixture *f, const char *name, const struct member *member, const struct node *node)
{
	struct volume *v = cc_new(f->arena, struct volume);

	*v = (struct volume){ .id = store_fixture_id(f), .name = name, .reason = "", .member = member->id, .size_mib = 10, .created = now_ms };
	if (node != NULL) {
		v->state = VOLUME_READY;
		cc_set(v, volume, node, node->id);
	}
	return v;
}

struct snapshot *store_fixture_snapshot(struct store_fixture *f, const char *name, const struct instance *inst)
{
	struct snapshot *s = cc_new(f->arena, struct snapshot);

	*s = (struct snapshot){
		.id = store_fixture_id(f),
		.name = name,
		.reason = "",
		.instance = inst->id,
		.member = inst->member,
		.created = now_ms,
		.node = inst->node,
		.size_mib = 3,
	};
	return s;
}

static void fill_map(struct store_fixture *f, const char *seed, struct cc_map *m)
{
	m->n = 2;
	m->items = cc_new_array(f->arena, m->n, struct cc_pair);
	m->items[0] = (struct cc_pair){ cc_printf(f->arena, "k %s %s", seed, nasty), nasty };
	m->items[1] = (struct cc_pair){ seed, "" };
}

static void fill_texts(struct store_fixture *f, const char *seed, struct cc_texts *t)
{
	t->n = 3;
	t->items = cc_new_array(f->arena, t->n, const char *);
	t->items[0] = nasty;
	t->items[1] = "";
	t->items[2] = seed;
}

static void fill_field(struct store_fixture *f, const struct cc_field *fd, int variant, void *row)
{
	const struct cc_kind_info *k = cc_kind_info(fd->kind);
	void *at = (char *)row + fd->offset;
	const char *seed = cc_printf(f->arena, "f%zu-%d", fd->index, variant);
	int64_t number = (int64_t)fd->index * 10 + variant;

	switch (k->base) {
	case CB_BOOL:
		*(bool *)at = variant % 2 != 0;
		break;
	case CB_INT:
		*(int64_t *)at = k->min == INT64_MIN ? -number : variant == 2 && k->max == INT64_MAX ? INT64_MAX - number : k->min + number;
		break;
	case CB_TIME:
		*(int64_t *)at = now_ms + number;
		break;
	case CB_LABEL:
		*(const char **)at = seed;
		break;
	case CB_TEXT:
		*(const char **)at = variant == 0 ? "" : cc_printf(f->arena, "%s %s", seed, nasty);
		break;
	case CB_HEX:
		*(const char **)at = hex_of(f, store_fixture_id(f));
		break;
	case CB_UUID:
		*(struct cc_uuid *)at = store_fixture_id(f);
		break;
	case CB_ENUM:
		*(unsigned *)at = (unsigned)(number % fd->enums->n);
		break;
	case CB_MAP:
		if (variant > 0)
			fill_map(f, seed, at);
		break;
	case CB_TEXTS:
		if (variant > 0)
			fill_texts(f, seed, at);
		break;
	case CB_LIST:
		if (variant > 0) {
			struct cc_list *l = at;

			l->n = 2;
			l->items = cc_arena_array(f->arena, l->n, fd->desc->size);
			store_fixture_fill_row(f, fd->desc, 1, l->items);
			store_fixture_fill_row(f, fd->desc, 2, (char *)l->items + fd->desc->size);
		}
		break;
	case CB_UUIDS:
		ck_abort_msg("%s: no table has this kind yet", fd->name);
	}
}

void store_fixture_fill_row(struct store_fixture *f, const struct cc_desc *d, int variant, void *row)
{
	memset(row, 0, d->size);
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *fd = &d->fields[i];

		if ((fd->flags & CC_NODB) || ((fd->flags & CC_OPT) && variant == 0))
			continue;
		fill_field(f, fd, variant, row);
		*(uint64_t *)row |= CC_BIT(fd->index);
	}
}

static void check_map(const char *what, const struct cc_map *got, const struct cc_map *want)
{
	ck_assert_msg(got->n == want->n, "%s: %zu pairs, not %zu", what, got->n, want->n);
	for (size_t i = 0; i < want->n; i++) {
		const char *v = cc_map_get(got, want->items[i].key);

		ck_assert_msg(v != NULL && strcmp(v, want->items[i].value) == 0, "%s: '%s' is '%s', not '%s'", what, want->items[i].key,
		        v != NULL ? v : "(absent)", want->items[i].value);
	}
}

static void check_list(const char *what, const struct cc_field *fd, const struct cc_list *got, const struct cc_list *want)
{
	ck_assert_msg(got->n == want->n, "%s: %zu items, not %zu", what, got->n, want->n);
	for (size_t i = 0; i < want->n; i++)
		store_fixture_check_row(fd->desc, (const char *)got->items + i * fd->desc->size, (const char *)want->items + i * fd->desc->size);
}

void store_fixture_check_row(const struct cc_desc *d, const void *got, const void *want)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *fd = &d->fields[i];
		cc_auto_buf struct cc_buf a = { 0 }, b = { 0 };
		char what[128];

		if (fd->flags & CC_NODB)
			continue;
		snprintf(what, sizeof(what), "%s.%s", d->name, fd->name);
		ck_assert_msg(cc_field_has(fd, got) == cc_field_has(fd, want), "%s: present in one only", what);
		if (!cc_field_has(fd, want))
			continue;
		if (fd->kind == CK_labels) {
			check_map(what, cc_field_at(fd, got), cc_field_at(fd, want));
			continue;
		}
		if (fd->kind == CK_list) {
			check_list(what, fd, cc_field_at(fd, got), cc_field_at(fd, want));
			continue;
		}
		cc_field_format(fd, got, &a);
		cc_field_format(fd, want, &b);
		ck_assert_msg(strcmp(cc_buf_str(&a), cc_buf_str(&b)) == 0, "%s: '%s', not '%s'", what, cc_buf_str(&a), cc_buf_str(&b));
	}
}
