/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/openapi.h"
#include "common/json.h"
#include "controller/http/openapi_schema.h"
#include "controller/http/router.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static void member(struct cc_buf *out, const char *name, const char *text)
{
	cc_buf_printf(out, "\"%s\":", name);
	cc_json_string(out, text);
}

static void path_params(struct cc_buf *out, const struct route *r, const char **sep)
{
	const char *at = r->path;

	while ((at = strchr(at, '{')) != NULL) {
		int len = (int)strcspn(at + 1, "}");

		cc_buf_printf(out, "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":", *sep, len, at + 1);
		openapi_schema_kind(out, strncmp(at, "{sha256}", 8) == 0 ? CK_sha256 : strncmp(at, "{id}", 4) == 0 ? CK_uuid : CK_ref, NULL);
		cc_buf_addc(out, '}');
		*sep = ",";
		at++;
	}
}

static void query_params(struct cc_buf *out, const struct route *r, const char **sep)
{
	for (size_t i = 0; i < PARAM_MAX; i++) {
		const struct param_info *p = router_param(i);

		if (!(r->flags & p->flag))
			continue;
		cc_buf_printf(out, "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,", *sep, p->name, p->required ? "true" : "false");
		member(out, "description", p->doc);
		cc_buf_adds(out, ",\"schema\":");
		openapi_schema_kind(out, p->kind, NULL);
		cc_buf_addc(out, '}');
		*sep = ",";
	}
}

static void header_params(struct cc_buf *out, const struct route *r, const char **sep)
{
	if (r->flags & RF_IDEMPOTENT) {
		cc_buf_printf(out, "%s{\"$ref\":\"#/components/parameters/idempotency_key\"}", *sep);
		*sep = ",";
	}
	if (strcmp(r->method, "GET") == 0 && r->reply->n_fields > 0) {
		cc_buf_printf(out, "%s{\"$ref\":\"#/components/parameters/if_none_match\"}", *sep);
		*sep = ",";
	}
	if (r->flags & RF_MATCH) {
		cc_buf_printf(out, "%s{\"$ref\":\"#/components/parameters/%s\"}", *sep, r->flags & RF_MERGE ? "if_match_needed" : "if_match");
		*sep = ",";
	}
}

static const char *media_type(const struct cc_desc *d)
{
	if (d == &router_bytes_desc)
		return "application/octet-stream";
	if (d == &router_events_desc)
		return "text/event-stream";
	return d == &router_text_desc ? "text/plain" : "application/json";
}

static void content(struct cc_buf *out, const struct cc_desc *d, const char *type)
{
	cc_buf_printf(out, "\"content\":{\"%s\":{\"schema\":", type);
	if (d == &router_bytes_desc)
		cc_buf_adds(out, "{\"type\":\"string\",\"format\":\"binary\"}");
	else if (d == &router_text_desc || d == &router_events_desc)
		cc_buf_adds(out, "{\"type\":\"string\"}");
	else if (d == &router_openapi_desc)
		cc_buf_adds(out, "{\"type\":\"object\"}");
	else
		cc_buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}", d->name);
	cc_buf_adds(out, "}}");
}

static void reply_headers(struct cc_buf *out, const struct route *r)
{
	const char *sep = "";

	if (!(r->flags & (RF_BLOCKING | RF_LIST)))
		return;
	cc_buf_adds(out, ",\"headers\":{");
	if (r->flags & RF_BLOCKING) {
		cc_buf_adds(out, "\"X-Index\":{\"$ref\":\"#/components/headers/index\"}");
		sep = ",";
	}
	if (r->flags & RF_LIST)
		cc_buf_printf(out, "%s\"Link\":{\"$ref\":\"#/components/headers/link\"}", sep);
	cc_buf_addc(out, '}');
}

static void responses(struct cc_buf *out, const struct route *r)
{
	int status = router_status(r);

	cc_buf_printf(out, "\"responses\":{\"%d\":{", status);
	member(out, "description", status == 204 ? "Done" : "Success");
	reply_headers(out, r);
	if (r->reply != &router_none_desc) {
		cc_buf_addc(out, ',');
		content(out, r->reply, media_type(r->reply));
	}
	cc_buf_adds(out, "}");
	if (strcmp(r->method, "GET") == 0 && r->reply->n_fields > 0)
		cc_buf_adds(out, ",\"304\":{\"description\":\"What If-None-Match names is still so\"}");
	if (r->flags & RF_ACCEPTS)
		cc_buf_adds(out, ",\"204\":{\"description\":\"Done, and there is nothing left to show\"}");
	cc_buf_adds(out, ",\"default\":{\"$ref\":\"#/components/responses/problem\"}}");
}

