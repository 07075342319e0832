/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instances have on the disk, for CT_LIST. One child looks at one instance, then the next: a disk may be slow, and nobody waits for this. It is asked
 * for with each list (every five minutes). Where the pool counts by itself that is one question each; elsewhere every file is looked at, up to
 * TREE_MEASURE_MAX of them, so that is done every half hour: 250 instances with 1,000 files of their own take a second of processor then. */
#include "agent/priv/priv_state.h"
#include "agent/storage/pool.h"
#include "common/clock.h"

#include <sys/resource.h>

#define OFTEN_MS   (4 * 60 * 1000)
#define SELDOM_MS  (30 * 60 * 1000)
#define MEASURE_MS 60000

static const struct cc_uuid measuring = { .b = { 'm' } }; /* keeps these requests apart from all others */

static int work_measure(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct ct_record *rec = args;
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree layer = pool_layer(rec->id);

	(void)channel;
	(void)setpriority(PRIO_PROCESS, 0, 19);
	return pool == NULL ? -1 : pool->usage(node, &layer, &ret->bytes, err);
}

static bool is_due(const struct priv_server *s, const struct instance *inst, int64_t now_ms)
{
	const struct pool *pool = pool_find(s->node, inst->rec.pool);

	return pool != NULL && !inst->being_deleted &&
	       (inst->measured_ms == 0 || now_ms - inst->measured_ms >= (pool->enforces ? OFTEN_MS : SELDOM_MS));
}

static struct instance *find_due(const struct priv_server *s)
{
	int64_t now_ms = cc_boottime_ms();

	for (uint32_t i = 0; i < s->instances.count; i++)
		if (is_due(s, s->instances.at[i], now_ms))
			return s->instances.at[i];
	return NULL;
}

void priv_measure_ask(struct priv_server *s)
{
	if (s->node->driver->has_rights && find_due(s) != NULL)
		priv_server_ask_self(s, VERB_MEASURE, measuring);
}

int priv_measure_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct instance *inst = find_due(s);

	if (inst == NULL)
		return 0;
	inst->measured_ms = cc_boottime_ms();
	r->measured = inst->rec.id;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_measure, .args = &inst->rec, .timeout_ms = MEASURE_MS }, err);
}

/* One that cannot be measured is tried again when it is due again, and has its last figure until then. */
int priv_measure_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->measured);

	if (result != NULL && inst != NULL)
		inst->disk_bytes = result->bytes;
	*err = (struct cc_error){ 0 };
	return priv_measure_begin(s, r, err);
}
