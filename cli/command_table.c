/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

// clang-format off
const struct opt command_common_opts[] = {
	{ "help",       'h', OPT_FLAG,     NULL,        NULL,               "Show help for the command." },
	{ "version",    0,   OPT_FLAG,     NULL,        NULL,               "Show ccctl's own version." },
	{ NULL },
};
const struct opt command_output_opts[] = {
	{ "output",     'o', OPT_WORD,     "table|wide|json|yaml|csv|name", NULL, "How to print: table (default) and wide are for people, the others for programs." },
	{ NULL },
};
const struct opt command_wait_opts[] = {
	{ "wait",       0,   OPT_FLAG,     NULL,        NULL,               "Wait until it is done (the default)." },
	{ "no-wait",    0,   OPT_FLAG,     NULL,        NULL,               "Return as soon as the zone has taken the request." },
	{ "timeout",    0,   OPT_DURATION, "TIME",      NULL,               "Longest wait: 30s, 5m (default), 1h. When it is over the request still stands." },
	{ NULL },
};
const struct opt command_connection_opts[] = {
	{ "socket",     0,   OPT_FILE,     "PATH",      "CCCTL_SOCKET",     "The controller's unix socket. Default: /run/communitycloud/controller.sock" },
	{ "controller", 0,   OPT_TEXT,     "HOST:PORT", "CCCTL_CONTROLLER", "Reach the controller over the network instead; needs --pin and --token." },
	{ "pin",        0,   OPT_TEXT,     "HEX",       "CCCTL_PIN",        "SHA-256 of the controller's public key, 64 hexadecimal digits." },
	{ "token",      0,   OPT_TEXT,     "TOKEN",     "CCCTL_TOKEN",      "Your member token. Better given by the variable: others can see command lines." },
	{ NULL },
};
static const struct opt create_opts[] = {
	{ "image",      0,   OPT_TEXT,     "IMAGE",     NULL,               "Image to make it from: its name, id or SHA-256. Needed." },
	{ "memory",     'm', OPT_MIB,      "SIZE",      NULL,               "Memory limit: 256MiB, 2GiB. Default: 128MiB" },
	{ "cpu",        'c', OPT_CPU,      "CORES",     NULL,               "Processor limit in cores: 0.5, 2, 500m. Default: 1" },
	{ "disk",       'd', OPT_MIB,      "SIZE",      NULL,               "Disk limit. Default: 1GiB" },
	{ "pids",       0,   OPT_COUNT,    "N",         NULL,               "Limit of processes and threads. Default: 512" },
	{ "node",       'n', OPT_TEXT,     "NODE",      NULL,               "Only this node. Default: the zone chooses; see ccctl explain." },
	{ "label",      0,   OPT_TEXTS,    "NAME=VALUE", NULL,              "A label, for 'ccctl list --selector'; may be given again." },
	{ "on-disconnect", 0, OPT_WORD,    "keep|stop", NULL,               "While its node is cut off: keep it running (default), or stop it when the node's lease ends." },
	{ NULL },
};
static const struct opt list_opts[] = {
	{ "filter",     'f', OPT_TEXTS,    "KEY=VALUE", NULL,               "Only those that are so; may be given again. See the help of the command for keys." },
	{ "selector",   'l', OPT_TEXT,     "SELECTOR",  NULL,               "Only those with such labels: a=b,c!=d,e in (x,y),f,!g" },
	{ NULL },
};
static const struct opt filter_opts[] = {
	{ "filter",     'f', OPT_TEXTS,    "KEY=VALUE", NULL,               "Only those that are so; may be given again. See the help of the command for keys." },
	{ NULL },
};
static const struct opt delete_opts[] = {
	{ "yes",        'y', OPT_FLAG,     NULL,        NULL,               "Do not ask." },
	{ NULL },
};
static const struct opt exec_opts[] = {
	{ "env",        'e', OPT_TEXTS,    "NAME=VALUE", NULL,              "Set an environment variable; may be given again." },
	{ "stdin",      'i', OPT_FLAG,     NULL,        NULL,               "Pass on stdin even when it is a terminal." },
	{ NULL },
};
static const struct opt import_opts[] = {
	{ "arch",       'a', OPT_TEXT,     "ARCH",      NULL,               "Architecture in Debian's words: amd64, arm64, armhf. Default: this machine's" },
	{ NULL },
};
static const struct opt invite_opts[] = {
	{ "owner",      0,   OPT_TEXT,     "MEMBER",    NULL,               "The member who will own the node. Default: you" },
	{ "expires",    0,   OPT_DURATION, "TIME",      NULL,               "How long the token is good for: 1h, 24h (default), at most 30d." },
	{ NULL },
};
static const struct opt member_opts[] = {
	{ "admin",      0,   OPT_FLAG,     NULL,        NULL,               "The member may run the zone." },
	{ NULL },
};
static const struct opt events_opts[] = {
	{ "follow",     0,   OPT_FLAG,     NULL,        NULL,               "Go on as things happen, until you end it." },
	{ "topic",      0,   OPT_TEXT,     "TOPIC",     NULL,               "Only these: instance, node, image, member; separated by commas." },
	{ "recent",     0,   OPT_COUNT,    "N",         NULL,               "Begin with so many of the zone's last events. Default: 100, with --follow none" },
	{ NULL },
};
static const struct opt help_opts[] = {
	{ "man",        0,   OPT_FLAG,     NULL,        NULL,               "Print the manual page, for man -l -." },
	{ NULL },
};
// clang-format on

