/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"
#include "common/hash.h"
#include "common/json.h"
#include "common/keys.h"
#include "common/log.h"
#include "controller/http/router.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_t writer;
static int writer_fd = -1;
static bool writer_slow;
static pthread_mutex_t writer_lock = PTHREAD_MUTEX_INITIALIZER;

#define ARCHIVE "not really an archive"

static void put(struct zone *z, enum table t, void *values)
{
	struct effects fx = { 0 };

	effects_put(&fx, t, values);
	row_set_revision(fx.items[0].row, zone_revision(z) + 1);
	zone_apply(z, &fx, 0);
	zone_set_revision(z, zone_revision(z) + 1);
	effects_clear(&fx);
}

static struct cc_uuid add_member(struct world *w, struct zone *z, enum role role, const char *name, enum member_role rights)
{
	struct member m = { .id = cc_uuid_new(cc_now_ms()), .name = name, .role = rights, .created = cc_now_ms() };
	struct member_token t = { .id = cc_uuid_new(cc_now_ms()), .member = m.id, .created = cc_now_ms() };
	char hash[65];

	snprintf(w->tokens[role], sizeof(w->tokens[role]), "secret-of-%s", name);
	t.secret_hash = cc_sha256_format(cc_sha256(w->tokens[role], strlen(w->tokens[role])), hash);
	put(z, TABLE_MEMBER, &m);
	put(z, TABLE_MEMBER_TOKEN, &t);
	return m.id;
}

/* Keys are slow to make durable, so all worlds share them. */
static char keys_dir[64];
static pid_t keys_owner;
static const char *const key_names[ROLES] = { [ROLE_N1] = "n1", [ROLE_N2] = "n2", [ROLE_STRANGER] = "stranger", [ROLE_ROOT] = "controller" };

static void remove_keys(void)
{
	char command[128];

	if (getpid() != keys_owner)
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", keys_dir);
	(void)!system(command);
}

