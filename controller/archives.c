/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/archives.h"

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "controller/archive_fetch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 5000,
	RETRY_MS = 5000, /* after the first failure; twice as long after each further one */
	RETRY_MAX_MS = 60000,
	SWEEP_MS = 600000,
	SHA256_TEXT = 65,
	LABEL_TEXT = 160,
	NOTE_TEXT = 320,
	PORTS_MAX = 32
};

/* An archive that is not here. */
struct missing {
	char sha256[SHA256_TEXT];
	char image[LABEL_TEXT]; /* name:arch of one of its images */
	int64_t bytes;
	int64_t got;
	int64_t next_ms; /* boot time; 0: at once */
	unsigned failures;
	char note[NOTE_TEXT];
};

struct list {
	struct missing *items;
	size_t n;
};

struct archives {
	struct archives_options opt;
	uint16_t ports[PORTS_MAX];
	struct engine *engine;
	struct blobs *blobs;
	pthread_t thread;
	bool started;
	atomic_bool stopping;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t woken;
	bool look_now;
	struct list told;    /* the zone's images, as a standby was told of them */
	struct list missing; /* made anew by each look */
	struct missing *under_way;
	/* The thread's own. */
	int64_t sweep_ms; /* 0: it was no standby */
};

struct archives *archives_new(const struct archives_options *opt)
{
	struct archives *a = cc_calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	a->opt = *opt;
	a->opt.identity_path = cc_strdup(opt->identity_path);
	CC_PRE(opt->n_ports <= PORTS_MAX);
	memcpy(a->ports, opt->ports, opt->n_ports * sizeof(a->ports[0]));
	a->opt.ports = a->ports;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->woken, &attr);
	pthread_condattr_destroy(&attr);
	return a;
}

void archives_free(struct archives *a)
{
	if (a == NULL)
		return;
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->woken);
	free((char *)a->opt.identity_path);
	free(a->told.items);
	free(a->missing.items);
	free(a);
}

/* ---- what is missing ---- */

static void add_image(struct list *l, const struct image *img)
{
	struct missing *m = &l->items[l->n++];

	*m = (struct missing){ .bytes = img->bytes };
	snprintf(m->sha256, sizeof(m->sha256), "%s", img->sha256);
	snprintf(m->image, sizeof(m->image), "%s:%s", img->name, img->arch);
}

void archives_images(void *archives, const struct image *list, size_t n)
{
	struct archives *a = archives;
	struct list told = { .items = cc_calloc(n + 1, sizeof(struct missing)) };

	for (size_t i = 0; i < n; i++)
		add_image(&told, &list[i]);
	pthread_mutex_lock(&a->lock);
	free(a->told.items);
	a->told = told;
	a->look_now = true;
	pthread_cond_signal(&a->woken);
	pthread_mutex_unlock(&a->lock);
}

static struct missing *find(const struct list *l, const char *sha256)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].sha256, sha256) == 0)
			return &l->items[i];
	return NULL;
}

static struct list images_of_zone(struct archives *a)
{
	const struct zone *z = engine_read_begin(a->engine);
	struct list l = { .items = cc_calloc(zone_count(z, TABLE_IMAGE) + 1, sizeof(struct missing)) };
	const struct image *img;

	for (size_t at = 0; (img = zone_next(z, TABLE_IMAGE, &at)) != NULL;)
		add_image(&l, img);
	engine_read_end(a->engine);
	return l;
}

static struct list images_told(struct archives *a)
{
	struct list l;

	pthread_mutex_lock(&a->lock);
	l = (struct list){ cc_calloc(a->told.n + 1, sizeof(struct missing)), a->told.n };
	if (l.n > 0)
		memcpy(l.items, a->told.items, l.n * sizeof(struct missing));
	pthread_mutex_unlock(&a->lock);
	return l;
}

/* Leaves those that are not here, each once, with what is known of them. */
static void keep_missing(struct archives *a, struct list *l)
{
	size_t n = l->n;

	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct missing *known = find(&a->missing, l->items[i].sha256);

		if (blobs_has(a->blobs, l->items[i].sha256) || find(l, l->items[i].sha256) != NULL)
			continue;
		l->items[l->n++] = known != NULL ? *known : l->items[i];
	}
}

static bool is_told(void *list, const char *sha256)
{
	return find(list, sha256) != NULL;
}

