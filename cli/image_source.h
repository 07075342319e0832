/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes an image, from a path or from a program, as a file that is fit to be sent. */
#pragma once

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/tarball.h"
#include "common/signature.h"

struct image_source {
	const char *path; /* for messages */
	const struct tarball_tool *tar;
	const char *meta_path; /* of a split image: its metadata; NULL: it is whole */
	int meta;
	int from; /* what was given; -1: nothing yet */
	int made; /* a file without a name, for what must be converted */
	struct tarball_facts facts;
	struct progress progress;
	bool as_told;                    /* run what an OCI image says */
	bool show;                       /* progress */
	const struct cc_secret_key *key; /* to sign it with; NULL: none */
};

#define IMAGE_SOURCE_NONE                          \
	{                                          \
		.from = -1, .made = -1, .meta = -1 \
	}

/* A file without a name in TMPDIR, or else in /var/tmp: it may become larger than memory. @err IO */
int image_source_scratch(int *ret, struct cc_error *err);
/* Opens what the path names, and what converting it needs; reads nothing yet. @err INVALID no such thing, or not a file or directory; IO */
int image_source_open(struct cli *cli, const char *path, struct image_source *ret, struct cc_error *err);
/* After image_source_open: the metadata of which that is the root file system. @err as there */
int image_source_open_meta(const char *path, struct image_source *src, struct cc_error *err);
/* Looks through src->from, and converts it unless it is fit as it is. `arch`: which of several, or NULL. @err as struct tarball_tool's make */
int image_source_make(struct image_source *src, const char *arch, struct cc_error *err);
/* The file to be sent. */
int image_source_fd(const struct image_source *src);
void image_source_close(struct image_source *src);
#define image_auto_source __attribute__((cleanup(image_source_close))) struct image_source

/* Makes what is fit to be sent and imports it under that name; says so. In cmd_image.c. @err as image_source_make, and what the controller says */
struct image;
int cmd_image_send(struct cli *cli, struct image_source *src, const char *name, const char *arch, struct image *ret, struct cc_error *err);

/* What the image runs on: `given` unless it is NULL, what the source says, or else this machine. In the arena. @err INVALID the source says something else */
int image_source_arch(struct cli *cli, const struct image_source *src, const char *given, const char **ret, struct cc_error *err);
