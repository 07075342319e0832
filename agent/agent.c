/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One turn of the loop: wait; take in what the privileged half and the network say; look at every instance if anything happened; send what that brought about;
 * only then write the spool, so that the disk is waited for while the privileged half works. Nothing is reported before it is written: what the
 * controller has heard of comes back after a crash without it, and what it has not heard of it sends again. */
#include "agent/agent.h"

#include "agent/act.h"
#include "agent/controllers.h"
#include "agent/image_fetch.h"
#include "agent/live_fill.h"
#include "agent/node_address.h"
#include "agent/node_network.h"
#include "agent/probes.h"
#include "agent/snapshots.h"
#include "agent/statefile.h"
#include "agent/stream.h"
#include "agent/sync.h"
#include "agent/volumes.h"
#include "agent/zone_names.h"
#include "common/boot_timer.h"
#include "common/clock.h"
#include "common/log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CONNECT_MS    5000 /* to one controller, before the next one is tried */
#define HELLO_MS      20000
#define SAVE_AGAIN_MS 5000  /* after a failure */
#define WORD_MS       60000 /* how often hours, the end of a pause and reserves are looked at: so clocks may be set */

#define PARTS_KEPT_S (7 * 86400) /* archives that came in part and were not asked for since */

struct agent {
	const struct agent_start *start;
	const struct agent_config *cfg;
	struct spool_identity *who; /* start->who with the controllers learnt since */
	uint32_t features;
	struct port_range publish;
	char address[64];
	int64_t pool_bytes; /* size of the disk of instances, by the half with rights; 0: not known */
	struct cc_arena *facts_arena;
	struct node_facts facts;
	struct cc_http *http;
	struct priv_client *priv;
	struct inst_table insts;
	struct local_images images;
	struct act act;
	struct hours hours;
	int64_t word_ms; /* when to look at the owner's word again although nothing happened: boot time */
	struct image_fetcher fetcher;
	struct sync sync;
	struct zone_names names;
	struct probes probes;
	struct streams streams;
	char images_dir[4096];
	int timer_fd;
	int64_t timer_ms;       /* what it is set to */
	int64_t save_ms;        /* not before: the last write failed; 0 when it did not */
	int64_t lease_ms;       /* how long a lease lasts; 0: none was given yet */
	int64_t saved_lease_ms; /* what lease.json says */
	int64_t look_ms;        /* when to look at the instances although nothing happened */
	bool ended;
	int64_t started_ms;   /* wall clock */
	struct cc_uuid asked; /* the owner's last question */
	bool answer_due;      /* and it waits for a list of what is here now */
	struct node_network network;
};

static struct taken taken_by_instances(const struct inst_table *t)
{
	struct taken sum = { .disk_mib = volumes_mib(t) + snapshots_mib(t) };

	for (size_t k = 0; k < t->n; k++) {
		const struct inst *i = t->items[k];

		sum.disk_mib += i->want != NULL ? i->want->disk_mib : 0;
		sum.memory_mib += i->exists ? (int64_t)(i->ct.memory_bytes >> 20) : 0;
	}
	return sum;
}

/* True when it is another than before. */
static bool find_address(struct agent *a)
{
	const struct cc_texts *own = &a->cfg->controllers;
	char now[sizeof(a->address)];

	if (a->cfg->address[0] != '\0')
		snprintf(now, sizeof(now), "%s", a->cfg->address);
	else
		node_address_find(own->n > 0 ? own : &a->who->controllers, now);
	if (strcmp(now, a->address) == 0)
		return false;
	memcpy(a->address, now, sizeof(now));
	return true;
}

static void add_network(struct agent *a)
{
	a->facts.blocked = a->network.blocked;
	a->facts.upload_kbit = a->network.said.upload_kbit;
	a->facts.download_kbit = a->network.said.download_kbit;
}

