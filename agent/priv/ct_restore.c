/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/ct_restore.h"

#include "agent/priv/ct_start.h"
#include "agent/storage/snapshot.h"

#include <stdio.h>

static struct ct_record without_marks(const struct ct_record *rec, bool done)
{
	struct ct_record r = *rec;

	r.restore_sn -= !done;
	r.restoring[0] = '\0';
	return r;
}

int ct_restore_run(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	struct ct_record done = without_marks(rec, true), undone = without_marks(rec, false);
	struct cc_error ignored = { 0 };
	char text[CC_UUID_TEXT];
	struct cc_uuid id;

	snprintf(text, sizeof(text), "%.36s", rec->restoring);
	if (cc_uuid_parse(text, &id, err) < 0 || ct_start_record(node, rec, err) < 0)
		return -1;
	if (snapshot_restore(node, rec, id, err) < 0) {
		(void)ct_start_record(node, &undone, &ignored);
		return -1;
	}
	return ct_start_record(node, &done, err);
}

void ct_restore_note(struct ct_record *rec, bool done, const struct cc_error *err)
{
	if (done || (err->code != CC_INTERNAL && err->code != CC_TIMEOUT))
		*rec = without_marks(rec, done);
}
