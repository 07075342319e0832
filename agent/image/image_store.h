/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The images that are unpacked on this node. An image that shows is whole, verified, and on the disk. */
#pragma once

#include "agent/driver/state_dir.h"
#include "agent/priv_msg.h"

/* Takes it out of sight, at once: from then on no instance can be built on it. Nothing there is fine. The caller knows that none is. @err IO */
int image_hide(const struct state_dir *dirs, const char *sha256, struct cc_error *err);
/* Removes what image_hide hid, and takes its time. @err IO */
int image_delete_hidden(const struct state_dir *dirs, const char *sha256, struct cc_error *err);

/* Calls back for each image; `users` is left 0. */
typedef void image_list_fn(void *user, const struct priv_image *image);
int image_list(const struct state_dir *dirs, image_list_fn *each, void *user, struct cc_error *err);

/* Removes what is not a whole image. @err IO */
int image_sweep(const struct state_dir *dirs, struct cc_error *err);

bool image_exists(const struct state_dir *dirs, const char *sha256);

/* 64 lower-case hex digits and a NUL: what makes it safe to use as a name. */
bool image_valid_sha256(const char text[PRIV_SHA256_TEXT]);
