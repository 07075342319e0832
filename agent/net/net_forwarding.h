/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel forwards packets for everybody or for nobody. Whether it was us who switched that on is remembered in the state directory until the next boot:
 * then the node forwards for its instances only, and at the end it is switched off again. */
#pragma once

#include "agent/driver/state_dir.h"

/* Before the rules are made and forwarding is on: whether it is (or will be) on because of us. Writes that down first. @err IO */
int net_forwarding_find(const struct state_dir *dirs, bool *ret_ours, struct cc_error *err);
/* @err IO */
int net_forwarding_switch_on(struct cc_error *err);
/* Switches it off if we switched it on in this boot, unless another node of this machine has a bridge. @err IO */
int net_forwarding_release(const struct state_dir *dirs, struct cc_error *err);

/* The same for IPv6, where a router no longer hears of other routers (accept_ra): whatever learnt its own addresses and routes that way goes on doing so, which
 * is undone at the end too. Of links that come later as well. */
/* `wanted`: it is about to be switched on. */
bool net_forwarding6_is_ours(const struct state_dir *dirs, bool wanted);
int net_forwarding6_switch_on(const struct state_dir *dirs, struct cc_error *err);
int net_forwarding6_release(const struct state_dir *dirs, struct cc_error *err);
