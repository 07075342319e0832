/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places where tests kill a program: cc_fault_point("committed") ends it as kill -9 would when the folder in CC_TEST_FAULT_DIR holds a file of that name.
 * Only in test builds; in a release build it is nothing. */
#pragma once

#ifdef CC_TEST_BUILD
void cc_fault_point(const char *name);
#else
static inline void cc_fault_point(const char *name)
{
	(void)name;
}
#endif
