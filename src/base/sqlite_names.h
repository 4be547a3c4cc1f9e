/* Names that the SQLite dialect writes and the SQLite driver registers. */
#ifndef MD_BASE_SQLITE_NAMES_H
#define MD_BASE_SQLITE_NAMES_H

#include "base/str.h"

#include <strings.h>

#define MD_SQLITE_SUM "md_sum"         /* aggregates of decimals and integers, exact */
#define MD_SQLITE_AVG "md_avg"
#define MD_SQLITE_FLOAT_SUM "md_float_sum" /* aggregates of floats, the same in every order */
#define MD_SQLITE_FLOAT_AVG "md_float_avg"
#define MD_SQLITE_DECIMAL "md_decimal" /* collation: exact decimals in canonical or plain text */
/* function of a number: its digits, a float's as it is shown, without exponent */
#define MD_SQLITE_PLAIN "md_plain"
#define MD_SQLITE_LIKE "md_like"       /* function of text and pattern: LIKE with escape \ for patterns of any length */
#define MD_SQLITE_ILIKE "md_ilike"     /* the same, ignoring case, Unicode's */
/* function of two texts: edits from one to the other, more than 254 as 255 or 256 */
#define MD_SQLITE_DISTANCE "md_levenshtein"

/* functions of a stored value: the canonical value of a declared type, and NULL (SHOWN: the stored
 * value itself) where it is none */
#define MD_SQLITE_VALUE_PREFIX "md_value_"
#define MD_SQLITE_SHOWN_PREFIX "md_shown_"
#define MD_SQLITE_VALUE(type) MD_SQLITE_VALUE_PREFIX type
#define MD_SQLITE_SHOWN(type) MD_SQLITE_SHOWN_PREFIX type

/* function of a uuid in text: its 16 bytes */
#define MD_SQLITE_UUID_BYTES "md_uuid_bytes"

/* The schema name of a federated database: its id, unless SQLite has a schema of that name in every
 * connection. */
static inline struct md_str md_sqlite_schema(struct md_str id)
{
	if (id.n == 4 && strncasecmp(id.p, "main", 4) == 0)
		return MD_STR("main database");
	if (id.n == 4 && strncasecmp(id.p, "temp", 4) == 0)
		return MD_STR("temp database");
	return id;
}

#endif
