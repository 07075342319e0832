/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Program cc-agent: join once, then run under cc-agent-priv. */
#include "agent/agent.h"
#include "agent/agent_confine.h"
#include "agent/join.h"
#include "agent/live.h"
#include "agent/own_user.h"
#include "agent/owner.h"
#include "agent/purge.h"
#include "agent/statefile.h"
#include "agent/status.h"
#include "common/clock.h"
#include "common/config_args.h"
#include "common/confine.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_PATH "/etc/communitycloud/agent.yaml"
#define WORDS_MAX   2
#define TOKEN_MAX   8192

static const struct cc_program program = {
	.name = "cc-agent",
	.summary =
	        "a node's unprivileged half: talks to the zone's controller.\n\n"
	        "Commands:\n"
	        "  join TOKEN   join the zone that made the token (- reads it from standard input)\n"
	        "  run          work; started by cc-agent-priv (default)\n"
	        "  status       print what this node is, offers and should run, from its disk; -o json for programs\n"
	        "  pause        take nothing new; --for 2h ends it by itself, --stop also stops what runs\n"
	        "  resume       end the pause\n"
	        "  purge        delete this node: instances, images, bridge, rules, state; --yes does not ask, what follows -- are cc-agent-priv's flags",
	.config_path = CONFIG_PATH,
	.settings = &agent_settings,
};

/* What the command line said besides options. */
struct words {
	const char *items[WORDS_MAX + 1];
	size_t n;
	bool json;            /* status -o json */
	bool stop;            /* pause --stop */
	bool yes;             /* purge --yes */
	char **rest;          /* what followed --; NULL: nothing did */
	const char *for_text; /* pause --for */
	const char *wrong;    /* a value that is missing or unknown */
	bool check;           /* --check-config: answered here, for settings are also checked against each other */
};

struct loaded {
	struct cc_config_sources from;
	struct cc_config *config;
};

static int fail(const struct cc_error *err)
{
	fprintf(stderr, "cc-agent: %s\n", err->msg);
	return cc_code_info(err->code)->exit_status;
}

/* Options of single commands. */
static bool take_own_option(char **argv, int *i, struct words *words)
{
	const char *name = argv[*i], *value = argv[*i + 1];

	if (strcmp(name, "--stop") == 0) {
		words->stop = true;
		return true;
	}
	if (strcmp(name, "--yes") == 0 || strcmp(name, "-y") == 0) {
		words->yes = true;
		return true;
	}
	if (strcmp(name, "--for") != 0 && strcmp(name, "-o") != 0)
		return false;
	if (value == NULL || (strcmp(name, "-o") == 0 && strcmp(value, "json") != 0))
		words->wrong = strcmp(name, "-o") == 0 ? "-o is followed by json" : "--for is followed by a time: 30m, 2h, 1d";
	else if (strcmp(name, "-o") == 0)
		words->json = true;
	else
		words->for_text = value;
	*i += value != NULL;
	return true;
}

/* Takes the words out of argv, which keeps the options. */
static int split_args(int argc, char **argv, struct words *words)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		bool takes_value = strcmp(argv[i], "--config") == 0 || strcmp(argv[i], "--set") == 0;

		if (strcmp(argv[i], "--") == 0) {
			words->rest = argv + i + 1;
			break;
		}
		if (argv[i][0] != '-' || strcmp(argv[i], "-") == 0) {
			if (words->n <= WORDS_MAX)
				words->items[words->n++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--check-config") == 0) {
			words->check = true;
			continue;
		}
		if (take_own_option(argv, &i, words))
			continue;
		argv[kept++] = argv[i];
		if (takes_value && i + 1 < argc)
			argv[kept++] = argv[++i];
	}
	argv[kept] = NULL;
	return kept;
}

static const char *read_token(const char *word, char text[TOKEN_MAX])
{
	size_t n;

	if (strcmp(word, "-") != 0)
		return word;
	n = fread(text, 1, TOKEN_MAX - 1, stdin);
	text[n] = '\0';
	return text;
}

