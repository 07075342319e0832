/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/status.h"

#include "agent/owner.h"
#include "agent/spool.h"
#include "agent/status_text.h"
#include "common/clock.h"
#include "common/json.h"

#include <stdlib.h>

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY agent_status
#include "common/model/define.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

#define ANSWER_MS 3000

static int fill_identity(const struct agent_config *cfg, const struct spool_identity *who, struct agent_status *s, struct cc_error *err)
{
	struct owner_pause pause;
	struct cc_error none = { 0 };
	bool paused = owner_load_pause(cfg->state_dir, &pause, &none) == 0;
	static struct owner_word word;
	struct hours hours;

	if (settings_hours(cfg, &hours, err) < 0)
		return -1;
	word = owner_word_at(paused ? &pause : NULL, &hours, strcmp(cfg->outside_hours, "stop") == 0, cc_now_ms());
	s->node = who->node;
	s->node_name = who->node_name;
	s->zone = who->zone;
	s->controllers = who->controllers;
	s->closed = word.why;
	s->stops = word.stop;
	if (word.until_ms > 0)
		cc_set(s, agent_status, changes, word.until_ms);
	return 0;
}

/* What is used is known to the running agent only, so memory is what is left for more. */
static int fill_offer(const struct agent_config *cfg, int64_t assigned_disk_mib, struct agent_status *s, struct cc_error *err)
{
	struct fingerprint_from from = fingerprint_from_here(cfg->disk_path[0] != '\0' ? cfg->disk_path : cfg->state_dir);
	struct fingerprint measured = fingerprint_take(&from), machine = settings_machine(cfg, &measured);
	struct policy p;

	if (settings_policy(cfg, &machine, &(struct taken){ .disk_mib = assigned_disk_mib }, &p, err) < 0)
		return -1;
	s->offer_cpu_millis = p.offer.cpu_millis;
	s->offer_memory_mib = p.offer.memory_mib;
	s->offer_disk_mib = p.offer.disk_mib;
	s->offer_instances = p.offer.instances;
	s->memory_mib = machine.memory_mib;
	s->memory_free_mib = machine.memory_free_mib;
	s->disk_mib = machine.disk_mib;
	s->disk_free_mib = machine.disk_free_mib;
	return 0;
}

/* What it says counts; when it says nothing, the disk still does. */
static void ask_running(const struct agent_config *cfg, struct agent_status *s, struct cc_arena *a, struct live *live)
{
	struct cc_error err = { 0 };

	if (live_ask(cfg->state_dir, ANSWER_MS, a, live, &err) < 0) {
		cc_set(s, agent_status, silent, cc_arena_strdup(a, err.msg));
		return;
	}
	s->running.n = 1;
	s->running.items = live;
}

static int show(const struct agent_config *cfg, const struct spool_identity *who, const struct inst_table *t, struct agent_status *s, bool json,
        FILE *to, struct cc_error *err)
{
	cc_auto_free struct assignment *items = cc_calloc(t->n + 1, sizeof(*items));
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct live live[1] = { 0 };
	int64_t left_ms = spool_load_lease(cfg->state_dir) - cc_boottime_ms(), disk_mib = 0;
	cc_auto_buf struct cc_buf text = { 0 };
	struct spool_network network;

	for (size_t k = 0; k < t->n; k++) {
		items[s->assignments.n++] = *t->items[k]->want;
		disk_mib += t->items[k]->want->disk_mib;
	}
	s->assignments.items = items;
	s->lease_s = left_ms > 0 ? left_ms / 1000 : 0;
	if (live_runs(cfg->state_dir))
		ask_running(cfg, s, a, live);
	/* Who answers has looked at it anew. */
	if (spool_load_network(cfg->state_dir, &network, a)) {
		cc_set(s, agent_status, names, network.names);
		cc_set(s, agent_status, no_ipv6, network.no_ipv6);
		cc_set(s, agent_status, prefix6, network.prefix6);
		if (cc_has(&network, spool_network, blocked))
			cc_set(s, agent_status, blocked, network.blocked);
		if (cc_has(&network, spool_network, upload_kbit))
			cc_set(s, agent_status, upload_kbit, network.upload_kbit);
		if (cc_has(&network, spool_network, download_kbit))
			cc_set(s, agent_status, download_kbit, network.download_kbit);
	}
	if (fill_identity(cfg, who, s, err) < 0 || fill_offer(cfg, disk_mib, s, err) < 0)
		return -1;
	if (!json) {
		status_text(s, cc_now_ms(), to);
		return 0;
	}
	cc_json_encode(&agent_status_desc, s, &text);
	fprintf(to, "%s\n", cc_buf_str(&text));
	return 0;
}

int status_print(const struct agent_config *cfg, bool json, FILE *to, struct cc_error *err)
{
	cc_auto_free struct spool_identity *who = NULL;
	struct agent_status s = { 0 };
	struct inst_table t = { 0 };
	int result;

	if (spool_load_identity(cfg->state_dir, &who, err) < 0) {
		if (err->code == CC_NOT_FOUND)
			return cc_wrap(err, "this node has not joined a zone; see `cc-agent join`");
		return -1;
	}
	if (spool_load_assignments(cfg->state_dir, &t, &s.revision, err) < 0) {
		if (err->code != CC_NOT_FOUND)
			return -1;
		*err = (struct cc_error){ 0 };
	}
	result = show(cfg, who, &t, &s, json, to, err);
	inst_table_done(&t);
	return result;
}
