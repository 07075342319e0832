/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch holds its commands and the effects of all of them. Each command's effects are applied to the working zone at once, so the next command sees them;
 * the published zone follows when the batch is committed. Both zones share the rows. */
#include "controller/engine/engine.h"

#include "controller/engine/audit.h"
#include "controller/engine/cap.h"
#include "controller/engine/columns.h"
#include "controller/engine/decide.h"
#include "controller/engine/distances.h"
#include "controller/engine/liveness.h"
#include "controller/engine/queue.h"
#include "controller/engine/refusals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define NAMES_EVERY_MS  1000
#define POINTS_MAX      256 /* stored with one tick */
#define NO_ROOM_AT_ONCE 4   /* records of refused placements that need not wait for the next tick */
#define REFUSALS_MAX    60  /* entries about refused requests in a minute */

struct batch {
	struct command *commands;
	size_t n;
	struct effects fx;
	int64_t revision;
};

struct engine {
	struct engine_options opt;
	struct queue *queue;
	struct zone *working;
	pthread_rwlock_t lock; /* of published */
	struct zone *published;
	struct liveness *liveness;
	struct liveness *tokens; /* when each was last used */
	struct distances *distances;
	struct told *told;
	struct distances_moved moved[POINTS_MAX]; /* for the tick that is decided */
	_Atomic int64_t commit_8th_ms;
	struct refusals *no_room; /* since the last tick, and not yet written */
	int no_room_written;      /* since then */
	struct history *history;
	struct names *names;
	uint64_t names_told; /* the version that nodes were last woken for */
	int64_t names_told_ms;
	int64_t started_ms;      /* boot time of the first command since the zone was loaded: every lease begins then anew */
	bool loaded;             /* no tick has looked at the loaded zone yet */
	int64_t refusals_minute; /* boot time in minutes, of: */
	int refusals;            /* entries of the audit log about refused requests */
	pthread_mutex_t state_lock;
	bool available;
	bool standby;
	char why[512]; /* why it is not available */
	struct zone_controller **controllers;
	size_t n_controllers;
	uint64_t controllers_version;
	int64_t decided_ms; /* boot time of the command that is decided */
	pthread_mutex_t heard_lock;
	int64_t (*heard)(void *arg, struct cc_uuid node);
	void *heard_arg;
};

static const struct {
	const char *name;
	int (*decide)(const struct decide *, struct command *, struct effects *, struct cc_uuid *, struct cc_error *);
	enum table reply; /* TABLE_MAX: none */
} kinds[COMMAND_MAX] = {
#define TABLE_OF_member            TABLE_MEMBER
#define TABLE_OF_member_token      TABLE_MEMBER_TOKEN
#define TABLE_OF_invite            TABLE_INVITE
#define TABLE_OF_node              TABLE_NODE
#define TABLE_OF_image             TABLE_IMAGE
#define TABLE_OF_image_alias       TABLE_IMAGE_ALIAS
#define TABLE_OF_instance          TABLE_INSTANCE
#define TABLE_OF_snapshot          TABLE_SNAPSHOT
#define TABLE_OF_volume            TABLE_VOLUME
#define TABLE_OF_none              TABLE_MAX
#define C(NAME, name, reply, what) [COMMAND_##NAME] = { #name, decide_##name, TABLE_OF_##reply },
#include "controller/engine/commands.def"
#undef C
};

const char *command_name(enum command_kind kind)
{
	return (unsigned)kind < COMMAND_MAX ? kinds[kind].name : "?";
}

/* A second zone with the same rows. */
static struct zone *share(const struct zone *from)
{
	struct zone *z = zone_new(zone_name(from), zone_id(from));

	zone_share_rows(z, from);
	zone_set_revision(z, zone_revision(from));
	return z;
}

/* Readers come all the time; the engine must not wait for a moment without one. No thread may read twice at a time. */
static void init_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

