/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden decisions: tests/golden/scheduler/X.case holds nodes and requests, X.expected what is decided about them, so that a change of behaviour is a diff
 * to be reviewed. CC_GOLDEN_UPDATE=1 (ctest --preset golden-update) writes the expected files anew. A case is lines of words:
 *   node NAME [silent] [paused] [drained] [arch=A] [vm] [owner=N] [cpu=FREE/GRANTED] [memory=FREE/GRANTED] [disk=FREE] [instances=FREE]
 *   request [arch=A] [vm] [owner=N] [cpu=N] [memory=N] [disk=N] [node=NAME] [seed=N] [fit=WEIGHT] [load=WEIGHT] */
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "tests/golden/scheduler";

enum { CASES_MAX = 64, LINE_MAX_BYTES = 512 };

static char *cases[CASES_MAX];
static int n_cases;

/* One word of a line, "name" or "name=value" or "name=value/more". */
struct word {
	char name[32];
	char value[32];
	int64_t number, more;
};

static bool next_word(char **line, struct word *ret)
{
	char *text = strtok_r(NULL, " \n", line), *value, *slash;

	if (text == NULL)
		return false;
	*ret = (struct word){ .name = "" };
	value = strchr(text, '=');
	if (value != NULL) {
		*value++ = '\0';
		snprintf(ret->value, sizeof(ret->value), "%s", value);
		ret->number = strtoll(value, &slash, 0);
		ret->more = *slash == '/' ? strtoll(slash + 1, NULL, 0) : 0;
	}
	snprintf(ret->name, sizeof(ret->name), "%s", text);
	return true;
}

static bool is(const struct word *w, const char *name)
{
	return strcmp(w->name, name) == 0;
}

/* A key from the name: it stays the same when lines move. */
static uint64_t key_of(const char *name)
{
	uint64_t key = 14695981039346656037u;

	for (; *name != '\0'; name++)
		key = (key ^ (uint8_t)*name) * 1099511628211u;
	return key;
}

static const char *arch_of(const char *text)
{
	static const char *const known[] = { "amd64", "arm64", "armhf" };

	for (size_t i = 0; i < CC_ARRAY_LEN(known); i++)
		if (strcmp(text, known[i]) == 0)
			return known[i];
	ck_abort_msg("no architecture of the golden cases: %s", text);
}

static void read_node(struct snapshot *s, char *line)
{
	struct snapshot_node n = { .features = SCHED_FEATURE_CONTAINER,
		.owner = 1,
		.free_cpu = 4000,
		.granted_cpu = 4000,
		.free_mib = 1024,
		.granted_mib = 1024,
		.free_disk_mib = 16384,
		.free_instances = 8 };
	struct word w;

	snprintf(n.name, sizeof(n.name), "%s", strtok_r(NULL, " \n", &line));
	n.key = key_of(n.name);
	while (next_word(&line, &w)) {
		if (is(&w, "silent"))
			n.silent = true;
		else if (is(&w, "paused"))
			n.paused = true;
		else if (is(&w, "drained"))
			n.drained = true;
		else if (is(&w, "vm"))
			n.features |= SCHED_FEATURE_VM;
		else if (is(&w, "arch"))
			n.arch = arch_of(w.value);
		else if (is(&w, "owner"))
			n.owner = (uint32_t)w.number;
		else if (is(&w, "cpu"))
			n.free_cpu = w.number, n.granted_cpu = w.more;
		else if (is(&w, "memory"))
			n.free_mib = w.number, n.granted_mib = w.more;
		else if (is(&w, "disk"))
			n.free_disk_mib = w.number;
		else if (is(&w, "instances"))
			n.free_instances = w.number;
		else
			ck_abort_msg("a node has no '%s'", w.name);
	}
	snapshot_add(s, n);
}

static size_t index_of(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->nodes[i].name, name) == 0)
			return i;
	ck_abort_msg("no node '%s'", name);
}

static void read_request(const struct snapshot *s, char *line, struct sched_req *req, struct sched_options *opt)
{
	struct word w;

	*req = (struct sched_req){ .cpu_millis = 1000,
		.memory_mib = 128,
		.disk_mib = 1024,
		.arches = sched_arch_bit("amd64"),
		.features = SCHED_FEATURE_CONTAINER,
		.only_node = SCHED_ANY };
	*opt = sched_default_options;
	while (next_word(&line, &w)) {
		if (is(&w, "vm"))
			req->features = SCHED_FEATURE_VM;
		else if (is(&w, "arch"))
			req->arches = sched_arch_bit(w.value);
		else if (is(&w, "owner"))
			req->have_owner = true, req->owner = (uint32_t)w.number;
		else if (is(&w, "cpu"))
			req->cpu_millis = w.number;
		else if (is(&w, "memory"))
			req->memory_mib = w.number;
		else if (is(&w, "disk"))
			req->disk_mib = w.number;
		else if (is(&w, "node"))
			req->only_node = index_of(s, w.value);
		else if (is(&w, "seed"))
			req->seed = (uint64_t)w.number;
		else if (is(&w, "fit"))
			opt->weight[SCHED_TERM_FIT] = (int32_t)w.number;
		else if (is(&w, "load"))
			opt->weight[SCHED_TERM_LOAD] = (int32_t)w.number;
		else
			ck_abort_msg("a request has no '%s'", w.name);
	}
}

