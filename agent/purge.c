/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The identity goes first, after the zone was told: from then on the agent cannot come back as half a node, whatever happens. */
#include "agent/purge.h"

#include "agent/agent_confine.h"
#include "agent/leave.h"
#include "agent/own_user.h"
#include "agent/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULTS  "/etc/default/communitycloud-agent"
#define PROGRAM   "cc-agent-priv"
#define FLAGS_MAX 64

static bool is_simulated(const struct purge *p)
{
	for (char **f = p->flags; f != NULL && *f != NULL; f++)
		if (strcmp(*f, "sim") == 0 || strcmp(*f, "--driver=sim") == 0)
			return true;
	return false;
}

static void describe(const struct purge *p, const struct spool_identity *who, FILE *to)
{
	struct inst_table t = { 0 };
	struct cc_error ignored = { 0 };
	int64_t revision;

	if (who == NULL) {
		fprintf(to, "This machine belongs to no zone any more. Delete what is left of the node: instances, images, bridge and rules? [y/N] ");
		return;
	}
	(void)spool_load_assignments(p->cfg->state_dir, &t, &revision, &ignored);
	fprintf(to,
	        "Purge node %s of zone %s? Its %zu instances are deleted with their disks, and its images, bridge, rules, key and state. Their members are told "
	        "that they are lost. [y/N] ",
	        who->node_name, who->zone, t.n);
	inst_table_done(&t);
}

static int confirm(const struct purge *p, const struct spool_identity *who, bool *ret_yes, struct cc_error *err)
{
	char answer[16];

	*ret_yes = p->yes;
	if (p->yes)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return cc_fail(err, INVALID, "nobody can be asked here, since this is not a terminal; give --yes to purge");
	describe(p, who, stderr);
	fflush(stderr);
	*ret_yes = fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
	return 0;
}

/* In a child, for it gives up its rights like the agent. Its exit status. */
static int leave_as_agent(const struct purge *p, const struct spool_identity *who)
{
	struct cc_error err = { 0 };

	if (own_user_become(p->cfg->state_dir, &err) == 0 && agent_confine(p->cfg, p->config_path, who, &err) == 0 &&
	        leave_zone(p->cfg, who, &err) == 0)
		return 0;
	if (err.code != CC_UNAUTHENTICATED)
		fprintf(stderr, "cc-agent: %s\n", err.msg);
	return cc_code_info(err.code)->exit_status;
}

/* The exit status of a child, -1 when it had none. */
static int wait_child(pid_t pid)
{
	int status = -1;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void tell_zone(const struct purge *p, const struct spool_identity *who)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(leave_as_agent(p, who));
	status = wait_child(pid);
	if (status == 0)
		printf("zone %s was told that node %s leaves\n", who->zone, who->node_name);
	else if (status == cc_code_info(CC_UNAUTHENTICATED)->exit_status)
		printf("zone %s does not know node %s any more\n", who->zone, who->node_name);
	else
		printf("zone %s could not be told; its admin removes the node: ccctl node remove --force %s\n", who->zone, who->node_name);
	fflush(stdout);
}

/* Words of OPTIONS="..." in the file that the unit reads, too. The text is kept for ever: it is the program's end. */
static size_t default_flags(char *to[FLAGS_MAX])
{
	cc_auto(fclose) FILE *f = fopen(DEFAULTS, "re");
	static char line[4096];
	size_t n = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *save = NULL;

		if (strncmp(line, "OPTIONS=", 8) != 0)
			continue;
		n = 0;
		for (char *w = strtok_r(line + 8, " \t\n\"'", &save); w != NULL && n < FLAGS_MAX; w = strtok_r(NULL, " \t\n\"'", &save))
			to[n++] = strdup(w);
	}
	return n;
}

CC_NORETURN static void exec_priv(const struct purge *p)
{
	char *argv[FLAGS_MAX + 3] = { PROGRAM };
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof(PROGRAM) - 1);
	char *slash;
	size_t n = 1;

	for (char **f = p->flags; f != NULL && *f != NULL && n <= FLAGS_MAX; f++)
		argv[n++] = *f;
	if (p->flags == NULL)
		n += default_flags(argv + 1);
	argv[n] = "--purge";
	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
		execv(path, argv);
	}
	execvp(PROGRAM, argv);
	fprintf(stderr, "cc-agent: cannot run " PROGRAM ": %s\n", strerror(errno));
	_exit(127);
}

static int run_priv(const struct purge *p, struct cc_error *err)
{
	pid_t pid = fork();

	if (pid == 0)
		exec_priv(p);
	if (wait_child(pid) == 0)
		return 0;
	return cc_fail(err, IO, "not all of the node could be removed, see above; mend that and purge again");
}

/* Files of a folder, no folders in it; the folder itself too. */
static void remove_folder(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			(void)unlinkat(fd, d->d_name, 0);
	(void)unlinkat(dirfd, name, AT_REMOVEDIR);
}

/* And what a kill or damage made of them. */
static void remove_files(int dirfd, const char *const *names)
{
	static const char *const suffixes[] = { "", ".new", ".damaged" };
	char name[64];

	for (; *names != NULL; names++)
		for (size_t k = 0; k < CC_ARRAY_LEN(suffixes); k++) {
			snprintf(name, sizeof(name), "%s%s", *names, suffixes[k]);
			(void)unlinkat(dirfd, name, 0);
		}
}

/* `all` false: what makes it a node. Names that others gave stay. */
static void remove_state(const char *path, bool all)
{
	static const char *const rest[] = { "identity.pem", "live.json", "running", NULL };
	cc_auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	remove_files(fd, spool_files);
	if (!all)
		return;
	remove_files(fd, rest);
	remove_folder(fd, "images");
	remove_folder(fd, "owner");
	if (rmdir(path) < 0 && errno != ENOENT)
		fprintf(stderr, "cc-agent: '%s' is kept: %s\n", path, strerror(errno));
}

int purge_node(const struct purge *p, bool *ret_done, struct cc_error *err)
{
	cc_auto_free struct spool_identity *who = NULL;
	struct cc_error missing = { 0 };

	*ret_done = false;
	if (geteuid() != 0 && !is_simulated(p))
		return cc_fail(err, DENIED, "purging needs root: sudo cc-agent purge");
	/* Damaged, it names nothing, and goes all the same. */
	(void)spool_load_identity(p->cfg->state_dir, &who, &missing);
	if (confirm(p, who, ret_done, err) < 0)
		return -1;
	if (!*ret_done)
		return 0;
	if (who != NULL)
		tell_zone(p, who);
	remove_state(p->cfg->state_dir, false);
	if (run_priv(p, err) < 0)
		return -1;
	remove_state(p->cfg->state_dir, true);
	return 0;
}
