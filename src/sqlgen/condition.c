/* Predicates and conditions. Logic stays SQL's own, three-valued: NOT is written as NOT, never
 * pushed into what it negates. Promises: every group below the top stands in parentheses, so that
 * no operator's precedence matters; the row predicate of a scan is a member of its clause, beside
 * what the caller asks and never inside it. */
#include "sqlgen/private.h"

/* ---- operators ---- */

static void write_around_param(struct md_sql_text *s, const struct md_around *around, const struct md_value *v,
                               const struct md_expr *left)
{
	sql_word(s, &around->before);
	sql_operand(s, v, left);
	sql_word(s, &around->after);
}

static void write_elements(struct md_sql_text *s, enum md_op op, const struct md_value *list,
                           const struct md_expr *left)
{
	struct md_value element = { .type = { .base = list->type.base }, .origin = list->origin, .place = list->place };
	sql_op(s, op);
	for (size_t i = 0; i < list->list.n; i++) {
		if (i)
			sql_kw(s, ", ");
		else
			sql_kw(s, "(");
		element.text = list->list.items[i];
		sql_operand(s, &element, left);
	}
	sql_kw(s, ")");
}

/* A type without lists: equal to one of them, as groups of groups where they are many, because
 * engines bound a chain's depth. */
static void write_equal_to_any(struct md_sql_text *s, const struct md_expr *left, const struct md_str *items, size_t n)
{
	enum { CHAIN = 100 };
	size_t step = 1;
	if (n == 1) {
		struct md_value v = { .type = { .base = left->type.base }, .text = items[0] };
		sql_expr(s, left, MD_PLACE_EQUAL);
		sql_op(s, MD_OP_EQ);
		sql_operand(s, &v, left);
		return;
	}
	while (step * CHAIN < n)
		step *= CHAIN;
	sql_kw(s, "(");
	for (size_t i = 0; i < n; i += step) {
		if (i)
			sql_kw(s, " OR ");
		write_equal_to_any(s, left, items + i, n - i < step ? n - i : step);
	}
	sql_kw(s, ")");
}

static bool has_template(const struct md_sql_form *form, enum md_op op)
{
	return form->compare && form->compare[op].n;
}

static void write_by_template(struct md_sql_text *s, const struct md_sql_form *form, enum md_op op,
                              const struct md_expr *left, const struct md_value *v)
{
	struct sql_holes h = { .e = left, .write_column = sql_template_column, .place = MD_PLACE_BARE, .v = v };
	sql_fill(s, &form->compare[op], &h);
}

static void write_in_list(struct md_sql_text *s, const struct md_sql_form *form, enum md_op op,
                          const struct md_expr *left, const struct md_value *list)
{
	if (has_template(form, op)) {
		write_by_template(s, form, op, left, list);
		return;
	}
	if (left->type.base == MD_BYTES) {
		write_equal_to_any(s, left, list->list.items, list->list.n);
		return;
	}
	sql_expr_of_form(s, left, form, MD_PLACE_LIST);
	if (list->list.n && list->list.n <= s->dialect->list_elements)
		write_elements(s, op, list, left);
	else
		write_around_param(s, op == MD_OP_IN ? &s->dialect->in : &s->dialect->not_in, list, left);
}

static void write_comparison(struct md_sql_text *s, const struct md_sql_form *form, enum md_op op,
                             const struct md_expr *left, const struct md_value *v)
{
	bool is_equality = op == MD_OP_EQ || op == MD_OP_NE;
	if (has_template(form, op)) {
		write_by_template(s, form, op, left, v);
		return;
	}
	sql_expr_of_form(s, left, form, is_equality ? MD_PLACE_EQUAL : MD_PLACE_RANGE);
	sql_op(s, op);
	sql_operand(s, v, left);
}

static void write_two_bounds(struct md_sql_text *s, const struct md_sql_form *form, enum md_op op,
                             const struct md_expr *left, const struct md_value *v)
{
	bool is_inside = op == MD_OP_BETWEEN;
	sql_kw(s, "(");
	write_by_template(s, form, is_inside ? MD_OP_GE : MD_OP_LT, left, &v[0]);
	if (is_inside)
		sql_kw(s, " AND ");
	else
		sql_kw(s, " OR ");
	write_by_template(s, form, is_inside ? MD_OP_LE : MD_OP_GT, left, &v[1]);
	sql_kw(s, ")");
}

