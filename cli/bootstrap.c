/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No mirror is named here: apt knows where this machine gets Debian from, and the same place has the other suites. */
#include "cli/bootstrap.h"

#include "common/buf.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_LINES  4
#define SOURCES_MAX 16
#define ARGS_MAX    48

static const struct {
	const char *number, *suite;
} releases[] = { { "11", "bullseye" }, { "12", "bookworm" }, { "13", "trixie" }, { "14", "forky" } };

int bootstrap_parse(const char *spec, struct cc_arena *a, const char **ret_suite, const char **ret_name, struct cc_error *err)
{
	const char *word = strncmp(spec, "debian:", 7) == 0 ? spec + 7 : spec;
	const char *number = word;

	*ret_suite = word;
	for (size_t i = 0; i < CC_ARRAY_LEN(releases); i++)
		if (strcmp(word, releases[i].number) == 0)
			*ret_suite = releases[i].suite;
		else if (strcmp(word, releases[i].suite) == 0)
			number = releases[i].number;
	if (word[0] == '\0' || strspn(*ret_suite, "abcdefghijklmnopqrstuvwxyz") != strlen(*ret_suite))
		return cc_fail(err, INVALID, "'%.100s' is not something that can be built; say debian:12 or debian:bookworm", spec);
	*ret_name = cc_printf(a, "debian-%s", number);
	return 0;
}

/* A program under way whose output is read line by line. */
struct child {
	pid_t pid;
	FILE *lines;
};

/* Starts argv[0]; `to` becomes its stdout and the lines are its stderr, or with -1 its stdout. @err UNAVAILABLE it is not installed, sys_errno ENOENT */
static int start(char *const argv[], int to, struct child *ret, struct cc_error *err)
{
	int out[2], failed[2], why = 0;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0)
		return cc_fail_errno(err, "making a pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		setenv("LC_ALL", "C.UTF-8", 1);
		if (dup2(null, STDIN_FILENO) >= 0 && dup2(to >= 0 ? to : out[1], STDOUT_FILENO) >= 0 &&
		        dup2(to >= 0 ? out[1] : null, STDERR_FILENO) >= 0)
			execvp(argv[0], argv);
		(void)!write(failed[1], &errno, sizeof(errno));
		_exit(127);
	}
	close(out[1]);
	close(failed[1]);
	*ret = (struct child){ pid, fdopen(out[0], "r") };
	if (pid >= 0 && read(failed[0], &why, sizeof(why)) == sizeof(why))
		waitpid(pid, NULL, 0);
	close(failed[0]);
	if (pid >= 0 && why == 0)
		return 0;
	fclose(ret->lines);
	errno = pid < 0 ? errno : why;
	return cc_fail_errno(err, "starting %s", argv[0]);
}

static int wait_child(struct child *c)
{
	int status = -1;

	fclose(c->lines);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Where packages come from: the lines of a sources.list. */
struct sources {
	struct cc_arena *arena;
	const char *lines[SOURCES_MAX];
	size_t n;
};

/* One line of what apt says: the codename "bookworm-security" is "bookworm" and "-security". */
struct target {
	char suite[64], part[64], uri[512], component[64];
};

static bool parse_target(const char *line, struct target *t)
{
	char name[64];

	if (sscanf(line, "%63s %511s %63s", name, t->uri, t->component) != 3 || strcmp(t->component, "main") != 0)
		return false;
	snprintf(t->suite, sizeof(t->suite), "%.*s", (int)strcspn(name, "-"), name);
	snprintf(t->part, sizeof(t->part), "%s", name + strcspn(name, "-"));
	return t->part[0] == '\0' || strcmp(t->part, "-updates") == 0 || strcmp(t->part, "-security") == 0;
}

/* The same part of `suite` from the same place. */
static void add_source(struct sources *s, const struct target *t, const char *suite)
{
	const char *line = cc_printf(s->arena, "deb %s %s%s main", t->uri, suite, t->part);

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->lines[i], line) == 0)
			return;
	if (s->n < SOURCES_MAX)
		s->lines[s->n++] = line;
}

static void take_targets(struct sources *s, FILE *lines, const char *suite)
{
	char line[1024], other[64] = "";
	struct target t;
	struct sources near = { .arena = s->arena };

	while (fgets(line, sizeof(line), lines) != NULL) {
		if (!parse_target(line, &t))
			continue;
		if (strcmp(t.suite, suite) == 0)
			add_source(s, &t, suite);
		if (other[0] == '\0')
			snprintf(other, sizeof(other), "%s", t.suite);
		if (strcmp(t.suite, other) == 0)
			add_source(&near, &t, suite);
	}
	if (s->n == 0)
		*s = near;
}

