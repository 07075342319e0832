/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc-controller: settings, key, database and zone, HTTP; then it waits for a signal and takes everything down in the opposite order. */
#include "common/config_args.h"
#include "common/confine.h"
#include "common/hash.h"
#include "common/keys.h"
#include "common/log.h"
#include "controller/archives.h"
#include "controller/controller_confine.h"
#include "controller/http/server.h"
#include "controller/settings.h"
#include "controller/store/store.h"
#include "controller/writer.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE_RETRY_MS 1000
#define TOKEN_ADDRESSES   8
#define OTHER_FILES       320   /* archives on their way, the database, the log, what libraries keep open */
#define IDEMPOTENCY_MAX   50000 /* keys of one caller; some 20 MiB */

static volatile sig_atomic_t stop_asked, reload_asked;

static void on_stop(int sig)
{
	(void)sig;
	stop_asked = true;
}

static void on_reload(int sig)
{
	(void)sig;
	reload_asked = true;
}

static const struct cc_program program = {
	.name = "cc-controller",
	.summary = "Runs a zone: nodes join it, members create instances in it.",
	.config_path = "/etc/communitycloud/controller.yaml",
	.settings = &controller_settings,
	.check = controller_check,
};

struct app {
	const struct controller_config *cfg;
	const struct cc_config *config; /* what `cfg` is of */
	const struct cc_config_sources *sources;
	struct cc_arena *arena;
	struct cc_key_pair *key;
	struct writer *writer;
	struct archives *archives;
	struct http_server *http;
};

static int make_dir(const char *path, struct cc_error *err)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making the directory '%s'", path);
	return 0;
}

/* What nodes are told to dial: as configured, else this host's name with the port that is listened on. */
static size_t token_addresses(const struct app *app, const char *addresses[TOKEN_ADDRESSES])
{
	const struct controller_config *cfg = app->cfg;
	char host[256] = "localhost";

	for (size_t i = 0; i < cfg->advertise.n; i++)
		addresses[i] = cfg->advertise.items[i];
	if (cfg->advertise.n > 0 || cfg->http_listen.port == 0)
		return cfg->advertise.n;
	gethostname(host, sizeof(host) - 1);
	addresses[0] = cc_printf(app->arena, "%s:%u", host, (unsigned)cfg->http_listen.port);
	return 1;
}

static int open_key(struct app *app, struct cc_error *err)
{
	const struct controller_config *cfg = app->cfg;

	if (make_dir(cfg->state_dir, err) < 0 || make_dir(cc_printf(app->arena, "%s/images", cfg->state_dir), err) < 0)
		return -1;
	return cc_key_pair_open(cfg->state_dir, cfg->zone[0] != '\0' ? cfg->zone : "cc-controller", &app->key, err);
}

/* The same at each start, and another one for each controller: of the machine and the folder, so that a copied folder is not taken for the same controller. */
static struct cc_uuid own_id(const struct app *app, const char *host)
{
	char machine[64] = "";
	FILE *f = fopen("/etc/machine-id", "re");
	struct cc_uuid id;
	struct cc_sha256 h;
	const char *text;

	if (f != NULL) {
		(void)!fgets(machine, sizeof(machine), f);
		fclose(f);
	}
	text = cc_printf(app->arena, "%s %s %s", host, machine, app->cfg->state_dir);
	h = cc_sha256(text, strlen(text));
	memcpy(id.b, h.b, sizeof(id.b));
	return id;
}

static struct zone_controller describe_self(const struct app *app)
{
	char *host = cc_arena_alloc(app->arena, 256);
	char *pin = cc_arena_alloc(app->arena, CC_PIN_HEX);
	struct zone_controller self = { .name = host, .version = CC_VERSION, .pin = cc_pin_format(cc_key_pair_pin(app->key), pin) };

	snprintf(host, 256, "localhost");
	gethostname(host, 255);
	self.id = own_id(app, host);
	self.addresses.items = cc_new_array(app->arena, TOKEN_ADDRESSES, const char *);
	self.addresses.n = token_addresses(app, self.addresses.items);
	return self;
}

