/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole unprivileged half, in a thread, between a scripted controller and a scripted privileged half. */
#pragma once

#include "agent/agent.h"
#include "agent/owner.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/controller_fixture.h"
#include "tests/unit/agent/halves_fixture.h"

extern struct controller *controller;
extern struct fake_priv *priv;
extern char state_dir[64];

/* Folder, keys, both neighbours. The agent is not started. */
void world_setup(void);
void world_teardown(void);

/* Another "name=value" for the agent's next start. */
void world_setting(const char *set);
void agent_begin(void);
/* As by SIGTERM; gives what agent_run returned. */
int agent_end(struct cc_error *ret_err);
void agent_end_well(void);
/* Waits for its end without asking for it. */
int agent_wait(struct cc_error *ret_err);
/* As by SIGHUP, with the settings of world_setting. */
void agent_hup(void);

/* The controller stops listening, and comes back at the same port. */
void world_lose_controller(void);
void world_find_controller(void);

/* Assigns instance n with the served archive. */
struct assignment world_assign(int n, int64_t epoch, int64_t boot_sn, enum inst_desired desired);
/* The condition, within 10 s. */
#define world_eventually(cond)                                    \
	do {                                                      \
		int tries_ = 0;                                   \
		while (!(cond) && tries_++ < 1000)                \
			usleep(10000);                            \
		ck_assert_msg((cond), "never came true: " #cond); \
	} while (0)
#define world_wait_state(n, wanted, sn)                                                                \
	ck_assert_msg(controller_wait_state(controller, n, wanted, sn), "instance %d is '%s' (%s)", n, \
	        cc_enum_slug(&observed_enum, (int)controller_told(controller, n).state), controller_told(controller, n).reason)
