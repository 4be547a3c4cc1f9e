/* Open addressing with linear probing at a load of at most one half. The hash folds 128-bit
 * products (the idea of wyhash, Wang Yi, 2019), keyed from the kernel's random source once a
 * process. SipHash-1-3 would take a twentieth of the time of planning. */
#include "base/map.h"

#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>

struct md_map_slot {
	struct md_str key; /* .p NULL: free */
	uint64_t hash;
	uint32_t value;
};

static uint64_t secret[2];
static atomic_bool secret_made; /* cheaper to read than a call of pthread_once */
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void make_secret(void)
{
	if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret || !secret[1]) {
		struct timespec ts; /* no random source: a weak key is better than a constant one */
		clock_gettime(CLOCK_MONOTONIC, &ts);
		secret[0] = (uint64_t)ts.tv_nsec * 0x9e3779b97f4a7c15u;
		secret[1] = (uint64_t)(uintptr_t)&ts;
	}
	secret[1] |= 1;
	atomic_store_explicit(&secret_made, true, memory_order_release);
}

/* The folded product of 64 by 64 bits: every bit of both moves half of the result. */
static inline uint64_t fold_product(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word8(const char *p)
{
	return le64toh(md_load8(p));
}

static inline uint32_t word4(const char *p)
{
	return le32toh(md_load4(p));
}

/* One to seven bytes without a loop: two words of four that may overlap, or first, middle and last
 * byte. */
static inline uint64_t load_rest(const char *p, size_t n)
{
	if (n >= 4)
		return (uint64_t)word4(p) << 32 | word4(p + n - 4);
	return (uint64_t)(unsigned char)p[0] << 16 | (uint64_t)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1];
}

/* Eight bytes a step; the last step overlaps the one before. The length is mixed in first, so that
 * texts of different lengths hash differently. */
static inline uint64_t keyed_hash(struct md_str s, uint64_t k0, uint64_t k1)
{
	uint64_t h = fold_product(k0 ^ s.n, k1);
	if (s.n >= 8) {
		for (size_t i = 0; i + 8 < s.n; i += 8)
			h = fold_product(h ^ word8(s.p + i), k1);
		h = fold_product(h ^ word8(s.p + s.n - 8), k1);
	} else if (s.n) {
		h = fold_product(h ^ load_rest(s.p, s.n), k1);
	}
	return fold_product(h ^ k0, k1);
}

uint64_t md_hash(struct md_str s)
{
	if (!atomic_load_explicit(&secret_made, memory_order_acquire))
		pthread_once(&secret_once, make_secret);
	return keyed_hash(s, secret[0], secret[1]);
}

uint64_t md_hash_stable(struct md_str s, uint64_t seed)
{
	return keyed_hash(s, seed ^ 0x9e3779b97f4a7c15u, 0x6d756c7469646221u);
}

int md_map_init(struct md_map *m, struct md_arena *a, size_t want)
{
	size_t slots = 4;
	while (slots < want * 2)
		slots *= 2;
	m->slots = slots > UINT32_MAX ? NULL : md_new_n(a, struct md_map_slot, slots);
	m->mask = (uint32_t)(slots - 1);
	m->n = 0;
	return m->slots ? 0 : -1;
}

static struct md_map_slot *find_slot(const struct md_map *m, struct md_str key, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & m->mask;
	while (m->slots[i].key.p && !(m->slots[i].hash == hash && md_str_eq(m->slots[i].key, key)))
		i = (i + 1) & m->mask;
	return &m->slots[i];
}

uint32_t md_map_put(struct md_map *m, struct md_str key, uint32_t value)
{
	uint64_t hash = md_hash(key);
	struct md_map_slot *s = find_slot(m, key, hash);
	if (s->key.p)
		return s->value;
	*s = (struct md_map_slot){ .key = { key.p ? key.p : "", key.n }, .hash = hash, .value = value };
	m->n++;
	return MD_NONE;
}

uint32_t md_map_get(const struct md_map *m, struct md_str key)
{
	if (!m->slots)
		return MD_NONE;
	const struct md_map_slot *s = find_slot(m, key, md_hash(key));
	return s->key.p ? s->value : MD_NONE;
}
