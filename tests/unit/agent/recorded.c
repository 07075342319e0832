/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/recorded.h"

#include "common/check.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t recorded_files(char ***ret)
{
	static glob_t files;

	CC_PRE(glob(CC_PROTOCOL_DIR "/*/*", 0, NULL, &files) == 0);
	*ret = files.gl_pathv;
	return files.gl_pathc;
}

/* Whether the line is "< STATUS entity". */
static bool begins(const char *line, const char *entity)
{
	const char *name = strncmp(line, "< ", 2) == 0 ? strchr(line + 2, ' ') : NULL;

	return name != NULL && strcmp(name + 1, entity) == 0;
}

struct recorded recorded_read(const char *path, const char *entity)
{
	struct recorded r = { 0 };
	char *line = NULL;
	size_t size = 0;
	bool body_is_next = false;
	FILE *f = fopen(path, "r");

	CC_PRE(f != NULL);
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (body_is_next) {
			r.items = cc_realloc(r.items, (r.n + 1) * sizeof(*r.items));
			r.items[r.n++] = cc_strdup(line + 2);
		}
		body_is_next = begins(line, entity);
	}
	free(line);
	fclose(f);
	return r;
}

void recorded_free(struct recorded *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->items[i]);
	free(r->items);
	*r = (struct recorded){ 0 };
}
