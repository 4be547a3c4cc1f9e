/* Filters: every node names a table of the query, a column that passes the gate, an operator for
 * its type. A group's parts are checked even where the group itself is broken. Recursion is
 * bounded by limits.jsonDepth: the parser made no deeper tree. */
#include "query/foreign_words.h"
#include "validation/private.h"

#include <strings.h>

static void report_unknown_ref(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                               bool second)
{
	struct md_str table = second ? f->ref_table : f->table;
	struct md_at at = { .up = &f->at, .key = second ? MD_STR("refTable") : MD_STR("table") };
	bool exists = s->in == MD_IN_EXISTS;
	const char *why = "is not in this query";
	if (exists)
		why = "is not that of the exists: its filters name its own table only";
	else if (md_check_ref(c, table) >= 0)
		why = "is joined later: 'on' can't use it";
	struct md_str expected = exists ? c->refs[s->ref].as : MD_STR("from, or the name of a join");
	md_report(c->cx, MD_INVALID_FILTER, &at,
	          MD_DETAILS(.table = table, .column = f->column, .operator = f->op_text, .expected = expected,
	                     .actual = table,
	                     .suggestion = md_check_ref_near_in(c, table, s->first, s->refs)),
	          "table '%.*s' %s", MD_FMT(table), why);
}

static bool takes_type(const struct md_operator *op, struct md_type t)
{
	return t.array ? op->arrays : op->types >> t.base & 1;
}

static bool asks_for_null(const struct md_operator *op)
{
	return op->id == MD_OP_IS_NULL || op->id == MD_OP_IS_NOT_NULL;
}

static bool is_nullable(const struct md_ref *r, const struct md_column *col)
{
	return col->nullable || r->left;
}

static bool can_be_null(const struct md_ref *r, const struct md_column *col)
{
	return is_nullable(r, col) || md_bit(r->view->by_row, col->index);
}

/* Operators as bits of a set: those that a condition on the column would be accepted with. */
static uint32_t accepted_operators(const struct md_ref *r, const struct md_column *col)
{
	uint32_t set = 0;
	for (unsigned i = 0; i < MD_OPS; i++) {
		const struct md_operator *op = &md_operators[i];
		if (takes_type(op, col->type) && (!asks_for_null(op) || can_be_null(r, col)))
			set |= 1u << i;
	}
	return set;
}

static const uint32_t every_operator = UINT32_MAX;
static const uint32_t comparisons = 1u << MD_OP_EQ | 1u << MD_OP_NE | 1u << MD_OP_GT | 1u << MD_OP_LT | 1u << MD_OP_GE |
                                    1u << MD_OP_LE;
_Static_assert(MD_OPS <= 32, "a set of operators has 32 bits");

