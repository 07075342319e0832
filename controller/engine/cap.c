/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/cap.h"

#include <inttypes.h>

static int64_t one(bool set, int64_t own, int64_t zone)
{
	if (set)
		return own;
	return zone > 0 ? zone : INT64_MAX;
}

struct zone_use cap_of(const struct engine_options *opt, const struct member *m)
{
	const struct zone_use *zone = &opt->member_max;

	return (struct zone_use){
		.instances = one(cc_has(m, member, limit_instances), m->limit_instances, zone->instances),
		.cpu_millis = one(cc_has(m, member, limit_cpu_millis), m->limit_cpu_millis, zone->cpu_millis),
		.memory_mib = one(cc_has(m, member, limit_memory_mib), m->limit_memory_mib, zone->memory_mib),
		.disk_mib = one(cc_has(m, member, limit_disk_mib), m->limit_disk_mib, zone->disk_mib),
	};
}

static int check(
        const struct member *m, const char *what, const char *unit, const char *option, int64_t used, int64_t more, int64_t max, struct cc_error *err)
{
	if (used <= max && more <= max - used)
		return 0;
	return cc_fail(err, QUOTA,
	        "%s uses %" PRId64 " of at most %" PRId64 "%s %s, and this takes %" PRId64
	        "%s more; delete something (ccctl list), or ask an admin for "
	        "more: ccctl member limit %s %s",
	        m->name, used, max, unit, what, more, unit, m->name, option);
}

int cap_check(const struct engine_options *opt, const struct zone *z, const struct member *m, const struct zone_use *more, struct cc_error *err)
{
	struct zone_use used = zone_member_use(z, m->id), max = cap_of(opt, m);

	if (check(m, "instances", "", "--instances N", used.instances, more->instances, max.instances, err) < 0 ||
	        check(m, "of processor", " millicores", "--cpu CORES", used.cpu_millis, more->cpu_millis, max.cpu_millis, err) < 0 ||
	        check(m, "of memory", " MiB", "--memory SIZE", used.memory_mib, more->memory_mib, max.memory_mib, err) < 0)
		return -1;
	return check(m, "of disk", " MiB", "--disk SIZE", used.disk_mib, more->disk_mib, max.disk_mib, err);
}