static void put_place(struct engine *e, const struct node *n)
{
	struct sched_point point = columns_point_of(n);

	distances_put(e->distances, n->id, &point);
}

static void load_places(struct engine *e, const struct zone *z)
{
	const struct node *n;

	for (size_t at = 0; (n = zone_next(z, TABLE_NODE, &at)) != NULL;)
		put_place(e, n);
}

struct engine *engine_new(const struct engine_options *opt, struct zone *working)
{
	struct engine *e = cc_calloc(1, sizeof(*e));

	e->opt = *opt;
	if (memcmp(&opt->weights, &(struct sched_options){ 0 }, sizeof(opt->weights)) == 0)
		e->opt.weights = sched_default_options;
	e->queue = queue_new(opt->queue_max);
	e->working = working;
	e->published = share(working);
	e->liveness = liveness_new();
	e->history = history_new(opt->history_max, zone_revision(working));
	e->names = names_new(working, 0);
	e->names_told = names_version(e->names);
	e->tokens = liveness_new();
	e->no_room = refusals_new();
	e->distances = distances_new();
	e->told = told_new();
	load_places(e, working);
	e->available = e->loaded = true;
	init_lock(&e->lock);
	pthread_mutex_init(&e->state_lock, NULL);
	pthread_mutex_init(&e->heard_lock, NULL);
	return e;
}

static void answer(struct command *cmd, enum cc_code code, const char *why)
{
	cmd->reply = NULL;
	cc_error_set(&cmd->error, code, 0, CC_HERE, "%s", why);
	cmd->done(cmd);
}

static void answer_all(struct command *first, enum cc_code code, const char *why)
{
	while (first != NULL) {
		struct command *next = first->next;

		answer(first, code, why);
		first = next;
	}
}

static void forget_controllers(struct engine *e)
{
	for (size_t i = 0; i < e->n_controllers; i++)
		free(e->controllers[i]);
	free(e->controllers);
	e->controllers = NULL;
	e->n_controllers = 0;
}

void engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	queue_close(e->queue);
	engine_refuse_waiting(e, "the controller is stopping; try again");
	queue_free(e->queue);
	zone_free(e->working);
	zone_free(e->published);
	liveness_free(e->liveness);
	history_free(e->history);
	names_free(e->names);
	liveness_free(e->tokens);
	refusals_free(e->no_room);
	distances_free(e->distances);
	told_free(e->told);
	forget_controllers(e);
	pthread_rwlock_destroy(&e->lock);
	pthread_mutex_destroy(&e->state_lock);
	pthread_mutex_destroy(&e->heard_lock);
	free(e);
}

bool engine_push(struct engine *e, struct command *cmd)
{
	return queue_push(e->queue, cmd);
}

int engine_fd(const struct engine *e)
{
	return queue_fd(e->queue);
}

void engine_refuse_waiting(struct engine *e, const char *why)
{
	size_t n;

	answer_all(queue_take(e->queue, SIZE_MAX, &n), CC_UNAVAILABLE, why);
}

static void set_state(struct engine *e, bool available, bool standby, const char *why)
{
	pthread_mutex_lock(&e->state_lock);
	e->available = available;
	e->standby = standby;
	snprintf(e->why, sizeof(e->why), "%s", available ? "" : why);
	pthread_mutex_unlock(&e->state_lock);
}

void engine_set_available(struct engine *e, bool available, const char *why)
{
	set_state(e, available, false, why);
}

void engine_set_standby(struct engine *e, const char *why)
{
	set_state(e, false, true, why);
}

bool engine_is_standby(struct engine *e, char *why, size_t size)
{
	bool standby;

	pthread_mutex_lock(&e->state_lock);
	standby = e->standby;
	if (why != NULL)
		snprintf(why, size, "%s", e->why);
	pthread_mutex_unlock(&e->state_lock);
	return standby;
}