static struct cc_key_pair *open_key(enum role role)
{
	struct cc_key_pair *pair;
	struct cc_error err = { 0 };
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/%s", keys_dir, key_names[role]);
	if (cc_key_pair_open(dir, key_names[role], &pair, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	return pair;
}

void world_prepare(void)
{
	char dir[128];

	snprintf(keys_dir, sizeof(keys_dir), "/tmp/cc-http-keys-XXXXXX");
	if (mkdtemp(keys_dir) == NULL)
		exit(1);
	keys_owner = getpid();
	atexit(remove_keys);
	for (int i = 0; i < ROLES; i++) {
		if (key_names[i] == NULL)
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", keys_dir, key_names[i]);
		mkdir(dir, 0700);
		cc_key_pair_free(open_key((enum role)i));
	}
}

static void take_key(struct world *w, enum role role)
{
	struct cc_key_pair *pair = open_key(role);
	char pin[CC_PIN_HEX];

	snprintf(w->key_files[role], sizeof(w->key_files[role]), "%s", cc_key_pair_path(pair));
	snprintf(w->pins[role], sizeof(w->pins[role]), "%s", cc_pin_format(cc_key_pair_pin(pair), pin));
	cc_key_pair_free(pair);
}

static struct cc_uuid add_node(struct world *w, struct zone *z, enum role role, const char *name)
{
	struct node n = { .id = cc_uuid_new(cc_now_ms()),
		.name = name,
		.state = NODE_READY,
		.owner = w->ana,
		.pin = w->pins[role],
		.arch = "amd64",
		.agent_version = "0.1.0",
		.cpu_millis = 4000,
		.memory_mib = 4096,
		.disk_mib = 40960,
		.offer_cpu_millis = 4000,
		.offer_memory_mib = 4096,
		.offer_disk_mib = 40960,
		.offer_instances = 100,
		.granted_cpu_millis = 16000,
		.granted_memory_mib = 4096,
		.granted_disk_mib = 40960,
		.granted_instances = 100,
		.created = cc_now_ms() };
	static const char *features[] = { "container", "lxc", "snapshots", "volumes", "bandwidth-limit" };

	n.features = (struct cc_texts){ 5, features };
	put(z, TABLE_NODE, &n);
	return n.id;
}

static void add_image(struct world *w, struct zone *z)
{
	struct image img = { .id = cc_uuid_new(cc_now_ms()), .name = "busybox", .arch = "amd64", .bytes = sizeof(ARCHIVE) - 1, .member = w->ana };
	char path[256];
	FILE *f;

	cc_sha256_format(cc_sha256(ARCHIVE, sizeof(ARCHIVE) - 1), w->sha256);
	img.sha256 = w->sha256;
	img.created = cc_now_ms();
	put(z, TABLE_IMAGE, &img);
	w->image = img.id;
	snprintf(path, sizeof(path), "%s/images", w->dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/images/sha256", w->dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/images/sha256/%s", w->dir, w->sha256);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(ARCHIVE, f);
	fclose(f);
	/* What a controller that was killed between putting an archive in its place and naming it has left. */
	snprintf(path, sizeof(path), "%s/images/sha256/%064d", w->dir, 7);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
}

static void add_instance(struct world *w, struct zone *z)
{
	struct instance inst = { .id = cc_uuid_new(cc_now_ms()),
		.name = "web",
		.state = INST_RUNNING,
		.desired = DESIRED_RUN,
		.reason = "",
		.member = w->ana,
		.image = w->image,
		.epoch = 1,
		.cpu_millis = 1000,
		.memory_mib = 128,
		.disk_mib = 1024,
		.pids = 512,
		.address = "10.0.3.2",
		.created = cc_now_ms() };
	struct placement p = { .id = inst.id, .decided = cc_now_ms(), .placed = true, .considered = 2, .seed = 1, .snapshot = 1 };

	cc_set(&inst, instance, node, w->n1);
	put(z, TABLE_INSTANCE, &inst);
	put(z, TABLE_PLACEMENT, &p);
	w->web = inst.id;
}

/* A snapshot of web, and a volume that nobody uses. */
static void add_files(struct world *w, struct zone *z)
{
	struct snapshot s = { .id = cc_uuid_new(cc_now_ms()),
		.name = "s0",
		.state = SNAPSHOT_READY,
		.reason = "",
		.instance = w->web,
		.member = w->ana,
		.created = cc_now_ms() };
	struct volume v = { .id = cc_uuid_new(cc_now_ms()),
		.name = "data",
		.state = VOLUME_READY,
		.reason = "",
		.member = w->ana,
		.size_mib = 10,
		.created = cc_now_ms() };

	cc_set(&v, volume, node, w->n1);
	put(z, TABLE_SNAPSHOT, &s);
	put(z, TABLE_VOLUME, &v);
}

static struct zone *make_zone(struct world *w)
{
	struct zone *z = zone_new("test", cc_uuid_new(cc_now_ms()));

	add_member(w, z, ROLE_ADMIN_TOKEN, "admin", ROLE_ADMIN);
	w->ana = add_member(w, z, ROLE_ANA, "ana", ROLE_MEMBER);
	w->bob = add_member(w, z, ROLE_BOB, "bob", ROLE_MEMBER);
	take_key(w, ROLE_N1);
	take_key(w, ROLE_N2);
	take_key(w, ROLE_STRANGER);
	w->n1 = add_node(w, z, ROLE_N1, "n1");
	w->n2 = add_node(w, z, ROLE_N2, "n2");
	add_image(w, z);
	add_instance(w, z);
	add_files(w, z);
	return z;
}

static void commit_all(struct world *w)
{
	struct batch *b;

	pthread_mutex_lock(&writer_lock);
	while ((b = engine_decide(w->engine)) != NULL) {
		const struct effects *fx = batch_effects(b);

		for (size_t i = 0; i < fx->n; i++)
			if (fx->items[i].table == TABLE_AUDIT && fx->items[i].row != NULL && w->n_audit < CC_ARRAY_LEN(w->audit))
				w->audit[w->n_audit++] = cc_row_heap_copy(&audit_desc, fx->items[i].row->values);
		engine_committed(w->engine, b, w->server != NULL ? http_touch : NULL, w->server);
	}
	pthread_mutex_unlock(&writer_lock);
}

static void *write_all(void *arg)
{
	struct world *w = arg;
	struct pollfd fds[2] = { { .fd = engine_fd(w->engine), .events = POLLIN }, { .fd = writer_fd, .events = POLLIN } };

	for (;;) {
		poll(fds, 2, -1);
		if (!writer_slow || fds[1].revents != 0)
			commit_all(w);
		if (fds[1].revents != 0)
			return NULL;
		if (writer_slow)
			usleep(1000);
	}
}

void world_commit(struct world *w)
{
	commit_all(w);
}

void world_lose(struct world *w)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&writer_lock);
	for (int i = 0; i < 1000 && b == NULL; i++) {
		b = engine_decide(w->engine);
		usleep(b == NULL ? 10000 : 0);
	}
	ck_assert_ptr_nonnull(b);
	engine_set_available(w->engine, false, "the database is gone");
	engine_lost(w->engine, b, "the database was lost");
	pthread_mutex_unlock(&writer_lock);
}