static int run_join(const struct loaded *l, const struct words *words)
{
	const struct agent_config *cfg = agent_config(l->config);
	cc_auto_free struct spool_identity *who = NULL;
	char text[TOKEN_MAX];
	const char *token;
	struct cc_error err = { 0 };

	if (words->n != 2) {
		fprintf(stderr, "cc-agent: join needs one token, as `ccctl node invite` prints it\n");
		return cc_code_info(CC_INVALID)->exit_status;
	}
	token = read_token(words->items[1], text);
	if (own_user_become(cfg->state_dir, &err) < 0 || join_check_token(token, &err) < 0 || statefile_make_dir(cfg->state_dir, &err) < 0)
		return fail(&err);
	if (agent_confine(cfg, l->from.path, NULL, &err) < 0 || join_zone(cfg, token, &who, &err) < 0)
		return fail(&err);
	printf("joined zone '%s' as node '%s'\n", who->zone, who->node_name);
	return 0;
}

static int run_status(const struct agent_config *cfg, bool json)
{
	struct cc_error err = { 0 };

	/* To ask the running agent, and nothing is made where there is none. */
	if (access(cfg->state_dir, F_OK) == 0 && own_user_become(cfg->state_dir, &err) < 0)
		return fail(&err);
	return status_print(cfg, json, stdout, &err) < 0 ? fail(&err) : 0;
}

static int pause_of(const struct words *words, struct owner_pause *ret, struct cc_error *err)
{
	struct owner_pause p = { .since = cc_now_ms(), .stop = words->stop };
	int64_t ms;

	if (words->for_text != NULL) {
		if (cc_duration_parse(words->for_text, &ms, err) < 0)
			return cc_wrap(err, "--for");
		if (ms < 1000)
			return cc_fail(err, INVALID, "--for: a pause of less than a second is none; to end one, type cc-agent resume");
		cc_set(&p, owner_pause, until, p.since + ms);
	}
	*ret = p;
	return 0;
}

/* The running agent sees the file; one that does not run will read it. */
static int run_pause(const struct agent_config *cfg, const struct words *words)
{
	struct owner_word word;
	struct owner_pause p;
	struct cc_error err = { 0 };

	if (pause_of(words, &p, &err) < 0 || own_user_become(cfg->state_dir, &err) < 0 || owner_save_pause(cfg->state_dir, &p, &err) < 0)
		return fail(&err);
	word = owner_word_at(&p, &(struct hours){ 0 }, false, p.since);
	printf("%s; what runs %s\n", word.why, p.stop ? "is stopped" : "runs on (--stop would stop it)");
	return 0;
}

static int run_resume(const struct agent_config *cfg)
{
	struct cc_error err = { 0 };

	if (own_user_become(cfg->state_dir, &err) < 0 || owner_resume(cfg->state_dir, &err) < 0)
		return fail(&err);
	puts("the pause is over");
	return 0;
}

static int run_purge(const struct loaded *l, const struct words *words)
{
	const struct purge p = { agent_config(l->config), l->from.path, words->yes, words->rest };
	struct cc_error err = { 0 };
	bool done;

	if (purge_node(&p, &done, &err) < 0)
		return fail(&err);
	puts(done ? "nothing is left of the node" : "nothing was purged");
	return done ? 0 : 1;
}

static const struct agent_config *reload(void *user)
{
	struct loaded *l = user;
	cc_auto(cc_config_free) struct cc_config *fresh = NULL;
	cc_auto_buf struct cc_buf restart = { 0 };
	struct cc_error err = { 0 };
	enum cc_log_level level;

	if (cc_config_reload(l->config, &l->from, &fresh, &restart, &err) < 0 || settings_check(agent_config(fresh), &err) < 0 ||
	        cc_log_level_parse(agent_config(fresh)->log_level, &level, &err) < 0) {
		cc_log(ERROR, CONFIG_BAD, kv_err(&err));
		return NULL;
	}
	if (restart.len > 0)
		cc_log(WARNING, CONFIG_NEEDS_RESTART, kv_text("settings", cc_buf_str(&restart)));
	cc_log_set_level(level);
	cc_config_free(l->config);
	l->config = cc_take(fresh);
	return agent_config(l->config);
}

static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A node may be started before it has joined. False when it is to end. */
static bool wait_for_join(const struct agent_config *cfg, int signal_fd, struct spool_identity **ret, struct cc_error *err)
{
	struct pollfd fds[2] = { { .fd = AGENT_PRIV_FD, .events = POLLRDHUP }, { .fd = signal_fd, .events = POLLIN } };
	bool told = false;

	while (spool_load_identity(cfg->state_dir, ret, err) < 0) {
		if (err->code != CC_NOT_FOUND)
			return false;
		*err = (struct cc_error){ 0 };
		if (!told)
			cc_log(NOTICE, NOT_JOINED, kv_text("state_dir", cfg->state_dir));
		told = true;
		if (poll(fds, 2, 1000) > 0)
			return false;
	}
	return true;
}

