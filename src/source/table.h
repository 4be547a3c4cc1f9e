/* A table in PostgreSQL or SQLite as the source. A row has the name of a document, its version and
 * its text. The row 'metadata' is the configuration; an optional row 'roles' is its array of
 * roles. */
#ifndef MD_SOURCE_TABLE_H
#define MD_SOURCE_TABLE_H

#include "base/tls.h"
#include "source/source.h"

struct md_table_options {
	struct md_str url;            /* a secret */
	struct md_str table;          /* TABLE or SCHEMA.TABLE */
	struct md_str name, version, document; /* names of the columns */
	struct md_str metadata, roles; /* names of the rows */
	const struct md_tls *tls;     /* NULL: as the url says */
	int64_t timeout_ms;           /* of one load, connecting included */
};

/* Opens no connection yet and copies the options. NULL: MISUSE, out of memory. */
void *md_table_source_new(struct md_ctx *cx, const struct md_table_options *o);
extern const struct md_config_source md_table_source;

#endif
