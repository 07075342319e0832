/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands: requests to change the zone, typed and checked, with the time and all randomness they need inside, so that deciding is a pure function. */
#pragma once

#include "controller/engine/row.h"

enum command_kind {
#define C(NAME, name, reply, what) COMMAND_##NAME,
#include "controller/engine/commands.def"
#undef C
	COMMAND_MAX
};

enum who { WHO_ANONYMOUS, WHO_MEMBER, WHO_ADMIN, WHO_NODE, WHO_PEER, WHO_CONTROLLER, WHO_MAX };

/* Who asks. */
struct principal {
	enum who who;
	struct cc_uuid id; /* member or node; nil for anonymous and for root on the unix socket before there is a member */
	char pin[65];      /* SHA-256 of the key of the client's certificate, "" when it showed none */
};

/* Whether they may see and change what `owner` owns. */
static inline bool principal_may(const struct principal *p, struct cc_uuid owner)
{
	return p->who == WHO_ADMIN || (p->who == WHO_MEMBER && cc_uuid_equal(p->id, owner));
}

struct cmd_member_create {
	const struct member_spec *spec;
	struct cc_uuid id;
	struct cc_uuid token_id;
	char secret_hash[65]; /* of the bearer token */
};
struct cmd_member_change {
	const char *ref;
	const struct member_change *change;
	int64_t if_revision; /* 0: whatever it is */
};
struct cmd_member_remove {
	const char *ref;
	int64_t if_revision;
};
struct cmd_token_create {
	const struct token_spec *spec;
	struct cc_uuid id;
	char secret_hash[65];
};
struct cmd_token_revoke {
	struct cc_uuid id;
};
struct cmd_invite_create {
	const struct invite_spec *spec;
	struct cc_uuid id;
	char secret_hash[65];
};
struct cmd_node_join {
	const struct join_request *request;
	struct cc_uuid id; /* for the new node */
	char secret_hash[65];
};
struct cmd_node_sync {
	const struct node_report *report;
	struct cc_uuid node;
};
struct cmd_node_drain {
	const char *ref;
	const char *reason;             /* NULL: opens it again */
	const struct node_drain *drain; /* what else is asked for; NULL: nothing is moved */
	bool no_return;                 /* of opening: what was moved away stays where it is */
};
struct cmd_node_cap {
	const char *ref;
	const struct node_cap *cap;
};
struct cmd_node_remove {
	const char *ref;
	bool force;  /* also while instances are assigned to it: they fail */
	bool leaves; /* the node says so itself: its owner purges it */
};
struct cmd_image_create {
	struct cc_uuid id;
	const char *name;
	const char *arch;
	const char *sha256;
	int64_t bytes;
	const char *signature; /* NULL: none */
};
struct cmd_image_delete {
	const char *ref;
};
struct cmd_image_alias_set {
	const struct image_alias_spec *spec;
	struct cc_uuid id; /* if it is new */
};
struct cmd_image_alias_remove {
	const char *ref;
};
struct cmd_instance_plan {
	const struct instance_spec *spec;
};
struct cmd_instance_create {
	const struct instance_spec *spec;
	struct cc_uuid id;
};
struct cmd_instance_move {
	const char *ref;
	const char *to; /* a node; NULL: any */
	int64_t if_revision;
};
/* A request that was refused before it could become a command. */
struct cmd_refusal {
	struct cc_error why;
};
enum instance_act { ACT_START, ACT_STOP, ACT_RESTART, ACT_DELETE, ACT_MAX };
struct cmd_instance_act {
	const char *ref;
	enum instance_act act;
	int64_t if_revision; /* 0: whatever it is */
	const char *on_node; /* as the owner of this node, where the instance is; NULL: as its member */
};
struct cmd_instance_change {
	const char *ref;
	const struct instance_change *change;
	int64_t if_revision;
};
struct cmd_image_change {
	const char *ref;
	const struct image_change *change;
	int64_t if_revision;
};
struct cmd_invite_delete {
	struct cc_uuid id;
};
struct cmd_snapshot_create {
	const char *instance;
	const struct snapshot_spec *spec;
	struct cc_uuid id;
};
struct cmd_snapshot_delete {
	const char *instance;
	const char *snapshot; /* name or id */
	int64_t if_revision;
};
struct cmd_snapshot_restore {
	const char *instance;
	const char *snapshot;
	bool restart; /* also while it runs */
};
struct cmd_volume_create {
	const struct volume_spec *spec;
	struct cc_uuid id;
};
struct cmd_volume_change {
	const char *ref;
	const struct volume_change *change;
	int64_t if_revision;
};
struct cmd_volume_delete {
	const char *ref;
	int64_t if_revision;
};
struct cmd_tick {
	bool expire; /* forget old idempotency keys and invitations too */
};

/* For the audit log: what the request itself says. */
struct command_audit {
	struct cc_uuid id; /* nil: nothing is written down */
	const char *origin;
	const char *action;
	const char *target; /* what was asked for, by name or id; "" for none */
	const char *request_id;
};

/* One request on its way through the engine. Owned by whoever pushed it until done is called; between push and done it belongs to the engine. */
struct command {
	enum command_kind kind;
	struct principal who;
	int64_t now_ms;         /* wall clock */
	int64_t boot_ms;        /* boot time, for liveness */
	uint64_t random;        /* seed of tie-breaks */
	const void *args;       /* struct cmd_<name> */
	struct cc_arena *arena; /* the request's; replies are copied into it */

	struct command_audit audit; /* its texts live as long as the command */

	bool idempotent; /* an Idempotency-Key came with it */
	struct cc_uuid idempotency_id;
	char request_hash[65];

	/* Result, valid when done is called. */
	struct cc_error error;             /* code CC_OK on success */
	const void *reply;                 /* the row as commands.def says, in `arena`; NULL for none */
	const struct placement *placement; /* of INSTANCE_CREATE and INSTANCE_PLAN, also when refused; in `arena` */
	bool replayed;                     /* the Idempotency-Key was known: nothing changed now */

	/* Called once, by the engine's thread, after COMMIT or refusal. */
	void (*done)(struct command *cmd);
	void *owner;
	struct command *next; /* in the queue */
};

const char *command_name(enum command_kind kind);
