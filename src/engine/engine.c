/* Opening, reloading, closing; health. */
#include "engine/lifetime.h"
#include "engine/loading.h"

#include "base/sys.h"
#include "engine/caller_source.h"
#include "engine/given.h"
#include "engine/given_table.h"
#include "json/write.h"
#include "query/query.h"
#include "source/table.h"

#include <stdlib.h>

enum { CACHE_BYTES = 64 * 1024 * 1024 };

static const int64_t longest_poll_ms = 365 * (int64_t)86400000; /* behind it moments would overflow */

const char *multidb_version(void)
{
	return MULTIDB_VERSION;
}

int multidb_abi_version(void)
{
	return MULTIDB_ABI_VERSION;
}

const char *multidb_config_schema(void)
{
	return md_config_schema;
}

const char *multidb_query_schema(void)
{
	return md_query_schema;
}

/* A thread that locks twice is told so instead of waiting for ever. */
static int init_checking_mutex(pthread_mutex_t *m)
{
	pthread_mutexattr_t checking;
	if (pthread_mutexattr_init(&checking))
		return -1;
	int rc = pthread_mutexattr_settype(&checking, PTHREAD_MUTEX_ERRORCHECK) || pthread_mutex_init(m, &checking);
	pthread_mutexattr_destroy(&checking);
	return rc ? -1 : 0;
}

static bool init_mutexes(multidb_engine *e)
{
	if (pthread_mutex_init(&e->lock, NULL))
		return false;
	if (init_checking_mutex(&e->loading) == 0)
		return true;
	pthread_mutex_destroy(&e->lock);
	return false;
}

static bool make_parts(multidb_engine *e, const multidb_options *o)
{
	if (o->log && !(e->log = md_log_new(o->log, o->log_user, &e->attention, MD_ATTEND_LOG)))
		return false;
	return !o->base_dir || (e->base_dir = strdup(o->base_dir));
}

/* Without a configuration. NULL: the record of cx says why. */
static multidb_engine *make_engine(struct md_ctx *cx, const multidb_options *options)
{
	multidb_options o;
	if (md_read_given(cx, "multidb_options", &o, sizeof o, options))
		return NULL;
	multidb_engine *e = calloc(1, sizeof *e);
	if (!e || !init_mutexes(e)) {
		free(e);
		md_out_of_memory(cx);
		return NULL;
	}
	e->refs = 1;
	e->cache_bytes = o.cache_bytes ? o.cache_bytes : CACHE_BYTES;
	e->offline = o.offline;
	e->lasting_cursors = o.lasting_cursors;
	if (make_parts(e, &o))
		return e;
	md_engine_drop(e);
	md_out_of_memory(cx);
	return NULL;
}

static int open_document(struct md_ctx *cx, const struct md_document *d, const multidb_options *options,
                         multidb_engine **engine)
{
	multidb_engine *e = make_engine(cx, options);
	struct md_runtime *rt = e ? md_load_runtime(cx, e, d) : NULL;
	if (!rt) {
		if (e)
			md_engine_drop(e);
		return -1;
	}
	atomic_init(&e->current, rt);
	*engine = e;
	return 0;
}

static int open_engine(const struct md_document *d, const multidb_options *options, multidb_engine **engine,
                       multidb_error **error)
{
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	*engine = NULL;
	return md_error_end(own, own ? open_document(&cx, d, options, engine) : -1, error);
}

int multidb_engine_open_file(const char *path, const multidb_options *options, multidb_engine **engine,
                             multidb_error **error)
{
	if (!path || !engine)
		return md_error_misuse("multidb_engine_open_file was called with NULL for path or engine", error);
	return open_engine(&(struct md_document){ .path = path }, options, engine, error);
}

int multidb_engine_open_text(const char *json, size_t n, const multidb_options *options, multidb_engine **engine,
                             multidb_error **error)
{
	if (!json || !engine)
		return md_error_misuse("multidb_engine_open_text was called with NULL for json or engine", error);
	return open_engine(&(struct md_document){ .text = { json, n } }, options, engine, error);
}

