/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking a waiter off the list (claim) gives the right to resume its connection; nobody else will, and until then the connection cannot go away. So resuming
 * happens outside the lock. `busy` counts what is suspended or about to be resumed: stopping waits until it is zero. */
#include "controller/http/hub_parts.h"

static void claim(struct hub *h, struct waiter *w, enum wake why)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		h->first = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	if (w->bucket_at != NULL) {
		*w->bucket_at = w->bucket_next;
		if (w->bucket_next != NULL)
			w->bucket_next->bucket_at = w->bucket_at;
	}
	w->prev = w->next = w->bucket_next = NULL;
	w->bucket_at = NULL;
	w->waiting = false;
	w->wake = why;
	w->conn->waiting = NULL;
	h->n_waiting--;
}

/* Without the lock: after this the waiter may be gone. */
static void resume(struct hub *h, struct waiter *w)
{
	MHD_resume_connection(w->mhd);
	pthread_mutex_lock(&h->lock);
	if (--h->busy == 0)
		pthread_cond_broadcast(&h->idle);
	pthread_mutex_unlock(&h->lock);
}

void hub_resume_all(struct hub *h, struct waiter *claimed)
{
	while (claimed != NULL) {
		struct waiter *next = claimed->next;

		claimed->next = NULL;
		resume(h, claimed);
		claimed = next;
	}
}

void hub_claim_onto(struct hub *h, struct waiter *w, enum wake why, struct waiter **list)
{
	claim(h, w, why);
	w->next = *list;
	*list = w;
}

static struct waiter *claim_touched(struct hub *h, struct cc_uuid key)
{
	struct waiter *claimed = NULL, *next;
	size_t b = hub_bucket(key);

	h->seqs[b]++;
	for (struct waiter *w = h->buckets[b]; w != NULL; w = next) {
		next = w->bucket_next;
		if (cc_uuid_equal(w->key, key))
			hub_claim_onto(h, w, WAKE_TOUCHED, &claimed);
	}
	return claimed;
}

uint64_t hub_touch_seq(struct hub *h, struct cc_uuid key)
{
	uint64_t seq;

	pthread_mutex_lock(&h->lock);
	seq = h->seqs[hub_bucket(key)];
	pthread_mutex_unlock(&h->lock);
	return seq;
}

void hub_touch(struct hub *h, struct cc_uuid key)
{
	struct waiter *claimed;

	pthread_mutex_lock(&h->lock);
	claimed = claim_touched(h, key);
	pthread_mutex_unlock(&h->lock);
	hub_resume_all(h, claimed);
}

void hub_touch_all(struct hub *h)
{
	struct waiter *claimed = NULL;

	pthread_mutex_lock(&h->lock);
	for (size_t b = 0; b < HUB_BUCKETS; b++) {
		h->seqs[b]++;
		while (h->buckets[b] != NULL)
			hub_claim_onto(h, h->buckets[b], WAKE_TOUCHED, &claimed);
	}
	pthread_mutex_unlock(&h->lock);
	hub_resume_all(h, claimed);
}

static void enter_bucket(struct hub *h, struct waiter *w, struct cc_uuid key)
{
	struct waiter **head = &h->buckets[hub_bucket(key)];

	w->key = key;
	w->bucket_next = *head;
	w->bucket_at = head;
	if (*head != NULL)
		(*head)->bucket_at = &w->bucket_next;
	*head = w;
}

static enum wake reason_not_to_wait(const struct hub *h, const struct waiter *w, const struct cc_uuid *key, uint64_t seq)
{
	if (h->stopping)
		return WAKE_STOPPING;
	if (w->conn->hung_up)
		return WAKE_HUNG_UP;
	if (key != NULL && h->seqs[hub_bucket(*key)] != seq)
		return WAKE_TOUCHED;
	return WAKE_NONE;
}

bool hub_wait(struct waiter *w, const struct cc_uuid *key, uint64_t seq, int64_t until)
{
	struct hub *h = w->conn->hub;
	bool waits;

	pthread_mutex_lock(&h->lock);
	w->wake = reason_not_to_wait(h, w, key, seq);
	waits = w->wake == WAKE_NONE;
	if (waits) {
		MHD_suspend_connection(w->mhd);
		w->waiting = true;
		w->until = until;
		w->prev = NULL;
		w->next = h->first;
		if (h->first != NULL)
			h->first->prev = w;
		h->first = w;
		if (key != NULL)
			enter_bucket(h, w, *key);
		w->conn->waiting = w;
		w->conn->deadline = 0;
		h->n_waiting++;
		h->busy++;
		hub_scan_by(h, until);
	}
	pthread_mutex_unlock(&h->lock);
	return waits;
}

void hub_wake(struct waiter *w, enum wake why)
{
	struct hub *h = w->conn->hub;
	bool mine;

	pthread_mutex_lock(&h->lock);
	mine = w->waiting;
	if (mine)
		claim(h, w, why);
	pthread_mutex_unlock(&h->lock);
	if (mine)
		resume(h, w);
}

bool hub_begin(struct waiter *w)
{
	struct hub *h = w->conn->hub;
	bool stopping;

	pthread_mutex_lock(&h->lock);
	stopping = h->stopping;
	if (!stopping) {
		MHD_suspend_connection(w->mhd);
		h->busy++;
	}
	pthread_mutex_unlock(&h->lock);
	return !stopping;
}

void hub_end(struct waiter *w)
{
	resume(w->conn->hub, w);
}
