/* JSON as text: checked and compacted without a tree. */
#ifndef MD_DRIVERS_VALUE_JSON_TEXT_H
#define MD_DRIVERS_VALUE_JSON_TEXT_H

#include "base/buf.h"

/* Is it one JSON document (RFC 8259, UTF-8)? Then *out is its compact text: a view of `in`, or
 * appended to b. */
bool md_json_compact(struct md_buf *b, struct md_str in, struct md_str *out);
bool md_utf8_valid(struct md_str s);
/* One string or scalar token at *p, which moves behind it; false when there is none. */
bool md_json_token(const char **p, const char *end, struct md_str *out);

#endif
