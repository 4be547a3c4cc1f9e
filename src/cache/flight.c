/* See cache.h. Promises: nobody waits for a flight past his own deadline; who stops waiting harms nobody; what failed is forgotten at once, so
 * that later callers ask anew; a row that landed is handed only to callers whose look-up had begun by then, and kept for a moment, bounded by bytes.
 * One lock and one condition a store: flights exist only where a database is being asked. */
#include "cache/store.h"

#include "base/map.h"
#include "base/sys.h"

#include <stdlib.h>

enum { BUCKETS = 1024, LINGER_US = 200 * 1000, LINGER_BYTES = 4 * 1024 * 1024 };

struct md_flight {
	struct md_flight *chain, *newer;
	uint64_t hash, source;
	uint32_t refs;        /* leader and waiters; one more while it is in the table */
	enum md_landing how;
	int64_t landed_us;
	char *value;          /* heap */
	size_t value_n, key_n, who_n;
	char bytes[];         /* key, then who */
};

int md_flights_init(struct md_flights *f)
{
	memset(f, 0, sizeof *f);
	f->buckets = calloc(BUCKETS, sizeof *f->buckets);
	if (!f->buckets)
		return -1;
	if (pthread_mutex_init(&f->lock, NULL)) {
		free(f->buckets);
		return -1;
	}
	if (md_cond_init(&f->landed))
		return 0;
	pthread_mutex_destroy(&f->lock);
	free(f->buckets);
	return -1;
}

static struct md_str key_of(const struct md_flight *f)
{
	return (struct md_str){ f->bytes, f->key_n };
}

static size_t weight(const struct md_flight *f)
{
	return sizeof *f + f->key_n + f->who_n + f->value_n;
}

/* Under the lock. */
static void unref(struct md_flight *f, uint32_t n)
{
	f->refs -= n;
	if (f->refs)
		return;
	free(f->value);
	free(f);
}

static struct md_flight **link_of(struct md_flights *fs, const struct md_flight_ask *ask, uint64_t hash)
{
	struct md_flight **link = &fs->buckets[hash % BUCKETS];
	while (*link && !((*link)->hash == hash && (*link)->source == ask->source && md_str_eq(key_of(*link), ask->key)))
		link = &(*link)->chain;
	return link;
}

static void unlink_flight(struct md_flights *fs, struct md_flight *f)
{
	struct md_flight **link = &fs->buckets[f->hash % BUCKETS];
	while (*link && *link != f)
		link = &(*link)->chain;
	if (*link)
		*link = f->chain;
}

/* The oldest landed flight leaves. */
static void retire(struct md_flights *fs)
{
	struct md_flight *f = fs->oldest;
	fs->oldest = f->newer;
	if (!fs->oldest)
		fs->newest = NULL;
	fs->bytes -= weight(f);
	unlink_flight(fs, f); /* a newer flight for its key may stand in its place */
	unref(f, 1);
}

static void retire_old(struct md_flights *fs, int64_t now_us)
{
	while (fs->oldest && (fs->oldest->landed_us + LINGER_US < now_us || fs->bytes > LINGER_BYTES))
		retire(fs);
}

void md_flights_destroy(struct md_flights *fs)
{
	while (fs->oldest)
		retire(fs);
	pthread_cond_destroy(&fs->landed);
	pthread_mutex_destroy(&fs->lock);
	free(fs->buckets);
}

static struct md_flight *take_off(const struct md_flight_ask *ask, uint64_t hash)
{
	struct md_flight *f = malloc(sizeof *f + ask->key.n + ask->who.n);
	if (!f)
		return NULL;
	*f = (struct md_flight){ .hash = hash, .source = ask->source, .refs = 2, .key_n = ask->key.n, .who_n = ask->who.n };
	if (ask->key.n)
		memcpy(f->bytes, ask->key.p, ask->key.n);
	if (ask->who.n)
		memcpy(f->bytes + ask->key.n, ask->who.p, ask->who.n);
	return f;
}

struct md_flight *md_flight_join(struct md_store *s, const struct md_flight_ask *ask, bool *lead)
{
	struct md_flights *fs = &s->flights;
	uint64_t hash = md_hash(ask->key);
	pthread_mutex_lock(&fs->lock);
	retire_old(fs, md_monotonic_us());
	struct md_flight **link = link_of(fs, ask, hash), *f = *link;
	*lead = !f || (f->how != MD_FLYING && f->landed_us < ask->since_us);
	if (!*lead) {
		f->refs++;
		fs->followers++;
	} else {
		if (f) /* landed before this caller looked: its place is taken, it retires in its turn */
			*link = f->chain;
		f = take_off(ask, hash);
		if (f) {
			f->chain = fs->buckets[hash % BUCKETS];
			fs->buckets[hash % BUCKETS] = f;
		}
	}
	pthread_mutex_unlock(&fs->lock);
	return f;
}

void md_flight_land(struct md_store *s, struct md_flight *f, enum md_landing how, struct md_str value)
{
	if (!f)
		return;
	struct md_flights *fs = &s->flights;
	char *copy = how == MD_LANDED_ROW ? malloc(value.n + 1) : NULL;
	if (copy)
		memcpy(copy, value.p, value.n);
	pthread_mutex_lock(&fs->lock);
	f->how = how == MD_LANDED_ROW && !copy ? MD_LANDED_FAILED : how;
	f->landed_us = md_monotonic_us();
	f->value = copy;
	f->value_n = copy ? value.n : 0;
	if (f->refs > 2)
		pthread_cond_broadcast(&fs->landed);
	if (f->how == MD_LANDED_FAILED) {
		unlink_flight(fs, f);
	} else {
		*(fs->newest ? &fs->newest->newer : &fs->oldest) = f;
		fs->newest = f;
		fs->bytes += weight(f);
	}
	unref(f, f->how == MD_LANDED_FAILED ? 2 : 1);
	retire_old(fs, 0);
	pthread_mutex_unlock(&fs->lock);
}

enum md_landing md_flight_wait(struct md_store *s, struct md_flight *f, int64_t until_ms, struct md_str *value)
{
	pthread_mutex_lock(&s->flights.lock);
	while (f->how == MD_FLYING && md_cond_wait(&s->flights.landed, &s->flights.lock, until_ms))
		;
	enum md_landing how = f->how;
	pthread_mutex_unlock(&s->flights.lock);
	*value = how == MD_LANDED_ROW ? (struct md_str){ f->value, f->value_n } : MD_NOSTR;
	return how;
}

bool md_flight_saw_for(const struct md_flight *f, struct md_str who)
{
	return f->who_n == 0 || md_str_eq((struct md_str){ f->bytes + f->key_n, f->who_n }, who);
}

int64_t md_flight_landed_us(const struct md_flight *f)
{
	return f->landed_us;
}

void md_flight_leave(struct md_store *s, struct md_flight *f)
{
	pthread_mutex_lock(&s->flights.lock);
	unref(f, 1);
	s->flights.followers--;
	pthread_mutex_unlock(&s->flights.lock);
}
