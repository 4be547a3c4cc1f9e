/* A finished statement: what the SQL writer makes of a tree, and all that a driver is told about
 * it. Const once it is written. */
#ifndef MD_SQLGEN_STMT_H
#define MD_SQLGEN_STMT_H

#include "base/buf.h"
#include "base/labels.h"
#include "base/value.h"

struct md_real_type;

struct md_stmt_output {
	/* the caller's name for it, for messages; the statement itself calls its outputs c0, c1,
	 * … */
	struct md_str label;
	struct md_type type;
	const struct md_labels *labels; /* of an enum: its labels; NULL: the type is another one */
	bool nullable;
	/* a value that is not of the type is no error here (MD_CELL_UNFIT): the answer can do
	 * without it */
	bool spare;
};

/* A table reference of a statement. */
struct md_stmt_table {
	const struct md_str *name; /* identifier parts, as the text has them */
	uint32_t n_name;
	const uint64_t *columns;   /* bitmap over the table's columns in the configuration: those in the text */
};

struct md_stmt {
	struct md_str dialect; /* "postgres", for messages and logs */
	struct md_str text;
	const struct md_value *params; /* in the order of the text */
	uint32_t n_params;
	/* by parameter: the real type that must hold its value, because the text was made for that;
	 * NULL: any value of the type. NULL itself: all of them */
	const struct md_real_type *const *held_by;
	bool depends_on_values; /* other values can have another text, whatever their types and classes */
	const struct md_stmt_output *outputs;
	uint32_t n_outputs;
	const struct md_stmt_table *tables; /* by table reference; none where the text was not made from a definition */
	uint32_t n_tables;
	/* Writes a parameter as SQL text, for an engine whose protocol binds none (Trino: EXECUTE
	 * IMMEDIATE … USING); NULL where parameters are bound. The dialect's one function, given
	 * with the statement because drivers know no dialect. */
	void (*literal)(struct md_buf *b, const struct md_value *v);
	int64_t row_bound;     /* at most so many rows can come; -1: unknown. A hint for drivers */
};

#endif
