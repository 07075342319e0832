/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients of the API that do nothing but ask, each over one connection that stays open; and the floor for creates: the same rows by one transaction per
 * create, straight into PostgreSQL.
 *
 * Usage: bench_api_load create SOCKET CLIENTS SECONDS
 *        bench_api_load read   SOCKET CLIENTS SECONDS
 *        bench_api_load list   SOCKET CLIENTS SECONDS
 *        bench_api_load floor  CONNINFO CLIENTS SECONDS
 *        bench_api_load batch  CONNINFO SIZE SECONDS
 * Prints how many were answered per second; batch: rows of creates per second, SIZE of them in each transaction of one client. A create that is not answered with 201 ends the run. */
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 512
#define REPLY_MAX   (1 << 20)
#define NODES       20 /* of the zone that seed.py made */

struct client {
	const char *what, *where;
	int number;
	int64_t done;
};

static atomic_bool stop;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "api_load: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die(path, strerror(errno));
	return fd;
}

static int write_request(const struct client *c, char *buf, size_t cap)
{
	char body[128];

	if (strcmp(c->what, "read") == 0)
		return snprintf(buf, cap, "GET /v1/instances/i%" PRId64 " HTTP/1.1\r\nHost: z\r\n\r\n", 1 + (c->number * 37 + c->done) % 500);
	if (strcmp(c->what, "list") == 0)
		return snprintf(buf, cap, "GET /v1/instances HTTP/1.1\r\nHost: z\r\n\r\n");
	snprintf(body, sizeof(body), "{\"name\":\"c%d-%d-%" PRId64 "\",\"image\":\"busybox\"}", (int)getpid(), c->number, c->done);
	return snprintf(buf, cap,
	        "POST /v1/instances HTTP/1.1\r\nHost: z\r\nContent-Type: application/json\r\nIdempotency-Key: %d-%d-%" PRId64
	        "\r\nContent-Length: %zu\r\n\r\n%s",
	        (int)getpid(), c->number, c->done, strlen(body), body);
}

/* Reads one reply with a Content-Length to its end. Returns its status. */
static int read_reply(int fd, char *buf)
{
	size_t have = 0, want = REPLY_MAX;

	while (have < want) {
		ssize_t n = read(fd, buf + have, REPLY_MAX - 1 - have);
		char *end, *length;

		if (n <= 0)
			die("read", n < 0 ? strerror(errno) : "the connection was closed");
		have += (size_t)n;
		buf[have] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (want < REPLY_MAX || end == NULL)
			continue;
		length = strcasestr(buf, "\r\nContent-Length:");
		if (length == NULL || length > end)
			die("reply", "no Content-Length");
		want = (size_t)(end + 4 - buf) + strtoul(length + 17, NULL, 10);
		if (want >= REPLY_MAX)
			die("reply", "too long");
	}
	return (int)strtol(buf + 9, NULL, 10);
}

static void *ask(void *arg)
{
	struct client *c = arg;
	int fd = dial(c->where), expected = strcmp(c->what, "create") == 0 ? 201 : 200;
	char request[512], *reply = malloc(REPLY_MAX);

	while (!stop) {
		int n = write_request(c, request, sizeof(request));

		if (write(fd, request, (size_t)n) != n)
			die("write", strerror(errno));
		if (read_reply(fd, reply) != expected)
			die("reply", reply);
		c->done++;
	}
	free(reply);
	close(fd);
	return NULL;
}

/* All rows of a create in one statement, so one round trip and one commit, into the same tables with the same rules. */
static const char put_rows[] =
        "WITH i AS (INSERT INTO instance SELECT gen_random_uuid(), $1, 'assigned', 'running', '', m.member, m.id, n.id, 1, 0, 1000, 128, 1024, 512,"
        " 'keep', '', 0, NULL, 0, 0 FROM image m, node n WHERE n.name = $2 RETURNING id, node),"
        " p AS (INSERT INTO placement SELECT id, 0, true, node, $2, 'zone', 1000, NULL, NULL, NULL, 20, '[]', '[]', NULL, 0, 0, 0 FROM i)"
        " INSERT INTO idempotency SELECT gen_random_uuid(), repeat('0', 64), id, 0, 0 FROM i";

