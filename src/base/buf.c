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

void md_buf_digits(struct md_buf *b, int64_t v)
{
	char digits[24], *p = digits + sizeof digits;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	md_buf_add(b, p, (size_t)(digits + sizeof digits - p));
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
