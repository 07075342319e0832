/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network addresses as people write them. */
#include "common/config.h"

#include <string.h>

#define MAX_HOST_BYTES 253

static bool parse_port(const char *text, uint16_t *ret)
{
	unsigned long n = 0;

	if (text[0] == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned long)(*text - '0');
	}
	*ret = (uint16_t)n;
	return n <= UINT16_MAX;
}

/* Names, IPv4, or IPv6 when it stands in brackets; the resolver judges the rest. */
static bool is_host(const char *p, size_t len, bool bracketed)
{
	if (len == 0 || len > MAX_HOST_BYTES)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool word = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || p[i] == '.' ||
		            p[i] == '-' || p[i] == '_';

		if (!word && !(bracketed && (p[i] == ':' || p[i] == '%')))
			return false;
	}
	return !bracketed || memchr(p, ':', len) != NULL;
}

int cc_addr_parse(struct cc_arena *arena, const char *text, struct cc_addr *ret, struct cc_error *err)
{
	bool bracketed = text[0] == '[';
	const char *host = text + bracketed;
	const char *end = bracketed ? strchr(host, ']') : strrchr(host, ':');
	uint16_t port;

	if (end == NULL || (bracketed && end[1] != ':') || !is_host(host, (size_t)(end - host), bracketed) || !parse_port(end + 1 + bracketed, &port))
		return cc_fail(err, INVALID, "'%.300s' is not an address; write it as host:port, 192.0.2.1:port or [2001:db8::1]:port", text);
	*ret = (struct cc_addr){ cc_arena_memdup(arena, host, (size_t)(end - host)), port };
	return 0;
}

char *cc_addr_format(struct cc_arena *arena, struct cc_addr addr)
{
	if (addr.host == NULL || addr.host[0] == '\0')
		return cc_arena_strdup(arena, "");
	return cc_printf(arena, strchr(addr.host, ':') != NULL ? "[%s]:%u" : "%s:%u", addr.host, addr.port);
}
