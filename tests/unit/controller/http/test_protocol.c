/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays tests/golden/protocol (its README.md says what the lines mean): agents of every protocol that was released are served, and what controllers of that
 * time answered is understood. */
#include "tests/unit/controller/http/world.h"

#include "common/json.h"
#include "common/token.h"

#include <glob.h>
#include <stdlib.h>

static struct world *w;
static struct cc_arena *a;
static bool record;

struct replay {
	const char *file;
	int line;
	enum role role;
	const char *method, *path, *body;
	bool asked;
	struct answer answer;
	const struct cc_desc *recorded;
	const char *secret, *revision, *stream;
};

static void set_up(void)
{
	w = world_new(NULL);
	a = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(a);
	world_free(w);
}

/* ---- variables ---- */

static const char *value_of(const struct replay *r, const char *name)
{
	char id[CC_UUID_TEXT];

	if (strcmp(name, "web") == 0)
		return cc_arena_strdup(a, cc_uuid_format(w->web, id));
	if (strcmp(name, "n1") == 0)
		return cc_arena_strdup(a, cc_uuid_format(w->n1, id));
	if (strcmp(name, "secret") == 0)
		return r->secret;
	return strcmp(name, "revision") == 0 ? r->revision : strcmp(name, "stream") == 0 ? r->stream : NULL;
}

static const char *filled_in(const struct replay *r, const char *text)
{
	const char *at = strstr(text, "{{"), *end, *value;

	if (at == NULL)
		return text;
	end = strstr(at, "}}");
	ck_assert_msg(end != NULL, "%s:%d: no }}", r->file, r->line);
	value = value_of(r, cc_arena_memdup(a, at + 2, (size_t)(end - at) - 2));
	ck_assert_msg(value != NULL, "%s:%d: nothing to fill in for %s", r->file, r->line, at);
	return cc_printf(a, "%.*s%s%s", (int)(at - text), text, value, filled_in(r, end + 2));
}

/* What stands behind `name` in the last answer, up to one of `end`; `before` unless it is there. */
static const char *taken(const struct answer *r, const char *name, const char *end, const char *before)
{
	const char *at = strstr(cc_buf_str(&r->body), name);

	return at == NULL ? before : cc_arena_memdup(a, at + strlen(name), strcspn(at + strlen(name), end));
}

/* ---- lines ---- */

static void prepare(struct replay *r, const char *what)
{
	struct answer s;

	if (strncmp(what, "invite ", 7) == 0) {
		struct invite_made *m = world_get(w, a, &invite_made_desc, 201,
		        &(struct ask){ .role = ROLE_ROOT,
		                .method = "POST",
		                .path = "/v1/invites",
		                .body = cc_printf(a, "{\"node_name\":\"%s\"}", what + 7) });
		struct cc_error err = { 0 };
		struct cc_token t;

		ck_assert_int_eq(cc_token_decode(m->token, a, &t, &err), 0);
		r->secret = cc_secret_format(&t.secret, cc_arena_alloc(a, CC_SECRET_TEXT));
		return;
	}
	if (strcmp(what, "exec") == 0)
		s = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/exec", .body = "{\"argv\":[\"true\"]}");
	else
		s = ASK(.role = ROLE_ANA, .method = "POST", .path = cc_printf(a, "/v1/instances/web/%s", what));
	ck_assert_msg(s.status < 300, "%s:%d: %s", r->file, r->line, cc_buf_str(&s.body));
	answer_free(&s);
}

/* The request is complete when something else than its lines comes. */
static void ask_now(struct replay *r)
{
	bool stream = r->path != NULL && strncmp(r->path, "/v1/streams/", 12) == 0;

	if (r->method == NULL || r->asked)
		return;
	answer_free(&r->answer);
	r->answer = ASK(.role = r->role, .method = r->method, .path = filled_in(r, r->path), .body = r->body != NULL ? filled_in(r, r->body) : NULL,
	        .type = stream ? "application/octet-stream" : NULL);
	r->asked = true;
	r->recorded = NULL;
	r->revision = taken(&r->answer, "\"revision\":", ",}", r->revision);
	r->stream = taken(&r->answer, "\"streams\":[{\"id\":\"", "\"", r->stream);
	ck_assert_msg(r->answer.status < 300, "%s:%d: %d %s", r->file, r->line, r->answer.status, cc_buf_str(&r->answer.body));
	if (record)
		printf("%s:%d: < %d\n< %s\n", r->file, r->line, r->answer.status, cc_buf_str(&r->answer.body));
}

static void take_request(struct replay *r, const char *text)
{
	if (r->method != NULL && !r->asked && r->body == NULL) {
		r->body = text;
		return;
	}
	ask_now(r);
	r->method = cc_arena_memdup(a, text, strcspn(text, " "));
	r->path = text + strcspn(text, " ") + 1;
	r->body = NULL;
	r->asked = false;
}

