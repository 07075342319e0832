/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zone's controllers. The table is no part of the zone in memory: every controller writes its own row, whether it has the zone or not. */
#include "common/json.h"
#include "controller/store/session.h"

#include <inttypes.h>
#include <stdio.h>

enum { REGISTER_MS = 4000 };

#define HOUR_MS      ((int64_t)3600000)
#define FORGOTTEN_MS (30 * 24 * HOUR_MS)

/* An older database has no such table, and is not ours to change yet. 1 when it is there. */
static int is_known(struct store *s, struct cc_error *err)
{
	return store_is_true(s, "controller_known", NULL, "known", err);
}

static int put_self(struct store *s, const struct zone_controller *self, struct cc_uuid run, int64_t now_ms, struct cc_error *err)
{
	char id[CC_UUID_TEXT], run_id[CC_UUID_TEXT], now[24];
	cc_auto_buf struct cc_buf addresses = { 0 };
	const char *args[] = { cc_uuid_format(self->id, id), cc_uuid_format(run, run_id), self->name, NULL, self->pin, self->version, now };

	snprintf(now, sizeof(now), "%" PRId64, now_ms);
	cc_json_encode_field(&zone_controller_desc.fields[zone_controller_f_addresses], self, &addresses);
	args[3] = cc_buf_str(&addresses);
	return store_run(s, "controller_put", args, err);
}

int store_register(struct store *s, const struct zone_controller *self, struct cc_uuid run, int64_t now_ms, struct cc_error *err)
{
	int r;

	s->wait_ms = REGISTER_MS;
	r = is_known(s, err);
	if (r > 0)
		r = put_self(s, self, run, now_ms, err);
	s->wait_ms = STORE_WAIT_MS;
	return r < 0 ? cc_wrap(err, "telling the database of this controller") : 0;
}

static int read_row(const PGresult *res, int row, struct cc_arena *a, struct zone_controller *ret, struct cc_error *err)
{
	for (size_t i = 0; i < zone_controller_desc.n_fields; i++) {
		const struct cc_field *f = &zone_controller_desc.fields[i];
		int column = PQfnumber(res, f->name);

		CC_PRE(column >= 0);
		if (cc_field_parse(f, PQgetvalue(res, row, column), ret, a, err) < 0)
			return cc_wrap(err, "controller %s", PQgetvalue(res, row, PQfnumber(res, "id")));
	}
	return 0;
}

static int list(struct store *s, struct cc_arena *a, struct zone_controller **ret, size_t *ret_n, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	int known = is_known(s, err), n;

	*ret_n = 0;
	if (known <= 0)
		return known;
	if (store_query(s, "controller_list", NULL, &res, err) < 0)
		return -1;
	n = PQntuples(res);
	*ret = cc_new_array(a, (size_t)n + 1, struct zone_controller);
	for (int i = 0; i < n; i++)
		if (read_row(res, i, a, &(*ret)[i], err) < 0)
			return -1;
	*ret_n = (size_t)n;
	return 0;
}

int store_controllers(struct store *s, struct cc_arena *a, struct zone_controller **ret, size_t *ret_n, struct cc_error *err)
{
	int r;

	s->wait_ms = REGISTER_MS;
	r = list(s, a, ret, ret_n, err);
	s->wait_ms = STORE_WAIT_MS;
	return r < 0 ? cc_wrap(err, "looking for the zone's controllers") : 0;
}

static int read_images(struct store *s, struct cc_arena *a, struct image **ret, size_t *ret_n, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	int n;

	if (store_query(s, "image_archives", NULL, &res, err) < 0)
		return -1;
	n = PQntuples(res);
	*ret = cc_new_array(a, (size_t)n + 1, struct image);
	for (int i = 0; i < n; i++)
		for (int column = 0; column < PQnfields(res); column++) {
			const struct cc_field *f = cc_desc_find(&image_desc, PQfname(res, column));

			CC_PRE(f != NULL);
			if (cc_field_parse(f, PQgetvalue(res, i, column), &(*ret)[i], a, err) < 0)
				return cc_wrap(err, "image %s", PQgetvalue(res, i, PQfnumber(res, "name")));
		}
	*ret_n = (size_t)n;
	return 0;
}

static int changed_images(
        struct store *s, char mark[static STORE_IMAGES_MARK], struct cc_arena *a, struct image **ret, size_t *ret_n, struct cc_error *err)
{
	cc_auto(PQclear) PGresult *res = NULL;
	int known = is_known(s, err);

	if (known <= 0 || store_query(s, "image_mark", NULL, &res, err) < 0)
		return known == 0 ? 0 : -1;
	if (strcmp(mark, store_value(res, "mark")) == 0)
		return 0;
	if (read_images(s, a, ret, ret_n, err) < 0)
		return -1;
	snprintf(mark, STORE_IMAGES_MARK, "%s", store_value(res, "mark"));
	return 1;
}

int store_images(struct store *s, char mark[static STORE_IMAGES_MARK], struct cc_arena *a, struct image **ret, size_t *ret_n, struct cc_error *err)
{
	int r;

	s->wait_ms = REGISTER_MS;
	r = changed_images(s, mark, a, ret, ret_n, err);
	s->wait_ms = STORE_WAIT_MS;
	return r < 0 ? cc_wrap(err, "looking for the zone's images") : r;
}

int store_note_controllers(struct store *s, int64_t now_ms, struct cc_error *err)
{
	char now[24], stale[24], forgotten[24];
	const char *const args[] = { now, stale, forgotten };

	snprintf(now, sizeof(now), "%" PRId64, now_ms);
	snprintf(stale, sizeof(stale), "%" PRId64, now_ms - HOUR_MS);
	snprintf(forgotten, sizeof(forgotten), "%" PRId64, now_ms - FORGOTTEN_MS);
	return store_run(s, "controller_seen", args, err);
}
