/* What is selected, and in what order. Promises: outputs stand in the order of the query's own, what only the process needs behind them, hidden: key columns, and
 * whether cells are clear, once for all cells that are clear on the same rows;
 * a cache-miss statement selects what the cache holds and its source has, in metadata order; on SQLite the order of rows tells nothing that is hidden. */
#include "resolve/private.h"

struct outs {
	struct md_pcolumn *select;
	struct md_shape_output *columns;
	uint32_t n;
};

static bool room(struct md_resolving *r, struct outs *o, uint32_t n)
{
	*o = (struct outs){ md_alloc(r->arena, n * sizeof *o->select), md_alloc(r->arena, n * sizeof *o->columns), 0 };
	return o->select && o->columns;
}

static void push(struct md_resolving *r, struct outs *o, struct md_use u, struct md_str name)
{
	struct md_pcolumn *p = &o->select[o->n];
	md_physical(r, u.ref, u.column, p);
	o->columns[o->n++] = (struct md_shape_output){ .label = name, .type = u.column->type, .nullable = p->nullable, .column = u.column, .ref = u.ref };
}

/* A column for the process alone. */
static void push_hidden(struct md_resolving *r, struct outs *o, const struct md_column *c)
{
	struct md_pcolumn *p = &o->select[o->n];
	*p = md_physical_raw(r, 0, c);
	o->columns[o->n++] = (struct md_shape_output){ .label = c->api_name, .type = c->type, .nullable = p->nullable, .hidden = true, .column = c };
}

/* ---- masks ---- */

/* What tells whether cells are clear. */
struct test {
	uint32_t ref, at;
	const struct md_pred *clear;
};

static uint32_t add_test(struct outs *o, struct md_pcolumn test)
{
	o->select[o->n] = test;
	o->columns[o->n] = (struct md_shape_output){ .label = MD_STR("clear"), .type = test.type, .hidden = true, .ref = test.table };
	return o->n++;
}

static uint32_t find_test(struct md_resolving *r, struct outs *o, struct test *known, uint32_t *n, struct test wanted)
{
	for (uint32_t i = 0; i < *n; i++)
		if (known[i].ref == wanted.ref && known[i].clear == wanted.clear)
			return known[i].at;
	wanted.at = add_test(o, md_cell_test(r, wanted.ref, wanted.clear));
	known[(*n)++] = wanted;
	return wanted.at;
}

static bool has_rules(const struct md_query *q)
{
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		if (q->refs[i].view->by_rule)
			return true;
	return false;
}

/* Says of the first n outputs how they are masked; there is room for a test each. */
static bool mask(struct md_resolving *r, struct outs *o, uint32_t n)
{
	struct test *known = md_alloc(r->arena, n * sizeof *known);
	uint32_t tests = 0;
	for (uint32_t i = 0; known && i < n; i++) {
		struct md_shape_output *c = &o->columns[i];
		struct test wanted = { .ref = c->ref };
		c->masking = md_cell_masking(r, c->ref, c->column, &wanted.clear);
		if (c->masking == MD_MASKED_BY_ROW && r->query->distinct)
			c->clear_at = add_test(o, md_cell_state(r, &o->select[i], wanted.clear));
		else if (c->masking == MD_MASKED_BY_ROW)
			c->clear_at = find_test(r, o, known, &tests, wanted);
	}
	return known;
}

/* ---- select ---- */

static bool selected(const struct outs *o, const struct md_column *c)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (o->columns[i].ref == 0 && o->columns[i].column == c)
			return true;
	return false;
}

/* Does the caller get the column, or the process know the row by it? */
static bool asked(const struct md_query *q, const struct md_column *c)
{
	for (uint32_t i = 0; i < q->n_outs; i++)
		if (q->outs[i].use.column == c)
			return true;
	for (uint32_t k = 0; k < q->refs[0].table->n_key; k++)
		if (q->refs[0].table->key[k] == c)
			return true;
	return false;
}

/* All that an entry of the cache holds. What the caller didn't ask for, and may not be allowed to see, must not make his question fail. */
static bool cached_columns(struct md_resolving *r, struct outs *o)
{
	const struct md_table *t = r->query->refs[0].table;
	if (!room(r, o, t->n_columns))
		return false;
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (md_bit(r->plan->cached->columns, i) && md_physical_raw(r, 0, &t->columns[i]).name.p) {
			push_hidden(r, o, &t->columns[i]);
			o->columns[o->n - 1].spare = !asked(r->query, &t->columns[i]);
		}
	return true;
}

static bool own_columns(struct md_resolving *r, struct outs *o)
{
	const struct md_query *q = r->query;
	const struct md_table *t = q->refs[0].table;
	uint32_t n_key = q->mode == MD_EXECUTE && md_query_keeps_id_order(q) ? t->n_key : 0;
	bool rules = has_rules(q);
	if (!room(r, o, (rules ? 2 : 1) * q->n_outs + n_key))
		return false;
	for (uint32_t i = 0; i < q->n_outs; i++)
		push(r, o, q->outs[i].use, q->outs[i].name);
	for (uint32_t k = 0; k < n_key; k++)
		if (!selected(o, t->key[k]))
			push_hidden(r, o, t->key[k]);
	return !rules || mask(r, o, q->n_outs);
}