bool engine_is_available(struct engine *e, char *why, size_t size)
{
	bool available;

	pthread_mutex_lock(&e->state_lock);
	available = e->available;
	if (why != NULL)
		snprintf(why, size, "%s", e->why);
	pthread_mutex_unlock(&e->state_lock);
	return available;
}

static bool same_addresses(const struct zone_controller *a, const struct zone_controller *b)
{
	bool same = a->addresses.n == b->addresses.n;

	for (size_t i = 0; same && i < a->addresses.n; i++)
		same = strcmp(a->addresses.items[i], b->addresses.items[i]) == 0;
	return same;
}

bool engine_set_controllers(struct engine *e, const struct zone_controller *items, size_t n)
{
	bool same;

	pthread_mutex_lock(&e->state_lock);
	same = n == e->n_controllers;
	for (size_t i = 0; same && i < n; i++)
		same = same_addresses(e->controllers[i], &items[i]);
	e->controllers_version += !same;
	forget_controllers(e);
	e->controllers = cc_calloc(n + 1, sizeof(struct zone_controller *));
	for (size_t i = 0; i < n; i++)
		e->controllers[e->n_controllers++] = cc_row_heap_copy(&zone_controller_desc, &items[i]);
	pthread_mutex_unlock(&e->state_lock);
	return !same;
}

size_t engine_controllers(struct engine *e, struct cc_arena *a, struct zone_controller **ret, uint64_t *ret_version)
{
	size_t n;

	pthread_mutex_lock(&e->state_lock);
	n = e->n_controllers;
	*ret = cc_new_array(a, n + 1, struct zone_controller);
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = *(struct zone_controller *)cc_row_arena_copy(&zone_controller_desc, e->controllers[i], a);
	if (ret_version != NULL)
		*ret_version = e->controllers_version;
	pthread_mutex_unlock(&e->state_lock);
	return n;
}

/* Keeps what it finds, so that it is asked for seldom. */
static int64_t last_sign(struct engine *e, struct cc_uuid node)
{
	int64_t ms = 0;

	pthread_mutex_lock(&e->heard_lock);
	if (e->heard != NULL)
		ms = e->heard(e->heard_arg, node);
	pthread_mutex_unlock(&e->heard_lock);
	engine_node_heard(e, node, ms);
	return liveness_last(e->liveness, node);
}

static int64_t heard_ms(void *arg, struct cc_uuid node)
{
	struct engine *e = arg;
	int64_t ms = liveness_last(e->liveness, node);

	if (e->decided_ms - ms > e->opt.node_lease_ms)
		ms = last_sign(e, node);
	return ms > e->started_ms ? ms : e->started_ms;
}

static int64_t used_ms(void *arg, struct cc_uuid token)
{
	return liveness_last(((const struct engine *)arg)->tokens, token);
}

/* What the reply shows, copied; NULL when it is gone. */
static const void *copy_reply(const struct engine *e, const struct command *cmd, struct cc_uuid resource)
{
	enum table t = kinds[cmd->kind].reply;
	const void *row = t != TABLE_MAX ? zone_find(e->working, t, resource) : NULL;

	return row != NULL ? cc_row_arena_copy(table_desc(t), row, cmd->arena) : NULL;
}

/* A request that was made before under this key: the same answer, no effects. False when the key is new. */
static bool replay(const struct engine *e, struct command *cmd)
{
	const struct idempotency *before = zone_find(e->working, TABLE_IDEMPOTENCY, cmd->idempotency_id);

	if (!cmd->idempotent || before == NULL)
		return false;
	cmd->replayed = true;
	if (strcmp(before->request, cmd->request_hash) != 0) {
		cc_fail(&cmd->error, KEY_REUSED, "this Idempotency-Key was used before with another request; use a new one");
		return true;
	}
	cmd->reply = copy_reply(e, cmd, before->resource);
	if (cmd->reply == NULL)
		cc_fail(&cmd->error, GONE, "this request was carried out before, and what it made is deleted since");
	return true;
}

