/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/config_args.h"

#include <getopt.h>
#include <string.h>

enum question { RUN, SHOW, CHECK, EXAMPLE, MARKDOWN, VERSION, HELP, WRONG };

enum { OPT_CONFIG = 256, OPT_SET, OPT_QUESTION };

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "set", required_argument, NULL, OPT_SET },
	{ "show-config", no_argument, NULL, OPT_QUESTION + SHOW },
	{ "check-config", no_argument, NULL, OPT_QUESTION + CHECK },
	{ "example-config", no_argument, NULL, OPT_QUESTION + EXAMPLE },
	{ "config-markdown", no_argument, NULL, OPT_QUESTION + MARKDOWN },
	{ "version", no_argument, NULL, OPT_QUESTION + VERSION },
	{ "help", no_argument, NULL, OPT_QUESTION + HELP },
	{ 0 },
};

static const char help_text[] = "Options:\n"
                                "  --config FILE        read settings from FILE (default %s)\n"
                                "  --set NAME=VALUE     change one setting; may be repeated\n"
                                "  --check-config       say whether the settings are right, and end\n"
                                "  --show-config        print the settings in force and where each came from\n"
                                "  --example-config     print a file with every setting and its default\n"
                                "  --config-markdown    print the table of settings for the manual\n"
                                "  --version, --help\n"
                                "Each setting may also stand in the environment, as CC_ and its name in capitals.\n";

static enum question read_options(const struct cc_program *program, int argc, char **argv, struct cc_arena *arena, struct cc_config_sources *from)
{
	const char **sets = cc_new_array(arena, (size_t)argc, const char *);
	enum question question = RUN;
	int opt;

	*from = (struct cc_config_sources){ .path = program->config_path, .path_optional = true, .sets = sets };
	optind = 0;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == '?')
			return WRONG;
		if (opt == OPT_CONFIG) {
			from->path = optarg;
			from->path_optional = false;
		} else if (opt == OPT_SET) {
			sets[from->n_sets++] = optarg;
		} else {
			question = (enum question)(opt - OPT_QUESTION);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: '%s' is not an option; see --help\n", program->name, argv[optind]);
		return WRONG;
	}
	return question;
}

static void answer(const struct cc_program *program, enum question question, const struct cc_config *config)
{
	cc_auto_buf struct cc_buf out = { 0 };

	switch (question) {
	case SHOW:
		cc_config_show(config, &out);
		break;
	case CHECK:
		cc_buf_adds(&out, "the configuration is right\n");
		break;
	case EXAMPLE:
		cc_config_example(program->settings, &out);
		break;
	case MARKDOWN:
		cc_config_markdown(program->settings, &out);
		break;
	case VERSION:
		cc_buf_printf(&out, "%s %s\n", program->name, CC_VERSION);
		break;
	default:
		cc_buf_printf(&out, "%s: %s\n\nUsage: %s [OPTION]...\n", program->name, program->summary, program->name);
		cc_buf_printf(&out, help_text, program->config_path);
		break;
	}
	fwrite(cc_buf_str(&out), 1, out.len, stdout);
}

static int check(const struct cc_program *program, const struct cc_config *config, struct cc_error *err)
{
	return program->check != NULL ? program->check(cc_config_values(config), err) : 0;
}

void cc_config_args(
        const struct cc_program *program, int argc, char **argv, struct cc_arena *arena, struct cc_args *args, struct cc_config **ret_config)
{
	cc_auto(cc_config_free) struct cc_config *config = NULL;
	struct cc_error err = { 0 };
	enum question question;

	*args = (struct cc_args){ .exit_status = 2 };
	question = read_options(program, argc, argv, arena, &args->sources);
	if (question == WRONG)
		return;
	if (question <= CHECK && (cc_config_load(program->settings, &args->sources, &config, &err) < 0 || check(program, config, &err) < 0)) {
		fprintf(stderr, "%s: %s\n", program->name, err.msg);
		return;
	}
	args->exit_status = 0;
	args->run = question == RUN;
	if (args->run)
		*ret_config = cc_take(config);
	else
		answer(program, question, config);
}
