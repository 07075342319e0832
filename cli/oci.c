/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each layer is hashed while its names are read. Blobs are found by their digest only, so nothing in a document leads to another file. */
#include "cli/oci.h"

#include <string.h>

#define LAYERS_MAX 512

void oci_close_span(const struct oci *o, struct tarball_span *span)
{
	if (span->fd >= 0 && o->blobs == NULL)
		close(span->fd);
	span->fd = -1;
}

static int read_layer(
        const struct oci *o, const struct oci_descriptor *d, const struct tarball_span *span, struct tree *t, int64_t *left_out, struct cc_error *err)
{
	tarball_auto_reading r = { 0 };
	char sha256[CC_SHA256_HEX];

	if (tarball_read_open(&r, o->job, "reading", span, err) < 0 || tarball_read_layer(&r, t, left_out, err) < 0 ||
	        tarball_read_end(&r, sha256, err) < 0)
		return -1;
	if (strcmp(d->digest + strlen("sha256:"), sha256) != 0)
		return cc_fail(err, INVALID, "the layer '%.80s' is damaged: its SHA-256 is %.12s…", d->digest, sha256);
	return 0;
}

static int read_layers(
        const struct oci *o, const struct oci_manifest *m, struct tarball_span *spans, struct tree *t, int64_t *left_out, struct cc_error *err)
{
	for (size_t i = 0; i < m->layers.n; i++) {
		if (oci_open_blob(o, &m->layers.items[i], &spans[i], err) < 0)
			return -1;
		if (i > 0)
			tree_begin_layer(t);
		if (read_layer(o, &m->layers.items[i], &spans[i], t, left_out, err) < 0)
			return -1;
	}
	return 0;
}

static int add_init(struct tree *t, const char *script, struct cc_error *err)
{
	const struct tree_entry e = { .path = "sbin/init", .mode = S_IFREG | 0755, .size = (int64_t)strlen(script) };

	tree_begin_layer(t);
	return tree_add(t, &e, 1, err);
}

/* The image needs a shell for it. */
static int make_init(
        const struct oci *o, const struct oci_manifest *m, struct tree *t, struct tarball_facts *ret, const char **ret_script, struct cc_error *err)
{
	ret->has_init = tree_has(t, "sbin/init");
	*ret_script = NULL;
	if ((ret->has_init && !o->job->as_told) || !tree_has(t, "bin/sh"))
		return 0;
	if (oci_init(o, m, ret, ret_script, err) < 0 || (*ret_script != NULL && add_init(t, *ret_script, err) < 0))
		return -1;
	ret->has_init = ret->has_init || *ret_script != NULL;
	return 0;
}

static int convert(struct oci *o, const struct oci_manifest *m, struct tarball_facts *ret, struct cc_error *err)
{
	struct tarball_span *spans = cc_new_array(o->arena, m->layers.n + 1, struct tarball_span);
	cc_auto(tree_free) struct tree *t = tree_new(true);
	const char *script;
	int result;

	for (size_t i = 0; i < m->layers.n; i++)
		spans[i].fd = -1;
	result = read_layers(o, m, spans, t, &ret->left_out, err);
	if (result == 0)
		result = make_init(o, m, t, ret, &script, err);
	if (result == 0)
		result = tarball_write_layers(&(struct tarball_layers){ o->job, t, spans, m->layers.n, script }, ret, err);
	for (size_t i = 0; i < m->layers.n; i++)
		oci_close_span(o, &spans[i]);
	return result;
}

int tarball_oci(const struct tarball_job *job, const struct oci_blobs *blobs, struct tarball_facts *ret, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct oci o = { .job = job, .blobs = blobs, .arena = arena };
	struct oci_manifest m = { 0 };

	if (oci_choose(&o, &m, err) < 0)
		return -1;
	if (m.layers.n == 0 || m.layers.n > LAYERS_MAX)
		return cc_fail(err, INVALID, "'%.200s': the image has %zu layers; from 1 to %d are possible", job->path, m.layers.n, LAYERS_MAX);
	snprintf(ret->arch, sizeof(ret->arch), "%s", o.arch);
	return convert(&o, &m, ret, err);
}
