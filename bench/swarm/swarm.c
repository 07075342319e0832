/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Usage: bench_swarm keys FILE N
 *          makes N key pairs and prints their pins
 *        bench_swarm run FILE FIRST NODES PORT PER_SECOND
 *          the agents of the nodes whose ids are in the file NODES, one per line, with the ids of the instances that run there (epoch 1, never restarted)
 *          behind each, and with the keys of FILE from number FIRST on; so many of them begin per second (0: all at once). Prints "got INSTANCE BOOT_SN MONOTONIC_NS" for each order, and for each line that it reads "AGENTS LISTENING DIALS
 *          FAILURES TALKS ORDERS". Ends with its input. */
#include "bench/swarm/swarm.h"

#include "common/clock.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { EVENTS = 256, TICK_MS = 100 };

static void answer(const struct swarm *s)
{
	size_t listening = 0;

	for (size_t i = 0; i < s->n_agents; i++)
		listening += s->agents[i].listen != NULL && s->agents[i].listen->shaken;
	printf("stat %zu %zu %lu %lu %lu %lu\n", s->n_agents, listening, (unsigned long)s->dials, (unsigned long)s->failures, (unsigned long)s->talks,
	        (unsigned long)s->orders);
}

/* False at the end of the input. */
static bool read_commands(const struct swarm *s)
{
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line));

	for (ssize_t i = 0; i < n; i++)
		if (line[i] == '\n')
			answer(s);
	return n != 0;
}

static void run(struct swarm *s)
{
	struct epoll_event input = { .events = EPOLLIN }, events[EVENTS];
	int64_t tick = 0;

	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	CC_PRE(epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) == 0);
	for (;;) {
		int n = epoll_wait(s->epoll_fd, events, EVENTS, TICK_MS);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr != NULL)
				agent_event(events[i].data.ptr);
			else if (!read_commands(s))
				return;
		}
		if (cc_boottime_ms() >= tick) {
			tick = cc_boottime_ms() + TICK_MS;
			for (size_t i = 0; i < s->n_agents; i++)
				agent_step(&s->agents[i]);
		}
		fflush(stdout);
	}
}

static void add_agent(struct swarm *s, size_t first, long per_second, char *line)
{
	struct swarm_agent *a;
	struct cc_error err = { 0 };
	struct cc_uuid id;

	s->agents = cc_realloc(s->agents, (s->n_agents + 1) * sizeof(*s->agents));
	a = &s->agents[s->n_agents];
	*a = (struct swarm_agent){ .number = (uint32_t)(first + s->n_agents), .full_due = true };
	if (per_second > 0)
		a->backoff.next_ms = cc_boottime_ms() + (int64_t)s->n_agents * 1000 / per_second;
	snprintf(a->path, sizeof(a->path), "/v1/nodes/%.36s/sync", strsep(&line, " \n"));
	while (line != NULL && cc_uuid_parse(strsep(&line, " \n"), &id, &err) == 0)
		agent_add_inst(a, id)->epoch = 1;
	s->n_agents++;
}

/* One agent per line. @err IO */
static int load_nodes(struct swarm *s, const char *path, size_t first, long per_second, struct cc_error *err)
{
	cc_auto(fclose) FILE *f = fopen(path, "re");
	cc_auto_free char *line = NULL;
	size_t cap = 0;

	if (f == NULL)
		return cc_fail_errno(err, "opening '%s'", path);
	while (getline(&line, &cap, f) > 0)
		add_agent(s, first, per_second, line);
	for (size_t i = 0; i < s->n_agents; i++) {
		s->agents[i].swarm = s;
		s->agents[i].conns[0].agent = s->agents[i].conns[1].agent = &s->agents[i];
	}
	return 0;
}

static int run_agents(char **argv, struct cc_error *err)
{
	size_t first = strtoul(argv[3], NULL, 10);
	struct swarm s = { .epoll_fd = epoll_create1(EPOLL_CLOEXEC), .port = (int)strtol(argv[5], NULL, 10) };

	CC_PRE(sodium_init() >= 0);
	CC_PRE(gnutls_priority_init(&s.priority, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL) == 0);
	if (load_nodes(&s, argv[4], first, strtol(argv[6], NULL, 10), err) < 0 || swarm_keys_load(argv[2], first, &s, err) < 0)
		return -1;
	run(&s);
	return 0;
}

int main(int argc, char **argv)
{
	struct cc_error err = { 0 };
	int r;

	if (argc == 4 && strcmp(argv[1], "keys") == 0) {
		r = swarm_keys_make(argv[2], strtoul(argv[3], NULL, 10), &err);
	} else if (argc == 7 && strcmp(argv[1], "run") == 0) {
		r = run_agents(argv, &err);
	} else {
		fprintf(stderr, "usage: bench_swarm keys FILE N | run FILE FIRST NODES PORT PER_SECOND\n");
		return 2;
	}
	if (r < 0)
		fprintf(stderr, "error: %s\n", err.msg);
	return r < 0;
}
