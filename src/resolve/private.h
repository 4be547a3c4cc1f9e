/* Shared within the resolve room. */
#ifndef MD_RESOLVE_PRIVATE_H
#define MD_RESOLVE_PRIVATE_H

#include "dialects/facts.h"
#include "resolve/tree.h"

struct md_resolving {
	struct md_ctx *cx;
	struct md_arena *arena;
	const struct md_plan *plan;
	const struct md_dialect_facts *facts; /* of the plan's dialect */
	const struct md_query *query;
	const struct md_ids *only; /* cache misses; NULL: all ids */
	struct md_shape *shape;    /* what is made beside the tree */
	const struct md_pcolumn *aggs; /* aggregate.c: one per aggregation */
	struct md_known_cell *cells; /* made so far */
	bool no_rule;              /* a cell was asked for that the access room has no rule for */
};

/* A column of one table reference where the plan reads it, as it lies in the database: for row predicates and cell rules, relation keys, keys that make an
 * order total, rows for a cache. Nothing that a caller asked for. */
static inline struct md_pcolumn md_physical_raw(const struct md_resolving *r, uint32_t ref, const struct md_column *c)
{
	const struct md_source *s = &r->plan->sources[ref];
	return (struct md_pcolumn){ .table = ref, .name = s->sync ? s->sync->physical_columns[c->index] : c->physical_name, .type = c->type,
		                    .nullable = c->nullable || r->query->refs[ref].left,
		                    .collate = c->type.base == MD_STRING && !s->database->collation_c,
		                    .foreign_clickhouse = r->facts->shows_as_text[s->database->engine] };
}

/* cells.c: turns a raw column into its cell. */
void md_read_cell(struct md_resolving *r, uint32_t ref, const struct md_column *c, struct md_pcolumn *p);

/* The same column for whatever a caller asked for, as far as it may be seen: its cell (spec 3). Made where it stays: a copy of it costs as much again. */
static inline void md_physical(struct md_resolving *r, uint32_t ref, const struct md_column *c, struct md_pcolumn *to)
{
	const struct md_view *view = r->query->refs[ref].view;
	*to = md_physical_raw(r, ref, c);
	if (view->by_rule && md_bit(view->by_rule, c->index))
		md_read_cell(r, ref, c, to);
}

/* Does a column's cell show the value itself? Where that depends on the row, *clear is the predicate that tells. */
enum md_masking md_cell_masking(struct md_resolving *r, uint32_t ref, const struct md_column *c, const struct md_pred **clear);
/* 1 where a row of the reference passes, otherwise 0. */
struct md_pcolumn md_cell_test(struct md_resolving *r, uint32_t ref, const struct md_pred *clear);
/* The same of one cell, for rows that are told apart by it: NULL is as NULL whether it would be clear or not, so it is 1 there too. */
struct md_pcolumn md_cell_state(struct md_resolving *r, const struct md_pcolumn *cell, const struct md_pred *clear);

/* A condition without parts; NULL when memory is out. What its kind does not use is not set. */
static inline struct md_cond *md_cond_new(struct md_resolving *r, enum md_cond_kind kind)
{
	struct md_cond *c = md_alloc(r->arena, sizeof *c);
	if (c) {
		c->kind = kind;
		c->parts = NULL;
		c->n = 0;
		c->by_value = false;
	}
	return c;
}

/* ---- conditions.c ---- */

/* A predicate of the access room, neither TRUE. NULL when memory is out. */
const struct md_cond *md_pred_cond(struct md_resolving *r, uint32_t ref, const struct md_pred *p);

/* The row predicate of from, byIds and the user's filters. False when memory is out; *out NULL: no condition. */
bool md_where(struct md_resolving *r, const struct md_cond **out);
/* Join keys, the row predicate of the joined table, the user's `on`. False when memory is out. */
bool md_on(struct md_resolving *r, uint32_t ref, const struct md_cond **out);

/* HAVING, on the aggregates of aggregate.c. */
bool md_having(struct md_resolving *r, const struct md_cond **out);

/* ---- operators.c ---- */

bool md_text_as_pattern(struct md_resolving *r, struct md_cond *c); /* contains and its like become like; false when memory is out */
const struct md_cond *md_columns_cond(struct md_resolving *r, const struct md_filter *f); /* NULL when memory is out */

/* The row predicate of an exists node's table and the node's filters. False when memory is out; *out NULL: no condition. */
bool md_sub_where(struct md_resolving *r, uint32_t ref, struct md_filter *const *v, uint32_t n, const struct md_cond **out);

/* ---- exists.c ---- */

const struct md_cond *md_exists_cond(struct md_resolving *r, const struct md_filter *f); /* NULL when memory is out */

/* ---- ids.c ---- */

/* The condition of byIds, in the key columns' own types. NULL when memory is out. */
const struct md_cond *md_ids_cond(struct md_resolving *r);

/* `column IN values`; types that have no lists as an OR. NULL when memory is out. */
const struct md_cond *md_in_list(struct md_resolving *r, const struct md_pcolumn *c, const struct md_value *list);

/* An OR of n ≥ 1 conditions, as groups of groups where they are many: engines bound the depth of a chain. NULL when memory is out. */
const struct md_cond *md_any_of(struct md_resolving *r, const struct md_cond *const *parts, uint32_t n);

/* ---- outputs.c: each -1 when memory is out ---- */

int md_select(struct md_resolving *r, struct md_tree *out);
int md_order_by(struct md_resolving *r, struct md_tree *out);

/* ---- aggregate.c ---- */

/* What is selected, grouped by, kept by having, and its order, where rows are put together. -1 when memory is out. */
int md_aggregate(struct md_resolving *r, struct md_tree *out);

/* ---- page.c: after what is selected and, where rows are put together, grouped. -1 when memory is out ---- */

int md_page(struct md_resolving *r, struct md_tree *out);

#endif
