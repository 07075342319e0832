/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instances start /sbin/init, and an image for a single program has none: so it gets one. It stays the first process, so that a stop reaches the program: the kernel
 * keeps signals from a first process that does not ask for them. */
#include "cli/oci.h"

#include "common/buf.h"

#include <ctype.h>
#include <string.h>

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Until the program has ended, however often a signal ends the waiting. 30 is SIGPWR, by which instances are told to stop. */
static const char begin[] = "#!/bin/sh\n"
                            "# Made by ccctl image import of what the image says it runs.\n";
static const char end[] = "\"$@\" &\n"
                          "main=$!\n"
                          "trap 'kill -TERM $main 2>/dev/null' 1 2 3 15 30\n"
                          "while :; do\n"
                          "\twait $main\n"
                          "\tstatus=$?\n"
                          "\tkill -0 $main 2>/dev/null || exit $status\n"
                          "done\n";

static void add_quoted(struct cc_buf *out, const char *text)
{
	cc_buf_addc(out, '\'');
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			cc_buf_adds(out, "'\\''");
		else
			cc_buf_addc(out, *p);
	cc_buf_addc(out, '\'');
}

static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '_' && !isalpha((unsigned char)text[i]) && (i == 0 || !isdigit((unsigned char)text[i])))
			return false;
	return len > 0;
}

/* A name that a shell cannot carry is left out. */
static void add_environment(struct cc_buf *out, const struct oci_run *run)
{
	cc_buf_adds(out, "export PATH=" USUAL_PATH "\n");
	for (size_t i = 0; i < run->Env.n; i++) {
		const char *item = run->Env.items[i];
		size_t len = strcspn(item, "=");

		if (item[len] != '=' || !is_name(item, len))
			continue;
		cc_buf_printf(out, "export %.*s=", (int)len, item);
		add_quoted(out, item + len + 1);
		cc_buf_addc(out, '\n');
	}
}

static void add_command(struct cc_buf *out, struct cc_buf *told, const struct cc_texts *words)
{
	for (size_t i = 0; i < words->n; i++) {
		cc_buf_addc(out, ' ');
		add_quoted(out, words->items[i]);
		cc_buf_printf(told, "%s%s", told->len > 0 ? " " : "", words->items[i]);
	}
}

static void note_user(const struct oci_run *run, struct tarball_facts *facts)
{
	const char *user = cc_has(run, oci_run, User) ? run->User : "";
	size_t len = strcspn(user, ":");

	bool is_root = (len == 1 && user[0] == '0') || (len == 4 && strncmp(user, "root", 4) == 0);

	if (len > 0 && !is_root)
		snprintf(facts->user, sizeof(facts->user), "%.40s", user);
}

static const char *write_script(const struct oci *o, const struct oci_run *run, struct tarball_facts *facts)
{
	cc_auto_buf struct cc_buf out = { 0 }, told = { 0 };

	cc_buf_adds(&out, begin);
	add_environment(&out, run);
	cc_buf_adds(&out, "cd ");
	add_quoted(&out, cc_has(run, oci_run, WorkingDir) && run->WorkingDir[0] != '\0' ? run->WorkingDir : "/");
	cc_buf_adds(&out, " || exit 1\nset --");
	add_command(&out, &told, &run->Entrypoint);
	add_command(&out, &told, &run->Cmd);
	cc_buf_addc(&out, '\n');
	cc_buf_adds(&out, end);
	snprintf(facts->runs, sizeof(facts->runs), "%.150s", cc_buf_str(&told));
	note_user(run, facts);
	return cc_arena_strdup(o->arena, cc_buf_str(&out));
}

int oci_init(const struct oci *o, const struct oci_manifest *m, struct tarball_facts *facts, const char **ret, struct cc_error *err)
{
	struct oci_config config = { 0 };
	const struct oci_run *run;

	*ret = NULL;
	if (oci_read(o, &m->config.items[0], &oci_config_desc, &config, err) < 0)
		return cc_wrap(err, "what the image runs");
	run = cc_has(&config, oci_config, config) ? &config.config.items[0] : NULL;
	if (run != NULL && run->Entrypoint.n + run->Cmd.n > 0)
		*ret = write_script(o, run, facts);
	return 0;
}
