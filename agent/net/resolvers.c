/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/resolvers.h"

#include "agent/driver/small_file.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool add_address(struct resolvers *r, const char *text)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	if (r->count < RESOLVERS_MAX)
		snprintf(r->address[r->count++], sizeof(r->address[0]), "%s", text);
	return true;
}

void resolvers_parse(const char *text, struct resolvers *add)
{
	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line = line != NULL ? line + 1 : NULL) {
		char address[16];

		if (sscanf(line, "nameserver %15[0-9.]", address) == 1 && strncmp(address, "127.", 4) != 0 && strcmp(address, "0.0.0.0") != 0)
			(void)add_address(add, address);
	}
}

static int parse_setting(const char *setting, struct resolvers *r, struct cc_error *err)
{
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", setting);
	while ((word = strsep(&rest, ", ")) != NULL)
		if (word[0] != '\0' && !add_address(r, word))
			return cc_fail(err, INVALID, "dns: '%.60s' is no IPv4 address", word);
	return 0;
}

int resolvers_find(const char *setting, struct resolvers *ret, struct cc_error *err)
{
	/* The second is where systemd-resolved keeps the real servers while the first names itself. */
	static const char *const files[] = { "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf" };
	struct resolvers r = { 0 };
	struct cc_error ignored = { 0 };
	char text[8192];

	if (strcmp(setting, "auto") != 0) {
		if (parse_setting(setting, &r, err) < 0)
			return -1;
		*ret = r;
		return 0;
	}
	for (size_t i = 0; i < CC_ARRAY_LEN(files) && r.count == 0; i++)
		if (small_file_read(-1, files[i], text, sizeof(text), &ignored) > 0)
			resolvers_parse(text, &r);
	*ret = r;
	return 0;
}
