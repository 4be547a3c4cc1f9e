/* A row cache in Redis. Accepts batches; each is one round trip on a connection of a small bounded pool, under one budget that covers waiting for a
 * connection, connecting and logging in. Promises: a connection is used again only after an exchange that was exactly what was asked for; an
 * error reply is a failed call, never a miss; while Redis is down calls fail at once (breaker.h). A call is repeated only where a pooled
 * connection turned out to be closed before a byte of reply came. */
#include "cache/breaker.h"
#include "cache/redis.h"
#include "cache/private.h"

#include "base/sys.h"

#include <stdio.h>
#include <stdlib.h>

struct redis {
	struct md_store store;
	struct md_breaker breaker;
	struct md_arena arena;       /* the url's parts */
	struct md_redis_url url;
	const char *url_trouble;     /* NULL: the url can be used */
	struct md_names *names;
	int64_t budget_ms;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct md_store_counts counts;
	uint32_t max, n_idle;
	struct md_wire idle[];       /* the newest last */
};

/* One exchange. */
struct call {
	struct redis *r;
	struct md_store_call *c;
	struct md_str request;
	size_t replies;
	struct md_intake in;
	int64_t deadline_us;
};

/* ---- the pool ---- */

/* False: none became free in time. w->fd -1: one is to be opened. */
static bool borrow(struct redis *r, int64_t deadline_us, struct md_wire *w)
{
	bool have = true;
	*w = (struct md_wire){ .fd = -1 };
	pthread_mutex_lock(&r->lock);
	while (have && !r->n_idle && r->counts.open == r->max)
		have = md_monotonic_cond_wait(&r->freed, &r->lock, deadline_us / 1000);
	if (have && r->n_idle)
		*w = r->idle[--r->n_idle];
	else if (have)
		r->counts.open++;
	pthread_mutex_unlock(&r->lock);
	return have;
}

static void give_back(struct redis *r, struct md_wire *w, bool clean)
{
	if (!clean)
		md_wire_close(w);
	pthread_mutex_lock(&r->lock);
	if (clean) {
		r->idle[r->n_idle++] = *w;
	} else {
		r->counts.open--;
		r->counts.broken++;
	}
	pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
}

static void count_one(struct redis *r, uint64_t *which)
{
	pthread_mutex_lock(&r->lock);
	++*which;
	pthread_mutex_unlock(&r->lock);
}

/* ---- a call ---- */

static enum md_wired open_wire(struct call *k, struct md_wire *w)
{
	enum md_wired rc = md_wire_open(w, &k->r->url, k->r->names, k->deadline_us, k->c->arena, &k->c->trouble);
	if (rc == MD_WIRED)
		count_one(k->r, &k->r->counts.opened);
	return rc;
}

static enum md_wired exchange(struct call *k, struct md_wire *w)
{
	count_one(k->r, &k->r->counts.round_trips);
	return md_wire_exchange(w, k->request, k->replies, &k->in, k->deadline_us, &k->c->trouble);
}

static enum md_wired on_connection(struct call *k, struct md_wire *w)
{
	bool pooled = w->fd >= 0;
	if (pooled && !md_wire_fit(w)) {
		md_wire_close(w);
		count_one(k->r, &k->r->counts.broken);
		pooled = false;
	}
	if (w->fd < 0 && open_wire(k, w) != MD_WIRED)
		return MD_WIRE_BROKEN;
	enum md_wired rc = exchange(k, w);
	if (rc != MD_WIRE_STALE || !pooled)
		return rc;
	md_wire_close(w);
	count_one(k->r, &k->r->counts.broken);
	return open_wire(k, w) == MD_WIRED ? exchange(k, w) : MD_WIRE_BROKEN;
}

enum outcome { ANSWERED, REFUSED /* an error reply */, BROKEN, NOT_TRIED };

static enum outcome attempt(struct call *k)
{
	struct md_wire w;
	if (!borrow(k->r, k->deadline_us, &w)) {
		k->c->trouble = MD_STR("all of its connections are in use");
		return NOT_TRIED;
	}
	bool clean = on_connection(k, &w) == MD_WIRED;
	give_back(k->r, &w, clean);
	if (clean && k->in.refused.p)
		k->c->trouble = md_str_fmt(k->c->arena, "it answered %.*s", MD_FMT(k->in.refused));
	else if (clean)
		k->c->trouble = MD_NOSTR; /* of a first attempt */
	return !clean ? BROKEN : k->in.refused.p ? REFUSED : ANSWERED;
}

/* What the breaker learns. An error reply to a write says nothing about reading (a full Redis takes no writes); a caller in a hurry, nothing about Redis. */
static void tell(struct call *k, enum md_admission how, enum outcome o, bool writes, bool hurried)
{
	int64_t now_ms = md_monotonic_ms();
	bool undecided = o == NOT_TRIED || (o == BROKEN && hurried && now_ms * 1000 >= k->deadline_us);
	if (!undecided || how == MD_PROBE)
		md_breaker_tell(&k->r->breaker, how, o == ANSWERED || (o == REFUSED && writes), now_ms);
}

