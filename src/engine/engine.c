/* Opening, reloading, closing; health. */
#include "engine/lifetime.h"
#include "engine/loading.h"

#include "base/sys.h"
#include "json/write.h"
#include "query/query.h"

#include <stdlib.h>

enum { CACHE_BYTES = 64 * 1024 * 1024, OPTIONS_MAX = 4096 };

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

/* The members that the program's header has; those that it lacks are zero. A program of a later
 * header may set members that this library does not know: false then, and without a size. */
static bool read_options(const multidb_options *given, multidb_options *out)
{
	*out = (multidb_options){ .size = sizeof *out };
	if (!given)
		return true;
	if (given->size < sizeof given->size || given->size > OPTIONS_MAX)
		return false;
	for (size_t i = sizeof *out; i < given->size; i++)
		if (((const char *)given)[i])
			return false;
	memcpy(out, given, given->size < sizeof *out ? given->size : sizeof *out);
	return true;
}

static int report_unreadable_options(struct md_ctx *cx, const multidb_options *o)
{
	return md_fail(cx, MD_MISUSE,
	               "multidb_options cannot be read: expected size %zu (MULTIDB_OPTIONS_INIT), or a greater one "
	               "with zeros behind it, got size %zu", sizeof *o, o->size);
}

static multidb_engine *make_engine(const multidb_options *o)
{
	multidb_engine *e = calloc(1, sizeof *e);
	if (!e || pthread_mutex_init(&e->lock, NULL)) {
		free(e);
		return NULL;
	}
	e->refs = 1;
	e->cache_bytes = o->cache_bytes ? o->cache_bytes : CACHE_BYTES;
	e->offline = o->offline;
	e->lasting_cursors = o->lasting_cursors;
	if (o->base_dir && !(e->base_dir = strdup(o->base_dir))) {
		md_engine_drop(e);
		return NULL;
	}
	return e;
}

static int open_document(struct md_ctx *cx, const struct md_document *d, const multidb_options *options,
                         multidb_engine **engine)
{
	multidb_options o;
	if (!read_options(options, &o))
		return report_unreadable_options(cx, options);
	multidb_engine *e = make_engine(&o);
	if (!e)
		return md_out_of_memory(cx);
	struct md_runtime *rt = md_load_runtime(cx, e, d);
	if (!rt) {
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

static int reload_document(struct md_ctx *cx, multidb_engine *e, const struct md_document *d)
{
	struct md_runtime *rt = md_load_runtime(cx, e, d);
	if (!rt)
		return -1;
	return md_use_runtime(e, rt) ? 0 : md_fail(cx, MD_SHUTTING_DOWN, "%s", md_engine_closed);
}

static int reload_engine(multidb_engine *e, const struct md_document *d, multidb_error **error)
{
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	md_engine_take(e);
	int rc = own ? reload_document(&cx, e, d) : -1;
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
	struct md_pool *pool;
	int64_t begun = md_monotonic_us();
	bool ok = md_runtime_database_pool(rt, d, &pool) == 0 && pool && ping_database(&cx, pool);
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
	if (!b.failed)
		return b.p;
	md_buf_free(&b);
	return NULL;
}

void multidb_text_free(char *text)
{
	free(text);
}
