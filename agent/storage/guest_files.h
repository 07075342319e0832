/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few files that an instance needs to feel at home: its name, itself in /etc/hosts, resolvers. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/node.h"

/* Writes below the mounted root what is missing: /etc/hostname unless the instance was given it before, /etc/hosts and /etc/resolv.conf unless the image has
 * them. Never leaves the root, whatever symbolic links a guest made; where they lead nowhere nothing is written. @err IO */
int guest_files_write(const struct priv_node *node, const struct ct_record *rec, const char *root, struct cc_error *err);