static int run(struct call *k, bool writes)
{
	struct redis *r = k->r;
	if (r->url_trouble) {
		k->c->trouble = md_str_z(r->url_trouble);
		return -1;
	}
	int64_t now_ms = md_monotonic_ms(), budget_end_ms = now_ms + r->budget_ms;
	bool hurried = k->c->deadline_ms && k->c->deadline_ms < budget_end_ms;
	enum md_admission how = md_breaker_ask(&r->breaker, now_ms);
	if (how == MD_TURNED_AWAY) {
		k->c->trouble = MD_STR("it failed again and again: not asked for a while");
		count_one(r, &r->counts.rejected);
		return -1;
	}
	k->deadline_us = (hurried ? k->c->deadline_ms : budget_end_ms) * 1000;
	enum outcome o = attempt(k);
	tell(k, how, o, writes, hurried);
	if (o != ANSWERED)
		count_one(r, &r->counts.failures);
	return o == ANSWERED ? 0 : -1;
}

static int out_of_memory(struct md_store_call *c)
{
	c->trouble = MD_STR("memory is out");
	return -1;
}

static int get(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n, struct md_str *values)
{
	struct md_buf b = { .arena = c->arena };
	memset(values, 0, n * sizeof *values);
	md_wire_begin(&b, n + 1);
	md_wire_arg(&b, MD_STR("MGET"));
	for (size_t i = 0; i < n; i++)
		md_wire_arg(&b, keys[i]);
	struct call k = { .r = (struct redis *)s, .c = c, .request = md_buf_view(&b), .replies = 1, .in = { .arena = c->arena, .values = values, .n = n } };
	return b.failed ? out_of_memory(c) : run(&k, false);
}

static int put(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms)
{
	struct md_buf b = { .arena = c->arena };
	char ms[24];
	struct md_str ttl = { ms, (size_t)snprintf(ms, sizeof ms, "%lld", (long long)ttl_ms) };
	for (size_t i = 0; i < n; i++) {
		md_wire_begin(&b, ttl_ms > 0 ? 5 : 3);
		md_wire_arg(&b, MD_STR("SET"));
		md_wire_arg(&b, pairs[i].key);
		md_wire_arg(&b, pairs[i].value);
		if (ttl_ms > 0) {
			md_wire_arg(&b, MD_STR("PX"));
			md_wire_arg(&b, ttl);
		}
	}
	struct call k = { .r = (struct redis *)s, .c = c, .request = md_buf_view(&b), .replies = n, .in = { .arena = c->arena } };
	return b.failed ? out_of_memory(c) : run(&k, true);
}

static struct md_store_counts counts(struct md_store *s)
{
	struct redis *r = (struct redis *)s;
	pthread_mutex_lock(&r->lock);
	struct md_store_counts c = r->counts;
	pthread_mutex_unlock(&r->lock);
	return c;
}

/* ---- life ---- */

static void destroy(struct md_store *s)
{
	struct redis *r = (struct redis *)s;
	for (uint32_t i = 0; i < r->n_idle; i++)
		md_wire_close(&r->idle[i]);
	md_names_free(r->names);
	md_breaker_destroy(&r->breaker);
	pthread_cond_destroy(&r->freed);
	pthread_mutex_destroy(&r->lock);
	if (r->url.password.n)
		explicit_bzero((void *)(uintptr_t)r->url.password.p, r->url.password.n);
	md_arena_free(&r->arena);
	free(r);
}

/* Locks first, so that destroy can undo what follows. */
static struct redis *allocate(const struct md_redis_options *o)
{
	uint32_t max = o->max_connections ? o->max_connections : 8;
	struct redis *r = calloc(1, sizeof *r + max * sizeof *r->idle);
	if (!r)
		return NULL;
	r->max = max;
	r->budget_ms = o->budget_ms ? o->budget_ms : 50;
	if (pthread_mutex_init(&r->lock, NULL)) {
		free(r);
		return NULL;
	}
	if (!md_monotonic_cond_init(&r->freed)) {
		pthread_mutex_destroy(&r->lock);
		free(r);
		return NULL;
	}
	if (md_breaker_init(&r->breaker, o->breaker_failures ? o->breaker_failures : 5, o->breaker_ms ? o->breaker_ms : 1000)) {
		pthread_cond_destroy(&r->freed);
		pthread_mutex_destroy(&r->lock);
		free(r);
		return NULL;
	}
	return r;
}

struct md_store *md_store_redis(const struct md_redis_options *o)
{
	static const struct md_store_ops ops = { .get = get, .put = put, .count = counts, .free = destroy };
	struct redis *r = allocate(o);
	if (!r)
		return NULL;
	r->store.ops = &ops;
	r->url_trouble = md_redis_url_parse(&r->arena, o->url, &r->url);
	if (!r->arena.oom && (r->url_trouble || (r->names = md_names_new(r->url.host, r->url.port))) && md_single_flight_init(&r->store.flight) == 0)
		return &r->store;
	destroy(&r->store);
	return NULL;
}
