/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/report.h"

#include "agent/volumes.h"

#include "common/boot_timer.h"
#include "common/clock.h"
#include "common/json.h"

#include <stdlib.h>

#define UNDER_WAY_MS 150

static void fill_ports(struct node_instance *to, const struct ports *ports, struct published_port items[PORTS_MAX])
{
	for (uint32_t k = 0; k < ports->count; k++) {
		items[k] = (struct published_port){ .node_port = ports->at[k].node_port, .port = ports->at[k].port };
		cc_set(&items[k], published_port, protocol, ports->at[k].kind == PORT_UDP ? PORT_PROTOCOL_UDP : PORT_PROTOCOL_TCP);
	}
	to->publish.items = items;
	to->publish.n = ports->count;
	to->has |= CC_BIT(node_instance_f_publish);
}

static void fill_snapshots(struct node_instance *to, const struct inst *i, struct cc_arena *a)
{
	struct node_stored *items = cc_new_array(a, i->n_snapshots + 1, struct node_stored);

	for (size_t k = 0; k < i->n_snapshots; k++) {
		const struct inst_snapshot *s = &i->snapshots[k];

		items[k] = (struct node_stored){ .id = s->id, .state = s->failed ? STORED_FAILED : STORED_READY };
		if (s->failed)
			cc_set(&items[k], node_stored, reason, s->reason);
		if (s->bytes > 0)
			cc_set(&items[k], node_stored, bytes, s->bytes);
	}
	to->snapshots.n = i->n_snapshots;
	to->snapshots.items = items;
	to->has |= CC_BIT(node_instance_f_snapshots);
}

static void fill_restore(struct node_instance *to, const struct inst *i)
{
	bool failed = i->restore_failed_sn > (int64_t)i->ct.restore_sn;

	if (!failed && i->ct.restore_sn == 0)
		return;
	cc_set(to, node_instance, restore_sn, failed ? i->restore_failed_sn : (int64_t)i->ct.restore_sn);
	if (failed)
		cc_set(to, node_instance, restore_failed, i->restore_reason);
}

/* `ports` has room for all of them, and stays as long as `to`. */
static void fill_instance(struct node_instance *to, const struct inst *i, struct cc_arena *a, struct published_port ports[PORTS_MAX])
{
	*to = (struct node_instance){ .id = i->id, .epoch = i->reported.epoch, .boot_sn = i->reported.boot_sn, .state = i->reported.state };
	if (i->reported.reason[0] != '\0')
		cc_set(to, node_instance, reason, i->reported.reason);
	if (i->reported.address[0] != '\0')
		cc_set(to, node_instance, address, i->reported.address);
	if (i->reported.address6[0] != '\0')
		cc_set(to, node_instance, address6, i->reported.address6);
	if (i->reported.state == OBSERVED_RUNNING && i->ct.memory_bytes > 0) {
		cc_set(to, node_instance, memory_bytes, (int64_t)i->ct.memory_bytes);
		cc_set(to, node_instance, cpu_usec, (int64_t)i->ct.cpu_usec);
	}
	if (i->reported.limits.memory_bytes > 0) {
		cc_set(to, node_instance, limit_memory_mib, (int64_t)(i->reported.limits.memory_bytes >> 20));
		cc_set(to, node_instance, limit_cpu_millis, i->reported.limits.cpu_millis);
		cc_set(to, node_instance, limit_disk_mib, (int64_t)(i->reported.limits.disk_bytes >> 20));
		cc_set(to, node_instance, limit_pids, i->reported.limits.pids);
		cc_set(to, node_instance, limit_bandwidth_kbit, i->reported.limits.bandwidth_kbit);
		fill_ports(to, &i->reported.ports, ports);
		if (i->reported.disk_advisory)
			cc_set(to, node_instance, disk_advisory, true);
	}
	if (i->reported.disk_bytes > 0) {
		cc_set(to, node_instance, disk_bytes, (int64_t)i->reported.disk_bytes);
	}
	if (i->snapshots_known)
		fill_snapshots(to, i, a);
	fill_restore(to, i);
}

static void fill_facts(struct node_report *r, const struct node_facts *f)
{
	cc_set(r, node_report, boot_id, cc_boot_id());
	cc_set(r, node_report, agent_version, CC_VERSION);
	cc_set(r, node_report, arch, f->arch);
	cc_set(r, node_report, features, f->features);
	cc_set(r, node_report, cpu_millis, f->cpu_millis);
	cc_set(r, node_report, memory_mib, f->memory_mib);
	cc_set(r, node_report, disk_mib, f->disk_mib);
	cc_set(r, node_report, offer_cpu_millis, f->offer_cpu_millis);
	cc_set(r, node_report, offer_memory_mib, f->offer_memory_mib);
	cc_set(r, node_report, offer_disk_mib, f->offer_disk_mib);
	cc_set(r, node_report, offer_instances, f->offer_instances);
	cc_set(r, node_report, labels, f->labels);
	if (f->address != NULL && f->address[0] != '\0')
		cc_set(r, node_report, address, f->address);
	cc_set(r, node_report, publish_from, f->publish.from);
	cc_set(r, node_report, publish_to, f->publish.to);
	cc_set(r, node_report, blocked, f->blocked);
	cc_set(r, node_report, upload_kbit, f->upload_kbit);
	cc_set(r, node_report, download_kbit, f->download_kbit);
	cc_set(r, node_report, allow_members, f->allow_members);
	cc_set(r, node_report, deny_members, f->deny_members);
	cc_set(r, node_report, closed, f->closed != NULL ? f->closed : "");
}

