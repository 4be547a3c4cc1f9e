/* The order of rows that are not grouped. Promises: with an offset or a page the order is total;
 * where an engine orders rows by an index of its own choice, their order, and which of them a limit
 * takes, does not depend on values that are hidden from the caller
 * (docs/adr/0025-cells-and-masks.md). */
#include "resolve/private.h"

static bool is_ordered_by(const struct md_bound *b, uint32_t ref, const struct md_column *c)
{
	for (uint32_t i = 0; i < b->n_order; i++)
		if (b->order[i].use.ref == ref && b->order[i].use.column == c)
			return true;
	return false;
}

/* Does the requested order distinguish all values of the column? A cell that is NULL on some rows
 * does not, because rows with NULL are equal in the order. */
static bool is_distinguished_by_order(const struct md_bound *b, uint32_t ref, const struct md_column *c)
{
	return !md_bit(b->refs[ref].view->by_row, c->index) && is_ordered_by(b, ref, c);
}

/* Could the order of the rows reveal hidden values? Some engines return rows without a complete
 * ORDER BY in the order of an index, which exists or is made for the statement. Any table may have
 * columns that the metadata leaves out, so any such index may hold hidden values. */
static bool may_order_reveal(const struct md_resolving *r)
{
	return r->facts->unordered_shows_values && !md_bound_keeps_id_order(r->bound);
}

/* ---- sort keys ---- */

struct md_sort_list {
	struct md_sort_key *v;
	uint32_t n;
};

/* Distinct rows are sorted only by what they select. */
static void append_sorted_expr(struct md_resolving *r, struct md_sort_list *list, uint32_t expr)
{
	uint32_t sorted = md_sort_expr(r, expr);
	if (r->bound->distinct && md_is_position(r, sorted) && r->exprs[sorted].output == MD_NONE)
		md_select_expr(r, sorted, MD_STR("place"))->hidden = true;
	list->v[list->n++] = (struct md_sort_key){ .expr = sorted };
}

static int append_sort_key(struct md_resolving *r, struct md_sort_list *list, const struct md_expr *e)
{
	if (!e)
		return -1;
	append_sorted_expr(r, list, md_intern(r, e));
	return 0;
}

static int append_requested_order(struct md_resolving *r, struct md_sort_list *list)
{
	for (uint32_t i = 0; i < r->bound->n_order; i++) {
		const struct md_bound_order *o = &r->bound->order[i];
		if (append_sort_key(r, list, md_cell(r, o->use)))
			return -1;
		list->v[i].desc = o->desc;
		list->v[i].nulls_first = o->nulls_first;
	}
	return 0;
}

/* A page compares its position with the canonical value of each key, and orders by it. An offset
 * skips the same rows on every engine. Any other order needs only to tell the keys apart, which an
 * index of the stored values serves. */
static int append_tie_break(struct md_resolving *r, struct md_sort_list *list, uint32_t ref, const struct md_column *c)
{
	const struct md_expr *e = md_raw_tie_break(r, ref, c);
	if (!e || r->bound->has_page || r->bound->has_offset)
		return append_sort_key(r, list, e);
	list->v[list->n++] = (struct md_sort_key){ .expr = md_intern(r, e), .is_tie_break = true };
	return 0;
}

/* The keys of `from` and of the joined tables make the order total. */
static int append_table_keys(struct md_resolving *r, struct md_sort_list *list)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < md_bound_row_refs(b); i++) {
		const struct md_table *t = b->refs[i].table;
		for (uint32_t k = 0; k < t->n_key; k++)
			if (!is_distinguished_by_order(b, i, t->key[k]) && append_tie_break(r, list, i, t->key[k]))
				return -1;
	}
	return 0;
}

/* Where rows have no keys, their outputs distinguish them. Outputs of types that the engine cannot
 * sort are left out, and so are masked ones, unless policy allows sorting by them. */
static void append_outputs(struct md_resolving *r, struct md_sort_list *list)
{
	uint32_t n = r->n_outputs; /* without the places of enums that are selected below */
	for (uint32_t i = 0; i < n; i++) {
		const struct md_shape_output *c = &r->shape[i];
		bool is_requested = c->column && is_ordered_by(r->bound, c->ref, c->column);
		bool has_order = !md_is_position(r, r->outputs[i]) && !r->facts->unsortable[r->described[i].type.base];
		if (!is_requested && has_order &&
		    (c->masking == MD_UNMASKED || md_may_sort_masked(r, c->ref)))
			append_sorted_expr(r, list, r->outputs[i]);
	}
}

static bool has_table_without_key(const struct md_bound *b)
{
	for (uint32_t i = 0; i < md_bound_row_refs(b); i++)
		if (!b->refs[i].table->n_key)
			return true;
	return false;
}

/* Adds sort keys after the requested ones: the keys of the tables, and the outputs where rows are
 * distinct or a table has no key. */
static int complete_order(struct md_resolving *r, bool is_revealing, struct md_sort_list *list)
{
	const struct md_bound *b = r->bound;
	if (!b->distinct && append_table_keys(r, list))
		return -1;
	if (b->distinct || (is_revealing && has_table_without_key(b)))
		append_outputs(r, list);
	return 0;
}

int md_order_rows(struct md_resolving *r, struct md_tree *out)
{
	const struct md_bound *b = r->bound;
	bool is_revealing = may_order_reveal(r), is_total = is_revealing || md_bound_total_order(b);
	uint32_t most = b->n_order + (is_total ? md_count_keys(b) + r->n_outputs : 0);
	struct md_sort_list list = { .v = most ? md_alloc(r->arena, most * sizeof *list.v) : NULL };
	if (most && !list.v)
		return -1;
	if (append_requested_order(r, &list) || (is_total && complete_order(r, is_revealing, &list)))
		return -1;
	out->order = list.v;
	out->n_order = list.n;
	return 0;
}