/* Their names, for messages. */
static struct md_str list_operators(struct md_arena *a, uint32_t set)
{
	struct md_buf b = { .arena = a };
	for (unsigned i = 0; i < MD_OPS; i++)
		if (set >> i & 1)
			md_buf_fmt(&b, "%s%s", b.n ? ", " : "", md_operators[i].name);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static bool is_negated(struct md_str operator)
{
	for (size_t i = 0; i < operator.n; i++)
		if (operator.p[i] == '!' || (operator.n - i >= 3 && !strncasecmp(operator.p + i, "not", 3)))
			return true;
	return false;
}

/* An operator of the opposite sense is never suggested, however near its name is: "notEndsWith"
 * does not mean "endsWith". Nor is one that would be refused. */
static struct md_str find_near_operator(struct md_str name, uint32_t accepted)
{
	struct md_str names[MD_OPS];
	size_t n = 0;
	for (unsigned i = 0; i < MD_OPS; i++) {
		struct md_str known = md_str_z(md_operators[i].name);
		if (is_negated(known) == is_negated(name))
			names[n++] = known;
	}
	struct md_str near = md_str_nearest(name, names, n);
	const struct md_operator *op = md_operator_find(near);
	return op && accepted >> op->id & 1 ? near : MD_NOSTR;
}

static void report_unknown_operator(struct md_check *c, const struct md_filter *f, const struct md_at *at,
                                    struct md_str table, uint32_t accepted)
{
	struct md_str hint = md_foreign_word_hint(MD_WORD_IN_OPERATOR, f->op_text);
	struct md_str near = md_suggestion_beside(hint, find_near_operator(f->op_text, accepted));
	const struct md_details details = { .table = table,
		                            .column = f->column,
		                            .operator = f->op_text,
		                            .actual = f->op_text,
		                            .expected = list_operators(c->cx->arena, accepted),
		                            .suggestion = near,
		                            .hint = hint };
	md_report(c->cx, MD_INVALID_FILTER, at, &details, "unknown operator '%.*s'%s", MD_FMT(f->op_text),
	          md_did_you_mean(c->cx->arena, near));
}

static void report_wrong_type(struct md_check *c, const struct md_filter *f, const struct md_at *at,
                              const struct md_ref *r, const struct md_column *col)
{
	struct md_str names = list_operators(c->cx->arena, accepted_operators(r, col));
	struct md_str expected = names.n ? names : MD_STR("another column, because no operator does");
	md_report(c->cx, MD_INVALID_FILTER, at,
	          MD_DETAILS(.table = r->as, .column = f->column, .operator = f->op_text, .expected = expected,
	                     .actual = f->op_text),
	          "operator '%.*s' does not fit column '%.*s' (%s): expected %s%.*s", MD_FMT(f->op_text),
	          MD_FMT(f->column), md_type_name(col->type), names.n ? "one of " : "", MD_FMT(expected));
}

static void report_never_null(struct md_check *c, const struct md_filter *f, const struct md_at *at,
                              const struct md_ref *r)
{
	md_report(c->cx, MD_INVALID_FILTER, at,
	          MD_DETAILS(.table = r->as, .column = f->column, .operator = f->op_text,
	                     .expected = MD_STR("a nullable column, or one of a left-joined table"),
	                     .actual = MD_STR("a column that is not nullable")),
	          "operator '%.*s' needs a column that can be NULL: '%.*s' of '%.*s' is not nullable",
	          MD_FMT(f->op_text),
	          MD_FMT(f->column), MD_FMT(r->as));
}

/* col NULL: it is reported already; the operator can still be wrong by itself. NULL: something
 * is wrong. */
static const struct md_operator *check_operator(struct md_check *c, const struct md_filter *f, const struct md_ref *r,
                                                const struct md_column *col)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	const struct md_operator *op = md_operator_find(f->op_text);
	struct md_str table = r ? r->as : f->table;
	if (!op)
		report_unknown_operator(c, f, &at, table, col ? accepted_operators(r, col) : every_operator);
	else if (col && !takes_type(op, col->type))
		report_wrong_type(c, f, &at, r, col);
	else if (col && asks_for_null(op) && !can_be_null(r, col))
		report_never_null(c, f, &at, r);
	else
		return col ? op : NULL;
	return NULL;
}

static void note_filtered(struct md_check *c, uint32_t ref, const struct md_column *col)
{
	struct md_ref_state *state = &c->states[ref];
	state->has_index |= col->indexed;
	if (!state->filtered)
		state->filtered = md_new_n(c->cx->arena, uint64_t, md_words(c->refs[ref].table->n_columns));
	if (state->filtered)
		md_mark(state->filtered, col->index);
}

/* The column that the filter names, or its refColumn: NULL when that is reported. */
static const struct md_column *find_column(struct md_check *c, const struct md_filter *f,
                                           const struct md_filter_scope *s, bool second, int64_t *ref)
{
	struct md_str table = second ? f->ref_table : f->table, name = second ? f->ref_column : f->column;
	struct md_at at = { .up = &f->at, .key = second ? MD_STR("refColumn") : MD_STR("column") };
	struct md_column_use use = { &at, MD_USE_FILTER, MD_UNKNOWN_COLUMN, s->first, s->refs };
	bool first;
	*ref = table.p ? md_check_ref_in(c, table, s->first, s->refs) : s->ref;
	if (*ref < 0)
		report_unknown_ref(c, f, s, second);
	else if (c->refs[*ref].table)
		return md_check_column(c, (uint32_t)*ref, name, &use, &first);
	return NULL;
}

