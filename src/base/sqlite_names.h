/* Names that the SQLite dialect writes and the SQLite driver registers. */
#ifndef MD_BASE_SQLITE_NAMES_H
#define MD_BASE_SQLITE_NAMES_H

#include "base/str.h"

#include <strings.h>

#define MD_SQLITE_DECIMAL "md_decimal" /* collation: exact decimals in canonical or plain text */

/* The schema name of a federated database: its id, unless SQLite has a schema of that name in every connection. */
static inline struct md_str md_sqlite_schema(struct md_str id)
{
	if (id.n == 4 && strncasecmp(id.p, "main", 4) == 0)
		return MD_STR("main database");
	if (id.n == 4 && strncasecmp(id.p, "temp", 4) == 0)
		return MD_STR("temp database");
	return id;
}

#endif
