/* The physical tree: what one statement reads, in physical names. Made by md_resolve
 * (resolve/resolve.h), read by the SQL writers; immutable once made. The writers find here
 * everything they write: no API name, no look-up in the metadata.
 *
 * Two kinds of conditions are kept apart by their types. A predicate reads raw columns; only the
 * access room's row predicates and cell rules become predicates. A condition reads expressions;
 * everything a caller wrote becomes conditions. A caller's column is always a cell
 * (resolve/columns.c), never a raw column. */
#ifndef MD_RESOLVE_TREE_H
#define MD_RESOLVE_TREE_H

#include "cursor/position.h"
#include "planner/plan.h"
#include "sqlgen/stmt.h"

/* A column as it lies in the database, without regard to what the caller may see of it. Incomplete
 * outside resolve/columns.c, which makes one for five purposes (resolve/private.h); others read it
 * through md_raw_column. */
struct md_raw;

struct md_physical {
	struct md_str name;         /* one physical identifier */
	uint32_t scan;              /* index in md_tree.scans: alias t0, t1, … */
	bool needs_collation;       /* a string that its database does not compare by code point */
	bool is_foreign_clickhouse; /* a ClickHouse table's, read through Trino, which shows some types as text */
};

static inline const struct md_physical *md_raw_column(const struct md_raw *raw)
{
	return (const struct md_physical *)(const void *)raw; /* its first member */
}

enum md_expr_kind {
	MD_EXPR_RAW,        /* a raw column */
	MD_EXPR_CELL,       /* what the caller sees of a column: the column where `shown` holds, elsewhere NULL */
	MD_EXPR_BUCKET,     /* the start of the date bucket that `of` falls into */
	MD_EXPR_AGGREGATE,  /* a function over `of`; without `of` a count of rows */
	MD_EXPR_EXACT_FLOAT, /* `of`, a float, with all its digits: a place in an order */
	MD_EXPR_TEST        /* 1 where `shown` holds or `of` is NULL, otherwise 0 */
};

struct md_predicate;

struct md_expr {
	enum md_expr_kind kind;
	enum md_bucket bucket;            /* BUCKET */
	enum md_fn fn;                    /* AGGREGATE */
	struct md_type type;              /* of the whole */
	bool nullable;                    /* in this place: columns of a left-joined table are */
	const struct md_raw *raw;         /* RAW, CELL */
	const struct md_predicate *shown; /* CELL: NULL, every row shows it. TEST */
	const struct md_expr *of;         /* BUCKET, EXACT_FLOAT; AGGREGATE, TEST: NULL where there is none */
};

enum md_predicate_kind {
	MD_PREDICATE_TRUE,
	MD_PREDICATE_FALSE,
	MD_PREDICATE_AND,
	MD_PREDICATE_OR,
	MD_PREDICATE_COMPARE
};

/* A row predicate or a cell rule on raw columns. TRUE and FALSE stand at the top only. */
struct md_predicate {
	enum md_predicate_kind kind;
	const struct md_predicate *const *parts; /* AND, OR: two or more */
	uint32_t n;
	enum md_op op;                           /* COMPARE: = != in isNull isNotNull */
	const struct md_expr *column;            /* COMPARE: a raw column */
	const struct md_value *operand;          /* COMPARE */
};

enum md_condition_kind {
	MD_CONDITION_AND, MD_CONDITION_OR, MD_CONDITION_NOT,
	MD_CONDITION_OPERATION, /* left op operands */
	MD_CONDITION_COLUMNS,   /* left op right, compared exactly whatever their types */
	MD_CONDITION_EXISTS
};

struct md_condition {
	enum md_condition_kind kind;
	enum md_op op;                           /* OPERATION, COLUMNS */
	const struct md_condition *const *parts; /* AND, OR (two or more), NOT (one) */
	uint32_t n;
	const struct md_expr *left, *right;
	const struct md_value *operands;         /* OPERATION: as many as the operator takes */
	const struct md_related *related;        /* EXISTS */
};

/* Rows of an exists node's scan. The condition is never unknown: a NULL key has no related rows. */
struct md_related {
	uint32_t scan;
	bool is_absent;      /* no such row; unused where they are counted */
	bool is_counted;     /* the number of rows: count_op count */
	enum md_op count_op;
	int64_t count;
};

/* Relation keys, raw columns that the engine compares as it does. */
struct md_key_pair {
	const struct md_expr *parent, *child;
};

enum md_scan_form { MD_SCAN_FROM, MD_SCAN_INNER_JOIN, MD_SCAN_LEFT_JOIN, MD_SCAN_EXISTS };

/* One table reference. Its parts stay apart: the SQL writer alone puts them into WHERE, ON or the
 * sub-query. */
struct md_scan {
	enum md_scan_form form;
	const struct md_str *name;        /* identifier parts, each quoted on its own */
	uint32_t n_name;
	const struct md_key_pair *keys;   /* from a parent to this table; none for MD_SCAN_FROM */
	uint32_t n_keys;
	const struct md_predicate *rows;  /* the row predicate. Never NULL: the writer refuses a scan without one */
	/* what the caller asks beside it, ANDed: filters, `on`, an exists node's filters */
	const struct md_condition *const *asked;
	uint32_t n_asked;
};

/* An expression that the statement selects, groups by or sorts by: each stands here once, so that
 * equality is an index. */
struct md_interned {
	const struct md_expr *expr;
	uint32_t output; /* index in md_tree.outputs; MD_NONE: it is not selected */
};

struct md_sort_key {
	uint32_t expr; /* index in md_tree.exprs */
	bool desc, nulls_first;
};

struct md_tree {
	enum md_dialect_id dialect;
	const struct md_scan *scans;        /* one per table reference: n_from of the row, then those of exists nodes */
	uint32_t n_scans, n_from;
	const struct md_condition *ids;     /* byIds; NULL: not asked */
	const struct md_interned *exprs;
	uint32_t n_exprs;
	const uint32_t *outputs;            /* indexes in exprs: c0, c1, … */
	const struct md_stmt_output *described; /* the outputs, as the statement describes them to drivers */
	uint32_t n_outputs;
	bool is_distinct;
	const uint32_t *group;              /* GROUP BY: indexes in exprs */
	uint32_t n_group;
	const struct md_condition *const *having; /* on aggregates, ANDed */
	uint32_t n_having;
	const struct md_sort_key *order;
	uint32_t n_order;
	const struct md_position *after;    /* only rows behind this place in the order; NULL: all */
	bool after_groups;                  /* the place is among groups: some key is an aggregate */
	int64_t limit, offset;              /* -1: none */
	int64_t row_bound;                  /* at most so many rows can come, -1: unknown */
};

#endif