void world_reload(struct world *w, enum inst_state web)
{
	const struct zone *z = engine_read_begin(w->engine);
	struct zone *loaded = zone_new(zone_name(z), zone_id(z));
	struct instance inst = *(const struct instance *)zone_find(z, TABLE_INSTANCE, w->web);
	struct effects fx = { 0 };
	const void *row;

	for (int t = 0; t < TABLE_MAX; t++)
		for (size_t at = 0; (row = zone_next(z, (enum table)t, &at)) != NULL;)
			effects_put(&fx, (enum table)t, row);
	zone_apply(loaded, &fx, 0);
	effects_clear(&fx);
	zone_set_revision(loaded, zone_revision(z));
	inst.state = web;
	put(loaded, TABLE_INSTANCE, &inst);
	engine_read_end(w->engine);
	pthread_mutex_lock(&writer_lock);
	engine_reload(w->engine, loaded);
	engine_set_available(w->engine, true, NULL);
	pthread_mutex_unlock(&writer_lock);
	http_reloaded(w->server);
}

/* What was written, the latest first, as the database would give it. */
static int read_audit(void *arg, const struct api_audit_query *q, struct cc_arena *a, struct audit_list *ret, struct cc_error *err)
{
	struct world *w = arg;
	size_t n;

	(void)err;
	pthread_mutex_lock(&writer_lock);
	n = w->n_audit;
	ret->items.items = cc_new_array(a, w->n_audit + 1, struct audit);
	for (size_t i = 0; i < w->n_audit; i++)
		if (cc_uuid_equal(w->audit[i]->id, q->before))
			n = i;
	while (n-- > 0 && ret->items.n < q->most)
		memcpy(&ret->items.items[ret->items.n++], cc_row_arena_copy(&audit_desc, w->audit[n], a), sizeof(struct audit));
	pthread_mutex_unlock(&writer_lock);
	return 0;
}

