/* A row cache in Redis. A batch is one round trip on a connection of a small bounded pool, within
 * one budget that covers waiting for a connection, connecting and logging in.
 *
 * Promises: a connection is used again only after an exchange with exactly the expected replies. An
 * error reply is a failed call, never a miss. While Redis is down calls fail at once (breaker.h). A
 * call is repeated only if a pooled connection turned out to be closed before the first byte of a
 * reply. */
#include "cache/breaker.h"
#include "cache/private.h"
#include "cache/redis_connection.h"

#include "base/sys.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_CONNECTIONS = 8, DEFAULT_BUDGET_MS = 50, DEFAULT_FAILURES = 5, DEFAULT_BREAKER_MS = 1000 };

struct redis_store {
	struct md_store store;
	struct md_breaker breaker;
	struct md_arena arena;     /* the parts of the url */
	struct md_redis_url url;
	const char *url_problem;   /* NULL: the url is valid */
	struct md_redis_addresses *addresses;
	int64_t budget_ms;
	pthread_mutex_t lock;
	pthread_cond_t connection_freed;
	struct md_store_counts counts;
	uint32_t max_connections, n_idle;
	struct md_redis_connection idle[]; /* the newest last */
};

struct redis_call {
	struct redis_store *redis;
	struct md_store_call *c;
	struct md_str request;
	size_t n_replies;
	struct md_redis_replies replies;
	int64_t deadline_us;
};

static struct redis_store *redis_of(struct md_store *s)
{
	return (struct redis_store *)s;
}

/* ---- the pool ---- */

/* False: no connection became free in time. conn->fd -1: the caller has to open it. */
static bool borrow_connection(struct redis_store *r, int64_t deadline_us, struct md_redis_connection *conn)
{
	bool in_time = true;
	*conn = (struct md_redis_connection){ .fd = -1 };
	pthread_mutex_lock(&r->lock);
	while (in_time && !r->n_idle && r->counts.open == r->max_connections)
		in_time = md_monotonic_cond_wait(&r->connection_freed, &r->lock, deadline_us / 1000);
	if (in_time && r->n_idle)
		*conn = r->idle[--r->n_idle];
	else if (in_time)
		r->counts.open++;
	pthread_mutex_unlock(&r->lock);
	return in_time;
}

static void return_connection(struct redis_store *r, struct md_redis_connection *conn, bool is_clean)
{
	if (!is_clean)
		md_redis_connection_close(conn);

	pthread_mutex_lock(&r->lock);
	if (is_clean) {
		r->idle[r->n_idle++] = *conn;
	} else {
		r->counts.open--;
		r->counts.broken++;
	}
	pthread_cond_signal(&r->connection_freed);
	pthread_mutex_unlock(&r->lock);
}

static void increment_count(struct redis_store *r, uint64_t *count)
{
	pthread_mutex_lock(&r->lock);
	++*count;
	pthread_mutex_unlock(&r->lock);
}

/* ---- a call ---- */

static enum md_exchange_result open_connection(struct redis_call *k, struct md_redis_connection *conn)
{
	struct redis_store *r = k->redis;
	enum md_exchange_result rc =
		md_redis_connection_open(conn, &r->url, r->addresses, k->deadline_us, k->c->arena, &k->c->trouble);
	if (rc == MD_EXCHANGE_DONE)
		increment_count(r, &r->counts.opened);
	return rc;
}

static void drop_connection(struct redis_call *k, struct md_redis_connection *conn)
{
	md_redis_connection_close(conn);
	increment_count(k->redis, &k->redis->counts.broken);
}

static enum md_exchange_result exchange(struct redis_call *k, struct md_redis_connection *conn)
{
	increment_count(k->redis, &k->redis->counts.round_trips);
	return md_redis_connection_exchange(conn, k->request, k->n_replies, &k->replies, k->deadline_us,
	                                    &k->c->trouble);
}

static enum md_exchange_result exchange_on_new(struct redis_call *k, struct md_redis_connection *conn)
{
	return open_connection(k, conn) == MD_EXCHANGE_DONE ? exchange(k, conn) : MD_EXCHANGE_FAILED;
}

