/* What the process does with the outputs of a statement: names them, masks them, keeps them to
 * itself, finds the end of a page by them. Made by md_resolve beside the tree; read by the executor
 * and the engine, beside the statement. */
#ifndef MD_RESOLVE_SHAPE_H
#define MD_RESOLVE_SHAPE_H

#include "metadata/metadata.h"
#include "sqlgen/stmt.h"

/* Does the process show the value of an output, or its mask? */
enum md_masking { MD_UNMASKED, MD_MASKED, MD_MASKED_BY_ROW /* the value where another output is 1 */ };

/* An output of the statement: c0, c1, … by position. */
struct md_shape_output {
	const struct md_column *column; /* NULL: none (an aggregate, the state of a cell) */
	uint32_t ref;                   /* the table reference that it belongs to */
	enum md_masking masking;        /* by the column's mask */
	uint32_t clear_at;              /* MASKED_BY_ROW: the hidden output that tells */
	/* read for the process (order of byIds, cursors, states of cells), never shown */
	bool hidden;
};

struct md_shape {
	bool count;                              /* count mode: one output, the number of rows */
	const struct md_stmt_output *described;  /* label, type, nullable and spare of each output */
	const struct md_shape_output *outputs;   /* one per output of the statement, in its order */
	uint32_t n_outputs;
	const uint32_t *sort_at;                 /* of a page: the output that gives each key of the order */
	uint32_t n_sort;
	/* of byIds: the number of the output, from 1, that says which id a row belongs to, from 1,
	 * unless their texts are the same; 0: texts say it alone */
	uint32_t id_place;
};

/* Which rows of byIds a statement fetches, when not all (cache misses): indexes into query.ids. */
struct md_ids {
	const uint32_t *v;
	uint32_t n;
};

/* A cache-miss statement reads raw columns, whole entries without regard to the caller. Its rows
 * are for the cache alone: nothing else takes this shape. */
struct md_miss_shape {
	const struct md_column *const *columns;  /* one per output of the statement */
	uint32_t n;
};

#endif
