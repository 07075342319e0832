/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this node's dnsmasq is told: its command line, and the files that it reads. Each line is made from a record and a slot, never from what a guest says,
 * and no name gets into a file that is not a DNS label. */
#pragma once

#include "agent/priv/instances.h"
#include "common/buf.h"

#define NAMES_ARGS_MAX 40

struct names_args {
	char *argv[NAMES_ARGS_MAX + 1];
	size_t n;
	char text[8192]; /* the strings, each with its NUL */
	size_t len;
};

/* `ret` points into itself, so it must not be copied. */
void names_args(const struct priv_node *node, struct names_args *ret);

/* Brings the files of STATE/names up to date. *ret_changed: some of them are new to a dnsmasq that runs. @err INVALID setting `dns`, IO */
int names_files_write(const struct priv_node *node, const struct instances *all, bool *ret_changed, struct cc_error *err);

/* The names of other nodes' instances, from a file of struct priv_name[] that cc-agent gave: each is looked at, and one that is no label or no address spoils all.
 * @err INVALID, IO */
int names_zone_write(const struct priv_node *node, int fd, uint32_t count, bool *ret_changed, struct cc_error *err);

/* A file of STATE/names, complete or not at all, that dnsmasq may read. *ret_changed is only ever set. @err IO */
int names_file_replace(const struct priv_node *node, const char *name, const struct cc_buf *text, bool *ret_changed, struct cc_error *err);
/* @err IO */
int names_dir_open(const struct priv_node *node, int *ret_fd, struct cc_error *err);
