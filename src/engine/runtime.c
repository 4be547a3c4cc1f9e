#include "engine/runtime.h"

#include "dialects/dialect.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FEDERATED = 10 }; /* SQLite attaches at most so many files */

/* A connection pool across several SQLite files. */
struct federation {
	struct federation *next;
	uint32_t n, members[FEDERATED]; /* database indexes, ascending */
	struct md_reach reach;
};

struct md_runtime {
	atomic_int refs;
	struct md_snapshot *meta;
	pthread_mutex_t lock;       /* of pools and federations */
	struct md_reach *pools;     /* by database index; pool NULL: not made yet */
	struct md_reach trino;      /* of the coordinator; pool NULL: not made yet */
	struct md_store **stores;   /* by cache index; NULL: can't be asked */
	struct federation *federations;
	struct md_ring ring;        /* configured keys of cursors, once they are needed */
};

/* Not made for a redis cache without a connection, which no plan uses (NO_CACHE), nor where urls
 * were not read (nothing is run then). */
static struct md_store *make_store(const struct md_cache *c, size_t cache_bytes)
{
	if (c->memory)
		return md_store_memory(cache_bytes);
	struct md_redis_options options = { .url = c->connection.url, .max_connections = c->connection.pool.max };
	return md_store_redis(&options);
}

static int make_stores(struct md_runtime *rt, size_t cache_bytes)
{
	for (uint32_t i = 0; i < rt->meta->n_caches; i++) {
		const struct md_cache *c = &rt->meta->caches[i];
		if ((c->memory || c->connection.url.n) && !(rt->stores[i] = make_store(c, cache_bytes)))
			return -1;
	}
	return 0;
}

struct md_runtime *md_runtime_new(struct md_snapshot *meta, size_t cache_bytes)
{
	struct md_runtime *rt = calloc(1, sizeof *rt);
	if (!rt || pthread_mutex_init(&rt->lock, NULL)) {
		free(rt);
		md_snapshot_unref(meta);
		return NULL;
	}
	atomic_init(&rt->refs, 1);
	rt->meta = meta;
	rt->pools = calloc((size_t)meta->n_databases + 1, sizeof *rt->pools);
	rt->stores = calloc((size_t)meta->n_caches + 1, sizeof *rt->stores);
	if (rt->pools && rt->stores && make_stores(rt, cache_bytes) == 0)
		return rt;
	md_runtime_unref(rt);
	return NULL;
}

struct md_runtime *md_runtime_ref(struct md_runtime *rt)
{
	atomic_fetch_add(&rt->refs, 1);
	return rt;
}

static void free_reach(struct md_reach *r)
{
	md_type_checks_free(r->checks);
	md_pool_free(r->pool);
}

void md_runtime_unref(struct md_runtime *rt)
{
	if (!rt || atomic_fetch_sub(&rt->refs, 1) != 1)
		return;
	for (uint32_t i = 0; rt->pools && i < rt->meta->n_databases; i++)
		free_reach(&rt->pools[i]);
	free_reach(&rt->trino);
	for (uint32_t i = 0; rt->stores && i < rt->meta->n_caches; i++)
		md_store_free(rt->stores[i]);
	while (rt->federations) {
		struct federation *f = rt->federations;
		rt->federations = f->next;
		free_reach(&f->reach);
		free(f);
	}
	free(rt->pools);
	free(rt->stores);
	pthread_mutex_destroy(&rt->lock);
	md_snapshot_unref(rt->meta);
	free(rt);
}

const struct md_snapshot *md_runtime_meta(const struct md_runtime *rt)
{
	return rt->meta;
}

struct md_store *md_runtime_store(struct md_runtime *rt, const struct md_cache *c)
{
	return rt->stores[c->index];
}

static bool make_ring(struct md_ctx *cx, struct md_ring *ring, const struct md_snapshot *meta)
{
	bool ok = true;
	for (uint32_t i = 0; i < meta->n_cursor_keys && ok; i++)
		ok = !meta->cursor_keys[i].p || md_ring_add(cx, ring, meta->cursor_keys[i]) == 0;
	ring->lasting = ok && ring->n;
	return ok;
}

