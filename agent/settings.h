/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of cc-agent: struct agent_config from agent.def, and what they make of this machine. */
#pragma once

#include "agent/fingerprint.h"
#include "agent/policy.h"
#include "agent/report.h"

#define CC_CONFIG_NAME agent
#define CC_CONFIG_DEF  "agent/agent.def"
#include "common/config_table.h"

/* Settings that look right one by one may still be wrong together with the machine: shares that are no shares, labels that are none. @err INVALID */
int settings_check(const struct agent_config *cfg, struct cc_error *err);

/* What the machine has: measured, with the owner's corrections. */
struct fingerprint settings_machine(const struct agent_config *cfg, const struct fingerprint *measured);

/* What the owner offers of it. A share of the disk is also bounded by what is free now and what instances have already (`assigned_disk_mib`).
 * @err INVALID */
int settings_policy(
        const struct agent_config *cfg, const struct fingerprint *machine, int64_t assigned_disk_mib, struct policy *ret, struct cc_error *err);

/* What the report says of the machine; strings and lists live in the arena. `features` are enum priv_feature. */
struct node_facts settings_facts(
        const struct agent_config *cfg, const struct fingerprint *machine, const struct policy *p, uint32_t features, struct cc_arena *a);