/* ---- sources ---- */

/* Takes over the source. NULL: the record of cx says why. */
static multidb_engine *open_from_source(struct md_ctx *cx, const struct md_config_source *source, void *self,
                                        int64_t poll_ms, const multidb_options *options)
{
	multidb_engine *e = self ? make_engine(cx, options) : NULL;
	struct md_runtime *rt;
	if (!e) {
		if (self)
			source->free(self);
		return NULL;
	}
	e->refresh.source = source;
	e->refresh.self = self;
	e->refresh.poll_ms = poll_ms < longest_poll_ms ? poll_ms : longest_poll_ms;
	if (md_refresh_load(cx, e, MD_KNOWN_NONE, &rt)) {
		md_engine_drop(e);
		return NULL;
	}
	atomic_init(&e->current, rt);
	return e;
}

static int open_caller_source(struct md_ctx *cx, const multidb_source *given, const multidb_options *options,
                              multidb_engine **engine)
{
	void *self = md_caller_source_new(cx, given);
	int64_t poll_ms = self ? md_caller_source_poll_ms(self) : 0;
	*engine = open_from_source(cx, &md_caller_source, self, poll_ms, options);
	if (*engine && poll_ms)
		atomic_fetch_or(&(*engine)->attention, MD_ATTEND_POLL);
	return *engine ? 0 : -1;
}

int multidb_engine_open_source(const multidb_source *source, const multidb_options *options, multidb_engine **engine,
                               multidb_error **error)
{
	if (!source || !engine)
		return md_error_misuse("multidb_engine_open_source was called with NULL for source or engine", error);
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	*engine = NULL;
	return md_error_end(own, own ? open_caller_source(&cx, source, options, engine) : -1, error);
}

static int open_table(struct md_ctx *cx, const multidb_table *given, const multidb_options *options,
                      multidb_engine **engine)
{
	multidb_options o;
	int64_t poll_ms = 0;
	if (md_read_given(cx, "multidb_options", &o, sizeof o, options))
		return -1;
	void *self = md_given_table_source(cx, given, o.base_dir, &poll_ms);
	multidb_engine *e = open_from_source(cx, &md_table_source, self, poll_ms, options);
	if (!e)
		return -1;
	if (poll_ms && md_watch_start(e)) {
		multidb_engine_close(e);
		return md_out_of_memory(cx);
	}
	*engine = e;
	return 0;
}

int multidb_engine_open_table(const multidb_table *table, const multidb_options *options, multidb_engine **engine,
                              multidb_error **error)
{
	if (!table || !engine)
		return md_error_misuse("multidb_engine_open_table was called with NULL for table or engine", error);
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	*engine = NULL;
	return md_error_end(own, own ? open_table(&cx, table, options, engine) : -1, error);
}

static int refresh_engine(struct md_ctx *cx, multidb_engine *e)
{
	if (!e->refresh.source)
		return md_fail(cx, MD_MISUSE, "multidb_engine_refresh needs an engine that was opened with a source");
	if (md_begin_loading(cx, e, "multidb_engine_refresh"))
		return -1;
	int rc = md_refresh_now(cx, e, MD_KNOWN_USED);
	md_end_loading(e);
	return rc;
}

int multidb_engine_refresh(multidb_engine *e, multidb_error **error)
{
	if (!e)
		return md_error_misuse("multidb_engine_refresh was called with NULL for engine", error);
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	md_engine_take(e);
	int rc = own ? refresh_engine(&cx, e) : -1;
	md_log_deliver(e->log);
	md_engine_drop(e);
	return md_error_end(own, rc, error);
}

/* ---- reloading ---- */

