#include "engine/refresh.h"

#include "base/sys.h"
#include "engine/loading.h"

#include <stdlib.h>

/* ---- versions: two texts in one allocation ---- */

static void free_versions(struct md_config_versions *v)
{
	free((void *)(uintptr_t)v->metadata.p);
	*v = (struct md_config_versions){ .metadata = MD_NOSTR };
}

static int keep_versions(struct md_ctx *cx, struct md_config_versions *to, const struct md_config_versions *v)
{
	char *p = calloc(1, v->metadata.n + v->roles.n + 2);
	if (!p)
		return md_out_of_memory(cx);
	free_versions(to);
	to->metadata = (struct md_str){ p, v->metadata.n };
	to->roles = (struct md_str){ p + v->metadata.n + 1, v->roles.n };
	memcpy(p, v->metadata.p, v->metadata.n);
	if (v->roles.n)
		memcpy(p + v->metadata.n + 1, v->roles.p, v->roles.n);
	return 0;
}

void md_refresh_forget(struct md_refresh *r)
{
	free_versions(&r->used);
}

void md_refresh_free(struct md_refresh *r)
{
	free_versions(&r->used);
	free_versions(&r->seen);
	if (r->source)
		r->source->free(r->self);
}

/* ---- loading ---- */

/* Logged once when the source begins to fail, and once when it works again. */
static void log_outage(multidb_engine *e, const struct md_error *err, bool failed)
{
	struct md_refresh *r = &e->refresh;
	if (failed && atomic_load(&e->watch.must_stop))
		return; /* multidb_engine_close has interrupted the load */
	if (failed && !r->is_down)
		md_log_add(e->log, MULTIDB_LOG_WARNING, "the source of the configuration does not answer: %.*s%s%.*s",
		           MD_FMT(err->message), err->cause.n ? ": " : "", MD_FMT(err->cause));
	if (!failed && r->is_down)
		md_log_add(e->log, MULTIDB_LOG_INFO, "the source of the configuration answers again");
	r->is_down = failed;
}

/* A document that was refused because memory was short is not marked as seen: it is loaded
 * again. */
static int use_documents(struct md_ctx *cx, multidb_engine *e, const struct md_config_documents *d,
                         struct md_runtime **rt)
{
	struct md_refresh *r = &e->refresh;
	struct md_config_versions used = { .metadata = MD_NOSTR };
	if (keep_versions(cx, &used, &d->versions) == 0 && keep_versions(cx, &r->seen, &d->versions) == 0)
		*rt = md_load_runtime(cx, e, &(struct md_document){ .text = d->metadata, .roles = d->roles });
	if (!*rt) {
		free_versions(&used);
		if (cx->err->code == MD_OUT_OF_MEMORY)
			free_versions(&r->seen);
		return -1;
	}
	free_versions(&r->used);
	r->used = used;
	return 0;
}

int md_refresh_load(struct md_ctx *cx, multidb_engine *e, enum md_known known, struct md_runtime **rt)
{
	struct md_refresh *r = &e->refresh;
	const struct md_config_versions none = { .metadata = MD_NOSTR };
	const struct md_config_versions *const versions[] = { &none, &r->used, &r->seen };
	struct md_config_documents loaded = { .metadata = MD_NOSTR };
	*rt = NULL;
	int rc = r->source->load(cx, r->self, versions[known], &loaded);
	log_outage(e, cx->err, rc < 0);
	if (rc > 0) {
		rc = use_documents(cx, e, &loaded, rt);
		r->source->release(r->self, &loaded);
	} else if (rc < 0) {
		rc = MD_SOURCE_FAILED;
	}
	atomic_store(&r->next_ms, md_monotonic_ms() + r->poll_ms);
	return rc;
}

int md_refresh_now(struct md_ctx *cx, multidb_engine *e, enum md_known known)
{
	struct md_runtime *rt;
	int rc = md_refresh_load(cx, e, known, &rt);
	if (rc == MD_SOURCE_FAILED) {
		md_count_reload(&e->statistics, MD_RELOAD_FAILED);
		return -1;
	}
	return rc || rt ? md_end_reload(cx, e, rt) : 0;
}

/* ---- polling ---- */

static void ask_source(multidb_engine *e)
{
	struct md_arena arena = { .at = NULL };
	struct md_error err = { .code = MD_OK };
	struct md_ctx cx = { .arena = &arena, .err = &err };
	md_refresh_now(&cx, e, MD_KNOWN_SEEN); /* a failure is logged */
	md_arena_free(&arena);
}

void md_refresh_poll(multidb_engine *e, bool waits)
{
	struct md_refresh *r = &e->refresh;
	if (md_monotonic_ms() < atomic_load_explicit(&r->next_ms, memory_order_relaxed))
		return;
	if (waits ? pthread_mutex_lock(&e->loading) : pthread_mutex_trylock(&e->loading))
		return;
	/* another thread may have asked in between */
	if (md_monotonic_ms() >= atomic_load(&r->next_ms))
		ask_source(e);
	pthread_mutex_unlock(&e->loading);
}