/* Settings and machine → policy and facts. */
static int apply_settings(struct agent *a, const struct agent_config *cfg, struct cc_error *err)
{
	struct fingerprint_from from = fingerprint_from_here(cfg->disk_path[0] != '\0' ? cfg->disk_path : cfg->state_dir);
	struct fingerprint measured = fingerprint_of_pool(fingerprint_take(&from), a->pool_bytes), machine = settings_machine(cfg, &measured);
	struct taken taken = taken_by_instances(&a->insts);
	struct hours hours;

	if (settings_hours(cfg, &hours, err) < 0 || settings_policy(cfg, &machine, &taken, &a->act.policy, err) < 0)
		return -1;
	a->cfg = cfg;
	a->hours = hours;
	cc_arena_reset(a->facts_arena);
	a->facts = settings_facts(cfg, &machine, &a->act.policy, a->features, a->facts_arena);
	a->facts.closed = a->act.word.why;
	a->facts.publish = a->publish;
	find_address(a);
	a->facts.address = a->address;
	add_network(a);
	a->act.opt = (struct act_options){
		.stop_grace_ms = cfg->stop_grace,
		.image_max_bytes = cfg->image_max,
		.image_unpacked_max_bytes = cfg->image_unpacked_max,
		.image_entries_max = cfg->image_entries_max,
		.image_keep_ms = cfg->image_keep,
		.disk_free_min = cfg->image_free_min,
		.disk_path = cfg->disk_path[0] != '\0' ? cfg->disk_path : cfg->state_dir,
	};
	return 0;
}

/* A port that was not known when the program gave up its rights cannot be dialled: it starts again, and what runs runs on. */
static void learn_controllers(struct agent *a, const struct cc_texts *told)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct spool_identity who = *a->who, *known;
	struct cc_error err = { 0 };

	if (!controllers_merge(&a->who->controllers, told, cc_http_address(a->http), &who.controllers, arena))
		return;
	if (spool_save_identity(a->cfg->state_dir, &who, &err) < 0 ||
	        cc_http_set_addresses(a->http, who.controllers.items, who.controllers.n, &err) < 0) {
		cc_log(ERROR, SPOOL_UNWRITABLE, kv_err(&err));
		return;
	}
	known = a->who;
	a->who = cc_row_heap_copy(&spool_identity_desc, &who); /* which has parts of what was known */
	free(known);
	cc_log(NOTICE, CONTROLLERS_LEARNT, kv_u64("addresses", who.controllers.n));
	a->ended |= !controllers_same_ports(&a->start->who->controllers, &who.controllers, arena);
}

/* What the owner says now: pause, hours, and what the machine has left beyond the reserve. */
static void hear_owner(struct agent *a)
{
	struct amounts offered = a->act.policy.offer;
	struct owner_pause pause;
	struct cc_error err = { 0 };
	bool paused = owner_load_pause(a->cfg->state_dir, &pause, &err) == 0;
	struct owner_word word;

	if (!paused && err.code != CC_NOT_FOUND)
		cc_log(ERROR, SPOOL_DAMAGED, kv_err(&err));
	err = (struct cc_error){ 0 };
	word = owner_word_at(paused ? &pause : NULL, &a->hours, strcmp(a->cfg->outside_hours, "stop") == 0, cc_now_ms());
	a->word_ms = word.until_ms > 0 || settings_has_reserve(a->cfg) ? cc_boottime_ms() + WORD_MS : CC_NEVER_MS;
	if (word.until_ms > 0 && word.until_ms - cc_now_ms() < WORD_MS)
		a->word_ms = cc_boottime_ms() + (word.until_ms > cc_now_ms() ? word.until_ms - cc_now_ms() : 0) + 1;
	if (settings_has_reserve(a->cfg))
		(void)apply_settings(a, a->cfg, &err);
	if (strcmp(word.why, a->act.word.why) == 0 && word.stop == a->act.word.stop && memcmp(&offered, &a->act.policy.offer, sizeof(offered)) == 0)
		return;
	if (strcmp(word.why, a->act.word.why) != 0)
		cc_log(NOTICE, OWNER_SAID, kv_text("word", word.closed ? word.why : "open"));
	a->act.word = word;
	a->act.again = true;
	sync_facts_changed(&a->sync);
}

static void fill_hello(const struct agent *a, struct priv_hello *ret)
{
	*ret = (struct priv_hello){ .version = PRIV_VERSION, .node = a->who->node };
	snprintf(ret->zone, sizeof(ret->zone), "%s", a->who->zone);
}

static void end_texts(struct priv_hello_reply *r)
{
	r->names[sizeof(r->names) - 1] = r->no_ipv6[sizeof(r->no_ipv6) - 1] = r->prefix6[sizeof(r->prefix6) - 1] = '\0';
}

