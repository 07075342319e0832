/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths are looked up by the kernel in the instance's mounts below its root, so a link, wherever it leads and whenever it is put there, leads to the guest's
 * own files. What must not happen is that the guest gets hold of this process: it is no longer dumpable since before it came, so its memory and descriptors
 * cannot be reached; it maps no new code and starts no program; libraries look for nothing by name any more. */
#include "agent/storage/files.h"

#include "agent/image/sandbox_calls.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK (256 * 1024)

static void keep_only(int report)
{
	if (report > 3)
		(void)syscall(SYS_close_range, 3u, (unsigned)report - 1, 0u);
	(void)syscall(SYS_close_range, (unsigned)report + 1, ~0u, 0u);
}

static int lock_in(const struct files_request *r, struct cc_error *err)
{
	struct rlimit none = { 0, 0 };

	keep_only(r->report);
	/* HUP: who is hung up on finishes what it can, a killed one would leave half a file. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return cc_fail_errno(err, "preparing to copy");
	/* Orphans go to init. */
	if (getppid() != r->parent)
		return cc_fail(err, INTERNAL, "the process that this one belongs to is gone");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return cc_fail_errno(err, "preparing to copy");
	umask(0);
	return sandbox_limit_calls(SANDBOX_FILES, err);
}

static void say(void *arg, const char *text)
{
	(void)arg;
	dprintf(STDERR_FILENO, "%s\n", text);
}

static ssize_t read_stream(void *arg, const void **ret, struct cc_error *err)
{
	char *buf = arg;
	ssize_t n;

	do
		n = read(STDIN_FILENO, buf, CHUNK);
	while (n < 0 && errno == EINTR);
	*ret = buf;
	return n < 0 ? cc_fail_errno(err, "reading the stream") : n;
}

static int push(const struct files_request *r, struct cc_error *err)
{
	cc_auto_free char *buf = cc_malloc(CHUNK);
	struct cc_tree_land_options opt = { .path = r->paths,
		.place = (enum cc_tree_place)r->what.place,
		.flags = r->what.flags & CC_TREE_OWNERS,
		.read = read_stream,
		.read_arg = buf,
		.say = say };
	struct cc_tree_tally tally;

	return cc_tree_tool.land(&opt, &tally, err);
}

static int send_all(struct cc_tree_pack *pack, struct cc_error *err)
{
	const void *bytes;
	ssize_t n;

	while ((n = cc_tree_tool.pack_read(pack, &bytes, err)) > 0)
		if (cc_write_all(STDOUT_FILENO, bytes, (size_t)n) < 0)
			return cc_fail_errno(err, "sending the files");
	return (int)n;
}

static int pull(const struct files_request *r, uint32_t *ret_failed, struct cc_error *err)
{
	struct cc_tree_source *sources = cc_calloc(r->what.count, sizeof(*sources));
	struct cc_tree_pack_options opt = { .sources = sources,
		.n = r->what.count,
		.flags = r->what.action == PRIV_FILES_EXPORT ? CC_TREE_ROOT : r->what.flags & CC_TREE_FOLLOW,
		.say = say };
	bool all = r->what.action == PRIV_FILES_EXPORT;
	const char *at = r->paths;
	struct cc_tree_pack *pack = NULL;
	int result;

	for (size_t i = 0; i < opt.n; i++, at += strlen(at) + 1)
		sources[i] = (struct cc_tree_source){ at, all ? cc_strdup("rootfs") : cc_tree_tool.name_of(at) };
	result = cc_tree_tool.pack_open(&opt, &pack, err);
	if (result == 0) {
		result = send_all(pack, err);
		*ret_failed = cc_tree_tool.pack_tally(pack)->failed > 0;
	}
	cc_tree_tool.pack_free(pack);
	for (size_t i = 0; i < opt.n; i++)
		free((char *)sources[i].name);
	free(sources);
	return result;
}

static int run(const struct files_request *r)
{
	struct files_report report = { .code = CC_OK };
	struct cc_error err = { 0 };
	int result = lock_in(r, &err);

	if (result == 0)
		result = r->what.action == PRIV_FILES_PUSH ? push(r, &err) : pull(r, &report.failed, &err);
	if (result < 0) {
		report.code = err.code;
		snprintf(report.msg, sizeof(report.msg), "%s", err.msg);
	}
	return cc_write_all(r->report, &report, sizeof(report)) < 0;
}

static void prepare(void)
{
	cc_tree_tool.prepare();
}

const struct files_tool files_tool = { .prepare = prepare, .run = run };
