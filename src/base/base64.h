/* Base64 (RFC 4648 section 4), padded. Both functions append to `scratch` and return a view of it.
 */
#ifndef MD_BASE_BASE64_H
#define MD_BASE_BASE64_H

#include "base/buf.h"

/* .p is NULL when out of memory. */
struct md_str md_base64(struct md_buf *scratch, struct md_str bytes);

/* False when the text is not canonical base64, or when out of memory (scratch->failed). */
bool md_base64_decode(struct md_buf *scratch, struct md_str text, struct md_str *out);

#endif
