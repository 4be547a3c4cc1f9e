/* One arena per request: memory is allocated piece by piece and released all at once. Promises:
 * pointers stay valid until reset, free or release; alignment fits any type; a failed allocation
 * returns NULL and sets `oom`, which stays set until reset, so that the pipeline's end can tell
 * "out of memory" from every other failure. A reset keeps chunks, so that steady state takes
 * nothing from the heap. Not thread safe: an arena belongs to one request. A zeroed arena is ready
 * for use. */
#ifndef MD_BASE_ARENA_H
#define MD_BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>

struct md_chunk;

struct md_arena {
	char *at, *end;           /* free part of the current chunk */
	struct md_chunk *current; /* newest chunk in use, linked to the older ones */
	struct md_chunk *spare;   /* kept by reset for reuse */
	bool oom;                 /* an allocation failed since the last reset */
};

struct md_mark {
	struct md_chunk *chunk;
	char *at;
};

void *md_arena_slow(struct md_arena *a, size_t n);

/* n bytes, not cleared; NULL when out of memory. n = 0 gives a valid pointer. */
static inline void *md_alloc(struct md_arena *a, size_t n)
{
	/* 0 for n = 0 and on overflow: the slow path handles both. */
	size_t need = (n + 15u) & ~(size_t)15u;

	if (need - 1 < (size_t)(a->end - a->at)) {
		void *p = a->at;
		a->at += need;
		return p;
	}
	return md_arena_slow(a, n);
}

/* n * size bytes, cleared; NULL on overflow or when out of memory. */
void *md_calloc(struct md_arena *a, size_t n, size_t size);

static inline void *md_alloc_zero(struct md_arena *a, size_t n)
{
	void *p = md_alloc(a, n);
	return p ? memset(p, 0, n) : NULL;
}

/* A small T is cleared by a few stores instead of a call. */
#define md_new(arena, T) \
	((T *)(sizeof(T) <= 128 ? md_alloc_zero((arena), sizeof(T)) : md_calloc((arena), 1, sizeof(T))))
#define md_new_n(arena, T, count) ((T *)md_calloc((arena), (count), sizeof(T)))

/* A copy of s in the arena, NUL-terminated for C libraries; .p is NULL when out of memory. */
struct md_str md_str_dup(struct md_arena *a, struct md_str s);

/* printf into the arena; empty str when out of memory. */
struct md_str md_str_fmt(struct md_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct md_str md_str_vfmt(struct md_arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* For temporary use of the arena: release returns everything that was allocated after mark. */
struct md_mark md_arena_mark(const struct md_arena *a);
void md_arena_release(struct md_arena *a, struct md_mark m);

void md_arena_reset(struct md_arena *a); /* releases everything, keeps at most 256 KiB of chunks, clears oom */
void md_arena_free(struct md_arena *a);  /* returns all memory to the heap and zeroes the arena */

#endif
