/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schemas of an OpenAPI document, from the descriptions of entities and kinds. */
#pragma once

#include "common/desc.h"

/* The schema of one value of a kind that is neither enum, struct nor list. */
void openapi_schema_kind(struct cc_buf *out, enum cc_kind kind, const char *doc);
/* `"NAME": {…}` for every entity of the model, separated by commas. */
void openapi_schema_all(struct cc_buf *out);
