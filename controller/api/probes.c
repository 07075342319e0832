/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No key is kept: each node's follows from the controller's own, and that of a pair from the node's that is asked (common/probe.h). */
#include "controller/api/probes.h"

#include "common/clock.h"
#include "common/hash.h"
#include "common/probe.h"

#include <sodium.h>

#define PURPOSE       "probe"
#define VERSION_BYTES 8

static void own_key(const struct call *c, struct cc_uuid node, uint8_t ret[CC_PROBE_KEY])
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, c->setup->secret_key, sizeof(c->setup->secret_key), CC_PROBE_KEY);
	crypto_generichash_update(&h, (const uint8_t *)PURPOSE, sizeof(PURPOSE));
	crypto_generichash_update(&h, node.b, sizeof(node.b));
	crypto_generichash_final(&h, ret, CC_PROBE_KEY);
}

static const char *hex(const uint8_t *bytes, size_t n, struct cc_arena *a)
{
	char *text = cc_new_array(a, 2 * n + 1, char);

	return sodium_bin2hex(text, 2 * n + 1, bytes, n);
}

static void fill_key(const struct call *c, struct cc_uuid asks, struct probe_target *t, struct cc_arena *a)
{
	uint8_t own[CC_PROBE_KEY], key[CC_PROBE_KEY];

	own_key(c, t->node, own);
	cc_probe_key(own, asks, key);
	cc_set(t, probe_target, key, hex(key, sizeof(key), a));
}

static void fill_target(struct probe_target *t, const struct distances_target *chosen, const char *address)
{
	*t = (struct probe_target){ 0 };
	cc_set(t, probe_target, node, chosen->node);
	cc_set(t, probe_target, address, address);
	cc_set(t, probe_target, port, chosen->port);
}

/* Those of them whose address is known. */
static struct cc_list targets(const struct call *c, const struct zone *z, struct cc_arena *a)
{
	struct distances_target chosen[DISTANCES_TARGETS];
	struct probe_target *items = cc_new_array(a, DISTANCES_TARGETS, struct probe_target);
	size_t n = distances_targets(engine_distances(c->engine), c->who.id, cc_boottime_ms(), chosen), kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct node *node = zone_find(z, TABLE_NODE, chosen[i].node);

		if (node != NULL && cc_has(node, node, address) && node->address[0] != '\0')
			fill_target(&items[kept++], &chosen[i], cc_arena_strdup(a, node->address));
	}
	return (struct cc_list){ kept, items };
}

static const char *version_of(const struct probe_target *items, size_t n, const uint8_t own[CC_PROBE_KEY], struct cc_arena *a)
{
	struct cc_sha256_state h;
	struct cc_sha256 sum;

	cc_sha256_init(&h);
	cc_sha256_update(&h, own, CC_PROBE_KEY);
	for (size_t i = 0; i < n; i++) {
		cc_sha256_update(&h, items[i].node.b, sizeof(items[i].node.b));
		cc_sha256_update(&h, items[i].address, strlen(items[i].address) + 1);
		cc_sha256_update(&h, &items[i].port, sizeof(items[i].port));
	}
	sum = cc_sha256_final(&h);
	return hex(sum.b, VERSION_BYTES, a);
}

bool probes_fill(const struct call *c, const struct zone *z, struct node_orders *orders, struct cc_arena *a)
{
	const struct node_report *r = c->body;
	uint8_t own[CC_PROBE_KEY];
	struct probe_target *items;
	struct cc_list all;
	const char *version;

	if (!cc_has(r, node_report, probes_version))
		return false;
	all = targets(c, z, a);
	items = all.items;
	own_key(c, c->who.id, own);
	version = version_of(items, all.n, own, a);
	if (strcmp(version, r->probes_version) == 0)
		return false;
	for (size_t i = 0; i < all.n; i++)
		fill_key(c, c->who.id, &items[i], a);
	orders->probes.items = items;
	orders->probes.n = all.n;
	orders->has |= CC_BIT(node_orders_f_probes);
	cc_set(orders, node_orders, probes_version, version);
	cc_set(orders, node_orders, probe_key, hex(own, sizeof(own), a));
	return true;
}
