/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zone as a whole. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/blobs.h"
#include "controller/api/read.h"

#define API_VERSION "1"

static const char *zone_name_of(struct call *c)
{
	const struct zone *z = engine_read_begin(c->engine);
	const char *name = cc_arena_strdup(c->arena, zone_name(z));

	engine_read_end(c->engine);
	return name;
}

int api_version(struct call *c, struct cc_error *err)
{
	struct version *v = cc_new(c->arena, struct version);

	(void)err;
	v->version = CC_VERSION;
	v->api = API_VERSION;
	v->zone = zone_name_of(c);
	c->reply = v;
	return 0;
}

static void count_nodes(const struct zone *z, struct zone_status *s)
{
	const struct node *n;

	s->nodes = (int64_t)zone_count(z, TABLE_NODE);
	for (size_t at = 0; (n = zone_next(z, TABLE_NODE, &at)) != NULL;)
		s->nodes_ready += n->state == NODE_READY;
}

static void count_instances(const struct zone *z, struct zone_status *s)
{
	const struct instance *inst;

	s->instances = (int64_t)zone_count(z, TABLE_INSTANCE);
	for (size_t at = 0; (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;)
		s->instances_running += inst->state == INST_RUNNING;
}

/* The caller's own account: who is not a member has none. */
static void show_member(struct call *c, const struct zone *z, struct zone_status *s)
{
	const struct member *m = zone_find(z, TABLE_MEMBER, c->who.id);
	struct zone_use used, max;

	if (m == NULL)
		return;
	used = zone_member_use(z, m->id);
	max = engine_member_max(c->engine, m);
	cc_set(s, zone_status, member, cc_arena_strdup(c->arena, m->name));
#define SHOW(what)                                      \
	cc_set(s, zone_status, used_##what, used.what); \
	if (max.what != INT64_MAX)                      \
		cc_set(s, zone_status, max_##what, max.what);
	SHOW(instances)
	SHOW(cpu_millis)
	SHOW(memory_mib)
	SHOW(disk_mib)
#undef SHOW
}

#define ARCHIVES_SHOWN 20

static const struct archive_copy *find_copy(const struct archive_copy *list, size_t n, const char *sha256)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].sha256, sha256) == 0)
			return &list[i];
	return NULL;
}

static void add_archive(struct zone_status *s, struct archive_copy copy)
{
	s->images_missing++;
	if (s->archives.n < ARCHIVES_SHOWN)
		s->archives.items[s->archives.n++] = copy;
}

/* A standby has no zone, but whoever copies archives knows what it should have. */
static void show_archives(struct call *c, const struct zone *z, bool standby, struct zone_status *s)
{
	struct archive_copy *list = NULL;
	size_t n = c->setup->archives_read != NULL ? c->setup->archives_read(c->setup->archives_arg, c->arena, &list) : 0;
	const struct image *img;

	s->has |= CC_BIT(zone_status_f_archives) | CC_BIT(zone_status_f_images_missing);
	s->archives.items = cc_new_array(c->arena, ARCHIVES_SHOWN, struct archive_copy);
	for (size_t i = 0; standby && i < n; i++)
		add_archive(s, list[i]);
	for (size_t at = 0; (img = zone_next(z, TABLE_IMAGE, &at)) != NULL && !standby;) {
		const struct archive_copy *known;

		if (blobs_has(c->setup->blobs, img->sha256))
			continue;
		known = find_copy(list, n, img->sha256);
		add_archive(s, (struct archive_copy){ .image = cc_printf(c->arena, "%s:%s", img->name, img->arch),
		                       .sha256 = cc_arena_strdup(c->arena, img->sha256),
		                       .bytes = img->bytes,
		                       .got = known != NULL ? known->got : 0,
		                       .note = known != NULL ? known->note : "is not looked for yet" });
	}
}

/* Counted anew, so it is as new as the zone is. */
static int look_at_status(struct call *c, struct cc_error *err)
{
	struct zone_status *s = cc_new(c->arena, struct zone_status);
	const struct zone *z;
	char why[512] = "";
	bool standby = engine_is_standby(c->engine, why, sizeof(why));

	(void)err;
	read_watch(c, zone_table_key(TABLE_MAX));
	cc_set(s, zone_status, role, standby ? cc_arena_strdup(c->arena, why) : "active");
	s->has |= CC_BIT(zone_status_f_controllers);
	s->controllers.n = engine_controllers(c->engine, c->arena, &s->controllers.items, NULL);
	s->database = engine_is_available(c->engine, why, sizeof(why)) ? "ok" : cc_arena_strdup(c->arena, why);
	s->version = CC_VERSION;
	cc_set(s, zone_status, fences, c->setup->fences);
	cc_set(s, zone_status, commit_ms, engine_commit_ms(c->engine));
	cc_set(s, zone_status, now, cc_now_ms());
	z = engine_read_begin(c->engine);
	s->zone = cc_arena_strdup(c->arena, zone_name(z));
	c->index = s->revision = zone_revision(z);
	s->images = (int64_t)zone_count(z, TABLE_IMAGE);
	show_archives(c, z, standby, s);
	count_nodes(z, s);
	count_instances(z, s);
	show_member(c, z, s);
	engine_read_end(c->engine);
	if (read_waits(c, s->revision, s->revision))
		return read_park(c, look_at_status);
	c->reply = s;
	return 0;
}

int api_status(struct call *c, struct cc_error *err)
{
	return read_begin(c, err) < 0 ? -1 : look_at_status(c, err);
}
