/* The physical tree: what a plan's query becomes when its names are resolved. The SQL writer sees only these structs:
 * no API name, no metadata look-up. */
#ifndef MD_RESOLVE_TREE_H
#define MD_RESOLVE_TREE_H

#include "planner/plan.h"
#include "resolve/shape.h"

/* What is read in place of a bare column, from the inside out: its cell, its date bucket, an aggregate of these. */
struct md_through {
	const struct md_cond *shown; /* the cell: CASE WHEN shown THEN the column END; NULL: every row shows it */
	enum md_bucket bucket;
	enum md_fn fn;               /* count without a column (name empty): of rows */
	struct md_type of;           /* the column's own type; pcolumn.type is that of the whole */
	const struct md_cond *test;  /* no column at all: 1 where this holds, otherwise 0 (is a cell clear?) */
};

struct md_pcolumn {
	const struct md_through *through; /* NULL: the column itself */
	uint32_t table;        /* index in md_tree.tables: alias t0, t1, … */
	struct md_str name;    /* one physical identifier */
	struct md_type type;
	bool nullable;         /* in this place: nullable column, or a left-joined table's */
	bool collate;          /* string comparison needs the dialect's code-point collation here */
	bool foreign_clickhouse; /* a ClickHouse table's, read through Trino, which shows some types as text */
};

enum md_cond_kind { MD_COND_FALSE, MD_COND_AND, MD_COND_OR, MD_COND_NOT, MD_COND_OP,
	             MD_COND_COLUMNS /* left op right; join keys: = */, MD_COND_EXISTS };

struct md_cond {
	enum md_cond_kind kind;
	const struct md_cond *const *parts; /* AND, OR (two or more), NOT (one) */
	uint32_t n;
	enum md_op op;                      /* OP, COLUMNS */
	struct md_pcolumn left, right;      /* OP: left; COLUMNS: both */
	bool by_value;                      /* COLUMNS: as values, exactly, whatever their types; otherwise as the engine does (join keys) */
	struct md_value v[2];               /* OP */
	const struct md_sub *sub;           /* EXISTS */
};

/* Related rows: never unknown, a NULL key has none. */
struct md_sub {
	uint32_t table;                     /* index in md_tree.tables */
	const struct md_pcolumn *parent, *child; /* keys, pair by pair */
	uint32_t n_keys;
	const struct md_cond *where;        /* the table's row predicate AND the node's filters; NULL: none */
	bool absent, counted;
	enum md_op count_op;
	int64_t count;
};

struct md_ptable {
	const struct md_guarded_table *guard; /* never NULL: the writer refuses a table without one */
	const struct md_str *name;            /* identifier parts, each quoted on its own */
	uint32_t n_name;
	bool left;                            /* LEFT JOIN, otherwise INNER; unused for the first */
	struct md_str joined_by;              /* a column of it that the join compares: NULL only where no row was joined; empty for the first */
	const struct md_cond *on;             /* join keys AND row predicate AND user's `on`; NULL for the first */
};

struct md_porder {
	struct md_pcolumn column;
	bool desc, nulls_first;
};

struct md_tree {
	const struct md_ptable *tables;
	uint32_t n_tables;                  /* all, one per reference; the first n_from stand in FROM, the others in exists conditions */
	uint32_t n_from;
	const struct md_pcolumn *select;
	uint32_t n_select;
	const struct md_cond *where;        /* row predicate of from, byIds, then the user's filters; NULL: none */
	bool distinct;
	const struct md_pcolumn *group;     /* GROUP BY */
	uint32_t n_group;
	const struct md_cond *having;       /* left columns are aggregates; NULL: none */
	const struct md_porder *order;
	uint32_t n_order;
	uint32_t sorts_from;                /* outputs from here on are there for the order of a page alone; 0: none */
	const struct md_after *after;       /* only rows behind this place in the order, a value per key of it; NULL: all */
	bool after_groups;                  /* the place is among groups (HAVING): some key is an aggregate */
	int64_t limit, offset;              /* -1: none */
	bool count;                         /* SELECT count(*) */
	bool has_left;                      /* some table is left joined (ClickHouse: join_use_nulls) */
	enum md_dialect_id dialect;
	const struct md_shape_output *outputs; /* one per select; none in count mode */
	int64_t row_bound;                  /* at most so many rows can come (limit, byIds); -1: unknown */
};

/* API names to physical names through plan.sources; row predicates and joins to conditions. `only` NULL: all ids, the caller's own columns.
 * `only` set: a cache-miss statement: those ids, and all columns that the cache holds. 0, or -1 when memory is out. Pure. */
int md_resolve(struct md_ctx *cx, const struct md_plan *p, const struct md_ids *only, struct md_tree *out, struct md_shape *shape);

#endif
