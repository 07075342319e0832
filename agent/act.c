/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/act_parts.h"
#include "agent/snapshots.h"
#include "agent/volumes.h"

#include "common/boot_timer.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

static void fetch(struct act *a, const struct assignment *want, int64_t now_ms)
{
	struct local_image *m = local_image_get(a->images, want->image_sha256);
	struct cc_error err = { 0 };

	if (want->image_bytes <= a->opt.image_max_bytes) {
		a->fetch(a->user, m, want->image_bytes);
		return;
	}
	cc_fail(&err, TOO_LARGE, "its archive of %lld MiB is larger than the %lld MiB that the node's owner allows",
	        (long long)want->image_bytes >> 20, (long long)a->opt.image_max_bytes >> 20);
	local_image_failed(m, &err, now_ms);
	a->again = true;
}

static struct amounts asked_for(const struct assignment *want)
{
	return (struct amounts){ .cpu_millis = want->cpu_millis, .memory_mib = want->memory_mib, .disk_mib = want->disk_mib };
}

static struct amounts taken_by(const struct priv_limits *l)
{
	return (struct amounts){
		.cpu_millis = l->cpu_millis, .memory_mib = (int64_t)(l->memory_bytes >> 20), .disk_mib = (int64_t)(l->disk_bytes >> 20)
	};
}

/* What all others take, assigned or not: what exists, by the limits that it has; what is being started, by those that it will have. Those that only exist
 * take disk. */
static struct amounts used_by_others(const struct act *a, const struct inst *except)
{
	struct amounts sum = { .disk_mib = volumes_mib(a->insts) + snapshots_mib(a->insts) };

	for (size_t k = 0; k < a->insts->n; k++) {
		const struct inst *i = a->insts->items[k];
		bool starts = i->doing == DOING_START && i->want != NULL;
		struct amounts own = starts ? asked_for(i->want) : taken_by(&i->ct.limits);

		if (i == except || (!starts && !i->exists))
			continue;
		sum.instances++;
		sum.disk_mib += own.disk_mib;
		if (starts || i->ct.state != PRIV_CT_STOPPED) {
			sum.cpu_millis += own.cpu_millis;
			sum.memory_mib += own.memory_mib;
		}
	}
	return sum;
}

static enum lease lease_of(const struct act *a, const struct inst *i, int64_t now_ms)
{
	if (!inst_is_leased(i))
		return LEASE_KEEP;
	return now_ms < a->lease_until_ms ? LEASE_HELD : LEASE_OVER;
}

static void carry_out(struct act *a, struct inst *i, enum action action, int64_t now_ms)
{
	switch (action) {
	case ACTION_FETCH:
		fetch(a, i->want, now_ms);
		break;
	case ACTION_UNPACK:
		act_unpack(a, local_image_get(a->images, i->want->image_sha256), now_ms);
		break;
	case ACTION_START:
		act_start(a, i);
		break;
	case ACTION_STOP:
		act_stop(a, i);
		break;
	case ACTION_DELETE:
		act_delete(a, i);
		break;
	default:
		break;
	}
}

static bool is_to_start(const struct situation *s)
{
	return s->want == WANT_RUN && s->doing == DOING_NOTHING && s->seen != SEEN_RUNNING;
}

static const char *reason_of(struct act *a, const struct inst *i, const struct decision *d, const char *why_not)
{
	switch (d->because) {
	case BECAUSE_ROW:
		return d->why;
	case BECAUSE_RETRY:
		return i->retry.reason;
	case BECAUSE_POLICY:
		return why_not;
	case BECAUSE_IMAGE:
		return local_image_get(a->images, i->want->image_sha256)->reason;
	default:
		return NULL;
	}
}

/* The owner's word comes before the terms; both may keep something from starting. What is here already may be started again while only new things are kept out. */
static enum policy_word policy_of(const struct act *a, const struct inst *i, const struct situation *s, char why[INST_REASON])
{
	struct amounts used;

	if (a->word.stop || (a->word.closed && !i->exists)) {
		snprintf(why, INST_REASON, "refused by the node's owner: %s", a->word.why);
		return a->word.stop ? POLICY_STOP : POLICY_REFUSED;
	}
	if (!is_to_start(s))
		return POLICY_OK;
	if (!policy_welcomes(&a->policy, i->want, why, INST_REASON))
		return POLICY_REFUSED;
	if (!policy_trusts(&a->policy, i->want, why, INST_REASON))
		return POLICY_REFUSED;
	used = used_by_others(a, i);
	return policy_allows(&a->policy, &used, i->want, why, INST_REASON) ? POLICY_OK : POLICY_REFUSED;
}

