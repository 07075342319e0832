/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/swarm/swarm.h"

#include "common/clock.h"
#include "common/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* As agent/sync.c and agent/agent.c have them. */
#define TALK_MS        30000
#define TALK_SILENCE   8000
#define LISTEN_MORE_MS 10000
#define CONNECT_MS     5000
#define COMPLAINTS_MAX 10

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void failed(struct swarm_agent *a, int64_t retry_after_ms)
{
	int64_t now = cc_boottime_ms();

	a->swarm->failures++;
	backoff_fail(&a->backoff, now, randombytes_random() | 1);
	if (a->backoff.next_ms < now + retry_after_ms)
		a->backoff.next_ms = now + (retry_after_ms < BACKOFF_MAX_MS ? retry_after_ms : BACKOFF_MAX_MS);
	a->reached = false;
	a->full_due = true;
	a->talk = a->listen = NULL;
	conn_close(&a->conns[0]);
	conn_close(&a->conns[1]);
}

/* ---- reports ---- */

static void fill_facts(struct node_report *r)
{
	static const char *const features[] = { "container", "lxc" };

	cc_set(r, node_report, boot_id, cc_boot_id());
	cc_set(r, node_report, agent_version, CC_VERSION);
	cc_set(r, node_report, arch, "amd64");
	cc_set(r, node_report, features, ((struct cc_texts){ .items = (const char **)features, .n = CC_ARRAY_LEN(features) }));
	cc_set(r, node_report, cpu_millis, 4000);
	cc_set(r, node_report, memory_mib, 4096);
	cc_set(r, node_report, disk_mib, 32768);
	cc_set(r, node_report, offer_cpu_millis, 4000);
	cc_set(r, node_report, offer_memory_mib, 4096);
	cc_set(r, node_report, offer_disk_mib, 32768);
	cc_set(r, node_report, offer_instances, 1000);
	r->has |= CC_BIT(node_report_f_labels);
	cc_set(r, node_report, publish_from, 0);
	cc_set(r, node_report, publish_to, 0);
	cc_set(r, node_report, closed, "");
}

static struct node_instance seen(const struct swarm_inst *i)
{
	struct node_instance n = { .id = i->id, .epoch = i->epoch, .boot_sn = i->boot_sn, .state = OBSERVED_RUNNING };

	if (i->desired == DESIRED_DELETE)
		n.state = OBSERVED_GONE;
	else if (i->desired == DESIRED_STOP)
		n.state = OBSERVED_STOPPED;
	if (n.state == OBSERVED_RUNNING)
		cc_set(&n, node_instance, address, "10.77.0.2");
	return n;
}

static void write_report(struct swarm_agent *a, bool talk, bool full, struct cc_buf *body)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct node_report r = { .revision = a->revision, .full = full };

	cc_set(&r, node_report, wait_ms, talk ? 0 : a->wait_ms);
	cc_set(&r, node_report, names_version, a->names_version);
	if (full)
		fill_facts(&r);
	r.instances.items = cc_new_array(arena, a->n_insts + 1, struct node_instance);
	for (size_t i = 0; talk && i < a->n_insts; i++)
		if (full || !a->insts[i].told)
			r.instances.items[r.instances.n++] = seen(&a->insts[i]);
	if (full || r.instances.n > 0)
		r.has |= CC_BIT(node_report_f_instances);
	cc_json_encode(&node_report_desc, &r, body);
}

static struct swarm_conn *free_conn(struct swarm_agent *a)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(a->conns); i++)
		if (a->conns[i].state == CONN_IDLE)
			return &a->conns[i];
	for (size_t i = 0; i < CC_ARRAY_LEN(a->conns); i++)
		if (a->conns[i].state == CONN_NONE)
			return &a->conns[i];
	return NULL;
}

static struct swarm_conn *post(struct swarm_agent *a, const struct cc_buf *body)
{
	struct swarm_conn *c = free_conn(a);

