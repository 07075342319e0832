/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing images with keys of minisign's. */
#pragma once

#include "common/buf.h"
#include "common/signature.h"

/* The text of a file of minisign's. @err INVALID there is none, IO */
int image_sign_read(const char *path, struct cc_buf *ret, struct cc_error *err);
/* Reads a secret key's file; to be wiped by the caller. @err INVALID, IO */
int image_sign_key(const char *path, struct cc_secret_key *ret, struct cc_error *err);
