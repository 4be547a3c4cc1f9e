/* Errors as ClickHouse's HTTP interface tells them: a text that begins with `Code: N.
 * DB::Exception:`, and a status that follows from N. */
#ifndef CHHTTPD_FAILURE_H
#define CHHTTPD_FAILURE_H

#include "text.h"

/* The server's version, for the end of each text. */
extern char failure_version[64];

int failure_code(const char *text);
unsigned failure_status(int code);
/* The text with its version and a line end. */
void failure_line(struct growing_text *out, const char *text);
/* The block that ends a body whose first bytes are sent. */
void failure_block(struct growing_text *out, const char *text, const char *tag);

#endif
