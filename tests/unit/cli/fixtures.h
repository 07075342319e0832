/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies of a controller, for scripts and golden files. */
#pragma once

#define ID_HELLO "0192aaaa-0000-7000-8000-000000000001"
#define ID_OTHER "0192aaaa-0000-7000-8000-000000000002"
#define ID_NODE  "0192bbbb-0000-7000-8000-000000000001"

/* `extra` begins with a comma or is empty. */
#define INSTANCE_(id, name, state, desired, reason, address, revision, extra)                                                                  \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"state\":\"" state "\",\"desired\":\"" desired "\",\"reason\":\"" reason "\","              \
	"\"member\":\"" ID_NODE "\",\"member_name\":\"maria\",\"image\":\"" ID_NODE "\",\"image_name\":\"busybox\",\"epoch\":1,\"boot_sn\":0," \
	"\"cpu_millis\":500,\"memory_mib\":128,\"disk_mib\":1024,\"pids\":512,\"on_disconnect\":\"keep\",\"address\":\"" address "\","         \
	"\"created\":\"2026-11-20T21:05:00.000Z\",\"revision\":" revision extra "}"
#define ON_ADA ",\"node\":\"" ID_NODE "\",\"node_name\":\"ada\""

#define HELLO_ASSIGNED INSTANCE_(ID_HELLO, "hello", "assigned", "running", "", "", "5", ON_ADA)
#define HELLO_FETCHING INSTANCE_(ID_HELLO, "hello", "starting", "running", "fetching image", "", "6", ON_ADA)
#define HELLO_STARTING INSTANCE_(ID_HELLO, "hello", "starting", "running", "", "", "7", ON_ADA)
#define HELLO_RUNNING                                                            \
	INSTANCE_(ID_HELLO, "hello", "running", "running", "", "10.77.0.2", "8", \
	        ON_ADA ",\"started\":\"2026-11-20T21:06:00.000Z\""               \
	               ",\"used_disk_mib\":20,\"disk_advisory\":true")
#define HELLO_STOPPING INSTANCE_(ID_HELLO, "hello", "stopping", "stopped", "", "10.77.0.2", "9", ON_ADA)
#define HELLO_STOPPED  INSTANCE_(ID_HELLO, "hello", "stopped", "stopped", "", "", "10", ON_ADA)
#define HELLO_FAILED   INSTANCE_(ID_HELLO, "hello", "failed", "running", "the image has no /sbin/init", "", "7", ON_ADA)
#define HELLO_DELETING INSTANCE_(ID_HELLO, "hello", "deleting", "deleted", "", "", "11", ON_ADA)
#define OTHER_FAILED   INSTANCE_(ID_OTHER, "other", "failed", "running", "it said \\u001b[31mno\\u001b[0m", "", "7", "")

/* Something that was asked for by name is not there. */
#define MISSING(noun, name)                                                                                                             \
	"{\"type\":\"about:blank\",\"title\":\"x\",\"status\":404,\"detail\":\"there is none\",\"code\":\"not-found\",\"noun\":\"" noun \
	"\",\"name\":\"" name "\"}"
#define PROBLEM(status, code, detail) \
	"{\"type\":\"about:blank\",\"title\":\"x\",\"status\":" #status ",\"detail\":\"" detail "\",\"code\":\"" code "\"}"

#define IMAGE_BUSYBOX                                                                                                  \
	"{\"id\":\"" ID_NODE "\",\"name\":\"busybox\",\"arch\":\"amd64\",\"bytes\":1153434,\"sha256\":"                \
	"\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\",\"member\":\"" ID_NODE "\",\"created\":" \
	"\"2026-11-20T21:00:00.000Z\",\"revision\":2}"
#define IMAGES "{\"index\":9,\"items\":[" IMAGE_BUSYBOX "]}"

#define NODE_ADA                                                                                                                             \
	"{\"id\":\"" ID_NODE "\",\"name\":\"ada\",\"state\":\"ready\",\"owner\":\"" ID_NODE "\",\"owner_name\":\"maria\",\"pin\":"           \
	"\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\",\"arch\":\"amd64\",\"agent_version\":\"0.1.0\","               \
	"\"features\":[\"lxc\",\"cgroup2\"],\"cpu_millis\":4000,\"memory_mib\":3936,\"disk_mib\":51200,\"offer_cpu_millis\":2000,"           \
	"\"offer_memory_mib\":2048,\"offer_disk_mib\":20480,\"offer_instances\":50,\"granted_cpu_millis\":8000,\"granted_memory_mib\":2048," \
	"\"granted_disk_mib\":20480,\"granted_instances\":50,\"used_cpu_millis\":1500,\"used_memory_mib\":384,\"used_disk_mib\":3072,"       \
	"\"used_instances\":3,\"labels\":{\"roof\":\"yes\",\"site\":\"library\"},\"created\":\"2026-11-19T21:05:00.000Z\","                  \
	"\"last_seen\":\"2026-11-20T21:04:55.000Z\",\"revision\":4}"
#define NODES "{\"index\":9,\"items\":[" NODE_ADA "]}"

#define VOLUME_(name, state, reason, size, revision, extra)                                                                      \
	"{\"id\":\"" ID_OTHER "\",\"name\":\"" name "\",\"state\":\"" state "\",\"reason\":\"" reason "\",\"member\":\"" ID_NODE \
	"\",\"member_name\":\"maria\",\"size_mib\":" size ",\"created\":\"2026-11-20T21:05:00.000Z\",\"revision\":" revision extra "}"
#define VOLUME_UNPLACED VOLUME_("media", "unplaced", "", "1048576", "3", ",\"used_by\":[]")
#define VOLUME_WANTED   VOLUME_("data", "wanted", "", "10240", "4", ON_ADA ",\"used_by\":[]")
#define VOLUME_READY    VOLUME_("data", "ready", "", "10240", "5", ON_ADA ",\"used_by\":[\"db\",\"web\"]")
#define VOLUMES         "{\"index\":9,\"items\":[" VOLUME_READY "," VOLUME_UNPLACED "]}"

#define SNAPSHOT_(name, state, reason, revision, extra)                                                                             \
	"{\"id\":\"" ID_OTHER "\",\"name\":\"" name "\",\"state\":\"" state "\",\"reason\":\"" reason "\",\"instance\":\"" ID_HELLO \
	"\",\"instance_name\":\"hello\",\"member\":\"" ID_NODE "\",\"created\":\"2026-11-20T21:05:00.000Z\",\"revision\":" revision extra "}"
#define SNAPSHOT_WANTED SNAPSHOT_("s0", "wanted", "", "3", "")
#define SNAPSHOT_READY  SNAPSHOT_("s0", "ready", "", "4", ",\"bytes\":1153434,\"counted_mib\":2")
#define SNAPSHOT_FAILED SNAPSHOT_("s1", "failed", "the disk is full", "4", "")
#define SNAPSHOTS       "{\"index\":9,\"items\":[" SNAPSHOT_READY "," SNAPSHOT_FAILED "]}"
