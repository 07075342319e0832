/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bearer token says who asks, whatever the connection is. Without one, a local peer is judged by its uid and a remote one by the key of its certificate:
 * only its hash counts, neither issuer nor dates. */
#include "common/clock.h"
#include "common/keys.h"
#include "common/token.h"
#include "controller/api/secrets.h"
#include "controller/http/edge.h"

#include <gnutls/gnutls.h>
#include <strings.h>

static void read_pin(struct request *r)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *chain;
	struct cc_error ignored;
	struct cc_pin pin;
	unsigned n = 0;

	r->conn->pin_read = true;
	if (info == NULL || info->tls_session == NULL)
		return;
	chain = gnutls_certificate_get_peers(info->tls_session, &n);
	if (chain != NULL && n > 0 && cc_pin_from_der(chain[0].data, chain[0].size, &pin, &ignored) == 0)
		cc_pin_format(pin, r->conn->pin);
}

/* The token behind "Bearer ", or NULL. */
static const char *bearer(struct request *r)
{
	const char *header = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	return header + 7 + strspn(header + 7, " ");
}

/* The secret of a whole token (common/token.h), else the text itself. */
static const char *secret_of(struct request *r, const char *text)
{
	struct cc_error ignored;
	struct cc_token token;

	if (strncmp(text, "cct", 3) != 0 || cc_token_decode(text, r->call.arena, &token, &ignored) < 0 || token.kind != CC_TOKEN_LOGIN)
		return text;
	return cc_secret_format(&token.secret, cc_arena_alloc(r->call.arena, CC_SECRET_TEXT));
}

static int by_token(struct request *r, const struct zone *z, const char *secret, struct principal *ret, struct cc_error *err)
{
	char hash[CC_SHA256_HEX], when[CC_TIME_TEXT];
	const struct member_token *t = zone_find_token(z, secrets_hash(secret, hash));
	const struct member *m = t != NULL ? zone_find(z, TABLE_MEMBER, t->member) : NULL;

	if (m == NULL)
		return cc_fail(err, UNAUTHENTICATED, "this token is not known, or it was revoked; ask the zone's admin for another");
	if (cc_has(t, member_token, expires) && t->expires <= cc_now_ms())
		return cc_fail(err, TOKEN_EXPIRED,
		        "this token expired at %s; make another with one that still serves (ccctl token create), "
		        "or ask the zone's admin",
		        cc_time_format(t->expires, when));
	engine_token_used(r->server->engine, t->id, cc_boottime_ms());
	ret->who = m->role == ROLE_ADMIN ? WHO_ADMIN : WHO_MEMBER;
	ret->id = m->id;
	return 0;
}

/* Controllers of one zone share its key, and nobody else has it. */
static bool is_controller(const struct request *r)
{
	return r->conn->pin[0] != '\0' && strcmp(r->conn->pin, r->server->opt.pin) == 0;
}

bool auth_is_controller(struct request *r)
{
	if (!r->conn->pin_read)
		read_pin(r);
	return is_controller(r);
}

static void by_pin(const struct request *r, const struct zone *z, struct principal *ret)
{
	const struct node *n = ret->pin[0] != '\0' ? zone_find_pin(z, ret->pin) : NULL;

	if (is_controller(r))
		ret->who = WHO_CONTROLLER;
	if (n == NULL || is_controller(r))
		return;
	ret->who = WHO_NODE;
	ret->id = n->id;
}

static void by_uid(const struct conn *c, struct principal *ret)
{
	if (c->uid == 0 || c->uid == geteuid())
		ret->who = WHO_ADMIN;
}

int auth_principal(struct request *r, struct principal *ret, struct cc_error *err)
{
	const char *token = bearer(r);
	const struct zone *z;
	int result = 0;

	*ret = (struct principal){ .who = WHO_ANONYMOUS };
	if (!r->conn->pin_read)
		read_pin(r);
	memcpy(ret->pin, r->conn->pin, sizeof(ret->pin));
	if (token == NULL && r->conn->local) {
		by_uid(r->conn, ret);
		return 0;
	}
	if (token != NULL)
		token = secret_of(r, token);
	z = engine_read_begin(r->server->engine);
	if (token != NULL)
		result = by_token(r, z, token, ret, err);
	else
		by_pin(r, z, ret);
	engine_read_end(r->server->engine);
	return result;
}

static bool is_self(const struct request *r)
{
	const struct zone *z = engine_read_begin(r->server->engine);
	const struct node *n = zone_find_ref(z, TABLE_NODE, r->call.path[0]);
	bool self = n != NULL && cc_uuid_equal(n->id, r->call.who.id);

	engine_read_end(r->server->engine);
	return self;
}

int auth_permit(struct request *r, struct cc_error *err)
{
	const struct perm_info *p = router_perm(r->route->perm);
	const struct principal *who = &r->call.who;

	if (!(p->who & (1u << who->who))) {
		/* A removed node is the one to hear this. */
		if (who->who == WHO_ANONYMOUS && who->pin[0] != '\0' && p->also == PERM_ALSO_SELF)
			return cc_fail(err, UNAUTHENTICATED,
			        "no node of this zone has this key: an admin removed the node, or it left; to come back, cc-agent purge and join with a new token");
		if (who->who == WHO_ANONYMOUS)
			return cc_fail(err, UNAUTHENTICATED, "this needs a member's token, a node's key, or root on the controller's own machine");
		return cc_fail(err, DENIED, "this is for %s", p->meaning);
	}
	if (p->also == PERM_ALSO_CERTIFICATE && who->pin[0] == '\0')
		return cc_fail(err, UNAUTHENTICATED, "joining needs the node's certificate; use TLS");
	if (p->also == PERM_ALSO_SELF && !is_self(r))
		return cc_fail(err, DENIED, "this is for %s", p->meaning);
	return 0;
}