static enum md_exchange_result exchange_on_borrowed(struct redis_call *k, struct md_redis_connection *conn)
{
	bool is_pooled = conn->fd >= 0;
	if (is_pooled && !md_redis_connection_is_usable(conn)) {
		drop_connection(k, conn);
		is_pooled = false;
	}
	if (!is_pooled)
		return exchange_on_new(k, conn);

	enum md_exchange_result rc = exchange(k, conn);
	if (rc != MD_EXCHANGE_STALE)
		return rc;
	drop_connection(k, conn);
	return exchange_on_new(k, conn);
}

enum call_outcome { CALL_ANSWERED, CALL_REFUSED /* by an error reply */, CALL_BROKEN, CALL_NOT_TRIED };

static enum call_outcome attempt_call(struct redis_call *k)
{
	struct md_redis_connection conn;
	struct md_str error = MD_NOSTR;
	if (!borrow_connection(k->redis, k->deadline_us, &conn)) {
		k->c->trouble = MD_STR("all connections are in use");
		return CALL_NOT_TRIED;
	}

	bool is_clean = exchange_on_borrowed(k, &conn) == MD_EXCHANGE_DONE;
	return_connection(k->redis, &conn, is_clean);
	if (!is_clean)
		return CALL_BROKEN;

	error = k->replies.error_word;
	k->c->trouble = error.p ? md_str_fmt(k->c->arena, "the server replied %.*s", MD_FMT(error)) : MD_NOSTR;
	return error.p ? CALL_REFUSED : CALL_ANSWERED;
}

/* Tells the breaker about the call. An error reply to a write does not count as a failure: a full
 * Redis refuses writes and still answers reads. Nor does a call that failed because its request's
 * deadline was shorter than the budget. */
static void record_outcome(struct redis_call *k, enum md_admission admission, enum call_outcome outcome, bool is_write,
                           bool is_short)
{
	int64_t now_ms = md_monotonic_ms();
	bool ran_short = outcome == CALL_BROKEN && is_short && now_ms * 1000 >= k->deadline_us;
	bool says_nothing = outcome == CALL_NOT_TRIED || ran_short;
	bool succeeded = outcome == CALL_ANSWERED || (outcome == CALL_REFUSED && is_write);
	if (!says_nothing || admission == MD_CALL_IS_PROBE)
		md_breaker_record(&k->redis->breaker, admission, succeeded, now_ms);
}

static int run_call(struct redis_call *k, bool is_write)
{
	struct redis_store *r = k->redis;
	if (r->url_problem) {
		k->c->trouble = md_str_z(r->url_problem);
		return -1;
	}

	int64_t now_ms = md_monotonic_ms(), budget_end_ms = now_ms + r->budget_ms;
	bool is_short = k->c->deadline_ms && k->c->deadline_ms < budget_end_ms;
	enum md_admission admission = md_breaker_admit(&r->breaker, now_ms);
	if (admission == MD_CALL_REJECTED) {
		k->c->trouble = MD_STR("not asked for a while after repeated failures");
		increment_count(r, &r->counts.rejected);
		return -1;
	}

	k->deadline_us = (is_short ? k->c->deadline_ms : budget_end_ms) * 1000;
	enum call_outcome outcome = attempt_call(k);
	record_outcome(k, admission, outcome, is_write, is_short);
	if (outcome == CALL_ANSWERED)
		return 0;
	increment_count(r, &r->counts.failures);
	return -1;
}

static int fail_call_for_memory(struct md_store_call *c)
{
	c->trouble = MD_STR("out of memory");
	return -1;
}

static int redis_get(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n,
                     struct md_str *values)
{
	struct md_buf b = { .arena = c->arena };
	memset(values, 0, n * sizeof *values);
	md_redis_begin_command(&b, n + 1);
	md_redis_add_argument(&b, MD_STR("MGET"));
	for (size_t i = 0; i < n; i++)
		md_redis_add_argument(&b, keys[i]);