static int reload_document(struct md_ctx *cx, multidb_engine *e, const struct md_document *d)
{
	if (md_begin_loading(cx, e, d->path ? "multidb_engine_reload_file" : "multidb_engine_reload_text"))
		return -1;
	struct md_runtime *rt = md_load_runtime(cx, e, d);
	if (rt)
		md_refresh_forget(&e->refresh);
	int rc = md_end_reload(cx, e, rt);
	md_end_loading(e);
	return rc;
}

static int reload_engine(multidb_engine *e, const struct md_document *d, multidb_error **error)
{
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	md_engine_take(e);
	int rc = own ? reload_document(&cx, e, d) : -1;
	md_log_deliver(e->log);
	md_engine_drop(e);
	return md_error_end(own, rc, error);
}

int multidb_engine_reload_file(multidb_engine *e, const char *path, multidb_error **error)
{
	if (!e || !path)
		return md_error_misuse("multidb_engine_reload_file was called with NULL for engine or path", error);
	return reload_engine(e, &(struct md_document){ .path = path }, error);
}

int multidb_engine_reload_text(multidb_engine *e, const char *json, size_t n, multidb_error **error)
{
	if (!e || !json)
		return md_error_misuse("multidb_engine_reload_text was called with NULL for engine or json", error);
	return reload_engine(e, &(struct md_document){ .text = { json, n } }, error);
}

/* ---- health ---- */

static bool ping_database(struct md_ctx *cx, struct md_pool *pool)
{
	void *conn;
	if (md_pool_take(cx, pool, false, &conn))
		return false;
	bool ok = md_pool_driver(pool)->ping(conn, cx);
	md_pool_give(pool, conn, ok);
	return ok;
}

static bool write_executor_health(struct md_jw *w, struct md_runtime *rt, const struct md_database *d, int timeout_ms)
{
	struct md_arena arena = { 0 };
	struct md_error err = { 0 };
	struct md_ctx cx = { .arena = &arena, .err = &err, .deadline_ms = md_monotonic_ms() + timeout_ms };
	struct md_reach reach;
	int64_t begun = md_monotonic_us();
	bool ok = md_runtime_database_pool(rt, d, &reach) == 0 && reach.pool && ping_database(&cx, reach.pool);
	md_jw_key(w, d->id);
	md_jw_obj(w);
	md_jw_kbool(w, "healthy", ok);
	md_jw_kint(w, "latencyMs", (md_monotonic_us() - begun) / 1000);
	if (!ok)
		md_jw_kstr(w, "error", md_str_z(md_code_name(err.code ? err.code : MD_EXECUTOR_MISSING)));
	md_jw_obj_end(w);
	md_arena_free(&arena);
	return ok;
}

static bool write_executors_health(struct md_jw *w, struct md_runtime *rt, int timeout_ms)
{
	const struct md_snapshot *meta = md_runtime_meta(rt);
	bool healthy = true;
	for (uint32_t i = 0; i < meta->n_databases; i++)
		if (meta->databases[i].connection.present)
			healthy &= write_executor_health(w, rt, &meta->databases[i], timeout_ms);
	return healthy;
}

char *multidb_engine_health(multidb_engine *e, int timeout_ms)
{
	struct md_buf b = { 0 };
	struct md_jw w = { .b = &b };
	if (e) {
		md_engine_take(e);
		md_log_deliver(e->log);
	}
	struct md_runtime *rt = e ? md_engine_runtime(e) : NULL;
	md_jw_obj(&w);
	md_jw_keyz(&w, "executors");
	md_jw_obj(&w);
	bool healthy = rt && write_executors_health(&w, rt, timeout_ms);
	md_jw_obj_end(&w);
	md_jw_kbool(&w, "healthy", healthy);
	md_jw_obj_end(&w);
	md_buf_char(&b, '\0');
	md_runtime_unref(rt);
	if (e)
		md_engine_drop(e);
	if (!b.failed)
		return b.p;
	md_buf_free(&b);
	return NULL;
}

void multidb_text_free(char *text)
{
	free(text);
}
