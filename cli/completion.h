/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the completions of all shells are made from. */
#pragma once

#include "cli/command.h"

#define COMPLETION_OPTS_MAX 96

/* The scripts. */
void completion_bash(const struct cmd *table, struct cc_buf *out);
void completion_zsh(const struct cmd *table, struct cc_buf *out);
void completion_fish(const struct cmd *table, struct cc_buf *out);

/* Every option of every command once; returns how many. */
size_t completion_all_opts(const struct cmd *table, const struct opt *all[COMPLETION_OPTS_MAX]);
/* What an option's value names; NULL: no noun. */
const struct noun *completion_noun_of(const struct opt *o);
/* "--name|-n", as patterns of `case` are written. */
void completion_pattern(struct cc_buf *out, const struct opt *o);
/* The same of all options that take a value. */
void completion_takes_value(struct cc_buf *out, const struct opt *const *all, size_t n);
/* Words separated by '|' as words separated by spaces. */
void completion_words(struct cc_buf *out, const char *words);
/* `text` between single quotes for sh-like shells; zsh also, fish with `fish`, where a quote is escaped otherwise. */
void completion_quote(struct cc_buf *out, const char *text, bool fish);
/* Whether the row is the first one whose name begins with these `len` bytes, which end a word. Rows of a group stand together. */
bool completion_is_first(const struct cmd *table, const struct cmd *c, size_t len);
/* Whether the row's name begins with the first `len` bytes of `c`'s, and goes on with another word. */
bool completion_goes_on(const struct cmd *row, const struct cmd *c, size_t len);
