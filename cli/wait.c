/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each blocking read asks for a state newer than the one at hand, so nothing is polled. A controller that restarts meanwhile is waited for as well. */
#include "cli/wait.h"

#include "cli/units.h"
#include "common/clock.h"

#include <inttypes.h>
#include <poll.h>

#define DEFAULT_TIMEOUT_MS 300000
#define READ_MS            25000
#define GRACE_MS           10000
#define AGAIN_MS           500

static const char *const goal_words[] = {
	[WAIT_RUNNING] = "run", [WAIT_STOPPED] = "stop", [WAIT_DELETED] = "go away", [WAIT_LIMITS] = "get its new limits", [WAIT_MOVED] = "move"
};

void wait_begin(struct wait *w, struct cli *cli, enum wait_goal goal)
{
	int64_t now = cc_boottime_ms();

	*w = (struct wait){ .cli = cli, .goal = goal, .begin_ms = now };
	if (!args_has(&cli->args, "no-wait"))
		w->deadline_ms = now + args_number(&cli->args, "timeout", DEFAULT_TIMEOUT_MS);
}

static const char *at_node(const struct instance *inst)
{
	return cc_has(inst, instance, node_name) ? inst->node_name : "a node";
}

void wait_step(const struct instance *inst, struct cc_buf *text)
{
	const char *reason = inst->reason != NULL ? inst->reason : "";
	bool address = inst->address != NULL && inst->address[0] != '\0';

	switch (inst->state) {
	case INST_ASSIGNED:
		cc_buf_printf(text, "assigned to %s", at_node(inst));
		return;
	case INST_STARTING:
		output_add_safe(text, reason[0] != '\0' ? reason : "starting");
		return;
	case INST_RUNNING:
		cc_buf_adds(text, address ? "running at " : "running");
		output_add_safe(text, address ? inst->address : "");
		return;
	case INST_UNREACHABLE:
		cc_buf_printf(text, "%s is silent", at_node(inst));
		return;
	default:
		cc_buf_adds(text, cc_enum_slug(&inst_state_enum, (int)inst->state));
		if (reason[0] != '\0') {
			cc_buf_adds(text, ": ");
			output_add_safe(text, reason);
		}
	}
}

static void tell_step(struct wait *w, const struct instance *inst, const char *step)
{
	if (strncmp(w->step, step, sizeof(w->step) - 1) == 0)
		return;
	snprintf(w->step, sizeof(w->step), "%s", step);
	if (!w->cli->err_tty)
		return;
	if (!w->open)
		fprintf(stderr, "%s: %s", inst->name, step);
	else
		fprintf(stderr, " · %s", step);
	fflush(stderr);
	w->open = true;
}

static bool is_under_way(const struct instance *inst)
{
	return cc_has(inst, instance, transfer) && inst->transfer == TRANSFER_STARTING;
}

static void tell_state(struct wait *w, const struct instance *inst)
{
	cc_auto_buf struct cc_buf step = { 0 };

	if (w->goal == WAIT_MOVED && is_under_way(inst))
		cc_buf_printf(&step, "starting on %s", cc_has(inst, instance, other_name) ? inst->other_name : "another node");
	else if (w->goal == WAIT_MOVED)
		cc_buf_printf(&step, "on %s", at_node(inst));
	else if (w->goal != WAIT_LIMITS)
		wait_step(inst, &step);
	else if (cc_has(inst, instance, changing))
		cc_buf_printf(&step, "told to %s", at_node(inst));
	else
		cc_buf_adds(&step, "changed");
	tell_step(w, inst, cc_buf_str(&step));
}

/* Ends the line that a terminal shows; elsewhere tells where it got, in a line of its own. */
static void tell_end(struct wait *w, const struct instance *inst, const char *more)
{
	if (w->open)
		fprintf(stderr, "%s\n", more);
	else
		fprintf(stderr, "%s: %s%s\n", inst->name, w->step, more);
	w->open = false;
}

static void tell_reached(struct wait *w, const struct instance *inst)
{
	cc_auto_buf struct cc_buf span = { 0 };

	cc_buf_adds(&span, " (");
	units_add_span(&span, cc_boottime_ms() - w->begin_ms);
	cc_buf_addc(&span, ')');
	tell_end(w, inst, span.data);
}