static void write_between(struct md_sql_text *s, const struct md_sql_form *form, enum md_op op,
                          const struct md_expr *left, const struct md_value *v)
{
	if (has_template(form, MD_OP_GE)) {
		write_two_bounds(s, form, op, left, v);
		return;
	}
	write_comparison(s, form, op, left, &v[0]);
	sql_kw(s, " AND ");
	sql_operand(s, &v[1], left);
}

static void write_like(struct md_sql_text *s, enum md_op op, const struct md_expr *left, const struct md_value *v)
{
	sql_expr(s, left, MD_PLACE_MATCH);
	sql_op(s, op);
	sql_param(s, v, MD_FORM_NONE, NULL);
	sql_word(s, &s->dialect->like_end);
}

static bool needs_template(const struct md_sql_text *s, enum md_op op, const struct md_value *v)
{
	const struct md_dialect *d = s->dialect;
	if (!d->op[op].n)
		return false;
	bool is_like = op == MD_OP_LIKE || op == MD_OP_NOT_LIKE;
	return !is_like || !md_like_takes(d, v->text);
}

/* The template of the column's form; NULL: it has none for the operator. */
static const struct md_str *template_of_column(const struct md_sql_text *s, const struct md_sql_form *form,
                                              enum md_op op)
{
	const struct md_str *templates = s->is_filter ? form->filter : form->exact;
	return templates && templates[op].n ? &templates[op] : NULL;
}

/* The form of the column has no template of its own for the operator. */
static void write_by_shape(struct md_sql_text *s, const struct md_sql_form *form, enum md_op op,
                           const struct md_expr *left, const struct md_value *v)
{
	switch (md_operators[op].shape) {
	case MD_SHAPE_NONE:
		sql_null(s, left);
		sql_op(s, op);
		break;
	case MD_SHAPE_LIST:
		write_in_list(s, form, op, left, v);
		break;
	case MD_SHAPE_RANGE:
		write_between(s, form, op, left, v);
		break;
	case MD_SHAPE_PATTERN:
		write_like(s, op, left, v);
		break;
	default:
		write_comparison(s, form, op, left, v);
	}
}

static void write_operation(struct md_sql_text *s, enum md_op op, const struct md_expr *left, const struct md_value *v)
{
	if (needs_template(s, op, v)) {
		sql_template_operation(s, op, left, v);
		return;
	}
	const struct md_sql_form *form = sql_form(s, left);
	const struct md_str *words = sql_is_plain(left) ? template_of_column(s, form, op) : NULL;
	if (words)
		sql_column_operation(s, words, left, v);
	else
		write_by_shape(s, form, op, left, v);
}

/* Do the columns need no words where they are compared with each other? */
static bool compares_as_it_is(const struct md_sql_form *left, const struct md_sql_form *right)
{
	return left == right && !left->compare && !left->column[MD_PLACE_EQUAL].before.n;
}

void sql_compare_as_keys(struct md_sql_text *s, const struct md_expr *left, enum md_op op, const struct md_expr *right)
{
	if (compares_as_it_is(sql_form(s, left), sql_form(s, right))) {
		sql_expr(s, left, MD_PLACE_BARE);
		sql_op(s, op);
		sql_expr(s, right, MD_PLACE_BARE);
		return;
	}
	sql_key(s, left, right);
	sql_op(s, op);
	sql_key(s, right, left);
}

static void write_common_text(struct md_sql_text *s, const struct md_expr *e)
{
	bool is_text = sql_around(s, e, MD_PLACE_BARE)->after.n;
	sql_expr(s, e, MD_PLACE_BARE);
	if (!is_text)
		sql_word(s, &s->dialect->common_text);
}

void sql_compare_as_texts(struct md_sql_text *s, const struct md_expr *left, enum md_op op, const struct md_expr *right)
{
	write_common_text(s, left);
	sql_op(s, op);
	write_common_text(s, right);
}

/* Words that only follow the left side, such as COLLATE, count for both; a conversion does not. As
 * one of a list the right side has no collation of its own, which would decide for both. */
static void write_right_key(struct md_sql_text *s, const struct md_expr *key, const struct md_sql_form *form)
{
	bool is_converted = form->column[MD_PLACE_EQUAL].before.n > 0;
	sql_expr_of_form(s, key, form, is_converted ? MD_PLACE_LIST : MD_PLACE_BARE);
}

static void write_joined(struct md_sql_text *s, const struct md_sql_form *form, const struct md_expr *key,
                         const struct md_expr *other)
{
	if (!form->joined.n)
		return;
	sql_joined(s, &form->joined, key, other);
	sql_kw(s, " AND ");
}

