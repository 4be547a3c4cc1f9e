/* See type_checks.h. Where nothing has to be read, a check takes one lock and compares bitmaps.
 * Where a reading shows another table than the one before, all connections of the pool are replaced
 * (md_pool_renew): statements that they have prepared were made for the earlier one. A table that
 * does not exist is left to the database, whose error names it. */
#include "executor/type_checks.h"

#include "base/sys.h"
#include "executor/column_fit.h"
#include "executor/compared.h"
#include "executor/engine_fit.h"
#include "executor/execute.h"

#include <pthread.h>
#include <stdlib.h>

enum { READING_SLICE_MS = 50 };

/* What the last reading of a table showed. */
struct checked_table {
	int64_t read_ms;       /* when; 0: never, or the reading is in doubt */
	uint64_t hash;         /* of the columns that the configuration names; 0: never read */
	bool is_being_read;
	struct md_arena arena; /* of the verdicts */
	const struct md_column_verdict *verdicts; /* by column */
	uint64_t *misfits;     /* bitmap: columns that do not fit some use */
	struct md_str engine_misfit; /* why the table cannot be used at all; empty: it can */
};

struct md_type_checks {
	const struct md_snapshot *meta;
	struct md_pool *pool;
	pthread_mutex_t lock;  /* of everything below */
	pthread_cond_t read;   /* a reading has ended */
	uint32_t n;
	struct checked_table *tables[]; /* tables, then replicas; NULL: not used yet */
};

/* ---- from the beginning to the end ---- */

struct md_type_checks *md_type_checks_new(const struct md_snapshot *meta, struct md_pool *pool)
{
	uint32_t n = meta->n_tables + meta->n_syncs;
	struct md_type_checks *k = calloc(1, sizeof *k + n * sizeof *k->tables);
	if (!k)
		return NULL;
	k->meta = meta;
	k->pool = pool;
	k->n = n;
	if (pthread_mutex_init(&k->lock, NULL)) {
		free(k);
		return NULL;
	}
	if (md_monotonic_cond_init(&k->read))
		return k;
	pthread_mutex_destroy(&k->lock);
	free(k);
	return NULL;
}

