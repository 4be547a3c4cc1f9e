/* A read-mostly hash map from text to a 32-bit number, filled once when metadata is loaded and then
 * shared by threads. The hash is keyed with a secret of the process, so that a hostile client
 * cannot choose names that collide.
 * Keys are borrowed: they must live as long as the map. */
#ifndef MD_BASE_MAP_H
#define MD_BASE_MAP_H

#include "base/arena.h"

#define MD_NONE UINT32_MAX

struct md_map {
	struct md_map_slot *slots;
	uint32_t n, mask;
};

/* Room for `want` keys in the arena; -1 when out of memory. In a zeroed map every key is absent. */
int md_map_init(struct md_map *m, struct md_arena *a, size_t want);

/* Keeps the first value of a key: returns MD_NONE when key was new, else the value it already had.
 * The caller puts at most the `want` keys that the map was made for. */
uint32_t md_map_put(struct md_map *m, struct md_str key, uint32_t value);

uint32_t md_map_get(const struct md_map *m, struct md_str key); /* MD_NONE when absent */

uint64_t md_hash(struct md_str s);        /* keyed, differs between processes */
uint64_t md_hash_stable(struct md_str s, uint64_t seed); /* the same everywhere (plan hashes) */

#endif
