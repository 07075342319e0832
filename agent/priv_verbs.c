/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv_state.h"

#include <stdio.h>

static int hello_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct priv_hello_reply *reply = &r->reply.hello;

	if (r->body.hello.version != PRIV_VERSION)
		return cc_fail(err, PRECONDITION, "cc-agent speaks version %u, cc-agent-priv %d; install both from the same build",
		        r->body.hello.version, PRIV_VERSION);
	reply->version = PRIV_VERSION;
	reply->features = s->node->features;
	reply->instances_max = s->node->slots.count;
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
	[PRIV_CT_EXEC]      = { priv_exec_check,     priv_exec_begin,         priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_SIGNAL]    = { NULL,                priv_signal_begin,       NULL,                  JOBS_QUICK },
	[PRIV_CT_LOGS]      = { NULL,                priv_logs_begin,         priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_CONSOLE]   = { NULL,                priv_console_begin,      priv_exec_resume,      JOBS_EXEC },
	[PRIV_CT_WINDOW]    = { NULL,                priv_window_begin,       NULL,                  JOBS_QUICK },
	[VERB_SETTLE]       = { priv_ct_key,         priv_settle_begin,       priv_settle_resume,    JOBS_QUICK },
	[PRIV_LEASE]        = { NULL,                priv_lease_begin,        NULL,                  JOBS_QUICK },
	[VERB_LEASE_OVER]   = { priv_ct_key,         priv_lease_over_begin,   priv_lease_over_resume, JOBS_STOP },
	[VERB_PREPARE]      = { NULL,                priv_net_begin,          priv_net_resume,       JOBS_QUICK },
	[VERB_LOOK]         = { priv_ct_key,         priv_look_begin,         priv_look_resume,      JOBS_QUICK },
};
// clang-format on

const struct verb_handler *priv_verb_handler(uint32_t verb)
{
	return verb < CC_ARRAY_LEN(handlers) && handlers[verb].begin != NULL ? &handlers[verb] : NULL;
}
