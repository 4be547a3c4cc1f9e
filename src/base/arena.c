/* A list of chunks, newest first. A request that needs more than its chunk has takes a bigger one.
 * A reset keeps up to MD_ARENA_KEEP bytes of chunks for the next request, so that an arena in
 * steady state takes nothing from the heap. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

/* Bytes of the first chunk, of the largest chunk, and of the chunks that a reset keeps.
 * tests/lib/oom_arena.c sets all three to 0: each allocation is then a block of the heap, which a
 * failing allocator can refuse and whose end AddressSanitizer checks. */
#ifndef MD_ARENA_FIRST
#define MD_ARENA_FIRST (16 * 1024)
#define MD_ARENA_LARGEST (1024 * 1024)
#define MD_ARENA_KEEP (256 * 1024)
#endif

struct md_chunk {
	struct md_chunk *older;
	size_t size; /* bytes behind the header */
	_Alignas(16) char data[];
};

static void open_chunk(struct md_arena *a, struct md_chunk *c)
{
	c->older = a->current;
	a->current = c;
	a->at = c->data;
	a->end = c->data + c->size;
}

static struct md_chunk *take_spare(struct md_arena *a, size_t n)
{
	for (struct md_chunk **p = &a->spare; *p; p = &(*p)->older) {
		struct md_chunk *c = *p;
		if (c->size >= n) {
			*p = c->older;
			return c;
		}
	}
	return NULL;
}

static struct md_chunk *new_chunk(const struct md_arena *a, size_t n)
{
	size_t size = a->current ? a->current->size * 2 : MD_ARENA_FIRST;
	if (size > MD_ARENA_LARGEST)
		size = MD_ARENA_LARGEST;
	if (size < n)
		size = n;
	if (size > SIZE_MAX / 2)
		return NULL;
	struct md_chunk *c = malloc(sizeof *c + size);
	if (c)
		c->size = size;
	return c;
}

void *md_arena_slow(struct md_arena *a, size_t n)
{
	size_t need = n ? (n + 15u) & ~(size_t)15u : 16;
	struct md_chunk *c = need < n ? NULL : take_spare(a, need);
	if (!c && need >= n)
		c = new_chunk(a, need);
	if (!c) {
		a->oom = true;
		return NULL;
	}
	open_chunk(a, c);
	a->at += need;
	return c->data;
}

void *md_calloc(struct md_arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes)) {
		a->oom = true;
		return NULL;
	}
	void *p = md_alloc(a, bytes);
	return p ? memset(p, 0, bytes) : NULL;
}

struct md_str md_str_dup(struct md_arena *a, struct md_str s)
{
	char *p = md_alloc(a, s.n + 1);
	if (!p)
		return MD_NOSTR;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct md_str){ p, s.n };
}

struct md_str md_str_vfmt(struct md_arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	char *p = n < 0 ? NULL : md_alloc(a, (size_t)n + 1);
	if (!p)
		return MD_NOSTR;
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return (struct md_str){ p, (size_t)n };
}

struct md_str md_str_fmt(struct md_arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct md_str s = md_str_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

struct md_mark md_arena_mark(const struct md_arena *a)
{
	return (struct md_mark){ a->current, a->at };
}

static void spare_current_chunk(struct md_arena *a)
{
	struct md_chunk *c = a->current;
	a->current = c->older;
	c->older = a->spare;
	a->spare = c;
}

static void free_chunks(struct md_chunk *c)
{
	while (c) {
		struct md_chunk *older = c->older;
		free(c);
		c = older;
	}
}

static void trim_spare_chunks(struct md_arena *a)
{
	size_t kept = 0;
	struct md_chunk **p = &a->spare;
	while (*p && kept + (*p)->size <= MD_ARENA_KEEP) {
		kept += (*p)->size;
		p = &(*p)->older;
	}
	free_chunks(*p);
	*p = NULL;
}

void md_arena_release(struct md_arena *a, struct md_mark m)
{
	while (a->current != m.chunk)
		spare_current_chunk(a);
	if (MD_ARENA_KEEP == 0)
		trim_spare_chunks(a);
	a->at = m.at;
	a->end = a->current ? a->current->data + a->current->size : NULL;
}

/* Most requests need one chunk, which stays open. */
void md_arena_reset(struct md_arena *a)
{
	struct md_chunk *only = a->current;
	a->oom = false;
	if (only && !only->older && !a->spare && only->size <= MD_ARENA_KEEP) {
		a->at = only->data;
		return;
	}
	while (a->current)
		spare_current_chunk(a);
	trim_spare_chunks(a);
	a->at = a->end = NULL;
}

void md_arena_free(struct md_arena *a)
{
	free_chunks(a->current);
	free_chunks(a->spare);
	memset(a, 0, sizeof *a);
}