/* What the zone forgot is thrown away; by a standby late, for an image may still be on its way into the database when another controller takes over. The active one has
 * its own way. */
static void sweep(struct archives *a, bool standby, struct list *all)
{
	int64_t now = cc_boottime_ms();

	if (!standby || a->sweep_ms == 0)
		a->sweep_ms = standby ? now + SWEEP_MS : 0;
	if (!standby || now < a->sweep_ms || all->n == 0)
		return;
	blobs_sweep_standby(a->blobs, a->engine, is_told, all);
	a->sweep_ms = now + SWEEP_MS;
}

static void look(struct archives *a)
{
	bool standby = engine_is_standby(a->engine, NULL, 0);
	struct list all = standby ? images_told(a) : images_of_zone(a);

	sweep(a, standby, &all);
	pthread_mutex_lock(&a->lock);
	keep_missing(a, &all);
	free(a->missing.items);
	a->missing = all;
	a->look_now = false;
	pthread_mutex_unlock(&a->lock);
}

/* ---- copying ---- */

static void progress(void *arg, int64_t got)
{
	struct archives *a = arg;

	pthread_mutex_lock(&a->lock);
	a->under_way->got = got;
	pthread_mutex_unlock(&a->lock);
}

static void note(struct archives *a, struct missing *m, const char *fmt, ...) CC_PRINTF(3, 4);

static void note(struct archives *a, struct missing *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pthread_mutex_lock(&a->lock);
	vsnprintf(m->note, sizeof(m->note), fmt, ap);
	pthread_mutex_unlock(&a->lock);
	va_end(ap);
}

static bool may_dial(const struct archives *a, uint16_t port)
{
	for (size_t i = 0; i < a->opt.n_ports; i++)
		if (a->opt.ports[i] == port)
			return true;
	return false;
}

/* Of what this controller is told to call the other, what it may: the program gave up the right to dial other ports when it started. */
static size_t reachable(const struct archives *a, const struct zone_controller *c, struct cc_arena *arena, const char **ret, struct cc_error *err)
{
	struct cc_error ignored;
	struct cc_addr addr;
	size_t n = 0;

	for (size_t i = 0; i < c->addresses.n; i++) {
		if (cc_addr_parse(arena, c->addresses.items[i], &addr, &ignored) < 0)
			continue;
		if (may_dial(a, addr.port))
			ret[n++] = c->addresses.items[i];
		else if (err->code == CC_OK)
			cc_fail(err, DENIED, "this controller may not dial port %u of %s: name it in controller_ports and restart this one",
			        (unsigned)addr.port, c->name);
	}
	if (n == 0 && err->code == CC_OK)
		cc_fail(err, UNAVAILABLE, "%s says no address", c->name);
	return n;
}

static int copy_from(struct archives *a, const struct zone_controller *c, struct missing *m, struct cc_arena *arena, struct cc_error *err)
{
	const struct archive_fetch f = {
		.blobs = a->blobs, .sha256 = m->sha256, .bytes = m->bytes, .name = c->name, .stopping = &a->stopping, .progress = progress, .arg = a
	};
	struct cc_http_options from = { .pin = a->opt.pin, .identity_path = a->opt.identity_path, .user_agent = "cc-controller/" CC_VERSION };
	const char **addresses = cc_new_array(arena, c->addresses.n + 1, const char *);

	from.addresses = addresses;
	from.n_addresses = reachable(a, c, arena, addresses, err);
	if (from.n_addresses == 0)
		return -1;
	*err = (struct cc_error){ 0 };
	note(a, m, "is being copied from %s", c->name);
	return archive_fetch(&f, &from, err);
}

/* Asks one controller after the other, the active one first. What the first that has it says tells most. */
static int copy_from_any(struct archives *a, struct missing *m, struct cc_arena *arena, struct cc_error *err)
{
	struct zone_controller *list;
	size_t n = engine_controllers(a->engine, arena, &list, NULL);

	for (size_t i = 0; i < n && !atomic_load(&a->stopping); i++) {
		struct cc_error why = { 0 };

		if (cc_uuid_equal(list[i].id, a->opt.self) || list[i].state == CONTROLLER_AWAY)
			continue;
		if (copy_from(a, &list[i], m, arena, &why) == 0)
			return 0;
		if (err->code == CC_OK || err->code == CC_NOT_FOUND)
			*err = why;
	}
	if (err->code == CC_OK)
		cc_fail(err, NOT_FOUND, "no other controller of the zone is there");
	if (err->code == CC_NOT_FOUND)
		cc_fail(err, NOT_FOUND, "no controller that is there has it: start the one that has, or import the image again");
	return -1;
}

