/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of a program that are loaded when they are needed, so that who does not need them does not wait for the libraries behind them. cmake/modules.cmake
 * makes them. */
#pragma once

#include "common/error.h"

/* What the module `file` exports as `symbol`. The file lies in the program's own folder or, once installed, in the folder of all modules; no other place is
 * looked at, and no variable changes that. It stays loaded. @err INTERNAL it is missing, broken, or of another version than the program */
void *cc_module_find(const char *file, const char *symbol, struct cc_error *err);

/* Looks where the program lies; cc_module_find does it itself. Only a program that is about to change its root has to do it before. */
void cc_module_locate(void);

/* Every module has it. */
extern const char cc_module_version[];
