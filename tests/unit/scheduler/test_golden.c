/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden decisions: tests/golden/scheduler/X.case holds nodes and requests, X.expected what is decided about them, so that a change of behaviour is a diff
 * to be reviewed. CC_GOLDEN_UPDATE=1 (ctest --preset golden-update) writes the expected files anew. A case is lines of words:
 *   node NAME [silent] [paused] [drained] [arch=A] [vm] [owner=N] [cpu=FREE/GRANTED] [memory=FREE/GRANTED] [disk=FREE] [instances=FREE] [bandwidth=CLASS]
 *        [reliability=N] [image] [affine] [like=N/N of two kinds of domain] [kind] [hours] [capped] [unwelcome] [mismatch] [noextra] [at=X/Y, ms on the plane] [measured=US from what is near]
 *   request [arch=A] [vm] [owner=N] [cpu=N] [memory=N] [disk=N] [bandwidth=N] [node=NAME] [seed=N] [barred] [image] [affine] [spread=LIMIT] [spread2=LIMIT]
 *           [fit=WEIGHT] [load=WEIGHT] [near[=X/Y]] [within=US]
 * What a node has from [image] on counts for requests that name the same; the last six for those with [barred]. */
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

/* What matters only to some requests. */
static bool read_wish(struct snapshot_node *n, const struct word *w)
{
	static const struct {
		const char *word;
		int bar;
	} bars[] = { { "unwelcome", SCHED_BAR(UNWELCOME) }, { "kind", SCHED_BAR(KIND) }, { "hours", SCHED_BAR(HOURS) },
		{ "capped", SCHED_BAR(CAPPED) }, { "mismatch", SCHED_BAR(CONSTRAINT) }, { "noextra", SCHED_BAR(EXTRAS) } };

	for (size_t k = 0; k < CC_ARRAY_LEN(bars); k++)
		if (is(w, bars[k].word))
			return n->barred |= 1u << bars[k].bar;
	if (is(w, "like"))
		n->like[0] = (uint32_t)w->number, n->like[1] = (uint32_t)w->more;
	else if (is(w, "image"))
		n->image = true;
	else if (is(w, "affine"))
		n->affine = true;
	return is(w, "like") || is(w, "image") || is(w, "affine");
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
		else if (is(&w, "bandwidth"))
			n.bandwidth = (int32_t)w.number;
		else if (is(&w, "reliability"))
			n.unreliability = 1000 - (int32_t)w.number;
		else if (is(&w, "at"))
			n.point = (struct sched_point){ (int32_t)w.number * 1000, (int32_t)w.more * 1000, 0, 1 };
		else if (is(&w, "measured"))
			n.measured_us = (int32_t)w.number;
		else if (!read_wish(&n, &w))
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

static void read_request(struct snapshot *s, char *line, struct sched_req *req, struct sched_options *opt)
{
	struct word w;

	*req = (struct sched_req){ .need = { [SCHED_CPU] = 1000, [SCHED_MEMORY] = 128, [SCHED_DISK] = 1024 },
		.arches = sched_arch_bit("amd64"),
		.features = SCHED_FEATURE_CONTAINER,
		.only_node = SCHED_ANY };
	*opt = sched_default_options;
	s->member = 0;
	s->barred = s->image = s->affine = s->near = false;
	s->n_spreads = 0;
	while (next_word(&line, &w)) {
		if (is(&w, "vm"))
			req->features = SCHED_FEATURE_VM;
		else if (is(&w, "arch"))
			req->arches = sched_arch_bit(w.value);
		else if (is(&w, "owner"))
			s->member = (uint32_t)w.number;
		else if (is(&w, "cpu"))
			req->need[SCHED_CPU] = (int32_t)w.number;
		else if (is(&w, "memory"))
			req->need[SCHED_MEMORY] = (int32_t)w.number;
		else if (is(&w, "disk"))
			req->need[SCHED_DISK] = (int32_t)w.number;
		else if (is(&w, "bandwidth"))
			req->need[SCHED_BANDWIDTH] = (int32_t)w.number;
		else if (is(&w, "node"))
			req->only_node = index_of(s, w.value);
		else if (is(&w, "seed"))
			req->seed = (uint64_t)w.number;
		else if (is(&w, "fit"))
			opt->weight[SCHED_TERM_FIT] = (int32_t)w.number;
		else if (is(&w, "load"))
			opt->weight[SCHED_TERM_LOAD] = (int32_t)w.number;
		else if (is(&w, "near"))
			s->near = true, req->near = (struct sched_point){ (int32_t)w.number * 1000, (int32_t)w.more * 1000, 0, w.value[0] != '\0' };
		else if (is(&w, "within"))
			req->within_us = w.number;
		else if (is(&w, "barred"))
			s->barred = true;
		else if (is(&w, "image"))
			s->image = true;
		else if (is(&w, "affine"))
			s->affine = true;
		else if (is(&w, "spread") || is(&w, "spread2"))
			s->limit[s->n_spreads++] = (uint32_t)w.number;
		else
			ck_abort_msg("a request has no '%s'", w.name);
	}
}

static void write_candidates(FILE *out, const struct snapshot *s, const struct sched_decision *d, const struct sched_options *opt)
{
	for (size_t k = 0; k < d->n_best; k++) {
		fprintf(out, "  %zu. %s %" PRId64, k + 1, s->nodes[d->best[k].node].name, d->best[k].score);
		for (size_t t = 0; t < SCHED_TERM_MAX; t++)
			if (opt->weight[t] != 0 && d->best[k].terms[t] != 0)
				fprintf(out, " %s=%d*%d", sched_term_text((enum sched_term)t), d->best[k].terms[t], opt->weight[t]);
		if (d->best[k].distance_us >= 0)
			fprintf(out, " away=%" PRId64, d->best[k].distance_us);
		fprintf(out, "\n");
	}
}

static void write_would(FILE *out, const struct sched_decision *d)
{
	static const char *const resources[SCHED_RESOURCES] = { "cpu", "memory", "disk", "instances", "bandwidth" };

	fprintf(out, "  would fit:");
	if (d->would_reach_us >= 0)
		fprintf(out, " within=%" PRId64, d->would_reach_us);
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		if (d->would_fit[r] >= 0)
			fprintf(out, " %s=%d", resources[r], d->would_fit[r]);
	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		if (d->only_for[f] > 0)
			fprintf(out, " without(%s)=%u", sched_filter_text((enum sched_filter)f), d->only_for[f]);
	fprintf(out, "\n");
}

static void write_decision(FILE *out, const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt)
{
	struct sched_decision d = snapshot_place(s, req, opt);

	fprintf(out, "  %s\n", snapshot_explain(s, &d, req));
	if (d.placed)
		write_candidates(out, s, &d, opt);
	else
		write_would(out, &d);
	fprintf(out, "  considered=%zu feasible=%zu", d.considered, d.feasible);
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
