/* Makes an SQLite file out of SQL text: for sample data only. No part of the library, which never
 * writes. */
#ifndef MD_DRIVERS_SQLITE_MAKE_H
#define MD_DRIVERS_SQLITE_MAKE_H

#include <stddef.h>

/* The file at `path` is replaced as a whole or left as it was: readers of the old file keep it. 0,
 * or -1 with the reason in `error` (NUL-terminated, cut to n bytes). */
int md_sqlite_make(const char *path, const char *sql, char *error, size_t n);

#endif