static int check_room(const struct engine *e, const struct command *cmd, struct cc_error *err)
{
	if (!cmd->idempotent || e->opt.idempotency_max == 0 || zone_count_keys(e->working, cmd->idempotency_id) < e->opt.idempotency_max)
		return 0;
	return cc_fail(
	        err, BUSY, "%zu Idempotency-Keys of yours are remembered, which is the most; go on without one, or later", e->opt.idempotency_max);
}

/* Also when the decision had no effects: carried out again later, the same request might have some. */
static void remember(const struct command *cmd, struct effects *fx, struct cc_uuid resource)
{
	struct idempotency key = { .id = cmd->idempotency_id, .request = cmd->request_hash, .resource = resource, .created = cmd->now_ms };

	if (cmd->idempotent)
		effects_put(fx, TABLE_IDEMPOTENCY, &key);
}

/* What a decision left at 0 is an order that its node has not seen. */
static void stamp(struct row *r, int64_t revision)
{
	struct instance *inst = r->table == TABLE_INSTANCE ? r->values : NULL;
	struct volume *v = r->table == TABLE_VOLUME ? r->values : NULL;

	row_set_revision(r, revision);
	if (inst != NULL && inst->ordered == 0)
		inst->ordered = revision;
	if (v != NULL && v->ordered == 0)
		v->ordered = revision;
}

/* What is only written down changes nothing that anybody could wait for. */
static bool changes_zone(const struct effects *fx, size_t from)
{
	for (size_t i = from; i < fx->n; i++)
		if (table_kept(fx->items[i].table))
			return true;
	return false;
}

static void apply(struct engine *e, struct effects *fx, size_t from, int64_t now_ms)
{
	int64_t revision = zone_revision(e->working) + changes_zone(fx, from);

	for (size_t i = from; i < fx->n; i++) {
		fx->items[i].revision = revision;
		fx->items[i].at_ms = now_ms;
		if (fx->items[i].row != NULL)
			stamp(fx->items[i].row, revision);
	}
	zone_apply(e->working, fx, from);
	zone_set_revision(e->working, revision);
}

/* Strangers decide how often they are refused: so many entries a minute, and no more. */
static void audit_refusal(struct engine *e, const struct command *cmd, struct effects *fx)
{
	const struct cc_uuid none = { { 0 } };
	int64_t minute = cmd->boot_ms / 60000;

	if (cc_uuid_is_nil(cmd->audit.id) || !audit_tells(&cmd->error))
		return;
	if (minute != e->refusals_minute)
		e->refusals = 0;
	e->refusals_minute = minute;
	if (e->refusals++ >= REFUSALS_MAX)
		return;
	audit_add(e->working, cmd, none, &cmd->error, fx);
	apply(e, fx, fx->n - 1, cmd->now_ms);
}

/* Also when the report had no effects. */
static void heard_of(struct engine *e, const struct command *cmd, struct cc_uuid node)
{
	const struct cmd_node_sync *args = cmd->args;
	const struct node_report *r = args->report;

	liveness_heard(e->liveness, node, cmd->boot_ms);
	if (cc_has(r, node_report, probe_port))
		distances_answers(e->distances, node, r->probe_port);
	for (size_t i = 0; i < r->measured.n && i < DISTANCES_PAIRS && cc_has(r, node_report, measured); i++) {
		const struct node_rtt *m = &r->measured.items[i];
		bool whole = cc_has(m, node_rtt, node) && cc_has(m, node_rtt, rtt_us) && cc_has(m, node_rtt, age_s);
		int64_t age_ms = m->age_s < DISTANCES_FRESH_MS / 1000 ? m->age_s * 1000 : DISTANCES_FRESH_MS;

		if (whole)
			distances_measured(e->distances, node, m->node, m->rtt_us, cmd->boot_ms - age_ms);
	}
}

