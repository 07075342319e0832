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
	{ "controller", 0,   OPT_TEXT,     "HOST:PORT", "CCCTL_CONTROLLER", "Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT" },
	{ "context",    0,   OPT_TEXT,     "CONTEXT",   "CCCTL_CONTEXT",    "Use this context of ccctl login, or 'local' for this machine's controller. Default: the one of ccctl context use." },
	{ "pin",        0,   OPT_TEXT,     "HEX",       "CCCTL_PIN",        "SHA-256 of the controller's public key, 64 hexadecimal digits." },
	{ "token",      0,   OPT_TEXT,     "TOKEN",     "CCCTL_TOKEN",      "Your token. Better given by the variable, or once to ccctl login: others can see command lines." },
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
static const struct opt set_opts[] = {
	{ "memory",     'm', OPT_MIB,      "SIZE",      NULL,               "Memory limit: 256MiB, 2GiB." },
	{ "cpu",        'c', OPT_CPU,      "CORES",     NULL,               "Processor limit in cores: 0.5, 2, 500m." },
	{ "disk",       'd', OPT_MIB,      "SIZE",      NULL,               "Disk limit; it can only grow." },
	{ "pids",       0,   OPT_COUNT,    "N",         NULL,               "Limit of processes and threads." },
	{ "label",      0,   OPT_TEXTS,    "NAME=VALUE", NULL,              "Set a label, or take one away with NAME-; may be given again." },
	{ "on-disconnect", 0, OPT_WORD,    "keep|stop", NULL,               "While its node is cut off: keep it running, or stop it when the node's lease ends." },
	{ NULL },
};
static const struct opt list_opts[] = {
	{ "filter",     0,   OPT_TEXTS,    "KEY=VALUE", NULL,               "Only those that are so; may be given again. See the help of the command for keys." },
	{ "selector",   'l', OPT_TEXT,     "SELECTOR",  NULL,               "Only those with such labels: a=b,c!=d,e in (x,y),f,!g" },
	{ NULL },
};
static const struct opt filter_opts[] = {
	{ "filter",     0,   OPT_TEXTS,    "KEY=VALUE", NULL,               "Only those that are so; may be given again. See the help of the command for keys." },
	{ NULL },
};
static const struct opt delete_opts[] = {
	{ "yes",        'y', OPT_FLAG,     NULL,        NULL,               "Do not ask." },
	{ NULL },
};
static const struct opt exec_opts[] = {
	{ "env",        'e', OPT_TEXTS,    "NAME=VALUE", NULL,              "Set an environment variable; may be given again." },
	{ "stdin",      'i', OPT_FLAG,     NULL,        NULL,               "Pass on stdin even when it is a terminal." },
	{ "tty",        't', OPT_FLAG,     NULL,        NULL,               "Give the program a terminal. The default when stdin and stdout are terminals." },
	{ "no-tty",     'T', OPT_FLAG,     NULL,        NULL,               "Give it none: stdout and stderr stay apart, and bytes stay as they are." },
	{ NULL },
};
static const struct opt copy_opts[] = {
	{ "archive",    'a', OPT_FLAG,     NULL,        NULL,               "Keep owners, by number, and set-id bits. Out of an instance this needs root here." },
	{ "follow-link", 'L', OPT_FLAG,    NULL,        NULL,               "A source that is a symbolic link: copy what it leads to." },
	{ "recursive",  'r', OPT_FLAG,     NULL,        NULL,               "Nothing to ask for: directories are always copied whole." },
	{ NULL },
};
static const struct opt console_opts[] = {
	{ "escape",     0,   OPT_TEXT,     "KEYS",      NULL,               "Keys that leave: '^a q' (default), another control character and letter, or '~.'" },
	{ NULL },
};
static const struct opt logs_opts[] = {
	{ "follow",     'f', OPT_FLAG,     NULL,        NULL,               "Go on with what comes, until the instance stops." },
	{ "lines",      0,   OPT_COUNT,    "N",         NULL,               "Only the last N lines." },
	{ NULL },
};
static const struct opt import_opts[] = {
	{ "arch",       0,   OPT_TEXT,     "ARCH",      NULL,               "Architecture in Debian's words: amd64, arm64, armhf. Default: what the image says of itself, or this machine's" },
	{ NULL },
};
static const struct opt build_opts[] = {
	{ "name",       0,   OPT_TEXT,     "NAME",      NULL,               "What the image is called. Default: debian-12 and the like" },
	{ "include",    0,   OPT_TEXT,     "PACKAGES",  NULL,               "Packages besides, separated by commas: openssh-server,nginx" },
	{ "mirror",     0,   OPT_TEXT,     "URL",       NULL,               "Where the packages come from. Default: where apt on this machine gets them from, security updates too." },
	{ "arch",       0,   OPT_TEXT,     "ARCH",      NULL,               "Architecture in Debian's words; another one than this machine's needs qemu-user-static. Default: this machine's" },
	{ "to",         0,   OPT_FILE,     "FILE",      NULL,               "Only write the archive to FILE, for ccctl image import; no controller is asked." },
	{ NULL },
};
static const struct opt invite_opts[] = {
	{ "owner",      0,   OPT_TEXT,     "MEMBER",    NULL,               "The member who will own the node. Default: you" },
	{ "expires",    0,   OPT_DURATION, "TIME",      NULL,               "How long the token is good for: 1h, 24h (default), at most 30d." },
	{ NULL },
};
static const struct opt drain_opts[] = {
	{ "reason",     0,   OPT_TEXT,     "TEXT",      NULL,               "Why: told to whoever asks for a place there." },
	{ "wait",       0,   OPT_FLAG,     NULL,        NULL,               "Wait until no instance is left there." },
	{ "timeout",    0,   OPT_DURATION, "TIME",      NULL,               "Longest wait: 30s, 5m (default), 1h. The node stays drained." },
	{ NULL },
};
static const struct opt cap_opts[] = {
	{ "cpu",        'c', OPT_CPU,      "CORES",     NULL,               "Most processor: 0.5, 2, 500m." },
	{ "memory",     'm', OPT_MIB,      "SIZE",      NULL,               "Most memory: 512MiB, 2GiB." },
	{ "disk",       'd', OPT_MIB,      "SIZE",      NULL,               "Most disk." },
	{ "instances",  0,   OPT_COUNT,    "N",         NULL,               "Most instances." },
	{ "none",       0,   OPT_FLAG,     NULL,        NULL,               "Lift all caps but those given with it." },
	{ NULL },
};
static const struct opt node_remove_opts[] = {
	{ "force",      0,   OPT_FLAG,     NULL,        NULL,               "Also while instances are assigned to it, if it is silent or drained: they fail." },
	{ "yes",        'y', OPT_FLAG,     NULL,        NULL,               "Do not ask." },
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
static const struct opt limit_opts[] = {
	{ "instances",  0,   OPT_COUNT,    "N",         NULL,               "Most instances, stopped ones too." },
	{ "cpu",        'c', OPT_CPU,      "CORES",     NULL,               "Most processor cores of all their instances together." },
	{ "memory",     'm', OPT_MIB,      "SIZE",      NULL,               "Most memory of all their instances together." },
	{ "disk",       'd', OPT_MIB,      "SIZE",      NULL,               "Most disk of all their instances together." },
	{ "default",    0,   OPT_FLAG,     NULL,        NULL,               "Forget what was set for the member: the zone's limits hold." },
	{ NULL },
};
static const struct opt token_opts[] = {
	{ "member",     0,   OPT_TEXT,     "MEMBER",    NULL,               "Whose token it becomes; for admins. Default: yours" },
	{ "expires",    0,   OPT_DURATION, "TIME",      NULL,               "How long it is good for: 12h, 30d. Default: until it is revoked" },
	{ "description", 0,  OPT_TEXT,     "TEXT",      NULL,               "What it is for, to be known again in the list." },
	{ NULL },
};
static const struct opt audit_opts[] = {
	{ "member",     0,   OPT_TEXT,     "MEMBER",    NULL,               "Only what this member, or node, did." },
	{ "resource",   0,   OPT_TEXT,     "NAME",      NULL,               "Only what was done to this: name or id." },
	{ "since",      0,   OPT_DURATION, "TIME",      NULL,               "Only the last 2h, 7d." },
	{ "limit",      0,   OPT_COUNT,    "N",         NULL,               "Most entries: 50 (default), at most 1000." },
	{ NULL },
};
static const struct opt login_opts[] = {
	{ "name",       0,   OPT_TEXT,     "NAME",      NULL,               "Name of the context. Default: the zone's" },
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
	{ .name = "set",
	        .args = "NAME",
	        .opts = set_opts,
	        .flags = CMD_OUTPUT | CMD_WAIT,
	        .noun = &noun_instance,
	        .run = cmd_set,
	        .also = "config change edit update resize limit label",
	        .summary = "Change an instance's limits and labels",
	        .text = "What is not named stays. A running instance gets its new limits without a restart, as far as its node has them and the member may have them. "
	                "Memory cannot be set below what is in use: the instance then runs on with what it had.",
	        .examples = "ccctl set db --memory 2GiB --cpu 1.5\n"
	                    "ccctl set web --label tier=front --label old-\n" },
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
	        .text = "The program's stdout and stderr become ccctl's, and so does its exit status. On a terminal the program gets one too, of the same size, and all "
	                "keys are its own; when it or the link hangs, Enter and then '~.' leave, and '~~' types a tilde at the start of a line. Without a terminal "
	                "stdin is passed on when it is not one itself, or with --stdin, and SIGINT, SIGTERM, SIGHUP and SIGQUIT go to the program. When ccctl itself "
	                "fails it says so on stderr, in a line that begins with 'ccctl:'.",
	        .examples = "ccctl exec hello -- sh\n"
	                    "ccctl exec hello -- uname -a\n"
	                    "ccctl exec hello --env LANG=C -- sh -c 'ls /etc | wc -l'\n"
	                    "tar c site | ccctl exec web -- tar x -C /srv\n" },
	{ .name = "cp",
	        .args = "SOURCE... TARGET",
	        .opts = copy_opts,
	        .flags = CMD_COPIES,
	        .noun = &noun_instance,
	        .run = cmd_copy,
	        .also = "copy push pull file scp",
	        .summary = "Copy files into or out of an instance",
	        .text = "A place in an instance is NAME:PATH, where PATH begins at its root with or without a slash; everything else is a file here ('./a:b' when its name has a "
	                "colon). Directories are copied whole. When TARGET is a directory, sources are copied into it under their names; otherwise there is one "
	                "source and it gets TARGET's name. 'DIR/.' means what is in DIR without DIR itself. The directory above TARGET must exist.\n"
	                "\n"
	                "'-' as source is a tar stream on stdin, unpacked in the directory TARGET; '-' as target is a tar stream on stdout.\n"
	                "\n"
	                "Permissions, modification times, symbolic and hard links and holes are kept. What is copied into an instance belongs to its root, what comes out to "
	                "you; with --archive owners stay, as numbers. Devices, FIFOs and sockets are left out, and ccctl says so. An existing file is replaced when the "
	                "new one is complete; an existing directory keeps its owner, permissions and time; a symbolic link on the way below TARGET is refused.\n"
	                "\n"
	                "The instance must run: a process inside copies, under its limits and with the rights of its root. The exit status is 1 when some files could "
	                "not be read. When it breaks off, what is complete stays, and nothing half.",
	        .examples = "ccctl cp index.html site/ web:/srv\n"
	                    "ccctl cp web:/var/log/app.log .\n"
	                    "ccctl cp -a box:/etc - | tar t\n"
	                    "ccctl cp old:/srv/data - | ccctl cp - new:/srv\n" },
	{ .name = "console",
	        .args = "NAME",
	        .opts = console_opts,
	        .noun = &noun_instance,
	        .run = cmd_console,
	        .also = "tty getty",
	        .summary = "Sit down at an instance's console",
	        .text = "Shows what init and the kernel's console get and say, and passes on what you type; leave with Control-a and then q. One at a time: while somebody "
	                "is there others are refused, but may read along with 'ccctl logs -f'. To get a shell in an instance use 'ccctl exec'.",
	        .examples = "ccctl console hello\n"
	                    "ccctl console hello --escape '^] q'\n" },
	{ .name = "logs",
	        .args = "NAME",
	        .opts = logs_opts,
	        .noun = &noun_instance,
	        .run = cmd_logs,
	        .also = "log journal console-log",
	        .summary = "Show what an instance's init has printed on its console",
	        .text = "Works for stopped instances too: the last lines often say why it ended. The node keeps the last 256 to 512 KiB across restarts. What is printed "
	                "comes from the instance as it is, also what moves a terminal's cursor.",
	        .examples = "ccctl logs hello --lines 20\n"
	                    "ccctl logs -f hello\n" },
	{ .name = "image build",
	        .args = "RELEASE",
	        .opts = build_opts,
	        .flags = CMD_OUTPUT | CMD_OWN_START,
	        .run = cmd_image_build,
	        .also = "debootstrap bootstrap mmdebstrap",
	        .summary = "Build a Debian image and import it",
	        .text = "RELEASE is debian:12, debian:bookworm and the like. mmdebstrap makes a small Debian with systemd as init; it has to be installed on this "
	                "machine, and the image holds nothing of this machine but the addresses of its mirrors.",
	        .examples = "ccctl image build debian:12\n"
	                    "ccctl image build debian:13 --name web --include nginx,openssh-server\n"
	                    "ccctl image build debian:12 --to debian-12.tar.zst\n" },
	{ .name = "image import",
	        .args = "NAME FILE|DIR",
	        .opts = import_opts,
	        .flags = CMD_OUTPUT | CMD_OWN_START,
	        .run = cmd_image_import,
	        .also = "import pull",
	        .summary = "Import a root file system as an image",
	        .text = "What can be imported: a tar archive of a root file system, plain or compressed by gzip, bzip2, xz or zstd; a directory; LXD's and "
	                "Incus' unified tarballs (metadata.yaml and rootfs/); OCI image layouts, as directories and as tar archives that are not compressed. "
	                "Of an OCI layout the image for --arch is taken, and only its files: instances start /sbin/init.\n\n"
	                "Everything is checked before anything is sent. A tar archive that nodes take goes as it is; all else becomes one, compressed by zstd: "
	                "owners by number, and the same input gives the same image. Sockets and device nodes are left out: instances get their own /dev. To "
	                "import what you could not read yourself, run ccctl as root.",
	        .examples = "ccctl image import busybox busybox.tar.gz\n"
	                    "ccctl image import alpine ./alpine-oci --arch arm64\n" },
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
	{ .name = "node guests",
	        .args = "NODE",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_node,
	        .run = cmd_node_guests,
	        .summary = "List what runs on a node of yours, and whose it is",
	        .examples = "ccctl node guests ada\n" },
	{ .name = "node evict",
	        .args = "NODE INSTANCE...",
	        .noun = &noun_node,
	        .run = cmd_node_evict,
	        .also = "evict",
	        .summary = "Stop instances of others on a node of yours",
	        .text = "They keep their disk and place. Their member sees that they were stopped, and may start them again.",
	        .examples = "ccctl node evict ada hello\n" },
	{ .name = "node drain",
	        .args = "NAME",
	        .opts = drain_opts,
	        .flags = CMD_OUTPUT,
	        .noun = &noun_node,
	        .run = cmd_node_drain,
	        .also = "cordon",
	        .summary = "Place nothing new on a node",
	        .text = "What runs there runs on: instances belong to their members, who delete them or let them be. --wait returns when none is left.",
	        .examples = "ccctl node drain ada --reason 'new disk on Monday'\n"
	                    "ccctl node drain ada --wait && ccctl node remove ada\n" },
	{ .name = "node undrain",
	        .args = "NAME",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_node,
	        .run = cmd_node_undrain,
	        .also = "uncordon",
	        .summary = "Place instances on a drained node again",
	        .examples = "ccctl node undrain ada\n" },
	{ .name = "node cap",
	        .args = "NAME",
	        .opts = cap_opts,
	        .flags = CMD_OUTPUT,
	        .noun = &noun_node,
	        .run = cmd_node_cap,
	        .summary = "Cap what the zone may place on a node",
	        .text = "The least of this and of what the node's owner offers counts. What is more than that already stays until it is deleted. Caps that are "
	                "not named stay as they are.",
	        .examples = "ccctl node cap ada --memory 2GiB --instances 10\n"
	                    "ccctl node cap ada --none\n" },
	{ .name = "node remove",
	        .args = "NAME",
	        .opts = node_remove_opts,
	        .noun = &noun_node,
	        .run = cmd_node_remove,
	        .also = "node delete",
	        .summary = "Remove a node from the zone",
	        .text = "Its key is forgotten: to come back it has to join with a new token. A node with instances is not removed, but with --force when it is silent "
	                "for good, or drained: its instances then fail with this as the reason.",
	        .examples = "ccctl node remove ada\n"
	                    "ccctl node remove --force --yes ada\n" },
	{ .name = "member add",
	        .args = "NAME",
	        .opts = member_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_member_add,
	        .summary = "Add a member and print their token",
	        .text = "The token is printed on stdout, once; the zone keeps only its hash. The member gives it to ccctl login.",
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
	{ .name = "member show",
	        .args = "NAME",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_member,
	        .run = cmd_member_show,
	        .summary = "Show a member, what they use and may use",
	        .examples = "ccctl member show maria\n" },
	{ .name = "member role",
	        .args = "NAME ROLE",
	        .flags = CMD_OUTPUT,
	        .noun = &noun_member,
	        .run = cmd_member_role,
	        .summary = "Make a member an admin, or an admin a member",
	        .text = "ROLE is member or admin. The zone's last admin stays one.",
	        .examples = "ccctl member role maria admin\n" },
	{ .name = "member limit",
	        .args = "NAME",
	        .opts = limit_opts,
	        .flags = CMD_OUTPUT,
	        .noun = &noun_member,
	        .run = cmd_member_limit,
	        .also = "quota",
	        .summary = "Say how much a member may have",
	        .text = "What is not named stays as it is. A lower limit takes nothing away: it refuses what would come on top, and starting what is stopped.",
	        .examples = "ccctl member limit maria --memory 4GiB --instances 10\n"
	                    "ccctl member limit maria --default\n" },
	{ .name = "member remove",
	        .args = "NAME...",
	        .noun = &noun_member,
	        .run = cmd_member_remove,
	        .summary = "Remove members who own nothing, with their tokens",
	        .text = "A member who owns instances, images or nodes is kept, and ccctl says what has to go first.",
	        .examples = "ccctl member remove maria\n" },
	{ .name = "token create",
	        .args = "",
	        .opts = token_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_token_create,
	        .summary = "Make a token and print it",
	        .text = "One for each machine or program, so that each can be revoked by itself. The token is printed on stdout, once; the zone keeps only "
	                "its hash.",
	        .examples = "ccctl token create --description laptop\n"
	                    "ccctl token create --member maria --expires 30d\n" },
	{ .name = "token list",
	        .args = "",
	        .opts = filter_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_token_list,
	        .also = "tokens",
	        .summary = "List tokens; their secrets are not known",
	        .text = "Members see their own, admins all. USED is when it was last used, to the hour. Filters: member.",
	        .examples = "ccctl token list\n" },
	{ .name = "token revoke",
	        .args = "ID...",
	        .noun = &noun_token,
	        .run = cmd_token_revoke,
	        .summary = "End tokens at once",
	        .examples = "ccctl token revoke 0192aaaa-0000-7000-8000-000000000001\n" },
	{ .name = "audit",
	        .args = "",
	        .opts = audit_opts,
	        .flags = CMD_OUTPUT,
	        .run = cmd_audit,
	        .also = "history log",
	        .summary = "Show who did what, from where; for admins",
	        .text = "Every change is there, and attempts that were denied, these at a bounded rate. The latest come first. Entries are kept for a year, unless "
	                "the controller's setting audit_keep says otherwise.",
	        .examples = "ccctl audit --since 7d\n"
	                    "ccctl audit --member maria --resource web\n" },
	{ .name = "login",
	        .args = "[TOKEN|-]",
	        .opts = login_opts,
	        .flags = CMD_LOCAL,
	        .run = cmd_login,
	        .summary = "Use a zone from this machine with a token",
	        .text = "The token comes from 'ccctl member add' or 'ccctl token create' and says where the controller is and which key it has. Without a word "
	                "it is asked for and not shown; '-' reads it from stdin. Others on this machine can see command lines, so do not write it there.\n"
	                "It is tried, then kept in a context of its own, which becomes the current one.",
	        .examples = "ccctl login\n"
	                    "ccctl login - --name village <token\n" },
	{ .name = "logout",
	        .args = "[CONTEXT]",
	        .flags = CMD_LOCAL,
	        .noun = &noun_context,
	        .run = cmd_logout,
	        .summary = "Forget the token of the current context, or of CONTEXT",
	        .text = "The token itself stays good; 'ccctl token revoke' ends it.",
	        .examples = "ccctl logout\n" },
	{ .name = "context list",
	        .args = "",
	        .flags = CMD_OUTPUT | CMD_LOCAL,
	        .run = cmd_context_list,
	        .also = "contexts",
	        .summary = "List the zones you are logged in to",
	        .text = "'local' is the controller of this machine, by its unix socket.",
	        .examples = "ccctl context list\n" },
	{ .name = "context show",
	        .args = "[CONTEXT]",
	        .flags = CMD_OUTPUT | CMD_LOCAL,
	        .noun = &noun_context,
	        .run = cmd_context_show,
	        .summary = "Show the current context, or CONTEXT; never its secret",
	        .examples = "ccctl context show\n" },
	{ .name = "context use",
	        .args = "CONTEXT",
	        .flags = CMD_LOCAL,
	        .noun = &noun_context,
	        .run = cmd_context_use,
	        .also = "use switch",
	        .summary = "Choose the zone that ccctl speaks to",
	        .examples = "ccctl context use village\n"
	                    "ccctl context use local\n" },
	{ .name = "context remove",
	        .args = "CONTEXT...",
	        .flags = CMD_LOCAL,
	        .noun = &noun_context,
	        .run = cmd_context_remove,
	        .summary = "Forget contexts and their tokens",
	        .examples = "ccctl context remove village\n" },
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
