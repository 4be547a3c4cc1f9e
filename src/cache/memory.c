/* See cache.h. One lock over a chained hash and a list by age: the values are small and copied out, so the lock is held for well under a
 * microsecond. Bounded by the bytes of keys and values plus each entry's own; what expired is dropped when it is met. */
#include "cache/private.h"

#include "base/map.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 256 };

struct entry {
	struct entry *chain, *newer, *older;
	uint64_t hash;
	int64_t expires_ms; /* 0: never */
	size_t key_n, value_n;
	char bytes[];       /* key, then value */
};

struct memory {
	struct md_store store;
	pthread_mutex_t lock;
	size_t max, used;
	struct entry **buckets;
	size_t n, mask;
	struct entry *newest, *oldest;
};

static size_t weight(size_t key_n, size_t value_n)
{
	return sizeof(struct entry) + key_n + value_n;
}

static void age_unlink(struct memory *s, struct entry *e)
{
	*(e->newer ? &e->newer->older : &s->newest) = e->older;
	*(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void age_push(struct memory *s, struct entry *e)
{
	e->newer = NULL;
	e->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = e;
	s->newest = e;
}

static struct entry **find(struct memory *s, struct md_str key, uint64_t hash)
{
	struct entry **link = &s->buckets[hash & s->mask];
	while (*link && !((*link)->hash == hash && md_str_eq((struct md_str){ (*link)->bytes, (*link)->key_n }, key)))
		link = &(*link)->chain;
	return link;
}

static void drop(struct memory *s, struct entry **link)
{
	struct entry *e = *link;
	*link = e->chain;
	age_unlink(s, e);
	s->used -= weight(e->key_n, e->value_n);
	s->n--;
	free(e);
}

static void drop_oldest(struct memory *s)
{
	struct entry *e = s->oldest;
	drop(s, find(s, (struct md_str){ e->bytes, e->key_n }, e->hash));
}

static struct md_str get(struct memory *s, struct md_arena *a, int64_t now_ms, struct md_str key)
{
	struct entry **link = find(s, key, md_hash(key)), *e = *link;
	if (!e)
		return MD_NOSTR;
	if (e->expires_ms && e->expires_ms <= now_ms) {
		drop(s, link);
		return MD_NOSTR;
	}
	if (e != s->newest) {
		age_unlink(s, e);
		age_push(s, e);
	}
	return md_str_dup(a, (struct md_str){ e->bytes + e->key_n, e->value_n });
}

static int get_all(struct md_store *store, struct md_store_call *c, const struct md_str *keys, size_t n, struct md_str *values)
{
	struct memory *s = (struct memory *)store;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++)
		values[i] = get(s, c->arena, c->now_ms, keys[i]);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* Twice the buckets once there are as many entries; without memory for that the chains just grow. */
static void grow(struct memory *s)
{
	size_t size = (s->mask + 1) * 2;
	struct entry **bigger = s->n <= s->mask ? NULL : calloc(size, sizeof *bigger);
	if (!bigger)
		return;
	for (struct entry *e = s->newest; e; e = e->older) {
		e->chain = bigger[e->hash & (size - 1)];
		bigger[e->hash & (size - 1)] = e;
	}
	free(s->buckets);
	s->buckets = bigger;
	s->mask = size - 1;
}

static struct entry *make(uint64_t hash, struct md_str key, struct md_str value, int64_t expires_ms)
{
	size_t n;
	if (__builtin_add_overflow(key.n, value.n, &n) || __builtin_add_overflow(n, sizeof(struct entry), &n))
		return NULL;
	struct entry *e = malloc(n);
	if (!e)
		return NULL;
	*e = (struct entry){ .hash = hash, .expires_ms = expires_ms, .key_n = key.n, .value_n = value.n };
	if (key.n)
		memcpy(e->bytes, key.p, key.n);
	if (value.n)
		memcpy(e->bytes + key.n, value.p, value.n);
	return e;
}

/* False: it was not kept. */
static bool put(struct memory *s, struct md_str key, struct md_str value, int64_t expires_ms)
{
	uint64_t hash = md_hash(key);
	struct entry *e = make(hash, key, value, expires_ms);
	pthread_mutex_lock(&s->lock);
	struct entry **link = find(s, key, hash);
	if (*link)
		drop(s, link); /* also when the new value is not kept: the old one is no longer true */
	bool fits = e && weight(key.n, value.n) <= s->max;
	if (fits) {
		grow(s);
		link = &s->buckets[hash & s->mask];
		e->chain = *link;
		*link = e;
		age_push(s, e);
		s->n++;
		s->used += weight(key.n, value.n);
	}
	while (s->used > s->max)
		drop_oldest(s);
	pthread_mutex_unlock(&s->lock);
	if (!fits)
		free(e);
	return fits;
}

static int put_all(struct md_store *store, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms)
{
	int64_t expires_ms = 0;
	size_t kept = 0;
	if (ttl_ms > 0 && __builtin_add_overflow(c->now_ms, ttl_ms, &expires_ms))
		expires_ms = 0; /* beyond any clock */
	for (size_t i = 0; i < n; i++)
		kept += put((struct memory *)store, pairs[i].key, pairs[i].value, expires_ms);
	if (kept < n)
		c->trouble = MD_STR("larger than the cache, or memory is out");
	return kept == n ? 0 : -1;
}

static void free_all(struct md_store *store)
{
	struct memory *s = (struct memory *)store;
	for (struct entry *e = s->newest, *older; e; e = older) {
		older = e->older;
		free(e);
	}
	free(s->buckets);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct md_store *md_store_memory(size_t max_bytes)
{
	static const struct md_store_ops ops = { .get = get_all, .put = put_all, .free = free_all };
	struct memory *s = calloc(1, sizeof *s);
	struct entry **buckets = calloc(FIRST_BUCKETS, sizeof *buckets);
	if (!s || !buckets || pthread_mutex_init(&s->lock, NULL)) {
		free(s);
		free(buckets);
		return NULL;
	}
	s->store.ops = &ops;
	s->max = max_bytes;
	s->buckets = buckets;
	s->mask = FIRST_BUCKETS - 1;
	if (md_single_flight_init(&s->store.flight)) {
		free_all(&s->store);
		return NULL;
	}
	return &s->store;
}
