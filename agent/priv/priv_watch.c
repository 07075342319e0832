/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An instance has ended when its init and its monitor are gone. Init's end alone may also be a reboot from inside: the monitor stays and starts a new init,
 * which only the driver can tell, so it is asked now and then until one or the other is known. */
#include "agent/driver/process.h"
#include "agent/priv/priv_state.h"
#include "common/clock.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LOOK_FIRST_MS 500
#define LOOK_MAX_MS   30000

#define instance_of(w, member) ((struct instance *)(void *)((char *)(w)-offsetof(struct instance, member)))

static void unwatch(struct priv_server *s, struct watch *w)
{
	int fd = w->fd;

	priv_server_unwatch(s, w);
	if (fd >= 0)
		close(fd);
}

void priv_watch_forget(struct priv_server *s, struct instance *inst)
{
	unwatch(s, &inst->init);
	unwatch(s, &inst->monitor);
	instances_remove(&s->instances, inst);
	priv_net_change(s);
}

static void note_end(struct priv_server *s, struct instance *inst, int exit_status)
{
	bool expected = inst->end_expected;

	unwatch(s, &inst->init);
	unwatch(s, &inst->monitor);
	inst->now = DRIVER_STATUS_NONE;
	priv_net_set(s, inst, false);
	inst->end_expected = false;
	inst->look_again_ms = 0;
	instances_note_exit(s->node, inst, exit_status);
	if (!expected)
		priv_server_ask_self(s, VERB_SETTLE, inst->rec.id);
}

static void on_monitor_end(struct priv_server *s, struct watch *w)
{
	struct instance *inst = instance_of(w, monitor);

	/* Whatever became of the monitor, without it nothing of the instance may go on. */
	process_signal(inst->init.fd, SIGKILL);
	note_end(s, inst, process_exit_status(inst->init.fd));
}

void priv_watch_doubt(struct instance *inst)
{
	inst->now.state = PRIV_CT_STOPPING;
	inst->now.init_pid = 0;
	inst->look_delay_ms = LOOK_FIRST_MS;
	inst->look_again_ms = cc_boottime_ms() + LOOK_FIRST_MS;
}

static void on_init_end(struct priv_server *s, struct watch *w)
{
	struct instance *inst = instance_of(w, init);

	/* The descriptor stays for the exit status, which the kernel tells only after the monitor has collected it. */
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	priv_watch_doubt(inst);
}

void priv_watch_adopt(struct priv_server *s, struct instance *inst, const struct driver_status *status)
{
	struct cc_error err = { 0 };

	unwatch(s, &inst->init);
	unwatch(s, &inst->monitor);
	inst->now = *status;
	priv_net_set(s, inst, true);
	inst->exit_status = -1;
	inst->end_expected = false;
	inst->half_changed = false;
	inst->look_again_ms = 0;
	inst->init.ready = on_init_end;
	inst->monitor.ready = on_monitor_end;
	if (status->init_fd >= 0)
		CC_PRE(priv_server_watch(s, &inst->init, status->init_fd, &err) == 0 &&
		        priv_server_watch(s, &inst->monitor, status->monitor_fd, &err) == 0);
}

static bool has_ended(int fd)
{
	return fd >= 0 && process_wait(fd, 0);
}

void priv_watch_check(struct priv_server *s, struct instance *inst)
{
	if (inst->now.state == PRIV_CT_RUNNING && has_ended(inst->init.fd))
		on_init_end(s, &inst->init);
	if (has_ended(inst->monitor.fd))
		on_monitor_end(s, &inst->monitor);
}

void priv_watch_end(struct priv_server *s, struct instance *inst, int exit_status)
{
	if (inst->now.state != PRIV_CT_STOPPED)
		note_end(s, inst, exit_status);
}

int priv_watch_look_again(struct priv_server *s, int64_t now_ms)
{
	int64_t next = -1;

	for (uint32_t i = 0; i < s->instances.count; i++) {
		struct instance *inst = s->instances.at[i];

		if (inst->look_again_ms == 0 || inst->end_expected)
			continue;
		if (inst->look_again_ms <= now_ms) {
			inst->look_delay_ms = inst->look_delay_ms * 2 < LOOK_MAX_MS ? inst->look_delay_ms * 2 : LOOK_MAX_MS;
			inst->look_again_ms = now_ms + inst->look_delay_ms;
			priv_server_ask_self(s, VERB_LOOK, inst->rec.id);
		}
		if (next < 0 || inst->look_again_ms < next)
			next = inst->look_again_ms;
	}
	return next < 0 ? -1 : (int)(next - now_ms);
}

void priv_watch_send_exit(struct priv_server *s, const struct instance *inst)
{
	struct priv_ct ct;

	instances_describe(s->node, inst, &ct);
	priv_server_send(s, PRIV_EVENT_EXIT, PRIV_EVENT_SEQ, &ct, sizeof(ct), NULL, 0);
}
