/* The contract of a row cache: text keys to text values with a time to live. Thread safe. */
#ifndef MD_CACHE_CACHE_H
#define MD_CACHE_CACHE_H

#include "base/arena.h"

struct md_store;

/* An in-process LRU bounded by bytes (keys and values). NULL when memory is out. */
struct md_store *md_store_memory(size_t max_bytes);
void md_store_free(struct md_store *s); /* NULL is fine */

/* values[i] becomes a copy in the arena, or .p NULL for a miss. 0; -1 when the store can't answer (all are then misses). now_ms: monotonic. */
int md_store_get(struct md_store *s, struct md_arena *a, int64_t now_ms, const struct md_str *keys, size_t n, struct md_str *values);
/* ttl_s 0: no expiry. Best effort: a value that does not fit or find memory is not kept. */
void md_store_put(struct md_store *s, int64_t now_ms, struct md_str key, struct md_str value, int64_t ttl_s);

#endif
