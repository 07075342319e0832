/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a program is: one ECDSA P-256 key in a self-signed certificate that never expires, kept in one file, and the pin by which others know it.
 * Trust is the pin alone: names and dates in certificates mean nothing. (P-256 and not Ed25519 because browsers, which show the controller's page,
 * accept no Ed25519 certificates.) */
#pragma once

#include "common/cleanup.h"
#include "common/pin.h"

#define CC_KEY_FILE "identity.pem"

struct cc_key_pair;

/* Reads DIR/identity.pem, or makes it when there is none: `common_name` (1 to 64 bytes) is then written into the certificate for people to read. The
 * folder must exist. Several processes may call this at once and get the same key; one that is killed anywhere in between leaves nothing that
 * troubles the next. A file that others may read, or that is damaged, is refused and never replaced.
 * @err DENIED readable by others, INVALID damaged or a wrong name, IO */
int cc_key_pair_open(const char *dir, const char *common_name, struct cc_key_pair **ret, struct cc_error *err);
/* Wipes the key. */
void cc_key_pair_free(struct cc_key_pair *pair);
CC_DEFINE_CLEANUP(struct cc_key_pair *, cc_key_pair_free)

/* These live as long as the pair. The file holds both PEM blocks, so it serves as key file and as certificate file. */
const char *cc_key_pair_path(const struct cc_key_pair *pair);
const char *cc_key_pair_key_pem(const struct cc_key_pair *pair);
const char *cc_key_pair_cert_pem(const struct cc_key_pair *pair);
struct cc_pin cc_key_pair_pin(const struct cc_key_pair *pair);

/* The pin of a certificate in DER, as a TLS session gives it. @err INVALID */
int cc_pin_from_der(const void *der, size_t len, struct cc_pin *ret, struct cc_error *err);