/* It is stopped, whatever it should be, until that is done. */
static bool may_restore(const struct act *a, const struct inst *i, const struct decision *d, int64_t now_ms)
{
	return a->insts->ct_known && d->action == ACTION_NONE && inst_is_to_restore(i) && i->ct.state == PRIV_CT_STOPPED &&
	       i->doing == DOING_NOTHING && !i->drop && i->want->desired != DESIRED_DELETE && backoff_due(&i->retry.backoff, now_ms);
}

static void look_at(struct act *a, struct inst *i, int64_t now_ms)
{
	struct situation s = inst_situation(a->insts, i, lease_of(a, i, now_ms), now_ms);
	char why_not[INST_REASON] = "";
	struct decision d;

	if (i->want != NULL)
		s.image = local_image_state_of(a->images, i->want->image_sha256, now_ms);
	if (s.want == WANT_RUN)
		s.policy = policy_of(a, i, &s, why_not);
	d = reconcile_decide(&s);
	if (d.action == ACTION_START && i->ct.state != PRIV_CT_RUNNING && !volumes_ready(a->insts, i->want, why_not))
		d = (struct decision){ ACTION_NONE, OBSERVED_STARTING, BECAUSE_POLICY, "its volumes are not there yet", -1 };
	if (s.image == IMAGE_REFUSED && d.because == BECAUSE_IMAGE)
		inst_failed(i, DOING_START, true, now_ms, local_image_get(a->images, i->want->image_sha256)->reason);
	if (d.action == ACTION_STOP && s.lease == LEASE_OVER)
		cc_log(WARNING, LEASE_ENDED, kv_uuid("instance", i->id));
	(void)inst_report(a->insts, i, d.state, reason_of(a, i, &d, why_not), now_ms);
	carry_out(a, i, d.action, now_ms);
	if (may_restore(a, i, &d, now_ms))
		snapshots_restore(a, i);
	snapshots_look(a, i, now_ms);
}

static bool is_to_run(const struct inst_table *t, const char *sha256)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct assignment *want = t->items[k]->want;

		if (want != NULL && want->desired == DESIRED_RUN && strcmp(want->image_sha256, sha256) == 0)
			return true;
	}
	return false;
}

/* Of a refused image every instance that waited for it has taken the failure over: whoever is asked to start later tries again. Of the others those go, with
 * their archives, that are not unpacked and that nobody waits for any more. */
static void drop_images(struct act *a)
{
	for (size_t k = a->images->n; k-- > 0;) {
		struct local_image *m = a->images->items[k];
		bool is_held = m->state == IMAGE_READY || m->state == IMAGE_UNPACKING;

		if (m->state != IMAGE_REFUSED && (is_held || is_to_run(a->insts, m->sha256)))
			continue;
		if (m->state == IMAGE_FETCHING) {
			a->cancel(a->user, m);
			a->again = true; /* another one may begin */
		}
		local_image_remove(a->images, m);
	}
}

void act_all(struct act *a, int64_t now_ms)
{
	(void)act_say_lease(a);
	/* An action may settle at once what another instance waits for: an image that is too large. */
	for (int rounds = 0; rounds < 2; rounds++) {
		a->again = false;
		volumes_look(a, now_ms);
		for (size_t k = 0; k < a->insts->n; k++)
			look_at(a, a->insts->items[k], now_ms);
		if (!a->again)
			break;
	}
	drop_images(a);
}

int64_t act_next_ms(const struct act *a, int64_t now_ms)
{
	int64_t next = cc_earlier_ms(a->listing ? CC_NEVER_MS : a->list_backoff.next_ms, volumes_next_ms(a->insts, now_ms));

	for (size_t k = 0; k < a->insts->n; k++) {
		const struct inst *i = a->insts->items[k];

		if (i->retry.backoff.next_ms > now_ms)
			next = cc_earlier_ms(next, i->retry.backoff.next_ms);
		if (i->snapshots_backoff.next_ms > now_ms)
			next = cc_earlier_ms(next, i->snapshots_backoff.next_ms);
		if (lease_of(a, i, now_ms) == LEASE_HELD && i->exists)
			next = cc_earlier_ms(next, a->lease_until_ms);
	}
	for (size_t k = 0; k < a->images->n; k++)
		if (a->images->items[k]->state == IMAGE_LATER)
			next = cc_earlier_ms(next, a->images->items[k]->backoff.next_ms);
	return next;
}
