/* Shared within the SQL writers: expressions, conditions, and the dialect's words before and after
 * them. Every function goes on after a failure; sql_done (sqltext.h) reports it. */
#ifndef MD_SQLGEN_PRIVATE_H
#define MD_SQLGEN_PRIVATE_H

#include "sqlgen/sqltext.h"

/* ---- expression.c ---- */

/* An expression that is no plain column, with the words that the dialect needs in that place. */
void sql_whole(struct md_sql_text *s, const struct md_expr *e, enum md_place place);
/* The number of the form of an expression that is no plain column: that of its column, if it has
 * the values of a column, or of what is calculated. */
uint8_t sql_form_of_whole(const struct md_sql_text *s, const struct md_expr *e);
/* A relation key, or a column beside another one, as the type that both sides have in common. */
void sql_key(struct md_sql_text *s, const struct md_expr *key, const struct md_expr *other);
/* An expression that is NULL exactly where e is. */
void sql_null(struct md_sql_text *s, const struct md_expr *e);
/* Are the rows of a group equal in this expression, without all having the same text? The group
 * shows the least of their texts, an aggregate. */
bool sql_shows_least(const struct md_sql_text *s, const struct md_expr *e);
/* An expression of GROUP BY that is no output, as a sort key. */
void sql_sorted(struct md_sql_text *s, const struct md_expr *e);
void sql_output(struct md_sql_text *s, const struct md_expr *e, uint32_t i, enum md_place place); /* t0."id" AS c0 */
/* The same where DISTINCT applies to groups. */
void sql_distinct_group_output(struct md_sql_text *s, const struct md_expr *e, uint32_t i);
void sql_output_name(struct md_sql_text *s, const struct md_expr *e, uint32_t i); /* c0, in ORDER BY */
/* An array of a left-joined table is NULL in a row without a match. Where the dialect needs words
 * for that, they are written here up to the array: the array follows, then lost_array[2]. False: no
 * words are needed. */
bool sql_open_lost_array(struct md_sql_text *s, const struct md_expr *e);

/* The column that an expression reads in the end; NULL for a count of rows. */
const struct md_physical *sql_column_of(const struct md_expr *e);

/* A column, or a cell that every row shows. */
static inline bool sql_is_plain(const struct md_expr *e)
{
	return e->raw && !e->shown;
}

/* How the dialect writes an expression: by its number, and the form itself. */
static inline uint8_t sql_form_number(const struct md_sql_text *s, const struct md_expr *e)
{
	return sql_is_plain(e) ? md_raw_column(e->raw)->form : sql_form_of_whole(s, e);
}

static inline const struct md_sql_form *sql_form(const struct md_sql_text *s, const struct md_expr *e)
{
	return &s->dialect->forms[sql_form_number(s, e)];
}

static inline const struct md_sql_form *sql_column_form(const struct md_sql_text *s, const struct md_physical *c)
{
	return &s->dialect->forms[c->form];
}

/* A parameter that is compared with the expression. */
static inline void sql_operand(struct md_sql_text *s, const struct md_value *v, const struct md_expr *left)
{
	sql_param(s, v, sql_form_number(s, left), md_bounding_type(left));
}

/* The same without its text; returns its number, from 1. */
static inline uint32_t sql_operand_number(struct md_sql_text *s, const struct md_value *v, const struct md_expr *left)
{
	return sql_param_number(s, v, sql_form_number(s, left), md_bounding_type(left));
}

static inline void sql_plain_column(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	const struct md_physical *c = md_raw_column(e->raw);
	sql_column(s, c, &sql_column_form(s, c)->column[place]);
}

/* An expression, with the words that the dialect needs in that place. */
static inline void sql_expr(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	if (sql_is_plain(e))
		sql_plain_column(s, e, place);
	else
		sql_whole(s, e, place);
}

/* The same where the form of the expression is known. */
static inline void sql_expr_of_form(struct md_sql_text *s, const struct md_expr *e, const struct md_sql_form *form,
                                    enum md_place place)
{
	if (sql_is_plain(e))
		sql_column(s, md_raw_column(e->raw), &form->column[place]);
	else
		sql_whole(s, e, place);
}

/* The words that the dialect needs before and after an expression in a place. */
static inline const struct md_around *sql_around(const struct md_sql_text *s, const struct md_expr *e,
                                                 enum md_place place)
{
	return &sql_form(s, e)->column[place];
}

/* A cell that some rows do not show. */
static inline bool sql_is_cell(const struct md_expr *e)
{
	return e->raw && e->shown;
}

