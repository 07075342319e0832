/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files between this machine and an instance, over a stream: a tar stream that ends with its end mark and, out of the instance, with an exit status. What breaks
 * off is an error, and never a copy that looks complete. */
#pragma once

#include "cli/cli.h"
#include "common/tree.h"

struct copy {
	const struct cc_tree_tool *tool;
	struct client_call call;         /* what asks for the stream: path and body */
	struct cc_tree_pack *pack;       /* into the instance: what to send; NULL: stdin as it is */
	struct cc_tree_land_options *to; /* out of it: where to. Its `read` is filled in */
	/* Without `to`: takes the stream as it is; NULL: stdout does. */
	int (*write)(void *arg, const void *p, size_t len, struct cc_error *err);
	void *write_arg;
};

/* The `say` of both, with struct cli behind it: names in remarks may be anybody's, so control characters are not shown. */
void copy_say(void *cli, const char *text);

/* Both return 0, 1 when some files could not be read (they were told), another exit status when a signal or a closed stdout ended it, or -1.
 * @err what the instance's end said, or this one; UNAVAILABLE it broke off */
int copy_into(struct cli *cli, struct copy *c, struct cc_error *err);
int copy_out(struct cli *cli, struct copy *c, struct cc_error *err);