static void read_recorded(struct replay *r, const char *text)
{
	struct cc_error err = { 0 };

	if (r->recorded == NULL) {
		const char *name = strchr(text, ' ');

		ck_assert_msg(atoi(text) == r->answer.status, "%s:%d: %d", r->file, r->line, r->answer.status);
		for (size_t i = 0; name != NULL && cc_model_descs[i] != NULL; i++)
			if (strcmp(cc_model_descs[i]->name, name + 1) == 0)
				r->recorded = cc_model_descs[i];
		return;
	}
	if (cc_json_decode(r->recorded, text, strlen(text), CC_JSON_LENIENT, cc_arena_alloc(a, r->recorded->size), a, &err) < 0)
		ck_abort_msg("%s:%d: an answer of that time is not understood: %s", r->file, r->line, err.msg);
}

static void take_line(struct replay *r, const char *line)
{
	static const struct {
		const char *name;
		enum role role;
	} roles[] = { { "n1", ROLE_N1 }, { "n2", ROLE_N2 }, { "stranger", ROLE_STRANGER } };

	if (line[0] == '>') {
		take_request(r, line + 2);
		return;
	}
	ask_now(r);
	if (line[0] == '!')
		prepare(r, line + 2);
	else if (line[0] == '<')
		read_recorded(r, line + 2);
	else if (line[0] == '?')
		ck_assert_msg(strstr(cc_buf_str(&r->answer.body), filled_in(r, line + 2)) != NULL, "%s:%d: '%s' is not in %s", r->file, r->line,
		        line + 2, cc_buf_str(&r->answer.body));
	for (size_t i = 0; strncmp(line, "as ", 3) == 0 && i < CC_ARRAY_LEN(roles); i++)
		if (strcmp(line + 3, roles[i].name) == 0)
			r->role = roles[i].role;
}

static void replay(const char *path)
{
	struct replay r = { .file = path };
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	while (getline(&line, &size, f) > 0) {
		r.line++;
		take_line(&r, cc_arena_memdup(a, line, strcspn(line, "\n")));
	}
	ask_now(&r);
	answer_free(&r.answer);
	free(line);
	fclose(f);
}

/* ---- what each side requires of the other ---- */

static const struct cc_desc *const messages[] = { &join_request_desc, &joined_desc, &node_report_desc, &node_orders_desc };

static void add_required(struct cc_buf *out, const char *path, const struct cc_desc *d)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];
		const char *name = cc_printf(a, "%s.%s", path, f->name);

		if (!(f->flags & CC_OPT)) {
			cc_buf_adds(out, name);
			for (int k = 0; f->enums != NULL && k < f->enums->n; k++)
				cc_buf_printf(out, " %s", f->enums->values[k]);
			cc_buf_addc(out, '\n');
		}
		if (f->desc != NULL)
			add_required(out, name, f->desc);
	}
}

/* An older program does not send a member that it does not know, and nobody can act on a required word that it does not know. */
START_TEST(nothing_more_is_required_than_was_from_the_beginning)
{
	cc_auto_buf struct cc_buf now = { 0 };
	char then[8192];
	FILE *file = fopen(CC_PROTOCOL_DIR "/v1.required", "r");
	size_t n;

	ck_assert_ptr_nonnull(file);
	n = fread(then, 1, sizeof(then) - 1, file);
	fclose(file);
	ck_assert_uint_lt(n, sizeof(then) - 1);
	then[n] = '\0';
	a = cc_arena_new(0);
	for (size_t i = 0; i < CC_ARRAY_LEN(messages); i++)
		add_required(&now, messages[i]->name, messages[i]);
	if (record)
		printf("%s", cc_buf_str(&now));
	for (char *line = strtok(now.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
		ck_assert_msg(strstr(then, cc_printf(a, "\n%s\n", line)) != NULL, "%s: no older program knows this; make it optional", line);
	cc_arena_free(a);
}
END_TEST

static glob_t files;

START_TEST(what_was_recorded_is_still_served_and_understood)
{
	replay(files.gl_pathv[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_protocol");
	TCase *tc = tcase_create("protocol");

	record = getenv("CC_PROTOCOL_RECORD") != NULL;
	if (glob(CC_PROTOCOL_DIR "/*/*", 0, NULL, &files) != 0)
		return 1;
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, what_was_recorded_is_still_served_and_understood, 0, (int)files.gl_pathc);
	suite_add_tcase(s, tc);
	tc = tcase_create("required");
	tcase_add_test(tc, nothing_more_is_required_than_was_from_the_beginning);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
