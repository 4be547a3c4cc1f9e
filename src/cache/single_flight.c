/* Single flight: concurrent misses of one key cost one fetch. See cache.h for the contract.
 *
 * Promises: each follower honours its own deadline and may leave at any time without an effect on
 * others. A failed fetch is forgotten at once, so that later callers start a new one. A published
 * row is handed only to callers whose cache look-up had begun before it was published; a published
 * fetch is kept for KEEP_US, and all published fetches together take at most KEEP_BYTES. One lock
 * and one condition variable per store suffice, because there are no more fetches than requests to
 * a database. */
#include "cache/private.h"

#include "base/map.h"
#include "base/sys.h"

#include <stdlib.h>

enum { FLIGHT_BUCKETS = 1024, KEEP_US = 200 * 1000, KEEP_BYTES = 4 * 1024 * 1024 };

struct md_shared_fetch {
	struct md_shared_fetch *next_in_bucket, *newer;
	uint64_t hash, source;
	uint32_t table;
	uint32_t refs; /* of the leader, of each follower, and of the hash table until the fetch is forgotten */
	enum md_fetch_outcome outcome;
	int64_t published_us;
	char *value; /* of a row, allocated on the heap */
	size_t value_n, key_n, visibility_n;
	char bytes[]; /* the key, then the visibility key */
};

int md_single_flight_init(struct md_single_flight *sf)
{
	memset(sf, 0, sizeof *sf);
	sf->buckets = calloc(FLIGHT_BUCKETS, sizeof *sf->buckets);
	if (!sf->buckets)
		return -1;

	if (pthread_mutex_init(&sf->lock, NULL)) {
		free(sf->buckets);
		return -1;
	}
	if (md_monotonic_cond_init(&sf->published))
		return 0;

	pthread_mutex_destroy(&sf->lock);
	free(sf->buckets);
	return -1;
}

static struct md_str fetch_key(const struct md_shared_fetch *f)
{
	return (struct md_str){ f->bytes, f->key_n };
}

static struct md_str fetch_visibility_key(const struct md_shared_fetch *f)
{
	return (struct md_str){ f->bytes + f->key_n, f->visibility_n };
}

static size_t fetch_size(const struct md_shared_fetch *f)
{
	return sizeof *f + f->key_n + f->visibility_n + f->value_n;
}

/* Drops n references. Under the lock. */
static void unref_fetch(struct md_shared_fetch *f, uint32_t n)
{
	f->refs -= n;
	if (f->refs)
		return;
	free(f->value);
	free(f);
}

/* Is the outcome of the fetch that of the request? */
static bool is_fetch_of(const struct md_shared_fetch *f, const struct md_fetch_request *request)
{
	return f->table == request->table && f->source == request->source &&
	       md_str_eq(fetch_key(f), request->key) &&
	       md_str_eq(fetch_visibility_key(f), request->visibility_key);
}

/* The link that points to the fetch of the request; it holds NULL where there is none. */
static struct md_shared_fetch **find_fetch_link(struct md_single_flight *sf, const struct md_fetch_request *request,
                                                uint64_t hash)
{
	struct md_shared_fetch **link = &sf->buckets[hash % FLIGHT_BUCKETS];
	for (; *link; link = &(*link)->next_in_bucket) {
		const struct md_shared_fetch *f = *link;
		if (f->hash == hash && is_fetch_of(f, request))
			break;
	}
	return link;
}

static void unlink_fetch(struct md_single_flight *sf, struct md_shared_fetch *f)
{
	struct md_shared_fetch **link = &sf->buckets[f->hash % FLIGHT_BUCKETS];
	while (*link && *link != f)
		link = &(*link)->next_in_bucket;
	if (*link) /* a newer fetch of the key may have replaced it */
		*link = f->next_in_bucket;
}

static void forget_oldest_fetch(struct md_single_flight *sf)
{
	struct md_shared_fetch *f = sf->oldest;
	sf->oldest = f->newer;
	if (!sf->oldest)
		sf->newest = NULL;
	sf->published_bytes -= fetch_size(f);

	unlink_fetch(sf, f);
	unref_fetch(f, 1);
}

static void forget_old_fetches(struct md_single_flight *sf, int64_t now_us)
{
	while (sf->oldest && (sf->oldest->published_us + KEEP_US < now_us || sf->published_bytes > KEEP_BYTES))
		forget_oldest_fetch(sf);
}

void md_single_flight_destroy(struct md_single_flight *sf)
{
	while (sf->oldest)
		forget_oldest_fetch(sf);
	pthread_cond_destroy(&sf->published);
	pthread_mutex_destroy(&sf->lock);
	free(sf->buckets);
}

