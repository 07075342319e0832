/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/router.h"
#include "controller/http/handlers.h"

#include <string.h>

const struct cc_desc router_none_desc = { .name = "none" };
const struct cc_desc router_text_desc = { .name = "text" };
const struct cc_desc router_bytes_desc = { .name = "bytes" };
const struct cc_desc router_openapi_desc = { .name = "openapi" };
const struct cc_desc router_events_desc = { .name = "events" };

/* So that the table can name them like entities. */
#define none_desc    router_none_desc
#define text_desc    router_text_desc
#define bytes_desc   router_bytes_desc
#define openapi_desc router_openapi_desc
#define events_desc  router_events_desc

const struct route router_routes[] = {
#define R(method, path, handler, perm, body, reply, flags, summary) \
	{ #method, path, #handler, handler, PERM_##perm, &body##_desc, &reply##_desc, flags, summary },
#include "controller/http/routes.def"
#undef R
};
const size_t router_n_routes = CC_ARRAY_LEN(router_routes);

enum {
	ANONYMOUS = 1 << WHO_ANONYMOUS,
	MEMBER = 1 << WHO_MEMBER,
	ADMIN = 1 << WHO_ADMIN,
	NODE = 1 << WHO_NODE,
	CONTROLLER = 1 << WHO_CONTROLLER,
	ANYONE = ANONYMOUS | MEMBER | ADMIN | NODE | CONTROLLER
};

static const struct perm_info perms[PERM_MAX] = {
#define P(name, roles, also, meaning) [PERM_##name] = { #name, roles, PERM_ALSO_##also, meaning },
#include "controller/http/perms.def"
#undef P
};

const struct perm_info *router_perm(enum perm p)
{
	return &perms[p];
}

enum { OPTIONAL = false, REQUIRED = true };

static const struct param_info params[PARAM_MAX] = {
#define Q(number, flag, name, kind, need, doc) [PARAM_##number] = { #name, flag, CK_##kind, need, doc },
#include "controller/api/params.def"
#undef Q
};

const struct param_info *router_param(size_t i)
{
	return &params[i];
}

/* Compares one segment of a path; both pointers move behind it. */
static bool segment_matches(const char **pattern, const char **path, const char **ret_param, size_t *ret_len)
{
	size_t want = strcspn(*pattern, "/"), have = strcspn(*path, "/");
	bool is_param = (*pattern)[0] == '{', same;

	*ret_param = is_param ? *path : NULL;
	*ret_len = have;
	same = is_param ? have > 0 && have <= ROUTE_SEGMENT_MAX : want == have && memcmp(*pattern, *path, have) == 0;
	*pattern += want;
	*path += have;
	return same;
}

static bool path_matches(const char *pattern, const char *path, struct cc_arena *a, const char *ret_params[ROUTE_PATH_PARAMS])
{
	const char *found[ROUTE_PATH_PARAMS];
	size_t len[ROUTE_PATH_PARAMS], n = 0;

	while (*pattern == '/' && *path == '/') {
		const char *param;
		size_t param_len;

		pattern++;
		path++;
		if (!segment_matches(&pattern, &path, &param, &param_len))
			return false;
		if (param == NULL)
			continue;
		CC_PRE(n < ROUTE_PATH_PARAMS);
		found[n] = param;
		len[n++] = param_len;
	}
	if (*pattern != '\0' || *path != '\0')
		return false;
	for (size_t i = 0; i < n; i++)
		ret_params[i] = cc_arena_memdup(a, found[i], len[i]);
	return true;
}

const struct route *router_find(
        const char *method, const char *path, struct cc_arena *a, const char *ret_params[ROUTE_PATH_PARAMS], const char **ret_allow)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	const char *allow = "";

	for (size_t i = 0; i < router_n_routes; i++) {
		const struct route *r = &router_routes[i];

		if (!path_matches(r->path, path, a, ret_params))
			continue;
		if (strcmp(r->method, wanted) == 0 && !(wanted != method && (r->flags & RF_STREAM)))
			return r;
		allow = cc_printf(a, "%s%s%s", allow, allow[0] != '\0' ? ", " : "", r->method);
		if (strcmp(r->method, "GET") == 0 && !(r->flags & RF_STREAM))
			allow = cc_printf(a, "%s, HEAD", allow);
	}
	*ret_allow = allow;
	return NULL;
}

size_t router_body_max(const struct route *r)
{
	if (r->body == &none_desc)
		return 0;
	return r->flags & RF_BIG ? ROUTE_BIG_BYTES : ROUTE_BODY_BYTES;
}

int router_status(const struct route *r)
{
	if (r->flags & RF_CREATES)
		return 201;
	if (r->flags & RF_ACCEPTS)
		return 202;
	return r->reply == &none_desc ? 204 : 200;
}