void sql_same_key(struct md_sql_text *s, const struct md_key_pair *pair, bool is_child_left)
{
	bool starts_with_child = s->dialect->left_decides ? pair->is_child_referenced : is_child_left;
	const struct md_expr *left = starts_with_child ? pair->child : pair->parent;
	const struct md_expr *right = starts_with_child ? pair->parent : pair->child;
	if (s->dialect->compares_as_keys) {
		sql_compare_as_keys(s, left, MD_OP_EQ, right);
		return;
	}
	if (sql_may_lack_operator(s, left, right)) {
		sql_compare_as_texts(s, left, MD_OP_EQ, right);
		return;
	}
	const struct md_sql_form *left_form = sql_form(s, left), *right_form = sql_form(s, right);
	write_joined(s, left_form, left, right);
	write_joined(s, right_form, right, left);
	sql_expr_of_form(s, left, left_form, MD_PLACE_EQUAL);
	sql_op(s, MD_OP_EQ);
	write_right_key(s, right, right_form);
}

/* ---- predicates ---- */

static void write_predicates(struct md_sql_text *s, const struct md_predicate *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		if (i && group->kind == MD_PREDICATE_AND)
			sql_kw(s, " AND ");
		else if (i)
			sql_kw(s, " OR ");
		sql_predicate_member(s, group->parts[i]);
	}
}

void sql_predicate_member(struct md_sql_text *s, const struct md_predicate *p)
{
	switch (p->kind) {
	case MD_PREDICATE_AND:
	case MD_PREDICATE_OR:
		sql_kw(s, "(");
		write_predicates(s, p);
		sql_kw(s, ")");
		break;
	case MD_PREDICATE_COMPARE:
		write_operation(s, p->op, p->column, p->operand);
		break;
	default: /* FALSE; TRUE is never written */
		sql_word(s, &s->dialect->no);
	}
}

void sql_predicate(struct md_sql_text *s, const struct md_predicate *p)
{
	if (p->kind == MD_PREDICATE_AND)
		write_predicates(s, p);
	else
		sql_predicate_member(s, p);
}

/* ---- conditions ---- */

static void write_asked_operation(struct md_sql_text *s, const struct md_condition *c);
static void write_node(struct md_sql_text *s, const struct md_condition *c);

static inline void write_member(struct md_sql_text *s, const struct md_condition *c)
{
	if (c->kind == MD_CONDITION_OPERATION)
		write_asked_operation(s, c);
	else
		write_node(s, c);
}

static bool is_group(const struct md_condition *c)
{
	return c->kind == MD_CONDITION_AND || c->kind == MD_CONDITION_OR;
}

static void write_members(struct md_sql_text *s, const struct md_condition *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		if (i && group->kind == MD_CONDITION_AND)
			sql_kw(s, " AND ");
		else if (i)
			sql_kw(s, " OR ");
		write_member(s, group->parts[i]);
	}
}

static void write_in_parentheses(struct md_sql_text *s, const struct md_condition *c)
{
	sql_kw(s, "(");
	if (is_group(c))
		write_members(s, c);
	else
		write_member(s, c);
	sql_kw(s, ")");
}

/* Is the left side of an operation a cell that some rows do not show? A test for NULL reads the
 * cell itself. */
static bool hides_left_side(const struct md_condition *c)
{
	return sql_is_cell(c->left) && c->op != MD_OP_IS_NULL && c->op != MD_OP_IS_NOT_NULL;
}

/* CASE WHEN shown THEN column op value END is unknown where the cell is NULL, as the operator on
 * the cell is. But the column keeps what an expression would not have: its affinity on SQLite, its
 * array type on ClickHouse. */
static void write_on_shown_rows(struct md_sql_text *s, const struct md_condition *c, const struct md_expr *hidden)
{
	struct md_expr column = *hidden;
	struct md_condition shown = *c;
	column.shown = NULL;
	if (hidden == c->left)
		shown.left = &column;
	else
		shown.right = &column;
	bool is_filter = s->is_filter;
	s->is_filter = false;
	sql_kw(s, "CASE WHEN ");
	sql_predicate(s, hidden->shown);
	sql_kw(s, " THEN ");
	write_member(s, &shown);
	sql_kw(s, " END");
	s->is_filter = is_filter;
}

static void write_negated(struct md_sql_text *s, const struct md_condition *of)
{
	bool is_filter = s->is_filter;
	s->is_filter = false;
	sql_kw(s, "NOT ");
	write_in_parentheses(s, of);
	s->is_filter = is_filter;
}

