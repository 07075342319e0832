/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/status_text.h"

#include "common/clock.h"
#include "common/rate.h"

#include <string.h>

#define NAME_LEAST 8
#define NAME_MOST  28

/* "12 s", "5 min", "3 h", "2 days" */
static const char *age(int64_t when_ms, int64_t now_ms, char to[32])
{
	static const struct {
		int64_t below_s, unit_s;
		const char *unit;
	} steps[] = { { 120, 1, "s" }, { 7200, 60, "min" }, { 172800, 3600, "h" }, { INT64_MAX, 86400, "days" } };
	int64_t s = now_ms > when_ms ? (now_ms - when_ms) / 1000 : 0;
	size_t k = 0;

	while (s >= steps[k].below_s)
		k++;
	snprintf(to, 32, "%lld %s", (long long)(s / steps[k].unit_s), steps[k].unit);
	return to;
}

static const struct live *live_of(const struct agent_status *s)
{
	return s->running.n > 0 ? s->running.items : NULL;
}

static void print_agent(const struct agent_status *s, const struct live *l, int64_t now_ms, FILE *to)
{
	char text[32];

	if (l != NULL)
		fprintf(to, "agent        version %s, running for %s\n", l->version, age(l->started, now_ms, text));
	else if (cc_has(s, agent_status, silent))
		fprintf(to, "agent        %s. What follows is from its disk\n", s->silent);
	else
		fprintf(to, "agent        does not run; instances run on without it. Start it: systemctl start cc-agent\n");
}

static void print_controller(const struct live *l, int64_t now_ms, FILE *to)
{
	char text[32];

	if (l == NULL)
		return;
	fprintf(to, "connection   %s, %s", l->controller, l->connected ? "connected" : "not reached");
	if (cc_has(l, live, heard))
		fprintf(to, ", last answer %s ago", age(l->heard, now_ms, text));
	else
		fprintf(to, ", no answer since the agent runs");
	fprintf(to, "%s%s\n", l->trouble[0] != '\0' ? ": " : "", l->trouble);
}

static void print_node(const struct agent_status *s, const struct live *l, int64_t now_ms, FILE *to)
{
	char id[CC_UUID_TEXT];

	fprintf(to, "node         %s\nid           %s\nzone         %s\ncontrollers ", s->node_name, cc_uuid_format(s->node, id), s->zone);
	for (size_t k = 0; k < s->controllers.n; k++)
		fprintf(to, " %s", s->controllers.items[k]);
	fprintf(to, "\n");
	print_agent(s, l, now_ms, to);
	print_controller(l, now_ms, to);
	fprintf(to, "orders       revision %lld%s\n", (long long)s->revision, s->revision == 0 ? ": none were taken in yet" : "");
}

/* "500 of 2000m" */
static void print_of(FILE *to, const char *what, bool known, int64_t used, int64_t offer, const char *unit)
{
	fprintf(to, "  %s ", what);
	if (known)
		fprintf(to, "%lld of ", (long long)used);
	fprintf(to, "%lld%s", (long long)offer, unit);
}

static void print_offer(const struct agent_status *s, const struct live *l, FILE *to)
{
	bool known = l != NULL;
	char when[CC_TIME_TEXT];

	fprintf(to, "takes        %s%s\n", s->closed[0] == '\0' ? "new instances" : s->closed, s->stops ? "; what ran is stopped" : "");
	if (s->closed[0] == '\0' && cc_has(s, agent_status, changes))
		fprintf(to, "until        %.16sZ\n", cc_time_format(s->changes, when));
	fprintf(to, "%-11s", known ? "in use" : "offers");
	print_of(to, "cpu", known, known ? l->used_cpu_millis : 0, s->offer_cpu_millis, "m");
	print_of(to, "memory", known, known ? l->used_memory_mib : 0, s->offer_memory_mib, " MiB");
	print_of(to, "disk", known, known ? l->used_disk_mib : 0, s->offer_disk_mib, " MiB");
	print_of(to, "instances", known, known ? l->used_instances : 0, s->offer_instances, "\n");
	fprintf(to, "machine      memory %lld MiB, %lld available  disk %lld MiB, %lld free\n", (long long)s->memory_mib,
	        (long long)s->memory_free_mib, (long long)s->disk_mib, (long long)s->disk_free_mib);
	if (s->lease_s > 0)
		fprintf(to, "lease        %lld s left\n", (long long)s->lease_s);
}

static bool has(const struct cc_texts *t, const char *word)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->items[i], word) == 0)
			return true;
	return false;
}