/* NULL: out of memory. */
static struct md_shared_fetch *new_fetch(const struct md_fetch_request *request, uint64_t hash)
{
	struct md_str key = request->key, visibility = request->visibility_key;
	struct md_shared_fetch *f = malloc(sizeof *f + key.n + visibility.n);
	if (!f)
		return NULL;

	*f = (struct md_shared_fetch){ .hash = hash, .source = request->source, .table = request->table, .refs = 2,
		                       .key_n = key.n, .visibility_n = visibility.n };
	if (key.n)
		memcpy(f->bytes, key.p, key.n);
	if (visibility.n)
		memcpy(f->bytes + key.n, visibility.p, visibility.n);
	return f;
}

/* Starts a fetch. It replaces the one that *link points to, if any, which was published before the
 * caller's look-up began and stays in the list of published fetches until it is forgotten. */
static struct md_shared_fetch *start_fetch(struct md_single_flight *sf, struct md_shared_fetch **link,
                                           const struct md_fetch_request *request, uint64_t hash)
{
	if (*link)
		*link = (*link)->next_in_bucket;

	struct md_shared_fetch *f = new_fetch(request, hash), **bucket = &sf->buckets[hash % FLIGHT_BUCKETS];
	if (f) {
		f->next_in_bucket = *bucket;
		*bucket = f;
	}
	return f;
}

struct md_shared_fetch *md_fetch_join(struct md_store *s, const struct md_fetch_request *request, bool *leads)
{
	struct md_single_flight *sf = &s->single_flight;
	uint64_t hash = md_hash(request->key);
	pthread_mutex_lock(&sf->lock);
	forget_old_fetches(sf, md_monotonic_us());

	struct md_shared_fetch **link = find_fetch_link(sf, request, hash), *f = *link;
	*leads = !f || (f->outcome != MD_FETCH_RUNNING && f->published_us < request->lookup_began_us);
	if (*leads) {
		f = start_fetch(sf, link, request, hash);
	} else {
		f->refs++;
		sf->followers++;
	}
	pthread_mutex_unlock(&sf->lock);
	return f;
}

static void append_published_fetch(struct md_single_flight *sf, struct md_shared_fetch *f)
{
	if (sf->newest)
		sf->newest->newer = f;
	else
		sf->oldest = f;
	sf->newest = f;
	sf->published_bytes += fetch_size(f);
}

void md_fetch_publish(struct md_store *s, struct md_shared_fetch *f, enum md_fetch_outcome outcome,
                      struct md_str value)
{
	if (!f)
		return;

	struct md_single_flight *sf = &s->single_flight;
	char *copy = outcome == MD_FETCH_ROW ? malloc(value.n + 1) : NULL;
	if (copy)
		memcpy(copy, value.p, value.n);
	else if (outcome == MD_FETCH_ROW)
		outcome = MD_FETCH_FAILED;

	pthread_mutex_lock(&sf->lock);
	f->outcome = outcome;
	f->published_us = md_monotonic_us();
	f->value = copy;
	f->value_n = copy ? value.n : 0;
	if (f->refs > 2)
		pthread_cond_broadcast(&sf->published);

	if (outcome == MD_FETCH_FAILED) {
		unlink_fetch(sf, f);
		unref_fetch(f, 2); /* of the leader and of the hash table */
	} else {
		append_published_fetch(sf, f);
		unref_fetch(f, 1);
	}
	forget_old_fetches(sf, 0); /* only those beyond KEEP_BYTES */
	pthread_mutex_unlock(&sf->lock);
}

enum md_fetch_outcome md_fetch_wait(struct md_store *s, struct md_shared_fetch *f, int64_t until_ms,
                                    struct md_str *value)
{
	struct md_single_flight *sf = &s->single_flight;
	bool in_time = true;
	pthread_mutex_lock(&sf->lock);
	while (in_time && f->outcome == MD_FETCH_RUNNING)
		in_time = md_monotonic_cond_wait(&sf->published, &sf->lock, until_ms);
	enum md_fetch_outcome outcome = f->outcome;
	pthread_mutex_unlock(&sf->lock);

	*value = outcome == MD_FETCH_ROW ? (struct md_str){ f->value, f->value_n } : MD_NOSTR;
	return outcome;
}

int64_t md_fetch_published_us(const struct md_shared_fetch *f)
{
	return f->published_us;
}

void md_fetch_leave(struct md_store *s, struct md_shared_fetch *f)
{
	pthread_mutex_lock(&s->single_flight.lock);
	unref_fetch(f, 1);
	s->single_flight.followers--;
	pthread_mutex_unlock(&s->single_flight.lock);
}
