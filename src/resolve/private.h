/* Shared within the resolve room: the state of one call of md_resolve, and the functions that its
 * files offer to each other. When out of memory, functions that return a pointer return NULL, and
 * functions that return an int return -1. */
#ifndef MD_RESOLVE_PRIVATE_H
#define MD_RESOLVE_PRIVATE_H

#include "access/access.h"
#include "dialects/facts.h"
#include "resolve/resolve.h"

struct md_known_predicate;

/* Where and how the columns of a table reference are read. */
struct md_ref_columns {
	const struct md_sync *sync;     /* NULL: of the original */
	struct md_column_forms forms;
	uint64_t *read;                 /* bitmap: md_stmt_table.columns */
	const uint64_t *by_rule;        /* bitmap: md_view.by_rule */
	bool is_left;                   /* rows without a match have NULL in each */
};

struct md_resolving {
	struct md_ctx *cx;
	struct md_arena *arena;
	const struct md_plan *plan;
	const struct md_dialect_facts *facts; /* of the plan's dialect */
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_position *position;   /* where the page starts; NULL: at the first row */
	const struct md_ids *only;           /* the ids to fetch: cache misses; NULL: all ids of the query */
	struct md_known_predicate *predicates; /* list of those made so far, for md_predicate_of */
	struct md_scan *scans;               /* one per table reference */
	struct md_stmt_table *tables;        /* by table reference */
	struct md_ref_columns *columns;      /* by table reference */
	struct md_latest **latest;           /* by table reference; NULL: none is read by MD_READ_LATEST */
	struct md_interned *exprs;           /* with room for every expression of the statement */
	uint32_t n_exprs;
	uint32_t *outputs;                   /* with room for every output; shape and described have the same indexes */
	struct md_shape_output *shape;
	struct md_stmt_output *described;
	uint32_t n_outputs;
	const uint32_t *sort_at;             /* page.c: the output of each sort key; NULL: no page */
	const uint32_t *aggregates;          /* groups.c: index in exprs, per aggregation */
	uint32_t id_place;                   /* outputs.c: as md_shape.id_place */
	bool depends_on_values;              /* fit.c: as md_tree.depends_on_values */
	bool lacks_rule;                     /* a cell needs a rule that the access room did not make: an error */
};

/* Key columns of `from` and of the joined tables. */
static inline uint32_t md_count_keys(const struct md_bound *b)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < md_bound_row_refs(b); i++)
		n += b->refs[i].table->n_key;
	return n;
}

/* ---- columns.c: every column of the tree is made here ---- */

/* The six makers of raw columns. Each serves one purpose, and tools/check-includes lists the files
 * that may call it. */

/* For row predicates and cell rules. */
const struct md_expr *md_raw_of_predicate(struct md_resolving *r, uint32_t ref, const struct md_column *c);
/* For the keys of a join or an exists node. */
const struct md_expr *md_raw_relation_key(struct md_resolving *r, uint32_t ref, const struct md_column *c);
/* For a key column that makes an order total (docs/adr/0025-cells-and-masks.md). */
const struct md_expr *md_raw_tie_break(struct md_resolving *r, uint32_t ref, const struct md_column *c);
/* For a key column of `from`, as a hidden output: by it the process puts rows of byIds in order. */
const struct md_expr *md_raw_id_output(struct md_resolving *r, const struct md_column *c);
/* For a column of `from` that a cache entry holds (docs/adr/0018-misses-are-fetched-once.md). */
const struct md_expr *md_raw_cache_output(struct md_resolving *r, const struct md_column *c);
/* For the column that marks deleted rows of a replica, which the table need not declare. */
const struct md_expr *md_raw_deleted_mark(struct md_resolving *r, uint32_t ref, const struct md_deleted_mark *mark);

/* The cell of a column that the caller named, under the rule that the access room made for it. */
const struct md_expr *md_cell(struct md_resolving *r, struct md_use use);

/* Does the process show a cell's value, or its mask? With MD_MASKED_BY_ROW *clear is the predicate
 * that decides. */
enum md_masking md_cell_masking(struct md_resolving *r, struct md_use use, const struct md_pred **clear);
/* 1 where `clear` holds on the reference's row, otherwise 0. `cell` is given where rows are grouped
 * by it: a NULL cell gives 1 too, so that all NULL cells fall into one group. Otherwise `cell` is
 * NULL. */
const struct md_expr *md_cell_state(struct md_resolving *r, uint32_t ref, const struct md_expr *cell,
                                    const struct md_pred *clear);

/* ---- predicates.c ---- */

/* A predicate of the access room on raw columns of the reference. A second call with the same
 * arguments returns the same predicate. */
const struct md_predicate *md_predicate_of(struct md_resolving *r, uint32_t ref, const struct md_pred *p);

/* ---- expressions.c ---- */

int md_exprs_init(struct md_resolving *r, uint32_t most_exprs, uint32_t most_outputs);
/* The index of an equal expression; adds the expression if there is none. */
uint32_t md_intern(struct md_resolving *r, const struct md_expr *e);
/* The expression by which rows are put in the order of another one: the place of an enum in its
 * declared order, every other expression itself. */
