/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the zone is, in sentences for a volunteer; and which versions there are. */
#include "cli/handlers.h"

#include "cli/advice.h"
#include "cli/units.h"
#include "common/model.h"

#include <inttypes.h>

static void count(struct cc_buf *out, int64_t n, const char *noun)
{
	cc_buf_printf(out, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
}

static void of(struct cc_buf *out, bool limited, int64_t max)
{
	if (limited)
		cc_buf_printf(out, " of %" PRId64, max);
}

static const char *plural(int64_t n, int64_t one)
{
	return n == one ? "" : "s";
}

/* What the member who asks uses. Where nothing limits it, the use alone. */
static void write_member(const struct zone_status *z, struct cc_buf *out)
{
	cc_buf_printf(out, "  %-10s %" PRId64, z->member, z->used_instances);
	of(out, cc_has(z, zone_status, max_instances), z->max_instances);
	cc_buf_printf(out, " instance%s, ", plural(cc_has(z, zone_status, max_instances) ? z->max_instances : z->used_instances, 1));
	if (cc_has(z, zone_status, max_memory_mib))
		units_add_mib_of(out, z->used_memory_mib, z->max_memory_mib);
	else
		units_add_mib(out, z->used_memory_mib);
	cc_buf_adds(out, " memory, ");
	units_add_cpu(out, z->used_cpu_millis);
	if (cc_has(z, zone_status, max_cpu_millis)) {
		cc_buf_adds(out, " of ");
		units_add_cpu(out, z->max_cpu_millis);
	}
	cc_buf_printf(out, " core%s, ", plural(cc_has(z, zone_status, max_cpu_millis) ? z->max_cpu_millis : z->used_cpu_millis, 1000));
	if (cc_has(z, zone_status, max_disk_mib))
		units_add_mib_of(out, z->used_disk_mib, z->max_disk_mib);
	else
		units_add_mib(out, z->used_disk_mib);
	cc_buf_adds(out, " disk\n");
}

static void write_controllers(const struct zone_status *z, struct cc_buf *out)
{
	if (!advice_is_active(z)) {
		cc_buf_adds(out, "  role       ");
		output_add_safe(out, z->role);
		cc_buf_addc(out, '\n');
	}
	for (size_t i = 0; z->controllers.n > 1 && i < z->controllers.n; i++) {
		const struct zone_controller *c = &z->controllers.items[i];

		cc_buf_printf(out, "  %-10s %s ", i == 0 ? "controllers" : "", cc_enum_slug(&controller_state_enum, (int)c->state));
		output_add_safe(out, c->name);
		for (size_t k = 0; k < c->addresses.n; k++) {
			cc_buf_addc(out, ' ');
			output_add_safe(out, c->addresses.items[k]);
		}
		cc_buf_addc(out, '\n');
	}
}

/* What is copied from the zone's other controllers. */
static void write_archives(const struct zone_status *z, struct cc_buf *out)
{
	if (z->images_missing == 0)
		return;
	cc_buf_printf(out, "  archives   %" PRId64 " missing on this controller\n", z->images_missing);
	for (size_t i = 0; i < z->archives.n; i++) {
		const struct archive_copy *c = &z->archives.items[i];

		cc_buf_adds(out, "             ");
		output_add_safe(out, c->image);
		cc_buf_adds(out, ", ");
		if (c->got > 0) {
			units_add_bytes(out, c->got);
			cc_buf_adds(out, " of ");
		}
		units_add_bytes(out, c->bytes);
		cc_buf_adds(out, ": ");
		output_add_safe(out, c->note);
		cc_buf_addc(out, '\n');
	}
	if (z->images_missing > (int64_t)z->archives.n)
		cc_buf_printf(out, "             and %" PRId64 " more\n", z->images_missing - (int64_t)z->archives.n);
}

static void write_status(const struct zone_status *z, struct cc_buf *out)
{
	cc_buf_printf(out, "Zone %s, controller ", z->zone);
	output_add_safe(out, z->version);
	cc_buf_adds(out, "\n  nodes      ");
	count(out, z->nodes, "node");
	cc_buf_printf(out, ", %" PRId64 " ready\n  instances  ", z->nodes_ready);
	count(out, z->instances, "instance");
	cc_buf_printf(out, ", %" PRId64 " running\n  images     ", z->instances_running);
	count(out, z->images, "image");
	cc_buf_adds(out, "\n  database   ");
	output_add_safe(out, z->database);
	/* Older controllers do not say. */
	cc_buf_adds(out, cc_has(z, zone_status, fences) ? "\n  fences     " : "");
	output_add_safe(out, cc_has(z, zone_status, fences) ? z->fences : "");
	cc_buf_addc(out, '\n');
	write_controllers(z, out);
	write_archives(z, out);
	if (cc_has(z, zone_status, member))
		write_member(z, out);
}

int cmd_status(struct cli *cli, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };
	struct zone_status z = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_get(client, "/v1/status", &zone_status_desc, &z, err) < 0)
		return -1;
	if (args_has(&cli->args, "output"))
		return cli_show_row(cli, &zone_status_desc, &z, err);
	write_status(&z, &out);
	advice_write(cli, &z, &out);
	return cli_write(cli, &out, err);
}

int cmd_version(struct cli *cli, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };
	struct version v = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	if (args_has(&cli->args, "output"))
		return client_get(client, "/v1/version", &version_desc, &v, err) < 0 ? -1 : cli_show_row(cli, &version_desc, &v, err);
	cc_buf_printf(&out, "ccctl       %s\n", CC_VERSION);
	if (cli_write(cli, &out, err) < 0 || client_get(client, "/v1/version", &version_desc, &v, err) < 0)
		return -1;
	cc_buf_clear(&out);
	cc_buf_printf(&out, "controller  %s (API %s, zone %s)\n", v.version, v.api, v.zone);
	return cli_write(cli, &out, err);
}
