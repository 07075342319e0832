/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cli/fake.h"

#include "common/arena.h"
#include "tests/unit/cli/fake_program.h"

#include <check.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ROWS 64
#define MAX_SEEN 256

static struct {
	const struct fake_row *rows;
	bool used[MAX_ROWS];
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	struct fake_seen seen[MAX_SEEN];
	size_t n_seen;
	char dir[64];
	struct cc_arena *kept; /* what runs gave */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

const char *fake_dir(void)
{
	return fake.dir;
}

static const struct fake_row *pick_row(const char *method, const char *path)
{
	const struct fake_row *last = NULL;

	for (size_t i = 0; fake.rows[i].method != NULL; i++) {
		if (strcmp(fake.rows[i].method, method) != 0 || strcmp(fake.rows[i].path, path) != 0)
			continue;
		last = &fake.rows[i];
		if (!fake.used[i]) {
			fake.used[i] = true;
			return last;
		}
	}
	return last;
}

static enum MHD_Result add_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct fake_seen *s = cls;
	size_t len = strlen(s->url);

	(void)kind;
	snprintf(s->url + len, sizeof(s->url) - len, "%c%s=%s", strchr(s->url, '?') != NULL ? '&' : '?', key, value != NULL ? value : "");
	return MHD_YES;
}

static struct fake_seen *note(struct MHD_Connection *c, const char *method, const char *url)
{
	const char *key = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Idempotency-Key");
	const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	const char *match = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-Match");
	struct fake_seen *s;

	pthread_mutex_lock(&fake.lock);
	ck_assert_uint_lt(fake.n_seen, MAX_SEEN);
	s = &fake.seen[fake.n_seen++];
	pthread_mutex_unlock(&fake.lock);
	snprintf(s->method, sizeof(s->method), "%s", method);
	snprintf(s->url, sizeof(s->url), "%s", url);
	snprintf(s->key, sizeof(s->key), "%s", key != NULL ? key : "");
	snprintf(s->auth, sizeof(s->auth), "%s", auth != NULL ? auth : "");
	snprintf(s->match, sizeof(s->match), "%s", match != NULL ? match : "");
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, add_query, s);
	return s;
}

static enum MHD_Result reply(struct MHD_Connection *c, int status, const char *body)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	MHD_add_response_header(r, "Content-Type", status < 400 ? "application/json" : "application/problem+json");
	result = MHD_queue_response(c, (unsigned)status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct fake_seen *s, const char *path)
{
	const struct fake_row *row;

	pthread_mutex_lock(&fake.lock);
	row = pick_row(s->method, path);
	pthread_mutex_unlock(&fake.lock);
	if (row == NULL)
		return reply(c, 404,
		        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"not in the script\",\"code\":\"not-found\"}");
	usleep((useconds_t)row->delay_ms * 1000);
	if (strstr(path, "/exec") != NULL || strstr(path, "/logs") != NULL || strstr(path, "/console") != NULL)
		fake_program_choose(cc_buf_str(&s->body));
	return row->drop ? MHD_NO : reply(c, row->status, row->body);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *body,
        size_t *body_len, void **slot)
{
	struct fake_seen *s = *slot;
	size_t tail = strlen(url);

	(void)cls;
	(void)version;
	if (s == NULL) {
		*slot = note(c, method, url);
		return MHD_YES;
	}
	if (*body_len > 0) {
		if (strncmp(url, "/v1/streams/", 12) == 0)
			fake_program_feed(body, *body_len);
		else
			cc_buf_add(&s->body, body, *body_len);
		*body_len = 0;
		return MHD_YES;
	}
	if (tail > 4 && strcmp(url + tail - 4, "/out") == 0)
		return fake_program_out(c);
	if (strncmp(url, "/v1/streams/", 12) == 0)
		return reply(c, 200, "");
	return answer(c, s, url);
}

static int listen_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

void fake_start(const struct fake_row *rows)
{
	char path[128];

	snprintf(fake.dir, sizeof(fake.dir), "/tmp/ccctl-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fake.dir));
	snprintf(path, sizeof(path), "%s/sock", fake.dir);
	fake.rows = rows;
	fake.kept = cc_arena_new(0);
	fake.daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, NULL,
	        MHD_OPTION_LISTEN_SOCKET, listen_at(path), MHD_OPTION_END);
	ck_assert_ptr_nonnull(fake.daemon);
}

void fake_stop(void)
{
	char line[128];

	fake_program_stop();
	MHD_stop_daemon(fake.daemon);
	for (size_t i = 0; i < fake.n_seen; i++)
		cc_buf_free(&fake.seen[i].body);
	cc_arena_free(fake.kept);
	snprintf(line, sizeof(line), "rm -rf %s", fake.dir);
	ck_assert_int_eq(system(line), 0);
}

const struct fake_seen *fake_seen(const char *method, const char *path, size_t n)
{
	for (size_t i = 0; i < fake.n_seen; i++) {
		const struct fake_seen *s = &fake.seen[i];
		size_t len = strcspn(s->url, "?");

		if (strcmp(s->method, method) == 0 && strlen(path) == len && strncmp(s->url, path, len) == 0 && n-- == 0)
			return s;
	}
	return NULL;
}

size_t fake_count(const char *method, const char *path)
{
	size_t n = 0;

	while (fake_seen(method, path, n) != NULL)
		n++;
	return n;
}

static char *slurp(const char *name, size_t *ret_len)
{
	cc_auto_buf struct cc_buf b = { 0 };
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", fake.dir, name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	do {
		n = fread(cc_buf_reserve(&b, 65536), 1, 65536, f);
		b.len += n;
	} while (n > 0);
	fclose(f);
	cc_buf_addc(&b, '\0');
	*ret_len = b.len - 1;
	return cc_arena_memdup(fake.kept, b.data, *ret_len);
}

struct ran fake_run(const char *fmt, ...)
{
	cc_auto_buf struct cc_buf line = { 0 };
	struct ran r = { 0 };
	size_t err_len;
	int status;
	va_list ap;

	cc_buf_printf(&line, "cd %s && export CCCTL_SOCKET=%s/sock PATH=%s:$PATH; exec >out 2>err </dev/null; ", fake.dir, fake.dir, CC_CCCTL_DIR);
	va_start(ap, fmt);
	cc_buf_vprintf(&line, fmt, ap);
	va_end(ap);
	status = system(line.data);
	ck_assert(WIFEXITED(status));
	r.status = WEXITSTATUS(status);
	r.out = slurp("out", &r.out_len);
	r.err = slurp("err", &err_len);
	return r;
}