static void network_told(void *user, const struct priv_reply *r)
{
	struct agent *a = user;
	struct priv_hello_reply reply;

	if (r->code != CC_OK)
		return;
	reply = *(const struct priv_hello_reply *)r->body;
	end_texts(&reply);
	if (!node_network_take(&a->network, &reply, r->tail, r->tail_len, a->start->cfg->state_dir))
		return;
	add_network(a);
	sync_facts_changed(&a->sync);
}

/* Whose rules are in the way changes while the agent runs: the bridge comes with the first instance. */
static void ask_network(struct agent *a)
{
	struct cc_error ignored = { 0 };
	struct priv_hello hello;

	fill_hello(a, &hello);
	(void)priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_HELLO, .body = &hello }, network_told, a, NULL, &ignored);
}

static void take_owner(struct agent *a)
{
	char events[4096];

	while (read(a->start->owner_fd, events, sizeof(events)) > 0)
		;
	if (live_asked(a->cfg->state_dir, &a->asked)) {
		a->answer_due = true;
		a->act.list_backoff = (struct backoff){ 0 };
		ask_network(a);
	}
	hear_owner(a);
}

static void answer_owner(struct agent *a)
{
	struct live l = { .asked = a->asked, .started = a->started_ms, .version = CC_VERSION, .controller = cc_http_address(a->http) };
	struct cc_error err = { 0 };

	a->answer_due = false;
	if (live_fill_answer(a->cfg->state_dir, &l, &a->insts, &a->sync, &a->facts, &err) < 0)
		cc_log(ERROR, SPOOL_UNWRITABLE, kv_err(&err));
}

static bool on_orders(void *user, const struct node_orders *o, int64_t sent_ms)
{
	struct agent *a = user;
	bool any = false;

	a->lease_ms = o->lease_ms;
	if (sent_ms + o->lease_ms > a->act.lease_until_ms)
		a->act.lease_until_ms = sent_ms + o->lease_ms;
	for (size_t k = 0; k < o->streams.n; k++)
		any |= stream_take(&a->streams, &o->streams.items[k], cc_boottime_ms());
	if (cc_has(o, node_orders, controllers) && a->cfg->controllers.n == 0)
		learn_controllers(a, &o->controllers);
	if (find_address(a))
		sync_facts_changed(&a->sync);
	if (a->insts.n > 0)
		ask_network(a);
	zone_names_take(&a->names, o);
	probes_take(&a->probes, o, cc_boottime_ms());
	a->names.look = true;
	a->act.again = true;
	return any;
}

static int say_hello(struct agent *a, struct cc_error *err)
{
	struct priv_hello_reply reply;
	struct priv_hello hello;

	fill_hello(a, &hello);
	if (priv_client_call(a->priv, &(struct priv_request){ .verb = PRIV_HELLO, .body = &hello }, HELLO_MS, &reply, NULL, err) < 0)
		return cc_wrap(err, "the half with rights");
	if (reply.version != PRIV_VERSION)
		return cc_fail(
		        err, INVALID, "cc-agent-priv speaks version %u and cc-agent %u; install both from one build", reply.version, PRIV_VERSION);
	a->features = reply.features;
	a->pool_bytes = (int64_t)reply.pool_bytes;
	end_texts(&reply);
	(void)node_network_take(&a->network, &reply, NULL, 0, a->start->cfg->state_dir);
	a->publish = reply.publish;
	return 0;
}

/* A damaged spool is set aside: what runs runs on, and the controller is asked for all. */
static int64_t load_spool(struct agent *a)
{
	struct cc_error err = { 0 };
	int64_t revision = 0;

	a->act.lease_until_ms = a->saved_lease_ms = spool_load_lease(a->start->cfg->state_dir);
	if (spool_load_assignments(a->start->cfg->state_dir, &a->insts, &revision, &err) < 0 && err.code != CC_NOT_FOUND)
		cc_log(ERROR, SPOOL_DAMAGED, kv_err(&err));
	return revision;
}

static int open_http(struct agent *a, struct cc_error *err)
{
	const struct spool_identity *who = a->start->who;
	const struct cc_texts *own = &a->start->cfg->controllers;
	struct cc_http_options options = {
		.addresses = own->n > 0 ? own->items : who->controllers.items,
		.n_addresses = own->n > 0 ? own->n : who->controllers.n,
		.identity_path = a->start->identity_path,
		.user_agent = "cc-agent/" CC_VERSION,
		.connect_timeout_ms = CONNECT_MS,
	};

	if (cc_pin_parse(who->pin, &options.pin, err) < 0)
		return -1;
	return cc_http_new(&options, &a->http, err);
}

