/* The dialects that statements are written in. */
#ifndef MD_METADATA_ENGINES_H
#define MD_METADATA_ENGINES_H

enum md_dialect_id { MD_DIALECT_POSTGRES, MD_DIALECT_CLICKHOUSE, MD_DIALECT_TRINO, MD_DIALECT_SQLITE, MD_DIALECTS };
extern const char *const md_dialect_name[MD_DIALECTS]; /* postgres clickhouse trino sqlite */

#endif
