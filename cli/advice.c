/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/advice.h"

#include "cli/units.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN          5     /* things of one kind; the rest is counted */
#define CLOCK_OFF_MS   60000 /* less is the network's */
#define NODE_OFF_MS    5000  /* what is measured may be off by the way there and back */
#define SLOW_COMMIT_MS 500
#define ROOM_MIB       128 /* what an instance takes when nothing is said */
#define ROOM_DISK_MIB  1024

struct advice {
	struct cli *cli;
	const struct zone_status *z;
	struct cc_buf *out;
	size_t n;
};

static void say(struct advice *a, const char *fmt, ...) CC_PRINTF(2, 3);

/* A line of its own; the texts are the zone's, so they may hold anything. */
static void say(struct advice *a, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cc_buf_adds(a->out, "* ");
	output_add_safe(a->out, text);
	cc_buf_addc(a->out, '\n');
	a->n++;
}

bool advice_is_active(const struct zone_status *z)
{
	return !cc_has(z, zone_status, role) || strcmp(z->role, "active") == 0;
}

static const char *span(struct cli *cli, int64_t ms)
{
	cc_auto_buf struct cc_buf text = { 0 };

	units_add_span(&text, ms / 1000 * 1000);
	return cc_arena_strdup(cli->arena, cc_buf_str(&text));
}

static void look_at_clock(struct advice *a)
{
	int64_t off = cc_has(a->z, zone_status, now) ? a->cli->output.now_ms - a->z->now : 0;

	if (off > CLOCK_OFF_MS || off < -CLOCK_OFF_MS)
		say(a, "This machine's clock is %s %s the controller's: one of them is wrong. Set it by the network: timedatectl set-ntp true",
		        span(a->cli, off > 0 ? off : -off), off > 0 ? "ahead of" : "behind");
}

static void look_at_versions(struct advice *a)
{
	if (strcmp(a->z->version, CC_VERSION) != 0)
		say(a, "ccctl is %s and the controller %s. They understand each other, but one of them is to be upgraded.", CC_VERSION,
		        a->z->version);
}

static void look_at_database(struct advice *a)
{
	if (cc_has(a->z, zone_status, commit_ms) && a->z->commit_ms > SLOW_COMMIT_MS)
		say(a, "The database is slow: a change takes %" PRId64 " ms. Look at its disk and its load; what runs is not concerned.",
		        a->z->commit_ms);
}

static bool has_room(const struct node *n)
{
	return n->granted_memory_mib - n->used_memory_mib >= ROOM_MIB && n->granted_disk_mib - n->used_disk_mib >= ROOM_DISK_MIB &&
	       n->used_instances < n->granted_instances && !cc_has(n, node, closed) && !cc_has(n, node, drained);
}

static void look_at_silent(struct advice *a, const struct node *n)
{
	const char *since = cc_has(n, node, last_seen) ? span(a->cli, a->cli->output.now_ms - n->last_seen) : "ever";

	say(a,
	        "Node %s has been silent for %s; what runs there may run on. Is its machine on, and its link up? There: cc-agent status, systemctl status "
	        "cc-agent. Gone for good: ccctl node remove --force %s",
	        n->name, since, n->name);
}

static void look_at_node_clock(struct advice *a, const struct node *n)
{
	int64_t off = cc_has(n, node, clock_ahead_ms) ? n->clock_ahead_ms : 0;

	if (off > NODE_OFF_MS || off < -NODE_OFF_MS)
		say(a,
		        "The clock of node %s is %s %s the controller's: one of them is wrong. Its owner's hours and its logs go by it. There: timedatectl "
		        "set-ntp true",
		        n->name, span(a->cli, off > 0 ? off : -off), off > 0 ? "ahead of" : "behind");
}

static void look_at_node_network(struct advice *a, const struct node *n)
{
	if (cc_has(n, node, blocked) && n->blocked.n > 0)
		say(a, "On node %s somebody's rules are in the way of its instances: %.600s", n->name, n->blocked.items[0]);
}

