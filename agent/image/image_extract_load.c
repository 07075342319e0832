/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image/image_extractor.h"
#include "common/module.h"

const struct image_extractor *image_extractor_find(struct cc_error *err)
{
	return cc_module_find("libcc-unpack.so", "image_extractor", err);
}