static int run_agent(struct loaded *l)
{
	const struct agent_config *cfg = agent_config(l->config);
	cc_auto_free struct spool_identity *who = NULL;
	cc_auto(cc_key_pair_free) struct cc_key_pair *key = NULL;
	cc_auto_close int signal_fd = -1;
	cc_auto_close int owner_fd = -1;
	cc_auto_close int live_fd = -1;
	struct cc_error err = { 0 };
	struct agent_start start = { .priv_fd = AGENT_PRIV_FD, .reload = reload, .reload_user = l };
	struct stat st;

	if (fstat(AGENT_PRIV_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "cc-agent: cc-agent-priv starts this; by hand there are `join` and `status`, see --help\n");
		return cc_code_info(CC_INVALID)->exit_status;
	}
	fcntl(AGENT_PRIV_FD, F_SETFD, FD_CLOEXEC);
	start.signal_fd = signal_fd = open_signals();
	if (!wait_for_join(cfg, signal_fd, &who, &err))
		return err.code != CC_OK ? fail(&err) : 0;
	start.owner_fd = owner_fd = owner_watch(cfg->state_dir);
	live_fd = live_hold(cfg->state_dir);
	tzset(); /* the zone of offer_hours: its file is out of reach later */
	if (cc_key_pair_open(cfg->state_dir, who->node_name, &key, &err) < 0 || agent_confine(cfg, l->from.path, who, &err) < 0)
		return fail(&err);
	cc_confine_escape();
	start.cfg = cfg;
	start.who = who;
	start.identity_path = cc_key_pair_path(key);
	if (agent_run(&start, &err) < 0) {
		cc_log(ERROR, START_FAILED, kv_err(&err));
		return cc_code_info(err.code)->exit_status;
	}
	cc_log(NOTICE, STOPPED);
	return 0;
}

static int run_command(const struct words *words, struct loaded *l)
{
	const struct agent_config *cfg = agent_config(l->config);
	const char *command = words->n > 0 ? words->items[0] : "run";

	if (words->wrong != NULL || (strcmp(command, "pause") != 0 && (words->stop || words->for_text != NULL)) ||
	        (strcmp(command, "status") != 0 && words->json) || (strcmp(command, "purge") != 0 && (words->yes || words->rest != NULL))) {
		fprintf(stderr, "cc-agent: %s; see --help\n",
		        words->wrong != NULL ? words->wrong : "--for and --stop belong to pause, -o to status, --yes and -- to purge");
		return cc_code_info(CC_INVALID)->exit_status;
	}
	if (strcmp(command, "join") == 0)
		return run_join(l, words);
	if (words->n <= 1 && strcmp(command, "status") == 0)
		return run_status(cfg, words->json);
	if (words->n <= 1 && strcmp(command, "pause") == 0)
		return run_pause(cfg, words);
	if (words->n <= 1 && strcmp(command, "resume") == 0)
		return run_resume(cfg);
	if (words->n <= 1 && strcmp(command, "purge") == 0)
		return run_purge(l, words);
	if (words->n <= 1 && strcmp(command, "run") == 0)
		return run_agent(l);
	fprintf(stderr, "cc-agent: '%s' is not understood here; see --help\n", words->items[words->n > 1 ? 1 : 0]);
	return cc_code_info(CC_INVALID)->exit_status;
}

int main(int argc, char **argv)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct words words = { 0 };
	struct loaded l = { 0 };
	struct cc_args args;
	struct cc_error err = { 0 };
	enum cc_log_level level;
	int status;

	argc = split_args(argc, argv, &words);
	cc_config_args(&program, argc, argv, arena, &args, &l.config);
	if (!args.run)
		return args.exit_status;
	l.from = args.sources;
	if (settings_check(agent_config(l.config), &err) < 0 || cc_log_level_parse(agent_config(l.config)->log_level, &level, &err) < 0) {
		cc_config_free(l.config);
		return fail(&err);
	}
	cc_log_set_level(level);
	if (words.check) {
		puts("the configuration is right");
		status = 0;
	} else {
		status = run_command(&words, &l);
	}
	cc_config_free(l.config);
	return status;
}
