/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/inst.h"

#include "common/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define RAN_LONG_MS 60000
#define NEWS_SHARE  8 /* a change of memory or disk in use of less than this part of the limit is not told */

static void inst_free(struct inst *i)
{
	free(i->want);
	free(i->snapshots);
	free(i);
}

void inst_table_done(struct inst_table *t)
{
	for (size_t k = 0; k < t->n; k++)
		inst_free(t->items[k]);
	free(t->items);
	free(t->volumes);
	*t = (struct inst_table){ 0 };
}

struct inst *inst_find(const struct inst_table *t, struct cc_uuid id)
{
	for (size_t k = 0; k < t->n; k++)
		if (cc_uuid_equal(t->items[k]->id, id))
			return t->items[k];
	return NULL;
}

struct inst *inst_get(struct inst_table *t, struct cc_uuid id)
{
	struct inst *i = inst_find(t, id);

	if (i != NULL)
		return i;
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 16;
		t->items = cc_realloc(t->items, t->cap * sizeof(struct inst *));
	}
	i = cc_calloc(1, sizeof(*i));
	i->id = id;
	t->items[t->n++] = i;
	return i;
}

void inst_remove(struct inst_table *t, struct inst *i)
{
	for (size_t k = 0; k < t->n; k++)
		if (t->items[k] == i) {
			t->items[k] = t->items[--t->n];
			break;
		}
	inst_free(i);
}

struct ports inst_ports(const struct assignment *a)
{
	struct ports p = { 0 };

	/* More than there can be is refused by the other half, with a reason. */
	for (size_t k = 0; cc_has(a, assignment, publish) && k < a->publish.n && k < PORTS_MAX; k++) {
		const struct published_port *from = &a->publish.items[k];

		p.at[p.count++] = (struct port){ .node_port = (uint16_t)from->node_port,
			.port = (uint16_t)from->port,
			.kind = cc_has(from, published_port, protocol) && from->protocol == PORT_PROTOCOL_UDP ? PORT_UDP : PORT_TCP };
	}
	return p;
}

uint32_t inst_bandwidth(const struct assignment *a)
{
	return cc_has(a, assignment, bandwidth_kbit) ? (uint32_t)a->bandwidth_kbit : 0;
}

static bool publishes_other_ports(const struct assignment *a, const struct assignment *b)
{
	struct ports one = inst_ports(a), two = inst_ports(b);

	return !ports_same(&one, &two);
}

static bool is_asked_anew(const struct assignment *old, const struct assignment *new)
{
	return old == NULL || new == NULL || old->epoch != new->epoch || old->boot_sn != new->boot_sn || old->desired != new->desired ||
	       old->memory_mib != new->memory_mib || old->cpu_millis != new->cpu_millis || old->disk_mib != new->disk_mib || old->pids != new->pids ||
	       inst_bandwidth(old) != inst_bandwidth(new) || publishes_other_ports(old, new) ||
	       (cc_has(new, assignment, restore_sn) && (!cc_has(old, assignment, restore_sn) || old->restore_sn != new->restore_sn));
}

/* The controller repeats an assignment whenever anything of the instance changed: the disk need not hear of that. */
static bool is_same(const struct assignment *a, const struct assignment *b)
{
	cc_auto_buf struct cc_buf text_a = { 0 }, text_b = { 0 };

	if (a == NULL || b == NULL)
		return a == b;
	cc_json_encode(&assignment_desc, a, &text_a);
	cc_json_encode(&assignment_desc, b, &text_b);
	return strcmp(cc_buf_str(&text_a), cc_buf_str(&text_b)) == 0;
}

bool inst_set_want(struct inst_table *t, struct inst *i, const struct assignment *want)
{
	struct assignment *copy = want != NULL ? cc_row_heap_copy(&assignment_desc, want) : NULL;
	bool anew = is_asked_anew(i->want, copy);

	if (anew)
		i->retry = (struct retry){ 0 };
	if (!is_same(i->want, copy))
		t->unsaved = true;
	free(i->want);
	i->want = copy;
	return anew;
}

void inst_saw(struct inst *i, const struct priv_ct *ct)
{
	i->exists = ct != NULL;
	i->ct = ct != NULL ? *ct : (struct priv_ct){ 0 };
}

void inst_saw_all(struct inst_table *t, const struct priv_ct *cts, size_t n)
{
	for (size_t k = 0; k < t->n; k++)
		t->items[k]->listed = false;
	for (size_t k = 0; k < n; k++) {
		struct inst *i = inst_get(t, cts[k].id);

		i->listed = true;
		if (i->doing == DOING_NOTHING)
			inst_saw(i, &cts[k]);
	}
	for (size_t k = 0; k < t->n; k++)
		if (!t->items[k]->listed && t->items[k]->doing == DOING_NOTHING)
			inst_saw(t->items[k], NULL);
	t->ct_known = true;
}

