/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --memory, --cpu, --disk, --pids and --label say, as fields of a request. */
#pragma once

#include "cli/cli.h"
#include "common/model.h"

/* Sets memory_mib, cpu_millis, disk_mib and pids of a row of `d` from the options that were given. @err INVALID out of range, with the range in words */
int spec_limits(const struct cli *cli, const struct cc_desc *d, void *row, struct cc_error *err);

/* Reads words such as "8080:80" and "53:5353/udp". *ret is in the arena. @err INVALID */
int spec_ports(const struct cli *cli, const char *const *words, size_t n, struct published_port **ret, struct cc_error *err);

/* Every --label NAME=VALUE; with `changes` also NAME-, which becomes a value of NULL: it is taken away. In the arena. @err INVALID */
int spec_labels(const struct cli *cli, bool changes, struct cc_map *ret, struct cc_error *err);
