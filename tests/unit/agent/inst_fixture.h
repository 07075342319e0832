/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Assignments, orders and containers for tests of the agent. */
#pragma once

#include "agent/inst.h"

#include <string.h>

#define TEST_SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static inline struct cc_uuid test_id(int n)
{
	return (struct cc_uuid){ { 1, (uint8_t)n } };
}

static inline struct assignment test_assignment(int n, int64_t epoch, int64_t boot_sn, enum inst_desired desired)
{
	return (struct assignment){
		.has = CC_BIT(assignment_f_member_name),
		.member_name = "maria",
		.id = test_id(n),
		.name = "web",
		.epoch = epoch,
		.boot_sn = boot_sn,
		.desired = desired,
		.image_sha256 = TEST_SHA,
		.image_bytes = 1000,
		.cpu_millis = 500,
		.memory_mib = 64,
		.disk_mib = 100,
		.pids = 100,
	};
}

static inline struct priv_ct test_ct(int n, enum priv_ct_state state, uint64_t epoch, uint64_t boot_sn)
{
	struct priv_ct ct = { .id = test_id(n), .state = state, .epoch = epoch, .boot_sn = boot_sn, .exit_status = -1 };

	memcpy(ct.address, "10.0.0.2", 9);
	memcpy(ct.image_sha256, TEST_SHA, sizeof(TEST_SHA));
	ct.started_boottime_ms = state == PRIV_CT_RUNNING ? 1000 : 0;
	return ct;
}
