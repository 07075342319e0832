/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of one instance: what it was started with and which slot it has. It is on the disk before anything is owned by the slot's ids, and a slot is
 * taken as long as a record names it. */
#pragma once

#include "agent/priv_msg.h"

typedef uint64_t ct_record_U64;
typedef struct ports ct_record_PORTS;
typedef struct cc_uuid ct_record_UUID;
typedef char ct_record_TEXT[PRIV_SHA256_TEXT];

struct ct_record {
	struct cc_uuid id;
#define REC(kind, name) ct_record_##kind name;
#include "agent/driver/ct_record.def"
#undef REC
};

/* Beside the record: the exit status of the last end. */
#define CT_EXIT_NAME "exit"

/* `dirfd` is the instance's own directory. @err IO */
int ct_record_write(int dirfd, const struct ct_record *rec, bool durable, struct cc_error *err);
/* Makes durable what was written without. @err IO */
int ct_record_sync(int dirfd, struct cc_error *err);

/* @err NOT_FOUND, INVALID it is not whole, IO */
int ct_record_read(int dirfd, struct cc_uuid id, struct ct_record *ret, struct cc_error *err);
