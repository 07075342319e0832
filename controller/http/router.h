/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of routes and permissions, and finding the row that a request is for. */
#pragma once

#include "controller/api/call.h"

enum route_flag {
	RF_IDEMPOTENT = 1 << 0, /* takes an Idempotency-Key */
	RF_CREATES = 1 << 1,    /* 201 and Location */
	RF_ACCEPTS = 1 << 2,    /* 202 */
	RF_MATCH = 1 << 3,      /* takes If-Match */
	RF_BLOCKING = 1 << 4,   /* can wait for a change: index and wait */
	RF_LONG = 1 << 5,       /* waits for news */
	RF_BIG = 1 << 6,        /* bodies up to ROUTE_BIG_BYTES */
	RF_UPLOAD = 1 << 7,     /* the body goes into a file */
	RF_JOIN = 1 << 8,       /* attempts are rationed */
	/* One of the four ends of a stream. */
	RF_CLIENT_IN = 1 << 9,
	RF_CLIENT_OUT = 1 << 10,
	RF_NODE_IN = 1 << 11,
	RF_NODE_OUT = 1 << 12,
	/* Lists, and what of them can be asked for. */
	RF_LIST = 1 << 13,
	RF_BY_STATE = 1 << 14,
	RF_BY_NODE = 1 << 15,
	RF_BY_MEMBER = 1 << 16,
	RF_BY_OWNER = 1 << 17,
	RF_BY_IMAGE = 1 << 18,
	RF_BY_LABELS = 1 << 19,
	RF_FEED = 1 << 20,    /* events, until the client has enough */
	RF_MERGE = 1 << 21,   /* takes a merge patch, and If-Match with it */
	RF_HISTORY = 1 << 22, /* takes what chooses entries of the audit log */
	RF_STANDBY =
	        1
	        << 23, /* about the program itself, so a standby answers too: to anyone when it is public, else on this machine and to other controllers */
	RF_FORCE = 1 << 24,   /* may be told to do it all the same */
	RF_RESUMES = 1 << 25, /* goes on where an earlier transfer broke off */
	RF_AGENT = 1 << 26,   /* from an agent, perhaps a newer one: members that are not known are passed over */
	RF_RETURN = 1 << 27,  /* may be told to leave what it sent away where it is */
	RF_BY_PLACED = 1 << 28,
	RF_PATCH = RF_MATCH | RF_MERGE,
	RF_STREAM_POST = RF_CLIENT_IN | RF_NODE_OUT,
	RF_STREAM_GET = RF_CLIENT_OUT | RF_NODE_IN,
	RF_STREAM = RF_STREAM_POST | RF_STREAM_GET
};

enum { ROUTE_BODY_BYTES = 64 * 1024, ROUTE_BIG_BYTES = 4 * 1024 * 1024, ROUTE_SEGMENT_MAX = 128, ROUTE_PATH_PARAMS = 2 };

enum perm {
#define P(name, roles, also, meaning) PERM_##name,
#include "controller/http/perms.def"
#undef P
	PERM_MAX
};

enum perm_also { PERM_ALSO_NOTHING, PERM_ALSO_CERTIFICATE, PERM_ALSO_SELF };

struct perm_info {
	const char *name;
	unsigned who; /* bits 1 << enum who */
	enum perm_also also;
	const char *meaning;
};
const struct perm_info *router_perm(enum perm p);

struct route {
	const char *method; /* HEAD goes to GET's row */
	const char *path;
	const char *name; /* of the handler: operation id, metrics label */
	call_handler *handler;
	enum perm perm;
	const struct cc_desc *body;  /* none_desc, bytes_desc or an entity */
	const struct cc_desc *reply; /* the same, or text_desc, openapi_desc */
	unsigned flags;
	const char *summary;
};

/* Bodies and replies that are no entities. */
extern const struct cc_desc router_none_desc, router_text_desc, router_bytes_desc, router_openapi_desc, router_events_desc;

extern const struct route router_routes[];
extern const size_t router_n_routes;

/* A path is matched segment by segment; what stands for {…} is copied into the arena. Returns NULL when no row fits: *ret_allow is then "" when there is
 * no such path, else the methods it knows, as for the header Allow. */
const struct route *router_find(
        const char *method, const char *path, struct cc_arena *a, const char *ret_params[ROUTE_PATH_PARAMS], const char **ret_allow);

/* The largest body a route takes; uploads and streams have limits of their own. */
size_t router_body_max(const struct route *r);
/* The status of success. */
int router_status(const struct route *r);

struct param_info {
	const char *name;
	unsigned flag; /* routes that take it */
	enum cc_kind kind;
	bool required;
	const char *doc;
};
/* Rows of params.def, indexed by PARAM_…. */
const struct param_info *router_param(size_t i);
