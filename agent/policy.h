/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The owner's terms: how much of the machine is offered, and how far what is assigned may go beyond it because not everybody needs all at once. Checked
 * here before each start, last, whatever the controller thinks. Pure. */
#pragma once

#include "common/error.h"
#include "common/model.h"
#include "common/signature.h"

#define POLICY_KEYS_MAX 8

/* Amounts of what can be given. */
struct amounts {
	int64_t cpu_millis;
	int64_t memory_mib;
	int64_t disk_mib;
	int64_t instances;
};
struct policy {
	struct amounts offer;
	int64_t cpu_percent; /* of the offer, that all limits of running instances may add up to */
	int64_t memory_percent;
	int64_t disk_percent;                             /* the same for all instances that exist */
	struct cc_texts allow_members, deny_members;      /* of the settings */
	struct cc_public_key image_keys[POLICY_KEYS_MAX]; /* one of these must have signed an image; none: no matter */
	size_t n_image_keys;
};

enum policy_unit { POLICY_CPU, POLICY_MIB };
/* Reads "75%" of `total`, or an absolute amount: cores ("2", "1.5") or thousandths ("1500m") of processor, a size ("2GiB") of the rest. An absolute amount
 * above `total` is cut to it. @err INVALID */
int policy_share(const char *text, enum policy_unit unit, int64_t total, int64_t *ret, struct cc_error *err);

/* Whether its member may start it here. If not, `why` says so. */
bool policy_welcomes(const struct policy *p, const struct assignment *a, char *why, size_t why_size);
/* Whether one of the owner's keys has signed its image. If not, `why` says what helps. */
bool policy_trusts(const struct policy *p, const struct assignment *a, char *why, size_t why_size);
/* Whether `a` may start beside what is `used` by the others. If not, `why` says which term forbids it, with numbers. */
bool policy_allows(const struct policy *p, const struct amounts *used, const struct assignment *a, char *why, size_t why_size);
