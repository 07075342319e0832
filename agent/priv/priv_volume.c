/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs about volumes. */
#include "agent/priv/priv_state.h"
#include "agent/storage/volume.h"

#define MAKE_MS   60000
#define DELETE_MS (10 * 60 * 1000)
#define BYTES_MIN (UINT64_C(1) << 20)
#define BYTES_MAX (UINT64_C(1) << 50)

static int work_make(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct priv_volume *q = args;

	(void)channel, (void)ret;
	return volume_make(node, q->id, q->bytes, err);
}

static int work_delete(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	return volume_delete(node, *(const struct cc_uuid *)args, err);
}

/* Every request about volumes begins with the id. */
int priv_volume_check(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	if (cc_uuid_is_nil(r->body.volume.id))
		return cc_fail(err, INVALID, "a volume needs an id");
	cc_uuid_format(r->body.volume.id, key);
	return 0;
}

static int check_driver(const struct priv_server *s, struct cc_error *err)
{
	return s->node->features & PRIV_FEATURE_VOLUMES
	               ? 0
	               : cc_fail(err, UNAVAILABLE, "this node cannot have volumes: they need mounts with mapped ids");
}

int priv_volume_make_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	if (check_driver(s, err) < 0)
		return -1;
	if (r->body.volume.bytes < BYTES_MIN || r->body.volume.bytes > BYTES_MAX)
		return cc_fail(err, INVALID, "a volume has from 1 MiB to 1024 TiB");
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_make, .args = &r->body.volume, .timeout_ms = MAKE_MS }, err);
}

int priv_volume_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	if (!s->node->driver->has_rights)
		return 0;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_delete, .args = &r->body.ct_ref.id, .timeout_ms = DELETE_MS }, err);
}

int priv_volume_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)s, (void)r, (void)err;
	return result != NULL ? 0 : -1;
}
