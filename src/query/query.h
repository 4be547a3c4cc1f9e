/* The query definition as a tree (spec 2). query/parse.c fills the parsed part and checks shapes and unknown keys; validation
 * resolves names and values into the fields under "resolved". Later stages read only the resolved fields: from there on no
 * API name decides anything. Everything lives in the request's arena; names point into the parsed JSON. */
#ifndef MD_QUERY_QUERY_H
#define MD_QUERY_QUERY_H

#include "base/ctx.h"
#include "json/json.h"
#include "metadata/metadata.h"
#include "query/operators.h"

enum md_mode { MD_EXECUTE, MD_SQL_ONLY, MD_COUNT };

/* A use of one column of one table reference. */
struct md_use {
	uint32_t ref;                   /* index in query.refs */
	const struct md_column *column; /* of refs[ref].table */
};

struct md_named {
	struct md_str name;
	struct md_at at;
	/* resolved */
	const struct md_column *column;
};

enum md_filter_kind { MD_FILTER_VALUE, MD_FILTER_COLUMNS, MD_FILTER_GROUP, MD_FILTER_EXISTS };

struct md_filter {
	struct md_at at;
	enum md_filter_kind kind;
	bool broken;                 /* already reported by the parser: validation skips it */
	struct md_str column, table; /* table.p NULL: not given */
	struct md_str op_text;
	const struct md_json *value; /* NULL: absent */
	struct md_str ref_column, ref_table;
	bool any, negated;           /* group: logic "or"; `not` */
	struct md_filter **parts;    /* group: its members; exists: its filters, ANDed */
	uint32_t n_parts;
	struct md_exists *exists;    /* exists nodes alone; `table` is theirs */
	/* resolved */
	struct md_use use, ref_use;
	const struct md_agg *agg;    /* inside having: the aggregate that `column` names; `use` is then unset */
	const struct md_operator *op;
	struct md_value v[2];        /* [0] the operand, or between's from; [1] between's to */
};

/* Related rows exist, do not exist, or number so many. */
struct md_exists {
	struct md_str via, parent;   /* .p NULL: not given */
	bool reverse, reverse_given; /* a self relation needs it said */
	bool absent;                 /* `exists` is false; ignored where counted */
	bool counted;
	enum md_op count_op;         /* = != > < >= <= */
	int64_t count;
	/* resolved */
	uint32_t ref;                /* its table reference; 0 while unresolved */
};

struct md_filters {
	struct md_filter **v;
	uint32_t n;
};

struct md_join {
	struct md_at at;
	bool broken;
	struct md_str table, as, via, parent; /* .p NULL: not given */
	bool reverse, reverse_given, inner; /* a self relation needs `reverse` said */
	bool columns_given;
	struct md_named *columns;
	uint32_t n_columns;
	struct md_filters filters, on;
	/* resolved */
	uint32_t ref; /* its table reference; 0 while unresolved (0 is `from`) */
};

struct md_order {
	struct md_at at;
	struct md_str column, table;
	bool desc, broken;
	enum { MD_NULLS_DEFAULT, MD_NULLS_FIRST, MD_NULLS_LAST } nulls; /* default: NULL above every value */
	/* resolved: one of three */
	struct md_use use;               /* where group and agg are NULL */
	const struct md_group *group;
	const struct md_agg *agg;
};

static inline bool md_order_nulls_first(const struct md_order *o)
{
	return o->nulls == MD_NULLS_DEFAULT ? o->desc : o->nulls == MD_NULLS_FIRST;
}

enum md_bucket { MD_BUCKET_NONE, MD_YEAR, MD_QUARTER, MD_MONTH, MD_WEEK, MD_DAY, MD_HOUR, MD_MINUTE };

struct md_group {
	struct md_at at;
	bool broken;
	struct md_str column, table, as; /* table, as: .p NULL where not given */
	enum md_bucket bucket;
	/* resolved */
	struct md_use use;
	struct md_str name;              /* `as` or the column */
};

enum md_fn { MD_FN_NONE, MD_FN_COUNT, MD_FN_COUNT_DISTINCT, MD_FN_SUM, MD_FN_AVG, MD_FN_MIN, MD_FN_MAX };

struct md_agg {
	struct md_at at;
	bool broken;
	enum md_fn fn;
	struct md_str column, table, alias; /* column "*": rows */
	/* resolved */
	struct md_use use;                  /* column NULL: rows are counted */
	struct md_type type;                /* of the result */
};

/* A value in the last row of the page before. */
struct md_after {
	bool null;
	struct md_str text;              /* canonical, as a parameter */
};

struct md_id {
	struct md_at at;
	const struct md_json *value;
	/* resolved: one text per key column, in the order of table.key */
	const struct md_str *keys;
};

/* One occurrence of a table in the query: refs[0] is `from`, then come joins in order, then exists nodes in the order of the definition, an outer one
 * before what is inside it. */