	struct redis_call k = { .redis = redis_of(s), .c = c, .request = md_buf_view(&b), .n_replies = 1,
		                .replies = { .arena = c->arena, .values = values, .n = n } };
	return b.failed ? fail_call_for_memory(c) : run_call(&k, false);
}

static int redis_put(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms)
{
	struct md_buf b = { .arena = c->arena };
	char text[24];
	struct md_str ttl = { text, (size_t)snprintf(text, sizeof text, "%lld", (long long)ttl_ms) };
	for (size_t i = 0; i < n; i++) {
		md_redis_begin_command(&b, ttl_ms > 0 ? 5 : 3);
		md_redis_add_argument(&b, MD_STR("SET"));
		md_redis_add_argument(&b, pairs[i].key);
		md_redis_add_argument(&b, pairs[i].value);
		if (ttl_ms > 0) {
			md_redis_add_argument(&b, MD_STR("PX"));
			md_redis_add_argument(&b, ttl);
		}
	}

	struct redis_call k = { .redis = redis_of(s), .c = c, .request = md_buf_view(&b), .n_replies = n,
		                .replies = { .arena = c->arena } };
	return b.failed ? fail_call_for_memory(c) : run_call(&k, true);
}

static struct md_store_counts redis_count(struct md_store *s)
{
	struct redis_store *r = redis_of(s);
	pthread_mutex_lock(&r->lock);
	struct md_store_counts c = r->counts;
	pthread_mutex_unlock(&r->lock);
	return c;
}

/* ---- creation and destruction ---- */

static void redis_free(struct md_store *s)
{
	struct redis_store *r = redis_of(s);
	for (uint32_t i = 0; i < r->n_idle; i++)
		md_redis_connection_close(&r->idle[i]);
	md_redis_addresses_free(r->addresses);
	md_breaker_destroy(&r->breaker);
	pthread_cond_destroy(&r->connection_freed);
	pthread_mutex_destroy(&r->lock);
	if (r->url.password.n)
		explicit_bzero((void *)(uintptr_t)r->url.password.p, r->url.password.n);
	md_arena_free(&r->arena);
	free(r);
}

static int init_breaker(struct md_breaker *b, const struct md_redis_options *o)
{
	uint32_t failures = o->breaker_failures ? o->breaker_failures : DEFAULT_FAILURES;
	return md_breaker_init(b, failures, o->breaker_ms ? o->breaker_ms : DEFAULT_BREAKER_MS);
}

/* Makes the locks first, so that redis_free can undo whatever follows. NULL: out of memory. */
static struct redis_store *new_redis_store(const struct md_redis_options *o)
{
	uint32_t max = o->max_connections ? o->max_connections : DEFAULT_CONNECTIONS;
	struct redis_store *r = calloc(1, sizeof *r + max * sizeof *r->idle);
	if (!r)
		return NULL;
	r->max_connections = max;
	r->budget_ms = o->budget_ms ? o->budget_ms : DEFAULT_BUDGET_MS;

	if (pthread_mutex_init(&r->lock, NULL))
		goto no_lock;
	if (!md_monotonic_cond_init(&r->connection_freed))
		goto no_condition;
	if (init_breaker(&r->breaker, o))
		goto no_breaker;
	return r;

no_breaker:
	pthread_cond_destroy(&r->connection_freed);
no_condition:
	pthread_mutex_destroy(&r->lock);
no_lock:
	free(r);
	return NULL;
}

struct md_store *md_store_redis(const struct md_redis_options *o)
{
	static const struct md_store_ops ops = { .get = redis_get, .put = redis_put, .count = redis_count,
		                                 .free = redis_free };
	struct redis_store *r = new_redis_store(o);
	if (!r)
		return NULL;

	r->store.ops = &ops;
	r->url_problem = md_redis_url_parse(&r->arena, o->url, &r->url);
	if (!r->arena.oom && !r->url_problem)
		r->addresses = md_redis_addresses_new(r->url.host, r->url.port);
	bool is_ready = !r->arena.oom && (r->url_problem || r->addresses);
	if (is_ready && md_single_flight_init(&r->store.single_flight) == 0)
		return &r->store;

	redis_free(&r->store);
	return NULL;
}