static void look_at_ready(struct advice *a, const struct node *n)
{
	look_at_node_clock(a, n);
	look_at_node_network(a, n);
	if (cc_has(n, node, drained))
		say(a, "Node %s is drained%s%s. To place instances there again: ccctl node undrain %s", n->name, n->drained[0] != '\0' ? ": " : "",
		        n->drained, n->name);
	if (cc_has(n, node, closed))
		say(a, "Node %s takes nothing new: %s. Its owner ends a pause with: cc-agent resume", n->name, n->closed);
	if (n->granted_disk_mib - n->used_disk_mib < ROOM_DISK_MIB)
		say(a,
		        "Node %s has no disk for another instance (%" PRId64 " of %" PRId64
		        " MiB are granted): delete some there (ccctl list --filter node=%s), or its owner makes room and offers more (offer_disk)",
		        n->name, n->used_disk_mib, n->granted_disk_mib, n->name);
	if (n->agent_version[0] != '\0' && strcmp(n->agent_version, a->z->version) != 0)
		say(a, "Node %s runs cc-agent %s beside controller %s. That works; upgrade it when it suits.", n->name, n->agent_version,
		        a->z->version);
}

static void look_at_nodes(struct advice *a)
{
	struct node_list list = { 0 };
	struct cc_error ignored = { 0 };
	bool room = false;
	size_t shown = 0;

	if (client_list(a->cli->client, noun_node.path, &node_list_desc, &list, &ignored) < 0) {
		if (a->z->nodes_ready < a->z->nodes)
			say(a, "Some nodes do not report; what runs there may run on. See which: ccctl node list");
		return;
	}
	for (size_t i = 0; i < list.items.n; i++) {
		const struct node *n = &list.items.items[i];
		size_t before = a->n;

		room |= n->state == NODE_READY && has_room(n);
		if (shown < SHOWN && n->state == NODE_SILENT)
			look_at_silent(a, n);
		else if (shown < SHOWN && n->state == NODE_READY)
			look_at_ready(a, n);
		shown += a->n > before;
	}
	if (shown == SHOWN)
		say(a, "Perhaps there is more to say of nodes: ccctl node list");
	if (a->z->nodes_ready > 0 && !room)
		say(a,
		        "No node has room for another instance of the usual size (%d MiB of memory, %d MiB of disk). Delete what is not needed, invite a node "
		        "(ccctl node invite NAME), or ask owners to offer more.",
		        ROOM_MIB, ROOM_DISK_MIB);
}

static void look_at_instances(struct advice *a)
{
	struct instance_list list = { 0 };
	struct cc_error ignored = { 0 };

	if (client_list(a->cli->client, "/v1/instances?state=failed", &instance_list_desc, &list, &ignored) < 0)
		return;
	for (size_t i = 0; i < list.items.n && i < SHOWN; i++) {
		const struct instance *inst = &list.items.items[i];

		say(a, "%s failed: %.300s. What its init said: ccctl logs %s; again: ccctl start %s", inst->name,
		        inst->reason[0] != '\0' ? inst->reason : "its node gave no reason", inst->name, inst->name);
	}
	if (list.items.n > SHOWN)
		say(a, "%zu more failed: ccctl list --filter state=failed", list.items.n - SHOWN);
}

static void look_at_images(struct advice *a)
{
	if (a->z->images_missing > 0)
		say(a,
		        "The archives of %" PRId64
		        " images are missing on the controller: nodes that do not have them yet cannot start instances. They are copied from the zone's other controllers; if "
		        "none has them, import them again: ccctl image import",
		        a->z->images_missing);
}

/* What comes first in a zone's life. */
static void say_next_step(const struct zone_status *z, struct cc_buf *out)
{
	if (z->nodes == 0)
		cc_buf_adds(out, "There is no node yet. Invite one: ccctl node invite NAME\n");
	else if (z->images == 0)
		cc_buf_adds(out, "There is no image yet. Build or import one: ccctl image build debian:12, ccctl image import NAME FILE\n");
	else if (z->instances == 0)
		cc_buf_adds(out, "Ready. Create an instance: ccctl create NAME --image IMAGE (see ccctl image list)\n");
	else
		cc_buf_adds(out, "All is well.\n");
}

void advice_write(struct cli *cli, const struct zone_status *z, struct cc_buf *out)
{
	struct advice a = { cli, z, out, 0 };

	if (!advice_is_active(z)) {
		cc_buf_adds(out, "Nothing is served here. Ask the active controller, or see what keeps this one from being it.\n");
		return;
	}
	if (strcmp(z->database, "ok") != 0) {
		cc_buf_adds(out,
		        "The database is not well, so nothing can be changed now; what runs runs on. Look at the controller's and PostgreSQL's logs.\n");
		return;
	}
	look_at_clock(&a);
	look_at_versions(&a);
	look_at_database(&a);
	look_at_images(&a);
	if (z->nodes > 0)
		look_at_nodes(&a);
	if (z->instances > 0)
		look_at_instances(&a);
	if (a.n == 0 || z->nodes == 0 || z->images == 0)
		say_next_step(z, out);
}
