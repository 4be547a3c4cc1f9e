/* Shared within the validation room. One check lives as long as one call of md_validate. */
#ifndef MD_VALIDATION_PRIVATE_H
#define MD_VALIDATION_PRIVATE_H

#include "trace/trace.h"
#include "validation/validate.h"

/* What is found out about one table reference on the way. */
struct md_ref_state {
	uint64_t *used, *cells; /* the bitmaps of md_ref, while they change */
	uint64_t *filtered;     /* bitmap over table.columns; NULL: no filter yet */
	bool has_index;         /* some filter uses an indexed column */
};

struct md_check {
	struct md_ctx *cx;
	const struct md_query *q;
	struct md_bound *bound;          /* in the making, and its arrays while they change: */
	struct md_ref *refs;
	struct md_bound_output *outputs;
	struct md_bound_group *groups;
	struct md_bound_agg *aggs;
	struct md_bound_order *order;
	struct md_values *values;        /* likewise */
	struct md_value *operands;
	int64_t *counts;
	uint32_t n_operands, n_counts;   /* slots taken */
	struct md_ref_state *states;     /* per table reference */
	uint32_t next_exists;            /* the reference of the next exists node */
};

/* Where a list of filters stands. */
struct md_filter_scope {
	uint32_t ref;         /* what `table` means when it is left out */
	/* refs[first … refs) may be named: `on` sees no later joins, an exists node its own table
	 * alone */
	uint32_t first, refs;
	enum { MD_IN_ROW, MD_IN_JOIN, MD_IN_EXISTS } in;
};

/* How a use of a column is judged and reported. */
struct md_column_use {
	const struct md_at *at;   /* of the column's name in the definition */
	enum md_use_kind kind;
	enum md_code unknown;     /* MD_UNKNOWN_COLUMN or the part's own code */
};

/* ---- names.c: names to metadata, each through the gate. A table reference whose table is NULL is
 * broken and reported: whatever names it is skipped in silence. ---- */

/* sets table, view, bitmaps */
void md_check_table(struct md_check *c, uint32_t ref, struct md_str name, const struct md_at *at);
/* among refs[first … n); -1: none */
int64_t md_check_ref_in(const struct md_check *c, struct md_str name, uint32_t first, uint32_t n);
struct md_str md_check_ref_near_in(const struct md_check *c, struct md_str name, uint32_t first, uint32_t n);
/* Among the references of the row: exists nodes give no names to the rest of the definition. */
int64_t md_check_ref(const struct md_check *c, struct md_str name);
struct md_str md_check_ref_near(const struct md_check *c, struct md_str name);
/* Finds the column, passes it through the gate, marks it used. NULL: reported. *first: this is
 * its first use in this reference. */
const struct md_column *md_check_column(struct md_check *c, uint32_t ref, struct md_str name,
                                        const struct md_column_use *use, bool *first);
/* The column can be masked, and policy does not allow this use of such columns. */
void md_report_masked(struct md_check *c, const struct md_ref *r, struct md_str column,
                      const struct md_column_use *use);
/* The role's id where there is one alone, otherwise the label. */
struct md_str md_check_roles(const struct md_check *c);

static inline void md_mark(uint64_t *map, uint32_t i)
{
	map[i / 64] |= (uint64_t)1 << i % 64;
}

/* ---- relation.c: a join or an exists node looks for the table that it hangs on ---- */

struct md_way {
	enum md_code code;                 /* of its problems */
	const char *what;                  /* "join", "exists" */
	const struct md_at *at;
	struct md_str table, as, via, parent; /* as written; .p NULL: not given */
	bool reverse, reverse_given;
	uint32_t ref;                      /* its own reference: the table is known */
	int64_t home;                      /* the parent where none is named; -1: from, otherwise the other that fits */
	uint32_t first, parents;           /* refs[first … parents) may be the parent */
	const char *candidates, *no_parent; /* in words: those refs, and what a name that is none of them is */
	struct md_str expected;            /* the names that would do */
};
/* Sets the reference's parent, relation and side. False: reported, or the parent is broken. */
bool md_check_way(struct md_check *c, const struct md_way *w);

/* ---- operand.c: JSON to canonical text ---- */

/* NULL, or what was expected. */
const char *md_check_scalar(struct md_check *c, enum md_base_type t, const struct md_json *v, bool lenient,
                            struct md_str *out);

/* A filter whose operands are looked at. */
struct md_operand {
	const struct md_filter *filter;
	const struct md_operator *op;
	struct md_type type;               /* of the column or the aggregate */
	struct md_str table;               /* the name of its table reference */
};
/* The slot of the first operand. What is wrong is reported. */
uint32_t md_check_operand(struct md_check *c, const struct md_operand *o);

/* ---- families.c: column against column ---- */

/* `bound` has op, use and ref_use. False: reported. */
bool md_check_comparable(struct md_check *c, const struct md_filter *f, const struct md_bound_filter *bound);

/* ---- the rules, one file each ---- */

void md_check_joins(struct md_check *c);        /* rules_join.c: refs of all joins */
/* marks relation columns as used: after the selection, which looks for repeats */
void md_check_join_columns(struct md_check *c);
void md_check_relation_columns(struct md_check *c, uint32_t ref); /* marks them as used, on both sides */
void md_check_select(struct md_check *c);       /* rules_select.c: columns, outputs */
struct md_str md_check_qualified(struct md_check *c, uint32_t ref, struct md_str column); /* table.column */
/* rules_group.c: groupBy, aggregations, outputs: instead of md_check_select where rows are put
 * together */
void md_check_groups(struct md_check *c);
void md_check_group_order(struct md_check *c);  /* instead of md_check_order */
/* The table of an entry of groupBy, aggregations or orderBy, from where none is given; -1:
 * reported, or broken. */
int64_t md_check_part_ref(struct md_check *c, enum md_code code, const struct md_at *up, struct md_str table);
/* rules_aggregate.c */
void md_check_agg(struct md_check *c, uint32_t i);
uint32_t md_find_agg(const struct md_query *q, struct md_str alias); /* MD_NONE: none */
void md_check_having(struct md_check *c);       /* rules_having.c */
/* rules_filter.c: filters of the definition and of its joins */
void md_check_filters(struct md_check *c);
struct md_bound_filters md_bind_filters(struct md_check *c, struct md_filters filters, const struct md_filter_scope *s);
/* rules_exists.c */
void md_bind_exists(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                    struct md_bound_filter *out);
void md_check_order(struct md_check *c);        /* rules_order.c */
void md_check_ids(struct md_check *c);          /* rules_ids.c */
void md_check_page(struct md_check *c);         /* rules_page.c: after all others */

#endif
