/* The text of one statement and its parameters, written with verbs. There is no verb that writes
 * text as it comes: words are literals of the program or of a dialect's table, names are quoted,
 * values become parameters. Failures stick: a writer goes on, and sql_done tells at the end. */
#ifndef MD_SQLGEN_SQLTEXT_H
#define MD_SQLGEN_SQLTEXT_H

#include "dialects/dialect.h"
#include "resolve/tree.h"

struct md_sql_text {
	struct md_buf text;
	const struct md_dialect *dialect;
	const struct md_scan *scans;
	struct md_value *params; /* in the order of the text */
	const struct md_real_type **held_by; /* as md_stmt.held_by, with room for cap */
	uint32_t n_params, cap;
	struct md_arena *arena;
	bool semi_joins;         /* exists conditions are written as semi-joins here */
	bool is_filter;          /* false and unknown are the same here (md_sql_form.filter) */
	bool lost_arrays;        /* words for arrays of left-joined tables stand in the text */
	bool lacks_word;         /* an operator without a text was asked for */
	size_t too_many_digits;  /* digits of a decimal that has more than the dialect takes; 0: none has */
};

/* room: a guess at the length of the text. */
void sql_begin(struct md_sql_text *s, struct md_arena *a, const struct md_dialect *d, const struct md_scan *scans,
               size_t room);
/* 0, or -1 with the error reported: memory, an operator without a text, a value that does not fit
 * the dialect. */
int sql_done(struct md_sql_text *s, struct md_ctx *cx);

/* A piece of SQL that stands in our source: only string literals pass. */
#define sql_kw(s, lit) md_buf_lit(&(s)->text, "" lit "")

/* A piece of SQL from a dialect's table. */
static inline void sql_word(struct md_sql_text *s, const struct md_str *w)
{
	if (w->n)
		md_buf_add(&s->text, w->p, w->n);
}

/* An operator's word, " = ". */
static inline void sql_op(struct md_sql_text *s, enum md_op op)
{
	s->lacks_word |= !md_op_words[op].n;
	sql_word(s, &md_op_words[op]);
}

void sql_int(struct md_sql_text *s, int64_t v);    /* a checked number: limit, offset, the number of an output */
/* "public"."orders" AS t0, of the identifier parts of a table's name. */
void sql_named_table(struct md_sql_text *s, const struct md_str *parts, uint32_t n, uint32_t alias);
void sql_alias(struct md_sql_text *s, char letter, uint32_t i);                      /* t0, c12 */
void sql_output_alias(struct md_sql_text *s, uint32_t i);                            /* AS c12 */
/* t0."id", with the words around it. */
void sql_column(struct md_sql_text *s, const struct md_physical *c, const struct md_around *around);
/* Parameters are numbered here alone. form: the number of the form of the column that the value is
 * compared with, or MD_FORM_NONE. held_by: the column's real type; NULL: the text is right for
 * every value of the declared type. */
void sql_param(struct md_sql_text *s, const struct md_value *v, uint8_t form, const struct md_real_type *held_by);
/* The same without its text; returns its number, from 1. */
uint32_t sql_param_number(struct md_sql_text *s, const struct md_value *v, uint8_t form,
                          const struct md_real_type *held_by);
/* The place of a parameter once more: numbers count from 1. */
void sql_param_again(struct md_sql_text *s, uint32_t number);
void sql_param_bare(struct md_sql_text *s, const struct md_value *v); /* the same, an array without a cast */

#endif
