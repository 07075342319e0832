/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of cc-agent: struct agent_config from agent.def, and what they make of this machine. */
#pragma once

#include "agent/fingerprint.h"
#include "agent/hours.h"
#include "agent/policy.h"
#include "agent/report.h"

#define CC_CONFIG_NAME agent
#define CC_CONFIG_DEF  "agent/agent.def"
#include "common/config_table.h"

/* Settings that look right one by one may still be wrong together with the machine: shares that are no shares, labels that are none. @err INVALID */
int settings_check(const struct agent_config *cfg, struct cc_error *err);

/* What the machine has: measured, with the owner's corrections. */
struct fingerprint settings_machine(const struct agent_config *cfg, const struct fingerprint *measured);

/* What instances have of the machine already: disk that is assigned, memory that is in use. */
struct taken {
	int64_t disk_mib;
	int64_t memory_mib;
};
/* What the owner offers of it. A share of the disk is also bounded by what is free now and what instances have already; with a reserve so is memory. It only
 * shrinks what is offered: what runs runs on. @err INVALID */
int settings_policy(
        const struct agent_config *cfg, const struct fingerprint *machine, const struct taken *taken, struct policy *ret, struct cc_error *err);
/* Whether what is offered depends on what is free now. */
bool settings_has_reserve(const struct agent_config *cfg);
/* offer_hours. @err INVALID */
int settings_hours(const struct agent_config *cfg, struct hours *ret, struct cc_error *err);

/* What the report says of the machine; strings and lists live in the arena. `features` are enum priv_feature. */
struct node_facts settings_facts(
        const struct agent_config *cfg, const struct fingerprint *machine, const struct policy *p, uint32_t features, struct cc_arena *a);
