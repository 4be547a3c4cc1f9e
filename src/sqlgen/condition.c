/* Conditions. Logic stays SQL's own, three-valued: NOT is written as NOT, never pushed into what it negates. Promises: every group below the top stands in
 * parentheses, so that no operator's precedence matters. */
#include "sqlgen/condition.h"

static void member(struct md_sql_text *s, const struct md_cond *c);

static void members(struct md_sql_text *s, const struct md_cond *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		if (i && c->kind == MD_COND_AND)
			sql_kw(s, " AND ");
		else if (i)
			sql_kw(s, " OR ");
		member(s, c->parts[i]);
	}
}

static bool is_group(const struct md_cond *c)
{
	return c->kind == MD_COND_AND || c->kind == MD_COND_OR;
}

static void group(struct md_sql_text *s, const struct md_cond *c)
{
	sql_kw(s, "(");
	if (is_group(c))
		members(s, c);
	else
		member(s, c);
	sql_kw(s, ")");
}

static void around_param(struct md_sql_text *s, const struct md_around *around, const struct md_value *v)
{
	sql_word(s, &around->before);
	sql_param(s, v);
	sql_word(s, &around->after);
}

static void elements(struct md_sql_text *s, const struct md_cond *c)
{
	struct md_value one = { .type = { .base = c->v[0].type.base } };
	sql_op(s, c->op);
	for (size_t i = 0; i < c->v[0].list.n; i++) {
		if (i)
			sql_kw(s, ", ");
		else
			sql_kw(s, "(");
		one.text = c->v[0].list.items[i];
		sql_param(s, &one);
	}
	sql_kw(s, ")");
}

static void in_list(struct md_sql_text *s, const struct md_cond *c)
{
	sql_column(s, &c->left, MD_PLACE_EQUAL);
	if (c->v[0].list.n <= s->dialect->list_elements)
		elements(s, c);
	else
		around_param(s, c->op == MD_OP_IN ? &s->dialect->in : &s->dialect->not_in, &c->v[0]);
}

static void compare(struct md_sql_text *s, const struct md_cond *c)
{
	sql_column(s, &c->left, c->op == MD_OP_EQ || c->op == MD_OP_NE ? MD_PLACE_EQUAL : MD_PLACE_RANGE);
	sql_op(s, c->op);
	sql_param(s, &c->v[0]);
}

static void between(struct md_sql_text *s, const struct md_cond *c)
{
	compare(s, c);
	sql_kw(s, " AND ");
	sql_param(s, &c->v[1]);
}

static void like(struct md_sql_text *s, const struct md_cond *c)
{
	sql_column(s, &c->left, MD_PLACE_BARE);
	sql_op(s, c->op);
	sql_param(s, &c->v[0]);
	sql_word(s, &s->dialect->like_end);
}

static void null_test(struct md_sql_text *s, const struct md_cond *c)
{
	sql_null(s, &c->left);
	sql_op(s, c->op);
}

static bool holds(struct md_str text, struct md_str part)
{
	for (size_t i = 0; part.n && i + part.n <= text.n; i++)
		if (!memcmp(text.p + i, part.p, part.n))
			return true;
	return false;
}

static bool by_template(const struct md_sql_text *s, const struct md_cond *c)
{
	const struct md_dialect *d = s->dialect;
	if (!d->op[c->op].n)
		return false;
	return (c->op != MD_OP_LIKE && c->op != MD_OP_NOT_LIKE) || c->v[0].text.n > d->like_bytes || holds(c->v[0].text, d->like_mistakes);
}

static void operation(struct md_sql_text *s, const struct md_cond *c)
{
	if (by_template(s, c)) {
		sql_template_op(s, c);
		return;
	}
	switch (md_operators[c->op].shape) {
	case MD_SHAPE_NONE:
		null_test(s, c);
		break;
	case MD_SHAPE_LIST:
		in_list(s, c);
		break;
	case MD_SHAPE_RANGE:
		between(s, c);
		break;
	case MD_SHAPE_PATTERN:
		like(s, c);
		break;
	default:
		compare(s, c);
	}
}

/* ---- cells ---- */

/* The first of the two columns that is a cell, unless NULL is what is asked for. */
static const struct md_pcolumn *cell_of(const struct md_cond *c)
{
	if (c->kind != MD_COND_OP && c->kind != MD_COND_COLUMNS)
		return NULL;
	if (sql_is_cell(&c->left))
		return c->op == MD_OP_IS_NULL || c->op == MD_OP_IS_NOT_NULL ? NULL : &c->left;
	return c->kind == MD_COND_COLUMNS && sql_is_cell(&c->right) ? &c->right : NULL;
}

/* CASE WHEN shown THEN column op value END: unknown where the cell is NULL, like the operator on the cell, but the column keeps what an
 * expression would not have: its affinity on SQLite, its array type on ClickHouse. */
static void on_cell(struct md_sql_text *s, const struct md_cond *c, const struct md_pcolumn *cell)
{
	struct md_cond raw = *c;
	(cell == &c->left ? &raw.left : &raw.right)->through = NULL;
	sql_kw(s, "CASE WHEN ");
	sql_condition(s, cell->through->shown);
	sql_kw(s, " THEN ");
	member(s, &raw);
	sql_kw(s, " END");
}

void sql_same_key(struct md_sql_text *s, const struct md_pcolumn *left, const struct md_pcolumn *right)
{
	sql_column(s, left, MD_PLACE_EQUAL);
	sql_kw(s, " = ");
	sql_column(s, right, MD_PLACE_BARE);
}

static void plain_member(struct md_sql_text *s, const struct md_cond *c)
{
	switch (c->kind) {
	case MD_COND_FALSE:
		sql_word(s, &s->dialect->no);
		break;
	case MD_COND_AND:
	case MD_COND_OR:
		group(s, c);
		break;
	case MD_COND_NOT:
		sql_kw(s, "NOT ");
		group(s, c->parts[0]);
		break;
	case MD_COND_OP:
		operation(s, c);
		break;
	case MD_COND_COLUMNS:
		if (c->by_value) {
			sql_compare_columns(s, c);
			break;
		}
		sql_same_key(s, &c->left, &c->right);
		break;
	case MD_COND_EXISTS:
		sql_exists(s, c->sub);
		break;
	}
}

static void member(struct md_sql_text *s, const struct md_cond *c)
{
	const struct md_pcolumn *cell = cell_of(c);
	if (cell)
		on_cell(s, c, cell);
	else
		plain_member(s, c);
}

void sql_condition(struct md_sql_text *s, const struct md_cond *c)
{
	if (c->kind == MD_COND_AND)
		members(s, c);
	else
		member(s, c);
}
