/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/json.h"
#include "controller/engine/lifecycle.h"
#include "controller/http/openapi.h"
#include "controller/http/router.h"
#include "controller/settings.h"
#include "docs/gen.h"

void gen_settings_controller(struct cc_buf *out)
{
	gen_head(out, "Settings of cc-controller", "controller/controller.def",
	        "The file (`--config`) is YAML; a setting may also come from the environment as `CC_NAME`, or from `--set NAME=VALUE`. `--example-config` prints a\n"
	        "file to begin with. *reload*: SIGHUP is enough.");
	cc_config_markdown(&controller_settings, out);
}

/* ---- lifecycle ---- */

static const char *state(enum inst_state s)
{
	return cc_enum_slug(&inst_state_enum, (int)s);
}

/* One arrow for all events that lead from one state to another. */
static void arrow(struct cc_buf *out, const struct inst_edge *edges, size_t n, size_t first)
{
	const struct inst_edge *e = &edges[first];

	for (size_t i = 0; i < first; i++)
		if (edges[i].from == e->from && edges[i].to == e->to)
			return;
	cc_buf_printf(out, "    %s --> %s: ", state(e->from), state(e->to));
	for (size_t i = first; i < n; i++)
		if (edges[i].from == e->from && edges[i].to == e->to)
			cc_buf_printf(out, "%s%s", i > first ? ", " : "", lifecycle_event_name(edges[i].event));
	cc_buf_addc(out, '\n');
}

static void diagram(struct cc_buf *out, const struct inst_edge *edges, size_t n)
{
	cc_buf_printf(out, "```mermaid\nstateDiagram-v2\n    [*] --> %s: create\n", state(INST_REQUESTED));
	for (size_t i = 0; i < n; i++)
		if (edges[i].from != edges[i].to)
			arrow(out, edges, n, i);
	cc_buf_printf(out, "    %s --> [*]: gone\n```\n", state(INST_DELETING));
}

void gen_lifecycle(struct cc_buf *out)
{
	size_t n;
	const struct inst_edge *edges = lifecycle_edges(&n);

	gen_head(out, "The life of an instance", "controller/engine/instance_fsm.def",
	        "An observation without an edge changes nothing; a request without one is a conflict. Edges that lead back to the same state are only in the table.");
	diagram(out, edges, n);
	cc_buf_adds(out, "\n| from | event | to | why |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n; i++) {
		cc_buf_printf(out, "| %s | %s | %s | ", state(edges[i].from), lifecycle_event_name(edges[i].event), state(edges[i].to));
		cc_buf_add_cell(out, edges[i].why);
		cc_buf_adds(out, " |\n");
	}
}

/* ---- the API ---- */

static void message(struct cc_buf *out, const struct cc_desc *d)
{
	if (d == &router_none_desc)
		return;
	if (d == &router_text_desc || d == &router_bytes_desc || d == &router_openapi_desc)
		cc_buf_adds(out, d->name);
	else
		cc_buf_printf(out, "[%s](entities.md#%s)", d->name, d->name);
}

void gen_routes(struct cc_buf *out)
{
	gen_head(out, "Routes", "controller/http/routes.def",
	        "Every route of the API with who may use it. [openapi.json](openapi.json) has the same for programs; a controller serves it at `/v1/openapi.json`.");
	cc_buf_adds(out, "| method | path | for | body | reply | what it does |\n| --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < router_n_routes; i++) {
		const struct route *r = &router_routes[i];

		cc_buf_printf(out, "| %s | `%s` | ", r->method, r->path);
		cc_buf_add_cell(out, router_perm(r->perm)->meaning);
		cc_buf_adds(out, " | ");
		message(out, r->body);
		cc_buf_adds(out, " | ");
		message(out, r->reply);
		cc_buf_adds(out, " | ");
		cc_buf_add_cell(out, r->summary);
		cc_buf_adds(out, " |\n");
	}
}

void gen_openapi(struct cc_buf *out)
{
	cc_auto_buf struct cc_buf json = { 0 };

	openapi_write(&json);
	cc_json_pretty(out, cc_buf_str(&json));
}
