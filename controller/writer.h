/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread that changes the zone: it takes the engine's batches to the database and the outcome back. While one batch commits the next is decided.
 * A lost session is opened again by itself; until then changes are refused and reads go on. */
#pragma once

#include "controller/engine/engine.h"

#include <signal.h>

struct writer;

struct writer_options {
	const char *database;  /* conninfo of libpq */
	const char *zone_name; /* NULL or "": whatever the database holds */
	const struct engine_options *engine;
	int64_t retry_ms; /* pause between attempts to reach the database */
};

/* Opens the database, brings its schema up to date, takes the zone, loads it and starts the thread. Waits while PostgreSQL cannot be reached or another
 * controller has the zone, until *stop becomes true. @err CONFLICT the zone's name or the schema does not fit; INVALID; UNAVAILABLE or TIMEOUT when stopped
 * while waiting */
int writer_start(const struct writer_options *opt, const volatile sig_atomic_t *stop, struct writer **ret, struct cc_error *err);
struct engine *writer_engine(struct writer *w);
/* Who is told what was published, on the writer's thread. */
struct writer_hooks {
	void (*touch)(void *arg, struct cc_uuid id); /* the id of every change */
	void (*reloaded)(void *arg);                 /* the zone was loaded again: everything may have changed */
	void *arg;
};
/* What was published before is not told again. NULL takes the hooks back: nobody is inside them afterwards. */
void writer_hook(struct writer *w, const struct writer_hooks *hooks);
/* Finishes what is under way, ends the thread and closes the database. Nobody may push commands any more. NULL is allowed. */
void writer_stop(struct writer *w);