/* ---- condition.c ---- */

/* A predicate after WHEN or WHERE: its AND needs no parentheses there, every other group has them.
 */
void sql_predicate(struct md_sql_text *s, const struct md_predicate *p);
/* The same as a member of a group: every group has parentheses. */
void sql_predicate_member(struct md_sql_text *s, const struct md_predicate *p);
/* A scan's filter: its row predicate, byIds (NULL: none) and the caller's conditions,
 * ANDed. has_begun: other members of the same AND were written before. */
uint32_t sql_filter_members(const struct md_scan *scan, const struct md_condition *ids);
void sql_filter(struct md_sql_text *s, const struct md_scan *scan, const struct md_condition *ids, bool has_begun);
/* Conditions, ANDed. */
void sql_conditions(struct md_sql_text *s, const struct md_condition *const *v, uint32_t n);
/* Columns of two tables, or of one, as both sides of a semi-join have them; columns of one form as
 * they are. */
void sql_compare_as_keys(struct md_sql_text *s, const struct md_expr *left, enum md_op op, const struct md_expr *right);
/* May the two columns be of types for which the engine has no operator? Then they are compared as
 * texts. */
static inline bool sql_may_lack_operator(const struct md_sql_text *s, const struct md_expr *left,
                                         const struct md_expr *right)
{
	enum md_base_type t = (enum md_base_type)left->type.base;
	if ((t != MD_UUID && t != MD_ENUM) || t != right->type.base || !s->dialect->common_text.n)
		return false;
	const struct md_physical *a = md_raw_column(left->raw), *b = md_raw_column(right->raw);
	if (t == MD_UUID)
		return a->form != b->form;
	/* without databaseType an enum may be of a type of its own or a text */
	return a->real->family == MD_REAL_UNKNOWN || !md_real_type_is_same(a->real, b->real);
}
void sql_compare_as_texts(struct md_sql_text *s, const struct md_expr *left, enum md_op op,
                          const struct md_expr *right);
/* Relation keys, as the engine compares them. */
void sql_same_key(struct md_sql_text *s, const struct md_key_pair *pair, bool is_child_left);

/* ---- table.c ---- */

/* The current rows of a scan's table, as FROM and JOIN take them: "public"."orders" AS t0. */
void sql_table(struct md_sql_text *s, const struct md_scan *scan, uint32_t i);

/* ---- template.c ---- */

/* What fills the holes of a template. */
struct sql_holes {
	const struct md_expr *e;
	/* writes e */
	void (*write_column)(struct md_sql_text *s, const struct sql_holes *h);
	enum md_place place;             /* for sql_template_column */
	const struct md_value *v;        /* operands; NULL: the template has no hole for one */
	uint32_t number;                 /* of the operand's parameter, once it is written; at first 0 */
	const struct md_expr *other;     /* the other key of a relation, in place of the first operand; NULL: none */
	uint32_t first, second;          /* the numbers of the operands' parameters, once they are written */
};
void sql_fill(struct md_sql_text *s, const struct md_str *words, struct sql_holes *h);
/* The expression with the words of h->place. */
void sql_template_column(struct md_sql_text *s, const struct sql_holes *h);

/* A template whose only hole is the expression. */
void sql_template(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e);
/* The same of a sum or an average. */
void sql_sum_template(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e);
/* A template of md_dialect.position or label: an enum, or a place, and the labels as one
 * parameter. */
void sql_template_labels(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e,
                         const struct md_labels *labels);
/* An operator that the dialect writes by a template (md_dialect.op). */
void sql_template_operation(struct md_sql_text *s, enum md_op op, const struct md_expr *left,
                            const struct md_value *operands);
/* An operator that the form of the column writes by a template (md_sql_form). */
void sql_column_operation(struct md_sql_text *s, const struct md_str *words, const struct md_expr *left,
                          const struct md_value *operands);
/* What the form of a key adds to its comparison with another one (md_sql_form.joined). */
void sql_joined(struct md_sql_text *s, const struct md_str *words, const struct md_expr *key,
                const struct md_expr *other);
void sql_compare_columns(struct md_sql_text *s, const struct md_condition *c);

/* ---- exists.c ---- */

/* Related rows; s->semi_joins and the plan say in which form. */
void sql_exists(struct md_sql_text *s, const struct md_related *related);

/* ---- page.c ---- */

/* The rows after tree.after, which is not NULL; the tree has an order. */
void sql_page(struct md_sql_text *s, const struct md_tree *t);

#endif
