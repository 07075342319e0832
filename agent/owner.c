/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/owner.h"

#include "agent/statefile.h"
#include "common/clock.h"
#include "common/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FOLDER "owner" /* of its own, so that the agent's own writes wake nobody */
#define PAUSE  "pause.json"

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY owner_pause
#include "common/model/define.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

static const char *folder(const char *state_dir, char path[4096])
{
	snprintf(path, 4096, "%.4000s/" FOLDER, state_dir);
	return path;
}

int owner_load_pause(const char *state_dir, struct owner_pause *ret, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	cc_auto_buf struct cc_buf text = { 0 };
	char path[4096];

	if (statefile_read(folder(state_dir, path), PAUSE, &text, err) < 0)
		return -1;
	if (cc_json_decode(&owner_pause_desc, cc_buf_str(&text), text.len, CC_JSON_LENIENT, ret, a, err) < 0)
		return cc_wrap(err, "file '%s/%s'", path, PAUSE);
	return 0;
}

int owner_save_pause(const char *state_dir, const struct owner_pause *p, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	char path[4096];

	if (statefile_make_dir(folder(state_dir, path), err) < 0)
		return -1;
	cc_json_encode(&owner_pause_desc, p, &text);
	cc_buf_addc(&text, '\n');
	return statefile_write(path, PAUSE, &text, true, err);
}

int owner_resume(const char *state_dir, struct cc_error *err)
{
	char path[4096 + sizeof(PAUSE) + 1], dir[4096];

	snprintf(path, sizeof(path), "%s/" PAUSE, folder(state_dir, dir));
	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return cc_fail_errno(err, "removing '%.200s'", path);
	return 0;
}

int owner_watch(const char *state_dir)
{
	struct cc_error ignored = { 0 };
	char path[4096];
	int fd;

	if (statefile_make_dir(folder(state_dir, path), &ignored) < 0 || (fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) < 0)
		return -1;
	if (inotify_add_watch(fd, path, IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE) >= 0)
		return fd;
	close(fd);
	return -1;
}

static void say(struct owner_word *w, const char *what, const char *without)
{
	char when[CC_TIME_TEXT];

	if (w->until_ms > 0)
		snprintf(w->why, sizeof(w->why), "%s until %.16sZ", what, cc_time_format(w->until_ms, when));
	else
		snprintf(w->why, sizeof(w->why), "%s%s", what, without);
}

struct owner_word owner_word_at(const struct owner_pause *p, const struct hours *h, bool stop_outside, int64_t now_ms)
{
	struct owner_word w = { 0 };
	bool paused = p != NULL && !(cc_has(p, owner_pause, until) && p->until <= now_ms);

	if (paused) {
		w = (struct owner_word){ .closed = true, .stop = p->stop, .until_ms = cc_has(p, owner_pause, until) ? p->until : 0 };
		say(&w, "the owner paused the node", " until further notice");
		return w;
	}
	w.closed = !hours_open(h, now_ms);
	w.until_ms = hours_change_ms(h, now_ms);
	w.stop = w.closed && stop_outside;
	if (w.closed)
		say(&w, "outside the hours that the owner offers,", " for good");
	return w;
}
