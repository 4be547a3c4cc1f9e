#include "engine/loading.h"

#include "engine/lifetime.h"

#include <stdlib.h>

multidb_error *md_error_new(void)
{
	struct multidb_error *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->err = &e->own;
	e->arena = &e->own_arena;
	return e;
}

struct md_ctx md_error_ctx(multidb_error *own)
{
	return (struct md_ctx){ .arena = &own->own_arena, .err = &own->own };
}

int md_error_end(multidb_error *own, int rc, multidb_error **error)
{
	if (error)
		*error = rc ? own : NULL;
	if (!rc || !error)
		multidb_error_free(own);
	return rc;
}

int md_error_misuse(const char *text, multidb_error **error)
{
	multidb_error *own = md_error_new();
	if (own)
		own->own = (struct md_error){ .code = MD_MISUSE, .message = md_str_z(text) };
	return md_error_end(own, -1, error);
}

static struct md_snapshot *load_snapshot(struct md_ctx *cx, const multidb_engine *e, const struct md_document *d)
{
	struct md_load_options o = { .resolve_secrets = !e->offline, .base_dir = e->base_dir, .roles = d->roles };
	struct md_snapshot *s = d->path ? md_metadata_load_file(cx, d->path, &o) : md_metadata_load(cx, d->text, &o);
	if (!s && cx->err->code == MD_OK)
		md_fail(cx, MD_INTERNAL, "a configuration was refused without saying why");
	return s;
}

struct md_runtime *md_load_runtime(struct md_ctx *cx, const multidb_engine *e, const struct md_document *d)
{
	struct md_snapshot *meta = load_snapshot(cx, e, d);
	struct md_runtime *rt = meta ? md_runtime_new(meta, e->cache_bytes) : NULL;
	if (meta && !rt)
		md_out_of_memory(cx);
	return rt;
}

int md_begin_loading(struct md_ctx *cx, multidb_engine *e, const char *function)
{
	if (pthread_mutex_lock(&e->loading) == 0)
		return 0;
	return md_fail(cx, MD_MISUSE, "%s cannot be called by a function of the engine's source, which it would ask",
	               function);
}

void md_end_loading(multidb_engine *e)
{
	pthread_mutex_unlock(&e->loading);
}

/* False: the engine was closed, and the runtime was released. */
static bool use_runtime(multidb_engine *e, struct md_runtime *rt)
{
	pthread_mutex_lock(&e->lock);
	struct md_runtime *old = atomic_load(&e->current);
	if (old)
		atomic_store(&e->current, rt);
	pthread_mutex_unlock(&e->lock);
	md_runtime_unref(old ? old : rt);
	return old != NULL;
}

/* Logs the first problem; the error has all of them. */
static void log_refusal(struct md_log *log, const struct md_error *err)
{
	const struct md_problem none = { .message = MD_NOSTR }, *p = err->problems.n ? &err->problems.v[0] : &none;
	md_log_add(log, MULTIDB_LOG_ERROR, "the configuration was refused, the one in use stays: %.*s%s%.*s%s%.*s",
	           MD_FMT(err->message), p->pointer.n ? ": " : "", MD_FMT(p->pointer), p->message.n ? ": " : "",
	           MD_FMT(p->message));
}

int md_end_reload(struct md_ctx *cx, multidb_engine *e, struct md_runtime *rt)
{
	if (!rt) {
		log_refusal(e->log, cx->err);
		md_count_reload(&e->statistics, MD_RELOAD_REFUSED);
		return -1;
	}
	if (!use_runtime(e, rt))
		return md_fail(cx, MD_SHUTTING_DOWN, "%s", md_engine_closed);
	md_count_reload(&e->statistics, MD_RELOAD_OK);
	md_log_add(e->log, MULTIDB_LOG_INFO, "the configuration was reloaded");
	return 0;
}