/* A request that was meant, and that no node could take. Few are written with their refusal, many by the next tick. */
static void note_no_room(struct engine *e, const struct command *cmd, struct effects *fx)
{
	size_t from = fx->n;

	if (cmd->kind != COMMAND_INSTANCE_CREATE || cmd->error.code != CC_NO_CAPACITY || cmd->placement == NULL || cmd->placement->placed)
		return;
	refusals_add(e->no_room, cmd->placement);
	if (e->no_room_written++ >= NO_ROOM_AT_ONCE)
		return;
	refusals_write(e->no_room, e->working, fx);
	refusals_clear(e->no_room);
	apply(e, fx, from, cmd->now_ms);
}

static void fit_places(struct engine *e, int64_t boot_ms, struct decide *d)
{
	distances_fit(e->distances, boot_ms);
	d->moved = e->moved;
	d->n_moved = distances_moved(e->distances, boot_ms, e->moved, POINTS_MAX);
}

static void decide_one(struct engine *e, struct command *cmd, struct effects *fx)
{
	size_t from = fx->n, wakes = fx->n_wakes;
	struct decide d = { .zone = e->working,
		.opt = &e->opt,
		.from = from,
		.loaded = e->loaded,
		.heard_ms = heard_ms,
		.used_ms = used_ms,
		.heard_arg = e,
		.distances = e->distances };
	struct cc_uuid resource = { { 0 } };

	cmd->error = (struct cc_error){ 0 };
	cmd->reply = NULL;
	e->decided_ms = cmd->boot_ms;
	if (e->started_ms == 0)
		e->started_ms = cmd->boot_ms;
	if (cmd->kind == COMMAND_TICK) {
		fit_places(e, cmd->boot_ms, &d);
		d.refusals = e->no_room;
	}
	if (replay(e, cmd))
		return;
	if (check_room(e, cmd, &cmd->error) < 0 || kinds[cmd->kind].decide(&d, cmd, fx, &resource, &cmd->error) < 0) {
		effects_truncate(fx, from, wakes);
		audit_refusal(e, cmd, fx);
		note_no_room(e, cmd, fx);
		return;
	}
	if (cmd->kind == COMMAND_NODE_SYNC)
		heard_of(e, cmd, resource);
	if (cmd->kind == COMMAND_TICK) {
		e->loaded = false;
		refusals_clear(e->no_room);
		e->no_room_written = 0;
	}
	if (fx->n > from && !cc_uuid_is_nil(cmd->audit.id))
		audit_add(e->working, cmd, resource, &cmd->error, fx);
	remember(cmd, fx, resource);
	if (fx->n > from)
		apply(e, fx, from, cmd->now_ms);
	cmd->reply = copy_reply(e, cmd, resource);
}

struct batch *engine_decide(struct engine *e)
{
	size_t n;
	struct command *first = queue_take(e->queue, e->opt.batch_max, &n);
	char why[sizeof(e->why)];
	struct batch *b;

	if (first == NULL)
		return NULL;
	if (!engine_is_available(e, why, sizeof(why))) {
		answer_all(first, CC_UNAVAILABLE, why);
		return NULL;
	}
	b = cc_calloc(1, sizeof(*b));
	b->commands = first;
	b->n = n;
	for (struct command *cmd = first; cmd != NULL; cmd = cmd->next)
		decide_one(e, cmd, &b->fx);
	b->revision = zone_revision(e->working);
	return b;
}

const struct effects *batch_effects(const struct batch *b)
{
	return &b->fx;
}

size_t batch_commands(const struct batch *b)
{
	return b->n;
}

int64_t batch_revision(const struct batch *b)
{
	return b->revision;
}

