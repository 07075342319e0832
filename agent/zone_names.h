/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the zone's instances as this node knows them: told by the controller, kept on the disk while it is away, and said to the privileged half but for
 * those of instances that are here, which it knows better. */
#pragma once

#include "agent/inst.h"
#include "agent/priv_client.h"
#include "common/arena.h"
#include "common/hash.h"

#define ZONE_NAMES_MAX 16384

struct zone_names {
	struct priv_name *items; /* in the order of their names; heap */
	size_t n;
	char version[32]; /* "": none yet */
	bool unsaved;
	bool look; /* names or instances are others: zone_names_say has something to do, perhaps */
	bool said; /* the privileged half has what has this hash */
	struct cc_sha256 said_names;
};

void zone_names_done(struct zone_names *t);
/* Takes in what an answer says of names; nothing when it says nothing. What is no name or no address is passed over. */
void zone_names_take(struct zone_names *t, const struct node_orders *o);

/* Nothing kept, or damaged: none, and the controller is asked for all. */
void zone_names_load(struct zone_names *t, const char *dir);
/* @err IO */
int zone_names_save(struct zone_names *t, const char *dir, struct cc_error *err);

/* Sends them if the privileged half does not have them. By a file, for they are many. @err IO */
int zone_names_say(struct zone_names *t, const struct inst_table *insts, struct priv_client *priv, const char *dir, struct cc_error *err);
