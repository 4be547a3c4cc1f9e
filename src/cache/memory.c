/* The row cache in this process: a hash table with chained entries, and a list of all entries by
 * last use. One lock protects both; values are small and copied out, so it is held for well under a
 * microsecond. The limit counts the bytes of keys, values and entries. An expired entry is dropped
 * when it is found. */
#include "cache/private.h"

#include "base/map.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 256 };

struct memory_entry {
	struct memory_entry *next_in_bucket, *newer, *older;
	uint64_t hash;
	int64_t expires_ms; /* 0: never */
	size_t key_n, value_n;
	char bytes[]; /* the key, then the value */
};

struct memory_store {
	struct md_store store;
	pthread_mutex_t lock;
	size_t max_bytes, used_bytes;
	struct memory_entry **buckets;
	size_t n, mask;
	struct memory_entry *newest, *oldest;
};

static struct memory_store *memory_of(struct md_store *store)
{
	return (struct memory_store *)store;
}

static size_t entry_size(size_t key_n, size_t value_n)
{
	return sizeof(struct memory_entry) + key_n + value_n;
}

static struct md_str entry_key(const struct memory_entry *e)
{
	return (struct md_str){ e->bytes, e->key_n };
}

/* ---- the list by last use; under the lock ---- */

static void unlink_used(struct memory_store *s, struct memory_entry *e)
{
	*(e->newer ? &e->newer->older : &s->newest) = e->older;
	*(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void push_used(struct memory_store *s, struct memory_entry *e)
{
	e->newer = NULL;
	e->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = e;
	s->newest = e;
}

/* ---- the table; under the lock ---- */

/* The link that points to the entry of the key; it holds NULL where there is none. */
static struct memory_entry **find_entry_link(struct memory_store *s, struct md_str key, uint64_t hash)
{
	struct memory_entry **link = &s->buckets[hash & s->mask];
	while (*link && !((*link)->hash == hash && md_str_eq(entry_key(*link), key)))
		link = &(*link)->next_in_bucket;
	return link;
}

static void drop_entry(struct memory_store *s, struct memory_entry **link)
{
	struct memory_entry *e = *link;
	*link = e->next_in_bucket;
	unlink_used(s, e);
	s->used_bytes -= entry_size(e->key_n, e->value_n);
	s->n--;
	free(e);
}

static void drop_oldest_entry(struct memory_store *s)
{
	struct memory_entry *e = s->oldest;
	drop_entry(s, find_entry_link(s, entry_key(e), e->hash));
}

/* Doubles the buckets once there are as many entries. Without memory for that the chains grow
 * instead. */
static void grow_table(struct memory_store *s)
{
	size_t size = (s->mask + 1) * 2;
	struct memory_entry **bigger = s->n <= s->mask ? NULL : calloc(size, sizeof *bigger);
	if (!bigger)
		return;

	for (struct memory_entry *e = s->newest; e; e = e->older) {
		e->next_in_bucket = bigger[e->hash & (size - 1)];
		bigger[e->hash & (size - 1)] = e;
	}
	free(s->buckets);
	s->buckets = bigger;
	s->mask = size - 1;
}

static void insert_entry(struct memory_store *s, struct memory_entry *e)
{
	grow_table(s);
	struct memory_entry **bucket = &s->buckets[e->hash & s->mask];
	e->next_in_bucket = *bucket;
	*bucket = e;
	push_used(s, e);
	s->n++;
	s->used_bytes += entry_size(e->key_n, e->value_n);
}

/* ---- calls ---- */

static struct md_str read_entry(struct memory_store *s, struct md_arena *a, int64_t now_ms, struct md_str key)
{
	struct memory_entry **link = find_entry_link(s, key, md_hash(key)), *e = *link;
	if (!e)
		return MD_NOSTR;
	if (e->expires_ms && e->expires_ms <= now_ms) {
		drop_entry(s, link);
		return MD_NOSTR;
	}

	if (e != s->newest) {
		unlink_used(s, e);
		push_used(s, e);
	}
	return md_str_dup(a, (struct md_str){ e->bytes + e->key_n, e->value_n });
}

static int memory_get(struct md_store *store, struct md_store_call *c, const struct md_str *keys, size_t n,
                      struct md_str *values)
{
	struct memory_store *s = memory_of(store);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++)
		values[i] = read_entry(s, c->arena, c->now_ms, keys[i]);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* NULL: out of memory. */
static struct memory_entry *new_entry(uint64_t hash, struct md_str key, struct md_str value, int64_t expires_ms)
{
	size_t n;
	if (__builtin_add_overflow(key.n, value.n, &n) || __builtin_add_overflow(n, sizeof(struct memory_entry), &n))
		return NULL;
	struct memory_entry *e = malloc(n);
	if (!e)
		return NULL;

	*e = (struct memory_entry){ .hash = hash, .expires_ms = expires_ms, .key_n = key.n, .value_n = value.n };
	if (key.n)
		memcpy(e->bytes, key.p, key.n);
	if (value.n)
		memcpy(e->bytes + key.n, value.p, value.n);
	return e;
}

/* False: the pair was not stored. The old value is dropped even then, because it is outdated. */
static bool store_pair(struct memory_store *s, const struct md_pair *pair, int64_t expires_ms)
{
	uint64_t hash = md_hash(pair->key);
	struct memory_entry *e = new_entry(hash, pair->key, pair->value, expires_ms);
	bool fits = e && entry_size(e->key_n, e->value_n) <= s->max_bytes;

	pthread_mutex_lock(&s->lock);
	struct memory_entry **old = find_entry_link(s, pair->key, hash);
	if (*old)
		drop_entry(s, old);
	if (fits)
		insert_entry(s, e);
	while (s->used_bytes > s->max_bytes)
		drop_oldest_entry(s);
	pthread_mutex_unlock(&s->lock);

	if (!fits)
		free(e);
	return fits;
}

static int memory_put(struct md_store *store, struct md_store_call *c, const struct md_pair *pairs, size_t n,
                      int64_t ttl_ms)
{
	int64_t expires_ms = 0;
	size_t stored = 0;
	if (ttl_ms > 0 && __builtin_add_overflow(c->now_ms, ttl_ms, &expires_ms))
		expires_ms = 0; /* later than the clock can show */

	for (size_t i = 0; i < n; i++)
		stored += store_pair(memory_of(store), &pairs[i], expires_ms);
	if (stored < n)
		c->trouble = MD_STR("entry larger than the cache, or out of memory");
	return stored == n ? 0 : -1;
}

static void memory_free(struct md_store *store)
{
	struct memory_store *s = memory_of(store);
	for (struct memory_entry *e = s->newest, *older; e; e = older) {
		older = e->older;
		free(e);
	}
	free(s->buckets);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct md_store *md_store_memory(size_t max_bytes)
{
	static const struct md_store_ops ops = { .get = memory_get, .put = memory_put, .free = memory_free };
	struct memory_store *s = calloc(1, sizeof *s);
	struct memory_entry **buckets = calloc(FIRST_BUCKETS, sizeof *buckets);
	if (!s || !buckets || pthread_mutex_init(&s->lock, NULL)) {
		free(s);
		free(buckets);
		return NULL;
	}

	s->store.ops = &ops;
	s->max_bytes = max_bytes;
	s->buckets = buckets;
	s->mask = FIRST_BUCKETS - 1;
	if (md_single_flight_init(&s->store.single_flight)) {
		memory_free(&s->store);
		return NULL;
	}
	return &s->store;
}
