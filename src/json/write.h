/* Writing JSON into a buffer. The writer places commas and escapes; a failed allocation is
 * remembered in the buffer (base/buf.h), so no call here has to be checked. Output is compact,
 * members in the order written. Strings must be UTF-8; control characters, '"' and '\' are escaped.
 */
#ifndef MD_JSON_WRITE_H
#define MD_JSON_WRITE_H

#include "base/buf.h"

struct md_jw {
	struct md_buf *b;
	bool comma; /* the next value in this container needs one before it */
};

void md_jw_obj(struct md_jw *w);
void md_jw_obj_end(struct md_jw *w);
void md_jw_arr(struct md_jw *w);
void md_jw_arr_end(struct md_jw *w);
void md_jw_key(struct md_jw *w, struct md_str key);
#define md_jw_keyz(w, lit) md_jw_key((w), MD_STR(lit))
void md_jw_str(struct md_jw *w, struct md_str s);
void md_jw_int(struct md_jw *w, int64_t v);
void md_jw_bool(struct md_jw *w, bool v);
void md_jw_null(struct md_jw *w);
void md_jw_raw(struct md_jw *w, struct md_str json); /* a text that is JSON already */

/* A member: its name and its value. */
void md_jw_kstr(struct md_jw *w, const char *key, struct md_str s);
void md_jw_kint(struct md_jw *w, const char *key, int64_t v);
void md_jw_kbool(struct md_jw *w, const char *key, bool v);

/* Appends the string with its quotes, without looking at commas. */
void md_json_quote(struct md_buf *b, struct md_str s);

/* Can s stand between quotes as it is? The fast path of the row encoders. */
bool md_json_is_plain(struct md_str s);

#endif
