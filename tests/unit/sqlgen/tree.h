/* Trees made by hand, written in any dialect, and printed as one line: "SQL | value, [list] | error". */
#ifndef SQLGEN_TREE_H
#define SQLGEN_TREE_H

#include "world.h"

extern struct md_arena arena; /* a test's own; reset by each call of line */
extern struct md_error error;

/* Any pointer serves as guard: the writer asks only whether there is one. */
#define GUARD ((const struct md_guarded_table *)&arena)

/* SELECT t0."id" AS c0 FROM "t" AS t0, to be changed by the test. */
struct md_tree tree_of(enum md_dialect_id sql);
const char *line(const struct md_tree *t);

struct md_pcolumn column(uint32_t table, const char *name, enum md_base_type type);
struct md_value scalar(enum md_base_type type, const char *text);
struct md_value list(enum md_base_type type, const char *const *items, size_t n); /* items outlive the value */
struct md_cond op(enum md_op op, struct md_pcolumn left, struct md_value v0, struct md_value v1);
struct md_cond group(enum md_cond_kind kind, const struct md_cond *const *parts, uint32_t n);
#define GROUP(kind, ...) group(kind, (const struct md_cond *const[]){ __VA_ARGS__ }, sizeof((const struct md_cond *const[]){ __VA_ARGS__ }) / sizeof(void *))
/* The line of a statement with this WHERE, without what stands before it. */
const char *where(enum md_dialect_id sql, const struct md_cond *c);

#endif
