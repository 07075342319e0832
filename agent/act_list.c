/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What exists on the node: asked once at the start, and now and then afterwards in case something changed unseen. First the images, then the instances:
 * nothing is decided before the second answer. */
#include "agent/act_parts.h"

#include "common/clock.h"
#include "common/log.h"

#include <string.h>
#include <sys/statvfs.h>

#define LIST_EVERY_MS 300000
#define LIST_AGAIN_MS 2000 /* after an image was removed because the disk is full, or what was listed was old when it came */

static void list_failed(struct act *a, const struct cc_error *err)
{
	a->listing = false;
	(void)backoff_fail(&a->list_backoff, cc_boottime_ms(), 0);
	cc_log(ERROR, PRIV_CALL_FAILED, kv_text("call", "list"), kv_err(err));
}

/* An answer that was under way together with other requests may be older than what they brought. */
static bool is_stale(const struct act *a)
{
	return a->insts->ct_known && a->list_ops != a->ops;
}

static bool is_used(const struct inst_table *t, const char *sha256)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct inst *i = t->items[k];

		if ((i->want != NULL && strcmp(i->want->image_sha256, sha256) == 0) || (i->exists && strcmp(i->ct.image_sha256, sha256) == 0))
			return true;
	}
	return false;
}

/* When that fails the next list shows it again. */
static void remove_image(struct act *a, struct local_image *m)
{
	struct priv_image_ref body;
	struct cc_error ignored = { 0 };

	memcpy(body.sha256, m->sha256, sizeof(body.sha256));
	(void)priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_IMAGE_DELETE, .body = &body }, NULL, NULL, NULL, &ignored);
	cc_log(INFO, IMAGE_DELETED, kv_text("sha256", m->sha256));
	local_image_remove(a->images, m);
}

static bool disk_is_low(const struct act *a)
{
	struct statvfs fs;

	return a->opt.disk_free_min > 0 && statvfs(a->opt.disk_path, &fs) == 0 && (int64_t)(fs.f_bavail * fs.f_frsize) < a->opt.disk_free_min;
}

static bool wants_room(const struct act *a)
{
	for (size_t k = 0; k < a->images->n; k++)
		if (a->images->items[k]->no_room)
			return true;
	return false;
}

/* The one that is unused for longest goes. How much room that makes is known when it is gone, so then one looks again. */
static void make_room(struct act *a, int64_t now_ms)
{
	struct local_image *oldest = NULL;

	if (!disk_is_low(a) && !wants_room(a))
		return;
	for (size_t k = 0; k < a->images->n; k++) {
		struct local_image *m = a->images->items[k];

		m->no_room = false;
		if (m->unused_since_ms != 0 && (oldest == NULL || m->unused_since_ms < oldest->unused_since_ms))
			oldest = m;
	}
	if (oldest == NULL)
		return;
	remove_image(a, oldest);
	a->list_backoff.next_ms = now_ms + LIST_AGAIN_MS;
}

/* What runs, and what is to be started, is used: both are known here, after a fresh list. */
static void remove_unused_images(struct act *a, int64_t now_ms)
{
	for (size_t k = a->images->n; k-- > 0;) {
		struct local_image *m = a->images->items[k];

		if (m->state != IMAGE_READY || is_used(a->insts, m->sha256)) {
			m->unused_since_ms = 0;
			continue;
		}
		if (m->unused_since_ms == 0)
			m->unused_since_ms = now_ms;
		if (now_ms - m->unused_since_ms >= a->opt.image_keep_ms)
			remove_image(a, m);
	}
	make_room(a, now_ms);
}

static void saw_cts(void *user, const struct priv_reply *r)
{
	struct act *a = user;
	const struct priv_list_reply *list = r->body;
	struct cc_error err = { 0 };

	if (r->code != CC_OK) {
		act_reply_error(r, &err);
		list_failed(a, &err);
		return;
	}
	a->listing = false;
	a->list_backoff = (struct backoff){ .next_ms = cc_boottime_ms() + LIST_EVERY_MS };
	if (is_stale(a))
		a->list_backoff.next_ms = cc_boottime_ms() + LIST_AGAIN_MS;
	if (is_stale(a) || r->tail_len != list->count * sizeof(struct priv_ct))
		return;
	inst_saw_all(a->insts, r->tail, list->count);
	remove_unused_images(a, cc_boottime_ms());
	a->again = true;
}

static void saw_images(void *user, const struct priv_reply *r)
{
	struct act *a = user;
	const struct priv_list_reply *list = r->body;
	struct priv_none none = { 0 };
	struct cc_error err = { 0 };

	if (r->code != CC_OK) {
		act_reply_error(r, &err);
		list_failed(a, &err);
		return;
	}
	if (!is_stale(a) && r->tail_len == list->count * sizeof(struct priv_image))
		local_image_saw_all(a->images, r->tail, list->count);
	if (priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_CT_LIST, .body = &none }, saw_cts, a, NULL, &err) < 0)
		list_failed(a, &err);
}

void act_list(struct act *a, int64_t now_ms)
{
	struct priv_none none = { 0 };
	struct cc_error err = { 0 };

	if (a->listing || (!backoff_due(&a->list_backoff, now_ms) && !wants_room(a)))
		return;
	a->listing = true;
	a->list_ops = a->ops;
	if (priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_IMAGE_LIST, .body = &none }, saw_images, a, NULL, &err) < 0)
		list_failed(a, &err);
}

void act_on_event(void *user, const struct priv_ct *ct)
{
	struct act *a = user;
	struct inst *i = ct != NULL ? inst_find(a->insts, ct->id) : NULL;

	a->again = true;
	if (ct == NULL)
		a->list_backoff.next_ms = 0; /* a list that is under way is as new as this: answers come in order */
	if (i == NULL)
		return;
	inst_exited(i, ct, cc_boottime_ms());
	cc_log(INFO, INSTANCE_STOPPED, kv_uuid("instance", ct->id), kv_i64("status", ct->exit_status));
}
