/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread that changes the zone: it takes the engine's batches to the database and the outcome back. While one batch commits the next is decided.
 * A lost session is opened again by itself; until then changes are refused and reads go on. While another controller has the zone this one is its standby:
 * it refuses both, watches the other, and takes the zone when that ends or stands still. */
#pragma once

#include "controller/engine/engine.h"

struct writer;

struct writer_options {
	const char *database;  /* conninfo of libpq */
	const char *zone_name; /* NULL or "": whatever the database holds */
	const struct engine_options *engine;
	int64_t retry_ms;                   /* pause between attempts to reach the database */
	const struct zone_controller *self; /* as other controllers and nodes are to know it, copied; NULL: it stays unknown */
	bool new_key;                       /* take the zone although its controllers have another key than this one */
};

/* Looks for the zone and starts the thread. When the zone is free, it is taken and loaded before this returns; else the engine begins as a standby's, and the
 * thread goes on looking. @err CONFLICT the zone's name or the schema does not fit; INVALID, INTERNAL */
int writer_start(const struct writer_options *opt, struct writer **ret, struct cc_error *err);
struct engine *writer_engine(struct writer *w);
/* Who is told what was published, on the writer's thread. */
struct writer_hooks {
	void (*touch)(void *arg, struct cc_uuid id); /* the id of every change */
	void (*reloaded)(void *arg);                 /* the zone was loaded again: everything may have changed */
	/* Of a standby: the zone's images with name, arch, bytes and sha256, at first and after each change; copied by who needs them. */
	void (*images)(void *arg, const struct image *list, size_t n);
	void *images_arg;
	void *arg;
};
/* What was published before is not told again. NULL takes the hooks back: nobody is inside them afterwards. */
void writer_hook(struct writer *w, const struct writer_hooks *hooks);
/* Finishes what is under way, ends the thread and closes the database. Nobody may push commands any more. NULL is allowed. */
void writer_stop(struct writer *w);
