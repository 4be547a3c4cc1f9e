/* A finished statement: text, parameters, outputs. */
#ifndef MD_RESOLVE_STMT_H
#define MD_RESOLVE_STMT_H

#include "resolve/tree.h"

struct md_stmt {
	enum md_sql sql;
	struct md_str text;
	const struct md_value *params;      /* in the order of the text */
	uint32_t n_params;
	/* Writes a parameter as SQL text, for an engine whose protocol binds none (Trino: EXECUTE IMMEDIATE … USING); NULL where they are bound.
	 * The dialect's one function; drivers get it with the statement and know no dialect. */
	void (*literal)(struct md_buf *b, const struct md_value *v);
	const struct md_outcol *columns;    /* count mode: one, a bigint */
	uint32_t n_columns;
	bool count;
	const uint32_t *sort_at;            /* as in md_tree */
	uint32_t n_sort;
	int64_t row_bound;                  /* at most so many rows can come (limit, byIds), -1: unknown. A hint for drivers */
	const struct md_setting *context;   /* what the database's own row security is to know of the caller (nativeContext): set for this */
	uint32_t n_context;                 /* statement alone. The engine fills it; the SQL writer leaves it empty */
};

#endif
