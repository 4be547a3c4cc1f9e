/* A growing byte buffer with a sticky failure: append freely, test `failed` once at the end.
 * Lives in an arena when `arena` is set, otherwise on the heap (then md_buf_free it).
 * A zeroed buf is an empty heap buffer. Growing may move `p`. */
#ifndef MD_BASE_BUF_H
#define MD_BASE_BUF_H

#include "base/arena.h"

struct md_buf {
	char *p;
	size_t n, cap;
	struct md_arena *arena;
	bool failed; /* an allocation failed: the contents are incomplete */
};

bool md_buf_grow(struct md_buf *b, size_t more); /* room for `more` bytes beyond n; false when out of memory */

static inline bool md_buf_room(struct md_buf *b, size_t more)
{
	return (!b->failed && b->cap - b->n >= more) || md_buf_grow(b, more);
}

static inline void md_buf_add(struct md_buf *b, const void *p, size_t n)
{
	if (n && md_buf_room(b, n)) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}

static inline void md_buf_char(struct md_buf *b, char c)
{
	if (md_buf_room(b, 1))
		b->p[b->n++] = c;
}

static inline void md_buf_str(struct md_buf *b, struct md_str s)
{
	md_buf_add(b, s.p, s.n);
}

/* Appends text of a length that the compiler knows. Inlining is forced: it turns the call into a
 * few stores. */
__attribute__((always_inline)) static inline void md_buf_known(struct md_buf *b, const char *p, size_t n)
{
	if (md_buf_room(b, n)) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}

#define md_buf_lit(b, lit) md_buf_known((b), (lit), sizeof(lit) - 1)

enum { MD_MOST_DIGITS = 20 };

/* The decimal digits of a number, at most MD_MOST_DIGITS; returns their end. */
char *md_put_digits(char *to, uint64_t v);

/* The same. Most numbers in a statement are those of its first tables and parameters. */
static inline char *md_put_number(char *to, uint64_t v)
{
	if (v >= 10)
		return md_put_digits(to, v);
	*to = (char)('0' + v);
	return to + 1;
}

void md_buf_int(struct md_buf *b, int64_t v); /* decimal digits */
void md_buf_numbered(struct md_buf *b, char letter, uint32_t v); /* t0, $1 */

void md_buf_fmt(struct md_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline struct md_str md_buf_view(const struct md_buf *b)
{
	return (struct md_str){ b->p, b->n };
}

/* The text with a NUL character behind it, which does not count. .p NULL: an allocation failed. */
static inline struct md_str md_buf_text(struct md_buf *b)
{
	if (!md_buf_room(b, 1))
		return MD_NOSTR;
	b->p[b->n] = '\0';
	return md_buf_view(b);
}

void md_buf_free(struct md_buf *b); /* heap buffers; harmless on the others */

#endif
