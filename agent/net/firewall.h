/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's firewall by libnftables. */
#pragma once

#include "common/error.h"

struct firewall {
	/* What a command that lists prints, with handles and without elements of sets; "" when it fails. Heap. */
	char *(*list)(const char *command);
	/* Carries out nft commands, all or none. @err IO with nft's words */
	int (*run)(const char *rules, struct cc_error *err);
};
extern const struct firewall firewall_nft;

/* A module for cc-agent-priv, for the same reason as the extractor of images. @err INTERNAL it cannot be loaded */
const struct firewall *firewall_find(struct cc_error *err);
