/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/confirm.h"

#include "common/model.h"

#include <stdio.h>

int confirm_ask(struct cli *cli, const char *question, const char *verb, bool *ret_yes, struct cc_error *err)
{
	struct version v = { 0 };
	struct client *client;
	char answer[16];

	if (args_has(&cli->args, "yes")) {
		*ret_yes = true;
		return 0;
	}
	if (!cli->in_tty || !cli->err_tty)
		return cc_fail(err, INVALID, "nobody can be asked here, since this is not a terminal; give --yes to %s", verb);
	if (cli_client(cli, &client, err) < 0 || client_get(client, "/v1/version", &version_desc, &v, err) < 0)
		return -1;
	fprintf(stderr, "%s, in zone %s? [y/N] ", question, v.zone);
	fflush(stderr);
	*ret_yes = fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
	return 0;
}
