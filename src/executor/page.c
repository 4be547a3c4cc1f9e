/* Promises: a page has at most `first` rows. Whether there are more is known from the database's
 * complete reply. The sort values of the last row become parameters of their types. Memory is kept
 * for the longest row's sort values alone. */
#include "executor/page.h"

int md_paging_init(struct md_paging *p, struct md_arena *a, int64_t first, const struct md_shape *shape)
{
	*p = (struct md_paging){ .first = first, .shape = shape, .text = { .arena = a } };
	p->last = md_new_n(a, struct md_paged_value, shape->n_sort);
	return p->last ? 0 : -1;
}

bool md_paging_full(const struct md_paging *p)
{
	return p->rows == p->first;
}

/* Keeps offsets instead of pointers, because the text moves as it grows. */
int md_paging_row(struct md_paging *p, const struct md_cell *cells)
{
	p->rows++;
	p->text.n = 0;
	for (uint32_t i = 0; i < p->shape->n_sort; i++) {
		const struct md_cell *c = &cells[p->shape->sort_at[i]];
		p->last[i] = (struct md_paged_value){ .from = p->text.n, .n = c->text.n, .form = c->form };
		md_buf_str(&p->text, c->text);
	}
	return p->text.failed ? -1 : 0;
}

/* False: no parameter of the type can have this value. */
static bool parse_sort_value(struct md_arena *a, enum md_base_type t, struct md_str text, struct md_sort_value *out)
{
	bool is_number = t == MD_INT || t == MD_BIGINT || t == MD_FLOAT || t == MD_DECIMAL;
	return !md_value_parse(a, t, text, is_number, true, &out->text);
}

static struct md_type sort_type(const struct md_paging *p, uint32_t i)
{
	return p->shape->described[p->shape->sort_at[i]].type;
}

static int fail_for_sort_value(struct md_ctx *cx, const struct md_paging *p, uint32_t i)
{
	const char *value = p->last[i].form == MD_CELL_NOT_FINITE ? "NaN or infinity" : "a value outside its type";
	return md_fail(cx, MD_QUERY_FAILED,
	               "cannot create a cursor: a sort value (%s) of the page's last row is %s, which cannot be bound",
	               md_type_name(sort_type(p, i)), value);
}

int md_paging_end(struct md_paging *p, struct md_ctx *cx, bool more, const struct md_position **end)
{
	struct md_sort_value *v = md_new_n(cx->arena, struct md_sort_value, p->shape->n_sort);
	struct md_position *position = md_alloc(cx->arena, sizeof *position);
	*end = NULL;
	if (!v || !position)
		return md_out_of_memory(cx);
	if (!p->rows || !p->shape->n_sort)
		return 0;

	for (uint32_t i = 0; i < p->shape->n_sort; i++) {
		enum md_base_type type = (enum md_base_type)sort_type(p, i).base;
		struct md_str text = { p->text.p + p->last[i].from, p->last[i].n };
		v[i].null = p->last[i].form == MD_CELL_NULL;
		if (v[i].null)
			continue;

		bool is_finite = p->last[i].form != MD_CELL_NOT_FINITE;
		bool is_parameter = is_finite && parse_sort_value(cx->arena, type, text, &v[i]);
		if (md_check_memory(cx))
			return -1;
		if (!is_parameter)
			return more ? fail_for_sort_value(cx, p, i) : 0;
	}
	*position = (struct md_position){ v, p->shape->n_sort };
	*end = position;
	return 0;
}