static int start_writer(struct app *app, struct cc_error *err)
{
	const struct controller_config *cfg = app->cfg;
	struct engine_options engine = { .queue_max = (size_t)cfg->queue_max,
		.batch_max = (size_t)cfg->batch_max,
		.node_lease_ms = cfg->node_lease,
		.idempotency_ms = cfg->idempotency_keep,
		.idempotency_max = IDEMPOTENCY_MAX,
		.snapshots_max = cfg->snapshots_max,
		.audit_ms = cfg->audit_keep,
		.overcommit_cpu_percent = cfg->overcommit_cpu,
		.overcommit_memory_percent = cfg->overcommit_memory,
		.overcommit_disk_percent = cfg->overcommit_disk,
		.weights = { .weight = { [SCHED_TERM_LOAD] = (int32_t)cfg->weight_load,
		                     [SCHED_TERM_FIT] = (int32_t)cfg->weight_fit,
		                     [SCHED_TERM_SPREAD] = (int32_t)cfg->weight_spread,
		                     [SCHED_TERM_RELIABILITY] = (int32_t)cfg->weight_reliability,
		                     [SCHED_TERM_IMAGE] = (int32_t)cfg->weight_image,
		                     [SCHED_TERM_AFFINITY] = (int32_t)cfg->weight_affinity } },
		.member_max = { cfg->member_instances_max, cfg->member_cpu_max * 1000, cfg->member_memory_max >> 20, cfg->member_disk_max >> 20 } };
	struct zone_controller self = describe_self(app);
	struct cc_public_key *keys;
	struct writer_options opt = { .database = cfg->database,
		.zone_name = cfg->zone,
		.engine = &engine,
		.retry_ms = DATABASE_RETRY_MS,
		.self = &self,
		.new_key = cfg->new_key };

	if (cc_public_keys_parse(&cfg->image_keys, app->arena, &keys, err) < 0)
		return -1;
	engine.image_keys = keys;
	engine.n_image_keys = cfg->image_keys.n;
	engine.image_signed = strcmp(cfg->image_signatures, "required") == 0;
	return writer_start(&opt, &app->writer, err);
}

static int read_audit(void *arg, const struct api_audit_query *q, struct cc_arena *a, struct audit_list *ret, struct cc_error *err)
{
	const struct app *app = arg;
	const struct store_audit_query query = { q->before, q->member, q->resource, q->since_ms, q->until_ms, q->most };

	return store_audit(app->cfg->database, &query, a, ret, err);
}

static void make_archives(struct app *app)
{
	uint16_t ports[CONTROLLER_PORTS];

	app->archives = archives_new(&(struct archives_options){ .self = describe_self(app).id,
	        .pin = cc_key_pair_pin(app->key),
	        .identity_path = cc_key_pair_path(app->key),
	        .ports = ports,
	        .n_ports = controller_ports(app->cfg, app->arena, ports) });
}

static int start_http(struct app *app, struct cc_error *err)
{
	const struct controller_config *cfg = app->cfg;
	const char *addresses[TOKEN_ADDRESSES];
	char pin[CC_PIN_HEX];
	struct http_options opt = { .listen = cfg->http_listen.port != 0 ? cc_addr_format(app->arena, cfg->http_listen) : NULL,
		.socket = cfg->http_socket,
		.socket_mode = 0666,
		.threads = (int)cfg->http_threads,
		.connections = (int)cfg->http_connections,
		.connections_address = (int)cfg->http_connections_address,
		.key_pem = cc_key_pair_key_pem(app->key),
		.cert_pem = cc_key_pair_cert_pem(app->key),
		.pin = cc_pin_format(cc_key_pair_pin(app->key), pin),
		.fences = cc_confine_text(),
		.addresses = addresses,
		.n_addresses = token_addresses(app, addresses),
		.audit_read = read_audit,
		.audit_arg = app,
		.archives_read = archives_read,
		.archives_arg = app->archives,
		.images_dir = cc_printf(app->arena, "%s/images", cfg->state_dir),
		.image_max_bytes = cfg->image_max,
		.sync_wait_ms = cfg->sync_wait,
		.sync_wait_idle_ms = cfg->sync_wait_idle,
		.node_lease_ms = cfg->node_lease,
		.rate_caller = (int)cfg->rate_caller,
		.rate_address = (int)cfg->rate_address };
	sigset_t all, before;
	int r;

	/* Its threads inherit the mask: signals stay with this one. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = http_start(&opt, writer_engine(app->writer), &app->http, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r < 0)
		return -1;
	archives_start(app->archives, writer_engine(app->writer), http_blobs(app->http));
	writer_hook(app->writer,
	        &(struct writer_hooks){
	                .touch = http_touch, .reloaded = http_reloaded, .arg = app->http, .images = archives_images, .images_arg = app->archives });
	/* What was published between start and hook nobody was told. */
	http_reloaded(app->http);
	return 0;
}

