/* Shared within the access room: the grants on a table, the predicates built of them and the
 * context values. */
#ifndef MD_ACCESS_PRIVATE_H
#define MD_ACCESS_PRIVATE_H

#include "access/access.h"
#include "access/guarded.h"

/* A grant on one table and the role that gives it. */
struct md_role_grant {
	const struct md_role *role;
	const struct md_grant *grant;
};

/* The grants of one scope on one table, in the order of the roles in the metadata: the same roles
 * give the same SQL whatever order the caller names them in. */
struct md_scope_grants {
	const struct md_role_grant *v;
	uint32_t n;
};

/* Comparisons ANDed. */
struct md_conjunction {
	const struct md_pred **v;
	uint32_t n;
};

/* The rows that one role sees: every row if there is no comparison, no row if one of its filters
 * never holds. */
struct md_role_rows {
	struct md_conjunction comparisons;
	bool none;
};

/* The rows that several roles of one scope see: TRUE (`all`), FALSE (n = 0), or parts ORed, none of
 * which contains another's rows. */
struct md_row_set {
	struct md_conjunction *v;
	uint32_t n;
	bool all;
};

/* The access of one request to one table. */
struct md_table_access {
	struct md_view view; /* the first member: a pointer to the view is a pointer to the struct */
	struct md_scope_grants scopes[2];
	uint32_t n_scopes;
	const struct md_pred *rows;               /* NULL: not yet built */
	const struct md_role_rows *role_rows[2];  /* per scope and role; NULL where the scope has a single role */
	struct md_table_access *next;
};

struct md_views {
	struct md_table_access *first;
	uint32_t masked_uses; /* as md_view.masked_uses, the same for every table; 0: there is no view yet */
};

/* Made once per table and request. NULL: out of memory. */
struct md_table_access *md_get_table_access(struct md_ctx *cx, const struct md_table *t);

/* ---- context.c: the context values that row filters compare with ---- */

enum md_context_result {
	MD_CONTEXT_VALUE,
	MD_CONTEXT_NO_ROW, /* an empty list: no row matches */
	MD_CONTEXT_PROBLEM /* reported */
};

/* The value of one context key, parsed for one type and operator. It is kept during the request, so
 * that it is parsed once and a problem with it is reported once. */
struct md_context_value {
	uint32_t number; /* in the order of first use, from 0 */
	struct md_str key;
	enum md_base_type type;
	bool is_array_column, is_list; /* is_list: for the operator `in` */
	const struct md_labels *labels; /* of an enum; NULL: another type */
	bool is_excluded; /* of an enum, for the operator `!=`: value is the list of the other labels */
	enum md_context_result result;
	struct md_value value;
	struct md_context_value *next;
};

struct md_context_values {
	struct md_context_value *first; /* the newest; the others follow */
	uint32_t n;
};

/* NULL: out of memory. */
const struct md_context_value *md_find_context_value(struct md_ctx *cx, struct md_context_values *known,
                                                     const struct md_role *r, const struct md_row_filter *f);

/* ---- pred_build.c: row predicates ---- */

/* The row predicate of a table's grants. Evaluates every filter of every role in effect, so that a
 * problem with the context is found whatever rows the other roles see. NULL: out of memory. */
const struct md_pred *md_pred_build(struct md_ctx *cx, struct md_context_values *values, struct md_table_access *a);

/* ---- row_sets.c: sets of rows ---- */

bool md_conjunction_has(const struct md_conjunction *c, const struct md_pred *p);

/* Adds the rows of a role to the set, whose array has room for one more part. */
void md_row_set_add(struct md_row_set *s, const struct md_role_rows *r);

/* The predicate of all n (at most two) sets ANDed. NULL: out of memory. */
const struct md_pred *md_row_sets_pred(struct md_ctx *cx, const struct md_row_set *s, uint32_t n);

/* Is every row that belongs to all n given sets (at most two) a row of s? */
bool md_row_set_contains(const struct md_row_set *s, const struct md_row_set *given, uint32_t n);

/* Removes from s every comparison that holds on all given rows. -1: out of memory. */
int md_row_set_reduce(struct md_ctx *cx, struct md_row_set *s, const struct md_row_set *given, uint32_t n);

/* ---- cell_rules.c: which cells are shown, and which of them unmasked ---- */

/* The rules of some columns (a bitmap) of a table whose row predicate is built. -1: out of
 * memory. */
int md_make_cell_rules(struct md_ctx *cx, const struct md_table_access *a, const uint64_t *columns,
                       const struct md_cell_rule **out, uint32_t *n);

/* ---- empty.c: answers without rows ---- */

/* -1: out of memory. */
int md_find_empty(struct md_ctx *cx, const struct md_guarded *g, const struct md_values *values, bool *is_empty);

#endif
