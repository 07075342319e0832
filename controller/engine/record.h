/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a decision: why a placement went as it did, as a row and in words. Both come from the scheduler's decision alone and from names. */
#pragma once

#include "controller/engine/command.h"
#include "controller/engine/zone.h"

/* What a record is made of. */
struct record_of {
	const struct zone *zone; /* that was decided on */
	const struct command *cmd;
	const struct instance *inst;
	const struct instance_spec *spec;
	const struct sched_req *req;
	const struct sched_options *opt;
	const struct sched_decision *dec;
	const struct volume *bound_by; /* the volume that left one node only; NULL: none did */
};

/* In the command's arena, as all its pieces. */
struct placement *record_new(const struct record_of *of);
/* Of a decision that placed nothing: the sentence becomes the error and stands in the record. @err NO_CAPACITY */
int record_refuse(const struct record_of *of, struct placement *p, struct cc_error *err);
