/* Which columns come out, and under which names. Omitted columns are all that the caller may
 * see, in metadata order. Rows are flat: a name that more than one table has among its selected
 * columns is written table.column on every side. */
#include "validation/private.h"

static void append_output(struct md_check *c, uint32_t ref, const struct md_column *col)
{
	c->outputs[c->bound->n_outputs++] = (struct md_bound_output){ .use = { ref, col }, .name = col->api_name };
}

static void report_repeated(struct md_check *c, const struct md_ref *r, const struct md_named *named)
{
	md_report(c->cx, MD_INVALID_VALUE, &named->at,
	          MD_DETAILS(.table = r->as, .column = named->name, .expected = MD_STR("each column once"),
	                     .actual = named->name),
	          "column '%.*s' is selected twice", MD_FMT(named->name));
}

static enum md_use_kind use_of_selected(const struct md_query *q)
{
	return q->distinct ? MD_USE_DISTINCT : MD_USE_SELECT;
}

static void select_named(struct md_check *c, uint32_t ref, const struct md_named *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct md_column_use use = { &names[i].at, use_of_selected(c->q), MD_UNKNOWN_COLUMN, 0, 0 };
		bool first;
		const struct md_column *col = md_check_column(c, ref, names[i].name, &use, &first);
		if (!col)
			continue;
		if (first)
			append_output(c, ref, col);
		else
			report_repeated(c, &c->refs[ref], &names[i]);
	}
}

static void mark_visible(struct md_check *c, uint32_t ref)
{
	const struct md_view *view = c->refs[ref].view;
	struct md_ref_state *state = &c->states[ref];
	for (uint32_t w = 0; w < md_words(view->table->n_columns); w++) {
		state->used[w] |= view->visible[w];
		if (state->cells)
			state->cells[w] |= view->visible[w];
	}
}

static void select_all(struct md_check *c, uint32_t ref)
{
	const struct md_ref *r = &c->refs[ref];
	struct md_at at = { .key = MD_STR("distinct") };
	struct md_column_use use = { &at, use_of_selected(c->q), MD_UNKNOWN_COLUMN, 0, 0 };
	if (c->notes)
		c->notes->depends_on_view = true;
	for (uint32_t i = 0; i < r->table->n_columns; i++) {
		const struct md_column *col = &r->table->columns[i];
		enum md_gate gate = md_gate_column(r->view, col, use.kind);
		if (gate == MD_GATE_OPEN)
			append_output(c, ref, col);
		else if (gate == MD_GATE_MASKED)
			md_report_masked(c, r, col->api_name, &use);
	}
	mark_visible(c, ref);
}

/* The columns that are named for a reference of the row. */
static const struct md_named *names_of(const struct md_query *q, uint32_t ref, uint32_t *n)
{
	*n = ref ? q->joins[ref - 1].n_columns : q->n_columns;
	return ref ? q->joins[ref - 1].columns : q->columns;
}

static void select_from_ref(struct md_check *c, uint32_t ref)
{
	uint32_t n;
	const struct md_named *names = names_of(c->q, ref, &n);
	if (!c->refs[ref].table)
		return;
	if (c->refs[ref].all_columns)
		select_all(c, ref);
	else
		select_named(c, ref, names, n);
}

/* At most so many outputs. */
static size_t count_outputs(const struct md_check *c)
{
	size_t most = 0;
	for (uint32_t i = 0; i < md_bound_row_refs(c->bound); i++) {
		uint32_t n;
		names_of(c->q, i, &n);
		if (c->refs[i].table)
			most += c->refs[i].all_columns ? c->refs[i].table->n_columns : n;
	}
	return most;
}

struct md_str md_check_qualified(struct md_check *c, uint32_t ref, struct md_str column)
{
	struct md_str table = c->refs[ref].as;
	char *p = md_alloc(c->cx->arena, table.n + 1 + column.n + 1);
	if (!p)
		return column;
	memcpy(p, table.p, table.n);
	p[table.n] = '.';
	memcpy(p + table.n + 1, column.p, column.n);
	p[table.n + 1 + column.n] = '\0';
	return (struct md_str){ p, table.n + 1 + column.n };
}

static void qualify_output(struct md_check *c, struct md_bound_output *o)
{
	struct md_str column = o->use.column->api_name;
	if (o->name.p == column.p)
		o->name = md_check_qualified(c, o->use.ref, column);
}

/* Within one table names differ, so that a name met before belongs to another table. */
static void name_outputs(struct md_check *c)
{
	struct md_map seen = { 0 };
	if (md_map_init(&seen, c->cx->arena, c->bound->n_outputs))
		return;
	for (uint32_t i = 0; i < c->bound->n_outputs; i++) {
		uint32_t other = md_map_put(&seen, c->outputs[i].use.column->api_name, i);
		if (other == MD_NONE)
			continue;
		qualify_output(c, &c->outputs[other]);
		qualify_output(c, &c->outputs[i]);
	}
}

static void report_nothing_selected(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("from") };
	struct md_str label = c->cx->access->label;
	md_report(c->cx, MD_ACCESS_DENIED, &at,
	          MD_DETAILS(.table = c->q->from, .role = md_check_roles(c),
	                     .expected = MD_STR("at least one visible column"), .actual = c->q->from),
	          "no column of '%.*s' is granted to %.*s", MD_FMT(c->q->from), MD_FMT(label));
}

static bool shows_nothing(const struct md_check *c)
{
	return c->bound->n_outputs == 0 && c->refs[0].all_columns && c->refs[0].table && c->bound->mode != MD_COUNT;
}

void md_check_select(struct md_check *c)
{
	c->bound->outputs = c->outputs = md_alloc(c->cx->arena, count_outputs(c) * sizeof *c->outputs);
	if (!c->outputs)
		return;
	for (uint32_t i = 0; i < md_bound_row_refs(c->bound); i++)
		select_from_ref(c, i);
	if (c->q->n_joins)
		name_outputs(c);
	if (shows_nothing(c) && c->cx->err->problems.n == 0)
		report_nothing_selected(c);
}
