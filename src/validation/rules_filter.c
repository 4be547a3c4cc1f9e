/* Concept rule 5: every filter node names a table of the query, a column that passes the gate, an operator for its type. A group's parts
 * are checked even where the group itself is broken. Recursion is bounded by limits.jsonDepth: the parser made no deeper tree. */
#include "query/foreign_words.h"
#include "validation/check.h"

static void unknown_ref(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s, bool second)
{
	struct md_str table = second ? f->ref_table : f->table;
	struct md_at at = { .up = &f->at, .key = second ? MD_STR("refTable") : MD_STR("table") };
	bool later = md_check_ref(c, table, c->q->n_refs) >= 0, exists = s->in == MD_IN_EXISTS;
	const char *why = exists ? "is not that of the exists: its filters name its own table only" :
	                  later ? "is joined later: 'on' can't use it" : "is not in this query";
	struct md_str expected = exists ? c->q->refs[s->ref].as : MD_STR("from, or the name of a join");
	md_report(c->cx, MD_INVALID_FILTER, &at,
	          MD_DETAILS(.table = table, .column = f->column, .operator = f->op_text, .expected = expected, .actual = table,
	                     .suggestion = md_check_ref_near_in(c, table, s->first, s->refs)),
	          "table '%.*s' %s", MD_FMT(table), why);
}

/* The names of the operators that take the type (NULL: of all), for messages. */
static struct md_str operator_list(struct md_arena *a, const struct md_type *t)
{
	struct md_buf b = { .arena = a };
	for (unsigned i = 0; i < MD_OPS; i++) {
		const struct md_operator *op = &md_operators[i];
		if (t && !(t->array ? op->arrays : op->types >> t->base & 1))
			continue;
		md_buf_fmt(&b, "%s%s", b.n ? ", " : "", op->name);
	}
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static struct md_str near_operator(struct md_str name)
{
	struct md_str names[MD_OPS];
	for (unsigned i = 0; i < MD_OPS; i++)
		names[i] = md_str_z(md_operators[i].name);
	return md_str_nearest(name, names, MD_OPS);
}

static void unknown_operator(struct md_check *c, const struct md_filter *f, const struct md_at *at, struct md_str table,
                             const struct md_column *col)
{
	struct md_str hint = md_foreign_word_hint(MD_WORD_IN_OPERATOR, f->op_text);
	struct md_str near = md_suggestion_beside(hint, near_operator(f->op_text));
	const struct md_details details = { .table = table, .column = f->column, .operator = f->op_text, .actual = f->op_text,
		                            .expected = operator_list(c->cx->arena, col ? &col->type : NULL), .suggestion = near,
		                            .hint = hint };
	if (near.p)
		md_report(c->cx, MD_INVALID_FILTER, at, &details, "unknown operator '%.*s', did you mean '%.*s'", MD_FMT(f->op_text),
		          MD_FMT(near));
	else
		md_report(c->cx, MD_INVALID_FILTER, at, &details, "unknown operator '%.*s'", MD_FMT(f->op_text));
}

static void wrong_type(struct md_check *c, const struct md_filter *f, const struct md_at *at, const struct md_ref *r,
                       const struct md_column *col)
{
	struct md_str expected = operator_list(c->cx->arena, &col->type);
	md_report(c->cx, MD_INVALID_FILTER, at,
	          MD_DETAILS(.table = r->as, .column = f->column, .operator = f->op_text, .expected = expected, .actual = f->op_text),
	          "operator '%.*s' does not fit column '%.*s' (%s): expected one of %.*s", MD_FMT(f->op_text), MD_FMT(f->column),
	          md_type_name(col->type), MD_FMT(expected));
}

static void never_null(struct md_check *c, const struct md_filter *f, const struct md_at *at, const struct md_ref *r)
{
	md_report(c->cx, MD_INVALID_FILTER, at,
	          MD_DETAILS(.table = r->as, .column = f->column, .operator = f->op_text,
	                     .expected = MD_STR("a nullable column, or one of a left-joined table"),
	                     .actual = MD_STR("a column that is not nullable")),
	          "operator '%.*s' needs a column that can be NULL: '%.*s' of '%.*s' is not nullable", MD_FMT(f->op_text),
	          MD_FMT(f->column), MD_FMT(r->as));
}

/* col NULL: it is reported already; the operator can still be wrong by itself. */
static bool check_operator(struct md_check *c, struct md_filter *f, const struct md_ref *r, const struct md_column *col)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	const struct md_operator *op = md_operator_find(f->op_text);
	struct md_str table = r ? r->as : f->table;
	if (!op)
		unknown_operator(c, f, &at, table, col);
	else if (col && !(col->type.array ? op->arrays : op->types >> col->type.base & 1))
		wrong_type(c, f, &at, r, col);
	else if (col && (op->id == MD_OP_IS_NULL || op->id == MD_OP_IS_NOT_NULL) && !col->nullable && !r->left &&
	         !md_bit(r->view->by_row, col->index))
		never_null(c, f, &at, r);
	else
		f->op = op;
	return f->op && col;
}

