/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/node_identity.h"
#include "agent/net/net.h"
#include "agent/priv/priv_state.h"

#include <stdio.h>
#include <string.h>

/* Of a zone with another name, or of another zone, all names are others. */
static int take_identity(struct priv_server *s, const struct priv_hello *hello, struct cc_error *err)
{
	if (hello->zone[0] == '\0' || (strncmp(hello->zone, s->node->zone, sizeof(hello->zone)) == 0 && cc_uuid_equal(hello->node, s->node->id)))
		return 0;
	if (node_identity_save(s->node, hello->zone, hello->node, err) < 0)
		return -1;
	node_find_ipv6(s->node);
	priv_net_changed(s);
	return 0;
}

static int hello_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct priv_hello_reply *reply = &r->reply.hello;

	if (r->body.hello.version != PRIV_VERSION)
		return cc_fail(err, PRECONDITION, "cc-agent speaks version %u, cc-agent-priv %d; install both from the same build",
		        r->body.hello.version, PRIV_VERSION);
	if (take_identity(s, &r->body.hello, err) < 0)
		return -1;
	reply->version = PRIV_VERSION;
	reply->features = s->node->features | (node_has_names(s->node) ? PRIV_FEATURE_NAMES : 0u);
	snprintf(reply->names, sizeof(reply->names), "%s", node_no_names(s->node));
	if (s->node->slots.has6)
		reply->features |= PRIV_FEATURE_IPV6;
	snprintf(reply->no_ipv6, sizeof(reply->no_ipv6), "%s", node_no_ipv6(s->node));
	slot_prefix6(&s->node->slots, reply->prefix6);
	r->reply_tail = cc_calloc(1, NET_BLOCKED);
	net_blocked(s->node, r->reply_tail);
	r->reply_tail_len = (uint32_t)strlen(r->reply_tail) + 1;
	reply->pool_bytes = s->node->pool_bytes;
	reply->instances_max = s->node->slots.count;
	reply->publish = s->node->publish;
	reply->upload_kbit = s->node->set.upload_max;
	reply->download_kbit = s->node->set.download_max;
	snprintf(reply->driver, sizeof(reply->driver), "%s", s->node->driver_version);
	return 0;
}

// clang-format off
static const struct verb_handler handlers[VERB_ALL_MAX] = {
	[PRIV_HELLO]        = { NULL,                hello_begin,             NULL,                  JOBS_QUICK },
	[PRIV_IMAGE_LIST]   = { NULL,                priv_image_list_begin,   NULL,                  JOBS_QUICK },
	[PRIV_IMAGE_UNPACK] = { priv_image_key,      priv_image_unpack_begin, priv_image_resume,     JOBS_LONG },
	[PRIV_IMAGE_DELETE] = { priv_image_key,      priv_image_delete_begin, priv_image_resume,     JOBS_LONG },
	[PRIV_CT_LIST]      = { NULL,                priv_ct_list_begin,      NULL,                  JOBS_QUICK },
	[PRIV_CT_START]     = { priv_ct_start_check, priv_lease_start_begin,  priv_ct_start_resume,  JOBS_QUICK },
	[PRIV_CT_STOP]      = { priv_ct_key,         priv_ct_stop_begin,      priv_ct_stop_resume,   JOBS_STOP },
	[PRIV_CT_DELETE]    = { priv_ct_key,         priv_ct_delete_begin,    priv_ct_delete_resume, JOBS_LONG },
	[PRIV_CT_SNAPSHOTS] = { priv_ct_key,         priv_snapshot_list_begin, NULL,                 JOBS_QUICK },
	[PRIV_SNAPSHOT_TAKE] = { priv_ct_key,        priv_snapshot_take_begin, priv_snapshot_take_resume, JOBS_LONG },
	[PRIV_SNAPSHOT_DELETE] = { priv_ct_key,      priv_snapshot_delete_begin, priv_snapshot_delete_resume, JOBS_LONG },
	[PRIV_CT_RESTORE]   = { priv_ct_key,         priv_snapshot_restore_begin, priv_snapshot_restore_resume, JOBS_LONG },
	[PRIV_VOLUME_MAKE]  = { priv_volume_check,   priv_volume_make_begin,  priv_volume_resume,    JOBS_QUICK },
	[PRIV_VOLUME_DELETE] = { priv_volume_check,  priv_volume_delete_begin, priv_volume_resume,   JOBS_LONG },
	[PRIV_CT_EXEC]      = { priv_exec_check,     priv_exec_begin,         priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_FILES]     = { priv_files_check,    priv_files_begin,        priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_SIGNAL]    = { NULL,                priv_signal_begin,       NULL,                  JOBS_QUICK },
	[PRIV_CT_LOGS]      = { NULL,                priv_logs_begin,         priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_CONSOLE]   = { NULL,                priv_console_begin,      priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_WINDOW]    = { NULL,                priv_window_begin,       NULL,                  JOBS_QUICK },
	[VERB_SETTLE]       = { priv_ct_key,         priv_settle_begin,       priv_settle_resume,    JOBS_QUICK },
	[PRIV_LEASE]        = { NULL,                priv_lease_begin,        NULL,                  JOBS_QUICK },
	[VERB_LEASE_OVER]   = { priv_ct_key,         priv_lease_over_begin,   priv_lease_over_resume, JOBS_STOP },
	[VERB_NET]          = { NULL,                priv_net_begin,          priv_net_resume,       JOBS_QUICK },
	[PRIV_NAMES]        = { priv_zone_check,     priv_zone_begin,         priv_zone_resume,      JOBS_QUICK },
	[VERB_NAMES]        = { NULL,                priv_names_begin,        priv_names_resume,     JOBS_QUICK },
	[VERB_MEASURE]      = { NULL,                priv_measure_begin,      priv_measure_resume,   JOBS_LONG },
	[VERB_LOOK]         = { priv_ct_key,         priv_look_begin,         priv_look_resume,      JOBS_QUICK },
};
// clang-format on

const struct verb_handler *priv_verb_handler(uint32_t verb)
{
	return verb < CC_ARRAY_LEN(handlers) && handlers[verb].begin != NULL ? &handlers[verb] : NULL;
}
