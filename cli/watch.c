/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A blocking read of one row's page wakes when anything of the list changes; then the list is read. Two arenas take turns, so that a long watch takes no
 * more memory than two lists. */
#include "cli/watch.h"

#include "common/clock.h"
#include "common/json.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define READ_MS    25000
#define GRACE_MS   10000
#define AGAIN_MS   1000
#define GIVE_UP_MS 30000

struct watch {
	struct cli *cli;
	struct client *client;
	const struct noun *noun;
	const char *path;
	struct cc_arena *arena[2]; /* of the list at hand, and of the one before */
	struct cc_list rows, before;
	int64_t index;
	int64_t lost_ms; /* boot time since when the controller does not answer; 0: it does */
	bool headed;     /* the header was printed */
};

static void end_well(int sig)
{
	(void)sig;
	_exit(0);
}

static const struct cc_desc *row_desc(const struct watch *w)
{
	return noun_items(w->noun)->desc;
}

static const void *row_at(const struct watch *w, const struct cc_list *rows, size_t i)
{
	return (const char *)rows->items + i * row_desc(w)->size;
}

static struct cc_uuid id_of(const struct watch *w, const void *row)
{
	return *(const struct cc_uuid *)cc_field_at(cc_desc_find(row_desc(w), "id"), row);
}

/* Lists are in order of names, so most rows are near where they were. */
static const void *find(const struct watch *w, const struct cc_list *rows, struct cc_uuid id, size_t hint)
{
	for (size_t k = 0; k < rows->n; k++) {
		const void *row = row_at(w, rows, (hint + k) % rows->n);

		if (cc_uuid_equal(id_of(w, row), id))
			return row;
	}
	return NULL;
}

static bool is_same(const struct watch *w, const void *a, const void *b)
{
	cc_auto_buf struct cc_buf text_a = { 0 }, text_b = { 0 };

	cc_json_encode(row_desc(w), a, &text_a);
	cc_json_encode(row_desc(w), b, &text_b);
	return strcmp(cc_buf_str(&text_a), cc_buf_str(&text_b)) == 0;
}

/* Tables and CSV begin with a header, which is wanted once. */
static void add_lines(struct watch *w, const void *row, struct cc_buf *out)
{
	enum output_format format = w->cli->output.format;
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_list one = { 1, (void *)row };
	const char *from;

	if (format == OUT_JSON) {
		cc_json_encode(row_desc(w), row, out);
		cc_buf_addc(out, '\n');
		return;
	}
	output_rows(&w->cli->output, row_desc(w), &one, &text);
	from = cc_buf_str(&text);
	if (format != OUT_NAME && w->headed)
		from += strcspn(from, "\n") + 1;
	w->headed = true;
	cc_buf_adds(out, from);
}

static void add_gone(const struct watch *w, const void *row, struct cc_buf *out)
{
	struct output names = { .format = OUT_NAME };
	cc_auto_buf struct cc_buf name = { 0 };
	struct cc_list one = { 1, (void *)row };
	char id[CC_UUID_TEXT];

	output_rows(&names, row_desc(w), &one, &name);
	if (w->cli->output.format == OUT_JSON)
		cc_buf_printf(out, "{\"id\":\"%s\",\"gone\":true}\n", cc_uuid_format(id_of(w, row), id));
	else if (w->cli->output.format == OUT_TABLE || w->cli->output.format == OUT_WIDE)
		cc_buf_printf(out, "%.*s  gone\n", (int)strcspn(name.data, "\n"), name.data);
}

static int print_changes(struct watch *w, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };

	for (size_t i = 0; i < w->rows.n; i++) {
		const void *row = row_at(w, &w->rows, i), *old = find(w, &w->before, id_of(w, row), i);

		if (old == NULL || !is_same(w, row, old))
			add_lines(w, row, &out);
	}
	for (size_t i = 0; i < w->before.n; i++)
		if (find(w, &w->rows, id_of(w, row_at(w, &w->before, i)), i) == NULL)
			add_gone(w, row_at(w, &w->before, i), &out);
	return out.len > 0 ? cli_write(w->cli, &out, err) : 0;
}