static void failed(struct archives *a, struct missing *m, const char *before, const struct cc_error *err)
{
	int64_t wait = RETRY_MAX_MS;

	for (wait = RETRY_MS; wait < RETRY_MAX_MS && wait < (int64_t)RETRY_MS << m->failures; wait *= 2) {
	}
	pthread_mutex_lock(&a->lock);
	m->failures += m->failures < 16;
	m->next_ms = cc_boottime_ms() + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
	snprintf(m->note, sizeof(m->note), "%.300s", err->msg);
	pthread_mutex_unlock(&a->lock);
	if (strcmp(before, m->note) != 0)
		cc_log(WARNING, ARCHIVE_MISSING, kv_text("image", m->image), kv_text("sha256", m->sha256), kv_err(err));
}

/* `m` stays where it is until the next look, which is this thread's. */
static void copy(struct archives *a, struct missing *m)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct cc_error err = { 0 };
	char before[NOTE_TEXT];

	memcpy(before, m->note, sizeof(before));
	pthread_mutex_lock(&a->lock);
	a->under_way = m;
	pthread_mutex_unlock(&a->lock);
	if (copy_from_any(a, m, arena, &err) == 0)
		cc_log(INFO, IMAGE_FETCHED, kv_text("image", m->image), kv_text("sha256", m->sha256), kv_i64("bytes", m->bytes));
	else if (!atomic_load(&a->stopping))
		failed(a, m, before, &err);
}

static struct missing *next_due(struct archives *a)
{
	int64_t now = cc_boottime_ms();

	for (size_t i = 0; i < a->missing.n; i++)
		if (a->missing.items[i].next_ms <= now)
			return &a->missing.items[i];
	return NULL;
}

/* ---- the thread ---- */

static void rest(struct archives *a)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_MS / 1000;
	pthread_mutex_lock(&a->lock);
	if (!a->look_now && !atomic_load(&a->stopping))
		pthread_cond_timedwait(&a->woken, &a->lock, &until);
	pthread_mutex_unlock(&a->lock);
}

static void *run(void *arg)
{
	struct archives *a = arg;

	while (!atomic_load(&a->stopping)) {
		struct missing *m;

		look(a);
		m = next_due(a);
		if (m != NULL)
			copy(a, m);
		else
			rest(a);
	}
	return NULL;
}

void archives_start(struct archives *a, struct engine *engine, struct blobs *blobs)
{
	sigset_t all, before;

	a->engine = engine;
	a->blobs = blobs;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CC_PRE(pthread_create(&a->thread, NULL, run, a) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	a->started = true;
}

void archives_stop(struct archives *a)
{
	if (a == NULL || !a->started)
		return;
	pthread_mutex_lock(&a->lock);
	atomic_store(&a->stopping, true);
	pthread_cond_signal(&a->woken);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	a->started = false;
}

size_t archives_read(void *archives, struct cc_arena *arena, struct archive_copy **ret)
{
	struct archives *a = archives;
	int64_t now = cc_boottime_ms();
	size_t n;

	pthread_mutex_lock(&a->lock);
	n = a->missing.n;
	*ret = cc_new_array(arena, n + 1, struct archive_copy);
	for (size_t i = 0; i < n; i++) {
		const struct missing *m = &a->missing.items[i];
		int64_t left = m->next_ms > now ? (m->next_ms - now + 999) / 1000 : 0;

		(*ret)[i] = (struct archive_copy){ .image = cc_arena_strdup(arena, m->image),
			.sha256 = cc_arena_strdup(arena, m->sha256),
			.bytes = m->bytes,
			.got = m->got,
			.note = left > 0 ? cc_printf(arena, "%s; next try in %lld s", m->note, (long long)left)
			                 : cc_arena_strdup(arena, m->note[0] != '\0' ? m->note : "waits for its turn") };
	}
	pthread_mutex_unlock(&a->lock);
	return n;
}
