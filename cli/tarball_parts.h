/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the module exports, and how its files share the work. Used by tarball_*.c only. */
#pragma once

#include "cli/tarball.h"
#include "cli/tree.h"
#include "common/hash.h"

#include <sys/stat.h>

struct archive;
struct archive_entry;

extern const struct tarball_tool tarball_tool;

CC_DEFINE_CLEANUP(struct tree *, tree_free)

/* A stretch of a file, and how it is told of. */
struct tarball_span {
	const char *name;
	int fd;
	int64_t at, bytes;
};

/* An archive that is read from its start to its end; tarball_read.c. */
struct tarball_reading {
	const struct tarball_job *job;
	const char *step; /* told as progress; NULL: not */
	struct tarball_span span;
	struct archive *a;
	int64_t done;
	struct cc_sha256_state hash;
	uint64_t entries;
	int64_t content_end; /* of the last entry */
	char buf[65536];
};
/* @err INVALID */
int tarball_read_open(
        struct tarball_reading *r, const struct tarball_job *job, const char *step, const struct tarball_span *span, struct cc_error *err);
void tarball_read_close(struct tarball_reading *r);
/* 1 and the next entry, 0 at the end. The name may be NULL. @err INVALID it is no archive, damaged or truncated; IO */
int tarball_read_next(struct tarball_reading *r, struct archive_entry **ret, struct cc_error *err);
/* Passes over the entry's content. @err as above */
int tarball_read_skip(struct tarball_reading *r, struct cc_error *err);
/* The next bytes of the entry's content, 0 at its end. @err as above */
ssize_t tarball_read_data(struct tarball_reading *r, void *to, size_t max, struct cc_error *err);
/* After the last entry: reads what follows, and gives the hash of the whole span. @err IO */
int tarball_read_end(struct tarball_reading *r, char ret_sha256[CC_SHA256_HEX], struct cc_error *err);
/* @err INVALID, with the reader's own words */
int tarball_read_failed(const struct tarball_reading *r, struct cc_error *err);
#define tarball_auto_reading __attribute__((cleanup(tarball_read_close))) struct tarball_reading

/* What the entry says; strings are the entry's. False for what is left out: device nodes, sockets and what is unknown. */
bool tarball_entry_of(struct archive_entry *e, struct tree_entry *ret);
/* `path` without what "./" puts before it. */
const char *tarball_plain_name(const char *path);

/* The archive that is made; tarball_write.c. */
struct tarball_writing {
	int fd;
	struct archive *a;
	struct cc_sha256_state hash;
	int64_t bytes, entries;
};
int tarball_write_open(struct tarball_writing *w, int fd, struct cc_error *err);
/* `hardlink` NULL: the entry itself, followed by its e->size bytes with tarball_write_data; else e->path is one more name of `hardlink`. @err IO, NO_CAPACITY */
int tarball_write_entry(struct tarball_writing *w, const struct tree_entry *e, const char *hardlink, struct cc_error *err);
int tarball_write_data(struct tarball_writing *w, const void *p, size_t len, struct cc_error *err);
/* @err as above */
int tarball_write_end(struct tarball_writing *w, struct tarball_facts *ret, struct cc_error *err);
void tarball_write_close(struct tarball_writing *w);

/* Layers, the lowest first, into one archive; tarball_layers.c. */
struct tarball_layers {
	const struct tarball_job *job;
	struct tree *tree;
	const struct tarball_span *spans;
	size_t n;
	const char *init; /* the content of one file of the tree more, entry 1 of a layer behind the last; NULL: none */
};
/* Reads a layer into the tree. @err as tarball_read_next and tree_add */
int tarball_read_layer(struct tarball_reading *r, struct tree *t, int64_t *left_out, struct cc_error *err);
/* Writes what the tree came to. @err IO, NO_CAPACITY, INVALID a layer changed meanwhile */
int tarball_write_layers(const struct tarball_layers *l, struct tarball_facts *ret, struct cc_error *err);

/* A regular file; tarball_file.c. @err as tarball_tool.make */
int tarball_file(const struct tarball_job *job, const struct stat *st, struct tarball_facts *ret, struct cc_error *err);

/* A directory; tarball_pack.c. @err INVALID empty; IO; NO_CAPACITY */
int tarball_pack(const struct tarball_job *job, int dir, struct tarball_facts *ret, struct cc_error *err);

/* Where an OCI layout's files are: in a directory, or inside of a tar archive that is not compressed. */
struct oci_blob {
	char name[80]; /* "index.json", "blobs/sha256/..." */
	int64_t at, bytes;
};
struct oci_blobs {
	struct oci_blob *items;
	size_t n;
};
/* oci.c; `blobs` NULL: job->from is the directory. @err INVALID, NOT_FOUND, TOO_LARGE, IO */
int tarball_oci(const struct tarball_job *job, const struct oci_blobs *blobs, struct tarball_facts *ret, struct cc_error *err);

/* What the metadata of a split image says of its architecture; "" when it does not say. @err INVALID it is no such metadata; TOO_LARGE, IO */
int tarball_split_arch(const struct tarball_job *job, char *ret, size_t cap, struct cc_error *err);

/* "architecture: x86_64" in the text of a metadata.yaml, as Debian's word; "" when it does not say. */
void tarball_metadata_arch(const char *text, char *ret, size_t cap);