	CC_PRE(c != NULL);
	if (c->state == CONN_NONE)
		conn_dial(c);
	else
		c->state = CONN_BUSY;
	cc_buf_printf(&c->out,
	        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: cc-agent/" CC_VERSION
	        "\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	        a->path, a->swarm->port, body->len);
	cc_buf_add(&c->out, body->data, body->len);
	conn_send(c);
	return c;
}

static void talk(struct swarm_agent *a)
{
	cc_auto_buf struct cc_buf body = { 0 };

	a->talk_full = a->full_due;
	write_report(a, true, a->talk_full, &body);
	for (size_t i = 0; i < a->n_insts; i++)
		a->insts[i].told = true;
	a->talk_ms = cc_boottime_ms();
	a->talk = post(a, &body);
	a->swarm->talks++;
}

static void listen(struct swarm_agent *a)
{
	cc_auto_buf struct cc_buf body = { 0 };

	write_report(a, false, false, &body);
	a->listen_ms = a->heard_ms = cc_boottime_ms();
	a->listen = post(a, &body);
}

/* ---- orders ---- */

struct swarm_inst *agent_add_inst(struct swarm_agent *a, struct cc_uuid id)
{
	if (a->n_insts == a->cap_insts) {
		a->cap_insts = a->cap_insts > 0 ? 2 * a->cap_insts : 1;
		a->insts = cc_realloc(a->insts, a->cap_insts * sizeof(*a->insts));
	}
	a->insts[a->n_insts] = (struct swarm_inst){ .id = id, .desired = DESIRED_RUN, .told = true };
	return &a->insts[a->n_insts++];
}

static struct swarm_inst *find_inst(struct swarm_agent *a, struct cc_uuid id)
{
	for (size_t i = 0; i < a->n_insts; i++)
		if (cc_uuid_equal(a->insts[i].id, id))
			return &a->insts[i];
	return agent_add_inst(a, id);
}

static void take_assignment(struct swarm_agent *a, const struct assignment *o)
{
	struct swarm_inst *i = find_inst(a, o->id);
	char id[CC_UUID_TEXT];

	if (i->epoch == o->epoch && i->boot_sn == o->boot_sn && i->desired == o->desired)
		return;
	*i = (struct swarm_inst){ o->id, o->epoch, o->boot_sn, o->desired, false };
	a->swarm->orders++;
	printf("got %s %" PRId64 " %" PRId64 "\n", cc_uuid_format(o->id, id), o->boot_sn, now_ns());
}

static void forget(struct swarm_agent *a, struct cc_uuid id)
{
	for (size_t i = 0; i < a->n_insts; i++)
		if (cc_uuid_equal(a->insts[i].id, id))
			a->insts[i--] = a->insts[--a->n_insts];
}

static void take_orders(struct swarm_agent *a, const struct node_orders *o)
{
	/* What was reported as gone is not ordered any more. */
	for (size_t i = 0; i < a->n_insts; i++)
		if (a->insts[i].told && a->insts[i].desired == DESIRED_DELETE)
			a->insts[i--] = a->insts[--a->n_insts];
	for (size_t i = 0; i < o->assignments.n; i++)
		take_assignment(a, &o->assignments.items[i]);
	for (size_t i = 0; i < o->drop.n; i++)
		forget(a, o->drop.items[i]);
	a->full_due |= o->want_full;
	a->revision = o->revision;
	a->wait_ms = o->wait_ms;
	a->beat_ms = cc_has(o, node_orders, beat_ms) ? o->beat_ms : 0;
	if (cc_has(o, node_orders, names_version))
		snprintf(a->names_version, sizeof(a->names_version), "%s", o->names_version);
}

static void answered(struct swarm_conn *c, int status, int retry_after_s, const struct cc_buf *body)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct swarm_agent *a = c->agent;
	bool talked = c == a->talk;
	struct node_orders o;
	struct cc_error err = { 0 };

	if (status != 200 || cc_json_decode(&node_orders_desc, cc_buf_str(body), body->len, CC_JSON_LENIENT, &o, arena, &err) < 0) {
		if (a->swarm->complaints++ < COMPLAINTS_MAX)
			fprintf(stderr, "agent %u: status %d: %.200s\n", a->number, status, cc_buf_str(body));
		failed(a, 1000 * (int64_t)retry_after_s);
		return;
	}
	cc_buf_free(&c->in);
	c->state = CONN_IDLE;
	*(talked ? &a->talk : &a->listen) = NULL;
	if (talked)
		a->full_due &= !a->talk_full;
	backoff_reset(&a->backoff);
	a->reached = true;
	take_orders(a, &o);
}

void agent_event(struct swarm_conn *c)
{
	cc_auto_buf struct cc_buf body = { 0 };
	struct swarm_agent *a = c->agent;
	int status, retry_after_s, r = 0;
	bool well, busy = c == a->talk || c == a->listen;

	if (c->state == CONN_NONE)
		return;
	well = conn_go_on(c);
	if (c->shaken && c->state == CONN_DIALLING)
		c->state = CONN_BUSY;
	a->heard_ms = cc_boottime_ms();
	if (busy && c->in.len > 0)
		r = conn_reply(c, &status, &retry_after_s, &body);
	if (r > 0)
		answered(c, status, retry_after_s, &body);
	if (!well && busy && r <= 0)
		failed(a, 0);
	else if (!well || r < 0)
		conn_close(c);
	agent_step(a);
}

/* ---- what is due ---- */

static bool has_news(const struct swarm_agent *a)
{
	for (size_t i = 0; i < a->n_insts; i++)
		if (!a->insts[i].told)
			return true;
	return false;
}

static bool takes_too_long(const struct swarm_agent *a, int64_t now)
{
	if (a->talk != NULL && (now > a->talk_ms + TALK_MS || (a->talk->state == CONN_DIALLING && now > a->talk_ms + CONNECT_MS) ||
	                               (a->talk->state == CONN_BUSY && now > (a->talk_ms > a->heard_ms ? a->talk_ms : a->heard_ms) + TALK_SILENCE)))
		return true;
	if (a->listen == NULL)
		return false;
	return now > a->listen_ms + a->wait_ms + LISTEN_MORE_MS || (a->listen->state == CONN_DIALLING && now > a->listen_ms + CONNECT_MS) ||
	       (a->beat_ms > 0 && now > a->heard_ms + a->beat_ms + LISTEN_MORE_MS);
}

void agent_step(struct swarm_agent *a)
{
	int64_t now = cc_boottime_ms();

	if (takes_too_long(a, now))
		failed(a, 0);
	if (a->talk == NULL && (!a->reached || a->full_due ? backoff_due(&a->backoff, now) : has_news(a)))
		talk(a);
	if (a->listen == NULL && a->reached && !a->full_due)
		listen(a);
}
