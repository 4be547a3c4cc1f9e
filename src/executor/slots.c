#include "executor/slots.h"

/* One text for a key, the same for an id and for the row that has it: parts behind their lengths, so that no two keys join alike. */
static struct md_str joined_key(struct md_arena *a, const struct md_table *t, const struct md_str *parts)
{
	struct md_buf b = { .arena = a }, scratch = { .arena = a };
	for (uint32_t i = 0; i < t->n_key; i++) {
		struct md_str s = parts[i];
		if (t->key[i]->type.base == MD_TIMESTAMP) /* a parameter has six digits, a result only those that count */
			md_timestamp_canon(&scratch, s, &s);
		md_buf_int(&b, (int64_t)s.n);
		md_buf_char(&b, ':');
		md_buf_str(&b, s);
	}
	return b.failed || scratch.failed ? MD_NOSTR : md_buf_view(&b);
}

int md_slots_init(struct md_ctx *cx, const struct md_exec *x, struct md_slots *s)
{
	*s = (struct md_slots){ .values = x->values, .table = x->bound->refs[0].table, .n_ids = x->values->n_ids };
	s->by_id = md_new_n(cx->arena, const struct md_cell *, s->n_ids);
	return s->by_id ? 0 : -1;
}

static bool make_index(struct md_ctx *cx, struct md_slots *s)
{
	if (md_map_init(&s->ids, cx->arena, s->n_ids))
		return false;
	for (uint32_t i = 0; i < s->n_ids; i++) {
		struct md_str key = joined_key(cx->arena, s->table, md_values_id(s->values, i));
		if (!key.p)
			return false;
		md_map_put(&s->ids, key, i);
	}
	return s->indexed = true;
}

bool md_slots_is(struct md_ctx *cx, const struct md_slots *s, const struct md_cell *by_column, uint32_t id)
{
	struct md_buf scratch = { .arena = cx->arena };
	for (uint32_t k = 0; k < s->table->n_key; k++) {
		const struct md_column *c = s->table->key[k];
		struct md_str want = md_values_id(s->values, id)[k];
		if (c->type.base == MD_TIMESTAMP && !md_timestamp_canon(&scratch, want, &want))
			return false;
		if (by_column[c->index].form == MD_CELL_NULL || !md_str_eq(by_column[c->index].text, want))
			return false;
	}
	return !scratch.failed;
}

struct md_cell *md_cells_copied(struct md_arena *a, const struct md_cell *cells, uint32_t n)
{
	struct md_cell *copy = md_new_n(a, struct md_cell, n);
	for (uint32_t i = 0; copy && i < n; i++) {
		copy[i] = cells[i];
		if (cells[i].form == MD_CELL_NULL || cells[i].form == MD_CELL_NOT_FINITE || cells[i].form == MD_CELL_UNFIT)
			continue;
		copy[i].text = md_str_dup(a, cells[i].text);
		if (!copy[i].text.p)
			return NULL;
	}
	return copy;
}

int md_slots_place(struct md_ctx *cx, struct md_slots *s, uint32_t id, const struct md_cell *row)
{
	if (id != MD_NONE && !s->by_id[id]) {
		s->by_id[id] = row;
		return 0;
	}
	const struct md_cell **slot = md_push(cx->arena, &s->others);
	if (!slot)
		return -1;
	*slot = row;
	return 0;
}

int md_slots_in_order(struct md_ctx *cx, const struct md_slots *s, struct md_kept *out)
{
	out->v = md_new_n(cx->arena, const struct md_cell *, (size_t)s->n_ids + s->others.n);
	if (!out->v)
		return -1;
	for (uint32_t i = 0; i < s->n_ids; i++)
		if (s->by_id[i])
			out->v[out->n++] = s->by_id[i];
	for (uint32_t i = 0; i < s->others.n; i++)
		out->v[out->n++] = s->others.v[i];
	return 0;
}

int md_key_positions(struct md_ctx *cx, const struct md_column *const *columns, uint32_t n, const struct md_table *t,
                     uint32_t **out)
{
	uint32_t *at = *out = md_new_n(cx->arena, uint32_t, t->n_key);
	if (!at)
		return -1;
	for (uint32_t k = 0; k < t->n_key; k++) {
		uint32_t c = 0;
		while (c < n && columns[c] != t->key[k])
			c++;
		if (c == n)
			return md_fail(cx, MD_INTERNAL, "the statement does not read key column '%.*s'", MD_FMT(t->key[k]->api_name));
		at[k] = c;
	}
	return 0;
}

uint32_t md_slots_id(struct md_ctx *cx, struct md_slots *s, const struct md_cell *cells, const uint32_t *at)
{
	struct md_str parts[MD_KEY_COLUMNS], key;
	if (s->table->n_key > MD_KEY_COLUMNS || (!s->indexed && !make_index(cx, s)))
		return MD_NONE; /* when memory is out, the arena tells */
	struct md_mark m = md_arena_mark(cx->arena);
	for (uint32_t k = 0; k < s->table->n_key; k++)
		parts[k] = cells[at[k]].text;
	key = joined_key(cx->arena, s->table, parts);
	uint32_t id = key.p ? md_map_get(&s->ids, key) : MD_NONE;
	md_arena_release(cx->arena, m);
	return id;
}
