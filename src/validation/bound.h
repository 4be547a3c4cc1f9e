/* A definition with every name resolved (md_bound) and its values (md_values). md_validate makes
 * both, and they are const afterwards. md_bound belongs to a definition, a metadata snapshot and a
 * set of roles. Operands and the numbers of limit and page are in md_values, and values of the
 * caller's context in md_guarded, so that the same md_bound can be used again with other values.
 * Later stages look no name up: names are kept for results, errors and the debug log. */
#ifndef MD_VALIDATION_BOUND_H
#define MD_VALIDATION_BOUND_H

#include "base/ctx.h"
#include "metadata/metadata.h"
#include "query/words.h"

struct md_view;

/* A use of one column of one table reference. */
struct md_use {
	uint32_t ref;                   /* index in md_bound.refs */
	const struct md_column *column; /* of refs[ref].table */
};

struct md_bound_filters {
	const struct md_bound_filter *v;
	uint32_t n;
};

struct md_bound_filter {
	enum md_filter_kind kind;
	bool any, negated;                /* GROUP: parts are ORed, otherwise ANDed; then negated */
	bool absent, counted;             /* EXISTS: no related row; `number of related rows count_op count` */
	enum md_op count_op;              /* EXISTS, counted: = != > < >= <= */
	uint32_t ref;                     /* EXISTS: the related table's reference */
	/* VALUE: index of the first operand in md_values.operands; EXISTS, counted: index in
	 * md_values.counts */
	uint32_t slot;
	const struct md_operator *op;     /* VALUE, COLUMNS */
	struct md_use use, ref_use;       /* VALUE: use; COLUMNS: use op ref_use */
	struct md_bound_filters parts;    /* GROUP: its members; EXISTS: filters on related rows, ANDed */
};

/* A date bucket or a column that rows are grouped by. */
struct md_bound_group {
	struct md_use use;
	enum md_bucket bucket;
	struct md_str name;               /* `as` or the column */
};

struct md_bound_agg {
	enum md_fn fn;
	struct md_use use;                /* column NULL: rows are counted */
	struct md_type type;              /* of the result */
	struct md_str alias;
};

struct md_bound_having_list {
	const struct md_bound_having *v;
	uint32_t n;
};

/* A condition on aggregates: a test of one aggregate, or a group of conditions. */
struct md_bound_having {
	bool is_group;
	bool any, negated;                /* a group: parts are ORed, otherwise ANDed; then negated */
	uint32_t agg;                     /* a test: index in md_bound.aggs */
	uint32_t slot;                    /* a test: index of the first operand in md_values.operands */
	const struct md_operator *op;     /* a test */
	struct md_bound_having_list parts;
};

struct md_bound_order {
	struct md_use use;                /* where group and agg are NULL */
	const struct md_bound_group *group;
	const struct md_bound_agg *agg;
	bool desc, nulls_first;
};

enum md_ref_kind { MD_REF_FROM, MD_REF_JOIN, MD_REF_EXISTS };

/* One occurrence of a table in the query: refs[0] is `from`, then come joins in order, then
 * exists nodes in the order of the definition, an outer node before the nodes inside it. */
struct md_ref {
	enum md_ref_kind kind;
	const struct md_table *table;
	struct md_str as;                   /* the name that the definition and the result use: `as` or the apiName */
	uint32_t parent;                    /* JOIN, EXISTS: index of the reference that `relation` joins it to */
	const struct md_relation *relation; /* JOIN, EXISTS: the relation to the parent */
	bool from_side;                     /* this reference is the relation's `from` side, the parent its `to` side */
	bool left;                          /* the nullable side of a left join */
	bool all_columns;                   /* FROM, JOIN: `columns` is left out, all visible ones are selected */
	const struct md_view *view;         /* what the caller may see of it (access/access.h) */
	/* bitmap over table.columns: selected, filtered, ordered, keys and relation columns */
	const uint64_t *used;
	/* bitmap: the used columns whose cells are read; NULL where view.by_rule is NULL, because
	 * no cell of the table follows a rule */
	const uint64_t *cells;
	struct md_bound_filters filters;    /* JOIN: filters on the rows of the result, like md_bound.filters */
	struct md_bound_filters on;         /* JOIN: conditions of the join */
};

/* One output column, in order. */
struct md_bound_output {
	struct md_use use;                  /* column NULL: the output counts rows */
	const struct md_bound_group *group; /* the entry of groupBy that it shows; NULL: none */
	const struct md_bound_agg *agg;     /* the aggregate that it shows; NULL: none */
	/* the key in the result's rows: column, or table.column where two tables share it */
	struct md_str name;
};

