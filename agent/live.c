/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/live.h"

#include "agent/statefile.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FOLDER     "owner"
#define QUESTION   "question"
#define ANSWER     "live.json"
#define LOCK       "running"
#define LOOK_MS    10
#define ANSWER_MAX (4 * 1024 * 1024)

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY live_instance
#include "common/model/define.inc"
#define ENTITY live
#include "common/model/define.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

static int open_lock(const char *state_dir, int flags)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.4000s/" LOCK, state_dir);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int live_hold(const char *state_dir)
{
	int fd = open_lock(state_dir, O_RDWR | O_CREAT);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool live_runs(const char *state_dir)
{
	cc_auto_close int fd = open_lock(state_dir, O_RDONLY);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}

/* Whoever reads gets one file or the other, whole: no more is needed of what is worth nothing a moment later. */
static int put(const char *folder, const char *name, const struct cc_buf *text, struct cc_error *err)
{
	char path[4200], new_path[4216];
	int fd, result;

	snprintf(path, sizeof(path), "%.4000s/%s", folder, name);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return cc_fail_errno(err, "making '%s'", new_path);
	result = cc_write_all(fd, cc_buf_str(text), text->len);
	if (close(fd) < 0 || result < 0 || rename(new_path, path) < 0)
		return cc_fail_errno(err, "writing '%s'", path);
	return 0;
}

static bool get(const char *folder, const char *name, struct cc_buf *ret)
{
	cc_auto_close int fd = -1;
	char path[4200];

	snprintf(path, sizeof(path), "%.4000s/%s", folder, name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && cc_read_all(fd, ANSWER_MAX, ret) == 0;
}

static const char *folder_of(const char *state_dir, char to[4096])
{
	snprintf(to, 4096, "%.4000s/" FOLDER, state_dir);
	return to;
}

bool live_asked(const char *state_dir, struct cc_uuid *last)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_error ignored = { 0 };
	struct cc_uuid now;
	char folder[4096];

	if (!get(folder_of(state_dir, folder), QUESTION, &text) || cc_uuid_parse(cc_buf_str(&text), &now, &ignored) < 0 || cc_uuid_equal(now, *last))
		return false;
	*last = now;
	return true;
}

int live_answer(const char *state_dir, const struct live *l, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };

	cc_json_encode(&live_desc, l, &text);
	return put(state_dir, ANSWER, &text, err);
}

/* False: not yet. */
static bool read_answer(const char *state_dir, struct cc_uuid asked, struct cc_arena *a, struct live *ret)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_error ignored = { 0 };

	if (!get(state_dir, ANSWER, &text) || cc_json_decode(&live_desc, cc_buf_str(&text), text.len, CC_JSON_LENIENT, ret, a, &ignored) < 0)
		return false;
	return cc_uuid_equal(ret->asked, asked);
}

int live_ask(const char *state_dir, int64_t wait_ms, struct cc_arena *a, struct live *ret, struct cc_error *err)
{
	struct cc_uuid asked = cc_uuid_new(cc_now_ms());
	int64_t until = cc_boottime_ms() + wait_ms;
	cc_auto_buf struct cc_buf text = { 0 };
	char folder[4096], id[CC_UUID_TEXT];

	cc_buf_adds(&text, cc_uuid_format(asked, id));
	if (statefile_make_dir(folder_of(state_dir, folder), err) < 0 || put(folder, QUESTION, &text, err) < 0)
		return -1;
	while (!read_answer(state_dir, asked, a, ret)) {
		if (cc_boottime_ms() >= until)
			return cc_fail(err, TIMEOUT, "the running agent does not answer; see its log");
		poll(NULL, 0, LOOK_MS);
	}
	return 0;
}
