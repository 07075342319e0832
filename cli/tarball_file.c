/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass reads all names into a tree, hashes the file, and notes what tells the forms apart; then it is known whether the file can be sent as it is. */
#include "cli/tarball_parts.h"

#include "common/arch.h"

#include <archive.h>
#include <archive_entry.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOBS_MAX            4096
#define METADATA_MAX         65536
#define METADATA_ENTRIES_MAX 10000 /* templates lie beside it */

/* What a pass over the file found. */
struct look {
	const struct tarball_job *job;
	struct tree *tree;
	struct oci_blobs blobs;
	bool oci_layout, oci_index, docker_manifest;
	bool metadata; /* LXD's and Incus' */
	char *text;    /* of metadata.yaml */
	bool unfit;    /* agents would refuse it as it is */
	int64_t left_out;
};

static void note_blob(struct look *l, const char *name, int64_t at, int64_t bytes)
{
	struct oci_blob *b;

	if (strlen(name) >= sizeof(b->name) || l->blobs.n == BLOBS_MAX)
		return;
	if (l->blobs.items == NULL)
		l->blobs.items = cc_calloc(BLOBS_MAX, sizeof(*b));
	b = &l->blobs.items[l->blobs.n++];
	*b = (struct oci_blob){ .at = at, .bytes = bytes };
	snprintf(b->name, sizeof(b->name), "%s", name);
}

/* *text is made when it is NULL; for free(). */
static int read_metadata(struct tarball_reading *r, int64_t size, char **text, struct cc_error *err)
{
	ssize_t n = 0, got = 0;

	if (size > METADATA_MAX)
		return cc_fail(err, TOO_LARGE, "'%.150s': metadata.yaml has more than %d bytes", r->span.name, METADATA_MAX);
	if (*text == NULL)
		*text = cc_calloc(1, METADATA_MAX + 1);
	while (got < size && (n = tarball_read_data(r, *text + got, (size_t)(size - got), err)) > 0)
		got += n;
	return n < 0 ? -1 : 0;
}

static int note_file(struct look *l, struct tarball_reading *r, const struct tree_entry *e, struct cc_error *err)
{
	const char *name = tarball_plain_name(e->path);

	l->oci_layout = l->oci_layout || strcmp(name, "oci-layout") == 0;
	l->oci_index = l->oci_index || strcmp(name, "index.json") == 0;
	l->docker_manifest = l->docker_manifest || strcmp(name, "manifest.json") == 0;
	if (strcmp(name, "index.json") == 0 || strncmp(name, "blobs/sha256/", 13) == 0)
		note_blob(l, name, archive_filter_bytes(r->a, 0), e->size);
	if (strcmp(name, "metadata.yaml") != 0)
		return 0;
	l->metadata = true;
	return read_metadata(r, e->size, &l->text, err);
}

static int look_at_entry(struct look *l, struct tarball_reading *r, struct archive_entry *a, struct cc_error *err)
{
	struct tree_entry e;

	if (!tarball_entry_of(a, &e)) {
		l->left_out++;
		l->unfit = true;
		return 0;
	}
	if (tree_add(l->tree, &e, r->entries, err) < 0)
		return -1;
	return S_ISREG(e.mode) ? note_file(l, r, &e, err) : 0;
}

static int look_through(struct look *l, struct tarball_reading *r, struct tarball_facts *ret, struct cc_error *err)
{
	struct archive_entry *a;
	int more;

	while ((more = tarball_read_next(r, &a, err)) > 0)
		if (look_at_entry(l, r, a, err) < 0 || tarball_read_skip(r, err) < 0)
			return -1;
	if (more < 0)
		return -1;
	l->unfit = l->unfit || archive_filter_code(r->a, 0) == ARCHIVE_FILTER_BZIP2;
	ret->entries = (int64_t)r->entries;
	if (tarball_read_end(r, ret->sha256, err) < 0)
		return -1;
	ret->bytes = r->done;
	return 0;
}

static bool is_compressed(const struct tarball_reading *r)
{
	return archive_filter_code(r->a, 0) != ARCHIVE_FILTER_NONE;
}

static int take_oci(const struct look *l, const struct tarball_reading *r, struct tarball_facts *ret, struct cc_error *err)
{
	if (is_compressed(r))
		return cc_fail(err, INVALID, "'%.150s' is a compressed OCI archive; decompress it first (gunzip, unxz, unzstd)", l->job->path);
	return tarball_oci(l->job, &l->blobs, ret, err);
}

static int convert(const struct look *l, const struct tarball_span *span, struct tarball_facts *ret, struct cc_error *err)
{
	ret->left_out = l->left_out;
	return tarball_write_layers(&(struct tarball_layers){ l->job, l->tree, span, 1, NULL }, ret, err);
}