static void describe_exit(int wait_status, char *to, size_t size)
{
	if (wait_status < 0)
		snprintf(to, size, "init ended");
	else if (WIFSIGNALED(wait_status))
		snprintf(to, size, "init was ended by signal %d", WTERMSIG(wait_status));
	else
		snprintf(to, size, "init exited with status %d", WEXITSTATUS(wait_status));
}

void inst_exited(struct inst *i, const struct priv_ct *ct, int64_t now_ms)
{
	char what[64];
	bool ran_long = ct->started_boottime_ms > 0 && now_ms - (int64_t)ct->started_boottime_ms >= RAN_LONG_MS;

	if (i->doing == DOING_START) {
		i->exited_start_ms = ct->started_boottime_ms;
		i->exited_status = ct->exit_status;
	}
	if (i->doing != DOING_NOTHING)
		return;
	inst_saw(i, ct);
	i->ct.state = PRIV_CT_STOPPED;
	if (i->want == NULL || i->want->desired != DESIRED_RUN)
		return;
	if (ran_long)
		backoff_reset(&i->retry.backoff);
	describe_exit(ct->exit_status, what, sizeof(what));
	inst_failed(i, DOING_START, false, now_ms, what);
}

void inst_started(struct inst *i, const struct priv_ct *ct, int64_t now_ms)
{
	struct priv_ct ended = *ct;

	inst_saw(i, ct);
	if (i->exited_start_ms != 0 && i->exited_start_ms == ct->started_boottime_ms) {
		ended.exit_status = i->exited_status;
		inst_exited(i, &ended, now_ms);
	}
	i->exited_start_ms = 0;
}

void inst_failed(struct inst *i, enum doing what, bool never, int64_t now_ms, const char *reason)
{
	int64_t wait_ms;

	i->retry.what = what;
	i->retry.never = never;
	if (never) {
		snprintf(i->retry.reason, sizeof(i->retry.reason), "%s", reason);
		return;
	}
	wait_ms = backoff_fail(&i->retry.backoff, now_ms, 0);
	snprintf(i->retry.reason, sizeof(i->retry.reason), "%.200s; next try in %lld s", reason, (long long)(wait_ms / 1000));
}

void inst_succeeded(struct inst *i)
{
	/* The count of failures stays: an init that exits right after each start must meet longer and longer waits. */
	i->retry.backoff.next_ms = 0;
	i->retry.reason[0] = '\0';
}

bool inst_is_to_restore(const struct inst *i)
{
	const struct assignment *a = i->want;

	if (a == NULL || !i->exists || !cc_has(a, assignment, restore) || !cc_has(a, assignment, restore_sn))
		return false;
	return a->restore_sn > (int64_t)i->ct.restore_sn && a->restore_sn > i->restore_failed_sn;
}

static enum want wanted(const struct inst *i)
{
	if (i->drop)
		return WANT_DROP;
	if (i->want == NULL)
		return WANT_NOTHING;
	if (i->want->desired == DESIRED_DELETE)
		return WANT_DROP;
	return i->want->desired == DESIRED_RUN && !inst_is_to_restore(i) ? WANT_RUN : WANT_STOP;
}

/* What is said about limits is nothing where the list says none. */
static bool has_other_limits(const struct inst *i)
{
	const struct priv_limits *l = &i->ct.limits;
	struct ports ports = inst_ports(i->want);

	return l->memory_bytes != 0 && (i->ct.ports_sum != ports_sum(&ports) || l->memory_bytes != (uint64_t)i->want->memory_mib << 20 ||
	                                       l->disk_bytes != (uint64_t)i->want->disk_mib << 20 || l->cpu_millis != (uint32_t)i->want->cpu_millis ||
	                                       l->pids != (uint32_t)i->want->pids || l->bandwidth_kbit != inst_bandwidth(i->want));
}

static enum seen seen_running(const struct inst *i)
{
	if (i->want == NULL)
		return SEEN_RUNNING;
	if (i->ct.epoch > (uint64_t)i->want->epoch)
		return SEEN_RUNNING_NEWER;
	if (i->ct.epoch < (uint64_t)i->want->epoch || i->ct.boot_sn < (uint64_t)i->want->boot_sn)
		return SEEN_RUNNING_OLDER;
	return has_other_limits(i) ? SEEN_RUNNING_LIMITS : SEEN_RUNNING;
}