/* What is told of each table; the others are nobody's business. */
static const struct {
	bool told;
	enum event_topic topic;
	const char *owner; /* the field that says who may see it; NULL: all members */
} tellable[TABLE_MAX] = {
	[TABLE_INSTANCE] = { true, TOPIC_INSTANCE, "member" },
	[TABLE_NODE] = { true, TOPIC_NODE, NULL },
	[TABLE_IMAGE] = { true, TOPIC_IMAGE, NULL },
	[TABLE_MEMBER] = { true, TOPIC_MEMBER, "id" },
	[TABLE_SNAPSHOT] = { true, TOPIC_SNAPSHOT, "member" },
	[TABLE_VOLUME] = { true, TOPIC_VOLUME, "member" },
};

/* A command that puts a row twice has changed it once. */
static bool is_last_of_command(const struct effects *fx, size_t i)
{
	for (size_t k = i + 1; k < fx->n && fx->items[k].revision == fx->items[i].revision; k++)
		if (fx->items[k].table == fx->items[i].table && cc_uuid_equal(fx->items[k].id, fx->items[i].id))
			return false;
	return true;
}

/* Before the effect is applied to the published zone. */
static void tell(struct engine *e, const struct effects *fx, size_t i)
{
	const struct effect *x = &fx->items[i];
	const void *old = tellable[x->table].told ? zone_find(e->published, x->table, x->id) : NULL;
	const void *row = x->row != NULL ? x->row->values : old;
	struct happening h = { .revision = x->revision, .at_ms = x->at_ms, .topic = tellable[x->table].topic, .id = x->id, .state = -1 };
	const struct cc_field *f;

	if (!tellable[x->table].told || row == NULL || !is_last_of_command(fx, i))
		return;
	h.action = x->row == NULL ? HAPPENED_DELETED : old == NULL ? HAPPENED_CREATED : HAPPENED_CHANGED;
	snprintf(h.name, sizeof(h.name), "%s", table_row_name(x->table, row));
	if (tellable[x->table].owner != NULL)
		h.owner = *(const struct cc_uuid *)cc_field_at(cc_desc_find(table_desc(x->table), tellable[x->table].owner), row);
	f = cc_desc_find(table_desc(x->table), "state");
	if (f != NULL && h.action != HAPPENED_DELETED)
		h.state = (int)*(const unsigned *)cc_field_at(f, row);
	history_add(e->history, &h);
}

static void follow_node(struct engine *e, const struct effect *x)
{
	if (x->table == TABLE_NODE && x->row == NULL) {
		distances_remove(e->distances, x->id);
		told_remove(e->told, x->id);
	} else if (x->table == TABLE_NODE) {
		put_place(e, x->row->values);
	}
}

static void publish(struct engine *e, const struct batch *b)
{
	if (b->fx.n == 0)
		return;
	pthread_rwlock_wrlock(&e->lock);
	for (size_t i = 0; i < b->fx.n; i++) {
		tell(e, &b->fx, i);
		follow_node(e, &b->fx.items[i]);
		names_before(e->names, e->published, &b->fx.items[i]);
		zone_apply_one(e->published, &b->fx.items[i]);
		names_after(e->names, e->published, &b->fx.items[i]);
	}
	zone_set_revision(e->published, b->revision);
	history_advance(e->history, b->revision);
	pthread_rwlock_unlock(&e->lock);
}

static void release(struct batch *b)
{
	effects_clear(&b->fx);
	free(b);
}

static void touch_all(const struct effects *fx, void (*on_touch)(void *arg, struct cc_uuid id), void *arg)
{
	unsigned tables = 0;

	for (size_t i = 0; i < fx->n; i++) {
		if (!table_kept(fx->items[i].table))
			continue;
		on_touch(arg, fx->items[i].id);
		tables |= 1u << fx->items[i].table;
	}
	for (size_t i = 0; i < fx->n_wakes; i++)
		on_touch(arg, fx->wakes[i]);
	for (enum table t = 0; t < TABLE_MAX; t++)
		if (tables & 1u << t)
			on_touch(arg, zone_table_key(t));
	if (tables != 0)
		on_touch(arg, zone_table_key(TABLE_MAX));
}