static int decide(struct look *l, const struct tarball_reading *r, struct tarball_facts *ret, struct cc_error *err)
{
	if (l->job->meta_path != NULL && (l->oci_layout || l->metadata))
		return cc_fail(err, INVALID, "'%.150s' is a whole image and no root file system; import it alone", l->job->path);
	if (l->oci_layout && l->oci_index)
		return take_oci(l, r, ret, err);
	if (l->docker_manifest && !tree_has(l->tree, "etc") && !tree_has(l->tree, "bin"))
		return cc_fail(err, INVALID,
		        "'%.120s' is in docker's own older format; save it as an OCI archive (podman save --format oci-archive, skopeo copy)",
		        l->job->path);
	if (l->metadata && tree_choose(l->tree, "rootfs")) {
		tarball_metadata_arch(l->text, ret->arch, sizeof(ret->arch));
		l->unfit = true;
	} else if (l->metadata && !tree_has(l->tree, "etc") && !tree_has(l->tree, "bin")) {
		return cc_fail(err, INVALID,
		        "'%.120s' is only the metadata of a split image; name the root file system that belongs to it behind it: ccctl image import NAME META ROOTFS",
		        l->job->path);
	}
	ret->has_init = tree_has(l->tree, "sbin/init");
	return l->unfit ? convert(l, &r->span, ret, err) : 0;
}

static int check_magic(const struct tarball_job *job, struct cc_error *err)
{
	char magic[4] = { 0 };

	if (pread(job->from, magic, sizeof(magic), 0) == sizeof(magic) && memcmp(magic, "hsqs", 4) == 0)
		return cc_fail(err, INVALID,
		        "'%.100s' is a squashfs; make a tar archive of it: sqfs2tar FILE > rootfs.tar (Debian package squashfs-tools-ng)", job->path);
	return 0;
}

int tarball_file(const struct tarball_job *job, const struct stat *st, struct tarball_facts *ret, struct cc_error *err)
{
	cc_auto(tree_free) struct tree *tree = tree_new(false);
	tarball_auto_reading r = { 0 };
	struct look l = { .job = job, .tree = tree };
	struct tarball_span span = { job->path, job->from, 0, st->st_size };
	int result;

	if (check_magic(job, err) < 0 || tarball_read_open(&r, job, "checking", &span, err) < 0)
		return -1;
	result = look_through(&l, &r, ret, err);
	if (result == 0)
		result = decide(&l, &r, ret, err);
	free(l.blobs.items);
	free(l.text);
	return result;
}

/* 1 when the text was found and read. */
static int find_metadata(struct tarball_reading *r, char **text, struct cc_error *err)
{
	struct archive_entry *a;
	struct tree_entry e;
	int more, found = 0;

	while ((more = tarball_read_next(r, &a, err)) > 0) {
		const char *name = tarball_entry_of(a, &e) && e.path != NULL ? tarball_plain_name(e.path) : "";

		if (strncmp(name, "rootfs/", 7) == 0)
			return cc_fail(err, INVALID, "'%.150s' is a whole image with a root file system of its own; import it alone", r->span.name);
		found = found || (S_ISREG(e.mode) && strcmp(name, "metadata.yaml") == 0);
		if (S_ISREG(e.mode) && strcmp(name, "metadata.yaml") == 0 && read_metadata(r, e.size, text, err) < 0)
			return -1;
		if (r->entries > METADATA_ENTRIES_MAX || tarball_read_skip(r, err) < 0)
			return r->entries > METADATA_ENTRIES_MAX
			               ? cc_fail(err, TOO_LARGE, "'%.150s' is no metadata of an image: it has more than %d files", r->span.name,
			                         METADATA_ENTRIES_MAX)
			               : -1;
	}
	return more < 0 ? -1 : found;
}

int tarball_split_arch(const struct tarball_job *job, char *ret, size_t cap, struct cc_error *err)
{
	tarball_auto_reading r = { 0 };
	cc_auto_free char *text = NULL;
	struct stat st;
	int found;

	if (fstat(job->meta, &st) < 0)
		return cc_fail_errno(err, "opening '%.200s'", job->meta_path);
	if (tarball_read_open(&r, job, NULL, &(struct tarball_span){ job->meta_path, job->meta, 0, st.st_size }, err) < 0)
		return -1;
	found = find_metadata(&r, &text, err);
	if (found == 0)
		return cc_fail(err, INVALID,
		        "'%.150s' is no metadata of an image: there is no metadata.yaml in it; the metadata comes first, then the root file system",
		        job->meta_path);
	if (found > 0)
		tarball_metadata_arch(text, ret, cap);
	return found < 0 ? -1 : 0;
}

void tarball_metadata_arch(const char *text, char *ret, size_t cap)
{
	static const char key[] = "architecture:";
	const char *line = text;
	char word[32];

	ret[0] = '\0';
	while (line != NULL && strncmp(line, key, strlen(key)) != 0) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	if (line == NULL)
		return;
	line += strlen(key) + strspn(line + strlen(key), " \t\"'");
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(line, " \t\"'#\r\n"), line);
	snprintf(ret, cap, "%s", cc_arch_debian(word));
}