static void start_server(struct world *w, const struct world_options *opt)
{
	struct http_options o = opt->http;
	static const char *addresses[] = { "controller.example:8443" };
	struct cc_key_pair *pair = open_key(ROLE_ROOT);
	struct cc_error err = { 0 };
	char images[128], pin[CC_PIN_HEX];

	snprintf(w->socket, sizeof(w->socket), "%s/api.sock", w->dir);
	snprintf(images, sizeof(images), "%s/images", w->dir);
	snprintf(w->pins[ROLE_ROOT], sizeof(w->pins[ROLE_ROOT]), "%s", cc_pin_format_curl(cc_key_pair_pin(pair), (char[CC_PIN_CURL]){ 0 }));
	o.threads = o.threads != 0 ? o.threads : 2;
	o.connections = o.connections != 0 ? o.connections : 2048;
	o.image_max_bytes = o.image_max_bytes != 0 ? o.image_max_bytes : (int64_t)8 << 30;
	o.sync_wait_ms = o.sync_wait_ms != 0 ? o.sync_wait_ms : 25000;
	o.sync_wait_idle_ms = o.sync_wait_idle_ms != 0 ? o.sync_wait_idle_ms : 300000;
	o.node_lease_ms = o.node_lease_ms != 0 ? o.node_lease_ms : 30000;
	o.listen = opt->tcp_off ? NULL : "127.0.0.1:0";
	o.socket = w->socket;
	o.key_pem = cc_key_pair_key_pem(pair);
	o.cert_pem = cc_key_pair_cert_pem(pair);
	o.pin = cc_pin_format(cc_key_pair_pin(pair), pin);
	o.addresses = addresses;
	o.n_addresses = 1;
	o.images_dir = images;
	o.audit_read = read_audit;
	o.audit_arg = w;
	o.archives_arg = w;
	if (http_start(&o, w->engine, &w->server, &err) < 0)
		ck_abort_msg("%s", err.msg);
	snprintf(w->key_files[ROLE_CONTROLLER], sizeof(w->key_files[ROLE_CONTROLLER]), "%s", cc_key_pair_path(pair));
	cc_key_pair_free(pair);
}

struct world *world_new(const struct world_options *opt)
{
	static const struct world_options usual;
	struct engine_options eo = { .queue_max = 1024,
		.batch_max = 64,
		.node_lease_ms = 30000,
		.idempotency_ms = 86400000,
		.overcommit_cpu_percent = 400,
		.overcommit_memory_percent = 100,
		.overcommit_disk_percent = 100 };
	struct world *w = cc_calloc(1, sizeof(*w));

	if (opt == NULL)
		opt = &usual;
	if (opt->queue_max != 0)
		eo.queue_max = opt->queue_max;
	eo.history_max = opt->history_max;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	cc_log_set_level(CC_LOG_ERROR);
	snprintf(w->dir, sizeof(w->dir), "/tmp/cc-http-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	w->engine = engine_new(&eo, make_zone(w));
	start_server(w, opt);
	writer_slow = opt->slow_writer;
	writer_fd = eventfd(0, EFD_CLOEXEC);
	pthread_create(&writer, NULL, write_all, w);
	return w;
}

void world_stop(struct world *w)
{
	struct http_server *server;

	/* Once the lock was had, the writer is not inside the server and will not be. */
	pthread_mutex_lock(&writer_lock);
	server = cc_take(w->server);
	pthread_mutex_unlock(&writer_lock);
	http_stop(server);
}

void world_free(struct world *w)
{
	uint64_t one = 1;
	char command[128];

	if (writer_slow)
		commit_all(w);
	world_stop(w);
	ck_assert_int_eq(write(writer_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(writer, NULL);
	close(writer_fd);
	engine_free(w->engine);
	for (size_t i = 0; i < w->n_audit; i++)
		free(w->audit[i]);
	snprintf(command, sizeof(command), "rm -rf '%s'", w->dir);
	ck_assert_int_eq(system(command), 0);
	free(w);
	curl_global_cleanup();
}

/* ---- asking ---- */

void answer_free(struct answer *a)
{
	cc_buf_free(&a->body);
	cc_buf_free(&a->headers);
}

const char *answer_header(const struct answer *a, const char *name)
{
	static __thread char value[512];
	const char *at = cc_buf_str(&a->headers);
	size_t n = strlen(name);

	while (at != NULL && *at != '\0') {
		if (strncasecmp(at, name, n) == 0 && at[n] == ':') {
			at += n + 1;
			at += strspn(at, " ");
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
			return value;
		}
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return "";
}

const char *answer_code(const struct answer *a)
{
	static __thread char code[64];
	const char *at = strstr(cc_buf_str(&a->body), "\"code\":\"");

	if (at == NULL)
		return "";
	snprintf(code, sizeof(code), "%.*s", (int)strcspn(at + 8, "\""), at + 8);
	return code;
}

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	cc_buf_add(arg, p, size * n);
	return size * n;
}

CURL *world_curl(struct world *w, enum role role, const char *path)
{
	CURL *c = curl_easy_init();
	char url[512];

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	if (role == ROLE_ROOT) {
		snprintf(url, sizeof(url), "http://localhost%s", path);
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, w->socket);
	} else {
		snprintf(url, sizeof(url), "https://127.0.0.1:%d%s", http_port(w->server), path);
		/* Without these curl reads the whole list of the system's authorities for each connection. */
		curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
		curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, w->pins[ROLE_ROOT]);
	}
	curl_easy_setopt(c, CURLOPT_URL, url);
	if (w->tokens[role][0] != '\0') {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, w->tokens[role]);
	}
	if (w->key_files[role][0] != '\0') {
		curl_easy_setopt(c, CURLOPT_SSLCERT, w->key_files[role]);
		curl_easy_setopt(c, CURLOPT_SSLKEY, w->key_files[role]);
	}
	return c;
}