/* Adds as many lines as a screen holds; returns how many did not fit. */
static size_t add_screen(struct cc_buf *out, const char *text)
{
	struct winsize size = { 0 };
	size_t room = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 4 ? size.ws_row - 3u : SIZE_MAX, left = 0;

	for (const char *p = text; *p != '\0';) {
		size_t len = strcspn(p, "\n") + 1;

		if (room > 0)
			cc_buf_add(out, p, len);
		left += room == 0;
		room -= room > 0;
		p += len;
	}
	return left;
}

static int draw(struct watch *w, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 }, out = { 0 };
	size_t left;

	w->cli->output.now_ms = cc_now_ms();
	output_rows(&w->cli->output, row_desc(w), &w->rows, &text);
	cc_buf_adds(&out, "\033[H\033[J");
	left = add_screen(&out, cc_buf_str(&text));
	if (left > 0)
		cc_buf_printf(&out, "... and %zu more\n", left);
	cc_buf_printf(&out, "\n%zu %s%s. Ctrl-C ends.\n", w->rows.n, w->noun->word, w->rows.n == 1 ? "" : "s");
	return cli_write(w->cli, &out, err);
}

static int read_list(struct watch *w, struct cc_error *err)
{
	void *list;

	w->before = w->rows;
	cc_arena_reset(w->arena[1]);
	w->rows = (struct cc_list){ 0 };
	client_use_arena(w->client, w->arena[1]);
	list = cc_arena_alloc(w->arena[1], w->noun->list->size);
	if (client_list(w->client, w->path, w->noun->list, list, err) < 0) {
		w->rows = w->before;
		return -1;
	}
	w->rows = *(const struct cc_list *)cc_field_at(noun_items(w->noun), list);
	w->index = *(const int64_t *)cc_field_at(cc_desc_find(w->noun->list, "index"), list);
	list = w->arena[0];
	w->arena[0] = w->arena[1];
	w->arena[1] = list;
	return w->cli->out_tty && !args_has(&w->cli->args, "output") ? draw(w, err) : print_changes(w, err);
}

static int wait_for_change(struct watch *w, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	void *list = cc_arena_alloc(a, w->noun->list->size);
	struct client_call call = { .method = "GET", .reply_desc = w->noun->list, .reply = list, .timeout_ms = READ_MS + GRACE_MS, .once = true };

	call.path = cc_printf(a, "%s%climit=1&index=%" PRId64 "&wait=%dms", w->path, strchr(w->path, '?') != NULL ? '&' : '?', w->index, READ_MS);
	client_use_arena(w->client, a);
	return client_call(w->client, &call, err);
}

/* 0: tried again; else it is over. */
static int endure(struct watch *w, const struct cc_error *e, struct cc_error *err)
{
	int64_t now = cc_boottime_ms();
	bool passes = e->code == CC_UNAVAILABLE || e->code == CC_TIMEOUT || e->code == CC_BUSY || e->code == CC_STANDBY;

	if (!passes || (w->lost_ms != 0 && now - w->lost_ms > GIVE_UP_MS)) {
		*err = *e;
		return -1;
	}
	if (w->lost_ms == 0) {
		cli_say(w->cli, "ccctl: %s; waiting for it", e->msg);
		w->lost_ms = now;
	}
	poll(NULL, 0, AGAIN_MS);
	return 0;
}

static int watch_on(struct watch *w, struct cc_error *err)
{
	/* Whoever mistypes a filter is told at once. */
	if (read_list(w, err) < 0)
		return -1;
	for (;;) {
		struct cc_error e = { 0 };

		if (wait_for_change(w, &e) == 0 && read_list(w, &e) == 0)
			w->lost_ms = 0;
		else if (endure(w, &e, err) < 0)
			return -1;
	}
}

int watch_list(struct cli *cli, const struct noun *noun, const char *path, struct cc_error *err)
{
	struct watch w = { .cli = cli, .noun = noun, .path = path };
	int result;

	if (cli->output.format == OUT_YAML)
		return cc_fail(
		        err, INVALID, "--watch prints a line for each change, which yaml has not; use --output json, table, wide, csv or name");
	if (cli_client(cli, &w.client, err) < 0)
		return -1;
	signal(SIGINT, end_well);
	signal(SIGTERM, end_well);
	w.arena[0] = cc_arena_new(0);
	w.arena[1] = cc_arena_new(0);
	result = watch_on(&w, err);
	client_use_arena(w.client, cli->arena);
	cc_arena_free(w.arena[0]);
	cc_arena_free(w.arena[1]);
	return result;
}
