/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over argv. Options may stand anywhere before `--`; those before the command are looked up among the options that every command has. Once a
 * command that carries another program's command line has its own words, the next word begins that command line. */
#include "cli/args.h"

#include "cli/units.h"
#include "common/clock.h"
#include "common/rate.h"
#include "common/suggest.h"

#include <string.h>

struct parse {
	const struct cmd *table;
	struct args *args;
	char **argv;
	int argc;
	int at;
	size_t min, max;
	bool rest;
	bool early_output; /* -o stood before the command */
};

static const struct opt *find_in(const struct opt *opts, const char *name, size_t len, char letter)
{
	for (const struct opt *o = opts; o->name != NULL; o++)
		if (letter != 0 ? o->letter == letter : strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct opt *find_opt(const struct cmd *cmd, const char *name, size_t len, char letter)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];
	size_t n = command_opt_groups(cmd, groups);
	const struct opt *found = NULL;

	for (size_t i = 0; i < n && found == NULL; i++)
		found = find_in(groups[i], name, len, letter);
	return found;
}

static const char *of_command(const struct cmd *cmd)
{
	return cmd != NULL ? cmd->name : "help";
}

static int unknown_option(const struct cmd *cmd, const char *word, struct cc_error *err)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];
	size_t n = command_opt_groups(cmd, groups);
	char name[64];
	struct cc_suggest s;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	cc_suggest_init(&s, name + strspn(name, "-"));
	for (size_t i = 0; i < n; i++)
		for (const struct opt *o = groups[i]; o->name != NULL; o++)
			cc_suggest_offer(&s, o->name);
	if (s.best != NULL)
		return cc_fail(err, INVALID, "unknown option '%s'; did you mean '--%s'?", name, s.best);
	if (cmd == NULL)
		return cc_fail(err, INVALID, "unknown option '%s' before the command; see ccctl help", name);
	return cc_fail(err, INVALID, "'%s' has no option '%s'; see ccctl help %s", cmd->name, name, cmd->name);
}

static int check_word(const struct opt *o, const char *text, struct cc_error *err)
{
	size_t len = strlen(text);

	for (const char *p = o->value; *p != '\0'; p += strcspn(p, "|") + (p[strcspn(p, "|")] == '|'))
		if (strcspn(p, "|") == len && strncmp(p, text, len) == 0)
			return 0;
	return cc_fail(err, INVALID, "'%.40s' is none of %s", text, o->value);
}

static int read_value(const struct opt *o, struct args_given *g, struct cc_error *err)
{
	switch (o->kind) {
	case OPT_FLAG:
		return 0;
	case OPT_TEXT:
	case OPT_TEXTS:
	case OPT_FILE:
		return g->text[0] != '\0' ? 0 : cc_fail(err, INVALID, "the value is empty");
	case OPT_MIB:
		return units_parse_mib(g->text, &g->number, err);
	case OPT_CPU:
		return units_parse_cpu(g->text, &g->number, err);
	case OPT_COUNT:
		return units_parse_count(g->text, &g->number, err);
	case OPT_RATE:
		return cc_rate_parse(g->text, &g->number, err);
	case OPT_DURATION:
		return cc_duration_parse(g->text, &g->number, err);
	case OPT_WORD:
		return check_word(o, g->text, err);
	}
	return cc_fail(err, INTERNAL, "option of kind %d", o->kind);
}

static int add_given(struct parse *p, const struct opt *o, const char *text, struct cc_error *err)
{
	struct args_given *g = &p->args->given[p->args->n_given];

	if (p->args->n_given == ARGS_MAX_GIVEN)
		return cc_fail(err, INVALID, "more than %d options", ARGS_MAX_GIVEN);
	*g = (struct args_given){ o, text, 0 };
	if (read_value(o, g, err) < 0)
		return cc_wrap(err, "--%s", o->name);
	p->args->n_given++;
	p->args->help |= strcmp(o->name, "help") == 0;
	p->args->version |= strcmp(o->name, "version") == 0;
	return 0;
}

