/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Following the zone. The text/event-stream is read line by line; when a connection is lost the next one goes on after the last event. */
#include "cli/handlers.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/model.h"

#include <poll.h>
#include <stdlib.h>

#define SILENCE_MS      60000 /* four heartbeats */
#define AGAIN_MS        1000
#define RECENT_MAX      4096
#define EVENT_MAX_BYTES 65536

struct follower {
	struct cli *cli;
	struct cc_arena *arena; /* of one event, or of all that are kept */
	bool follow;
	bool ended; /* the controller said so */
	struct cc_buf line;
	char event[32];
	char id[48]; /* of the last complete event */
	char next_id[48];
	struct cc_buf data;
	struct event *events; /* without --follow */
	size_t n, cap;
	struct cc_error err;
};

static int print_one(struct follower *f, const struct event *e)
{
	cc_auto_buf struct cc_buf out = { 0 };

	if (f->cli->output.format == OUT_JSON) {
		cc_json_encode(&event_desc, e, &out);
	} else {
		char when[CC_TIME_TEXT];

		cc_buf_printf(&out, "%s  %-8s  %-7s  ", cc_time_format(e->at, when), cc_enum_slug(&event_topic_enum, (int)e->topic),
		        cc_enum_slug(&event_action_enum, (int)e->action));
		output_add_safe(&out, e->name);
		if (cc_has(e, event, state)) {
			cc_buf_adds(&out, "  ");
			output_add_safe(&out, e->state);
		}
	}
	cc_buf_addc(&out, '\n');
	return cli_write(f->cli, &out, &f->err);
}

static int take_event(struct follower *f)
{
	struct cc_error ignored = { 0 };
	struct event e;

	/* A topic that only a newer controller knows is passed over. */
	if (cc_json_decode(&event_desc, cc_buf_str(&f->data), f->data.len, CC_JSON_LENIENT, &e, f->arena, &ignored) < 0)
		return 0;
	if (f->follow) {
		int r = print_one(f, &e);

		cc_arena_reset(f->arena);
		return r;
	}
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->events = cc_realloc(f->events, f->cap * sizeof(*f->events));
	}
	f->events[f->n++] = e;
	return 0;
}

static void take_word(struct follower *f)
{
	struct cc_error ignored = { 0 };
	struct event_end e;

	if (cc_json_decode(&event_end_desc, cc_buf_str(&f->data), f->data.len, CC_JSON_LENIENT, &e, f->arena, &ignored) == 0)
		cli_say(f->cli, "ccctl: %s", e.reason);
	f->ended = f->ended || strcmp(f->event, "end") == 0;
}

static int dispatch(struct follower *f)
{
	int r = 0;

	if (strcmp(f->event, "reset") == 0 || strcmp(f->event, "end") == 0)
		take_word(f);
	else if (f->data.len > 0)
		r = take_event(f);
	if (f->next_id[0] != '\0')
		memcpy(f->id, f->next_id, sizeof(f->id));
	f->event[0] = f->next_id[0] = '\0';
	cc_buf_clear(&f->data);
	return r;
}

static const char *behind(const char *line, const char *field)
{
	size_t n = strlen(field);

	return strncmp(line, field, n) == 0 && line[n] == ':' ? line + n + 1 + (line[n + 1] == ' ') : NULL;
}

static int take_line(struct follower *f)
{
	const char *line = cc_buf_str(&f->line), *value;
	int r = 0;

	if (line[0] == '\0')
		r = dispatch(f);
	else if ((value = behind(line, "event")) != NULL)
		snprintf(f->event, sizeof(f->event), "%s", value);
	else if ((value = behind(line, "id")) != NULL && strspn(value, "0123456789.") == strlen(value))
		snprintf(f->next_id, sizeof(f->next_id), "%s", value);
	else if ((value = behind(line, "data")) != NULL)
		cc_buf_adds(&f->data, value);
	cc_buf_clear(&f->line);
	return r;
}

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct follower *f = context;
	const char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\n')
			cc_buf_addc(&f->line, p[i]);
		else if (take_line(f) < 0)
			return CC_HTTP_STOP;
		if (f->line.len + f->data.len > EVENT_MAX_BYTES) {
			cc_fail(&f->err, INTERNAL, "the controller sends an event without an end");
			return CC_HTTP_STOP;
		}
	}
	return CC_HTTP_ON;
}