static enum seen seen(const struct inst_table *t, const struct inst *i)
{
	if (!t->ct_known)
		return SEEN_UNKNOWN;
	if (!i->exists)
		return SEEN_NONE;
	if (i->ct.state == PRIV_CT_RUNNING)
		return seen_running(i);
	return i->ct.state == PRIV_CT_STOPPED ? SEEN_STOPPED : SEEN_STOPPING;
}

static enum retry_word retry_word(const struct inst *i, bool starting, int64_t now_ms)
{
	if (i->retry.what == DOING_START && !starting)
		return RETRY_NOW;
	if (i->retry.never)
		return RETRY_NEVER;
	return backoff_due(&i->retry.backoff, now_ms) ? RETRY_NOW : RETRY_LATER;
}

struct situation inst_situation(const struct inst_table *t, const struct inst *i, enum lease lease, int64_t now_ms)
{
	enum want want = wanted(i);

	return (struct situation){
		.want = want,
		.seen = seen(t, i),
		.doing = i->doing,
		.lease = lease,
		.retry = retry_word(i, want == WANT_RUN && lease != LEASE_OVER, now_ms),
	};
}

/* What runs is told by its own numbers; every other state answers the assignment. */
static bool reports_what_runs(const struct inst *i, enum observed state)
{
	return i->exists && (i->want == NULL || (state == OBSERVED_RUNNING && i->ct.state == PRIV_CT_RUNNING));
}

/* The figure that was told stays as long as it is about right. */
static uint64_t use_to_tell(uint64_t now, uint64_t told, uint64_t limit)
{
	return told != 0 && (now > told ? now - told : told - now) < limit / NEWS_SHARE ? told : now;
}

/* Of those that run only their sum is known: they are those that are asked for, or those that were told before, or on the way from one to the other. */
static struct ports ports_in_force(const struct inst *i)
{
	struct ports wanted = { 0 };

	if (i->want != NULL)
		wanted = inst_ports(i->want);
	if (ports_sum(&wanted) == i->ct.ports_sum)
		return wanted;
	return ports_sum(&i->reported.ports) == i->ct.ports_sum ? i->reported.ports : (struct ports){ 0 };
}

static void report_use(const struct inst *i, struct reported *now)
{
	if (now->state != OBSERVED_RUNNING || !i->exists || i->ct.state != PRIV_CT_RUNNING)
		return;
	now->limits = i->ct.limits;
	now->ports = ports_in_force(i);
	now->memory_bytes = use_to_tell(i->ct.memory_bytes, i->reported.memory_bytes, i->ct.limits.memory_bytes);
	now->disk_bytes = use_to_tell(i->ct.disk_bytes, i->reported.disk_bytes, i->ct.limits.disk_bytes);
	now->disk_advisory = i->ct.disk_advisory != 0;
}

static bool same_report(const struct reported *a, const struct reported *b)
{
	return a->state == b->state && a->epoch == b->epoch && a->boot_sn == b->boot_sn && strcmp(a->reason, b->reason) == 0 &&
	       strcmp(a->address, b->address) == 0 && strcmp(a->address6, b->address6) == 0 && a->limits.memory_bytes == b->limits.memory_bytes &&
	       a->limits.disk_bytes == b->limits.disk_bytes && a->limits.cpu_millis == b->limits.cpu_millis && a->limits.pids == b->limits.pids &&
	       a->limits.bandwidth_kbit == b->limits.bandwidth_kbit && a->memory_bytes == b->memory_bytes && a->disk_bytes == b->disk_bytes &&
	       a->disk_advisory == b->disk_advisory && ports_same(&a->ports, &b->ports);
}

bool inst_report(struct inst_table *t, struct inst *i, enum observed state, const char *reason, int64_t now_ms)
{
	struct reported now = { .state = state };

	if (reports_what_runs(i, state)) {
		now.epoch = (int64_t)i->ct.epoch;
		now.boot_sn = (int64_t)i->ct.boot_sn;
	} else if (i->want != NULL) {
		now.epoch = i->want->epoch;
		now.boot_sn = i->want->boot_sn;
	} else {
		now.epoch = i->reported.epoch;
		now.boot_sn = i->reported.boot_sn;
	}
	if (state == OBSERVED_RUNNING) {
		memcpy(now.address, i->ct.address, sizeof(now.address));
		memcpy(now.address6, i->ct.address6, sizeof(now.address6));
	}
	snprintf(now.reason, sizeof(now.reason), "%s", reason != NULL ? reason : "");
	report_use(i, &now);
	if (i->change != 0 && same_report(&now, &i->reported))
		return false;
	i->reported = now;
	i->change = ++t->change;
	i->changed_ms = now_ms;
	return true;
}

void inst_touch(struct inst_table *t, struct inst *i, int64_t now_ms)
{
	if (i->change == 0)
		return;
	i->change = ++t->change;
	i->changed_ms = now_ms;
}
