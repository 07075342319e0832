/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop: at most one batch commits and one waits behind it. Batches are finished in the order in which they were decided. When a commit fails, the batch
 * and the one decided on top of it are answered UNAVAILABLE, and the zone is loaded again before anything else is decided.
 *
 * A batch without effects is not committed, but it asks the database whether the term still holds before anybody is answered: so no lease is granted and nothing
 * acknowledged by a controller that lost the zone without knowing. The tick is such a batch, and thereby the sign of life that standbys watch for.
 *
 * Without a session the loop looks for the zone: it is a standby for as long as another controller has it. */
#include "controller/writer.h"

#include "common/clock.h"
#include "common/fault.h"
#include "common/keys.h"
#include "common/log.h"
#include "controller/store/store.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#define TICK_MS       500  /* STORE_SIGN_MS is some of these */
#define LOOK_MS       250  /* between looks of a standby */
#define MEET_MS       5000 /* between looks for the zone's other controllers */
#define PATIENCE_MS   8000 /* for a commit when another controller can take over */
#define EXPIRE_MS     600000
#define SLOW_BATCH_MS 1000

/* What standbys and those that stand still are asked. */
static const char NO_ZONE[] = "this controller has no zone yet, for the database cannot be reached; ask the zone's other controller, or try again";
static const char OUTAGE[] = "the database cannot be reached now; what runs goes on, try again in a moment";

struct writer {
	struct writer_options opt;
	pthread_mutex_t hook_lock;
	struct writer_hooks hooks;
	struct cc_uuid run_id; /* of this run of the program */
	struct engine *engine;
	struct store *store;  /* NULL while the zone is not ours */
	struct store *looker; /* a session that may get it; NULL: none is open */
	struct store_watch watch;
	struct zone_controller *self;   /* NULL: unknown to others */
	char images[STORE_IMAGES_MARK]; /* which of them the hook was told of; with hook_lock */
	int64_t meet_ms;                /* when to look for other controllers again */
	int64_t lost_ms;                /* when the session was lost */
	bool has_others;
	bool registered;          /* in this session */
	char active[256];         /* who is, in words; "" unknown */
	char stranger[300];       /* a controller with another key, and where; "" none */
	struct batch *committing; /* sent to the database */
	struct batch *waiting;    /* decided on top of it */
	int64_t sent_ms;
	int64_t next_tick_ms;
	int64_t next_expire_ms;
	int64_t retry_at_ms;
	struct cc_error last_why; /* why the zone is not ours, as it was logged */
	char standby_why[512];    /* the same, for those who ask */
	struct command tick;
	struct cmd_tick tick_args;
	bool tick_under_way;
	pthread_t thread;
	int wake_fd;
	atomic_bool stopping;
};

/* The member as whom root acts exists in every zone. Nobody knows a token of it. */
static struct effects admin_of(const struct zone *z)
{
	struct member m = { .id = cc_uuid_new(cc_now_ms()), .name = "admin", .role = ROLE_ADMIN, .created = cc_now_ms() };
	struct effects fx = { 0 };

	effects_put(&fx, TABLE_MEMBER, &m);
	row_set_revision(fx.items[0].row, zone_revision(z) + 1);
	return fx;
}

static int finish_commit(struct store *s, struct cc_error *err)
{
	for (;;) {
		struct pollfd p = { .fd = store_fd(s), .events = store_events(s) };
		enum store_state state;

		poll(&p, 1, store_timeout_ms(s));
		state = store_step(s, err);
		if (state != STORE_PENDING)
			return state == STORE_FAILED ? -1 : 0;
	}
}

/* Writes the first row of a new zone, before the engine runs. */
static int ensure_admin(struct store *s, struct zone *z, struct cc_error *err)
{
	struct effects fx;
	int r;

	if (zone_find_name(z, TABLE_MEMBER, "admin") != NULL)
		return 0;
	fx = admin_of(z);
	zone_apply(z, &fx, 0);
	zone_set_revision(z, zone_revision(z) + 1);
	r = store_commit_begin(s, &fx, zone_revision(z), err);
	effects_clear(&fx);
	return r < 0 ? -1 : finish_commit(s, err);
}

static void tell_reloaded(struct writer *w)
{
	pthread_mutex_lock(&w->hook_lock);
	if (w->hooks.reloaded != NULL)
		w->hooks.reloaded(w->hooks.arg);
	pthread_mutex_unlock(&w->hook_lock);
}

