/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instances' hands: asks the reconcile table about each, carries out what it says through the privileged half, and sets what is to be told. Level-
 * triggered: may be run at any time, does nothing when all is as it should be. */
#pragma once

#include "agent/inst.h"
#include "agent/local_image.h"
#include "agent/owner.h"
#include "agent/policy.h"
#include "agent/priv_client.h"

struct act_options {
	int64_t stop_grace_ms;
	int64_t image_max_bytes;
	int64_t image_unpacked_max_bytes;
	int64_t image_entries_max;
	int64_t image_keep_ms; /* how long an image without use stays, */
	int64_t disk_free_min; /* while the disk has so many bytes left */
	const char *disk_path; /* any path on it */
};

struct act {
	struct inst_table *insts;
	struct local_images *images;
	struct priv_client *priv;
	struct policy policy;
	struct owner_word word;
	struct act_options opt;
	int64_t lease_until_ms;      /* boot time; what instances with on_disconnect stop may count on */
	bool lease_said;             /* the privileged half knows the lease, */
	struct cc_sha256 said_lease; /* namely what has this hash */
	bool again;                  /* something happened: run act_all before waiting */
	uint64_t ops;                /* requests sent that change something */
	bool listing;
	uint64_t list_ops; /* `ops` when the list was asked for */
	struct backoff list_backoff;
	/* Begins to fetch an archive, or not yet when too many are under way. */
	void (*fetch)(void *user, struct local_image *m, int64_t bytes);
	/* Ends that, if it is under way. */
	void (*cancel)(void *user, const struct local_image *m);
	void *user;
};

/* When it is time, asks the privileged half what exists and which images are unpacked; the answers come through priv_client_step. */
void act_list(struct act *a, int64_t now_ms);
/* Looks at every instance once. */
void act_all(struct act *a, int64_t now_ms);
/* When to look again although nothing happened: boot time, CC_NEVER_MS for never. */
int64_t act_next_ms(const struct act *a, int64_t now_ms);

/* For priv_client_new: an instance's init ended, or lists are old. `user` is the struct act. */
void act_on_event(void *user, const struct priv_ct *ct);
