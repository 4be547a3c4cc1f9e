/* Trees made by hand, written in any dialect, and printed as one line: "SQL | value, [list]", or
 * "CODE: message". What the makers return lives in static memory and may be changed by the test. */
#ifndef SQLGEN_TREE_H
#define SQLGEN_TREE_H

#include "world.h"

extern struct md_arena arena; /* a test's own; reset by each call of line */
extern struct md_error error;

/* A row predicate that every row passes. */
extern const struct md_predicate every_row;

/* SELECT t0."id" AS c0 FROM "t" AS t0, to be changed by the test; t1 to t3 are joined tables that
 * the FROM leaves out. */
struct md_tree tree_of(enum md_dialect_id dialect);
struct md_scan scan_named(const struct md_str *name, uint32_t n); /* MD_SCAN_FROM, for every row */
void join_scan(struct md_scan *scan, enum md_scan_form form, const struct md_expr *parent, const struct md_expr *child);
/* What the caller asks of the scan. */
void ask_scan(struct md_scan *scan, const struct md_condition *c);
void select_exprs(struct md_tree *t, const struct md_expr *const *v, uint32_t n);
/* Interns an expression to group or sort by; returns its index. */
uint32_t add_expr(struct md_tree *t, const struct md_expr *e);
const char *line(const struct md_tree *t);

struct md_expr *column(uint32_t scan, const char *name, enum md_base_type type);
/* Does the column's database compare strings by code point already? */
void set_collation_needed(struct md_expr *column, bool needed);
struct md_value scalar(enum md_base_type type, const char *text);
struct md_value list(enum md_base_type type, const char *const *items, size_t n); /* items outlive the value */
struct md_condition *op(enum md_op op, struct md_expr *left, struct md_value v0, struct md_value v1);
struct md_condition *versus(enum md_op op, struct md_expr *left, struct md_expr *right);
struct md_condition *exists(const struct md_related *related);
struct md_condition *group(enum md_condition_kind kind, const struct md_condition *const *parts, uint32_t n);
#define GROUP(kind, ...) \
	group(kind, (const struct md_condition *const[]){ __VA_ARGS__ }, \
	      sizeof((const struct md_condition *const[]){ __VA_ARGS__ }) / sizeof(void *))
/* `column = value` as a row predicate. */
const struct md_predicate *row_predicate(const struct md_expr *column, struct md_value v);
/* The line of a statement with this WHERE, without what stands before it. */
const char *where(enum md_dialect_id dialect, const struct md_condition *c);

#endif
