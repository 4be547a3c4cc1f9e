/* The physical tree: what one statement reads, in physical names. Made by md_resolve
 * (resolve/resolve.h), read by the SQL writers; immutable once made. The tree holds everything that
 * the writers need: they see no API name and look nothing up in the metadata.
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

/* A column as the database stores it, without regard to what the caller may see of it. The type is
 * complete in resolve/columns.c alone, which makes raw columns for six purposes
 * (resolve/private.h); other files read a raw column through md_raw_column. */
struct md_raw;

struct md_physical {
	struct md_str name;         /* one physical identifier */
	const struct md_real_type *real; /* as the metadata has it for the source that is read */
	uint32_t scan;              /* index in md_tree.scans: alias t0, t1, … */
	uint8_t form;               /* how the dialect writes a column of its types (md_form_of_column) */
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
	MD_EXPR_ID_PLACE,   /* which of `ids` the key `of` is equal to, from 1; NULL where a text of them is its own */
	MD_EXPR_SORT_VALUE, /* `of` as the order compares it: selected as a cursor's sort value */
	MD_EXPR_POSITION,   /* the place of `of`, an enum, in its order, from 1; NULL: no label */
	MD_EXPR_LABEL,      /* the label at the place `of` */
	MD_EXPR_TEST        /* 1 where `shown` holds or `of` is NULL, otherwise 0 */
};

struct md_predicate;

struct md_expr {
	enum md_expr_kind kind;
	enum md_bucket bucket;            /* BUCKET */
	enum md_fn fn;                    /* AGGREGATE */
	struct md_type type;              /* of the whole expression */
	bool nullable;                    /* in this statement: every column of a left-joined table is */
	const struct md_labels *labels;   /* where the type is enum: its labels in order; NULL: another type */
	const struct md_raw *raw;         /* RAW, CELL */
	const struct md_predicate *shown; /* CELL: where the cell shows a value; NULL: on every row. TEST */
	const struct md_value *ids;       /* ID_PLACE: a list */
	/* ID_PLACE, BUCKET, SORT_VALUE, POSITION, LABEL; AGGREGATE, TEST: NULL where there is
	 * none */
	const struct md_expr *of;
};

/* Is it read through a cell rule, or by the labels of an enum? Each rendering of such an expression
 * allocates new parameters, so engines would not match two texts of it. */
static inline bool md_expr_holds_parameters(const struct md_expr *e)
{
	while (e && !e->shown && e->kind != MD_EXPR_POSITION && e->kind != MD_EXPR_LABEL)
		e = e->of;
	return e != NULL;
}

/* Does a group show one of its values by the expression? */
static inline bool md_is_least_or_greatest(const struct md_expr *e)
{
	return e->kind == MD_EXPR_AGGREGATE && (e->fn == MD_FN_MIN || e->fn == MD_FN_MAX);
}

/* The real type that must hold what the expression is compared with; NULL: every value fits. */
static inline const struct md_real_type *md_bounding_type(const struct md_expr *e)
{
	if (md_is_least_or_greatest(e))
		e = e->of;
	if (!e->raw || e->type.array)
		return NULL;
	const struct md_real_type *real = md_raw_column(e->raw)->real;
	if (real->family == MD_REAL_UNKNOWN)
		return NULL;
	return md_real_is_bounded(real, (enum md_base_type)e->type.base) ? real : NULL;
}

enum md_predicate_kind {
	MD_PREDICATE_TRUE,
	MD_PREDICATE_FALSE,
	MD_PREDICATE_AND,
	MD_PREDICATE_OR,
	MD_PREDICATE_COMPARE
};

/* A row predicate or a cell rule on raw columns. TRUE is never a part of another predicate. */
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
	MD_CONDITION_DECIDED,   /* holds, or does not, for every value of left; unknown where left is NULL */
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
	bool holds;                              /* DECIDED */
};

/* Rows of an exists node's scan. The condition is never unknown: a NULL key has no related rows. */
struct md_related {
	uint32_t scan;
	bool lists_keys;     /* written as a list of keys where the dialect takes both forms */
	bool is_absent;      /* holds where no such row exists; unused where rows are counted */
	bool is_counted;     /* holds where `number of rows count_op count` does */
	enum md_op count_op;
	int64_t count;
	uint32_t slot;       /* counted: index of the count in md_values.counts */
};

/* A pair of relation keys: raw columns, compared with the engine's own equality. */
struct md_key_pair {
	const struct md_expr *parent, *child;
	bool is_child_referenced; /* the relation references the child's column, not the parent's */
};

/* Of each key the row with the newest version, where the rows of a table are versions. Physical
 * names of the scan's table. */
struct md_latest {
	const struct md_str *key;
	uint32_t n_key;
	const struct md_str *version;
	uint32_t n_version;
	const struct md_predicate *exists; /* holds for rows that are no deletes; NULL: deletes are not marked */
	const struct md_str *columns;      /* those that the statement reads outside */
	uint32_t n_columns;
};

enum md_scan_form { MD_SCAN_FROM, MD_SCAN_INNER_JOIN, MD_SCAN_LEFT_JOIN, MD_SCAN_EXISTS };

/* One table reference. Keys, row predicate and the caller's conditions are separate members; the
 * SQL writer alone combines them in WHERE, ON or a sub-query. */
struct md_scan {
	enum md_scan_form form;
	/* how the current rows are found in the table; the writer refuses MD_READING_UNKNOWN */
	enum md_replica_reading reading;
	const struct md_latest *latest;   /* LATEST */
	/* the row predicate: the rows that the caller sees, of a replica those that also exist. The
	 * writer refuses a scan where it is NULL */
	const struct md_predicate *rows;
	const struct md_str *name;        /* identifier parts, each quoted on its own */
	const struct md_key_pair *keys;   /* from a parent to this table; none for MD_SCAN_FROM */
	uint32_t n_name, n_keys;
	bool is_replica;
	/* the caller's conditions, ANDed: filters, `on`, or the filters of an exists node */
	const struct md_condition *const *asked;
	uint32_t n_asked;
};

/* An expression that the statement selects, groups by or sorts by. Equal expressions are stored
 * once, so that comparing their indexes compares the expressions. */
struct md_interned {
	const struct md_expr *expr;
	uint32_t output; /* index in md_tree.outputs; MD_NONE: the expression is not selected */
};

struct md_sort_key {
	uint32_t expr; /* index in md_tree.exprs */
	bool desc, nulls_first;
	/* it only makes the order total: any order does that distinguishes the values */
	bool is_tie_break;
};

struct md_tree {
	enum md_dialect_id dialect;
	const struct md_scan *scans;        /* one per table reference: n_from of `from` and joins, then others */
	uint32_t n_scans, n_from;
	const struct md_stmt_table *tables; /* by scan: its name and columns, as the statement reports them */
	const struct md_condition *ids;     /* of byIds; NULL: the query has no byIds */
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
	const struct md_position *after;    /* only rows after this position in the order; NULL: all rows */
	bool after_groups;                  /* `after` is compared in HAVING, because a sort key is an aggregate */
	int64_t limit, offset;              /* -1: none */
	/* values decided about the shape, which no other values can take over (resolve/fit.c) */
	bool depends_on_values;
	int64_t row_bound;                  /* the most rows that the statement can return; -1: unknown */
};

#endif
