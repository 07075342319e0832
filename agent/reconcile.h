/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to do with one instance: two truth tables over everything that is known about it. Pure: no clock, no I/O, no memory; whoever calls classifies what it
 * sees into the small enums here (inst.c, orders.c, act.c), so that every combination can be walked in a test.
 *
 *   reconcile_accept   assignment on disk × what the controller says      → which assignment counts from now on
 *   reconcile_decide   assignment × what runs × image × lease × policy…   → the next action and the state to report */
#pragma once

#include "common/model.h"

/* What the orders say about an instance. */
enum offer {
	OFFER_NONE,    /* nothing, in orders that list only changes */
	OFFER_MISSING, /* nothing, in orders that list everything */
	OFFER_OLDER,   /* an assignment with a lower epoch than what is on disk or what exists on the node */
	OFFER_SAME,    /* the same epoch; desired and boot_sn may have changed, boot_sn not downwards */
	OFFER_BACK,    /* the same epoch with a lower boot_sn */
	OFFER_NEWER,
	OFFER_DROP, /* the controller names it as not this node's */
	OFFER_MAX
};
/* What the disk says. */
enum held { HELD_NOT, HELD_YES, HELD_MAX };

enum accept {
	ACCEPT_KEEP,   /* what is on disk stays */
	ACCEPT_TAKE,   /* the offered assignment replaces it */
	ACCEPT_FORGET, /* no assignment any more; what exists stays untouched until the controller says drop */
	ACCEPT_DROP,   /* no assignment any more; what exists is to be deleted */
	ACCEPT_MAX
};
struct accept_result {
	enum accept accept;
	const char *why;
};
struct accept_result reconcile_accept(enum held held, enum offer offer);

/* What should be. */
enum want {
	WANT_NOTHING, /* no assignment, and the controller has not said drop */
	WANT_DROP,    /* the controller said drop, or desired is "deleted" */
	WANT_STOP,
	WANT_RUN,
	WANT_MAX
};
/* What is there. */
enum seen {
	SEEN_UNKNOWN, /* the privileged half has not answered yet */
	SEEN_NONE,
	SEEN_STOPPED,
	SEEN_STOPPING,
	SEEN_RUNNING,        /* with the assignment's epoch and boot_sn; or there is no assignment */
	SEEN_RUNNING_LIMITS, /* the same, with other limits than the assignment's */
	SEEN_RUNNING_OLDER,  /* with a lower epoch or boot_sn */
	SEEN_RUNNING_NEWER,  /* with a higher epoch than the assignment's */
	SEEN_MAX
};
/* What of ours is under way with it. */
enum doing { DOING_NOTHING, DOING_START, DOING_STOP, DOING_DELETE, DOING_RESTORE, DOING_MAX };
enum image_state {
	IMAGE_ABSENT,
	IMAGE_FETCHING,
	IMAGE_FETCHED, /* the archive is here */
	IMAGE_UNPACKING,
	IMAGE_READY,
	IMAGE_LATER,   /* fetching or unpacking failed; its time for the next try has not come */
	IMAGE_REFUSED, /* it is no image, too large, or not what its hash says */
	IMAGE_STATE_MAX
};
/* on_disconnect and the lease in one. */
enum lease {
	LEASE_KEEP, /* needs none */
	LEASE_HELD,
	LEASE_OVER, /* ended, or was never had in this boot */
	LEASE_MAX
};
enum policy_word {
	POLICY_OK,
	POLICY_REFUSED, /* to be started; what runs runs on */
	POLICY_STOP,    /* the owner wants that nothing runs */
	POLICY_MAX
};
enum retry_word {
	RETRY_NOW,
	RETRY_LATER,
	RETRY_NEVER, /* failed for good, for this epoch and boot_sn */
	RETRY_MAX
};

struct situation {
	enum want want;
	enum seen seen;
	enum doing doing;
	enum image_state image;
	enum lease lease;
	enum policy_word policy;
	enum retry_word retry;
};

enum action {
	ACTION_NONE,
	ACTION_FETCH,  /* its image's archive from the controller */
	ACTION_UNPACK, /* its image */
	ACTION_START,  /* also what takes over a newer epoch and carries out a restart */
	ACTION_STOP,
	ACTION_DELETE,
	ACTION_FORGET, /* the record: nothing is left and nobody wants it */
	ACTION_MAX
};

/* Where the reported reason comes from. */
enum because { BECAUSE_NOTHING, BECAUSE_ROW, BECAUSE_RETRY, BECAUSE_IMAGE, BECAUSE_POLICY };

struct decision {
	enum action action;
	enum observed state; /* to report */
	enum because because;
	const char *why; /* one sentence, for the log and, with BECAUSE_ROW, for the report */
	int row;         /* index in the table */
};
struct decision reconcile_decide(const struct situation *s);

/* For tests that walk the table. */
int reconcile_rows(void);
int reconcile_accept_rows(void);
int reconcile_accept_row(enum held held, enum offer offer);
