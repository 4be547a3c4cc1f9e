/* Names that the SQLite dialect writes and the SQLite driver registers. */
#ifndef MD_BASE_SQLITE_NAMES_H
#define MD_BASE_SQLITE_NAMES_H
#define MD_SQLITE_DECIMAL "md_decimal" /* collation: exact decimals in canonical or plain text */
#endif
