/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/settings.h"

#include "common/signature.h"

#include <stdlib.h>

#define CC_CONFIG_NAME controller
#define CC_CONFIG_DEF  "controller/controller.def"
#define CC_CONFIG_ROWS
#include "common/config_table.h"

static int parse_port(const char *text, uint16_t *ret, struct cc_error *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > UINT16_MAX)
		return cc_fail(err, INVALID, "controller_ports: '%.20s' is no port; 1 to %d are", text, UINT16_MAX);
	*ret = (uint16_t)n;
	return 0;
}

size_t controller_ports(const struct controller_config *cfg, struct cc_arena *a, uint16_t *ret)
{
	struct cc_error ignored;
	struct cc_addr addr;
	size_t n = 0;

	if (cfg->http_listen.port != 0)
		ret[n++] = cfg->http_listen.port;
	for (size_t i = 0; i < cfg->advertise.n; i++)
		if (cc_addr_parse(a, cfg->advertise.items[i], &addr, &ignored) == 0)
			ret[n++] = addr.port;
	for (size_t i = 0; i < cfg->controller_ports.n; i++)
		if (parse_port(cfg->controller_ports.items[i], &ret[n], &ignored) == 0)
			n++;
	return n;
}

static int check_image_keys(const struct controller_config *cfg, struct cc_error *err)
{
	struct cc_public_key ignored;

	for (size_t i = 0; i < cfg->image_keys.n; i++)
		if (cc_public_key_parse(cfg->image_keys.items[i], &ignored, err) < 0)
			return cc_wrap(err, "image_keys");
	if (cfg->image_keys.n == 0 && strcmp(cfg->image_signatures, "required") == 0)
		return cc_fail(err, INVALID, "image_signatures: required needs image_keys, or no image could ever be used");
	return 0;
}

int controller_check(const void *values, struct cc_error *err)
{
	const struct controller_config *cfg = values;
	uint16_t port;

	if (cfg->sync_wait >= cfg->node_lease)
		return cc_fail(err, INVALID, "sync_wait must be shorter than node_lease, or every idle node would count as lost");
	for (size_t i = 0; i < cfg->controller_ports.n; i++)
		if (parse_port(cfg->controller_ports.items[i], &port, err) < 0)
			return -1;
	return check_image_keys(cfg, err);
}