/* What stands between instances and the machine, and what this kernel or disk cannot give. */
static void print_protection(const struct live *l, FILE *to)
{
	static const struct {
		const char *feature, *there, *lacking;
	} walls[] = {
		{ "seccomp", "system calls are filtered", "system calls are not filtered" },
		{ "swap-limit", "instances do not swap", "instances may swap: this kernel does not account swap (boot it with swapaccount=1)" },
		{ "disk-limit", "disk limits are enforced", "disk limits are advisory: the disk cannot enforce them" },
	};

	if (l == NULL)
		return;
	fprintf(to, "fences       %s\n", l->fences);
	if (has(&l->features, "sim")) {
		fprintf(to, "protection   none is needed: instances are simulated\n");
		return;
	}
	fprintf(to, "protection   instances have users of their own and do not reach the owner's networks");
	for (size_t i = 0; i < CC_ARRAY_LEN(walls); i++)
		if (has(&l->features, walls[i].feature))
			fprintf(to, "; %s", walls[i].there);
	fprintf(to, "\n");
	for (size_t i = 0; i < CC_ARRAY_LEN(walls); i++)
		if (!has(&l->features, walls[i].feature))
			fprintf(to, "lacking      %s\n", walls[i].lacking);
}

static void print_network(const struct agent_status *s, FILE *to)
{
	if (cc_has(s, agent_status, names))
		fprintf(to, "names        %s%s\n", s->names[0] != '\0' ? "none: " : "by dnsmasq", s->names);
	if (cc_has(s, agent_status, no_ipv6))
		fprintf(to, "ipv6         %s%s\n", s->no_ipv6[0] != '\0' ? "none: " : s->prefix6, s->no_ipv6);
	for (size_t i = 0; cc_has(s, agent_status, blocked) && i < s->blocked.n; i++)
		fprintf(to, "blocked      %s\n", s->blocked.items[i]);
}

static void print_bandwidth(const struct agent_status *s, FILE *to)
{
	char up[CC_RATE_TEXT], down[CC_RATE_TEXT];

	if (!cc_has(s, agent_status, upload_kbit) || !cc_has(s, agent_status, download_kbit))
		return;
	if (s->upload_kbit == 0 && s->download_kbit == 0)
		fprintf(to, "bandwidth    no limit for all instances together (cc-agent-priv --upload-max, --download-max)\n");
	else
		fprintf(to, "bandwidth    of all instances together: up %s, down %s\n", cc_rate_format(s->upload_kbit, up),
		        cc_rate_format(s->download_kbit, down));
}

static int name_width(const struct agent_status *s, const struct live *l)
{
	size_t width = NAME_LEAST, n = l != NULL ? l->instances.n : s->assignments.n;

	for (size_t k = 0; k < n; k++) {
		size_t len = strlen(l != NULL ? l->instances.items[k].name : s->assignments.items[k].name);

		width = len > width ? len : width;
	}
	return (int)(width < NAME_MOST ? width : NAME_MOST);
}

static const char *or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static void print_live(const struct agent_status *s, const struct live *l, FILE *to)
{
	int width = name_width(s, l);

	fprintf(to, "instances    %zu\n", l->instances.n);
	if (l->instances.n > 0)
		fprintf(to, "  %-*s  %-10s  %-9s  %6s  %13s  %9s  WHY\n", width, "NAME", "FOR", "STATE", "CPU", "MEMORY MIB", "DISK MIB");
	for (size_t k = 0; k < l->instances.n; k++) {
		const struct live_instance *i = &l->instances.items[k];

		fprintf(to, "  %-*s  %-10s  %-9s  %5lldm  %6lld/%-6lld  %9lld  %s\n", width, or_dash(i->name), or_dash(i->member_name),
		        cc_enum_slug(&observed_enum, (int)i->state), (long long)i->cpu_millis, (long long)i->used_memory_mib,
		        (long long)i->memory_mib, (long long)i->disk_mib, i->reason);
	}
}

static void print_assigned(const struct agent_status *s, FILE *to)
{
	int width = name_width(s, NULL);

	fprintf(to, "assignments  %zu\n", s->assignments.n);
	if (s->assignments.n > 0)
		fprintf(to, "  %-*s  %-10s  %-9s  %6s  %10s  %9s\n", width, "NAME", "FOR", "SHOULD BE", "CPU", "MEMORY MIB", "DISK MIB");
	for (size_t k = 0; k < s->assignments.n; k++) {
		const struct assignment *w = &s->assignments.items[k];

		fprintf(to, "  %-*s  %-10s  %-9s  %5lldm  %10lld  %9lld\n", width, w->name,
		        or_dash(cc_has(w, assignment, member_name) ? w->member_name : ""), cc_enum_slug(&inst_desired_enum, (int)w->desired),
		        (long long)w->cpu_millis, (long long)w->memory_mib, (long long)w->disk_mib);
	}
}

void status_text(const struct agent_status *s, int64_t now_ms, FILE *to)
{
	const struct live *l = live_of(s);

	print_node(s, l, now_ms, to);
	print_offer(s, l, to);
	print_network(s, to);
	print_bandwidth(s, to);
	print_protection(l, to);
	if (l != NULL)
		print_live(s, l, to);
	else
		print_assigned(s, to);
}