/* One connection, to its end. */
static int read_once(struct follower *f, struct client *client, const char *path, struct cc_error *err)
{
	const char *headers[] = { NULL, NULL };
	struct cc_http_reply reply = { 0 };
	struct cc_http_request r = { .method = "GET", .path = path, .headers = headers, .silence_ms = SILENCE_MS, .reply_max = SIZE_MAX };

	if (f->id[0] != '\0')
		headers[0] = cc_printf(f->cli->arena, "Last-Event-ID: %s", f->id);
	r.on_body = take_bytes;
	r.context = f;
	cc_buf_clear(&f->line);
	cc_buf_clear(&f->data);
	f->event[0] = f->next_id[0] = '\0';
	if (cc_http_call(client_http(client), &r, f->cli->arena, &reply, err) < 0) {
		if (f->err.code != CC_OK)
			*err = f->err;
		return -1;
	}
	return reply.status / 100 == 2 ? 0 : client_read_reply(client, &reply, NULL, NULL, err);
}

static bool is_worth_again(const struct follower *f, int result, const struct cc_error *e)
{
	if (!f->follow || f->err.code != CC_OK)
		return false;
	return result == 0 || (f->id[0] != '\0' && (e->code == CC_UNAVAILABLE || e->code == CC_TIMEOUT || e->code == CC_BUSY));
}

static int follow(struct follower *f, struct client *client, const char *path, struct cc_error *err)
{
	for (;;) {
		struct cc_error e = { 0 };
		int result = read_once(f, client, path, &e);

		if (!is_worth_again(f, result, &e)) {
			if (result < 0)
				*err = e;
			return result;
		}
		if (!f->ended)
			cli_say(f->cli, "ccctl: the connection was lost; going on");
		f->ended = false;
		poll(NULL, 0, AGAIN_MS);
	}
}

static void follower_done(struct follower *f)
{
	cc_buf_free(&f->line);
	cc_buf_free(&f->data);
	cc_arena_free(f->arena);
	free(f->events);
}

static int choose_path(const struct cli *cli, bool follow, const char **ret, struct cc_error *err)
{
	int64_t recent = args_number(&cli->args, "recent", follow ? 0 : 100);
	const char *topic = args_text(&cli->args, "topic", NULL);

	if (recent > RECENT_MAX)
		return cc_fail(err, INVALID, "--recent: at most %d events are remembered", RECENT_MAX);
	if (follow && cli->output.format != OUT_TABLE && cli->output.format != OUT_JSON)
		return cc_fail(err, INVALID, "--follow prints a line for each event, as table or json; use --output json");
	*ret = cc_printf(cli->arena, "/v1/events?recent=%lld%s%s%s", (long long)recent, follow ? "" : "&follow=false", topic != NULL ? "&topic=" : "",
	        topic != NULL ? client_escape(cli->arena, topic) : "");
	return 0;
}

int cmd_events(struct cli *cli, struct cc_error *err)
{
	__attribute__((
	        cleanup(follower_done))) struct follower f = { .cli = cli, .arena = cc_arena_new(0), .follow = args_has(&cli->args, "follow") };
	struct client *client;
	struct cc_list rows;
	const char *path;

	if (choose_path(cli, f.follow, &path, err) < 0 || cli_client(cli, &client, err) < 0 || follow(&f, client, path, err) < 0)
		return -1;
	rows = (struct cc_list){ f.n, f.events };
	return cli_show_rows(cli, &event_desc, &rows, err);
}