const struct cmd command_table[] = {
	{ .name = "create",
	        .args = "NAME",
	        .opts = create_opts,
	        .flags = CMD_OUTPUT | CMD_WAIT,
	        .run = cmd_create,
	        .also = "run launch new add init",
	        .summary = "Create an instance and start it",
	        .text = "NAME is a DNS label: a-z, 0-9 and '-' inside, at most 63 characters. The zone places the instance on a node that can take it "
	                "and says so when none can. ccctl waits until the instance runs; when it cannot be started, the reason is told and the exit "
	                "status is 1. The instance is kept then: look at it with 'ccctl show', try again with 'ccctl start', or delete it.",
	        .examples = "ccctl create hello --image busybox\n"
	                    "ccctl create db --image debian --memory 1GiB --cpu 2 --disk 8GiB --node ada\n" },
	{ .name = "list",
	        .args = "",
	        .opts = list_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_list,
	        .also = "ls ps",
	        .summary = "List instances",
	        .text = "Members see their own instances, admins all. Filters: state (one or more, separated by commas), node, member, image, name "
	                "(with * at its end: names that begin so).",
	        .examples = "ccctl list\n"
	                    "ccctl list --filter state=failed,unreachable --filter node=ada\n"
	                    "ccctl list --selector app=shop,tier!=db\n"
	                    "ccctl list -o name | xargs ccctl stop\n" },
	{ .name = "show",
	        .args = "NAME",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_instance,
	        .run = cmd_show,
	        .also = "info inspect get describe",
	        .summary = "Show everything about an instance",
	        .examples = "ccctl show hello\n"
	                    "ccctl show hello -o json | jq -r .address\n" },
	{ .name = "explain",
	        .args = "NAME",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_instance,
	        .run = cmd_explain,
	        .also = "why",
	        .summary = "Say why an instance is where it is",
	        .text = "Tells how many nodes were looked at, why some fell out, and by how much the winner won.",
	        .examples = "ccctl explain hello\n" },
	{ .name = "start",
	        .args = "NAME...",
	        .flags = CMD_OUTPUT | CMD_WAIT,
	        .noun = &noun_instance,
	        .run = cmd_start,
	        .also = "up boot",
	        .summary = "Start stopped or failed instances",
	        .examples = "ccctl start hello\n" },
	{ .name = "stop",
	        .args = "NAME...",
	        .flags = CMD_OUTPUT | CMD_WAIT,
	        .noun = &noun_instance,
	        .run = cmd_stop,
	        .also = "halt down kill shutdown",
	        .summary = "Stop instances; their disks and places are kept",
	        .examples = "ccctl stop hello db\n" },
	{ .name = "restart",
	        .args = "NAME...",
	        .flags = CMD_OUTPUT | CMD_WAIT,
	        .noun = &noun_instance,
	        .run = cmd_restart,
	        .also = "reboot",
	        .summary = "Stop instances and start them again",
	        .examples = "ccctl restart hello\n" },
	{ .name = "delete",
	        .args = "NAME...",
	        .opts = delete_opts,
	        .flags = CMD_WAIT,
	        .noun = &noun_instance,
	        .run = cmd_delete,
	        .also = "rm remove destroy del",
	        .summary = "Delete instances with their disks",
	        .text = "On a terminal ccctl asks first and names the zone. Elsewhere nobody can be asked, so --yes is needed there.",
	        .examples = "ccctl delete hello\n"
	                    "ccctl delete --yes hello db\n" },
	{ .name = "exec",
	        .args = "NAME -- CMD...",
	        .opts = exec_opts,
	        .noun = &noun_instance,
	        .run = cmd_exec,
	        .also = "ssh attach enter shell",
	        .summary = "Run a program inside an instance",
	        .text = "The program's stdout and stderr become ccctl's, and so does its exit status. stdin is passed on when it is not a terminal, "
	                "or with --stdin. SIGINT and SIGTERM go to the program. When ccctl itself fails it says so on stderr, in a line that begins with 'ccctl:'.",
	        .examples = "ccctl exec hello -- uname -a\n"
	                    "ccctl exec hello --env LANG=C -- sh -c 'ls /etc | wc -l'\n"
	                    "tar c site | ccctl exec web -- tar x -C /srv\n" },
	{ .name = "image import",
	        .args = "NAME FILE|DIR",
	        .opts = import_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_image_import,
	        .also = "import pull",
	        .summary = "Import a root file system as an image",
	        .text = "FILE is a tar archive, plain or compressed by gzip, bzip2, xz or zstd; it is checked before anything is sent. DIR is packed as "
	                "a tar archive on the fly: owners by number, files in order, so that the same directory gives the same image. Sockets and "
	                "device nodes are left out: instances get their own /dev. To import what you could not read yourself, run ccctl as root.",
	        .examples = "ccctl image import busybox busybox.tar.gz\n"
	                    "ccctl image import debian ./rootfs --arch arm64\n" },
	{ .name = "image list",
	        .args = "",
	        .opts = filter_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_image_list,
	        .also = "images",
	        .summary = "List images",
	        .text = "Filters: name, member.",
	        .examples = "ccctl image list\n" },
	{ .name = "image delete",
	        .args = "NAME...",
	        .noun = &noun_image,
	        .run = cmd_image_delete,
	        .also = "rmi",
	        .summary = "Delete images that no instance uses",
	        .examples = "ccctl image delete busybox\n" },
	{ .name = "node invite",
	        .args = "NAME",
	        .opts = invite_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_node_invite,
	        .also = "join",
	        .summary = "Make a token with which a machine joins as a node",
	        .text = "The token alone is printed on stdout when that is not a terminal, or with -o name. It serves one machine, once, and whoever has it can join in its "
	                "place: hand it over as you would a key.",
	        .examples = "ccctl node invite ada --owner maria\n"
	                    "cc-agent join \"$(ccctl node invite ada)\"\n" },
	{ .name = "node list",
	        .args = "",
	        .opts = list_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_node_list,
	        .also = "nodes",
	        .summary = "List nodes and what is used of them",
	        .text = "CPU, MEMORY and DISK read used/granted: what is promised to instances, of what the node's owner lets the zone promise. "
	                "Filters: state, owner, name.",
	        .examples = "ccctl node list\n" },
	{ .name = "node show",
	        .args = "NAME",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_node,
	        .run = cmd_node_show,
	        .summary = "Show everything about a node",
	        .examples = "ccctl node show ada\n" },
	{ .name = "member add",
	        .args = "NAME",
	        .opts = member_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_member_add,
	        .summary = "Add a member and print their token",
	        .text = "The token is printed on stdout, once; the zone keeps only its hash. The member uses it as CCCTL_TOKEN.",
	        .examples = "ccctl member add maria\n" },
	{ .name = "member list",
	        .args = "",
	        .opts = filter_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_member_list,
	        .also = "members",
	        .summary = "List members",
	        .text = "Filters: name.",
	        .examples = "ccctl member list\n" },
	{ .name = "events",
	        .args = "",
	        .opts = events_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_events,
	        .also = "watch log monitor",
	        .summary = "Show what happened, or follow what happens",
	        .text = "Members see what happens to their own instances and to nodes and images, admins everything. The controller remembers the last "
	                "events while it runs. When some were missed, ccctl says so: list again then.",
	        .examples = "ccctl events --recent 20\n"
	                    "ccctl events --follow --topic instance -o json | jq -r .name\n" },
	{ .name = "status",
	        .args = "",
	        .flags = CMD_OUTPUT,
	        .run = cmd_status,
	        .also = "health",
	        .summary = "Say how the zone is and what to do",
	        .examples = "ccctl status\n" },
	{ .name = "version",
	        .args = "",
	        .flags = CMD_OUTPUT,
	        .run = cmd_version,
	        .summary = "Show the versions of ccctl and of the controller",
	        .examples = "ccctl version\n" },
	{ .name = "completion",
	        .args = "bash",
	        .flags = CMD_LOCAL,
	        .run = cmd_completion,
	        .summary = "Print shell completion",
	        .examples = "ccctl completion bash > /etc/bash_completion.d/ccctl\n" },
	{ .name = "help",
	        .args = "[COMMAND...]",
	        .opts = help_opts,
	        .flags = CMD_LOCAL,
	        .run = cmd_help,
	        .also = "man usage",
	        .summary = "Show help",
	        .examples = "ccctl help create\n" },
	{ .name = NULL },
};