/* Unique, and stable as long as method and path are: post_v1_instances_ref_exec. */
static void operation_id(struct cc_buf *out, const struct route *r)
{
	cc_buf_adds(out, "\"operationId\":\"");
	for (const char *p = r->method; *p != '\0'; p++)
		cc_buf_addc(out, (char)tolower((unsigned char)*p));
	for (const char *p = r->path; *p != '\0'; p++)
		if (isalnum((unsigned char)*p))
			cc_buf_addc(out, *p);
		else if (*p != '{' && *p != '}')
			cc_buf_addc(out, '_');
	cc_buf_addc(out, '"');
}

static void security(struct cc_buf *out, const struct route *r)
{
	const struct perm_info *p = router_perm(r->perm);
	const char *sep = "";

	cc_buf_adds(out, ",\"security\":[");
	if (p->who & (1u << WHO_ANONYMOUS)) {
		cc_buf_adds(out, p->also == PERM_ALSO_CERTIFICATE ? "{\"certificate\":[]}" : "{}");
		sep = ",";
	}
	if (p->who & (1u << WHO_MEMBER | 1u << WHO_ADMIN) && sep[0] == '\0') {
		cc_buf_adds(out, "{\"token\":[]}");
		sep = ",";
	}
	if (p->who & (1u << WHO_NODE) && !(p->who & (1u << WHO_ANONYMOUS)))
		cc_buf_printf(out, "%s{\"certificate\":[]}", sep);
	cc_buf_addc(out, ']');
}

static void operation(struct cc_buf *out, const struct route *r)
{
	const char *sep = "";

	cc_buf_addc(out, '"');
	for (const char *p = r->method; *p != '\0'; p++)
		cc_buf_addc(out, (char)tolower((unsigned char)*p));
	cc_buf_adds(out, "\":{");
	operation_id(out, r);
	cc_buf_addc(out, ',');
	member(out, "summary", r->summary);
	cc_buf_printf(out, ",\"description\":\"For %s.\"", router_perm(r->perm)->meaning);
	security(out, r);
	cc_buf_adds(out, ",\"parameters\":[");
	path_params(out, r, &sep);
	query_params(out, r, &sep);
	header_params(out, r, &sep);
	cc_buf_adds(out, "],");
	if (r->body != &router_none_desc) {
		cc_buf_adds(out, "\"requestBody\":{\"required\":true,");
		content(out, r->body, r->flags & RF_MERGE ? "application/merge-patch+json" : media_type(r->body));
		cc_buf_adds(out, "},");
	}
	responses(out, r);
	cc_buf_addc(out, '}');
}

static bool seen_before(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(router_routes[k].path, router_routes[i].path) == 0)
			return true;
	return false;
}

static void paths(struct cc_buf *out)
{
	for (size_t i = 0; i < router_n_routes; i++) {
		const char *sep = "";

		if (seen_before(i))
			continue;
		cc_buf_printf(out, "%s\"%s\":{", i > 0 ? "," : "", router_routes[i].path);
		for (size_t k = i; k < router_n_routes; k++) {
			if (strcmp(router_routes[k].path, router_routes[i].path) != 0)
				continue;
			cc_buf_adds(out, sep);
			operation(out, &router_routes[k]);
			sep = ",";
		}
		cc_buf_addc(out, '}');
	}
}

void openapi_write(struct cc_buf *out)
{
	cc_buf_adds(out, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"CommunityCloud\",\"version\":\"" CC_VERSION
	                 "\",\"license\":{\"name\":\"GPL-3.0-or-later\"}},\"paths\":{");
	paths(out);
	cc_buf_adds(out, "},\"components\":{\"schemas\":{");
	openapi_schema_all(out);
	cc_buf_adds(out,
	        "},\"parameters\":{\"idempotency_key\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
	        "\"description\":\"The same key with the same request has its effect once, for a day\",\"schema\":{\"type\":\"string\","
	        "\"maxLength\":255}},\"if_match\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,"
	        "\"description\":\"The ETag of the version that is meant; another one is refused\",\"schema\":{\"type\":\"string\"}},"
	        "\"if_match_needed\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":true,"
	        "\"description\":\"The ETag of the version that is meant, or *\",\"schema\":{\"type\":\"string\"}},"
	        "\"if_none_match\":{\"name\":\"If-None-Match\",\"in\":\"header\",\"required\":false,"
	        "\"description\":\"ETags of versions that are known; 304 when one of them is still so\",\"schema\":{\"type\":\"string\"}}},"
	        "\"headers\":{\"index\":{\"description\":\"What a blocking read goes on from\",\"schema\":{\"type\":\"integer\","
	        "\"format\":\"int64\"}},\"link\":{\"description\":\"The next page, as RFC 8288 has it; absent on the last\","
	        "\"schema\":{\"type\":\"string\"}}},"
	        "\"responses\":{\"problem\":{\"description\":\"What is wrong, as RFC 9457 has it\",\"content\":{"
	        "\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/problem\"}}}}},"
	        "\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\","
	        "\"description\":\"A member's token; root on the controller's unix socket needs none\"},"
	        "\"certificate\":{\"type\":\"http\",\"scheme\":\"mutual\",\"description\":\"The node's certificate; only its key counts\"}}}}");
}