/* `word` is "--name", "--name=value", "-o", "-ovalue". */
static int take_option(struct parse *p, const char *word, struct cc_error *err)
{
	bool is_long = word[1] == '-';
	const char *name = word + 1 + is_long;
	size_t len = strcspn(name, "=");
	const struct opt *o = find_opt(p->args->cmd, name, len, is_long ? 0 : name[0]);
	const char *text = is_long ? (name[len] == '=' ? name + len + 1 : NULL) : (name[1] != '\0' ? name + 1 : NULL);

	if (o == NULL)
		return unknown_option(p->args->cmd, word, err);
	if (o->kind == OPT_FLAG && text != NULL)
		return cc_fail(err, INVALID, "--%s takes no value", o->name);
	if (o->kind != OPT_FLAG && text == NULL) {
		if (p->at >= p->argc)
			return cc_fail(err, INVALID, "--%s needs a value: %s", o->name, o->value);
		text = p->argv[p->at++];
	}
	p->early_output |= p->args->cmd == NULL && o->letter == 'o';
	return add_given(p, o, text, err);
}

/* The first word of a two-word command that is near to `typed`; false: none. */
static bool nearest_group(const struct cmd *table, const char *typed, char ret[32])
{
	size_t best = SIZE_MAX;

	for (const struct cmd *c = table; c->name != NULL; c++) {
		size_t len = strcspn(c->name, " ");
		struct cc_suggest s;
		char word[32];

		snprintf(word, sizeof(word), "%.*s", (int)len, c->name);
		cc_suggest_init(&s, typed);
		cc_suggest_offer(&s, c->name[len] == ' ' ? word : NULL);
		if (s.best != NULL && s.best_distance < best) {
			best = s.best_distance;
			memcpy(ret, word, sizeof(word));
		}
	}
	return best != SIZE_MAX;
}

/* The command near to `typed`, or the one that other programs call so; NULL: none. */
static const char *nearest_command(const struct cmd *table, const char *typed)
{
	size_t len = strlen(typed);
	struct cc_suggest s;

	for (const struct cmd *c = table; c->name != NULL; c++)
		for (const char *p = c->also; p != NULL; p = strchr(p, ' ') != NULL ? strchr(p, ' ') + 1 : NULL)
			if (strcspn(p, " ") == len && strncmp(p, typed, len) == 0)
				return c->name;
	cc_suggest_init(&s, typed);
	for (const struct cmd *c = table; c->name != NULL; c++)
		cc_suggest_offer(&s, c->name);
	return s.best;
}

static int unknown_command(const struct cmd *table, const char *first, const char *second, struct cc_error *err)
{
	const char *near;
	char typed[64], group[32];

	snprintf(typed, sizeof(typed), "%s%s%s", first, second != NULL ? " " : "", second != NULL ? second : "");
	near = nearest_command(table, typed);
	if (near != NULL && (second != NULL || strchr(near, ' ') == NULL || !nearest_group(table, typed, group)))
		return cc_fail(err, INVALID, "unknown command '%s'; did you mean '%s'? See ccctl help", typed, near);
	if (second == NULL && nearest_group(table, typed, group))
		return cc_fail(err, INVALID, "unknown command '%s'; did you mean '%s'? See ccctl help %s", typed, group, group);
	if (command_is_group(table, first))
		return cc_fail(err, INVALID, "unknown command '%s'; see ccctl help %s", typed, first);
	return cc_fail(err, INVALID, "unknown command '%s'; see ccctl help", typed);
}

/* `word` was just read and begins the command's name. */
static int take_command(struct parse *p, const char *word, struct cc_error *err)
{
	const char *words[COMMAND_WORDS] = { word };
	size_t n = 1, used;
	const char *second;

	while (n < COMMAND_WORDS && p->at + (int)n - 1 < p->argc && p->argv[p->at + (int)n - 1][0] != '-') {
		words[n] = p->argv[p->at + (int)n - 1];
		n++;
	}
	second = words[1];
	p->args->cmd = command_find(p->table, words, n, &used);
	if (p->args->cmd == NULL && command_is_group(p->table, word) && second == NULL)
		return cc_fail(err, INVALID, "'%s' needs a verb; see ccctl help %s", word, word);
	if (p->args->cmd == NULL && n == 2) {
		char both[64];

		snprintf(both, sizeof(both), "%s %s", word, second);
		if (command_is_group(p->table, both))
			return cc_fail(err, INVALID, "'%s' needs a verb; see ccctl help %s", both, word);
	}
	if (p->args->cmd == NULL)
		return unknown_command(p->table, word, command_is_group(p->table, word) ? second : NULL, err);
	p->at += (int)used - 1;
	command_arity(p->args->cmd, &p->min, &p->max, &p->rest);
	return 0;
}