static void bind_value(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                       struct md_bound_filter *out)
{
	int64_t ref;
	const struct md_column *col = find_column(c, f, s, false, &ref);
	const struct md_operator *op = check_operator(c, f, ref < 0 ? NULL : &c->refs[ref], col);
	if (!op)
		return;
	if (c->notes && asks_for_null(op) && !is_nullable(&c->refs[ref], col))
		c->notes->depends_on_view = true;
	note_filtered(c, (uint32_t)ref, col);
	struct md_operand operand = { .filter = f, .value = f->value, .op = op, .type = col->type,
		                      .labels = col->labels,
		                      .table = c->refs[ref].as };
	out->op = op;
	out->use = (struct md_use){ (uint32_t)ref, col };
	out->slot = md_check_operand(c, &operand);
}

static void bind_columns(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                         struct md_bound_filter *out)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	int64_t ref, other;
	const struct md_column *left = find_column(c, f, s, false, &ref), *right = find_column(c, f, s, true, &other);
	out->op = md_operator_find(f->op_text);
	if (!out->op)
		report_unknown_operator(c, f, &at, f->table, comparisons);
	if (!out->op || !left || !right)
		return;
	out->use = (struct md_use){ (uint32_t)ref, left };
	out->ref_use = (struct md_use){ (uint32_t)other, right };
	if (!md_check_comparable(c, f, out))
		return;
	note_filtered(c, out->use.ref, left);
	note_filtered(c, out->ref_use.ref, right);
}

static void bind_filter(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                        struct md_bound_filter *out)
{
	out->kind = f->kind;
	if (f->kind == MD_FILTER_GROUP) {
		out->any = f->any;
		out->negated = f->negated;
		out->parts = md_bind_filters(c, f->parts, s);
	} else if (f->kind == MD_FILTER_EXISTS && f->exists) {
		md_bind_exists(c, f, s, out);
	} else if (!f->broken && f->kind == MD_FILTER_COLUMNS) {
		bind_columns(c, f, s, out);
	} else if (!f->broken) {
		bind_value(c, f, s, out);
	}
}

/* As many as are written, in the same order. */
struct md_bound_filters md_bind_some_filters(struct md_check *c, struct md_filters filters,
                                             const struct md_filter_scope *s)
{
	struct md_bound_filter *v = md_alloc(c->cx->arena, filters.n * sizeof *v);
	for (uint32_t i = 0; v && i < filters.n; i++)
		bind_filter(c, &filters.v[i], s, &v[i]);
	return (struct md_bound_filters){ v, v ? filters.n : 0 };
}

static void note_unindexed(struct md_check *c, uint32_t ref)
{
	const struct md_table *t = c->refs[ref].table;
	const struct md_ref_state *state = &c->states[ref];
	struct md_str *names = md_alloc(c->cx->arena, t->n_columns * sizeof *names);
	size_t n = 0;
	for (uint32_t i = 0; names && i < t->n_columns; i++)
		if (md_bit(state->filtered, i))
			names[n++] = t->columns[i].api_name;
	md_ev2(c->cx, MD_EV_UNINDEXED, MD_S(t->api_name), MD_L(names, n));
}

void md_check_filters(struct md_check *c)
{
	const struct md_query *q = c->q;
	uint32_t row_refs = md_bound_row_refs(c->bound);
	struct md_filter_scope whole_row = { 0, 0, row_refs, MD_IN_ROW };
	c->next_exists = row_refs;
	c->bound->filters = md_bind_filters(c, q->filters, &whole_row);
	for (uint32_t i = 0; i < q->n_joins; i++) {
		struct md_filter_scope joined = { i + 1, 0, row_refs, MD_IN_JOIN },
				       on = { i + 1, 0, i + 2, MD_IN_JOIN };
		c->refs[i + 1].filters = md_bind_filters(c, q->joins[i].filters, &joined);
		c->refs[i + 1].on = md_bind_filters(c, q->joins[i].on, &on);
	}
	for (uint32_t i = 0; c->cx->trace && i < c->bound->n_refs; i++)
		if (c->states[i].filtered && !c->states[i].has_index && !(i == 0 && q->ids_given))
			note_unindexed(c, i);
}
