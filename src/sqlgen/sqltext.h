/* The text of one statement and its parameters, written with verbs. There is no verb that writes text as it comes: words are literals of the program or of
 * a dialect's table, names are quoted, values become parameters. Failures stick: write on, sql_done tells. */
#ifndef MD_SQLGEN_SQLTEXT_H
#define MD_SQLGEN_SQLTEXT_H

#include "dialects/dialect.h"

struct md_sql_text {
	struct md_buf text;
	const struct md_dialect *dialect;
	const struct md_ptable *tables;
	struct md_value *params; /* in the order of the text */
	uint32_t n_params, cap;
	struct md_arena *arena;
	bool semi_joins;         /* exists conditions are written as semi-joins here */
	bool lost_arrays;        /* the dialect's words for them stand in the text */
	bool no_word;            /* an operator without a text was asked for */
	size_t too_many_digits;  /* a decimal has so many, more than the dialect takes; 0: none */
};

/* room: a guess at the length of the text. */
void sql_begin(struct md_sql_text *s, struct md_arena *a, const struct md_dialect *d, const struct md_ptable *tables, size_t room);
/* 0; -1 when memory ran out or a value does not fit the dialect (reported). */
int sql_done(struct md_sql_text *s, struct md_ctx *cx);

/* A piece of SQL that stands in our source: only string literals pass. */
#define sql_kw(s, lit) md_buf_lit(&(s)->text, "" lit "")

/* A piece of SQL from a dialect's table. */
static inline void sql_word(struct md_sql_text *s, const struct md_str *w)
{
	if (w->n)
		md_buf_add(&s->text, w->p, w->n);
}

void sql_op(struct md_sql_text *s, enum md_op op); /* an operator's word, " = " */
void sql_int(struct md_sql_text *s, int64_t v);     /* a checked number: limit, offset */
void sql_ident(struct md_sql_text *s, struct md_str name);
void sql_table(struct md_sql_text *s, const struct md_ptable *t, uint32_t i);            /* "public"."orders" AS t0 */
void sql_column(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place); /* t0."id", as the dialect wants it there */
/* What the dialect wants around a column in a place. */
const struct md_around *sql_around(const struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place);
/* through.c: a column with a `through`; sql_column comes here. */
void sql_through(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place);
/* Is it a cell and no more: hidden on some rows, neither bucket nor aggregate? */
static inline bool sql_is_cell(const struct md_pcolumn *c)
{
	return c->through && c->through->shown && !c->through->fn && !c->through->bucket;
}
/* CASE WHEN the cell is shown THEN … END, with what `value` writes of it; NULL: 1. */
void sql_shown(struct md_sql_text *s, const struct md_pcolumn *c, void (*value)(struct md_sql_text *s, const struct md_pcolumn *c));
void sql_null(struct md_sql_text *s, const struct md_pcolumn *c);                         /* what is NULL when the column is */
/* Opens what makes a term with an array of a left-joined table NULL in a row without a match: the term follows, then lost_array[2]. False: no need. */
bool sql_lost_array(struct md_sql_text *s, const struct md_pcolumn *c);
void sql_output(struct md_sql_text *s, const struct md_pcolumn *c, uint32_t i, enum md_place place); /* t0."id" AS c0 */
void sql_output_name(struct md_sql_text *s, const struct md_pcolumn *c, uint32_t i);     /* c0, in ORDER BY */
void sql_sorted(struct md_sql_text *s, const struct md_pcolumn *c);                       /* a grouped column that is no output, in ORDER BY */
void sql_aggregate(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place); /* aggregate.c: a bucket or an aggregate, for sql_column */
void sql_param(struct md_sql_text *s, const struct md_value *v);                         /* the only place that numbers parameters */
void sql_param_bare(struct md_sql_text *s, const struct md_value *v);                    /* the same, an array without a cast */

#endif