const struct md_ring *md_runtime_ring(struct md_ctx *cx, struct md_runtime *rt)
{
	struct md_ring made = { .n = 0 };
	pthread_mutex_lock(&rt->lock);
	bool ok = rt->ring.n || make_ring(cx, &made, rt->meta);
	if (ok && made.n)
		rt->ring = made;
	pthread_mutex_unlock(&rt->lock);
	return ok ? &rt->ring : NULL;
}

/* Nothing in it: out of memory. */
static struct md_reach new_reach(const struct md_snapshot *meta, const struct md_driver *d, const struct md_target *t,
                                 const struct md_connection *c)
{
	struct md_pool_options o = { c->pool.max, c->pool.min, c->pool.acquire_timeout_ms, c->pool.idle_ms,
		                     c->pool.max_lifetime_ms };
	struct md_reach r = { .pool = md_pool_new(d, t, &o) };
	r.checks = r.pool ? md_type_checks_new(meta, r.pool) : NULL;
	if (r.checks)
		return r;
	md_pool_free(r.pool);
	return (struct md_reach){ .pool = NULL };
}

/* A database's driver is chosen here and nowhere else; an engine that is reached through Trino has
 * none of its own. */
static const struct md_driver *driver_of(const struct md_database *d)
{
#define MD_DRIVER_OF_ITSELF(driver) &md_driver_##driver
#define MD_DRIVER_OF_TRINO(driver) NULL
	static const struct md_driver *const drivers[MD_ENGINES] = {
#define MD_ENGINE(id, word, dialect, driver, through, ...) [MD_##id] = MD_DRIVER_OF_##through(driver),
#include "metadata/engines.def"
#undef MD_ENGINE
	};
	return drivers[d->engine];
}

/* The timeout that the server enforces itself, also when the caller's process is gone and cannot
 * cancel. A little behind our own deadline, whose error says more. */
static int64_t statement_timeout(const struct md_runtime *rt, const struct md_connection *c)
{
	int64_t last = rt->meta->limits.deadline_ms + 1000;
	return c->statement_timeout_ms && c->statement_timeout_ms < last ? c->statement_timeout_ms : last;
}

int md_runtime_database_pool(struct md_runtime *rt, const struct md_database *d, struct md_reach *out)
{
	const struct md_driver *driver = driver_of(d);
	*out = (struct md_reach){ .pool = NULL };
	if (!driver || !d->connection.present || !d->connection.url.n)
		return 0;
	const struct md_connection *c = &d->connection;
	struct md_target t = { .id = d->id, .url = c->url, .statement_timeout_ms = statement_timeout(rt, c),
		               .transaction = c->pool.transaction, .native = c->native != NULL,
		               .role = c->native ? c->native->role : MD_NOSTR, .tls = c->tls };
	if (d->has_replicas)
		t.written_settings = md_dialect_of(md_engines[d->engine].dialect)->replica_settings;
	pthread_mutex_lock(&rt->lock);
	if (!rt->pools[d->index].pool)
		rt->pools[d->index] = new_reach(rt->meta, driver, &t, &d->connection);
	*out = rt->pools[d->index];
	pthread_mutex_unlock(&rt->lock);
	return out->pool ? 0 : -1;
}

/* Everything that goes through Trino shares the coordinator's pool, whatever the database. */
static int trino_pool(struct md_runtime *rt, struct md_reach *out)
{
	const struct md_trino *trino = &rt->meta->trino;
	if (!trino->connection.present || !trino->connection.url.n)
		return 0;
	struct md_target t = { .id = MD_STR("trino"), .url = trino->connection.url, .session = trino->session,
		               .n_session = trino->n_session, .tls = trino->connection.tls,
		               .statement_timeout_ms = statement_timeout(rt, &trino->connection) };
	pthread_mutex_lock(&rt->lock);
	if (!rt->trino.pool)
		rt->trino = new_reach(rt->meta, &md_driver_trino, &t, &trino->connection);
	*out = rt->trino;
	pthread_mutex_unlock(&rt->lock);
	return out->pool ? 0 : -1;
}

