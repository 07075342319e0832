/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What time alone brings. */
#include "controller/engine/audit.h"
#include "controller/engine/decide.h"
#include "controller/engine/refusals.h"

#define INVITE_KEEP_MS \
	(7 * (int64_t)86400000) /* a used or expired invitation is known so long: to be told apart from a false one, and to repeat a join */

#define DAY_MS        ((int64_t)86400000)
#define AUDIT_MS      600000 /* a tick that forgets comes that often */
#define TOKEN_KEEP_MS (30 * (int64_t)86400000)
#define TOKEN_USE_MS  3600000 /* how exactly the time of the last use is stored */

static void fall_silent(const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid node)
{
	const struct instance *inst;
	struct node n = *(const struct node *)decide_newest(d, fx, TABLE_NODE, node);

	n.state = NODE_SILENT;
	effects_put(fx, TABLE_NODE, &n);
	for (size_t at = 0; (inst = zone_next_of_node(d->zone, n.id, &at)) != NULL;) {
		struct instance moved = *inst;

		decide_move(d, fx, &moved, INST_EVENT_SILENT);
	}
	decide_transfer_silent(d, cmd, fx, n.id);
}

/* The zone's policy may have changed since the nodes' grants were stored. */
static void grant_anew(const struct decide *d, struct effects *fx)
{
	const struct node *now;

	for (size_t at = 0; (now = zone_next(d->zone, TABLE_NODE, &at)) != NULL;) {
		struct node n = *now;

		decide_grant(d->opt, &n);
		if (n.granted_cpu_millis != now->granted_cpu_millis || n.granted_memory_mib != now->granted_memory_mib ||
		        n.granted_disk_mib != now->granted_disk_mib || n.granted_instances != now->granted_instances)
			effects_put(fx, TABLE_NODE, &n);
	}
}

static void forget_keys(const struct decide *d, const struct command *cmd, struct effects *fx)
{
	const struct idempotency *key;

	for (size_t at = 0; (key = zone_next(d->zone, TABLE_IDEMPOTENCY, &at)) != NULL;)
		if (cmd->now_ms - key->created > d->opt->idempotency_ms)
			effects_remove(fx, TABLE_IDEMPOTENCY, key->id);
}

static void forget_invites(const struct decide *d, const struct command *cmd, struct effects *fx)
{
	const struct invite *inv;

	for (size_t at = 0; (inv = zone_next(d->zone, TABLE_INVITE, &at)) != NULL;)
		if (cmd->now_ms - (cc_has(inv, invite, used) ? inv->used : inv->expires) > INVITE_KEEP_MS)
			effects_remove(fx, TABLE_INVITE, inv->id);
}

static void store_use(const struct decide *d, const struct command *cmd, struct effects *fx, const struct member_token *now)
{
	int64_t boot_ms = d->used_ms(d->heard_arg, now->id);
	int64_t used = cmd->now_ms - (cmd->boot_ms - boot_ms);
	struct member_token t = *now;

	if (boot_ms == 0 || (cc_has(now, member_token, used) && used - now->used < TOKEN_USE_MS))
		return;
	cc_set(&t, member_token, used, used);
	effects_put(fx, TABLE_MEMBER_TOKEN, &t);
}

/* Tokens whose time is over are known for a while, so that they are told from false ones. */
static void forget_tokens(const struct decide *d, const struct command *cmd, struct effects *fx)
{
	const struct member_token *t;

	for (size_t at = 0; (t = zone_next(d->zone, TABLE_MEMBER_TOKEN, &at)) != NULL;)
		if (cc_has(t, member_token, expires) && cmd->now_ms - t->expires > TOKEN_KEEP_MS)
			effects_remove(fx, TABLE_MEMBER_TOKEN, t->id);
		else
			store_use(d, cmd, fx, t);
}

/* Once a day and at the start, as it is a statement of its own: an idle zone writes nothing. */
static void forget_audit(const struct decide *d, const struct command *cmd, struct effects *fx)
{
	if (d->opt->audit_ms > 0 && (d->loaded || cmd->now_ms % DAY_MS < AUDIT_MS))
		audit_forget(cmd->now_ms - d->opt->audit_ms, fx);
}

/* So that a controller that starts knows how far its nodes are before they have measured again. */
static void store_places(const struct decide *d, struct effects *fx)
{
	for (size_t i = 0; i < d->n_moved; i++) {
		const struct node *now = decide_newest(d, fx, TABLE_NODE, d->moved[i].node);
		const struct sched_point *p = &d->moved[i].point;
		struct node n;

		if (now == NULL)
			continue;
		n = *now;
		cc_set(&n, node, pos_x, p->x);
		cc_set(&n, node, pos_y, p->y);
		cc_set(&n, node, pos_h, p->height);
		cc_set(&n, node, pos_error, p->error);
		effects_put(fx, TABLE_NODE, &n);
	}
}

int decide_refusal(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_refusal *args = cmd->args;

	(void)d;
	(void)fx;
	(void)ret_resource;
	*err = args->why;
	return -1;
}

int decide_tick(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_tick *args = cmd->args;
	const struct node *n;

	(void)err;
	(void)ret_resource;
	if (d->loaded)
		grant_anew(d, fx);
	for (size_t at = 0; (n = zone_next(d->zone, TABLE_NODE, &at)) != NULL;)
		if (n->state == NODE_READY && cmd->boot_ms - d->heard_ms(d->heard_arg, n->id) > d->opt->node_lease_ms)
			fall_silent(d, cmd, fx, n->id);
	store_places(d, fx);
	/* What others have just become is seen by the next one. */
	if (fx->n == d->from)
		decide_drain_step(d, cmd, fx);
	if (d->refusals != NULL)
		refusals_write(d->refusals, d->zone, fx);
	if (args->expire) {
		forget_keys(d, cmd, fx);
		forget_invites(d, cmd, fx);
		forget_tokens(d, cmd, fx);
		forget_audit(d, cmd, fx);
	}
	return 0;
}
