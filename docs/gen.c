/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc-docs DIR: writes the pages of docs/gen. `cmake --build --preset dev --target docs` runs it; a test compares what it writes with what is checked in. */
#include "docs/gen.h"

#include "common/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *file;
	void (*write)(struct cc_buf *out);
} pages[] = {
	{ "errors.md", gen_errors },
	{ "events.md", gen_events },
	{ "kinds.md", gen_kinds },
	{ "entities.md", gen_entities },
	{ "settings-controller.md", gen_settings_controller },
	{ "settings-agent.md", gen_settings_agent },
	{ "settings-agent-priv.md", gen_settings_agent_priv },
	{ "lifecycle.md", gen_lifecycle },
	{ "routes.md", gen_routes },
	{ "openapi.json", gen_openapi },
};

void gen_head(struct cc_buf *out, const char *title, const char *source, const char *about)
{
	cc_buf_printf(out, "<!-- Written by docs/gen.c from %s; do not edit. -->\n# %s\n\n%s\n\n", source, title, about);
}

static int write_page(const char *dir, size_t i)
{
	cc_auto_buf struct cc_buf text = { 0 };
	char path[4096];
	FILE *f;
	bool bad;

	pages[i].write(&text);
	snprintf(path, sizeof(path), "%s/%s", dir, pages[i].file);
	f = fopen(path, "we");
	bad = f == NULL || fwrite(text.data, 1, text.len, f) != text.len;
	if ((f != NULL && fclose(f) != 0) || bad) {
		fprintf(stderr, "cc-docs: %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: cc-docs DIR\n");
		return 2;
	}
	if (mkdir(argv[1], 0777) < 0 && errno != EEXIST) {
		fprintf(stderr, "cc-docs: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < CC_ARRAY_LEN(pages); i++)
		if (write_page(argv[1], i) < 0)
			return 1;
	return 0;
}