/* ---- federation ---- */

static void add_member(struct federation *f, uint32_t index)
{
	uint32_t at = f->n;
	while (at > 0 && f->members[at - 1] >= index)
		at--;
	if (f->n == FEDERATED || (at < f->n && f->members[at] == index))
		return;
	memmove(&f->members[at + 1], &f->members[at], (f->n - at) * sizeof f->members[0]);
	f->members[at] = index;
	f->n++;
}

static struct md_reach reach_federation(const struct md_snapshot *meta, const struct federation *f)
{
	struct md_attach files[FEDERATED];
	for (uint32_t i = 0; i < f->n; i++) {
		const struct md_database *d = &meta->databases[f->members[i]];
		files[i] = (struct md_attach){ d->id, d->connection.url };
	}
	struct md_target t = { .id = MD_STR("trino"), .attach = files, .n_attach = f->n };
	return new_reach(meta, &md_driver_sqlite, &t, &meta->databases[f->members[0]].connection);
}

static struct federation *find_federation(struct md_runtime *rt, const struct federation *want)
{
	for (struct federation *f = rt->federations; f; f = f->next)
		if (f->n == want->n && memcmp(f->members, want->members, f->n * sizeof f->members[0]) == 0)
			return f;
	struct federation *f = malloc(sizeof *f);
	if (!f)
		return NULL;
	*f = *want;
	f->reach = reach_federation(rt->meta, want);
	if (!f->reach.pool) {
		free(f);
		return NULL;
	}
	f->next = rt->federations;
	return rt->federations = f;
}

int md_runtime_pool(struct md_runtime *rt, const struct md_plan *p, struct md_reach *out)
{
	*out = (struct md_reach){ .pool = NULL };
	if (!p->embedded)
		return p->through_trino ? trino_pool(rt, out) : md_runtime_database_pool(rt, p->target, out);
	struct federation want = { .n = 0 };
	for (uint32_t i = 0; i < md_guarded_count(p->guarded); i++) {
		if (!p->sources[i].database->connection.url.n)
			return 0;
		add_member(&want, p->sources[i].database->index);
	}
	pthread_mutex_lock(&rt->lock);
	struct federation *f = find_federation(rt, &want);
	pthread_mutex_unlock(&rt->lock);
	if (f)
		*out = f->reach;
	return f ? 0 : -1;
}

/* ---- numbers ---- */

static void add_pool_counts(struct md_pool_counts *to, struct md_pool *p)
{
	struct md_pool_counts more = p ? md_pool_count(p) : (struct md_pool_counts){ .open = 0 };
	to->open += more.open;
	to->borrowed += more.borrowed;
	to->waiting += more.waiting;
}

/* Queries across SQLite files have a pool for each set of files; together they are Trino's. */
static struct md_pool_counts count_across(const struct md_runtime *rt)
{
	struct md_pool_counts sum = { .open = 0 };
	add_pool_counts(&sum, rt->trino.pool);
	for (const struct federation *f = rt->federations; f; f = f->next)
		add_pool_counts(&sum, f->reach.pool);
	return sum;
}

void md_runtime_each_pool(struct md_runtime *rt,
                          void (*visit)(void *arg, struct md_str id, const struct md_pool_counts *counts), void *arg)
{
	const struct md_trino *trino = &rt->meta->trino;
	pthread_mutex_lock(&rt->lock);
	for (uint32_t i = 0; i < rt->meta->n_databases; i++) {
		const struct md_database *d = &rt->meta->databases[i];
		struct md_pool_counts counts = { .open = 0 };
		add_pool_counts(&counts, rt->pools[i].pool);
		if (driver_of(d) && d->connection.url.n)
			visit(arg, d->id, &counts);
	}
	if (trino->enabled && (trino->embedded || trino->connection.url.n)) {
		struct md_pool_counts counts = count_across(rt);
		visit(arg, MD_STR("trino"), &counts);
	}
	pthread_mutex_unlock(&rt->lock);
}