void md_type_checks_free(struct md_type_checks *k)
{
	if (!k)
		return;
	for (uint32_t i = 0; i < k->n; i++) {
		if (k->tables[i])
			md_arena_free(&k->tables[i]->arena);
		free(k->tables[i]);
	}
	pthread_cond_destroy(&k->read);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* ---- one table reference of a statement ---- */

/* A table reference, and where it is read. */
struct checked_ref {
	struct md_ctx *cx;
	const struct md_exec *x;
	const struct md_stmt_table *named;
	const struct md_table *table;
	const struct md_source *source;
	uint32_t ref;
};

static struct checked_ref ref_of(struct md_ctx *cx, const struct md_exec *x, const struct md_stmt *s, uint32_t i)
{
	return (struct checked_ref){ cx, x, &s->tables[i], x->bound->refs[i].table, &x->plan->sources[i], i };
}

static struct checked_table **slot_of(const struct checked_ref *r)
{
	struct md_type_checks *k = r->x->checks;
	const struct md_sync *sync = r->source->sync;
	return &k->tables[sync ? k->meta->n_tables + sync->index : r->table->index];
}

static bool is_fresh(const struct md_type_checks *k, const struct checked_table *t, int64_t now_ms)
{
	return t && t->read_ms && now_ms - t->read_ms < k->meta->limits.type_check_ms;
}

static bool has_misfit(const struct checked_table *t, const struct checked_ref *r)
{
	if (t->engine_misfit.n)
		return true;
	for (uint32_t w = 0; w < md_words(r->table->n_columns); w++)
		if (t->misfits[w] & r->named->columns[w])
			return true;
	return false;
}

static enum md_started refuse_statement(const struct checked_ref *r, struct md_str reason)
{
	return (enum md_started)md_fail_with(r->cx, MD_TYPE_MISMATCH, MD_DETAILS(.database = r->x->database), MD_NOSTR,
	                                     "%.*s", MD_FMT(reason));
}

static bool is_refused(const struct checked_ref *r, enum md_misfit misfit, const struct md_column *c)
{
	switch (misfit) {
	case MD_MISFIT_ORDERED:
		return md_is_ordered(r->x, r->ref, c);
	case MD_MISFIT_COMPARED:
		return md_is_compared(r->x, r->ref, c);
	default:
		return misfit == MD_MISFIT_ANYWHERE;
	}
}

/* Under the lock: fails for the table, or the first column that the statement may not use as it
 * does. */
static enum md_started refuse_misfits(const struct checked_ref *r, const struct checked_table *t)
{
	if (t->engine_misfit.n)
		return refuse_statement(r, t->engine_misfit);
	for (uint32_t w = 0; w < md_words(r->table->n_columns); w++)
		for (uint64_t left = t->misfits[w] & r->named->columns[w]; left;) {
			uint32_t i = md_take_bit(&left, w);
			const struct md_column_verdict *v = &t->verdicts[i];
			if (is_refused(r, v->misfit, &r->table->columns[i]))
				return refuse_statement(r, v->reason);
		}
	return MD_STARTED;
}

/* ---- reading ---- */

/* Under the lock: keeps what was read. */
static int keep_reading(const struct checked_ref *r, struct checked_table *t, const struct md_real_columns *real)
{
	struct md_type_checks *k = r->x->checks;
	t->read_ms = 0;
	md_arena_reset(&t->arena);
	t->misfits = md_new_n(&t->arena, uint64_t, md_words(r->table->n_columns));
	t->verdicts = t->misfits ? md_judge_columns(&t->arena, real, t->misfits) : NULL;
	t->engine_misfit = md_str_dup(&t->arena, real->engine_misfit);
	if (!t->verdicts || !t->engine_misfit.p)
		return md_out_of_memory(r->cx);
	if (t->hash && t->hash != real->hash)
		md_pool_renew(k->pool);
	t->hash = real->hash;
	t->read_ms = real->exists ? md_monotonic_ms() : 0;
	return 0;
}

static enum md_started read_catalog(const struct checked_ref *r, void *conn, struct md_real_columns *out)
{
	const struct md_driver *d = md_pool_driver(r->x->checks->pool);
	struct md_catalog_table catalog;
	enum md_started rc = d->read_table(conn, r->cx, r->named->name, r->named->n_name, &catalog);
	bool is_through_trino = r->x->plan->through_trino;
	if (rc == MD_STARTED && md_find_real_columns(r->cx, r->table, r->source, is_through_trino, &catalog, out))
		rc = MD_START_FAILED;
	if (rc != MD_STARTED)
		return rc;
	out->engine_misfit = md_engine_misfit(r->cx->arena, r->source, r->x->plan->dialect, &catalog);
	return out->engine_misfit.p ? MD_STARTED : (enum md_started)md_out_of_memory(r->cx);
}

/* Under the lock, which is released meanwhile. */
static enum md_started read_columns(const struct checked_ref *r, struct checked_table *t, void *conn)
{
	struct md_type_checks *k = r->x->checks;
	struct md_real_columns real;
	t->is_being_read = true;
	pthread_mutex_unlock(&k->lock);
	enum md_started rc = read_catalog(r, conn, &real);
	pthread_mutex_lock(&k->lock);
	if (rc == MD_STARTED && keep_reading(r, t, &real))
		rc = MD_START_FAILED;
	t->is_being_read = false;
	pthread_cond_broadcast(&k->read);
	return rc;
}

/* Under the lock: another thread reads the table. */
static enum md_started wait_for_reading(const struct checked_ref *r)
{
	struct md_type_checks *k = r->x->checks;
	struct md_str database = r->x->database;
	int64_t now = md_monotonic_ms();
	if (md_is_cancelled(r->cx))
		return (enum md_started)md_fail(r->cx, MD_CANCELLED, "the query was cancelled while another query read "
		                                "the columns of a table of '%.*s'", MD_FMT(database));
	if (r->cx->deadline_ms && now >= r->cx->deadline_ms)
		return (enum md_started)md_fail(r->cx, MD_QUERY_TIMEOUT, "the query took longer than it may: stopped "
		                                "while another query read the columns of a table of '%.*s'",
		                                MD_FMT(database));
	md_monotonic_cond_wait(&k->read, &k->lock, now + READING_SLICE_MS);
	return MD_STARTED;
}

/* Under the lock. The table of the reference, read when it is not fresh; NULL: *rc says why. */
static struct checked_table *find_table(const struct checked_ref *r, void *conn, enum md_started *rc)
{
	struct checked_table **slot = slot_of(r);
	*rc = MD_STARTED;
	if (!*slot && !(*slot = calloc(1, sizeof **slot))) {
		*rc = (enum md_started)md_out_of_memory(r->cx);
		return NULL;
	}
	struct checked_table *t = *slot;
	while (*rc == MD_STARTED && t->is_being_read)
		*rc = wait_for_reading(r);
	if (*rc == MD_STARTED && !is_fresh(r->x->checks, t, md_monotonic_ms()))
		*rc = read_columns(r, t, conn);
	return *rc == MD_STARTED ? t : NULL;
}

/* ---- checking ---- */

/* Under the lock: everything is known, and fits. */
static bool is_known_to_fit(const struct md_exec *x, const struct md_stmt *s)
{
	int64_t now = md_monotonic_ms();
	for (uint32_t i = 0; i < s->n_tables; i++) {
		struct checked_ref r = ref_of(NULL, x, s, i);
		const struct checked_table *t = *slot_of(&r);
		if (!is_fresh(x->checks, t, now) || has_misfit(t, &r))
			return false;
	}
	return true;
}

static enum md_started check_refs(struct md_ctx *cx, const struct md_exec *x, const struct md_stmt *s, void *conn)
{
	for (uint32_t i = 0; i < s->n_tables; i++) {
		struct checked_ref r = ref_of(cx, x, s, i);
		enum md_started rc;
		const struct checked_table *t = find_table(&r, conn, &rc);
		if (!t || (rc = refuse_misfits(&r, t)) != MD_STARTED)
			return rc;
	}
	return MD_STARTED;
}

enum md_started md_check_types(struct md_ctx *cx, const struct md_exec *x, const struct md_stmt *s, void *conn)
{
	struct md_type_checks *k = x->checks;
	enum md_started rc = MD_STARTED;
	if (!k || !md_pool_driver(k->pool)->read_table)
		return MD_STARTED;
	pthread_mutex_lock(&k->lock);
	if (!is_known_to_fit(x, s))
		rc = check_refs(cx, x, s, conn);
	pthread_mutex_unlock(&k->lock);
	return rc;
}

void md_doubt_types(const struct md_exec *x, const struct md_stmt *s)
{
	struct md_type_checks *k = x->checks;
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	for (uint32_t i = 0; i < s->n_tables; i++) {
		struct checked_ref r = ref_of(NULL, x, s, i);
		struct checked_table *t = *slot_of(&r);
		if (t)
			t->read_ms = 0;
	}
	pthread_mutex_unlock(&k->lock);
}
