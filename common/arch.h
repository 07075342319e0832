/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of processor architectures. */
#pragma once

/* Debian's word for a `machine` of uname(2): "amd64" for "x86_64". One that is not known is given back. */
const char *cc_arch_debian(const char *machine);