uint32_t md_sort_expr(struct md_resolving *r, uint32_t expr);
/* NULL: out of memory. */
const struct md_expr *md_position_of(struct md_resolving *r, const struct md_expr *e);
static inline bool md_is_scalar_enum(const struct md_expr *e)
{
	return e->type.base == MD_ENUM && !e->type.array;
}
/* Is it the place of an enum, by which DISTINCT and GROUP BY can sort only where it is selected? */
static inline bool md_is_position(const struct md_resolving *r, uint32_t expr)
{
	return r->exprs[expr].expr->kind == MD_EXPR_POSITION;
}
/* The index of an expression that is known to be new. */
static inline uint32_t md_intern_new(struct md_resolving *r, const struct md_expr *e)
{
	r->exprs[r->n_exprs] = (struct md_interned){ .expr = e, .output = MD_NONE };
	return r->n_exprs++;
}

/* Selects an interned expression. The output belongs to no column and is not masked, unless the
 * caller changes the shape output that is returned. */
static inline struct md_shape_output *md_select_expr(struct md_resolving *r, uint32_t expr, struct md_str label)
{
	const struct md_expr *e = r->exprs[expr].expr;
	uint32_t i = r->n_outputs++;
	if (r->exprs[expr].output == MD_NONE)
		r->exprs[expr].output = i;
	r->outputs[i] = expr;
	r->described[i] = (struct md_stmt_output){ .label = label, .type = e->type, .nullable = e->nullable,
		                                   .labels = e->labels };
	r->shape[i] = (struct md_shape_output){ .masking = MD_UNMASKED };
	return &r->shape[i];
}

/* ---- scans.c ---- */

/* Names, keys and row predicates of every scan. */
int md_make_scans(struct md_resolving *r, struct md_tree *out);

/* ---- replica_rows.c ---- */

/* Sets how the scan finds the current rows of the replica. */
int md_read_replica(struct md_resolving *r, uint32_t ref, const struct md_sync *s, struct md_scan *scan);
/* Adds to the row predicate of the scan, which is set, that the rows are not marked as deleted. */
int md_leave_deleted_rows_out(struct md_resolving *r, uint32_t ref, const struct md_sync *s, struct md_scan *scan);
/* Once every column of the statement is made: the columns that scans of the latest rows select. */
int md_list_latest_columns(struct md_resolving *r);

/* ---- conditions.c ---- */

struct md_condition *md_condition_new(struct md_resolving *r, enum md_condition_kind kind);
/* An AND or OR with room for its parts. */
struct md_condition *md_condition_group(struct md_resolving *r, enum md_condition_kind kind, uint32_t n,
                                        const struct md_condition ***parts);
/* Fills `asked` of the scans that joins and filters belong to, and *ids. */
int md_resolve_filters(struct md_resolving *r, struct md_tree *out);
/* HAVING, on the aggregates of groups.c. */
int md_resolve_having(struct md_resolving *r, struct md_tree *out);

/* ---- fit.c ---- */

/* The operation itself, or a condition with the same answer whose operands the column can hold. */
const struct md_condition *md_fit_known(struct md_resolving *r, const struct md_condition *c);
static inline const struct md_condition *md_fit_operation(struct md_resolving *r, const struct md_condition *c)
{
	bool is_unknown = c->left->raw && md_raw_column(c->left->raw)->real->family == MD_REAL_UNKNOWN;
	return is_unknown ? c : md_fit_known(r, c);
}
/* The same for a comparison of a row predicate or a cell rule. 0, or -1: out of memory. */
int md_fit_known_predicate(struct md_resolving *r, struct md_predicate *p);
static inline int md_fit_predicate(struct md_resolving *r, struct md_predicate *p)
{
	bool is_unknown = md_raw_column(p->column->raw)->real->family == MD_REAL_UNKNOWN;
	return is_unknown ? 0 : md_fit_known_predicate(r, p);
}

/* Can the sort keys hold the values of the position, and are they as many? 1: yes, or there is no
 * position; 0: no; -1: out of memory. */
int md_position_fits(struct md_resolving *r, const struct md_tree *t);

/* ---- ids.c ---- */

const struct md_condition *md_ids_condition(struct md_resolving *r);
/* Which of the query's ids a row's key is equal to, by the engine's own equality. key: a raw
 * column. */
const struct md_expr *md_id_place(struct md_resolving *r, const struct md_expr *key);

/* May the order of rows depend on values that are masked for the caller? policy.maskedColumns
 * decides. */
static inline bool md_may_sort_masked(const struct md_resolving *r, uint32_t ref)
{
	return r->bound->refs[ref].view->masked_uses >> MD_USE_ORDER & 1;
}

/* ---- outputs.c, groups.c, order.c, page.c ---- */

int md_select_columns(struct md_resolving *r);
/* The columns of a cache entry, as far as the source has them. */
int md_select_entry(struct md_resolving *r);
/* Outputs, groups, aggregates, having and order, where rows are grouped. */
int md_resolve_groups(struct md_resolving *r, struct md_tree *out);
int md_order_rows(struct md_resolving *r, struct md_tree *out);
/* After the outputs and the order. */
int md_resolve_page(struct md_resolving *r, struct md_tree *out);

#endif