static bool reached(enum wait_goal goal, const struct instance *inst)
{
	if (goal == WAIT_MOVED)
		return !is_under_way(inst);
	if (goal == WAIT_LIMITS)
		return !cc_has(inst, instance, changing);
	return (goal == WAIT_RUNNING && inst->state == INST_RUNNING) || (goal == WAIT_STOPPED && inst->state == INST_STOPPED);
}

static bool is_lost(const struct cc_error *e)
{
	return e->code == CC_NOT_FOUND || e->code == CC_GONE;
}

/* Waits for a state newer than *inst. @err TIMEOUT when the deadline is over */
static int read_newer(struct wait *w, struct instance *inst, struct cc_error *err)
{
	char id[CC_UUID_TEXT];
	struct client *client;
	struct cc_error e = { 0 };
	struct instance next = { 0 };
	int64_t left = w->deadline_ms - cc_boottime_ms();
	int64_t wait_ms = left < READ_MS ? left : READ_MS;
	const char *path;

	if (left <= 0)
		return cc_fail(err, TIMEOUT, "'%s' did not %s within the time; it is %s. The request stands: see ccctl show %s", inst->name,
		        goal_words[w->goal], w->step, inst->name);
	if (cli_client(w->cli, &client, err) < 0)
		return -1;
	path = cc_printf(
	        w->cli->arena, "/v1/instances/%s?index=%" PRId64 "&wait=%" PRId64 "ms", cc_uuid_format(inst->id, id), inst->revision, wait_ms);
	if (client_call(client,
	            &(struct client_call){
	                    .method = "GET", .path = path, .reply_desc = &instance_desc, .reply = &next, .timeout_ms = wait_ms + GRACE_MS },
	            &e) == 0) {
		*inst = next;
		return 0;
	}
	if (e.code != CC_UNAVAILABLE && e.code != CC_TIMEOUT && e.code != CC_BUSY) {
		*err = e;
		return -1;
	}
	tell_step(w, inst, "the controller does not answer");
	poll(NULL, 0, AGAIN_MS);
	return 0;
}

static int until_reached(struct wait *w, struct instance *inst, struct cc_error *err)
{
	struct cc_error e = { 0 };

	for (;;) {
		tell_state(w, inst);
		if (w->goal == WAIT_MOVED && !is_under_way(inst) && cc_has(inst, instance, stays))
			return cc_fail(err, CONFLICT, "'%s' stays on %s: %.600s", inst->name, at_node(inst), inst->stays);
		if (reached(w->goal, inst))
			return 0;
		if (inst->state == INST_FAILED && w->goal == WAIT_RUNNING)
			return 1;
		if (w->goal == WAIT_LIMITS && inst->reason != NULL && inst->reason[0] != '\0')
			return cc_fail(err, CONFLICT,
			        "'%s' runs on with what it had: %.150s. It gets what was asked for when that fits, or when it is started again",
			        inst->name, inst->reason);
		if (read_newer(w, inst, &e) == 0)
			continue;
		if (w->goal == WAIT_DELETED && is_lost(&e)) {
			tell_step(w, inst, "deleted");
			return 0;
		}
		*err = e;
		return -1;
	}
}

static void tell_failed(struct wait *w, const struct instance *inst)
{
	cc_auto_buf struct cc_buf reason = { 0 };

	output_add_safe(&reason, inst->reason != NULL && inst->reason[0] != '\0' ? inst->reason : "its node gave no reason");
	cli_say(w->cli, "ccctl: '%s' could not be started on %s: %s. See ccctl show %s; try again with ccctl start %s", inst->name, at_node(inst),
	        cc_buf_str(&reason), inst->name, inst->name);
}

int wait_for(struct wait *w, struct instance *inst, struct cc_error *err)
{
	int result;

	w->step[0] = '\0';
	if (cc_uuid_is_nil(inst->id)) { /* deleted at once: there was nothing to show */
		tell_step(w, inst, "deleted");
		tell_reached(w, inst);
		return 0;
	}
	if (w->deadline_ms == 0) {
		tell_state(w, inst);
		tell_end(w, inst, "");
		return 0;
	}
	result = until_reached(w, inst, err);
	if (result == 0)
		tell_reached(w, inst);
	else if (w->open)
		tell_end(w, inst, "");
	if (result == 1)
		tell_failed(w, inst);
	return result;
}

int wait_and_show(struct wait *w, struct instance *inst, struct cc_error *err)
{
	int result = wait_for(w, inst, err);

	if (result >= 0 && args_has(&w->cli->args, "output") && cli_show_row(w->cli, &instance_desc, inst, err) < 0)
		return -1;
	return result;
}
