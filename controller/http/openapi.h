/* SPDX-License-Identifier: GPL-3.0-or-later */
/* This API as an OpenAPI 3.0.3 document, written from the table of routes and the descriptions of entities. */
#pragma once

#include "common/buf.h"

void openapi_write(struct cc_buf *out);
