/* Text of unknown origin, in a form that fits one line of a terminal or a log: no
 * character of it begins a line, moves the cursor or turns the direction of what follows. */
#ifndef MD_BASE_PRINTABLE_H
#define MD_BASE_PRINTABLE_H

#include "base/buf.h"

/* Bytes of the code point at p (n > 0 bytes there) and the point itself; a byte that is not UTF-8
 * gives 1 and MD_NOT_UTF8. */
#define MD_NOT_UTF8 UINT32_MAX
size_t md_utf8_decode(const char *p, size_t n, uint32_t *point);

bool md_is_control(uint32_t c);
size_t md_append_escaped(struct md_buf *b, uint32_t c); /* \n, \u001b; the number of bytes */
size_t md_plain_length(struct md_str s);                /* so many first bytes are printable ASCII */

/* The text, or where bytes of it are not UTF-8 a copy with U+FFFD in their place. .p NULL: out of
 * memory. */
struct md_str md_valid_utf8(struct md_arena *a, struct md_str s);

/* Control characters become \n, \u001b, and bytes that are not UTF-8 become U+FFFD. */
void md_append_printable(struct md_buf *b, struct md_str s);

#endif
