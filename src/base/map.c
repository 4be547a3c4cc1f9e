/* Open addressing with linear probing at a load of at most one half. The hash is SipHash-1-3 (Aumasson and Bernstein, 2012; the
 * reduced rounds that Rust and Python use for their tables), keyed from the kernel's random source once a process. */
#include "base/map.h"

#include <pthread.h>
#include <sys/random.h>
#include <time.h>

struct md_map_slot {
	struct md_str key; /* .p NULL: free */
	uint64_t hash;
	uint32_t value;
};

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void make_secret(void)
{
	if (getrandom(secret, sizeof secret, 0) == (ssize_t)sizeof secret)
		return;
	struct timespec ts; /* no random source: a weak key is better than a constant one */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	secret[0] = (uint64_t)ts.tv_nsec * 0x9e3779b97f4a7c15u;
	secret[1] = (uint64_t)(uintptr_t)&ts;
}

static inline uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

#define SIPROUND(v)                                                                            \
	do {                                                                                   \
		v[0] += v[1]; v[1] = rotl(v[1], 13); v[1] ^= v[0]; v[0] = rotl(v[0], 32);      \
		v[2] += v[3]; v[3] = rotl(v[3], 16); v[3] ^= v[2];                             \
		v[0] += v[3]; v[3] = rotl(v[3], 21); v[3] ^= v[0];                             \
		v[2] += v[1]; v[1] = rotl(v[1], 17); v[1] ^= v[2]; v[2] = rotl(v[2], 32);      \
	} while (0)

static inline void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	SIPROUND(v);
	v[0] ^= word;
}

static uint64_t sip13(struct md_str s, uint64_t k0, uint64_t k1)
{
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u };
	size_t i = 0;
	for (uint64_t w; i + 8 <= s.n; i += 8) {
		memcpy(&w, s.p + i, 8);
		absorb(v, w);
	}
	uint64_t last = (uint64_t)s.n << 56;
	for (int b = 0; i < s.n; i++, b += 8)
		last |= (uint64_t)(unsigned char)s.p[i] << b;
	absorb(v, last);
	v[2] ^= 0xff;
	SIPROUND(v);
	SIPROUND(v);
	SIPROUND(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t md_hash(struct md_str s)
{
	pthread_once(&secret_once, make_secret);
	return sip13(s, secret[0], secret[1]);
}

uint64_t md_hash_stable(struct md_str s, uint64_t seed)
{
	return sip13(s, seed, 0x6d756c7469646200u);
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

static struct md_map_slot *find(const struct md_map *m, struct md_str key, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & m->mask;
	while (m->slots[i].key.p && !(m->slots[i].hash == hash && md_str_eq(m->slots[i].key, key)))
		i = (i + 1) & m->mask;
	return &m->slots[i];
}

uint32_t md_map_put(struct md_map *m, struct md_str key, uint32_t value)
{
	uint64_t hash = md_hash(key);
	struct md_map_slot *s = find(m, key, hash);
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
	const struct md_map_slot *s = find(m, key, md_hash(key));
	return s->key.p ? s->value : MD_NONE;
}
