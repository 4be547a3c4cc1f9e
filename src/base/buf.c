#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Growing in an arena always copies, even where the buffer is the newest allocation: an arena keeps
 * no sizes. Doubling keeps the waste below the size of the result. */
bool md_buf_grow(struct md_buf *b, size_t more)
{
	if (b->failed)
		return false;
	if (b->cap - b->n >= more)
		return true;
	size_t cap = b->cap ? b->cap : 256;
	while (cap - b->n < more && cap <= SIZE_MAX / 4)
		cap *= 2;
	char *p = NULL;
	if (cap - b->n >= more)
		p = b->arena ? md_alloc(b->arena, cap) : realloc(b->p, cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	if (b->arena && b->n)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

char *md_put_digits(char *to, uint64_t v)
{
	char digits[MD_MOST_DIGITS], *p = digits + sizeof digits;
	if (v >= 10 && v < 100) {
		to[0] = (char)('0' + v / 10);
		to[1] = (char)('0' + v % 10);
		return to + 2;
	}
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	size_t n = (size_t)(digits + sizeof digits - p);
	memcpy(to, p, n);
	return to + n;
}

void md_buf_int(struct md_buf *b, int64_t v)
{
	if (!md_buf_room(b, 1 + MD_MOST_DIGITS))
		return;
	char *to = b->p + b->n;
	if (v < 0)
		*to++ = '-';
	to = md_put_number(to, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	b->n = (size_t)(to - b->p);
}

void md_buf_numbered(struct md_buf *b, char letter, uint32_t v)
{
	if (!md_buf_room(b, 1 + MD_MOST_DIGITS))
		return;
	b->p[b->n] = letter;
	b->n = (size_t)(md_put_number(b->p + b->n + 1, v) - b->p);
}

void md_buf_fmt(struct md_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && md_buf_room(b, (size_t)n + 1)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void md_buf_free(struct md_buf *b)
{
	if (!b->arena)
		free(b->p);
	memset(b, 0, sizeof *b);
}