int md_select(struct md_resolving *r, struct md_tree *out)
{
	struct outs o;
	if (!(r->only ? cached_columns(r, &o) : own_columns(r, &o)))
		return -1;
	out->select = o.select;
	out->outputs = o.columns;
	out->n_select = o.n;
	return 0;
}

/* ---- order ---- */

static bool in_order(const struct md_query *q, uint32_t ref, const struct md_column *c)
{
	for (uint32_t i = 0; i < q->n_order; i++)
		if (q->order[i].use.ref == ref && q->order[i].use.column == c)
			return true;
	return false;
}

/* Is the order by the column itself, so that it decides as much as the column would? */
static bool ordered(const struct md_query *q, uint32_t ref, const struct md_column *c)
{
	return !md_bit(q->refs[ref].view->by_row, c->index) && in_order(q, ref, c);
}

/* Columns of the table, 64 of them, that the caller does not see, or not as they are. */
static uint64_t unseen(const struct md_view *v, uint32_t word)
{
	uint32_t left = v->table->n_columns - word * 64;
	uint64_t all = left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
	return all & (~v->visible[word] | (v->by_rule ? v->by_rule[word] : 0));
}

/* Do the rows that the caller sees differ in something that he does not see? */
static bool hides(const struct md_guarded_table *guarded)
{
	const struct md_view *v = md_guarded_ref(guarded)->view;
	for (uint32_t w = 0; w < md_words(v->table->n_columns); w++)
		for (uint64_t left = unseen(v, w); left;)
			if (!md_pred_fixes(md_guarded_rows(guarded), &v->table->columns[md_take_bit(&left, w)]))
				return true;
	return false;
}

static bool any_table_hides(const struct md_resolving *r)
{
	for (uint32_t i = 0; i < r->query->n_refs; i++)
		if (hides(md_guarded_at(r->plan->guarded, i)))
			return true;
	return false;
}

/* Could the order of the rows, or which of them a limit takes, tell what is hidden? Where no order is asked, such a dialect's engine reads the rows in the order of whatever index it
 * takes, or of one that it makes for the statement: in the order of values, which must not be values that the caller does not see (adr/0025). */
static bool order_tells(const struct md_resolving *r)
{
	return r->facts->unordered_shows_values && !md_query_keeps_id_order(r->query) && any_table_hides(r);
}

static uint32_t all_keys(const struct md_query *q)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		n += q->refs[i].table->n_key;
	return n;
}

/* Keys of all tables in the row: the order is then total, and pages by offset neither skip nor repeat. */
static uint32_t add_keys(struct md_resolving *r, struct md_porder *to)
{
	const struct md_query *q = r->query;
	uint32_t n = 0;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		for (uint32_t k = 0; k < q->refs[i].table->n_key; k++)
			if (!ordered(q, i, q->refs[i].table->key[k]))
				to[n++] = (struct md_porder){ .column = md_physical_raw(r, i, q->refs[i].table->key[k]) };
	return n;
}

/* Distinct rows have no keys: all outputs make their order total, as far as they have one (json has none on Trino). */
static uint32_t add_outputs(const struct md_resolving *r, const struct md_tree *out, bool masked_too, struct md_porder *to)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < out->n_select; i++)
		if ((masked_too || out->outputs[i].masking == MD_UNMASKED) && !r->facts->unsortable[out->outputs[i].type.base] &&
		    (!out->outputs[i].column || !in_order(r->query, out->outputs[i].ref, out->outputs[i].column)))
			to[n++] = (struct md_porder){ .column = out->select[i] };
	return n;
}

static void add_asked(struct md_resolving *r, struct md_porder *to)
{
	for (uint32_t i = 0; i < r->query->n_order; i++) {
		const struct md_order *o = &r->query->order[i];
		to[i].desc = o->desc;
		to[i].nulls_first = md_order_nulls_first(o);
		md_physical(r, o->use.ref, o->use.column, &to[i].column);
	}
}

static bool lacks_key(const struct md_query *q)
{
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		if (!q->refs[i].table->n_key)
			return true;
	return false;
}

/* Goes on where the asked order ends. Rows of a table without a key, and distinct ones whose order nobody asked, are told apart as far as they are shown. */
static uint32_t add_rest(struct md_resolving *r, const struct md_tree *out, bool tells, struct md_porder *to)
{
	const struct md_query *q = r->query;
	uint32_t n = q->distinct ? 0 : add_keys(r, to);
	if (q->distinct || (tells && lacks_key(q)))
		n += add_outputs(r, out, q->distinct && md_query_total_order(q), to + n);
	return n;
}

int md_order_by(struct md_resolving *r, struct md_tree *out)
{
	const struct md_query *q = r->query;
	bool tells = order_tells(r), total = tells || md_query_total_order(q);
	uint32_t most = q->n_order + (total ? all_keys(q) + out->n_select : 0);
	struct md_porder *v = most ? md_alloc(r->arena, most * sizeof *v) : NULL;
	if (!v)
		return most ? -1 : 0;
	add_asked(r, v);
	out->order = v;
	out->n_order = q->n_order + (total ? add_rest(r, out, tells, v + q->n_order) : 0);
	return 0;
}
