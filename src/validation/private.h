/* Shared within the validation room. One check lives as long as one call of md_validate. */
#ifndef MD_VALIDATION_PRIVATE_H
#define MD_VALIDATION_PRIVATE_H

#include "trace/trace.h"
#include "validation/again.h"

/* What validation finds out about one table reference. */
struct md_ref_state {
	uint64_t *used, *cells; /* the bitmaps of md_ref, before they become const */
	uint64_t *filtered;     /* bitmap over table.columns; NULL: no filter yet */
	bool has_index;         /* a filter uses an indexed column */
};

struct md_check {
	struct md_ctx *cx;
	const struct md_query *q;
	struct md_bound *bound;          /* the result; its arrays, before they become const: */
	struct md_ref *refs;
	struct md_bound_output *outputs;
	struct md_bound_group *groups;
	struct md_bound_agg *aggs;
	struct md_bound_order *order;
	struct md_values *values;        /* the other result, and its arrays */
	struct md_value *operands;
	int64_t *counts;
	uint32_t n_operands, n_counts;   /* slots in use */
	struct md_ref_state *states;     /* per table reference */
	uint32_t next_exists;            /* the reference of the next exists node */
	struct md_notes *notes;          /* NULL: the definition is asked once */
};

/* The part of the definition that a list of filters belongs to. */
struct md_filter_scope {
	uint32_t ref;         /* the table of a filter without `table` */
	/* filters may name refs[first … refs): those of `on` no later join, those of an exists node
	 * its own table alone */
	uint32_t first, refs;
	enum { MD_IN_ROW, MD_IN_JOIN, MD_IN_EXISTS } in;
};

/* How the gate decides on a use of a column, and how a problem is reported. */
struct md_column_use {
	const struct md_at *at;   /* of the column's name in the definition */
	enum md_use_kind kind;
	enum md_code unknown;     /* the code for an unknown column: MD_UNKNOWN_COLUMN or the part's own */
	/* the place can name refs[first … refs) beside the column; refs 0: it names no table */
	uint32_t first, refs;
};

/* ---- names.c: looks names up in the metadata; every table and column passes the access gate. A
 * table reference whose table is NULL was reported: what names it is skipped without another
 * problem. ---- */

/* Sets the reference's table, view and bitmaps. */
void md_check_table(struct md_check *c, uint32_t ref, struct md_str name, const struct md_at *at);
/* The index of the reference with the name among refs[first … n); -1: none. */
int64_t md_check_ref_in(const struct md_check *c, struct md_str name, uint32_t first, uint32_t n);
/* The most similar name among the same references, for a suggestion. */
struct md_str md_check_ref_near_in(const struct md_check *c, struct md_str name, uint32_t first, uint32_t n);
/* The same among `from` and the joins: the name of an exists node is unknown outside it. */
int64_t md_check_ref(const struct md_check *c, struct md_str name);
struct md_str md_check_ref_near(const struct md_check *c, struct md_str name);
/* Finds the column, passes it through the gate, marks it used. NULL: reported. *first: no
 * earlier part of the definition used the column of this reference. */
const struct md_column *md_check_column(struct md_check *c, uint32_t ref, struct md_str name,
                                        const struct md_column_use *use, bool *first);
/* Reports a use of a column that can be masked, where the policy does not allow such a use. */
void md_report_masked(struct md_check *c, const struct md_ref *r, struct md_str column,
                      const struct md_column_use *use);
/* The id of the role if there is only one, otherwise the label of all roles. */
struct md_str md_check_roles(const struct md_check *c);

static inline void md_mark(uint64_t *map, uint32_t i)
{
	map[i / 64] |= (uint64_t)1 << i % 64;
}

/* ---- column_hints.c: what to write instead of a column or an alias that is not known ---- */

/* Of a column that the reference does not have, or that is not grouped by. .p NULL: none. */
struct md_str md_hint_for_column(struct md_check *c, uint32_t ref, struct md_str name,
                                 const struct md_column_use *use);
/* Of a name in having that is no alias. .p NULL: none. */
struct md_str md_hint_for_alias(struct md_check *c, struct md_str name);

/* ---- relation.c: finds the parent table and the relation of a join or an exists node ---- */

struct md_link {
	enum md_code code;                 /* the code of its problems */
	const char *what;                  /* "join", "exists" */
	const struct md_at *at;
	struct md_str table, as, via, parent; /* as written; .p NULL: not given */
	bool reverse, reverse_given;
	uint32_t ref;                      /* the reference of the join or exists node, whose table is set */
	int64_t default_parent;            /* without a `parent` in the query; -1: any, `from` first */
	uint32_t first, parents;           /* refs[first … parents) may be the parent */
	const char *candidates, *no_parent; /* texts: those refs, and what a wrong parent is not */
	struct md_str expected;            /* text: the names that would be accepted */
};
/* Sets the reference's parent, relation and side. False: reported, now or with the parent. */
bool md_check_link(struct md_check *c, const struct md_link *link);

