/* Growing text; promises in text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_add(struct growing_text *t, const void *p, size_t n)
{
	if (t->n + n >= t->room) {
		t->room = (t->n + n + 64) * 2;
		t->p = realloc(t->p, t->room);
		if (!t->p)
			abort();
	}
	if (n)
		memcpy(t->p + t->n, p, n);
	t->n += n;
	t->p[t->n] = 0;
}

void text_puts(struct growing_text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_printf(struct growing_text *t, const char *format, ...)
{
	char *s;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&s, format, args);
	va_end(args);
	if (n < 0)
		abort();
	text_add(t, s, (size_t)n);
	free(s);
}

void text_quoted(struct growing_text *t, const char *p, size_t n)
{
	text_puts(t, "'");
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\'' || p[i] == '\\')
			text_puts(t, "\\");
		text_add(t, p + i, 1);
	}
	text_puts(t, "'");
}

void text_free(struct growing_text *t)
{
	free(t->p);
	*t = (struct growing_text){ 0 };
}