/* The same rows of $3 creates, over all nodes. */
static const char put_batch[] =
        "WITH w AS (SELECT count(*) AS nodes FROM node), g AS (SELECT i, 'n' || 1 + i % w.nodes AS node FROM w, generate_series($2::int8, $2 + $3 - 1) i),"
        " i AS (INSERT INTO instance SELECT gen_random_uuid(), $1 || g.i, 'assigned', 'running', '', m.member, m.id, n.id, 1, 0, 1000, 128, 1024, 512,"
        " 'keep', '', 0, NULL, 0, 0 FROM image m, g JOIN node n ON n.name = g.node RETURNING id, node),"
        " p AS (INSERT INTO placement SELECT i.id, 0, true, i.node, n.name, 'zone', 1000, NULL, NULL, NULL, 20, '[]', '[]', NULL, 0, 0, 0"
        " FROM i JOIN node n ON n.id = i.node)"
        " INSERT INTO idempotency SELECT gen_random_uuid(), repeat('0', 64), id, 0, 0 FROM i";

static PGconn *open_database(const char *conninfo)
{
	PGconn *db = PQconnectdb(conninfo);

	if (PQstatus(db) != CONNECTION_OK)
		die("database", PQerrorMessage(db));
	return db;
}

static void check(PGconn *db, PGresult *r)
{
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die("floor", PQerrorMessage(db));
	PQclear(r);
}

static void *put(void *arg)
{
	struct client *c = arg;
	PGconn *db = open_database(c->where);
	char name[64], node[16];
	const char *values[2] = { name, node };

	check(db, PQprepare(db, "put", put_rows, 2, NULL));
	while (!stop) {
		snprintf(name, sizeof(name), "c%d-%d-%" PRId64, (int)getpid(), c->number, c->done);
		snprintf(node, sizeof(node), "n%" PRId64, 1 + (c->number + c->done) % NODES);
		check(db, PQexecPrepared(db, "put", 2, values, NULL, NULL, 0));
		c->done++;
	}
	PQfinish(db);
	return NULL;
}

static void *put_batches(void *arg)
{
	struct client *c = arg;
	PGconn *db = open_database(c->where);
	char prefix[32], from[24], count[24];
	const char *values[3] = { prefix, from, count };

	snprintf(prefix, sizeof(prefix), "b%d-", (int)getpid());
	snprintf(count, sizeof(count), "%d", c->number);
	check(db, PQprepare(db, "put", put_batch, 3, NULL));
	while (!stop) {
		snprintf(from, sizeof(from), "%" PRId64, c->done);
		check(db, PQexecPrepared(db, "put", 3, values, NULL, NULL, 0));
		c->done += c->number;
	}
	PQfinish(db);
	return NULL;
}

static void *(*work_of(const char *what))(void *)
{
	if (strcmp(what, "batch") == 0)
		return put_batches;
	return strcmp(what, "floor") == 0 ? put : ask;
}

int main(int argc, char **argv)
{
	static struct client clients[CLIENTS_MAX];
	static pthread_t threads[CLIENTS_MAX];
	int count = argc == 5 ? (int)strtol(argv[3], NULL, 10) : 0;
	bool batch = argc == 5 && strcmp(argv[1], "batch") == 0;
	int64_t start, all = 0;

	if (count < 1 || count > CLIENTS_MAX) {
		fprintf(stderr, "usage: bench_api_load create|read|list|floor|batch WHERE CLIENTS SECONDS\n");
		return 2;
	}
	start = now_ns();
	clients[0].number = count;
	if (batch)
		count = 1;
	for (int i = 0; i < count; i++) {
		clients[i] = (struct client){ argv[1], argv[2], batch ? clients[0].number : i, 0 };
		if (pthread_create(&threads[i], NULL, work_of(argv[1]), &clients[i]) != 0)
			die("thread", strerror(errno));
	}
	usleep((useconds_t)(strtod(argv[4], NULL) * 1e6));
	stop = true;
	for (int i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		all += clients[i].done;
	}
	printf("%.1f\n", (double)all / ((double)(now_ns() - start) / 1e9));
	return 0;
}