/* The looker has the lock: brings the database up to date, begins a term and loads the zone. */
static int take_zone(struct writer *w, struct zone **ret, struct cc_error *err)
{
	const char *name = w->opt.zone_name != NULL && w->opt.zone_name[0] != '\0' ? w->opt.zone_name : NULL;
	cc_auto(store_close) struct store *s = cc_take(w->looker);
	cc_auto(zone_free) struct zone *loaded = NULL;
	struct store_zone z;

	if (store_migrate(s, err) < 0 || store_prepare(s, err) < 0 || store_take(s, name, w->run_id, cc_now_ms(), &z, err) < 0)
		return -1;
	cc_log(NOTICE, TERM_GAINED, kv_text("zone", z.name), kv_i64("term", z.term));
	if (store_load(s, &loaded, err) < 0 || ensure_admin(s, loaded, err) < 0)
		return -1;
	cc_log(NOTICE, MODEL_LOADED, kv_i64("revision", zone_revision(loaded)), kv_u64("instances", zone_count(loaded, TABLE_INSTANCE)));
	/* There may have been no place for it before. */
	w->registered = false;
	w->meet_ms = 0;
	w->store = cc_take(s);
	w->watch = (struct store_watch){ 0 };
	*ret = cc_take(loaded);
	return 0;
}

/* Says it once for each reason. */
static bool is_news(struct writer *w, const struct cc_error *why)
{
	if (strcmp(why->msg, w->last_why.msg) == 0)
		return false;
	w->last_why = *why;
	return true;
}

static void be_standby(struct writer *w, const char *why)
{
	snprintf(w->standby_why, sizeof(w->standby_why), "%s", why);
	if (w->engine != NULL)
		engine_set_standby(w->engine, why);
}

/* What is logged names the session; what everybody is told does not. */
static void note_held(struct writer *w)
{
	struct cc_error e = { 0 };
	char why[512];

	cc_fail(&e, TIMEOUT, "another controller is at work on this database: %s", w->watch.text);
	if (is_news(w, &e))
		cc_log(NOTICE, ZONE_HELD, kv_err(&e));
	snprintf(why, sizeof(why), "this controller is a standby; ask the active one%s%s", w->active[0] != '\0' ? ": " : "", w->active);
	be_standby(w, why);
}

static void note_stranger(struct writer *w)
{
	struct cc_error e = { 0 };
	char why[512];

	cc_fail(&e, CONFLICT, "%s", w->stranger);
	if (is_news(w, &e))
		cc_log(ERROR, ZONE_KEY_DIFFERS, kv_err(&e));
	snprintf(why, sizeof(why), "this controller stays out: its key is not the zone's; copy " CC_KEY_FILE " from %s", w->stranger);
	be_standby(w, why);
}

static void say_who(char *to, size_t size, const struct zone_controller *c)
{
	int n = snprintf(to, size, "%s", c->name);

	for (size_t i = 0; i < c->addresses.n && n > 0 && (size_t)n < size; i++)
		n += snprintf(to + n, size - (size_t)n, "%s%s", i == 0 ? " at " : ", ", c->addresses.items[i]);
}

static void take_in(struct writer *w, const struct zone_controller *list, size_t n)
{
	w->active[0] = w->stranger[0] = '\0';
	w->has_others = false;
	for (size_t i = 0; i < n; i++) {
		if (list[i].state == CONTROLLER_ACTIVE)
			say_who(w->active, sizeof(w->active), &list[i]);
		if (w->self == NULL || cc_uuid_equal(list[i].id, w->self->id))
			continue;
		w->has_others = true;
		if (strcmp(list[i].pin, w->self->pin) != 0 && w->stranger[0] == '\0')
			say_who(w->stranger, sizeof(w->stranger), &list[i]);
	}
	if (w->engine != NULL && engine_set_controllers(w->engine, list, n))
		tell_reloaded(w);
}

static bool is_stranger(const struct writer *w)
{
	return w->stranger[0] != '\0' && !w->opt.new_key;
}

/* Learns who else is there; tells of itself, unless nodes would not trust it. */
static int meet(struct writer *w, struct store *s, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct zone_controller *list = NULL;
	size_t n;

	if (store_controllers(s, a, &list, &n, err) < 0)
		return -1;
	take_in(w, list, n);
	w->meet_ms = cc_boottime_ms() + MEET_MS;
	if (w->registered || w->self == NULL || is_stranger(w))
		return 0;
	if (store_register(s, w->self, w->run_id, cc_now_ms(), err) < 0)
		return -1;
	w->registered = true;
	w->meet_ms = 0;
	return 0;
}

