/* The end of a page. Promises: at most `first` rows; whether there is one more is known from the database's reply, which was complete; the sort values of the last row as
 * parameters of their types. Memory for the longest row's sort values alone. */
#include "executor/page.h"

int md_paging_init(struct md_paging *p, struct md_arena *a, int64_t first, const struct md_shape *shape)
{
	*p = (struct md_paging){ .first = first, .shape = shape, .text = { .arena = a } };
	p->last = md_new_n(a, struct md_paged, shape->n_sort);
	return p->last ? 0 : -1;
}

bool md_paging_full(const struct md_paging *p)
{
	return p->rows == p->first;
}

/* The texts first: they move as they grow. */
int md_paging_row(struct md_paging *p, const struct md_cell *cells)
{
	p->rows++;
	p->text.n = 0;
	for (uint32_t i = 0; i < p->shape->n_sort; i++) {
		const struct md_cell *c = &cells[p->shape->sort_at[i]];
		p->last[i] = (struct md_paged){ .from = p->text.n, .n = c->text.n, .form = c->form };
		md_buf_str(&p->text, c->text);
	}
	return p->text.failed ? -1 : 0;
}

static bool spell(struct md_arena *a, enum md_base_type t, struct md_str text, struct md_sort_value *out)
{
	bool number = t == MD_INT || t == MD_BIGINT || t == MD_FLOAT || t == MD_DECIMAL;
	return !md_value_parse(a, t, text, number, true, &out->text);
}

static int no_value(struct md_ctx *cx, const struct md_paging *p, uint32_t i)
{
	const struct md_shape_output *c = &p->shape->outputs[p->shape->sort_at[i]];
	struct md_type type = p->shape->described[p->shape->sort_at[i]].type;
	return md_fail(cx, MD_QUERY_FAILED, "the page ends at a row whose %s (%s) can't be told in a cursor: expected a value of its type as a filter takes it", c->column ? "key of the order" : "aggregate",
	               md_type_name(type));
}

int md_paging_end(struct md_paging *p, struct md_ctx *cx, bool more, const struct md_position **end)
{
	struct md_sort_value *v = md_new_n(cx->arena, struct md_sort_value, p->shape->n_sort);
	struct md_position *position = md_alloc(cx->arena, sizeof *position);
	*end = NULL;
	if (!v || !position)
		return -1;
	if (!p->rows || !p->shape->n_sort)
		return 0;
	for (uint32_t i = 0; i < p->shape->n_sort; i++) {
		struct md_str text = { p->text.p + p->last[i].from, p->last[i].n };
		v[i].null = p->last[i].form == MD_CELL_NULL;
		if (v[i].null)
			continue;
		bool known = p->last[i].form != MD_CELL_NOT_FINITE && spell(cx->arena, (enum md_base_type)p->shape->described[p->shape->sort_at[i]].type.base, text, &v[i]);
		if (cx->arena->oom)
			return -1;
		if (!known)
			return more ? no_value(cx, p, i) : 0;
	}
	*position = (struct md_position){ v, p->shape->n_sort };
	*end = position;
	return 0;
}
