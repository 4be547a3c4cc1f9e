#include "engine/explained.h"

/* NUL-terminated; .p NULL: out of memory. */
static struct md_str predicate_text(struct md_ctx *cx, const struct md_pred *p)
{
	struct md_buf b = { .arena = cx->arena };
	md_pred_text(&b, p);
	return md_buf_text(&b);
}

static void explain_rows(struct md_ctx *cx, const struct md_guarded_table *g, struct md_explained_rows *out)
{
	const struct md_ref *ref = md_guarded_ref(g);
	out->table = ref->table->api_name;
	out->as = ref->as;
	out->predicate = predicate_text(cx, md_guarded_rows(g));
}

static void explain_cells(struct md_ctx *cx, const struct md_ref *ref, const struct md_cell_rule *rule,
                          struct md_explained_cells *out)
{
	out->table = ref->table->api_name;
	out->as = ref->as;
	out->column = rule->column->api_name;
	out->shown = predicate_text(cx, rule->shown);
	out->clear = predicate_text(cx, rule->clear);
	if (rule->clear->kind != MD_PRED_TRUE)
		out->mask = md_str_z(md_mask_name[rule->column->mask]);
}

static uint32_t count_rules(const struct md_guarded *g)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < md_guarded_count(g); i++)
		n += md_guarded_rules(md_guarded_at(g, i));
	return n;
}

static int explain_access(struct md_request *r, struct md_explained *e)
{
	uint32_t n = md_guarded_count(r->guarded);
	struct md_explained_rows *rows = md_new_n(&r->arena, struct md_explained_rows, n);
	struct md_explained_cells *cells = md_new_n(&r->arena, struct md_explained_cells, count_rules(r->guarded));
	if (!rows || !cells)
		return -1;

	for (uint32_t i = 0; i < n; i++) {
		const struct md_guarded_table *g = md_guarded_at(r->guarded, i);
		explain_rows(&r->cx, g, &rows[i]);
		for (uint32_t k = 0; k < md_guarded_rules(g); k++)
			explain_cells(&r->cx, md_guarded_ref(g), md_guarded_rule_at(g, k), &cells[e->n_cells++]);
	}
	e->rows = rows;
	e->n_rows = n;
	e->cells = cells;
	return r->arena.oom ? -1 : 0;
}

/* Writes without a trace: the debug log is about the chosen plan only. */
static int write_statements(struct md_request *r, struct md_explained *e)
{
	struct md_ctx quiet = r->cx;
	struct md_shape shape;
	quiet.trace = NULL;
	for (uint32_t i = 0; i < r->planned.n; i++) {
		const struct md_plan *p = r->planned.alternatives[i].plan;
		if (p && md_write_statement(&quiet, p, r->values, r->position, &e->statements[i], &shape))
			return -1;
	}
	return 0;
}

int md_explain_request(struct md_request *r)
{
	struct md_explained *e = md_new(&r->arena, struct md_explained);
	if (!e || explain_access(r, e))
		return md_out_of_memory(&r->cx);
	r->explained = e;
	return write_statements(r, e);
}
