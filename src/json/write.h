/* Writing JSON into a buf: commas and escapes are looked after, memory failure is sticky in the buf.
 * Output is compact, keys in the order written. Strings must be UTF-8; control characters, '"' and '\' are escaped. */
#ifndef MD_JSON_WRITE_H
#define MD_JSON_WRITE_H

#include "base/buf.h"

struct md_jw {
	struct md_buf *b;
	bool comma;  /* the next value in this container needs one */
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
void md_jw_raw(struct md_jw *w, struct md_str json); /* already JSON text */

/* key and value in one */
void md_jw_kstr(struct md_jw *w, const char *key, struct md_str s);
void md_jw_kint(struct md_jw *w, const char *key, int64_t v);
void md_jw_kbool(struct md_jw *w, const char *key, bool v);

/* The string with quotes, alone. */
void md_json_quote(struct md_buf *b, struct md_str s);

/* Does s need escapes inside quotes? Fast path of the row encoders. */
bool md_json_plain(struct md_str s);

#endif