/* ---- operand.c: JSON to canonical text ---- */

/* Writes a JSON value of the type as canonical text. labels: those of an enum. NULL: done;
 * otherwise the text of what was expected. */
const char *md_check_scalar(struct md_check *c, enum md_base_type t, const struct md_labels *labels,
                            const struct md_json *v, bool lenient, struct md_str *out);
/* The label that a wrong value may be a misspelling of; empty: labels is NULL, or none is near. */
struct md_str md_near_label(const struct md_labels *labels, const struct md_json *v);

/* A filter whose operands are checked. */
struct md_operand {
	const struct md_filter *filter;
	const struct md_json *value;       /* the filter's, or that of a parameter in its place; NULL: absent */
	const struct md_operator *op;
	struct md_type type;               /* of the column or the aggregate */
	const struct md_labels *labels;    /* of an enum; NULL: another type */
	struct md_str table;               /* the name of its table reference */
};
/* Checks and stores the operands. Returns the slot of the first; problems are reported. */
uint32_t md_check_operand(struct md_check *c, const struct md_operand *o);

/* operand_enum.c: puts the list of the labels that the operator takes in the place of an enum's
 * operands (two of a range). op: an operator on scalars, neither = nor in. */
void md_list_enum_operand(struct md_check *c, enum md_op op, const struct md_labels *l, struct md_value *v);

/* ---- again.c: other values and other roles for the same definition ---- */

/* Operands that hold parameters: those of the places first … first + n. */
struct md_noted_operand {
	struct md_operand operand;
	uint32_t slot, first, n;
};

struct md_noted_count {
	uint32_t place, slot;
};

/* A use of a column that the gate allowed. */
struct md_noted_use {
	struct md_use use;
	enum md_use_kind kind;
};

struct md_notes {
	const struct md_query *query;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_parameters *parameters;
	const struct md_json_change *changes; /* by place */
	MD_VEC(struct md_noted_operand) operands;
	MD_VEC(struct md_noted_count) counts;
	MD_VEC(struct md_noted_use) uses;
	uint32_t n_operands, n_counts;        /* slots in use */
	/* The caller's view decided about more than `uses`: the definition has to be validated for
	 * other roles */
	bool depends_on_view;
};

/* The three are called where c->notes is set. */
void md_note_use(struct md_check *c, struct md_use use, enum md_use_kind kind);
void md_note_operand(struct md_check *c, const struct md_operand *o, uint32_t slot);
void md_note_count(struct md_check *c, const struct md_json *value, uint32_t slot);

/* ---- families.c: column against column ---- */

/* Can the two columns of `bound` (use op ref_use) be compared? False: reported. */
bool md_check_comparable(struct md_check *c, const struct md_filter *f, const struct md_bound_filter *bound);

/* ---- the rules, one file each ---- */

void md_check_joins(struct md_check *c);        /* rules_join.c: refs of all joins */
/* Marks relation columns as used. Called after md_check_select, which must see only the columns
 * that the caller selected to find repeats. */
void md_check_join_columns(struct md_check *c);
void md_check_relation_columns(struct md_check *c, uint32_t ref); /* marks them as used, on both sides */
void md_check_select(struct md_check *c);       /* rules_select.c: columns, outputs */
struct md_str md_check_qualified(struct md_check *c, uint32_t ref, struct md_str column); /* table.column */
/* rules_group.c: groupBy, aggregations and outputs; replaces md_check_select where rows are
 * grouped */
void md_check_groups(struct md_check *c);
void md_check_group_order(struct md_check *c);  /* replaces md_check_order */
/* The reference of an entry of groupBy, aggregations or orderBy: `from` if the entry has no
 * `table`. -1: reported. */
int64_t md_check_part_ref(struct md_check *c, enum md_code code, const struct md_at *up, struct md_str table);
/* rules_aggregate.c */
void md_check_agg(struct md_check *c, uint32_t i);
uint32_t md_find_agg(const struct md_query *q, struct md_str alias); /* MD_NONE: none */
void md_check_having(struct md_check *c);       /* rules_having.c */
/* rules_filter.c: filters of the definition and of its joins */
void md_check_filters(struct md_check *c);
struct md_bound_filters md_bind_some_filters(struct md_check *c, struct md_filters filters,
                                             const struct md_filter_scope *s);
static inline struct md_bound_filters md_bind_filters(struct md_check *c, struct md_filters filters,
                                                      const struct md_filter_scope *s)
{
	return filters.n ? md_bind_some_filters(c, filters, s) : (struct md_bound_filters){ .n = 0 };
}
/* rules_exists.c */
void md_bind_exists(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                    struct md_bound_filter *out);
void md_check_order(struct md_check *c);        /* rules_order.c */
void md_check_ids(struct md_check *c);          /* rules_ids.c */
/* n keys of the table, into the values. */
void md_read_ids(struct md_check *c, const struct md_table *t, const struct md_id *ids, uint32_t n);
void md_check_page(struct md_check *c);         /* rules_page.c: after all others */

#endif