struct md_ref {
	const struct md_table *table;
	struct md_str as;                   /* the name that the definition and the result use: `as` or the apiName */
	const struct md_join *join;         /* NULL for from and exists */
	const struct md_exists *exists;     /* NULL for from and joins */
	uint32_t parent;                    /* ref it joins to */
	const struct md_relation *relation; /* NULL for from */
	bool from_side;                     /* this ref is the relation's `from` side, the parent its `to` side */
	bool left;                          /* nullable side of a left join */
	const struct md_view *view;         /* what the caller may see of it (access/access.h) */
	uint64_t *used;                     /* bitmap over table.columns: selected, filtered, ordered, keys and relation columns */
	uint64_t *cells;                    /* bitmap: those of them whose cells are read; NULL where view.by_rule is: cells are columns */
};

/* One output column, in order. */
struct md_out {
	struct md_use use;        /* of an aggregate over rows: column NULL */
	const struct md_group *group; /* the grouping that it shows; NULL: none */
	const struct md_agg *agg; /* the aggregate that it shows; NULL: none */
	struct md_str name; /* the key in the result's rows: column, or table.column where two tables share it */
};

enum { MD_WANT_CACHE = 1, MD_WANT_REPLICA = 2, MD_WANT_TRINO = 4 }; /* prefer, avoid */

struct md_query {
	struct md_str from;
	bool columns_given;
	struct md_named *columns;
	uint32_t n_columns;
	struct md_filters filters;
	struct md_join *joins;
	uint32_t n_joins;
	uint32_t n_exists;            /* exists nodes, nested ones too */
	struct md_order *order;
	uint32_t n_order;
	bool distinct, allow_fan_out;
	struct md_group *groups;
	uint32_t n_groups;
	struct md_agg *aggs;
	uint32_t n_aggs;
	bool groups_given, aggs_given;
	struct md_filters having;
	int64_t limit, offset;        /* -1: not given */
	int64_t page_first;           /* -1: no page */
	bool page_given;
	struct md_str page_after;     /* the cursor; .p NULL: the first page */
	bool ids_given;
	struct md_id *ids;            /* resolved: repeats removed, order of first mention */
	uint32_t n_ids;
	bool freshness_given;
	struct md_str freshness;      /* the word; empty where maxLagMs was given */
	int64_t max_lag_ms;           /* when freshness_given */
	enum md_mode mode;
	bool prefer_given;            /* then the policy's preference does not count, whatever stands there */
	unsigned prefer, avoid;       /* MD_WANT_… */
	bool debug, number_strings;
	bool without_log;             /* "debug": false: a result leaves the debug log out */
	int64_t timeout_ms;           /* 0: not given */
	/* resolved */
	struct md_ref *refs;
	uint32_t n_refs;              /* from, joins, exists nodes */
	struct md_out *outs;
	uint32_t n_outs;
	const struct md_after *after; /* of page_after, one per key of the order, which resolving makes; NULL: the first page. The cursor room opens it */
	uint32_t n_after;
};

/* References whose columns the row has: from and joins. Exists nodes stand behind them. */
static inline uint32_t md_query_row_refs(const struct md_query *q)
{
	return 1 + q->n_joins;
}

/* Does `0 op n` hold? n is not negative. */
static inline bool md_count_takes_zero(enum md_op op, int64_t n)
{
	return op == MD_OP_LE || ((op == MD_OP_EQ || op == MD_OP_GE) && n == 0) || ((op == MD_OP_NE || op == MD_OP_LT) && n != 0);
}

/* Are rows put together (groupBy, aggregations)? */
static inline bool md_query_groups(const struct md_query *q)
{
	return q->groups_given || q->aggs_given;
}

/* Is a total order asked for, so that it has to go on where orderBy ends? (spec 2, Order) */
static inline bool md_query_total_order(const struct md_query *q)
{
	return q->offset >= 0 || q->page_given;
}

/* Do the rows of byIds come in the order of first mention? (spec 2, Order) They are then put so in the process. */
static inline bool md_query_keeps_id_order(const struct md_query *q)
{
	return q->ids_given && !q->n_joins && !q->n_order && !q->distinct && q->limit < 0 && q->offset < 0 && q->mode != MD_COUNT;
}

static inline struct md_type md_out_type(const struct md_out *o)
{
	return o->agg ? o->agg->type : o->use.column->type;
}

/* Is an aggregate a count, never NULL? Others are over no rows, and over NULLs alone. */
static inline bool md_agg_counts(const struct md_agg *a)
{
	return a->fn == MD_FN_COUNT || a->fn == MD_FN_COUNT_DISTINCT;
}

/* The JSON value to a tree. Reports every shape problem (UNKNOWN_KEY with did-you-mean, INVALID_…, UNSUPPORTED, LIMIT_EXCEEDED) in
 * cx->err and goes on; 0 with *out set even then (md_fail_if_problems decides later), -1 only when memory is out or the
 * value is not an object (INVALID_BODY). cx->meta gives the limits. Pure. */
int md_query_parse(struct md_ctx *cx, const struct md_json *json, struct md_query **out);

/* A readable print of the tree, for tests and debugging. */
void md_query_dump(struct md_buf *b, const struct md_query *q);

#endif
