/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/secret.h"

int secret_make(struct cli *cli, const struct client_call *call, struct cc_error *err)
{
	return cli_call(cli, call, err);
}

bool secret_wants_all(const struct cli *cli)
{
	return args_has(&cli->args, "output") && cli->output.format != OUT_NAME;
}

int secret_show(struct cli *cli, const char *lead, const char *secret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf line = { 0 };

	cc_buf_printf(&line, "%s%s\n", lead, secret);
	return cli_write(cli, &line, err);
}
