/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lease ends what cc-agent does not end, because it hangs or is gone. cc-agent says each time all there is to say: until when, and which instances; so
 * nothing is lost when one message is. It is kept in STATE/lease for the next cc-agent-priv of this boot. A timer of boot time, for a machine may sleep over the
 * end; from then on it is looked again now and then, as long as one of them runs or is about to. */
#include "agent/driver/small_file.h"
#include "agent/priv/priv_state.h"
#include "common/boot_timer.h"
#include "common/buf.h"
#include "common/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_MS  5000
#define GRACE_MAX (3600 * 1000)
#define FILE_NAME "lease"
#define FILE_MAX  (4096 * CC_UUID_TEXT + 128)

static void keep(const struct priv_server *s)
{
	const struct leases *l = &s->leases;
	cc_auto_buf struct cc_buf text = { 0 };
	char id[CC_UUID_TEXT];
	struct cc_error err = { 0 };

	if (l->count == 0) {
		(void)unlinkat(s->node->dirs.root, FILE_NAME, 0);
		return;
	}
	cc_buf_printf(&text, "%s %" PRId64 " %u\n", cc_boot_id(), l->until_ms, l->grace_ms);
	for (uint32_t i = 0; i < l->count; i++)
		cc_buf_printf(&text, "%s\n", cc_uuid_format(l->ids[i], id));
	if (small_file_replace(s->node->dirs.root, FILE_NAME, text.data, text.len, false, &err) < 0)
		fprintf(stderr, "<4>cc-agent-priv: the lease is not kept over a restart: %s\n", err.msg);
}

static void take_ids(struct leases *l, const char *text)
{
	struct cc_error ignored = { 0 };
	char line[CC_UUID_TEXT];

	l->ids = cc_calloc(strlen(text) / (CC_UUID_TEXT - 1) + 1, sizeof(*l->ids));
	for (; strlen(text) >= CC_UUID_TEXT; text += CC_UUID_TEXT) {
		memcpy(line, text, CC_UUID_TEXT - 1);
		line[CC_UUID_TEXT - 1] = '\0';
		if (cc_uuid_parse(line, &l->ids[l->count], &ignored) < 0)
			return;
		l->count++;
	}
}

/* What is cut or of another boot counts for nothing: cc-agent says it again. */
static void take_up(struct priv_server *s)
{
	cc_auto_free char *text = cc_calloc(1, FILE_MAX);
	struct leases *l = &s->leases;
	struct cc_error ignored = { 0 };
	char boot_id[40];
	int at = 0;

	if (small_file_read(s->node->dirs.root, FILE_NAME, text, FILE_MAX, &ignored) <= 0)
		return;
	if (sscanf(text, "%39s %" SCNd64 " %u\n%n", boot_id, &l->until_ms, &l->grace_ms, &at) == 3 && at > 0 && strcmp(boot_id, cc_boot_id()) == 0)
		take_ids(l, text + at);
}

static bool is_named(const struct leases *l, struct cc_uuid id)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (cc_uuid_equal(l->ids[i], id))
			return true;
	return false;
}

static bool runs_or_will(const struct priv_server *s, struct cc_uuid id)
{
	const struct instance *inst = instances_find(&s->instances, id);

	if (inst != NULL && inst->now.state != PRIV_CT_STOPPED)
		return true;
	for (const struct request *r = s->requests; r != NULL; r = r->next)
		if (r->verb == PRIV_CT_START && cc_uuid_equal(r->body.ct_start.id, id))
			return true;
	return false;
}

static void on_timer(struct priv_server *s, struct watch *w)
{
	const struct leases *l = &s->leases;
	int64_t again = CC_NEVER_MS;

	for (uint32_t i = 0; i < l->count; i++) {
		if (!runs_or_will(s, l->ids[i]))
			continue;
		priv_server_ask_self(s, VERB_LEASE_OVER, l->ids[i]);
		again = cc_boottime_ms() + AGAIN_MS;
	}
	cc_boot_timer_set(w->fd, again);
}

static void set_timer(struct leases *l)
{
	cc_boot_timer_set(l->timer.fd, l->count > 0 ? l->until_ms : CC_NEVER_MS);
}

int priv_lease_open(struct priv_server *s, struct cc_error *err)
{
	int fd;

	if (cc_boot_timer_open(&fd, err) < 0)
		return -1;
	s->leases.timer.ready = on_timer;
	if (priv_server_watch(s, &s->leases.timer, fd, err) < 0) {
		close(fd);
		return -1;
	}
	take_up(s);
	set_timer(&s->leases);
	return 0;
}

void priv_lease_close(struct priv_server *s)
{
	if (s->leases.timer.fd >= 0)
		close(s->leases.timer.fd);
	free(s->leases.ids);
}

int priv_lease_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_lease *q = &r->body.lease;
	struct leases *l = &s->leases;

	if (q->grace_ms > GRACE_MAX)
		return cc_fail(err, INVALID, "a grace of more than an hour is none");
	if (r->tail_len % sizeof(struct cc_uuid) != 0)
		return cc_fail(err, INVALID, "the tail is no list of ids");
	l->until_ms = q->until_ms;
	l->grace_ms = q->grace_ms;
	l->count = r->tail_len / (uint32_t)sizeof(struct cc_uuid);
	free(l->ids);
	l->ids = cc_calloc(l->count + 1, sizeof(*l->ids));
	memcpy(l->ids, r->tail, r->tail_len);
	keep(s);
	set_timer(l);
	return 0;
}

static bool is_over(const struct leases *l, struct cc_uuid id)
{
	return is_named(l, id) && cc_boottime_ms() >= l->until_ms;
}

int priv_lease_start_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	if (is_over(&s->leases, r->body.ct_start.id))
		return cc_fail(err, PRECONDITION, "its lease is over; it may run again when the controller has given another");
	return priv_ct_start_begin(s, r, err);
}

int priv_lease_over_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct leases *l = &s->leases;
	const struct instance *inst = instances_find(&s->instances, r->body.ct_stop.id);
	char id[CC_UUID_TEXT];

	/* It may have been renewed, or stopped by cc-agent, while this waited its turn. */
	if (inst == NULL || inst->now.state == PRIV_CT_STOPPED || !is_over(l, inst->rec.id))
		return 0;
	fprintf(stderr, "<4>cc-agent-priv: instance %s: its lease is over; it is stopped\n", cc_uuid_format(inst->rec.id, id));
	r->body.ct_stop.grace_ms = l->grace_ms;
	return priv_ct_stop_begin(s, r, err);
}

int priv_lease_over_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	if (priv_ct_stop_resume(s, r, result, err) < 0)
		return -1;
	priv_watch_send_exit(s, instances_find(&s->instances, r->body.ct_stop.id));
	return 0;
}