static bool is_in(const struct inst_table *t, const struct inst *i, bool full)
{
	return i->change != 0 && (full || i->change > t->confirmed);
}

static void fill_probes(struct node_report *r, const struct report_want *w)
{
	if (w->probes == NULL || w->probes->fd < 0)
		return;
	cc_set(r, node_report, probes_version, w->probes->version);
	if (w->facts != NULL)
		cc_set(r, node_report, probe_port, w->probes->port);
}

static void fill_measured(struct node_report *r, const struct report_want *w, struct cc_arena *a)
{
	if (w->probes == NULL)
		return;
	r->measured.items = cc_new_array(a, PROBES_MAX, struct node_rtt);
	r->measured.n = probes_report(w->probes, w->full, w->now_ms, r->measured.items);
	if (r->measured.n > 0)
		r->has |= CC_BIT(node_report_f_measured);
}

uint64_t report_build(const struct inst_table *t, const struct report_want *w, struct cc_buf *out)
{
	struct node_report r = { .revision = w->revision, .full = w->full };
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct node_instance *items = cc_new_array(a, t->n + 1, struct node_instance);
	struct published_port *ports = cc_new_array(a, (t->n + 1) * PORTS_MAX, struct published_port);

	cc_set(&r, node_report, wait_ms, w->wait_ms);
	cc_set(&r, node_report, now, cc_now_ms());
	if (w->names_version != NULL)
		cc_set(&r, node_report, names_version, w->names_version);
	if (w->facts != NULL)
		fill_facts(&r, w->facts);
	for (size_t k = 0; k < t->n; k++)
		if (is_in(t, t->items[k], w->full))
			fill_instance(&items[r.instances.n++], t->items[k], a, ports + k * PORTS_MAX);
	r.instances.items = items;
	if (w->full || r.instances.n > 0)
		r.has |= CC_BIT(node_report_f_instances);
	r.volumes.items = cc_new_array(a, t->n_volumes + 1, struct node_stored);
	r.volumes.n = volumes_report(t, w->full, r.volumes.items);
	if (r.volumes.n > 0)
		r.has |= CC_BIT(node_report_f_volumes);
	fill_probes(&r, w);
	fill_measured(&r, w, a);
	cc_json_encode(&node_report_desc, &r, out);
	return t->change;
}

void report_build_empty(const struct report_want *w, struct cc_buf *out)
{
	struct node_report r = { .revision = w->revision };

	cc_set(&r, node_report, wait_ms, w->wait_ms);
	cc_set(&r, node_report, now, cc_now_ms());
	if (w->names_version != NULL)
		cc_set(&r, node_report, names_version, w->names_version);
	fill_probes(&r, w);
	cc_json_encode(&node_report_desc, &r, out);
}

static bool is_under_way(enum observed state)
{
	return state == OBSERVED_FETCHING || state == OBSERVED_STARTING || state == OBSERVED_STOPPING;
}

int64_t report_due_ms(const struct inst_table *t)
{
	int64_t due = volumes_have_news(t) ? 0 : CC_NEVER_MS;

	for (size_t k = 0; k < t->n; k++) {
		const struct inst *i = t->items[k];
		int64_t at = is_under_way(i->reported.state) ? i->changed_ms + UNDER_WAY_MS : 0;

		if (i->change > t->confirmed && at < due)
			due = at;
	}
	return due;
}

static bool is_over(const struct inst_table *t, const struct inst *i)
{
	bool unwanted = i->want == NULL || i->want->desired == DESIRED_DELETE;

	return unwanted && i->change != 0 && i->change <= t->confirmed && i->reported.state == OBSERVED_GONE && !i->exists &&
	       i->doing == DOING_NOTHING && !i->snapshots_busy;
}

void report_confirmed(struct inst_table *t, uint64_t change)
{
	if (change > t->confirmed)
		t->confirmed = change;
	volumes_confirmed(t);
	for (size_t k = t->n; k-- > 0;)
		if (is_over(t, t->items[k])) {
			struct inst *i = t->items[k];

			if (i->want != NULL)
				t->unsaved = true;
			inst_remove(t, i);
		}
}
