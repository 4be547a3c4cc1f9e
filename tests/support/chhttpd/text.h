/* Growing text that ends with a NUL byte. Zeroed is empty. Running out of memory ends the process:
 * this is a tool of the tests. */
#ifndef CHHTTPD_TEXT_H
#define CHHTTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct growing_text {
	char *p; /* NULL while empty */
	size_t n;
	size_t room;
};

void text_add(struct growing_text *t, const void *p, size_t n);
void text_puts(struct growing_text *t, const char *s);
void text_printf(struct growing_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A ClickHouse string literal, quotes included. */
void text_quoted(struct growing_text *t, const char *p, size_t n);
void text_free(struct growing_text *t);

#endif
