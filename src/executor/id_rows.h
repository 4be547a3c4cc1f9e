/* Rows of byIds, kept in the process by the index of their id. */
#ifndef MD_EXECUTOR_ID_ROWS_H
#define MD_EXECUTOR_ID_ROWS_H

#include "base/map.h"
#include "base/vec.h"
#include "executor/execute.h"

/* Rows are matched by keys of at most so many columns; rows with a longer key stay in the order of
 * arrival. */
enum { MD_KEY_COLUMNS = 16 };

/* Rows in their final order, each with a cell per bound.outputs. */
struct md_kept_rows {
	const struct md_cell **v;
	uint32_t n;
};

struct md_id_rows {
	const struct md_values *values;
	const struct md_table *table;
	uint32_t n_ids;
	struct md_map ids; /* key text -> index in values.ids; made at the first look-up */
	bool has_map;
	const struct md_cell **by_id;
	MD_VEC(const struct md_cell *) others; /* rows of no id, in order of arrival */
};

int md_id_rows_init(struct md_ctx *cx, const struct md_exec *x, struct md_id_rows *rows);

/* Does this row, given by column index, have the key of the id? */
bool md_id_rows_matches(struct md_ctx *cx, const struct md_id_rows *rows, const struct md_cell *by_column, uint32_t id);

/* The index of the id that a row belongs to, or MD_NONE. key_at: the position of each key column in
 * cells. */
uint32_t md_id_rows_find(struct md_ctx *cx, struct md_id_rows *rows, const struct md_cell *cells,
                         const uint32_t *key_at);

/* The key of a row as one text; different keys have different texts. .p NULL: out of memory. */
struct md_str md_id_rows_key(struct md_ctx *cx, const struct md_id_rows *rows, const struct md_cell *cells,
                             const uint32_t *key_at);

/* A second row of one id is put with the rows of no id. -1: out of memory. */
int md_id_rows_put(struct md_ctx *cx, struct md_id_rows *rows, uint32_t id, const struct md_cell *row);

/* The rows in the order of the ids, rows of no id behind them. -1: out of memory. */
int md_id_rows_in_order(struct md_ctx *cx, const struct md_id_rows *rows, struct md_kept_rows *out);

/* Where each key column stands among the n columns that a statement reads of the table. INTERNAL if
 * one is not read. */
int md_find_key_outputs(struct md_ctx *cx, const struct md_column *const *columns, uint32_t n,
                        const struct md_table *t, uint32_t **out);

struct md_cell *md_copy_cells(struct md_arena *a, const struct md_cell *cells, uint32_t n); /* NULL: out of memory */

/* Runs the plan's own statement and keeps its rows in the order of values.ids. A row whose key is
 * none of the ids (of a database that compares keys more loosely than this process) comes last; no
 * row is lost. */
int md_fetch_id_rows(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept_rows *out);

#endif