/* Each connection has a file descriptor; without enough of them clients would hang unheard. */
static int allow_files(const struct controller_config *cfg, struct cc_error *err)
{
	rlim_t needed = (rlim_t)http_descriptors((int)cfg->http_connections) + OTHER_FILES;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return cc_fail_errno(err, "reading the limit of open files");
	if (l.rlim_max < needed)
		return cc_fail(err, INVALID,
		        "http_connections: %lld connections need %llu open files, and this program may have %llu; lower the setting, or raise the limit "
		        "(LimitNOFILE= of the unit, ulimit -n)",
		        (long long)cfg->http_connections, (unsigned long long)needed, (unsigned long long)l.rlim_max);
	l.rlim_cur = l.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &l) < 0 ? cc_fail_errno(err, "raising the limit of open files") : 0;
}

static int start(struct app *app, struct cc_error *err)
{
	if (allow_files(app->cfg, err) < 0 || open_key(app, err) < 0)
		return -1;
	/* Threads inherit it, so it comes before all of them, and before a byte of anybody else. */
	if (controller_confine(app->cfg, app->sources->path, err) < 0 || start_writer(app, err) < 0)
		return -1;
	make_archives(app);
	return start_http(app, err);
}

static void set_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop }, reload = { .sa_handler = on_reload }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &reload, NULL);
}

static int apply(const struct controller_config *cfg, struct cc_error *err)
{
	enum cc_log_level level;

	if (cc_log_level_parse(cfg->log_level, &level, err) < 0)
		return -1;
	cc_log_set_level(level);
	return 0;
}

/* Everything but the settings with CFG_RELOAD stays as it was, so the old configuration is what is in force; apply takes those from the new one. */
static void reload(const struct app *app)
{
	cc_auto(cc_config_free) struct cc_config *fresh = NULL;
	cc_auto_buf struct cc_buf restart = { 0 };
	struct cc_error err = { 0 };

	if (cc_config_reload(app->config, app->sources, &fresh, &restart, &err) < 0 || controller_check(controller_config(fresh), &err) < 0 ||
	        apply(controller_config(fresh), &err) < 0) {
		cc_log(ERROR, CONFIG_BAD, kv_err(&err));
		return;
	}
	if (restart.len > 0)
		cc_log(WARNING, CONFIG_NEEDS_RESTART, kv_text("settings", cc_buf_str(&restart)));
	cc_log(INFO, CONFIG_LOADED);
}

/* Blocked between the question and the sleep, so that no signal falls in between. */
static void wait_for_stop(const struct app *app)
{
	sigset_t asked, none, before;

	sigemptyset(&none);
	sigemptyset(&asked);
	sigaddset(&asked, SIGTERM);
	sigaddset(&asked, SIGINT);
	sigaddset(&asked, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &asked, &before);
	while (!stop_asked) {
		if (reload_asked) {
			reload_asked = false;
			reload(app);
		} else {
			sigsuspend(&none);
		}
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop(struct app *app)
{
	if (app->writer != NULL)
		writer_hook(app->writer, NULL);
	archives_stop(app->archives);
	http_stop(app->http);
	archives_free(app->archives);
	writer_stop(app->writer);
	cc_key_pair_free(app->key);
}

int main(int argc, char **argv)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	cc_auto(cc_config_free) struct cc_config *config = NULL;
	struct app app = { .arena = arena };
	struct cc_error err = { 0 };
	struct cc_args args;

	cc_config_args(&program, argc, argv, arena, &args, &config);
	if (!args.run)
		return args.exit_status;
	app.cfg = controller_config(config);
	app.config = config;
	app.sources = &args.sources;
	set_signals();
	if (apply(app.cfg, &err) < 0 || start(&app, &err) < 0) {
		cc_log(ERROR, START_FAILED, kv_err(&err));
		stop(&app);
		return stop_asked ? 0 : cc_code_info(err.code)->exit_status;
	}
	cc_log(NOTICE, STARTED, kv_text("program", program.name), kv_text("version", CC_VERSION));
	cc_confine_escape();
	wait_for_stop(&app);
	cc_log(NOTICE, STOPPING);
	stop(&app);
	cc_log(NOTICE, STOPPED);
	return 0;
}
