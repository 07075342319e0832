/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tests tell the scripted controller, and ask it. */
#include "tests/unit/agent/controller_parts.h"

#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>

static void take_back(struct given *g)
{
	if (!g->set)
		return;
	free((char *)(uintptr_t)g->a.name);
	free((char *)(uintptr_t)g->a.image_sha256);
	g->set = false;
}

void controller_assign(struct controller *c, const struct assignment *a)
{
	struct given *g = &c->given[a->id.b[1]];

	controller_lock(c);
	take_back(g);
	*g = (struct given){ .set = true, .a = *a, .revision = ++c->revision };
	g->a.name = cc_strdup(a->name);
	g->a.image_sha256 = cc_strdup(a->image_sha256);
	controller_unlock(c);
}

void controller_unassign(struct controller *c, int n)
{
	controller_lock(c);
	take_back(&c->given[n]);
	c->revision++;
	controller_unlock(c);
}

void controller_want_full(struct controller *c)
{
	controller_lock(c);
	c->want_full = true;
	controller_unlock(c);
}

void controller_answer_raw(struct controller *c, int status, const char *body)
{
	controller_lock(c);
	free(c->raw);
	c->raw = body != NULL ? cc_strdup(body) : NULL;
	c->raw_status = status;
	controller_unlock(c);
}

void controller_set_revision(struct controller *c, int64_t revision)
{
	controller_lock(c);
	c->revision = revision;
	for (int n = 0; n < TEST_INSTANCES; n++)
		if (c->given[n].revision > revision)
			c->given[n].revision = revision;
	controller_unlock(c);
}

void controller_set_lease(struct controller *c, int64_t lease_ms)
{
	controller_lock(c);
	c->lease_ms = lease_ms;
	controller_unlock(c);
}

void controller_set_blob(struct controller *c, enum test_blob blob)
{
	controller_lock(c);
	c->blob = blob;
	controller_unlock(c);
}

void controller_set_join(struct controller *c, int status, const char *code, const char *detail)
{
	controller_lock(c);
	c->join_status = status;
	snprintf(c->join_code, sizeof(c->join_code), "%s", code);
	snprintf(c->join_detail, sizeof(c->join_detail), "%s", detail);
	controller_unlock(c);
}

const char *controller_joined_with(struct controller *c)
{
	return c->join_secret;
}

bool controller_wait_state(struct controller *c, int n, enum observed state, int64_t boot_sn)
{
	int64_t until = cc_boottime_ms() + CONTROLLER_WAIT_MS;
	bool there;

	controller_lock(c);
	for (;;) {
		const struct test_told *t = &c->told[n];

		there = t->any && t->state == state && (boot_sn < 0 || t->boot_sn == boot_sn);
		if (there || !controller_wait(c, until))
			break;
	}
	controller_unlock(c);
	return there;
}

struct test_told controller_told(struct controller *c, int n)
{
	struct test_told t;

	controller_lock(c);
	t = c->told[n];
	controller_unlock(c);
	return t;
}

unsigned controller_reports(struct controller *c, bool full)
{
	unsigned n;

	controller_lock(c);
	n = full ? c->full_reports : c->delta_reports;
	controller_unlock(c);
	return n;
}

unsigned controller_syncs(struct controller *c)
{
	unsigned n;

	controller_lock(c);
	n = c->syncs;
	controller_unlock(c);
	return n;
}

bool controller_wait_full(struct controller *c, unsigned than)
{
	int64_t until = cc_boottime_ms() + CONTROLLER_WAIT_MS;
	bool there;

	controller_lock(c);
	while (c->full_reports <= than && controller_wait(c, until))
		continue;
	there = c->full_reports > than;
	controller_unlock(c);
	return there;
}

bool controller_wait_revision(struct controller *c, int64_t revision)
{
	int64_t until = cc_boottime_ms() + CONTROLLER_WAIT_MS;
	bool there;

	controller_lock(c);
	while (c->known_revision != revision && controller_wait(c, until))
		continue;
	there = c->known_revision == revision;
	controller_unlock(c);
	return there;
}

bool controller_wait_listening(struct controller *c)
{
	int64_t until = cc_boottime_ms() + CONTROLLER_WAIT_MS;
	bool there;

	controller_lock(c);
	while (c->listening == 0 && controller_wait(c, until))
		continue;
	there = c->listening > 0;
	controller_unlock(c);
	return there;
}

size_t controller_fetched_from(struct controller *c)
{
	size_t n;

	controller_lock(c);
	n = c->sent_before;
	controller_unlock(c);
	return n;
}

unsigned controller_fetches(struct controller *c)
{
	unsigned n;

	controller_lock(c);
	n = c->fetches;
	controller_unlock(c);
	return n;
}

int64_t controller_offer_memory(struct controller *c)
{
	int64_t n;

	controller_lock(c);
	n = c->offer_memory;
	controller_unlock(c);
	return n;
}

const char *controller_closed(struct controller *c)
{
	static char text[sizeof(c->closed)];

	controller_lock(c);
	memcpy(text, c->closed, sizeof(text));
	controller_unlock(c);
	return text;
}

const char *controller_network(struct controller *c)
{
	static char text[sizeof(c->network)];

	controller_lock(c);
	memcpy(text, c->network, sizeof(text));
	controller_unlock(c);
	return text;
}