/* A standby has no zone, but it keeps the zone's archives. */
static int tell_images(struct writer *w, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	char mark[STORE_IMAGES_MARK];
	struct image *list = NULL;
	bool is_asked;
	size_t n = 0;
	int changed;

	pthread_mutex_lock(&w->hook_lock);
	is_asked = w->hooks.images != NULL;
	memcpy(mark, w->images, sizeof(mark));
	pthread_mutex_unlock(&w->hook_lock);
	changed = is_asked ? store_images(w->looker, mark, a, &list, &n, err) : 0;
	if (changed <= 0)
		return changed;
	pthread_mutex_lock(&w->hook_lock);
	memcpy(w->images, mark, sizeof(mark));
	if (w->hooks.images != NULL)
		w->hooks.images(w->hooks.images_arg, list, n);
	pthread_mutex_unlock(&w->hook_lock);
	return 0;
}

static void note_newer(struct writer *w)
{
	struct cc_error e = { 0 };

	cc_fail(&e, CONFLICT, "the database has migration %s, which this program (" CC_VERSION ") does not know", w->watch.text);
	if (is_news(w, &e))
		cc_log(ERROR, SCHEMA_NEWER, kv_err(&e));
	be_standby(w, "this controller is a standby and cannot take over: its program is older than the database; install the newer one here too");
}

/* One look for the zone. 1 and the zone when it is ours now, 0 when it is to be looked for again at w->retry_at_ms. Only with a failure the looker is gone. */
static int look_for_zone(struct writer *w, struct zone **ret, struct cc_error *err)
{
	enum store_watched found = STORE_HELD;

	if (w->looker == NULL) {
		if (store_open(w->opt.database, &w->looker, err) < 0)
			return -1;
		w->registered = false;
		w->meet_ms = 0;
	}
	if (cc_boottime_ms() >= w->meet_ms && (meet(w, w->looker, err) < 0 || tell_images(w, err) < 0)) {
		store_close(cc_take(w->looker));
		return -1;
	}
	if (is_stranger(w)) {
		note_stranger(w);
		w->retry_at_ms = cc_boottime_ms() + w->opt.retry_ms;
		return 0;
	}
	if (store_watch(w->looker, w->run_id, &w->watch, &found, err) < 0) {
		store_close(cc_take(w->looker));
		return -1;
	}
	w->retry_at_ms = cc_boottime_ms() + LOOK_MS;
	switch (found) {
	case STORE_FREE:
		return take_zone(w, ret, err) < 0 ? -1 : 1;
	case STORE_ENDED:
		cc_log(WARNING, ACTIVE_ENDED, kv_text("session", w->watch.text));
		w->retry_at_ms = 0;
		break;
	case STORE_HELD:
		note_held(w);
		break;
	case STORE_NEWER:
		note_newer(w);
		break;
	}
	return 0;
}

static void lose_batches(struct writer *w, const char *why)
{
	if (w->committing != NULL)
		engine_lost(w->engine, cc_take(w->committing), why);
	if (w->waiting != NULL)
		engine_lost(w->engine, cc_take(w->waiting), why);
}

static void lose_session(struct writer *w, const struct cc_error *why)
{
	cc_log(ERROR, DB_LOST, kv_err(why));
	w->last_why = (struct cc_error){ 0 };
	engine_set_available(w->engine, false, OUTAGE);
	lose_batches(w, "the database was lost while this was written; try again with the same Idempotency-Key to learn what happened");
	/* Reaching it again may take long; nobody is to wait for that. */
	engine_refuse_waiting(w->engine, OUTAGE);
	store_close(cc_take(w->store));
	w->retry_at_ms = w->lost_ms = cc_boottime_ms();
}

/* The batch was refused, not the session: the zone in memory is ahead of the truth and is loaded again. */
static void refused(struct writer *w, const struct cc_error *why)
{
	struct cc_error err = { 0 };
	struct zone *z;

	cc_log(ERROR, BATCH_FAILED, kv_err(why));
	lose_batches(w, "the change could not be written and was undone; try again");
	if (store_load(w->store, &z, &err) < 0) {
		lose_session(w, &err);
		return;
	}
	engine_reload(w->engine, z);
	tell_reloaded(w);
}

