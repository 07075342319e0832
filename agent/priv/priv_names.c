/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names for instances: one job writes what dnsmasq is to know and sees to it that one runs, whatever was before, so it may be asked for at any time. It is asked
 * for when instances come or go, when the node's addresses or its zone change, and when dnsmasq has ended. */
#include "agent/driver/node_identity.h"
#include "agent/driver/process.h"
#include "agent/driver/small_file.h"
#include "agent/priv/names_process.h"
#include "agent/priv/priv_state.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define APPLY_MS   30000
#define SETTLE_MS  100 /* changes come in groups */
#define RETRY_MS   30000
#define STEADY_MS  60000 /* so long after the last end the next one is no quick one */
#define DELAY_MS   250
#define DELAY_MAX  30000
#define NO_SUCH_ID ((struct cc_uuid){ 0 })

static int work_apply(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	cc_auto_close int pidfd = -1;
	bool changed = false, same = false;

	(void)channel, (void)ret;
	if (!node_has_names(node))
		return names_process_stop(node, err);
	if (names_files_write(node, args, &changed, err) < 0)
		return -1;
	pidfd = names_process_find(node, &same);
	if (pidfd < 0 || !same)
		return names_process_start(node, err);
	/* Also when nothing changed: an earlier job may have been killed between writing and this. */
	return process_signal(pidfd, SIGHUP) == 0 ? 0 : names_process_start(node, err);
}

void priv_names_changed(struct priv_server *s)
{
	if (s->node->driver->has_rights && s->names.apply_at_ms == 0)
		s->names.apply_at_ms = cc_boottime_ms() + SETTLE_MS;
}

int priv_names_tend(struct priv_server *s, int64_t now_ms)
{
	if (s->names.apply_at_ms == 0)
		return -1;
	if (s->names.apply_at_ms > now_ms)
		return (int)(s->names.apply_at_ms - now_ms);
	s->names.apply_at_ms = 0;
	priv_server_ask_self(s, VERB_NAMES, NO_SUCH_ID);
	return 0;
}

/* What it said before it ended, if it did not come up. */
static void tell_end(const struct priv_server *s)
{
	cc_auto_close int dirfd = -1;
	struct cc_error ignored = { 0 };
	char text[512] = "";

	if (names_dir_open(s->node, &dirfd, &ignored) == 0)
		(void)small_file_read(dirfd, "log", text, sizeof(text), &ignored);
	text[strcspn(text, "\n")] = '\0';
	fprintf(stderr, "<4>cc-agent-priv: dnsmasq has ended%s%s; it is started again, and instances have no names meanwhile\n",
	        text[0] != '\0' ? ": " : "", text);
}

void priv_names_forget(struct priv_server *s)
{
	int fd = s->names.process.fd;

	priv_server_unwatch(s, &s->names.process);
	if (fd >= 0)
		close(fd);
}

static void note_end(struct priv_server *s)
{
	int64_t now = cc_boottime_ms();
	struct names *n = &s->names;

	tell_end(s);
	n->delay_ms = n->delay_ms == 0 || now - n->ended_ms >= STEADY_MS ? DELAY_MS : n->delay_ms * 2;
	if (n->delay_ms > DELAY_MAX)
		n->delay_ms = DELAY_MAX;
	n->ended_ms = now;
	n->apply_at_ms = now + n->delay_ms;
}

static void on_end(struct priv_server *s, struct watch *w)
{
	(void)w;
	priv_names_forget(s);
	note_end(s);
}

int priv_names_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	/* Without a network it has been ended, or is about to be; with one, it is asked for again. */
	if (!s->net.up)
		return 0;
	/* Its end is brought about, if at all, by the job. */
	priv_names_forget(s);
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_apply, .args = &s->instances, .timeout_ms = APPLY_MS }, err);
}

int priv_names_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct cc_error ignored = { 0 };
	int fd = names_process_find(s->node, NULL);

	(void)r;
	s->names.process.ready = on_end;
	if (fd >= 0 && priv_server_watch(s, &s->names.process, fd, &ignored) < 0)
		close(fd);
	if (result == NULL) {
		fprintf(stderr, "<3>cc-agent-priv: names for instances: %s; it is tried again\n", err->msg);
		s->names.apply_at_ms = cc_boottime_ms() + RETRY_MS;
		return -1;
	}
	if (fd < 0 && node_has_names(s->node))
		note_end(s);
	return 0;
}

void priv_names_close(struct priv_server *s)
{
	if (s->names.process.fd >= 0)
		close(s->names.process.fd);
}

struct zone_args {
	int fd;
	uint32_t count;
};

static int work_zone(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct zone_args *z = args;
	cc_auto_close int pidfd = -1;
	bool changed = false;

	(void)channel, (void)ret;
	if (names_zone_write(node, z->fd, z->count, &changed, err) < 0)
		return -1;
	pidfd = changed ? names_process_find(node, NULL) : -1;
	if (pidfd >= 0)
		process_signal(pidfd, SIGHUP);
	return 0;
}

int priv_zone_check(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	if (r->body.names.count > PRIV_NAMES_MAX)
		return cc_fail(err, TOO_LARGE, "%u names are more than %d", r->body.names.count, PRIV_NAMES_MAX);
	/* As what else is done about names. */
	cc_uuid_format(NO_SUCH_ID, key);
	return 0;
}

int priv_zone_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct zone_args args = { r->fds[0], r->body.names.count };

	if (!s->node->driver->has_rights || s->node->zone[0] == '\0')
		return 0;
	return priv_server_start_job(
	        s, r, &(struct job_spec){ .work = work_zone, .args = &args, .fds = { r->fds[0] }, .fd_count = 1, .timeout_ms = APPLY_MS }, err);
}

int priv_zone_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)s, (void)r, (void)err;
	return result == NULL ? -1 : 0;
}