static void note_use(struct md_check *c, uint32_t ref, const struct md_column *col)
{
	struct md_side *side = &c->sides[ref];
	side->indexed |= col->indexed;
	if (!side->filtered)
		side->filtered = md_new_n(c->cx->arena, uint64_t, md_words(c->q->refs[ref].table->n_columns));
	if (side->filtered)
		md_mark(side->filtered, col->index);
}

/* The column that the filter names, or its refColumn: NULL when that is reported. */
static const struct md_column *find(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s, bool second, int64_t *ref)
{
	struct md_str table = second ? f->ref_table : f->table, name = second ? f->ref_column : f->column;
	struct md_at at = { .up = &f->at, .key = second ? MD_STR("refColumn") : MD_STR("column") };
	struct md_place place = { &at, MD_USE_FILTER, MD_UNKNOWN_COLUMN };
	bool first;
	*ref = table.p ? md_check_ref_in(c, table, s->first, s->refs) : s->ref;
	if (*ref < 0)
		unknown_ref(c, f, s, second);
	else if (c->q->refs[*ref].table)
		return md_check_column(c, (uint32_t)*ref, name, &place, &first);
	return NULL;
}

static void check_value(struct md_check *c, struct md_filter *f, const struct md_filter_scope *s)
{
	int64_t ref;
	const struct md_column *col = find(c, f, s, false, &ref);
	if (!check_operator(c, f, ref < 0 ? NULL : &c->q->refs[ref], col))
		return;
	f->use = (struct md_use){ (uint32_t)ref, col };
	note_use(c, (uint32_t)ref, col);
	md_check_operand(c, f);
}

static void check_columns(struct md_check *c, struct md_filter *f, const struct md_filter_scope *s)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	int64_t ref, other;
	const struct md_column *left = find(c, f, s, false, &ref), *right = find(c, f, s, true, &other);
	f->op = md_operator_find(f->op_text);
	if (!f->op)
		unknown_operator(c, f, &at, f->table, left);
	if (!f->op || !left || !right)
		return;
	f->use = (struct md_use){ (uint32_t)ref, left };
	f->ref_use = (struct md_use){ (uint32_t)other, right };
	if (!md_check_comparable(c, f))
		return;
	note_use(c, f->use.ref, left);
	note_use(c, f->ref_use.ref, right);
}

void md_check_filter_list(struct md_check *c, struct md_filter *const *v, uint32_t n, const struct md_filter_scope *s)
{
	for (uint32_t i = 0; i < n; i++) {
		struct md_filter *f = v[i];
		if (f->kind == MD_FILTER_GROUP)
			md_check_filter_list(c, f->parts, f->n_parts, s);
		else if (f->kind == MD_FILTER_EXISTS && f->exists)
			md_check_exists(c, f, s);
		else if (!f->broken && f->kind == MD_FILTER_COLUMNS)
			check_columns(c, f, s);
		else if (!f->broken)
			check_value(c, f, s);
	}
}

static void note_unindexed(struct md_check *c, uint32_t ref)
{
	const struct md_table *t = c->q->refs[ref].table;
	const struct md_side *side = &c->sides[ref];
	struct md_str *names = md_alloc(c->cx->arena, t->n_columns * sizeof *names);
	size_t n = 0;
	for (uint32_t i = 0; names && i < t->n_columns; i++)
		if (md_bit(side->filtered, i))
			names[n++] = t->columns[i].api_name;
	md_ev2(c->cx, MD_EV_UNINDEXED, MD_S(t->api_name), MD_L(names, n));
}

void md_check_filters(struct md_check *c)
{
	struct md_query *q = c->q;
	struct md_filter_scope s = { 0, 0, md_query_row_refs(q), MD_IN_ROW };
	c->next_exists = md_query_row_refs(q);
	md_check_filter_list(c, q->filters.v, q->filters.n, &s);
	for (uint32_t i = 0; i < q->n_joins; i++) {
		struct md_filter_scope joined = { i + 1, 0, md_query_row_refs(q), MD_IN_JOIN }, on = { i + 1, 0, i + 2, MD_IN_JOIN };
		md_check_filter_list(c, q->joins[i].filters.v, q->joins[i].filters.n, &joined);
		md_check_filter_list(c, q->joins[i].on.v, q->joins[i].on.n, &on);
	}
	for (uint32_t i = 0; c->cx->trace && i < q->n_refs; i++)
		if (c->sides[i].filtered && !c->sides[i].indexed && !(i == 0 && q->ids_given))
			note_unindexed(c, i);
}
