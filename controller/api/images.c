/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images and their archives. An import is received into a file, put in its place on the thread for slow files, then named by a command. */
#include "common/clock.h"
#include "common/hash.h"
#include "controller/api/api.h"
#include "controller/api/blobs.h"
#include "controller/api/read.h"

static const struct view view = { .table = TABLE_IMAGE, .copy = rows_image };

int api_image_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_image_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}

/* An image of the zone whose archive another controller took in. */
static int fail_missing(const struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);
	const struct image *img;
	bool missing = false;

	for (size_t at = 0; !missing && (img = zone_next(z, TABLE_IMAGE, &at)) != NULL;)
		missing = strcmp(img->sha256, c->path[0]) == 0;
	engine_read_end(c->engine);
	if (!missing)
		return -1;
	return cc_fail(err, NOT_FOUND,
	        "the archive '%s' is not on this controller yet; it is copied from the zone's other one as soon as that is there (ccctl status says how it goes)",
	        c->path[0]);
}

int api_blob_get(struct call *c, struct cc_error *err)
{
	if (blobs_read(c->setup->blobs, c->path[0], &c->file, &c->file_bytes, err) == 0) {
		c->file_from = c->params[PARAM_offset] != NULL ? strtoull(c->params[PARAM_offset], NULL, 10) : 0;
		if (c->file_from <= c->file_bytes)
			return 0;
		close(c->file);
		c->file = -1;
		return cc_fail(err, INVALID, "offset: the archive has only %llu bytes", (unsigned long long)c->file_bytes);
	}
	return err->code == CC_NOT_FOUND ? fail_missing(c, err) : -1;
}

int api_upload_get(struct call *c, struct cc_error *err)
{
	struct upload_state *state = cc_new(c->arena, struct upload_state);
	struct cc_sha256 hash;
	struct cc_error ignored;
	char name[CC_SHA256_HEX];

	if (cc_sha256_parse(c->path[0], &hash, &ignored) < 0)
		return cc_fail(err, NOT_FOUND, "'%.80s' is no SHA-256", c->path[0]);
	state->sha256 = cc_arena_strdup(c->arena, cc_sha256_format(hash, name));
	c->reply = state;
	return blobs_part_bytes(c->setup->blobs, c->who.id, state->sha256, &state->bytes, err);
}

/* Work for the thread for slow files that outlives its call. */
struct drop {
	struct blobs *blobs;
	struct engine *engine;
	struct upload *upload; /* to be released first; NULL: none */
	char sha256[65];
};

static void drop_now(void *arg)
{
	struct drop *d = arg;

	blobs_upload_free(d->upload);
	blobs_drop_unused(d->blobs, d->engine, d->sha256);
	free(d);
}

static void drop_later(const struct call *c, struct upload *upload, const char *sha256)
{
	struct drop *d = cc_calloc(1, sizeof(*d));

	d->blobs = c->setup->blobs;
	d->engine = c->engine;
	d->upload = upload;
	snprintf(d->sha256, sizeof(d->sha256), "%s", sha256);
	c->setup->defer(c->setup->edge, drop_now, d);
}

/* Whatever became of the call: an archive without an image does not stay. */
static void import_ended(struct call *c)
{
	struct upload *u = cc_take(c->upload);

	drop_later(c, u, blobs_upload_sha256(u));
}

static int imported(struct call *c, struct cc_error *err)
{
	const struct image *img = c->command.reply;
	char id[CC_UUID_TEXT];

	(void)err;
	c->reply = img;
	if (img != NULL)
		c->location = cc_printf(c->arena, "/v1/images/%s", cc_uuid_format(img->id, id));
	return 0;
}

static int keep(struct call *c, struct cc_error *err)
{
	return blobs_upload_keep(c->upload, err);
}

static int kept(struct call *c, struct cc_error *err)
{
	struct cmd_image_create *args = cc_new(c->arena, struct cmd_image_create);

	(void)err;
	args->id = cc_uuid_new(cc_now_ms());
	args->name = c->params[PARAM_name];
	args->arch = c->params[PARAM_arch];
	args->sha256 = cc_arena_strdup(c->arena, blobs_upload_sha256(c->upload));
	args->bytes = blobs_upload_bytes(c->upload);
	args->signature = c->params[PARAM_signature];
	return call_submit(c, COMMAND_IMAGE_CREATE, args, imported);
}

int api_image_create(struct call *c, struct cc_error *err)
{
	const char *wanted = c->params[PARAM_sha256];

	if (blobs_upload_bytes(c->upload) == 0)
		return cc_fail(err, INVALID, "the body is empty; send the image's archive");
	if (wanted != NULL && strcmp(wanted, blobs_upload_sha256(c->upload)) != 0)
		return cc_fail(err, INVALID, "the body's SHA-256 is %s and not %s; it was damaged on its way, or it is another file",
		        blobs_upload_sha256(c->upload), wanted);
	c->end = import_ended;
	return call_work(c, keep, kept);
}

static int deleted(struct call *c, struct cc_error *err)
{
	(void)err;
	drop_later(c, NULL, c->state);
	return 0;
}

int api_image_delete(struct call *c, struct cc_error *err)
{
	struct cmd_image_delete *args = cc_new(c->arena, struct cmd_image_delete);
	const struct zone *z = engine_read_begin(c->engine);
	const struct image *img = rows_find(c, z, TABLE_IMAGE, c->path[0], NULL, err);

	if (img != NULL)
		c->state = cc_arena_strdup(c->arena, img->sha256);
	engine_read_end(c->engine);
	if (img == NULL)
		return -1;
	args->ref = c->path[0];
	return call_submit(c, COMMAND_IMAGE_DELETE, args, deleted);
}

static const struct view alias_view = { .table = TABLE_IMAGE_ALIAS };

int api_image_alias_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &alias_view, err);
}

int api_image_alias_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &alias_view, err);
}

static int alias_set(struct call *c, struct cc_error *err)
{
	const struct image_alias *alias = c->command.reply;
	char id[CC_UUID_TEXT];

	(void)err;
	c->reply = alias;
	if (alias != NULL)
		c->location = cc_printf(c->arena, "/v1/image-aliases/%s", cc_uuid_format(alias->id, id));
	return 0;
}

int api_image_alias_set(struct call *c, struct cc_error *err)
{
	struct cmd_image_alias_set *args = cc_new(c->arena, struct cmd_image_alias_set);

	(void)err;
	*args = (struct cmd_image_alias_set){ .spec = c->body, .id = cc_uuid_new(cc_now_ms()) };
	return call_submit(c, COMMAND_IMAGE_ALIAS_SET, args, alias_set);
}

int api_image_alias_remove(struct call *c, struct cc_error *err)
{
	struct cmd_image_alias_remove *args = cc_new(c->arena, struct cmd_image_alias_remove);

	(void)err;
	args->ref = c->path[0];
	return call_submit(c, COMMAND_IMAGE_ALIAS_REMOVE, args, NULL);
}