static void reconnect(struct writer *w)
{
	bool was_standby = engine_is_standby(w->engine, NULL, 0);
	struct cc_error err = { 0 };
	struct zone *z;
	int r = look_for_zone(w, &z, &err);

	if (r < 0) {
		w->retry_at_ms = cc_boottime_ms() + w->opt.retry_ms;
		if (is_news(w, &err))
			cc_log(WARNING, DB_LOST, kv_err(&err));
		/* By now the zone may be another's, and what is published here old. */
		if (w->has_others && cc_boottime_ms() - w->lost_ms > STORE_SIGN_MS)
			be_standby(w, NO_ZONE);
	}
	if (r > 0) {
		engine_reload(w->engine, z);
		/* What slipped in while nobody looked is as old as the outage. */
		engine_refuse_waiting(w->engine, OUTAGE);
		engine_set_available(w->engine, true, NULL);
		cc_log(NOTICE, DB_CONNECTED);
	}
	/* Those who wait for a change here wait in vain once the zone is another's. */
	if (r > 0 || was_standby != engine_is_standby(w->engine, NULL, 0))
		tell_reloaded(w);
}

static void finish_batch(struct writer *w)
{
	int64_t took = cc_boottime_ms() - w->sent_ms;

	if (batch_effects(w->committing)->n > 0)
		engine_took(w->engine, took);
	if (took > SLOW_BATCH_MS)
		cc_log(WARNING, BATCH_SLOW, kv_ms("took", took), kv_u64("commands", batch_commands(w->committing)));
	if (batch_effects(w->committing)->n > 0)
		cc_fault_point("committed");
	/* Under the lock, so that who takes its hook back knows that nobody is inside it. */
	pthread_mutex_lock(&w->hook_lock);
	engine_committed(w->engine, cc_take(w->committing), w->hooks.touch, w->hooks.arg);
	pthread_mutex_unlock(&w->hook_lock);
}

static void step_store(struct writer *w)
{
	struct cc_error err = { 0 };

	switch (store_step(w->store, &err)) {
	case STORE_IDLE:
	case STORE_PENDING:
		return;
	case STORE_OK:
		finish_batch(w);
		return;
	case STORE_FAILED:
		if (store_lost(w->store) || err.code == CC_CONFLICT)
			lose_session(w, &err);
		else
			refused(w, &err);
	}
}

static int begin_batch(struct writer *w, struct cc_error *err)
{
	const struct effects *fx = batch_effects(w->committing);

	return fx->n == 0 ? store_prove_begin(w->store, err) : store_commit_begin(w->store, fx, batch_revision(w->committing), err);
}

/* Between batches: who else is there. */
static void meet_others(struct writer *w)
{
	struct cc_error err = { 0 };
	bool had = w->registered;

	if (w->store == NULL || w->committing != NULL || cc_boottime_ms() < w->meet_ms)
		return;
	if (meet(w, w->store, &err) < 0 || (had && store_note_controllers(w->store, cc_now_ms(), &err) < 0)) {
		if (store_lost(w->store))
			lose_session(w, &err);
		else
			cc_log(WARNING, BATCH_FAILED, kv_err(&err));
		w->meet_ms = cc_boottime_ms() + MEET_MS;
		return;
	}
	store_set_patience(w->store, w->has_others ? PATIENCE_MS : STORE_COMMIT_MS);
}

/* Sends what waits as soon as nothing is under way. */
static void send_waiting(struct writer *w)
{
	struct cc_error err = { 0 };

	if (w->committing != NULL || w->waiting == NULL)
		return;
	w->committing = cc_take(w->waiting);
	w->sent_ms = cc_boottime_ms();
	if (begin_batch(w, &err) < 0)
		lose_session(w, &err);
}

static void tick_done(struct command *cmd)
{
	struct writer *w = cmd->owner;

	w->tick_under_way = false;
	if (w->tick_args.expire && cmd->error.code == CC_OK)
		w->next_expire_ms = cmd->boot_ms + EXPIRE_MS;
	cc_arena_reset(cmd->arena);
}

static void push_tick(struct writer *w)
{
	int64_t now = cc_boottime_ms();

	if (w->tick_under_way || now < w->next_tick_ms)
		return;
	w->next_tick_ms = now + TICK_MS;
	w->tick_args.expire = now >= w->next_expire_ms;
	w->tick.now_ms = cc_now_ms();
	w->tick.boot_ms = now;
	w->tick_under_way = engine_push(w->engine, &w->tick);
}

static int poll_timeout(const struct writer *w)
{
	int64_t left = w->next_tick_ms - cc_boottime_ms();
	int store_left = w->store != NULL ? store_timeout_ms(w->store) : -1;

	if (w->store == NULL && w->retry_at_ms - cc_boottime_ms() < left)
		left = w->retry_at_ms - cc_boottime_ms();
	if (store_left >= 0 && store_left < left)
		left = store_left;
	return left < 0 ? 0 : (int)left;
}

