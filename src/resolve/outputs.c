/* The outputs of a statement whose rows are not grouped. Promises: outputs stand in the order of
 * the query's own. Behind them, hidden, comes what only the process needs: key columns, and whether
 * cells are clear, once for all cells that are clear on the same rows. A cache-miss statement
 * selects what the cache holds and its source has, in the order of the metadata. */
#include "resolve/private.h"

/* ---- the caller's columns ---- */

static int select_cell(struct md_resolving *r, const struct md_bound_output *o)
{
	const struct md_expr *cell = md_cell(r, o->use);
	if (!cell)
		return -1;
	struct md_shape_output *c = md_select_expr(r, md_intern_new(r, cell), o->name);
	c->column = o->use.column;
	c->ref = o->use.ref;
	return 0;
}

static bool is_selected(const struct md_resolving *r, const struct md_column *c)
{
	for (uint32_t i = 0; i < r->n_outputs; i++)
		if (r->shape[i].ref == 0 && r->shape[i].column == c)
			return true;
	return false;
}

static int select_id_key(struct md_resolving *r, const struct md_column *key)
{
	const struct md_expr *raw = md_raw_id_output(r, key);
	if (!raw)
		return -1;
	struct md_shape_output *c = md_select_expr(r, md_intern_new(r, raw), key->api_name);
	c->column = key;
	c->hidden = true;
	return 0;
}

/* Where the engine takes different texts for equal, the text of a row's key may be that of no id.
 */
static int select_id_place(struct md_resolving *r, const struct md_column *key)
{
	if (key->type.base != MD_STRING || !r->facts->tells_id_place)
		return 0;
	const struct md_expr *raw = md_raw_id_output(r, key);
	if (!raw)
		return -1;
	if (!md_form_has_own_equality(r->facts, md_raw_column(raw->raw)->form))
		return 0;
	const struct md_expr *place = md_id_place(r, raw);
	if (!place)
		return -1;
	md_select_expr(r, md_intern_new(r, place), MD_STR("place"))->hidden = true;
	r->id_place = r->n_outputs;
	return 0;
}

/* ---- masks ---- */

static bool has_cell_rules(const struct md_bound *b)
{
	for (uint32_t i = 0; i < md_bound_row_refs(b); i++)
		if (b->refs[i].view->by_rule)
			return true;
	return false;
}

/* The output that tells whether the cell of output i is clear. */
static int select_test(struct md_resolving *r, uint32_t i, const struct md_pred *clear)
{
	const struct md_expr *cell = r->bound->distinct ? r->exprs[r->outputs[i]].expr : NULL;
	const struct md_expr *test = md_cell_state(r, r->shape[i].ref, cell, clear);
	if (!test)
		return -1;
	uint32_t expr = md_intern(r, test);
	if (r->exprs[expr].output == MD_NONE) {
		struct md_shape_output *c = md_select_expr(r, expr, MD_STR("clear"));
		c->hidden = true;
		c->ref = r->shape[i].ref;
	}
	r->shape[i].clear_at = r->exprs[expr].output;
	return 0;
}

static int mask_outputs(struct md_resolving *r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct md_pred *clear;
		struct md_shape_output *c = &r->shape[i];
		c->masking = md_cell_masking(r, (struct md_use){ c->ref, c->column }, &clear);
		if (c->masking == MD_MASKED_BY_ROW && select_test(r, i, clear))
			return -1;
	}
	return 0;
}

int md_select_columns(struct md_resolving *r)
{
	const struct md_bound *b = r->bound;
	const struct md_table *t = b->refs[0].table;
	uint32_t n_key = b->mode == MD_EXECUTE && md_bound_keeps_id_order(b) ? t->n_key : 0;
	for (uint32_t i = 0; i < b->n_outputs; i++)
		if (select_cell(r, &b->outputs[i]))
			return -1;
	for (uint32_t k = 0; k < n_key; k++)
		if (!is_selected(r, t->key[k]) && select_id_key(r, t->key[k]))
			return -1;
	if (n_key == 1 && select_id_place(r, t->key[0]))
		return -1;
	return has_cell_rules(b) ? mask_outputs(r, b->n_outputs) : 0;
}

/* ---- a cache entry's columns ---- */

/* Is the column shown to the caller, or does the process find the row by it? */
static bool is_required(const struct md_bound *b, const struct md_column *c)
{
	for (uint32_t i = 0; i < b->n_outputs; i++)
		if (b->outputs[i].use.column == c)
			return true;
	for (uint32_t k = 0; k < b->refs[0].table->n_key; k++)
		if (b->refs[0].table->key[k] == c)
			return true;
	return false;
}

/* A column that the caller did not ask for is spare: an unreadable value in it does not make the
 * answer fail. */
static int select_entry_column(struct md_resolving *r, const struct md_column *column)
{
	const struct md_sync *sync = r->plan->sources[0].sync;
	if (sync && !md_sync_has_column(sync, column))
		return 0;
	const struct md_expr *raw = md_raw_cache_output(r, column);
	if (!raw)
		return -1;
	struct md_shape_output *c = md_select_expr(r, md_intern_new(r, raw), column->api_name);
	c->column = column;
	c->hidden = true;
	r->described[r->n_outputs - 1].spare = !is_required(r->bound, column);
	return 0;
}

int md_select_entry(struct md_resolving *r)
{
	const struct md_table *t = r->bound->refs[0].table;
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (md_bit(r->plan->cached->columns, i) && select_entry_column(r, &t->columns[i]))
			return -1;
	return 0;
}
