/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor of `ccctl cp`, whatever the design: a file goes through a relay that speaks TLS to both sides, on loopback, by three processes that do nothing
 * else. No HTTP, no archive, no container; whole records, blocking calls.
 *
 * Usage: bench_relay_floor CERTIFICATE_AND_KEY FROM TO */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD 16384

static const char *pem;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "relay_floor: %s: %s\n", what, why);
	_exit(1);
}

static void check(const char *what, int code)
{
	if (code < 0)
		die(what, gnutls_strerror(code));
}

static int listen_on(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, len) < 0 || listen(fd, 2) < 0 || getsockname(fd, (struct sockaddr *)ret, &len) < 0)
		die("listening", strerror(errno));
	return fd;
}

static int dial(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connecting", strerror(errno));
	return fd;
}

static gnutls_session_t shake_hands(int fd, unsigned side)
{
	gnutls_certificate_credentials_t keys;
	gnutls_session_t s;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	check("keys", gnutls_certificate_allocate_credentials(&keys));
	if (side == GNUTLS_SERVER)
		check("keys", gnutls_certificate_set_x509_key_file(keys, pem, pem, GNUTLS_X509_FMT_PEM));
	check("session", gnutls_init(&s, side));
	check("priorities", gnutls_priority_set_direct(s, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM", NULL));
	check("credentials", gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, keys));
	gnutls_transport_set_int(s, fd);
	check("handshake", gnutls_handshake(s));
	return s;
}

static void send_all(gnutls_session_t s, const char *p, ssize_t left)
{
	while (left > 0) {
		ssize_t n = gnutls_record_send(s, p, (size_t)left);

		check("sending", (int)n);
		p += n;
		left -= n;
	}
}

static void send_file(const char *path, const struct sockaddr_in *to)
{
	gnutls_session_t s = shake_hands(dial(to), GNUTLS_CLIENT);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[4 * RECORD];
	ssize_t n;

	if (fd < 0)
		die(path, strerror(errno));
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		send_all(s, buf, n);
	check("end", gnutls_bye(s, GNUTLS_SHUT_WR));
}

static void relay(int from_socket, int to_socket)
{
	gnutls_session_t from = shake_hands(accept(from_socket, NULL, NULL), GNUTLS_SERVER);
	gnutls_session_t to = shake_hands(accept(to_socket, NULL, NULL), GNUTLS_SERVER);
	char buf[RECORD];
	ssize_t n;

	while ((n = gnutls_record_recv(from, buf, sizeof(buf))) > 0)
		send_all(to, buf, n);
	check("receiving", (int)n);
	check("end", gnutls_bye(to, GNUTLS_SHUT_WR));
}

static void receive_file(const char *path, const struct sockaddr_in *from)
{
	gnutls_session_t s = shake_hands(dial(from), GNUTLS_CLIENT);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char buf[RECORD];
	ssize_t n;

	if (fd < 0)
		die(path, strerror(errno));
	while ((n = gnutls_record_recv(s, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			die(path, strerror(errno));
	check("receiving", (int)n);
}

int main(int argc, char **argv)
{
	struct sockaddr_in first, second;
	int in, out, status, bad = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: bench_relay_floor CERTIFICATE_AND_KEY FROM TO\n");
		return 2;
	}
	pem = argv[1];
	in = listen_on(&first);
	out = listen_on(&second);
	for (int i = 0; i < 3; i++) {
		if (fork() != 0)
			continue;
		if (i == 0)
			send_file(argv[2], &first);
		else if (i == 1)
			relay(in, out);
		else
			receive_file(argv[3], &second);
		_exit(0);
	}
	while (wait(&status) > 0)
		bad |= status;
	return bad != 0;
}