struct source {
	const char *at;
	size_t left;
	size_t die_at; /* bytes left */
	void (*dies)(void);
};

static size_t give(char *p, size_t size, size_t n, void *arg)
{
	struct source *s = arg;
	size_t k = size * n < s->left ? size * n : s->left;

	if (s->dies != NULL && s->left <= s->die_at) {
		s->dies();
		return CURL_READFUNC_ABORT;
	}
	memcpy(p, s->at, k);
	s->at += k;
	s->left -= k;
	return k;
}

static void set_body(CURL *c, const struct ask *ask, struct source *src)
{
	*src = (struct source){ .at = ask->body, .left = ask->body_len != 0 ? ask->body_len : strlen(ask->body), .dies = ask->dies_midway };
	src->die_at = src->left / 2;
	if (ask->chunked) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
		curl_easy_setopt(c, CURLOPT_READDATA, src);
	} else {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)src->left);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, ask->body);
	}
}

static bool is_patch(const struct ask *ask)
{
	return ask->method != NULL && strcmp(ask->method, "PATCH") == 0;
}

static struct curl_slist *headers_of(const struct ask *ask)
{
	struct curl_slist *h = NULL;
	char type[128];

	if (ask->body != NULL) {
		snprintf(type, sizeof(type), "Content-Type:%s%s", ask->type != NULL && ask->type[0] == '\0' ? "" : " ",
		        ask->type != NULL ? ask->type
		        : is_patch(ask)   ? "application/merge-patch+json"
		                          : "application/json");
		h = curl_slist_append(h, type);
	}
	if (is_patch(ask) && !ask->unconditional && ask->header == NULL)
		h = curl_slist_append(h, "If-Match: *");
	if (ask->chunked)
		h = curl_slist_append(h, "Transfer-Encoding: chunked");
	if (ask->header != NULL)
		h = curl_slist_append(h, ask->header);
	if (ask->header2 != NULL)
		h = curl_slist_append(h, ask->header2);
	return h;
}

static const struct route *route_of(const struct ask *ask, struct cc_arena *arena)
{
	const char *params[ROUTE_PATH_PARAMS], *allow;

	return router_find(
	        ask->method != NULL ? ask->method : "GET", cc_arena_memdup(arena, ask->path, strcspn(ask->path, "?")), arena, params, &allow);
}

static const char *schema_fault(const struct answer *r, const struct cc_desc *d, const char *type, struct cc_arena *arena)
{
	struct cc_error err = { 0 };

	if (strcmp(answer_header(r, "Content-Type"), type) != 0)
		return cc_printf(arena, "is of type '%s'", answer_header(r, "Content-Type"));
	if (cc_json_decode(d, cc_buf_str(&r->body), r->body.len, CC_JSON_STRICT, cc_arena_alloc(arena, d->size), arena, &err) < 0)
		return cc_printf(arena, "does not fit '%s': %s: %s", d->name, err.msg, cc_buf_str(&r->body));
	return NULL;
}

