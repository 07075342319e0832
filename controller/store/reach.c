/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connecting to the database touches on this machine, for who has to allow it beforehand. */
#include "common/config.h"
#include "controller/store/session.h"

#include <stdlib.h>
#include <string.h>

CC_DEFINE_CLEANUP(PQconninfoOption *, PQconninfoFree)

static const char *const file_keywords[] = { "passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir" };

static const char *value_of(const PQconninfoOption *o, const char *keyword)
{
	for (; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0)
			return o->val != NULL && o->val[0] != '\0' ? o->val : NULL;
	return NULL;
}

/* As given, else from the environment and libpq's defaults. */
static const char *either(const PQconninfoOption *given, const PQconninfoOption *usual, const char *keyword)
{
	const char *v = value_of(given, keyword);

	return v != NULL ? v : value_of(usual, keyword);
}

static void add_ports(struct store_reach *r, const char *list)
{
	while (list != NULL && r->n_ports < STORE_REACH_PORTS) {
		unsigned long port = strtoul(list, NULL, 10);

		if (port > 0 && port <= UINT16_MAX)
			r->ports[r->n_ports++] = (uint16_t)port;
		list = strchr(list, ',');
		list = list != NULL ? list + 1 : NULL;
	}
}

static void add_file(struct store_reach *r, const char *path)
{
	if (path != NULL && path[0] == '/')
		r->files[r->n_files++] = path;
}

void store_reach(const char *conninfo, struct cc_arena *a, struct store_reach *ret)
{
	cc_auto(PQconninfoFree) PQconninfoOption *given = PQconninfoParse(conninfo, NULL), *usual = PQconndefaults();
	const char *home = getenv("HOME");

	*ret = (struct store_reach){ .anywhere = either(given, usual, "service") != NULL };
	add_ports(ret, value_of(given, "port"));
	/* Where a list has an empty place, libpq takes its default. */
	add_ports(ret, value_of(usual, "port"));
	for (size_t i = 0; i < CC_ARRAY_LEN(file_keywords); i++) {
		const char *path = either(given, usual, file_keywords[i]);

		add_file(ret, path != NULL ? cc_arena_strdup(a, path) : NULL);
	}
	if (home != NULL && home[0] == '/') {
		add_file(ret, cc_printf(a, "%s/.pgpass", home));
		add_file(ret, cc_printf(a, "%s/.postgresql", home));
	}
}
