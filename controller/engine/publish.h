/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports of nodes that lead to instances: which may be had where. A port of a node leads to one instance, and its owner says which ports there are to be had. */
#pragma once

#include "controller/engine/zone.h"

#define PUBLISH_MAX 16

/* Gives the instance these ports, each with its protocol said; the list is in the arena. @err INVALID too many, or one twice */
int publish_set(struct instance *inst, const struct published_port *ports, size_t n, struct cc_arena *a, struct cc_error *err);

/* Whether these are its ports, in any order. */
bool publish_is(const struct instance *inst, const struct published_port *ports, size_t n);
/* No ports are the same as none being said. */
bool publish_same(const struct instance *a, const struct instance *b);

/* Whether the instance may have its ports on this node, but for those that it `has` there already (NULL: none). The message names another instance only if it
 * is the same member's. @err CONFLICT another instance has one of them, NO_CAPACITY the owner does not let it be published */
int publish_check(const struct zone *z, const struct node *n, const struct instance *inst, const struct instance *has, struct cc_error *err);

/* For the scheduler: the sets of nodes that do not let its ports be published, and of those where another instance has one; both in the arena, and left alone
 * when it publishes nothing. */
void publish_barred(const struct zone *z, const struct instance *inst, struct cc_arena *a, const uint64_t **ret_closed, const uint64_t **ret_taken);