/* Every node with instances wants to know, and in a busy zone names change all the time: so that they are told together. */
static void touch_for_names(struct engine *e, int64_t boot_ms, void (*on_touch)(void *arg, struct cc_uuid id), void *arg)
{
	const struct node *node;

	if (names_version(e->names) == e->names_told || boot_ms - e->names_told_ms < NAMES_EVERY_MS)
		return;
	e->names_told = names_version(e->names);
	e->names_told_ms = boot_ms;
	for (size_t at = 0; (node = zone_next(e->published, TABLE_NODE, &at)) != NULL;)
		if (node->used_instances > 0)
			on_touch(arg, node->id);
}

void engine_committed(struct engine *e, struct batch *b, void (*on_touch)(void *arg, struct cc_uuid id), void *arg)
{
	struct command *cmd = b->commands;
	int64_t boot_ms = cmd != NULL ? cmd->boot_ms : 0;

	publish(e, b);
	while (cmd != NULL) {
		struct command *next = cmd->next;

		cmd->done(cmd);
		cmd = next;
	}
	if (on_touch != NULL)
		touch_all(&b->fx, on_touch, arg);
	if (on_touch != NULL)
		touch_for_names(e, boot_ms, on_touch, arg);
	release(b);
}

void engine_took(struct engine *e, int64_t ms)
{
	/* In 1/8 ms, so that a fast database is not rounded away. */
	int64_t mean = atomic_load(&e->commit_8th_ms);

	atomic_store(&e->commit_8th_ms, mean + ms - mean / 8);
}

int64_t engine_commit_ms(const struct engine *e)
{
	return atomic_load(&e->commit_8th_ms) / 8;
}

void engine_lost(struct engine *e, struct batch *b, const char *why)
{
	(void)e;
	answer_all(b->commands, CC_UNAVAILABLE, why);
	release(b);
}

void engine_reload(struct engine *e, struct zone *loaded)
{
	struct zone *published = share(loaded);

	zone_free(e->working);
	e->working = loaded;
	load_places(e, loaded);
	e->loaded = true;
	e->started_ms = 0;
	pthread_rwlock_wrlock(&e->lock);
	zone_free(e->published);
	e->published = published;
	names_free(e->names);
	e->names = names_new(published, 0);
	history_begin_anew(e->history, zone_revision(published));
	pthread_rwlock_unlock(&e->lock);
}

const struct zone *engine_read_begin(struct engine *e)
{
	pthread_rwlock_rdlock(&e->lock);
	return e->published;
}

void engine_read_end(struct engine *e)
{
	pthread_rwlock_unlock(&e->lock);
}

struct zone_use engine_member_max(const struct engine *e, const struct member *m)
{
	return cap_of(&e->opt, m);
}

void engine_token_used(struct engine *e, struct cc_uuid token, int64_t boot_ms)
{
	liveness_heard(e->tokens, token, boot_ms);
}

int64_t engine_token_used_ms(const struct engine *e, struct cc_uuid token)
{
	return liveness_last(e->tokens, token);
}

int64_t engine_node_heard_ms(struct engine *e, struct cc_uuid node)
{
	return last_sign(e, node);
}

void engine_node_heard(struct engine *e, struct cc_uuid node, int64_t boot_ms)
{
	if (boot_ms > 0)
		liveness_heard(e->liveness, node, boot_ms);
}

void engine_set_heard(struct engine *e, int64_t (*fn)(void *arg, struct cc_uuid node), void *arg)
{
	pthread_mutex_lock(&e->heard_lock);
	e->heard = fn;
	e->heard_arg = arg;
	pthread_mutex_unlock(&e->heard_lock);
}

const struct names *engine_names(struct engine *e)
{
	return e->names;
}

struct distances *engine_distances(struct engine *e)
{
	return e->distances;
}

struct told *engine_told(struct engine *e)
{
	return e->told;
}

struct history *engine_history(struct engine *e)
{
	return e->history;
}
