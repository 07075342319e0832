/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making and reading the PEM text of a key pair. Used by keys.c only. */
#pragma once

#include "common/buf.h"
#include "common/keys.h"

/* Appends a new private key and its self-signed certificate. @err INVALID the name, INTERNAL */
int cc_cert_make(const char *common_name, struct cc_buf *pem, struct cc_error *err);

/* A key pair as text, and what others know it by. */
struct cc_cert {
	struct cc_buf key_pem, cert_pem;
	struct cc_pin pin;
};
/* Takes apart what cc_cert_make wrote, and checks that certificate and key belong together. *ret must be empty. @err INVALID */
int cc_cert_read(const char *pem, size_t len, struct cc_cert *ret, struct cc_error *err);
