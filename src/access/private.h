/* Shared within the access room: the grants behind a view, predicate building and context values. */
#ifndef MD_ACCESS_PRIVATE_H
#define MD_ACCESS_PRIVATE_H

#include "access/guarded.h"

/* A grant with the role that gives it. */
struct md_given {
	const struct md_role *role;
	const struct md_grant *grant;
};

/* The grants of one scope on one table, in the order of the roles in the metadata: the same roles give the same SQL whatever
 * order they are named in. */
struct md_givens {
	const struct md_given *v;
	uint32_t n;
};

/* Comparisons ANDed. */
struct md_conj {
	const struct md_pred **v;
	uint32_t n;
};

/* The rows of one role: every row where no comparison is left, none where one of them never holds. */
struct md_role_rows {
	struct md_conj rows;
	bool none;
};

/* The rows of several roles of one scope: TRUE (`all`), FALSE (n = 0), or parts ORed, none of which holds another's rows. */
struct md_rows {
	struct md_conj *v;
	uint32_t n;
	bool all;
};

/* All that is known of one table in one request. */
struct md_entry {
	struct md_view view; /* first: a view is handed out as a pointer to it */
	struct md_givens scopes[2];
	uint32_t n_scopes;
	const struct md_pred *rows; /* NULL: not yet built */
	const struct md_role_rows *roles[2]; /* per scope, the rows of each role in it; NULL where there is one role alone */
	struct md_entry *next;
};

struct md_views {
	struct md_entry *first;
};

/* NULL only when memory is out. */
struct md_entry *md_access_entry(struct md_ctx *cx, const struct md_table *t);

/* ---- context.c: the values that row filters ask for ---- */

enum md_found { MD_FOUND_VALUE, MD_FOUND_NOTHING /* an empty list: no row matches */, MD_FOUND_PROBLEM /* reported */ };

/* One context key as one filter wants it. Kept, so that a key has one problem and is parsed once. */
struct md_wanted {
	struct md_str key;
	enum md_base_type type;
	bool array_column, list; /* a list is wanted (operator in) */
	enum md_found found;
	struct md_value value;
	struct md_wanted *next;
};

struct md_wants {
	struct md_wanted *first;
};

/* NULL only when memory is out. */
const struct md_wanted *md_context_value(struct md_ctx *cx, struct md_wants *w, const struct md_role *r, const struct md_row_filter *f);

/* ---- pred.c: who sees which rows, simplified ---- */

/* The predicate of a table's grants. Evaluates every filter of every role in effect, so that a context problem is found whatever the other
 * roles see. NULL only when memory is out. */
const struct md_pred *md_pred_build(struct md_ctx *cx, struct md_wants *w, struct md_entry *e);

/* ---- rows.c: sets of rows ---- */

extern const struct md_pred md_pred_true, md_pred_false;

bool md_conj_holds(const struct md_conj *c, const struct md_pred *p);
/* s has room for one part more. */
void md_rows_add(struct md_rows *s, const struct md_role_rows *r);
/* All n (at most two) ANDed. NULL when memory is out. */
const struct md_pred *md_rows_pred(struct md_ctx *cx, const struct md_rows *s, uint32_t n);
/* Is every row that belongs to all n given sets a row of s? */
bool md_rows_hold(const struct md_rows *s, const struct md_rows *given, uint32_t n);
/* Leaves out of s what holds on all given rows anyhow. -1 when memory is out. */
int md_rows_reduce(struct md_ctx *cx, struct md_rows *s, const struct md_rows *given, uint32_t n);

/* ---- cells.c: what a caller sees of a column on the rows that it sees ---- */

/* The rules of some columns (bitmap) of a table whose rows are built. -1 when memory is out. */
int md_cell_rules(struct md_ctx *cx, const struct md_entry *e, const uint64_t *columns, const struct md_cell_rule **out, uint32_t *n);

/* ---- empty.c ---- */

int md_find_empty(struct md_ctx *cx, const struct md_guarded *g, bool *empty); /* -1 when memory is out */

#endif
