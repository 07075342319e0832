/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a copy that works inside of an instance: one process, with the rights and limits of the instance's root, between a stream and the guest's files.
 * The guest is hostile and shares the process's namespaces, so it holds nothing but the stream, cannot be looked into, and runs no code but what it came with. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/driver.h"

struct files_request {
	struct priv_ct_files what;
	const char *paths; /* what.count of them, each with its NUL */
	int report;        /* struct files_report is written there */
	pid_t parent;      /* as the process sees it: 0 when it is outside of its process namespace */
};

struct files_report {
	uint32_t code;   /* enum cc_code */
	uint32_t failed; /* 1: some of the files could not be read */
	char msg[sizeof(((struct cc_error *)0)->msg)];
};

struct files_tool {
	/* Before the instance is entered: loads what would be loaded later. */
	void (*prepare)(void);
	/* In the instance: stdin, stdout and stderr are the stream's. Gives the exit status; what went wrong is in the report. */
	int (*run)(const struct files_request *r);
};
extern const struct files_tool files_tool;

/* Calls exec->inside with the root file system of an instance that does not run, read-only and without its programs, as root of a user namespace with its ids;
 * waits for its end as a driver's exec does. When the instance starts meanwhile, some files may be older than others. Leaves the caller in a mount namespace of
 * its own. @err NOT_FOUND no such image, CONFLICT it has no files yet, BUSY, IO */
int files_visit(const struct priv_node *node, const struct ct_record *rec, const struct driver_exec *exec, int *ret, struct cc_error *err);

/* With libarchive behind it, so loaded in the child that copies, before it enters. @err INTERNAL it cannot be loaded */
const struct files_tool *files_tool_find(struct cc_error *err);
