/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes a secret that is shown once: invitations, members, tokens. */
#pragma once

#include "cli/cli.h"

/* One call to the controller. */
int secret_make(struct cli *cli, const struct client_call *call, struct cc_error *err);
/* Whether another format was asked for than the bare secret, which `-o name` gives as well: it is what programs call such a thing by. */
bool secret_wants_all(const struct cli *cli);
/* On stdout: `lead`, the secret, the end of the line. @err IO */
int secret_show(struct cli *cli, const char *lead, const char *secret, struct cc_error *err);
