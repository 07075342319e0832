/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/priv_settings.h"

#include "common/rate.h"
#include "common/size.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum setting_kind { SETTING_TEXT, SETTING_INT, SETTING_SIZE, SETTING_RATE };

static const struct setting {
	enum setting_kind kind;
	const char *name;
	size_t offset;
	const char *dflt;
	const char *min;
	const char *max;
	const char *help;
} settings[] = {
#define CFG(kind, name, dflt, min, max, help) { SETTING_##kind, #name, offsetof(struct priv_settings, name), dflt, min, max, help },
#include "agent/priv.def"
#undef CFG
};

static int set_int(const struct setting *s, uint32_t *to, const char *value, struct cc_error *err)
{
	unsigned long low = strtoul(s->min, NULL, 10), high = strtoul(s->max, NULL, 10), got;
	char *end;

	errno = 0;
	got = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || got < low || got > high)
		return cc_fail(err, INVALID, "%s: '%.60s' is not a number from %s to %s", s->name, value, s->min, s->max);
	*to = (uint32_t)got;
	return 0;
}

static int set_size(const struct setting *s, uint64_t *to, const char *value, struct cc_error *err)
{
	int64_t low = 0, high = 0, got;

	CC_PRE(cc_size_parse(s->min, &low, err) == 0 && cc_size_parse(s->max, &high, err) == 0);
	if (cc_size_parse(value, &got, err) < 0)
		return cc_wrap(err, "%s", s->name);
	if (got != 0 && (got < low || got > high))
		return cc_fail(err, INVALID, "%s: '%.60s' is not from %s to %s", s->name, value, s->min, s->max);
	*to = (uint64_t)got;
	return 0;
}

static int set_rate(const struct setting *s, uint32_t *to, const char *value, struct cc_error *err)
{
	int64_t kbit;

	if (cc_rate_parse(value, &kbit, err) < 0)
		return cc_wrap(err, "%s", s->name);
	*to = (uint32_t)kbit;
	return 0;
}

static int set_value(struct priv_settings *set, const struct setting *s, const char *value, struct cc_error *err)
{
	char *to = (char *)set + s->offset;

	if (s->kind == SETTING_INT)
		return set_int(s, (uint32_t *)(void *)to, value, err);
	if (s->kind == SETTING_SIZE)
		return set_size(s, (uint64_t *)(void *)to, value, err);
	if (s->kind == SETTING_RATE)
		return set_rate(s, (uint32_t *)(void *)to, value, err);
	if (strlen(value) >= PRIV_TEXT_SETTING)
		return cc_fail(err, INVALID, "%s: longer than %d bytes", s->name, PRIV_TEXT_SETTING - 1);
	memcpy(to, value, strlen(value) + 1);
	return 0;
}

void priv_settings_init(struct priv_settings *ret)
{
	*ret = (struct priv_settings){ 0 };
	for (size_t i = 0; i < CC_ARRAY_LEN(settings); i++) {
		struct cc_error err = { 0 };

		CC_PRE(set_value(ret, &settings[i], settings[i].dflt, &err) == 0);
	}
}

/* "state-dir" on the command line is state_dir in the table. */
static bool flag_is(const char *flag, size_t len, const char *name)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (flag[i] != (name[i] == '_' ? '-' : name[i]))
			return false;
	return true;
}

static const struct setting *find_setting(const char *flag, size_t len)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(settings); i++)
		if (flag_is(flag, len, settings[i].name))
			return &settings[i];
	return NULL;
}

/* Reads one flag; *i moves over its value where that is an argument of its own. */
static int parse_flag(struct priv_settings *set, int *i, int argc, char **argv, struct cc_error *err)
{
	const char *flag = argv[*i] + 2;
	const char *value = strchr(flag, '=');
	size_t len = value != NULL ? (size_t)(value - flag) : strlen(flag);
	const struct setting *s = find_setting(flag, len);

	if (s == NULL)
		return cc_fail(err, INVALID, "unknown flag '%.60s'; --help lists all", argv[*i]);
	if (value == NULL && *i + 1 >= argc)
		return cc_fail(err, INVALID, "%s needs a value", argv[*i]);
	return set_value(set, s, value != NULL ? value + 1 : argv[++*i], err);
}

int priv_settings_parse(struct priv_settings *set, int argc, char **argv, struct cc_error *err)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			set->agent_argv = argv + i + 1;
			return 0;
		}
		if (strcmp(argv[i], "--help") == 0)
			set->show_help = true;
		else if (strcmp(argv[i], "--halt") == 0)
			set->halt = true;
		else if (strcmp(argv[i], "--teardown") == 0)
			set->teardown = true;
		else if (strcmp(argv[i], "--purge") == 0)
			set->teardown = set->purge = true;
		else if (strncmp(argv[i], "--", 2) != 0)
			return cc_fail(err, INVALID, "unexpected argument '%.60s'; --help lists the flags", argv[i]);
		else if (parse_flag(set, &i, argc, argv, err) < 0)
			return -1;
	}
	return 0;
}

static void print_flag(const char *name)
{
	fputs("  --", stdout);
	for (const char *p = name; *p != '\0'; p++)
		putchar(*p == '_' ? '-' : *p);
}

void priv_settings_print_help(void)
{
	puts("Usage: cc-agent-priv [FLAGS] [-- ARGUMENTS OF cc-agent]\n\n"
	     "The half of the agent that has rights. Starts cc-agent and does for it what needs root.\n");
	for (size_t i = 0; i < CC_ARRAY_LEN(settings); i++) {
		print_flag(settings[i].name);
		printf(" VALUE\n      %s Default '%s'.\n", settings[i].help, settings[i].dflt);
	}
	puts("  --halt\n      End all instances of this node as a power cut would, delete its bridge and its rules, then exit. Disks stay.\n"
	     "  --teardown\n      Delete all instances of this node, its bridge and its rules, then exit.\n"
	     "  --purge\n      The same, and delete the images and all else that was made here; a cc-agent-priv that runs is ended first. See cc-agent purge.\n"
	     "  --help\n      This text.");
}