static int prepare(struct agent *a, struct cc_error *err)
{
	const struct agent_config *cfg = a->start->cfg;
	struct cc_error none = { 0 };
	int64_t revision = load_spool(a);

	snprintf(a->images_dir, sizeof(a->images_dir), "%.4000s/images", cfg->state_dir);
	a->act.insts = &a->insts;
	a->act.images = &a->images;
	a->act.priv = a->priv;
	if (statefile_make_dir(a->images_dir, err) < 0 || say_hello(a, err) < 0 || apply_settings(a, cfg, err) < 0 || open_http(a, err) < 0 ||
	        cc_boot_timer_open(&a->timer_fd, err) < 0)
		return -1;
	local_image_sweep(a->images_dir, cc_now_ms() / 1000 - PARTS_KEPT_S);
	a->timer_ms = CC_NEVER_MS;
	a->fetcher = (struct image_fetcher){ .http = a->http, .images = &a->images, .dir = a->images_dir, .changed = &a->act.again };
	a->act.fetch = image_fetch_begin;
	a->act.cancel = image_fetch_cancel;
	a->act.user = &a->fetcher;
	a->streams.http = a->http;
	a->streams.priv = a->priv;
	a->sync = (struct sync){ .http = a->http, .insts = &a->insts, .facts = &a->facts, .on_orders = on_orders, .user = a };
	if (probes_open(&a->probes, a->start->who->node, cfg->probe_port, &none) < 0)
		cc_log(WARNING, PROBES_OFF, kv_err(&none));
	a->sync.probes = &a->probes;
	zone_names_load(&a->names, cfg->state_dir);
	a->sync.names_version = (a->features & PRIV_FEATURE_NAMES) != 0 ? a->names.version : NULL;
	sync_init(&a->sync, a->start->who->node, revision);
	hear_owner(a);
	return 0;
}

static bool has_leased(const struct inst_table *t)
{
	for (size_t k = 0; k < t->n; k++)
		if (inst_is_leased(t->items[k]))
			return true;
	return false;
}

static int write_spool(struct agent *a, struct cc_error *err)
{
	if (a->insts.unsaved && spool_save_assignments(a->cfg->state_dir, &a->insts, a->sync.revision, err) < 0)
		return -1;
	if (a->act.lease_until_ms <= a->saved_lease_ms || !has_leased(&a->insts))
		return 0;
	if (spool_save_lease(a->cfg->state_dir, a->act.lease_until_ms, err) < 0)
		return -1;
	a->saved_lease_ms = a->act.lease_until_ms;
	return 0;
}

static void save(struct agent *a, int64_t now_ms)
{
	struct cc_error err = { 0 };

	if (now_ms < a->save_ms)
		return;
	a->save_ms = 0;
	if (write_spool(a, &err) < 0) {
		a->save_ms = now_ms + SAVE_AGAIN_MS;
		cc_log(ERROR, SPOOL_UNWRITABLE, kv_err(&err));
	}
}

/* Who only listens hears nothing for long, perhaps longer than a lease lasts. */
static int64_t renew_ms(const struct agent *a)
{
	return a->lease_ms > 0 && has_leased(&a->insts) ? a->act.lease_until_ms - a->lease_ms / 3 : CC_NEVER_MS;
}

static void reload(struct agent *a)
{
	const struct agent_config *cfg = a->start->reload(a->start->reload_user);
	struct cc_error err = { 0 };

	if (cfg == NULL)
		return;
	if (apply_settings(a, cfg, &err) < 0) {
		cc_log(ERROR, CONFIG_BAD, kv_err(&err));
		return;
	}
	hear_owner(a);
	sync_facts_changed(&a->sync);
	a->act.again = true;
	cc_log(NOTICE, POLICY_CHANGED);
}

static int64_t next_ms(struct agent *a, int64_t now_ms)
{
	int64_t next = a->look_ms = act_next_ms(&a->act, now_ms);

	next = cc_earlier_ms(cc_earlier_ms(next, a->word_ms), probes_next_ms(&a->probes));
	next = cc_earlier_ms(next, cc_earlier_ms(sync_next_ms(&a->sync), stream_next_ms(&a->streams)));
	return a->insts.unsaved || a->save_ms != 0 ? cc_earlier_ms(next, a->save_ms) : next;
}

