/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 as RFC 3629 has it: shortest form, no surrogates, nothing over U+10FFFF. A NUL byte is never part of a text here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Length of the valid sequence that begins at s, 0 when there is none. Reads at most `left` bytes. */
size_t cc_utf8_sequence(const char *s, size_t left);
/* Valid UTF-8 without NUL. */
bool cc_utf8_valid(const char *s, size_t len);
/* Makes a NUL-terminated text valid in place: each byte outside a valid sequence becomes '?'. For texts that were cut or that others wrote. */
void cc_utf8_mend(char *s);
