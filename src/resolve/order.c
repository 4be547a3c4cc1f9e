/* The order of rows that are not grouped. Promises: with an offset or a page the order is total; where an engine
 * orders rows by an index of its own choice, their order, and which of them a limit takes, does not depend on values that are hidden from the caller (docs/adr/0025-cells-and-masks.md). */
#include "resolve/private.h"

static bool is_ordered_by(const struct md_query *q, uint32_t ref, const struct md_column *c)
{
	for (uint32_t i = 0; i < q->n_order; i++)
		if (q->order[i].use.ref == ref && q->order[i].use.column == c)
			return true;
	return false;
}

/* Does the order asked for hold the column itself? A cell that is NULL on some rows decides less than its column. */
static bool is_decided_by(const struct md_query *q, uint32_t ref, const struct md_column *c)
{
	return !md_bit(q->refs[ref].view->by_row, c->index) && is_ordered_by(q, ref, c);
}

/* ---- hidden values ---- */

/* Those of 64 columns of the table that the caller does not see, or not as they are. */
static uint64_t unseen_columns(const struct md_view *v, uint32_t word)
{
	uint32_t left = v->table->n_columns - word * 64;
	uint64_t all = left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
	return all & (~v->visible[word] | (v->by_rule ? v->by_rule[word] : 0));
}

/* Do the rows that the caller sees differ in a value that is hidden from the caller? */
static bool hides_values(const struct md_guarded_table *guarded)
{
	const struct md_view *v = md_guarded_ref(guarded)->view;
	for (uint32_t w = 0; w < md_words(v->table->n_columns); w++)
		for (uint64_t left = unseen_columns(v, w); left;)
			if (!md_pred_fixes(md_guarded_rows(guarded), &v->table->columns[md_take_bit(&left, w)]))
				return true;
	return false;
}

static bool any_table_hides_values(const struct md_resolving *r)
{
	for (uint32_t i = 0; i < r->query->n_refs; i++)
		if (hides_values(md_guarded_at(r->plan->guarded, i)))
			return true;
	return false;
}

/* Could the order of the rows reveal hidden values? Where no order is asked, such an engine reads rows in the order of the
 * index that it chooses, or of one that it makes for the statement: in the order of that index's values. */
static bool may_order_reveal(const struct md_resolving *r)
{
	return r->facts->unordered_shows_values && !md_query_keeps_id_order(r->query) && any_table_hides_values(r);
}

/* ---- sort keys ---- */

struct md_sort_list {
	struct md_sort_key *v;
	uint32_t n;
};

static int sort_by(struct md_resolving *r, struct md_sort_list *list, const struct md_expr *e)
{
	if (!e)
		return -1;
	list->v[list->n++] = (struct md_sort_key){ .expr = md_intern(r, e) };
	return 0;
}

static int sort_as_asked(struct md_resolving *r, struct md_sort_list *list)
{
	for (uint32_t i = 0; i < r->query->n_order; i++) {
		const struct md_order *o = &r->query->order[i];
		if (sort_by(r, list, md_cell(r, o->use)))
			return -1;
		list->v[i].desc = o->desc;
		list->v[i].nulls_first = md_order_nulls_first(o);
	}
	return 0;
}

/* The keys of all tables in the row make the order total. */
static int sort_by_keys(struct md_resolving *r, struct md_sort_list *list)
{
	const struct md_query *q = r->query;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++) {
		const struct md_table *t = q->refs[i].table;
		for (uint32_t k = 0; k < t->n_key; k++)
			if (!is_decided_by(q, i, t->key[k]) && sort_by(r, list, md_raw_tie_break(r, i, t->key[k])))
				return -1;
	}
	return 0;
}

/* Distinct rows have no keys: all outputs make their order total, as far as they have an order. */
static void sort_by_outputs(struct md_resolving *r, bool masked_too, struct md_sort_list *list)
{
	for (uint32_t i = 0; i < r->n_outputs; i++) {
		const struct md_shape_output *c = &r->shape[i];
		bool is_asked = c->column && is_ordered_by(r->query, c->ref, c->column);
		if (!is_asked && !r->facts->unsortable[r->described[i].type.base] && (masked_too || c->masking == MD_UNMASKED))
			list->v[list->n++] = (struct md_sort_key){ .expr = r->outputs[i] };
	}
}

static bool lacks_key(const struct md_query *q)
{
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		if (!q->refs[i].table->n_key)
			return true;
	return false;
}

/* Goes on where the order asked for ends. Rows of a table without a key, and distinct ones whose order was not asked for, are
 * told apart as far as they are shown. */
static int complete_order(struct md_resolving *r, bool reveals, struct md_sort_list *list)
{
	const struct md_query *q = r->query;
	if (!q->distinct && sort_by_keys(r, list))
		return -1;
	if (q->distinct || (reveals && lacks_key(q)))
		sort_by_outputs(r, q->distinct && md_query_total_order(q), list);
	return 0;
}

static uint32_t count_keys(const struct md_query *q)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		n += q->refs[i].table->n_key;
	return n;
}

int md_order_rows(struct md_resolving *r, struct md_tree *out)
{
	const struct md_query *q = r->query;
	bool reveals = may_order_reveal(r), total = reveals || md_query_total_order(q);
	uint32_t most = q->n_order + (total ? count_keys(q) + r->n_outputs : 0);
	struct md_sort_list list = { .v = most ? md_alloc(r->arena, most * sizeof *list.v) : NULL };
	if (most && !list.v)
		return -1;
	if (sort_as_asked(r, &list) || (total && complete_order(r, reveals, &list)))
		return -1;
	out->order = list.v;
	out->n_order = list.n;
	return 0;
}
