/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/api/call.h"
#include "common/clock.h"
#include "common/hash.h"
#include "controller/api/secrets.h"

static void hash_into(uint8_t *to, size_t n, const char *text)
{
	struct cc_sha256 h = cc_sha256(text, strlen(text));

	memcpy(to, h.b, n);
}

/* The key is the caller's own: two callers that use the same one do not meet. The caller comes first, so that each one's keys can be counted. */
static struct cc_uuid idempotency_id(const struct call *c)
{
	char who[CC_UUID_TEXT];
	struct cc_uuid id;

	cc_uuid_format(c->who.id, who);
	hash_into(id.b, ZONE_CALLER_BYTES, cc_printf(c->arena, "%d %s", (int)c->who.who, who));
	hash_into(id.b + ZONE_CALLER_BYTES, sizeof(id.b) - ZONE_CALLER_BYTES,
	        cc_printf(c->arena, "%d %s %s", (int)c->who.who, who, c->idempotency_key));
	return id;
}

int call_submit(struct call *c, enum command_kind kind, const void *args, call_handler *then)
{
	c->command = (struct command){ .kind = kind,
		.who = c->who,
		.now_ms = cc_now_ms(),
		.boot_ms = cc_boottime_ms(),
		.random = secrets_random(),
		.args = args,
		.arena = c->arena };
	if (c->idempotency_key != NULL) {
		c->command.idempotent = true;
		c->command.idempotency_id = idempotency_id(c);
		memcpy(c->command.request_hash, c->request_hash, sizeof(c->request_hash));
	}
	c->next = CALL_SUBMIT;
	c->then = then;
	return 0;
}

void call_watch(struct call *c, struct cc_uuid id)
{
	c->watch_id = id;
	c->watch_seq = c->setup->touch_seq(c->setup->edge, id);
}

int call_park(struct call *c, int64_t until, call_handler *then)
{
	c->park_until = until;
	c->next = CALL_PARK;
	c->then = then;
	return 0;
}

int call_work(struct call *c, call_handler *work, call_handler *then)
{
	c->work = work;
	c->next = CALL_WORK;
	c->then = then;
	return 0;
}

bool call_may(const struct call *c, struct cc_uuid owner)
{
	return principal_may(&c->who, owner);
}
