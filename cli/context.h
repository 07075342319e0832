/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zones that ccctl is logged in to. A context is a login token in a file of its own, as the token carries all that is needed: the controller's addresses, its
 * key and the secret. The files lie in $XDG_CONFIG_HOME/communitycloud/contexts (or ~/.config/...), readable by their owner alone; the file `context` beside
 * that folder names the current one. Each file is written whole or not at all. */
#pragma once

#include "common/token.h"

/* This machine's unix socket: the context that is always there and has no file. */
#define CONTEXT_LOCAL "local"

/* @err INVALID no DNS label, or CONTEXT_LOCAL */
int context_check_name(const char *name, struct cc_error *err);

/* The folder of all this in the arena, made when it is missing. @err INVALID there is no place for it; IO */
int context_folder(struct cc_arena *a, const char **ret, struct cc_error *err);

/* The current context's name in the arena; CONTEXT_LOCAL when none was chosen. @err IO, INVALID */
int context_current(struct cc_arena *a, const char **ret, struct cc_error *err);
/* @err NOT_FOUND there is none; DENIED others may read or write its file; INVALID, IO */
int context_load(struct cc_arena *a, const char *name, struct cc_token *ret, struct cc_error *err);
/* Names in order. @err IO */
int context_names(struct cc_arena *a, const char ***ret, size_t *ret_n, struct cc_error *err);

/* Writes or replaces it. @err INVALID, IO */
int context_save(struct cc_arena *a, const char *name, const char *token, struct cc_error *err);
/* @err IO */
int context_choose(struct cc_arena *a, const char *name, struct cc_error *err);
/* The current one may be removed; CONTEXT_LOCAL is then current. @err NOT_FOUND, IO */
int context_remove(struct cc_arena *a, const char *name, struct cc_error *err);
