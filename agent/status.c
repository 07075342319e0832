/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/status.h"

#include "agent/spool.h"
#include "common/clock.h"
#include "common/confine.h"

#include <stdlib.h>

static void print_identity(const struct spool_identity *who, FILE *to)
{
	char id[CC_UUID_TEXT];

	fprintf(to, "node         %s\nid           %s\nzone         %s\ncontrollers ", who->node_name, cc_uuid_format(who->node, id), who->zone);
	for (size_t k = 0; k < who->controllers.n; k++)
		fprintf(to, " %s", who->controllers.items[k]);
	fprintf(to, "\n");
}

static void print_lease(const char *dir, FILE *to)
{
	int64_t left = spool_load_lease(dir) - cc_boottime_ms();

	if (left > 0)
		fprintf(to, "lease        %lld s left\n", (long long)(left / 1000));
}

static void print_assignment(const struct assignment *w, FILE *to)
{
	fprintf(to, "%-24s  %-8s  %-4s  epoch %lld  restarts %lld  cpu %lldm  memory %lld MiB  disk %lld MiB  image %.12s\n", w->name,
	        cc_enum_slug(&inst_desired_enum, (int)w->desired), cc_enum_slug(&on_disconnect_enum, (int)w->on_disconnect), (long long)w->epoch,
	        (long long)w->boot_sn, (long long)w->cpu_millis, (long long)w->memory_mib, (long long)w->disk_mib, w->image_sha256);
}

int status_print(const struct agent_config *cfg, FILE *to, struct cc_error *err)
{
	cc_auto_free struct spool_identity *who = NULL;
	struct inst_table t = { 0 };
	int64_t revision = 0;

	if (spool_load_identity(cfg->state_dir, &who, err) < 0) {
		if (err->code == CC_NOT_FOUND)
			return cc_wrap(err, "this node has not joined a zone; see `cc-agent join`");
		return -1;
	}
	print_identity(who, to);
	print_lease(cfg->state_dir, to);
	fprintf(to, "fences       %s\n", cc_confine_text());
	if (spool_load_assignments(cfg->state_dir, &t, &revision, err) < 0) {
		if (err->code != CC_NOT_FOUND)
			return -1;
		*err = (struct cc_error){ 0 };
	}
	fprintf(to, "assignments  %zu (revision %lld)\n", t.n, (long long)revision);
	for (size_t k = 0; k < t.n; k++)
		print_assignment(t.items[k]->want, to);
	inst_table_done(&t);
	return 0;
}
