/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For programs that seldom leave the machine: curl and its libraries take longer to load than a request over the unix socket. */
#include "common/http_transport.h"
#include "common/module.h"

const struct cc_http_transport *cc_http_tls_load(struct cc_error *err)
{
	return cc_module_find("libcc-http-tls.so", "cc_http_tls", err);
}