static void wait_for_work(struct writer *w)
{
	uint64_t drained;
	struct pollfd p[3] = {
		{ .fd = w->wake_fd, .events = POLLIN },
		{ .fd = w->waiting == NULL ? engine_fd(w->engine) : -1, .events = POLLIN },
		{ .fd = w->store != NULL ? store_fd(w->store) : -1, .events = w->store != NULL ? store_events(w->store) : 0 },
	};

	if (poll(p, CC_ARRAY_LEN(p), poll_timeout(w)) < 0)
		CC_PRE(errno == EINTR);
	else if (p[0].revents != 0)
		(void)!read(w->wake_fd, &drained, sizeof(drained));
}

static void *run(void *arg)
{
	struct writer *w = arg;

	while (!atomic_load(&w->stopping) || w->committing != NULL || w->waiting != NULL) {
		if (w->store == NULL && !atomic_load(&w->stopping) && cc_boottime_ms() >= w->retry_at_ms)
			reconnect(w);
		push_tick(w);
		wait_for_work(w);
		if (w->store != NULL)
			step_store(w);
		if (w->waiting == NULL)
			w->waiting = engine_decide(w->engine);
		meet_others(w);
		if (w->store != NULL)
			send_waiting(w);
	}
	return NULL;
}

static bool may_retry(const struct cc_error *err)
{
	return cc_code_info(err->code)->retry;
}

/* The first look. What time does not mend ends the program; else *ret is NULL when the zone is not ours yet. */
static int open_first(struct writer *w, struct zone **ret, struct cc_error *err)
{
	int r;

	*ret = NULL;
	be_standby(w, NO_ZONE);
	do
		r = look_for_zone(w, ret, err);
	while (r == 0 && w->retry_at_ms == 0);
	if (r < 0 && !may_retry(err))
		return -1;
	if (r < 0 && is_news(w, err))
		cc_log(WARNING, DB_LOST, kv_err(err));
	return 0;
}

static struct engine *make_engine(struct writer *w, const struct engine_options *opt, struct zone *z)
{
	struct engine *e = engine_new(opt, z != NULL ? z : zone_new(w->opt.zone_name != NULL ? w->opt.zone_name : "", (struct cc_uuid){ { 0 } }));

	if (z == NULL)
		engine_set_standby(e, w->standby_why);
	return e;
}

/* Signals are the main thread's business. */
static void start_thread(struct writer *w)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CC_PRE(pthread_create(&w->thread, NULL, run, w) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int writer_start(const struct writer_options *opt, struct writer **ret, struct cc_error *err)
{
	struct writer *w = cc_calloc(1, sizeof(*w));
	struct zone *z = NULL;

	w->opt = *opt;
	w->opt.engine = NULL; /* the engine has its own copy */
	w->opt.self = NULL;
	w->self = opt->self != NULL ? cc_row_heap_copy(&zone_controller_desc, opt->self) : NULL;
	w->run_id = cc_uuid_new(cc_now_ms());
	pthread_mutex_init(&w->hook_lock, NULL);
	if (open_first(w, &z, err) < 0) {
		store_close(w->looker);
		free(w->self);
		free(w);
		return -1;
	}
	w->engine = make_engine(w, opt->engine, z);
	w->tick = (struct command){ .kind = COMMAND_TICK, .args = &w->tick_args, .done = tick_done, .owner = w, .arena = cc_arena_new(0) };
	w->next_tick_ms = w->next_expire_ms = cc_boottime_ms();
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CC_PRE(w->wake_fd >= 0);
	start_thread(w);
	*ret = w;
	return 0;
}

struct engine *writer_engine(struct writer *w)
{
	return w->engine;
}

void writer_hook(struct writer *w, const struct writer_hooks *hooks)
{
	pthread_mutex_lock(&w->hook_lock);
	w->hooks = hooks != NULL ? *hooks : (struct writer_hooks){ 0 };
	w->images[0] = '\0';
	pthread_mutex_unlock(&w->hook_lock);
}

void writer_stop(struct writer *w)
{
	uint64_t one = 1;

	if (w == NULL)
		return;
	atomic_store(&w->stopping, true);
	CC_PRE(write(w->wake_fd, &one, sizeof(one)) == sizeof(one));
	pthread_join(w->thread, NULL);
	engine_free(w->engine);
	store_close(w->store);
	store_close(w->looker);
	cc_arena_free(w->tick.arena);
	pthread_mutex_destroy(&w->hook_lock);
	close(w->wake_fd);
	free(w->self);
	free(w);
}
