/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which nodes have which labels: for every label, and for every name of one, the set of nodes by their index in the columns. So a selector over the whole
 * zone is a few operations on sets. */
#pragma once

#include "common/selector.h"

struct node_labels;

struct node_labels *node_labels_new(void);
void node_labels_free(struct node_labels *l);
/* The node at `index` has these labels now, and no others; NULL: it is gone. */
void node_labels_put(struct node_labels *l, size_t index, const struct cc_map *labels);

/* Adds to the set of so many words the nodes that have the label with this value, NULL: with any. */
void node_labels_add(const struct node_labels *l, const char *key, const char *value, uint64_t *set, size_t words);
/* The set of so many words becomes that of what the selector selects; indexes that are no nodes may be in it. */
void node_labels_select(const struct node_labels *l, const struct cc_selector *s, uint64_t *set, size_t words, struct cc_arena *a);
