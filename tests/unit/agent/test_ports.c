/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports as text and numbers, the owner's range, and the kernel's tables of sockets. */
#include "agent/net/net_foreign.h"
#include "agent/net/net_listeners.h"
#include "tests/lib/test.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *text;
	int from, to; /* -1: refused */
} ranges[] = {
	{ "none", 0, 0 },
	{ "1024-65535", 1024, 65535 },
	{ "80", 80, 80 },
	{ "1-1", 1, 1 },
	{ "", -1, 0 },
	{ "0-80", -1, 0 },
	{ "80-79", -1, 0 },
	{ "80-65536", -1, 0 },
	{ "80-", -1, 0 },
	{ "-80", -1, 0 },
	{ "80-90-100", -1, 0 },
	{ "80 - 90", -1, 0 },
	{ "None", -1, 0 },
	{ "+80", -1, 0 },
};

START_TEST(a_range_is_read)
{
	struct port_range r;
	struct cc_error err = { 0 };
	int result = ports_range_parse(ranges[_i].text, &r, &err);

	ck_assert_msg((result == 0) == (ranges[_i].from >= 0), "'%s'", ranges[_i].text);
	if (result < 0) {
		ck_assert_int_eq(err.code, CC_INVALID);
		ck_assert_ptr_nonnull(strstr(err.msg, "FROM-TO"));
		return;
	}
	ck_assert_int_eq(r.from, ranges[_i].from);
	ck_assert_int_eq(r.to, ranges[_i].to);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
	struct ports p, again;
	char text[PORTS_TEXT], all[PORTS_TEXT] = "";

	ports_read("8080:80/tcp 53:5353/udp", &p);
	ck_assert_uint_eq(p.count, 2);
	ck_assert_str_eq(ports_format(&p, text), "8080:80/tcp 53:5353/udp");
	ports_read("0:80/tcp 80:0/tcp 80:80/sctp 80:80 80 65536:1/tcp x 90:91/udp", &p);
	ck_assert_str_eq(ports_format(&p, text), "90:91/udp");
	for (int i = 0; i < 2 * PORTS_MAX; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%d:65535/tcp ", 65000 + i);
	ports_read(all, &p);
	ck_assert_uint_eq(p.count, PORTS_MAX);
	ports_read(ports_format(&p, text), &again);
	ck_assert(ports_same(&p, &again));
}
END_TEST

START_TEST(the_order_does_not_matter_and_all_else_does)
{
	static const char *const others[] = { "", "1:2/tcp", "1:2/tcp 3:4/tcp", "1:2/udp 3:4/udp", "1:4/tcp 3:2/udp", "2:1/tcp 3:4/udp",
		"1:2/tcp 3:4/udp 5:6/udp" };
	struct ports a, b;

	ports_read("1:2/tcp 3:4/udp", &a);
	ports_read("3:4/udp 1:2/tcp", &b);
	ck_assert(ports_same(&a, &b));
	ck_assert_uint_eq(ports_sum(&a), ports_sum(&b));
	for (size_t i = 0; i < CC_ARRAY_LEN(others); i++) {
		ports_read(others[i], &b);
		ck_assert_msg(!ports_same(&a, &b) && !ports_same(&b, &a), "%s", others[i]);
		ck_assert_msg(ports_sum(&a) != ports_sum(&b), "%s", others[i]);
	}
	ck_assert_uint_eq(ports_sum(&(struct ports){ 0 }), 0);
}
END_TEST

/* As the kernel prints them on this machine. */
static const struct {
	const char *table, *address, *state;
	bool in_the_way;
} listeners[] = {
	{ "tcp", "00000000:1F90", "0A", true },
	{ "tcp", "0501A8C0:1F90", "0A", true },
	{ "tcp", "0100007F:1F90", "0A", false }, /* the loopback */
	{ "tcp", "3500007F:1F90", "0A", false },
	{ "tcp", "0100C90A:1F90", "0A", false }, /* the bridge */
	{ "tcp", "00000000:1F91", "0A", false }, /* another port */
	{ "tcp", "0501A8C0:1F90", "01", false }, /* a connection */
	{ "tcp6", "00000000000000000000000000000000:1F90", "0A", true },
	{ "tcp6", "00000000000000000000000001000000:1F90", "0A", false },
	{ "tcp6", "0000000000000000FFFF00000100007F:1F90", "0A", false },
	{ "tcp6", "0000000000000000FFFF00000501A8C0:1F90", "0A", true },
	{ "udp", "00000000:1F90", "07", false }, /* asked for is tcp */
	{ "udp", "00000000:14B4", "07", true },
	{ "udp6", "00000000000000000000000000000000:14B4", "07", true },
	{ "udp", "0501A8C0:14B4", "01", false }, /* asks somebody itself */
	{ "tcp", "nonsense", "0A", false },
};

START_TEST(a_listener_of_the_node_is_seen)
{
	char folder[] = "/tmp/cc-listeners-XXXXXX", path[64], remove[80];
	struct cc_error err = { 0 };
	struct ports ports;
	FILE *to;
	bool found;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, listeners[_i].table);
	to = fopen(path, "we");
	fprintf(to, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
	fprintf(to, "   0: %s 00000000:0000 %s 00000000:00000000 00:00000000 00000000     0        0 1\n", listeners[_i].address,
	        listeners[_i].state);
	fclose(to);
	ports_read("8080:80/tcp 5300:53/udp", &ports);
	found = net_listeners_check_in(folder, &ports, NULL, 0x0ac90001, &err) < 0;
	ck_assert_msg(found == listeners[_i].in_the_way, "%s %s", listeners[_i].table, listeners[_i].address);
	/* What it had already is not asked about. */
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(net_listeners_check_in(folder, &ports, &ports, 0x0ac90001, &err), 0);
	snprintf(remove, sizeof(remove), "rm -r %s", folder);
	ck_assert_int_eq(system(remove), 0);
}
END_TEST

/* As nft prints them. */
static const struct {
	const char *what, *ruleset, *says;
} others[] = {
	{ "nothing", "", NULL },
	{ "ours", "table inet cc_ccbr0 {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n", NULL },
	{ "accepts", "table ip filter {\n\tchain FORWARD { # handle 1\n\t\ttype filter hook forward priority filter; policy accept;\n\t}\n}\n",
	        NULL },
	{ "drops", "table ip filter { # handle 3\n\tchain FORWARD { # handle 1\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n",
	        "table ip filter, chain FORWARD (policy drop) drops what is forwarded for instances; this helps: nft insert rule ip filter FORWARD iifname ccbr0 accept" },
	{ "knows us",
	        "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\tiifname \"ccbr0\" accept\n\t}\n}\n",
	        NULL },
	{ "knows another",
	        "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\tiifname \"ccbr01\" accept\n\t}\n}\n",
	        "chain FORWARD" },
	{ "another table knows us",
	        "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\ntable ip x {\n\tchain y {\n\t\tiifname "
	        "\"ccbr0\" accept\n\t}\n}\n",
	        "chain FORWARD" },
	{ "input only", "table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n", NULL },
	{ "firewalld",
	        "table inet firewalld {\n\tchain filter_FORWARD {\n\t\ttype filter hook forward priority filter + 10; policy accept;\n\t\tct state established accept\n"
	        "\t\treject with icmpx admin-prohibited # handle 9\n\t}\n}\n",
	        "table inet firewalld, chain filter_FORWARD (its last rule) drops what is forwarded for instances; this helps: firewall-cmd --permanent "
	        "--zone=trusted --add-interface=ccbr0" },
	{ "the last rule has a condition",
	        "table inet x {\n\tchain f {\n\t\ttype filter hook forward priority filter; policy accept;\n\t\tip saddr 10.0.0.0/8 drop\n\t}\n}\n",
	        NULL },
	{ "counts",
	        "table inet x {\n\tchain f {\n\t\ttype filter hook forward priority filter; policy accept;\n\t\tcounter packets 1 bytes 2 drop\n\t}\n}\n",
	        "table inet x, chain f (its last rule)" },
	{ "IPv6", "table ip6 filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n", NULL },
	{ "cut", "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;", NULL },
};

START_TEST(who_drops_our_packets_is_told)
{
	cc_auto_buf struct cc_buf said = { 0 };

	net_foreign_find(others[_i].ruleset, "ccbr0", "cc_ccbr0", &said);
	if (others[_i].says == NULL)
		ck_assert_msg(said.len == 0, "%s: %s", others[_i].what, cc_buf_str(&said));
	else
		ck_assert_msg(strstr(cc_buf_str(&said), others[_i].says) != NULL, "%s: %s", others[_i].what, cc_buf_str(&said));
}
END_TEST

static const struct {
	const char *tables, *says;
} legacy[] = { { "", NULL }, { "nat\nmangle\n", NULL }, { "filters\n", NULL }, { "nat\nfilter\n", "iptables-legacy -I FORWARD -i ccbr0 -j ACCEPT" },
	{ "filter", "iptables-legacy -I FORWARD -o ccbr0 -j ACCEPT" } };

START_TEST(rules_that_cannot_be_seen_are_told)
{
	cc_auto_buf struct cc_buf said = { 0 };

	net_foreign_find_legacy(legacy[_i].tables, "ccbr0", &said);
	if (legacy[_i].says == NULL)
		ck_assert_msg(said.len == 0, "%s", cc_buf_str(&said));
	else
		ck_assert_msg(strstr(cc_buf_str(&said), legacy[_i].says) != NULL, "%s", cc_buf_str(&said));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ports");
	TCase *t = tcase_create("ports");

	tcase_add_loop_test(t, a_range_is_read, 0, CC_ARRAY_LEN(ranges));
	tcase_add_test(t, what_is_written_is_read_again);
	tcase_add_test(t, the_order_does_not_matter_and_all_else_does);
	tcase_add_loop_test(t, a_listener_of_the_node_is_seen, 0, CC_ARRAY_LEN(listeners));
	tcase_add_loop_test(t, who_drops_our_packets_is_told, 0, CC_ARRAY_LEN(others));
	tcase_add_loop_test(t, rules_that_cannot_be_seen_are_told, 0, CC_ARRAY_LEN(legacy));
	suite_add_tcase(s, t);
	return test_run(s);
}