/* Sets the timer, whose descriptor ends the wait, and returns the wait. */
static int64_t wait_ms(struct agent *a, int64_t now_ms)
{
	int64_t next = next_ms(a, now_ms);

	if (a->act.again || next <= now_ms)
		return 0;
	if (next != a->timer_ms)
		cc_boot_timer_set(a->timer_fd, next);
	a->timer_ms = next;
	return -1;
}

static void take_signal(struct agent *a)
{
	struct signalfd_siginfo info;

	if (read(a->start->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload(a);
	else
		a->ended = true;
}

/* What cannot be said or kept now is tried again with the next orders. */
static void tell_names(struct agent *a)
{
	struct cc_error err = { 0 };

	if (a->sync.names_version == NULL || (!a->names.look && !a->names.unsaved))
		return;
	if (zone_names_say(&a->names, &a->insts, a->priv, a->cfg->state_dir, &err) < 0 || zone_names_save(&a->names, a->cfg->state_dir, &err) < 0)
		cc_log(ERROR, SPOOL_UNWRITABLE, kv_err(&err));
	a->names.unsaved = false;
}

static int turn(struct agent *a, struct cc_error *err)
{
	struct pollfd fds[5 + STREAMS_POLLFDS];
	int64_t now = cc_boottime_ms();
	size_t n;

	fds[0] = (struct pollfd){ .fd = priv_client_fd(a->priv), .events = (short)(POLLIN | (priv_client_wants_write(a->priv) ? POLLOUT : 0)) };
	fds[1] = (struct pollfd){ .fd = a->start->signal_fd, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = a->timer_fd, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = a->start->owner_fd, .events = POLLIN };
	fds[4] = (struct pollfd){ .fd = probes_listen(&a->probes) ? a->probes.fd : -1, .events = POLLIN };
	n = 5 + stream_pollfds(&a->streams, fds + 5);
	(void)cc_http_poll(a->http, fds, n, wait_ms(a, now));
	probes_step(&a->probes, cc_boottime_ms()); /* first, for others measure it */
	if (fds[1].revents != 0)
		take_signal(a);
	if (fds[3].revents != 0)
		take_owner(a);
	else if (cc_boottime_ms() >= a->word_ms)
		hear_owner(a);
	if (priv_client_step(a->priv, err) < 0)
		return -1;
	now = cc_boottime_ms();
	stream_step(&a->streams, now);
	act_list(&a->act, now);
	if (a->act.again || now >= a->look_ms)
		act_all(&a->act, now);
	tell_names(a);
	/* When the disk fails, being heard of is worth more than coming back after a reboot. */
	a->sync.hold_talk = a->insts.unsaved && a->save_ms == 0;
	a->sync.renew_ms = renew_ms(a);
	sync_step(&a->sync, now);
	save(a, now);
	a->sync.hold_talk = false;
	if (a->answer_due && !a->act.listing)
		answer_owner(a);
	return 0;
}

static void done(struct agent *a)
{
	sync_stop(&a->sync);
	stream_done(&a->streams);
	probes_close(&a->probes);
	cc_http_free(a->http);
	priv_client_free(a->priv);
	local_image_table_done(&a->images);
	zone_names_done(&a->names);
	inst_table_done(&a->insts);
	free(a->who);
	cc_arena_free(a->facts_arena);
	node_network_done(&a->network);
	if (a->timer_fd >= 0)
		close(a->timer_fd);
	free(a);
}

int agent_run(const struct agent_start *start, struct cc_error *err)
{
	struct agent *a = cc_calloc(1, sizeof(*a));
	int result;

	a->start = start;
	a->started_ms = cc_now_ms();
	a->who = cc_row_heap_copy(&spool_identity_desc, start->who);
	a->timer_fd = a->probes.fd = -1;
	a->facts_arena = cc_arena_new(0);
	a->priv = priv_client_new(start->priv_fd, act_on_event, &a->act);
	result = prepare(a, err);
	if (result == 0)
		cc_log(NOTICE, STARTED, kv_text("node", start->who->node_name), kv_text("zone", start->who->zone), kv_u64("assignments", a->insts.n));
	while (result == 0 && !a->ended)
		result = turn(a, err);
	done(a);
	return result;
}
