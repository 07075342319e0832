/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/copy_load.h"
#include "cli/copy_stream.h"
#include "cli/remote_path.h"
#include "common/model.h"

#include <stdlib.h>
#include <string.h>

/* The words of one command, told apart. */
struct copy_words {
	const char *instance;
	const char **sources; /* paths */
	const char **names;   /* what they are called in the stream */
	size_t n;
	const char *target;
	bool into;     /* the instance, or out of it */
	bool content;  /* of a source, without the directory around it, comes along */
	bool standard; /* stdin or stdout instead of files here */
};

static int fail_sides(struct cc_error *err)
{
	return cc_fail(err, INVALID,
	        "either the target is in an instance (NAME:PATH) or the sources are, of one and the same. Between instances: 'ccctl cp A:PATH - | "
	        "ccctl cp - B:PATH'");
}

/* All sources are here, or all in one instance. */
static int find_sides(const struct args *args, struct cc_arena *a, struct copy_words *w, struct cc_error *err)
{
	struct remote_path target = remote_path_parse(args->words[args->n_words - 1], a);

	*w = (struct copy_words){ .instance = target.name, .target = target.path, .n = args->n_words - 1, .into = target.name != NULL };
	w->sources = cc_new_array(a, w->n, const char *);
	w->names = cc_new_array(a, w->n, const char *);
	for (size_t i = 0; i < w->n; i++) {
		struct remote_path source = remote_path_parse(args->words[i], a);

		if ((source.name != NULL) == w->into)
			return fail_sides(err);
		if (source.name != NULL && w->instance != NULL && strcmp(w->instance, source.name) != 0)
			return fail_sides(err);
		if (source.name != NULL)
			w->instance = source.name;
		if (source.path[0] == '\0' || w->target[0] == '\0')
			return cc_fail(err, INVALID, "a path is missing behind '%.100s:'; as in '%.100s:/tmp'", w->instance, w->instance);
		w->sources[i] = source.path;
	}
	return w->instance[0] == '\0' ? cc_fail(err, INVALID, "the instance's name is missing before ':'; a file here is './:...'") : 0;
}

/* "-" is only for itself. */
static int find_standard(struct cli *cli, struct copy_words *w, struct cc_error *err)
{
	size_t dashes = 0;

	for (size_t i = 0; w->into && i < w->n; i++)
		dashes += strcmp(w->sources[i], "-") == 0;
	if (!w->into)
		dashes = strcmp(w->target, "-") == 0;
	w->standard = dashes > 0;
	if (w->into && dashes > 0 && w->n > 1)
		return cc_fail(err, INVALID, "'-' stands for one tar stream on stdin and for nothing beside it");
	if (w->standard && (w->into ? cli->in_tty : cli->out_tty))
		return cc_fail(err, INVALID, "'-' means a tar stream on %s, which is a terminal", w->into ? "stdin" : "stdout");
	return 0;
}

static int find_names(const struct cc_tree_tool *tool, struct cc_arena *a, struct copy_words *w, struct cc_error *err)
{
	for (size_t i = 0; i < w->n; i++) {
		char *name = tool->name_of(w->sources[i]);

		w->names[i] = cc_arena_strdup(a, name);
		free(name);
		w->content = w->content || w->names[i][0] == '\0';
		for (size_t k = 0; k < i && w->names[i][0] != '\0'; k++)
			if (strcmp(w->names[i], w->names[k]) == 0)
				return cc_fail(err, INVALID, "two sources have the name '%.200s'", w->names[i]);
	}
	return 0;
}

static enum cc_tree_place place_of(const struct copy_words *w)
{
	if (w->n > 1 || w->standard)
		return CC_TREE_INTO;
	return w->content ? CC_TREE_CONTENT : CC_TREE_AS;
}

static int push(struct cli *cli, const struct cc_tree_tool *tool, struct copy_words *w, struct cc_error *err)
{
	struct push_spec spec = { .path = w->target, .place = (enum push_place)place_of(w) };
	struct copy c = { .tool = tool,
		.call = { .path = client_path(cli->arena, noun_instance.path, w->instance, "/push"), .body_desc = &push_spec_desc, .body = &spec } };
	struct cc_tree_source *sources = cc_new_array(cli->arena, w->n, struct cc_tree_source);
	struct cc_tree_pack_options opt = {
		.sources = sources, .n = w->n, .flags = args_has(&cli->args, "follow-link") ? CC_TREE_FOLLOW : 0, .say = copy_say, .say_arg = cli
	};
	int status;

	if (!cc_utf8_valid(w->target, strlen(w->target)))
		return cc_fail(err, INVALID, "the path in the instance is not valid UTF-8 text; copy the directory above it");
	if (args_has(&cli->args, "archive"))
		cc_set(&spec, push_spec, owners, true);
	for (size_t i = 0; i < w->n; i++)
		sources[i] = (struct cc_tree_source){ w->sources[i], w->names[i] };
	if (!w->standard && tool->pack_open(&opt, &c.pack, err) < 0)
		return -1;
	status = copy_into(cli, &c, err);
	if (status == 0 && c.pack != NULL)
		status = tool->pack_tally(c.pack)->failed > 0;
	tool->pack_free(c.pack);
	return status;
}

static int pull(struct cli *cli, const struct cc_tree_tool *tool, struct copy_words *w, struct cc_error *err)
{
	struct pull_spec spec = { .paths = { .items = w->sources, .n = w->n } };
	struct copy c = { .tool = tool,
		.call = { .path = client_path(cli->arena, noun_instance.path, w->instance, "/pull"), .body_desc = &pull_spec_desc, .body = &spec } };
	struct cc_tree_land_options to = { .path = w->target,
		.place = place_of(w),
		.flags = args_has(&cli->args, "archive") ? CC_TREE_OWNERS : 0,
		.names = w->content ? NULL : w->names,
		.n_names = w->content ? 0 : w->n,
		.say = copy_say,
		.say_arg = cli };

	for (size_t i = 0; i < w->n; i++)
		if (!cc_utf8_valid(w->sources[i], strlen(w->sources[i])))
			return cc_fail(err, INVALID, "a path in the instance is not valid UTF-8 text; copy the directory above it");
	if (args_has(&cli->args, "follow-link"))
		cc_set(&spec, pull_spec, follow, true);
	c.to = w->standard ? NULL : &to;
	return copy_out(cli, &c, err);
}

int cmd_copy(struct cli *cli, struct cc_error *err)
{
	const struct cc_tree_tool *tool;
	struct copy_words w;

	if (find_sides(&cli->args, cli->arena, &w, err) < 0 || find_standard(cli, &w, err) < 0)
		return -1;
	tool = copy_load(err);
	if (tool == NULL)
		return -1;
	tool->prepare();
	if (find_names(tool, cli->arena, &w, err) < 0)
		return -1;
	return w.into ? push(cli, tool, &w, err) : pull(cli, tool, &w, err);
}
