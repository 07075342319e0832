/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image/image_store.h"
#include "agent/image/image_unpack.h"
#include "agent/priv/priv_state.h"

#include <stdlib.h>
#include <string.h>

#define UNPACK_MS (60 * 60 * 1000) /* slow disks are slow, not broken */
#define DELETE_MS 300000
#define LIST_MAX  (PRIV_TAIL_MAX / (uint32_t)sizeof(struct priv_image))

struct unpack_args {
	struct priv_image_unpack req;
	int fd;
};

static int work_unpack(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct unpack_args *a = args;

	(void)channel, (void)ret;
	return image_unpack(node, &a->req, a->fd, err);
}

static int work_delete(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	return image_delete_hidden(&node->dirs, args, err);
}

/* Every request about one image begins with its hash. */
int priv_image_key(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	if (!image_valid_sha256(r->body.image_ref.sha256))
		return cc_fail(err, INVALID, "the image's sha256 is not 64 lower-case hex digits");
	memcpy(key, r->body.image_ref.sha256, PRIV_SHA256_TEXT);
	return 0;
}

struct image_rows {
	struct priv_server *s;
	struct priv_image *rows;
	uint32_t count;
};

static void add_row(void *user, const struct priv_image *image)
{
	struct image_rows *list = user;

	if (list->count == LIST_MAX)
		return;
	list->rows[list->count] = *image;
	list->rows[list->count++].users = instances_count_users(&list->s->instances, image->sha256);
}

int priv_image_list_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct image_rows list = { .s = s, .rows = cc_calloc(LIST_MAX, sizeof(struct priv_image)) };

	r->reply_tail = (char *)list.rows;
	if (image_list(&s->node->dirs, add_row, &list, err) < 0)
		return -1;
	r->reply.list.count = list.count;
	r->reply_tail_len = (uint32_t)(list.count * sizeof(struct priv_image));
	return 0;
}

int priv_image_unpack_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct unpack_args args = { r->body.image_unpack, r->fds[0] };

	if (image_exists(&s->node->dirs, args.req.sha256))
		return 0;
	return priv_server_start_job(
	        s, r, &(struct job_spec){ .work = work_unpack, .args = &args, .fds = { args.fd }, .fd_count = 1, .timeout_ms = UNPACK_MS }, err);
}

int priv_image_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const char *sha256 = r->body.image_ref.sha256;
	uint32_t users = instances_count_users(&s->instances, sha256);

	if (users > 0)
		return cc_fail(err, CONFLICT, "%u instances are built on image %.12s", users, sha256);
	/* Here and not in the child: a start that begins meanwhile has another key, and must find the image whole or not at all. */
	if (image_hide(&s->node->dirs, sha256, err) < 0)
		return -1;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_delete, .args = sha256, .timeout_ms = DELETE_MS }, err);
}

int priv_image_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)s, (void)r, (void)err;
	return result != NULL ? 0 : -1;
}