const char *answer_fault(const struct ask *ask, const struct answer *r, struct cc_arena *arena)
{
	const struct route *route = route_of(ask, arena);
	bool none = r->status == 204 || r->status == 304;
	const char *fault = NULL;

	if (r->status == 414 || r->status == 431) /* libmicrohttpd's own */
		return NULL;
	if (r->status == 0 || r->failure != CURLE_OK || (ask->method != NULL && strcmp(ask->method, "HEAD") == 0))
		return NULL;
	if (answer_header(r, "X-Request-Id")[0] == '\0')
		return "has no X-Request-Id";
	if (none && r->body.len > 0)
		return "has a body";
	if (r->status >= 400)
		fault = schema_fault(r, &problem_desc, "application/problem+json", arena);
	else if (!none && route != NULL && route->reply->n_fields > 0)
		fault = schema_fault(r, route->reply, "application/json", arena);
	if (fault == NULL && r->status < 300 &&
	        !(route != NULL && (r->status == router_status(route) || (r->status == 204 && (route->flags & RF_ACCEPTS)))))
		fault = "is not the status that the table of routes says";
	return fault;
}

static void check_answer(const struct ask *ask, const struct answer *r)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	const char *fault = answer_fault(ask, r, arena);

	ck_assert_msg(fault == NULL, "%s %s: %d %s", ask->method != NULL ? ask->method : "GET", ask->path, r->status, fault);
}

struct answer world_try(struct world *w, const struct ask *ask)
{
	struct answer a = { 0 };
	CURL *c = world_curl(w, ask->role, ask->path);
	struct curl_slist *headers = headers_of(ask);
	struct source src;
	long status = 0;

	if (ask->body != NULL)
		set_body(c, ask, &src);
	if (ask->method != NULL && strcmp(ask->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (ask->method != NULL && strcmp(ask->method, "POST") == 0 && ask->body == NULL)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
	if (ask->method != NULL)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, ask->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &a.body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &a.headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ask->timeout_ms != 0 ? ask->timeout_ms : 60000L);
	a.failure = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	a.status = (int)status;
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	check_answer(ask, &a);
	return a;
}

struct answer world_ask(struct world *w, const struct ask *ask)
{
	struct answer a = world_try(w, ask);

	ck_assert_msg(a.failure == CURLE_OK, "%s %s: %s", ask->method != NULL ? ask->method : "GET", ask->path, curl_easy_strerror(a.failure));
	return a;
}

void *world_get(struct world *w, struct cc_arena *arena, const struct cc_desc *d, int status, const struct ask *ask)
{
	struct answer a = world_ask(w, ask);
	void *row = cc_arena_alloc(arena, d->size);
	struct cc_error err = { 0 };

	ck_assert_msg(a.status == status, "%s %s: %d instead of %d: %s", ask->method != NULL ? ask->method : "GET", ask->path, a.status, status,
	        cc_buf_str(&a.body));
	if (cc_json_decode(d, cc_buf_str(&a.body), a.body.len, CC_JSON_STRICT, row, arena, &err) < 0)
		ck_abort_msg("%s: %s\n%s", ask->path, err.msg, cc_buf_str(&a.body));
	answer_free(&a);
	return row;
}

static void *ask_now(void *arg)
{
	struct asking *k = arg;
	int64_t start = cc_boottime_ms();

	k->answer = world_try(k->world, &k->ask);
	k->took_ms = cc_boottime_ms() - start;
	return NULL;
}

void world_ask_begin(struct world *w, struct asking *k, struct ask ask)
{
	*k = (struct asking){ .world = w, .ask = ask };
	ck_assert_int_eq(pthread_create(&k->thread, NULL, ask_now, k), 0);
}

struct answer *world_ask_end(struct asking *k)
{
	pthread_join(k->thread, NULL);
	return &k->answer;
}