static int find_sources(const struct bootstrap *b, struct sources *s, struct cc_error *err)
{
	char *argv[] = { "apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI) $(COMPONENT)", "Created-By: Packages", "Origin: Debian",
		NULL };
	struct cc_error ignored = { 0 };
	struct child c;

	if (b->mirror != NULL) {
		s->lines[s->n++] = cc_printf(s->arena, "deb %s %s main", b->mirror, b->suite);
		return 0;
	}
	if (start(argv, -1, &c, &ignored) == 0) {
		take_targets(s, c.lines, b->suite);
		(void)wait_child(&c);
	}
	if (s->n > 0)
		return 0;
	return cc_fail(err, UNAVAILABLE, "apt on this machine knows no Debian mirror; run apt-get update, or give one with --mirror URL");
}

/* What an instance needs: an init, a way to talk to it, names of services. The rest the member installs. */
#define PACKAGES "systemd-sysv,dbus,iproute2,netbase"

/* The machine's identity does not belong in an image; a log that sees the node's whole disk must not believe that it may have a tenth of it. */
static char hook[] = "--customize-hook="
                     "rm -f \"$1\"/etc/hostname \"$1\"/etc/hosts \"$1\"/etc/resolv.conf && : >\"$1\"/etc/machine-id && "
                     "mkdir -p \"$1\"/etc/systemd/journald.conf.d && "
                     "printf '[Journal]\\nSystemMaxUse=32M\\nRuntimeMaxUse=16M\\n' >\"$1\"/etc/systemd/journald.conf.d/size.conf";

/* Manuals and translations are half of a small system, and travel over slow links. */
static char *const dpkg_options[] = {
	"--dpkgopt=path-exclude=/usr/share/man/*",
	"--dpkgopt=path-exclude=/usr/share/locale/*",
	"--dpkgopt=path-exclude=/usr/share/doc/*",
	"--dpkgopt=path-include=/usr/share/doc/*/copyright",
};

static void fill_args(const struct bootstrap *b, const struct sources *s, char *argv[ARGS_MAX])
{
	size_t n = 0;

	argv[n++] = "mmdebstrap";
	argv[n++] = "--variant=minbase";
	argv[n++] = "--format=tar";
	argv[n++] = cc_printf(s->arena, "--architectures=%s", b->arch);
	argv[n++] = cc_printf(s->arena, "--include=" PACKAGES "%s%s", b->include != NULL ? "," : "", b->include != NULL ? b->include : "");
	for (size_t i = 0; i < CC_ARRAY_LEN(dpkg_options); i++)
		argv[n++] = dpkg_options[i];
	argv[n++] = hook;
	argv[n++] = (char *)b->suite;
	argv[n++] = "-";
	for (size_t i = 0; i < s->n; i++)
		argv[n++] = (char *)s->lines[i];
	argv[n] = NULL;
}

/* The last lines that are not about what went well. */
struct last {
	char lines[LAST_LINES][256];
	size_t n;
};

static void keep_line(struct last *l, const char *line)
{
	if (strncmp(line, "I: ", 3) == 0 || line[0] == '\0')
		return;
	memmove(l->lines[0], l->lines[1], sizeof(l->lines) - sizeof(l->lines[0]));
	snprintf(l->lines[LAST_LINES - 1], sizeof(l->lines[0]), "%.*s", (int)sizeof(l->lines[0]) - 1, line);
	l->n++;
}

static int build_failed(const struct last *l, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };

	for (size_t i = 0; i < LAST_LINES; i++)
		if (l->lines[i][0] != '\0')
			cc_buf_printf(&text, "%s%s", text.len > 0 ? "; " : "", l->lines[i]);
	return cc_fail(err, UNAVAILABLE, "mmdebstrap failed: %s", text.len > 0 ? cc_buf_str(&text) : "it does not say why");
}

static int run(char *argv[], int to, void (*tell)(void *arg, const char *line), void *arg, struct cc_error *err)
{
	struct last last = { 0 };
	struct child c;
	char line[1024];

	if (start(argv, to, &c, err) < 0)
		return err->sys_errno != ENOENT
		               ? -1
		               : cc_fail(err, UNAVAILABLE, "mmdebstrap is not installed; it makes the root file system: apt-get install mmdebstrap");
	while (fgets(line, sizeof(line), c.lines) != NULL) {
		/* Progress bars go over their line again and again. */
		char *text = strrchr(line, '\r') != NULL && strrchr(line, '\r')[1] != '\n' ? strrchr(line, '\r') + 1 : line;

		text[strcspn(text, "\r\n")] = '\0';
		keep_line(&last, text);
		tell(arg, text);
	}
	return wait_child(&c) == 0 ? 0 : build_failed(&last, err);
}

int bootstrap_run(const struct bootstrap *b, int to, void (*tell)(void *arg, const char *line), void *arg, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct sources s = { .arena = a };
	char *argv[ARGS_MAX];

	if (find_sources(b, &s, err) < 0)
		return -1;
	fill_args(b, &s, argv);
	return run(argv, to, tell, arg, err);
}
