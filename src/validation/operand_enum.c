/* Operands of enums: which labels an operator takes, as a list. The declared order decides, which
 * no database knows, and a list keeps the index that the column has. `=` keeps its one label and
 * `in` its list. A list can be empty: nothing is above the last label. */
#include "validation/private.h"

static struct md_str *make_room(struct md_check *c, const struct md_labels *l)
{
	return md_alloc(c->cx->arena, l->n * sizeof(struct md_str));
}

/* The labels of the places first … end, in the order of the metadata: no copy is needed. */
static void set_range(struct md_value *to, const struct md_labels *l, uint32_t first, uint32_t end)
{
	to->type.array = true;
	to->list.items = l->v + first;
	to->list.n = end > first ? end - first : 0;
}

/* All labels but those of the places. */
static void set_all_but(struct md_check *c, struct md_value *to, const struct md_labels *l, const uint32_t *places,
                        uint32_t n)
{
	struct md_str *items = make_room(c, l);
	to->type.array = true;
	to->list.n = items ? md_labels_without(l, places, n, items) : 0;
	to->list.items = items;
}

static void set_all_but_list(struct md_check *c, struct md_value *v, const struct md_labels *l)
{
	uint32_t n = (uint32_t)v->list.n, *places = md_alloc(c->cx->arena, n * sizeof *places);
	for (uint32_t i = 0; places && i < n; i++)
		places[i] = md_label_place(l, v->list.items[i]);
	set_all_but(c, v, l, places, places ? n : 0);
}

static void set_all_outside(struct md_check *c, struct md_value *to, const struct md_labels *l, uint32_t from,
                            uint32_t end)
{
	struct md_str *items = make_room(c, l);
	size_t n = 0;
	for (uint32_t i = 0; items && i < l->n; i++)
		if (i < from || i >= end)
			items[n++] = l->v[i];
	to->type.array = true;
	to->list.items = items;
	to->list.n = n;
}

void md_list_enum_operand(struct md_check *c, enum md_op op, const struct md_labels *l, struct md_value *v)
{
	uint32_t at = op == MD_OP_NOT_IN ? MD_NONE : md_label_place(l, v->text);
	switch (op) {
	case MD_OP_NE:
		set_all_but(c, v, l, &at, 1);
		break;
	case MD_OP_GT:
		set_range(v, l, at + 1, l->n);
		break;
	case MD_OP_GE:
		set_range(v, l, at, l->n);
		break;
	case MD_OP_LT:
		set_range(v, l, 0, at);
		break;
	case MD_OP_LE:
		set_range(v, l, 0, at + 1);
		break;
	case MD_OP_NOT_IN:
		set_all_but_list(c, v, l);
		break;
	case MD_OP_BETWEEN:
		set_range(v, l, at, md_label_place(l, v[1].text) + 1);
		break;
	default: /* NOT_BETWEEN */
		set_all_outside(c, v, l, at, md_label_place(l, v[1].text) + 1);
	}
}
