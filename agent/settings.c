/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/settings.h"

#include "agent/priv_msg.h"

#define CC_CONFIG_NAME agent
#define CC_CONFIG_DEF  "agent/agent.def"
#define CC_CONFIG_ROWS
#include "common/config_table.h"

#define MIB          (1024 * 1024)
#define MEMORY_STEPS 64  /* MiB, as below */
#define DISK_STEPS   256 /* MiB; what is free changes all the time, what is offered should not */

static const struct {
	uint32_t bit;
	const char *word;
} feature_words[] = {
	{ PRIV_FEATURE_LXC, "lxc" },
	{ PRIV_FEATURE_SIM, "sim" },
	{ PRIV_FEATURE_CGROUP_V2, "cgroup2" },
	{ PRIV_FEATURE_IDMAPPED_LOWER, "idmapped" },
	{ PRIV_FEATURE_DISK_LIMIT, "disk-limit" },
	{ PRIV_FEATURE_SECCOMP, "seccomp" },
	{ PRIV_FEATURE_SWAP_LIMIT, "swap-limit" },
	{ PRIV_FEATURE_OVERLAY, "pool-overlay" },
	{ PRIV_FEATURE_BTRFS, "pool-btrfs" },
	{ PRIV_FEATURE_NAMES, "names" },
	{ PRIV_FEATURE_IPV6, "ipv6" },
	{ PRIV_FEATURE_SNAPSHOTS, "snapshots" },
	{ PRIV_FEATURE_VOLUMES, "volumes" },
	{ PRIV_FEATURE_BANDWIDTH, "bandwidth-limit" },
};

static int check_names(const char *setting, const struct cc_texts *list, struct cc_error *err)
{
	const struct cc_field name = { .name = setting, .kind = CK_name };

	for (size_t i = 0; i < list->n; i++)
		if (cc_text_check(&name, list->items[i], strlen(list->items[i]), err) < 0)
			return -1;
	return 0;
}

int settings_check(const struct agent_config *cfg, struct cc_error *err)
{
	struct fingerprint any = { .cpu_millis = 1000, .memory_mib = 1024, .disk_mib = 1024, .disk_free_mib = 1024 };
	struct policy ignored;
	struct hours hours;

	if (check_names("allow_members", &cfg->allow_members, err) < 0 || check_names("deny_members", &cfg->deny_members, err) < 0)
		return -1;
	return settings_policy(cfg, &any, &(struct taken){ 0 }, &ignored, err) < 0 ? -1 : settings_hours(cfg, &hours, err);
}

struct fingerprint settings_machine(const struct agent_config *cfg, const struct fingerprint *measured)
{
	struct fingerprint m = *measured;

	if (cfg->machine_cpu_millis > 0)
		m.cpu_millis = cfg->machine_cpu_millis;
	if (cfg->machine_memory >= MIB)
		m.memory_mib = m.memory_free_mib = cfg->machine_memory / MIB;
	if (cfg->machine_disk >= MIB)
		m.disk_mib = m.disk_free_mib = cfg->machine_disk / MIB;
	return m;
}

static int share(const char *name, const char *text, enum policy_unit unit, int64_t total, int64_t *ret, struct cc_error *err)
{
	return policy_share(text, unit, total, ret, err) < 0 ? cc_wrap(err, "%s", name) : 0;
}

/* What may be given of a resource when `free_mib` of it is free besides what instances have, and `reserve` bytes are to stay free; in steps. */
static int64_t room(int64_t free_mib, int64_t taken_mib, int64_t reserve, int64_t step)
{
	int64_t left = free_mib + taken_mib - reserve / MIB;

	return left > 0 ? left / step * step : 0;
}

static void lower_to(int64_t *offer, int64_t most)
{
	if (*offer > most)
		*offer = most;
}

int settings_policy(
        const struct agent_config *cfg, const struct fingerprint *machine, const struct taken *taken, struct policy *ret, struct cc_error *err)
{
	struct policy p = { .cpu_percent = cfg->accept_cpu,
		.memory_percent = cfg->accept_memory,
		.disk_percent = cfg->accept_disk,
		.allow_members = cfg->allow_members,
		.deny_members = cfg->deny_members };

	p.offer.instances = cfg->offer_instances;
	for (; p.n_image_keys < cfg->image_keys.n && p.n_image_keys < POLICY_KEYS_MAX; p.n_image_keys++)
		if (cc_public_key_parse(cfg->image_keys.items[p.n_image_keys], &p.image_keys[p.n_image_keys], err) < 0)
			return cc_wrap(err, "image_keys");
	if (share("offer_cpu", cfg->offer_cpu, POLICY_CPU, machine->cpu_millis, &p.offer.cpu_millis, err) < 0 ||
	        share("offer_memory", cfg->offer_memory, POLICY_MIB, machine->memory_mib, &p.offer.memory_mib, err) < 0 ||
	        share("offer_disk", cfg->offer_disk, POLICY_MIB, machine->disk_mib, &p.offer.disk_mib, err) < 0)
		return -1;
	lower_to(&p.offer.disk_mib, room(machine->disk_free_mib, taken->disk_mib, cfg->reserve_disk, DISK_STEPS));
	if (cfg->reserve_memory > 0)
		lower_to(&p.offer.memory_mib, room(machine->memory_free_mib, taken->memory_mib, cfg->reserve_memory, MEMORY_STEPS));
	*ret = p;
	return 0;
}

bool settings_has_reserve(const struct agent_config *cfg)
{
	return cfg->reserve_memory > 0 || cfg->reserve_disk > 0;
}

int settings_hours(const struct agent_config *cfg, struct hours *ret, struct cc_error *err)
{
	return hours_parse(&cfg->offer_hours, ret, err) < 0 ? cc_wrap(err, "offer_hours") : 0;
}

static struct cc_texts features_of(uint32_t bits, struct cc_arena *a)
{
	struct cc_texts t = { .items = cc_new_array(a, CC_ARRAY_LEN(feature_words), const char *) };

	for (size_t i = 0; i < CC_ARRAY_LEN(feature_words); i++)
		if (bits & feature_words[i].bit)
			t.items[t.n++] = feature_words[i].word;
	return t;
}

static struct cc_map labels_of(const struct cc_map *from, struct cc_arena *a)
{
	struct cc_map m = { .n = from->n, .items = cc_new_array(a, from->n + 1, struct cc_pair) };

	for (size_t i = 0; i < from->n; i++)
		m.items[i] = (struct cc_pair){ cc_arena_strdup(a, from->items[i].key), cc_arena_strdup(a, from->items[i].value) };
	return m;
}

struct node_facts settings_facts(
        const struct agent_config *cfg, const struct fingerprint *machine, const struct policy *p, uint32_t features, struct cc_arena *a)
{
	return (struct node_facts){
		.arch = machine->arch,
		.features = features_of(features, a),
		.cpu_millis = machine->cpu_millis,
		.memory_mib = machine->memory_mib,
		.disk_mib = machine->disk_mib,
		.offer_cpu_millis = p->offer.cpu_millis,
		.offer_memory_mib = p->offer.memory_mib,
		.offer_disk_mib = p->offer.disk_mib,
		.offer_instances = p->offer.instances,
		.labels = labels_of(&cfg->labels, a),
		.allow_members = cfg->allow_members,
		.deny_members = cfg->deny_members,
	};
}