static void write_decision(FILE *out, const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt)
{
	struct sched_decision d = snapshot_place(s, req, opt);

	fprintf(out, "  %s\n", snapshot_explain(s, &d, req));
	if (d.placed) {
		fprintf(out, "  tier=%s score=%" PRId64 " margin=%" PRId64, sched_tier_text(d.tier), d.score, d.margin);
		for (size_t t = 0; t < SCHED_TERM_MAX; t++)
			fprintf(out, " %s=%d*%d", sched_term_text((enum sched_term)t), d.terms[t], opt->weight[t]);
	} else {
		fprintf(out, "  would_fit cpu=%" PRId64 " memory=%" PRId64 " disk=%" PRId64, d.would_fit_cpu, d.would_fit_memory_mib,
		        d.would_fit_disk_mib);
	}
	fprintf(out, " considered=%zu feasible=%zu", d.considered, d.feasible);
	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		if (d.fell[f] > 0)
			fprintf(out, " fell(%s)=%u", sched_filter_text((enum sched_filter)f), d.fell[f]);
	fprintf(out, "\n");
}

/* What is decided in the case, line by line; requests are answered where they stand. Released with free(). */
static char *decide_case(const char *path)
{
	struct snapshot *s = cc_calloc(1, sizeof(*s));
	char line[LINE_MAX_BYTES], *text, *at;
	FILE *in = fopen(path, "r"), *out;
	size_t size;

	ck_assert_msg(in != NULL, "%s cannot be read", path);
	out = open_memstream(&text, &size);
	while (fgets(line, sizeof(line), in) != NULL) {
		struct sched_options opt;
		struct sched_req req;
		char *word, *shown = cc_strdup(line);

		word = strtok_r(line, " \n", &at);
		if (word != NULL && strcmp(word, "node") == 0) {
			read_node(s, at);
		} else if (word != NULL && strcmp(word, "request") == 0) {
			read_request(s, at, &req, &opt);
			fputs(shown, out);
			write_decision(out, s, &req, &opt);
		} else {
			ck_assert_msg(word == NULL || word[0] == '#', "%s: no such line: %s", path, shown);
		}
		free(shown);
	}
	fclose(out);
	fclose(in);
	free(s);
	return text;
}

static char *read_all(const char *path)
{
	char *text = cc_calloc(1, 1 << 16);
	FILE *in = fopen(path, "r");

	if (in != NULL) {
		ck_assert_uint_lt(fread(text, 1, 1 << 16, in), 1 << 16);
		fclose(in);
	}
	return text;
}

static void write_all(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	ck_assert(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
}

START_TEST(decisions_are_as_expected)
{
	char path[256];
	char *got, *want;

	snprintf(path, sizeof(path), "%s/%s.case", folder, cases[_i]);
	got = decide_case(path);
	snprintf(path, sizeof(path), "%s/%s.expected", folder, cases[_i]);
	if (getenv("CC_GOLDEN_UPDATE") != NULL)
		write_all(path, got);
	want = read_all(path);
	ck_assert_msg(strcmp(got, want) == 0, "%s is not what is decided now:\n%s", path, got);
	free(want);
	free(got);
}
END_TEST

static void find_cases(void)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	CC_PRE(dir != NULL);
	while ((e = readdir(dir)) != NULL) {
		char *dot = strrchr(e->d_name, '.');

		if (dot == NULL || strcmp(dot, ".case") != 0)
			continue;
		CC_PRE(n_cases < CASES_MAX);
		*dot = '\0';
		cases[n_cases++] = cc_strdup(e->d_name);
	}
	closedir(dir);
}

int main(void)
{
	Suite *s = suite_create("scheduler golden");
	TCase *tc = tcase_create("golden");
	int failed;

	find_cases();
	tcase_add_loop_test(tc, decisions_are_as_expected, 0, n_cases);
	suite_add_tcase(s, tc);
	failed = test_run(s);
	for (int i = 0; i < n_cases; i++)
		free(cases[i]);
	return failed;
}
