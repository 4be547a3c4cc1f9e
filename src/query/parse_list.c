/* The plain lists of a definition: columns, orderBy, byIds. Refuses wrong JSON types (each with
 * the code of its part) and lists over their limits; elements that are wrong are reported and
 * left out. */
#include "query/private.h"

/* limits.columns bounds what a definition names, over all its tables together. */
static bool count_columns(struct md_parse *p, size_t n, const struct md_at *at)
{
	int64_t most = p->cx->meta->limits.columns;
	if (p->columns + n > (uint64_t)most) {
		if (!p->columns_over)
			md_parse_over(p, at, "columns", most, p->columns + n);
		p->columns_over = true;
		return false;
	}
	p->columns += (uint32_t)n;
	return true;
}

bool md_parse_columns(struct md_parse *p, const struct md_json *v, const struct md_at *at, struct md_named **out,
                      uint32_t *n)
{
	size_t size = md_json_size(v);
	struct md_json_iter it;
	if (md_json_type(v) != MD_JSON_ARRAY) {
		md_parse_wrong_with(p, MD_INVALID_VALUE, at, "an array of column names", v,
		                    MD_DETAILS(.hint = md_foreign_word_hint(MD_WORD_IN_COLUMNS, md_json_text(v))));
		return false;
	}
	if (!count_columns(p, size, at))
		return true;
	const struct md_at *up = md_parse_keep(p, at);
	struct md_named *names = md_alloc(p->cx->arena, size * sizeof *names);
	if (!up || !names)
		return false;
	*out = names;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < size; i++) {
		struct md_named *named = &names[*n];
		named->at = (struct md_at){ .up = up, .index = i };
		if (md_parse_string(p, MD_INVALID_VALUE, md_json_next(&it, NULL), &named->at, &named->name))
			++*n;
	}
	return true;
}

static void read_order_column(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_order *o = node;
	o->broken |= !md_parse_string(p, MD_INVALID_ORDER_BY, v, at, &o->column);
}

static void read_order_table(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_order *o = node;
	o->broken |= !md_parse_string(p, MD_INVALID_ORDER_BY, v, at, &o->table);
}

static void read_direction(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "asc", "desc" };
	struct md_order *o = node;
	unsigned word = 0;
	if (!md_parse_find_word(v, words, 2, &word))
		md_parse_wrong_word(p, MD_INVALID_ORDER_BY, v, at, words, 2,
		                    MD_DETAILS(.direction = md_json_text(v),
		                               .hint = md_foreign_word_hint(MD_WORD_IN_DIRECTION, md_json_text(v))));
	o->desc = word == 1;
}

static void read_nulls(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "first", "last" };
	struct md_order *o = node;
	unsigned word = 0;
	if (md_parse_word(p, MD_INVALID_ORDER_BY, v, at, words, 2, &word))
		o->nulls = word == 0 ? MD_NULLS_FIRST : MD_NULLS_LAST;
}

enum { ORDER_COLUMN = 1 }; /* bit of the first */
static const struct md_member order_members[] = {
	MD_MEMBER("column", read_order_column),
	MD_MEMBER("direction", read_direction),
	MD_MEMBER("table", read_order_table),
	MD_MEMBER("nulls", read_nulls),
};

static void read_order(struct md_parse *p, struct md_order *o, const struct md_json *v)
{
	if (md_json_type(v) != MD_JSON_OBJECT) {
		md_parse_wrong(p, MD_INVALID_ORDER_BY, &o->at, "an object with column", v);
		o->broken = true;
		return;
	}
	uint32_t seen = md_parse_object(p, MD_MEMBERS(order_members, MD_WORD_IN_ORDER), o, v, &o->at);
	o->broken |= !(seen & ORDER_COLUMN);
	if (!(seen & (ORDER_COLUMN | MD_KEYS_UNKNOWN)))
		md_parse_missing(p, MD_INVALID_ORDER_BY, &o->at, "column", "a column name");
}

void md_parse_order(struct md_parse *p, const struct md_json *v, const struct md_at *at)
{
	size_t n = md_json_size(v);
	struct md_json_iter it;
	if (md_json_type(v) != MD_JSON_ARRAY) {
		md_parse_wrong(p, MD_INVALID_ORDER_BY, at, "an array of {column, direction?}", v);
		return;
	}
	if (n > (uint64_t)p->cx->meta->limits.columns) {
		md_parse_over(p, at, "columns", p->cx->meta->limits.columns, n);
		return;
	}
	const struct md_at *up = md_parse_keep(p, at);
	struct md_order *order = md_new_n(p->cx->arena, struct md_order, n);
	if (!up || !order)
		return;
	p->q->order = order;
	p->q->n_order = (uint32_t)n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++) {
		order[i].at = (struct md_at){ .up = up, .index = i };
		read_order(p, &order[i], md_json_next(&it, NULL));
	}
}

void md_parse_ids(struct md_parse *p, const struct md_json *v, const struct md_at *at)
{
	size_t n = md_json_size(v);
	int64_t most = p->cx->meta->limits.ids;
	struct md_json_iter it;
	if (md_json_type(v) != MD_JSON_ARRAY || n == 0) {
		md_parse_wrong(p, MD_INVALID_BY_IDS, at, "a non-empty array of keys", v);
		return;
	}
	p->q->ids_given = true;
	if (n > (uint64_t)most) {
		md_parse_over(p, at, "ids", most, n);
		return;
	}
	const struct md_at *up = md_parse_keep(p, at);
	struct md_id *ids = md_new_n(p->cx->arena, struct md_id, n);
	if (!up || !ids)
		return;
	p->q->ids = ids;
	p->q->n_ids = (uint32_t)n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++) {
		ids[i].at = (struct md_at){ .up = up, .index = i };
		ids[i].value = md_json_next(&it, NULL);
	}
}