static void take_rest(struct parse *p)
{
	p->args->rest = p->argv + p->at;
	p->args->n_rest = (size_t)(p->argc - p->at);
	p->at = p->argc;
}

static int too_many(const struct cmd *cmd, const char *word, struct cc_error *err)
{
	return cc_fail(
	        err, INVALID, "'%.80s' is one word too many; usage: ccctl %s%s%s", word, cmd->name, cmd->args[0] != '\0' ? " " : "", cmd->args);
}

/* Everything from `at` on; true in `plain` after "--", when dashes mean nothing. */
static int take_words(struct parse *p, struct cc_error *err)
{
	struct args *args = p->args;
	bool plain = false;

	while (p->at < p->argc) {
		const char *word = p->argv[p->at++];

		if (!plain && strcmp(word, "--") == 0) {
			plain = true;
			if (p->rest && args->cmd != NULL)
				take_rest(p);
		} else if (!plain && word[0] == '-' && word[1] != '\0') {
			if (take_option(p, word, err) < 0)
				return -1;
		} else if (args->cmd == NULL) {
			if (take_command(p, word, err) < 0)
				return -1;
		} else if (args->n_words < p->max) {
			args->words[args->n_words++] = word;
		} else if (p->rest) {
			p->at--;
			take_rest(p);
		} else {
			return too_many(args->cmd, word, err);
		}
	}
	return 0;
}

static int check_complete(const struct parse *p, struct cc_error *err)
{
	const struct args *args = p->args;
	bool short_of = args->n_words < p->min || (p->rest && args->n_rest == 0);

	if (args->help || args->version || args->cmd == NULL)
		return 0;
	if (short_of)
		return cc_fail(err, INVALID, "'%s' needs %s; see ccctl help %s", args->cmd->name, args->cmd->args, args->cmd->name);
	if (p->early_output && !(args->cmd->flags & CMD_OUTPUT))
		return cc_fail(err, INVALID, "'%s' has no option '-o'; see ccctl help %s", of_command(args->cmd), of_command(args->cmd));
	return 0;
}

int args_parse(const struct cmd *table, int argc, char **argv, struct cc_arena *a, struct args *ret, struct cc_error *err)
{
	struct parse p = { .table = table, .args = ret, .argv = argv, .argc = argc, .at = argc > 0 ? 1 : 0 };

	*ret = (struct args){ 0 };
	ret->words = cc_new_array(a, (size_t)argc + 1, const char *);
	if (take_words(&p, err) < 0)
		return -1;
	return check_complete(&p, err);
}

const struct args_given *args_find(const struct args *args, const char *name)
{
	CC_PRE(find_opt(args->cmd, name, strlen(name), 0) != NULL);
	for (size_t i = args->n_given; i > 0; i--)
		if (strcmp(args->given[i - 1].opt->name, name) == 0)
			return &args->given[i - 1];
	return NULL;
}

bool args_has(const struct args *args, const char *name)
{
	return args_find(args, name) != NULL;
}

const char *args_text(const struct args *args, const char *name, const char *fallback)
{
	const struct args_given *g = args_find(args, name);

	return g != NULL ? g->text : fallback;
}

int64_t args_number(const struct args *args, const char *name, int64_t fallback)
{
	const struct args_given *g = args_find(args, name);

	return g != NULL ? g->number : fallback;
}

struct cc_texts args_texts(const struct args *args, const char *name, struct cc_arena *a)
{
	struct cc_texts t = { 0, cc_new_array(a, args->n_given + 1, const char *) };

	CC_PRE(find_opt(args->cmd, name, strlen(name), 0) != NULL);
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].opt->name, name) == 0)
			t.items[t.n++] = args->given[i].text;
	return t;
}