struct md_bound {
	enum md_mode mode;
	const struct md_ref *refs;
	uint32_t n_refs, n_joins, n_exists; /* n_refs = 1 + n_joins + n_exists */
	const struct md_bound_output *outputs;
	uint32_t n_outputs;
	struct md_bound_filters filters;
	const struct md_bound_group *groups;
	uint32_t n_groups;
	const struct md_bound_agg *aggs;
	uint32_t n_aggs;
	bool groups_given, aggs_given;
	struct md_bound_having_list having;
	const struct md_bound_order *order;
	uint32_t n_order;
	bool distinct;
	bool has_limit, has_offset, has_page, has_ids; /* the numbers, the cursor and the keys are in md_values */
	bool has_freshness;                 /* the lag is in md_values */
	struct md_str freshness;            /* the word; empty where maxLagMs was given */
	bool prefer_given;                  /* the query has `prefer`, even if empty: it replaces the policy's */
	unsigned prefer, avoid;             /* MD_WANT_… */
	bool number_strings;                /* bigint and decimal as JSON strings */
	bool without_log;                   /* the result has no debug log */
	bool asks_log;                      /* the definition asks for it: a remote caller has it only then */
};

struct md_values {
	const struct md_value *operands;    /* by slot; operands of one filter are adjacent (range, distance: two) */
	const int64_t *counts;              /* by slot: the numbers that exists nodes compare with */
	/* of byIds: n_key canonical texts each, in the order of table.key; repeats removed, order
	 * of first mention */
	const struct md_str *ids;
	uint32_t n_ids, n_key;
	int64_t limit, offset, page_first;  /* -1: not given */
	struct md_str page_after;           /* the cursor; .p NULL: the first page */
	int64_t max_lag_ms;                 /* INT64_MAX: any */
	int64_t timeout_ms;                 /* 0: not given */
};

/* The texts of one key of byIds. */
static inline const struct md_str *md_values_id(const struct md_values *v, uint32_t i)
{
	return v->ids + (size_t)i * v->n_key;
}

/* The columns of the relation between a reference and its parent, pairwise: those of the
 * reference's table, and those of the parent's. */
static inline const struct md_column *const *md_ref_key(const struct md_ref *r)
{
	return r->from_side ? r->relation->from_columns : r->relation->to_columns;
}

static inline const struct md_column *const *md_ref_parent_key(const struct md_ref *r)
{
	return r->from_side ? r->relation->to_columns : r->relation->from_columns;
}

/* The number of references whose columns are in the rows: `from` and joins. Exists nodes come after
 * them in refs. */
static inline uint32_t md_bound_row_refs(const struct md_bound *b)
{
	return 1 + b->n_joins;
}

/* Are rows grouped (groupBy, aggregations)? */
static inline bool md_bound_groups(const struct md_bound *b)
{
	return b->groups_given || b->aggs_given;
}

/* Does the query need a total order, so that sort keys have to be added after those of orderBy? */
static inline bool md_bound_total_order(const struct md_bound *b)
{
	return b->has_offset || b->has_page;
}

/* Are the rows of byIds returned in the order in which the query first names their keys? The
 * process then puts them into that order. */
static inline bool md_bound_keeps_id_order(const struct md_bound *b)
{
	return b->has_ids && !b->n_joins && !b->n_order && !b->distinct && !b->has_limit && !b->has_offset &&
	       b->mode != MD_COUNT;
}

/* Does `0 op n` hold? n is not negative. */
static inline bool md_count_takes_zero(enum md_op op, int64_t n)
{
	return op == MD_OP_LE || ((op == MD_OP_EQ || op == MD_OP_GE) && n == 0) ||
	       ((op == MD_OP_NE || op == MD_OP_LT) && n != 0);
}

/* Is the aggregate a count? A count is never NULL; other aggregates are NULL over no rows and over
 * NULLs alone. */
static inline bool md_agg_counts(const struct md_bound_agg *a)
{
	return a->fn == MD_FN_COUNT || a->fn == MD_FN_COUNT_DISTINCT;
}

static inline struct md_type md_output_type(const struct md_bound_output *o)
{
	return o->agg ? o->agg->type : o->use.column->type;
}

/* Writes the bound query as readable text, for tests and debugging. */
struct md_query;
void md_bound_dump(struct md_buf *b, const struct md_query *q, const struct md_bound *bound);

#endif