static void write_decided(struct md_sql_text *s, const struct md_condition *c)
{
	sql_kw(s, "CASE WHEN ");
	sql_null(s, c->left);
	sql_op(s, MD_OP_IS_NOT_NULL);
	sql_kw(s, " THEN ");
	sql_word(s, c->holds ? &s->dialect->yes : &s->dialect->no);
	sql_kw(s, " END");
}

/* A text that is no label of an enum is unknown, where = and IN say false, which NOT makes true. */
static bool needs_known_label(const struct md_sql_text *s, const struct md_condition *c)
{
	return !s->is_filter && c->left->raw && c->left->type.base == MD_ENUM && !c->left->type.array &&
	       md_operators[c->op].shape != MD_SHAPE_NONE;
}

static void write_on_known_labels(struct md_sql_text *s, const struct md_condition *c)
{
	const struct md_labels *l = c->left->labels;
	struct md_value all = { .type = { .base = MD_ENUM, .array = true }, .origin = MD_FROM_METADATA,
		                .list = { l->v, l->n } };
	sql_kw(s, "CASE WHEN ");
	write_in_list(s, sql_form(s, c->left), MD_OP_IN, c->left, &all);
	sql_kw(s, " THEN ");
	write_operation(s, c->op, c->left, c->operands);
	sql_kw(s, " END");
}

static void write_asked_operation(struct md_sql_text *s, const struct md_condition *c)
{
	if (hides_left_side(c))
		write_on_shown_rows(s, c, c->left);
	else if (needs_known_label(s, c))
		write_on_known_labels(s, c);
	else
		write_operation(s, c->op, c->left, c->operands);
}

static void write_asked_columns(struct md_sql_text *s, const struct md_condition *c)
{
	if (sql_is_cell(c->left))
		write_on_shown_rows(s, c, c->left);
	else if (sql_is_cell(c->right))
		write_on_shown_rows(s, c, c->right);
	else
		sql_compare_columns(s, c);
}

/* A condition that is no operation. */
static void write_node(struct md_sql_text *s, const struct md_condition *c)
{
	switch (c->kind) {
	case MD_CONDITION_AND:
	case MD_CONDITION_OR:
		write_in_parentheses(s, c);
		break;
	case MD_CONDITION_NOT:
		write_negated(s, c->parts[0]);
		break;
	case MD_CONDITION_DECIDED:
		write_decided(s, c);
		break;
	case MD_CONDITION_COLUMNS:
		write_asked_columns(s, c);
		break;
	default:
		sql_exists(s, c->related);
	}
}

void sql_conditions(struct md_sql_text *s, const struct md_condition *const *v, uint32_t n)
{
	if (n == 1 && v[0]->kind == MD_CONDITION_AND) {
		write_members(s, v[0]);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			sql_kw(s, " AND ");
		write_member(s, v[i]);
	}
}

/* ---- a scan's filter ---- */

static uint32_t predicate_members(const struct md_predicate *p)
{
	if (p->kind == MD_PREDICATE_TRUE)
		return 0;
	return p->kind == MD_PREDICATE_AND ? p->n : 1;
}

uint32_t sql_filter_members(const struct md_scan *scan, const struct md_condition *ids)
{
	return predicate_members(scan->rows) + (ids ? 1 : 0) + scan->n_asked;
}

static void write_predicate_behind(struct md_sql_text *s, const struct md_predicate *rows, bool has_begun)
{
	if (has_begun)
		sql_kw(s, " AND ");
	sql_predicate(s, rows);
}

static void write_member_behind(struct md_sql_text *s, const struct md_condition *c, bool has_begun)
{
	if (has_begun)
		sql_kw(s, " AND ");
	write_member(s, c);
}

static void write_filter(struct md_sql_text *s, const struct md_scan *scan, const struct md_condition *ids,
                         bool has_begun)
{
	if (!has_begun && sql_filter_members(scan, ids) == 1 && scan->rows->kind == MD_PREDICATE_TRUE) {
		sql_conditions(s, ids ? &ids : scan->asked, 1);
		return;
	}
	if (scan->rows->kind != MD_PREDICATE_TRUE) {
		write_predicate_behind(s, scan->rows, has_begun);
		has_begun = true;
	}
	if (ids) {
		write_member_behind(s, ids, has_begun);
		has_begun = true;
	}
	for (uint32_t i = 0; i < scan->n_asked; i++)
		write_member_behind(s, scan->asked[i], has_begun || i);
}

void sql_filter(struct md_sql_text *s, const struct md_scan *scan, const struct md_condition *ids, bool has_begun)
{
	bool is_filter = s->is_filter;
	s->is_filter = true;
	write_filter(s, scan, ids, has_begun);
	s->is_filter = is_filter;
}
