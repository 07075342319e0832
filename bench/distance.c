/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimated distances: how far they are off on networks of radio links where each node measures its supernode and six others, and what a fit costs. Prints
 * "name value unit" lines. Usage: bench_distance [FILE [NODES]], the file as of guifi.net's export: id, a, b, km, type, status. */
#include "tests/unit/scheduler/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROBES  6
#define NODES   1000
#define SOURCES 100
#define IDS     1000000

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void show(const char *name, const struct links *l, struct test_random *r)
{
	struct links_fit f = links_fit(l, r, PROBES);
	struct links_error e = links_error(l, f.points, r, SOURCES, UINT32_MAX);
	double began = seconds(), took;

	for (int i = 0; i < LINKS_ROUNDS; i++)
		sched_fit(f.points, 1, f.pairs, f.n_pairs, 7);
	took = seconds() - began;
	printf("%s_nodes %u nodes\n", name, l->n);
	printf("%s_error_median %.1f %%\n", name, e.median / 10.0);
	printf("%s_error_p90 %.1f %%\n", name, e.p90 / 10.0);
	printf("%s_fit_per_pair %.0f ns\n", name, took * 1e9 / LINKS_ROUNDS / (double)f.n_pairs);
	links_fit_free(&f);
}

/* A radio hop costs what it costs, the air next to nothing; cable and fibre a tenth. */
static int32_t hop_us(const char *type, double km)
{
	bool wired = strcmp(type, "cable") == 0 || strcmp(type, "fiber") == 0;

	return (int32_t)((wired ? 200 : strcmp(type, "wds") == 0 ? 1200 : 2500) + km * 7);
}

/* Takes the nodes around that with most links, by breadth, so that they are of one piece. */
static struct links around_the_busiest(const struct links *all, uint32_t most)
{
	struct links l = { 0 };
	uint32_t *number = calloc(all->n, sizeof(*number)), *queue = calloc(all->n + 1, sizeof(*queue)), n = 1, busiest = 0;

	if (number == NULL || queue == NULL)
		abort();
	for (uint32_t i = 0; i < all->n; i++)
		if (all->from[i + 1] - all->from[i] > all->from[busiest + 1] - all->from[busiest])
			busiest = i;
	queue[0] = busiest;
	number[busiest] = 1;
	for (uint32_t head = 0; head < n; head++)
		for (uint32_t k = all->from[queue[head]]; k < all->from[queue[head] + 1] && n < most; k++)
			if (number[all->to[k]] == 0) {
				queue[n] = all->to[k];
				number[all->to[k]] = ++n;
			}
	l.n = n;
	for (size_t i = 0; i < all->n_items; i++)
		if (number[all->items[i].a] != 0 && number[all->items[i].b] != 0)
			links_add(&l, number[all->items[i].a] - 1, number[all->items[i].b] - 1, all->items[i].us);
	links_done(&l);
	free(number);
	free(queue);
	return l;
}

static struct links read_links(FILE *file)
{
	struct links l = { .n = IDS };
	char line[512], type[64], status[64];
	unsigned a, b;
	double km;

	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*u\t%u\t%u\t%lf\t%63[^\t]\t%63[^\t\n]", &a, &b, &km, type, status) == 5 && strcmp(status, "Working") == 0 &&
		        a < IDS && b < IDS && a != b)
			links_add(&l, a, b, hop_us(type, km));
	links_done(&l);
	return l;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		struct links (*make)(struct test_random *, uint32_t);
	} shapes[] = { { "tree", links_tree }, { "grid", links_grid }, { "plain", links_plain } };
	struct test_random r = { 1 };
	int at = argc > 1 && strcmp(argv[1], "--links") == 0 ? 2 : 1;
	FILE *file = argc > at ? fopen(argv[at], "r") : NULL;
	struct links all, l;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		l = shapes[i].make(&r, NODES);
		show(shapes[i].name, &l, &r);
		links_free(&l);
	}
	if (argc <= at)
		return 0;
	if (file == NULL) {
		fprintf(stderr, "error: cannot read %s\n", argv[at]);
		return 1;
	}
	all = read_links(file);
	fclose(file);
	l = around_the_busiest(&all, argc > at + 1 ? (uint32_t)strtoul(argv[at + 1], NULL, 10) : 5000);
	show("links", &l, &r);
	links_free(&all);
	links_free(&l);
	return 0;
}
