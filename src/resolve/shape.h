/* What the process does with the outputs of a statement: names them, masks them, keeps them to itself, finds a page's end by them. Made by md_resolve beside
 * the tree; read by the executor and the engine, beside the statement. */
#ifndef MD_RESOLVE_SHAPE_H
#define MD_RESOLVE_SHAPE_H

#include "metadata/metadata.h"

/* Does the process show the value of an output, or its mask? */
enum md_masking { MD_UNMASKED, MD_MASKED, MD_MASKED_BY_ROW /* clear where another output is 1 */ };

/* An output of the statement: c0, c1, … by position. */
struct md_shape_output {
	struct md_str label;            /* key in the result's rows */
	struct md_type type;
	bool nullable;
	bool hidden;                    /* read for the process (byIds order, cursors, states of cells), never shown */
	bool spare;                     /* hidden, and the answer can do without: read for the cache's sake */
	const struct md_column *column; /* NULL: none (an aggregate, the state of a cell) */
	uint32_t ref;                   /* the table reference that it belongs to */
	enum md_masking masking;        /* by the column's mask */
	uint32_t clear_at;              /* MASKED_BY_ROW: the hidden output that tells */
};

struct md_shape {
	bool count;                     /* count mode: the statement has one output, the number of rows, and none of these */
	const struct md_shape_output *outputs; /* one per output of the statement, in its order */
	uint32_t n_outputs;
	const uint32_t *sort_at;        /* of a page: the output that gives each key of the order */
	uint32_t n_sort;
};

/* Which rows of byIds a statement fetches, when not all (cache misses): indexes into query.ids. */
struct md_ids {
	const uint32_t *v;
	uint32_t n;
};

#endif
