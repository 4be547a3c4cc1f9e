/* A guarded table: a table reference together with the row predicate of the roles in effect. Only
 * the access room can make one (the structs are complete only in access/guarded.c), and only
 * guarded tables can be planned, resolved and written: the compiler enforces the order of row
 * security and planning. */
#ifndef MD_ACCESS_GUARDED_H
#define MD_ACCESS_GUARDED_H

#include "access/pred.h"
#include "base/ctx.h"
#include "validation/bound.h"

struct md_guarded_table;
struct md_guarded;

/* Guards every table reference of a bound query: finds the context values (reports MISSING_CONTEXT
 * and INVALID_CONTEXT at /contextValues/x), builds the predicates and records the rls events.
 * Writes nothing into the bound query, which *out refers to. `values` is read only to find out
 * whether the answer is empty whatever the data. Returns 0, or -1: out of memory. Problems are
 * reported; md_fail_if_problems makes them an error. */
int md_guard(struct md_ctx *cx, const struct md_bound *b, const struct md_values *values,
             const struct md_guarded **out);

/* Do both guard the same bound query by predicates and rules that differ in values of the context
 * alone? */
bool md_guarded_is_alike(const struct md_guarded *a, const struct md_guarded *b);
/* A value of the caller's context that predicates compare with, by its place (struct md_value). */
const struct md_value *md_guarded_context(const struct md_guarded *g, uint32_t place);
struct md_str md_guarded_context_key(const struct md_guarded *g, uint32_t place);

const struct md_bound *md_guarded_bound(const struct md_guarded *g);
uint32_t md_guarded_count(const struct md_guarded *g); /* as many as bound.refs, in the same order */
const struct md_guarded_table *md_guarded_at(const struct md_guarded *g, uint32_t i);
/* Is the answer empty, whatever the data? */
bool md_guarded_empty(const struct md_guarded *g);

const struct md_ref *md_guarded_ref(const struct md_guarded_table *t);
const struct md_pred *md_guarded_rows(const struct md_guarded_table *t); /* never NULL */
/* Bitmap: the columns of ref.used, and those that row filters and cell rules read. */
const uint64_t *md_guarded_needed(const struct md_guarded_table *t);

/* What a caller sees of a column whose cells are not clear on every row. Both predicates read raw
 * columns. `shown` is valid only for rows that the caller sees, and `clear` only for rows that also
 * show the column: each leaves out what such rows imply. */
struct md_cell_rule {
	const struct md_column *column;
	const struct md_pred *shown; /* where it holds the cell has a value, elsewhere NULL; TRUE: on every row */
	const struct md_pred *clear; /* where it holds the cell has the value itself, elsewhere the mask;
	                              * TRUE: never masked, FALSE: always */
};

/* The rules of the columns that the reference uses, in the order of the columns. */
uint32_t md_guarded_rules(const struct md_guarded_table *t);
const struct md_cell_rule *md_guarded_rule_at(const struct md_guarded_table *t, uint32_t i);
/* NULL: the column has no rule, its cells are the column's values. */
const struct md_cell_rule *md_guarded_rule(const struct md_guarded_table *t, const struct md_column *c);

#endif
