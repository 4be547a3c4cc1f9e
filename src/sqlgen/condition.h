#ifndef MD_SQLGEN_CONDITION_H
#define MD_SQLGEN_CONDITION_H

#include "sqlgen/sqltext.h"

/* A condition as it stands behind WHERE or ON: an AND there needs no parentheses, every other group has them. */
void sql_condition(struct md_sql_text *s, const struct md_cond *c);

void sql_same_key(struct md_sql_text *s, const struct md_pcolumn *left, const struct md_pcolumn *right); /* a relation's columns, as the engine compares them */

/* template.c: an operator of the dialect's own (md_dialect.op); column against column by value. */
void sql_template(struct md_sql_text *s, const struct md_str *words, const struct md_pcolumn *c); /* one whose only holes are the column */
void sql_template_op(struct md_sql_text *s, const struct md_cond *c);
void sql_compare_columns(struct md_sql_text *s, const struct md_cond *c);

/* page.c: the rows behind tree.after; there is one, and an order. */
void sql_page(struct md_sql_text *s, const struct md_tree *t);

/* exists.c: related rows; s->semi_joins says how. */
void sql_exists(struct md_sql_text *s, const struct md_sub *sub);

#endif
