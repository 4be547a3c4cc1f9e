/* Promises: each id has at most one row, rows come in the order in which the ids were first
 * mentioned, and no row is lost. */
#include "executor/id_rows.h"

#include "base/date.h"
#include "executor/stream.h"

/* One part of a key, behind its length so that different keys have different texts. */
static void append_key_part(struct md_buf *b, const struct md_column *c, struct md_str s)
{
	struct md_buf scratch = { .arena = b->arena };
	/* A parameter has six fractional digits, a result only the significant ones. */
	if (c->type.base == MD_TIMESTAMP)
		md_timestamp_canon(&scratch, s, &s);
	md_buf_int(b, (int64_t)s.n);
	md_buf_char(b, ':');
	md_buf_str(b, s);
	b->failed |= scratch.failed;
}

/* A key as one text, the same for an id and for its row. .p NULL: out of memory. */
static struct md_str make_key_text(struct md_arena *a, const struct md_table *t, const struct md_str *parts)
{
	struct md_buf b = { .arena = a };
	for (uint32_t i = 0; i < t->n_key; i++)
		append_key_part(&b, t->key[i], parts[i]);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

struct md_str md_id_rows_key(struct md_ctx *cx, const struct md_id_rows *rows, const struct md_cell *cells,
                             const uint32_t *key_at)
{
	struct md_buf b = { .arena = cx->arena };
	for (uint32_t k = 0; k < rows->table->n_key; k++)
		append_key_part(&b, rows->table->key[k], cells[key_at[k]].text);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

int md_id_rows_init(struct md_ctx *cx, const struct md_exec *x, struct md_id_rows *rows)
{
	*rows = (struct md_id_rows){ .values = x->values, .table = x->bound->refs[0].table, .n_ids = x->values->n_ids };
	rows->by_id = md_new_n(cx->arena, const struct md_cell *, rows->n_ids);
	return rows->by_id ? 0 : md_out_of_memory(cx);
}

static bool make_id_map(struct md_ctx *cx, struct md_id_rows *rows)
{
	if (md_map_init(&rows->ids, cx->arena, rows->n_ids))
		return false;
	for (uint32_t i = 0; i < rows->n_ids; i++) {
		struct md_str key = make_key_text(cx->arena, rows->table, md_values_id(rows->values, i));
		if (!key.p)
			return false;
		md_map_put(&rows->ids, key, i);
	}
	return rows->has_map = true;
}

bool md_id_rows_matches(struct md_ctx *cx, const struct md_id_rows *rows, const struct md_cell *by_column, uint32_t id)
{
	struct md_buf scratch = { .arena = cx->arena };
	for (uint32_t k = 0; k < rows->table->n_key; k++) {
		const struct md_column *c = rows->table->key[k];
		struct md_str wanted = md_values_id(rows->values, id)[k];
		if (c->type.base == MD_TIMESTAMP && !md_timestamp_canon(&scratch, wanted, &wanted))
			return false;
		if (by_column[c->index].form == MD_CELL_NULL || !md_str_eq(by_column[c->index].text, wanted))
			return false;
	}
	return !scratch.failed;
}

uint32_t md_id_rows_find(struct md_ctx *cx, struct md_id_rows *rows, const struct md_cell *cells,
                         const uint32_t *key_at)
{
	struct md_str parts[MD_KEY_COLUMNS], key;
	if (rows->table->n_key > MD_KEY_COLUMNS || (!rows->has_map && !make_id_map(cx, rows)))
		return MD_NONE; /* the arena tells when memory ran short */

	struct md_mark m = md_arena_mark(cx->arena);
	for (uint32_t k = 0; k < rows->table->n_key; k++)
		parts[k] = cells[key_at[k]].text;
	key = make_key_text(cx->arena, rows->table, parts);
	uint32_t id = key.p ? md_map_get(&rows->ids, key) : MD_NONE;
	md_arena_release(cx->arena, m);
	return id;
}

int md_id_rows_put(struct md_ctx *cx, struct md_id_rows *rows, uint32_t id, const struct md_cell *row)
{
	if (id != MD_NONE && !rows->by_id[id]) {
		rows->by_id[id] = row;
		return 0;
	}

	const struct md_cell **place = md_push(cx->arena, &rows->others);
	if (!place)
		return md_out_of_memory(cx);
	*place = row;
	return 0;
}

int md_id_rows_in_order(struct md_ctx *cx, const struct md_id_rows *rows, struct md_kept_rows *out)
{
	out->v = md_new_n(cx->arena, const struct md_cell *, (size_t)rows->n_ids + rows->others.n);
	if (!out->v)
		return md_out_of_memory(cx);

	for (uint32_t i = 0; i < rows->n_ids; i++)
		if (rows->by_id[i])
			out->v[out->n++] = rows->by_id[i];
	for (uint32_t i = 0; i < rows->others.n; i++)
		out->v[out->n++] = rows->others.v[i];
	return 0;
}

int md_find_key_outputs(struct md_ctx *cx, const struct md_column *const *columns, uint32_t n,
                        const struct md_table *t, uint32_t **out)
{
	uint32_t *at = *out = md_new_n(cx->arena, uint32_t, t->n_key);
	if (!at)
		return md_out_of_memory(cx);

	for (uint32_t k = 0; k < t->n_key; k++) {
		uint32_t c = 0;
		while (c < n && columns[c] != t->key[k])
			c++;
		if (c == n)
			return md_fail(cx, MD_INTERNAL, "the statement does not read key column '%.*s'",
			               MD_FMT(t->key[k]->api_name));
		at[k] = c;
	}
	return 0;
}

static bool has_text(const struct md_cell *c)
{
	return c->form != MD_CELL_NULL && c->form != MD_CELL_NOT_FINITE && c->form != MD_CELL_UNFIT;
}

struct md_cell *md_copy_cells(struct md_arena *a, const struct md_cell *cells, uint32_t n)
{
	struct md_cell *copy = md_new_n(a, struct md_cell, n);
	for (uint32_t i = 0; copy && i < n; i++) {
		copy[i] = cells[i];
		if (!has_text(&cells[i]))
			continue;
		copy[i].text = md_str_dup(a, cells[i].text);
		if (!copy[i].text.p)
			return NULL;
	}
	return copy;
}

/* The id that the database says the row belongs to. */
static uint32_t told_id(const struct md_id_rows *rows, const struct md_cell *row, uint32_t id_place)
{
	if (!id_place || row[id_place - 1].form == MD_CELL_NULL)
		return MD_NONE;
	uint32_t place = 0;
	struct md_str digits = row[id_place - 1].text;
	for (size_t i = 0; i < digits.n && place <= rows->n_ids; i++)
		place = place * 10 + (uint32_t)(digits.p[i] - '0');
	return place && place <= rows->n_ids ? place - 1 : MD_NONE;
}

static int keep_row(struct md_ctx *cx, struct md_id_rows *rows, const struct md_stream *stream,
                    const struct md_shape *shape, const uint32_t *key_at)
{
	const struct md_cell *row = md_copy_cells(cx->arena, stream->cells, shape->n_outputs);
	if (!row)
		return md_out_of_memory(cx);
	uint32_t id = md_id_rows_find(cx, rows, row, key_at);
	return md_id_rows_put(cx, rows, id != MD_NONE ? id : told_id(rows, row, shape->id_place), row);
}

/* The columns that the statement's outputs read. A statement whose rows are put in the order of
 * their ids reads one table. NULL: out of memory. */
static const struct md_column *const *output_columns(struct md_arena *a, const struct md_shape *shape)
{
	const struct md_column **v = md_new_n(a, const struct md_column *, shape->n_outputs);
	for (uint32_t i = 0; v && i < shape->n_outputs; i++)
		v[i] = shape->outputs[i].column;
	return v;
}

int md_fetch_id_rows(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept_rows *out)
{
	struct md_id_rows rows;
	struct md_stream stream;
	uint32_t *key_at, n = x->shape->n_outputs;
	const struct md_column *const *columns = output_columns(cx->arena, x->shape);
	if (!columns)
		return md_out_of_memory(cx);
	if (md_id_rows_init(cx, x, &rows) || md_find_key_outputs(cx, columns, n, rows.table, &key_at) ||
	    md_stream_open(&stream, cx, x, run, x->stmt))
		return -1;

	int rc;
	while ((rc = md_stream_next(&stream)) > 0)
		if (keep_row(cx, &rows, &stream, x->shape, key_at)) {
			md_stream_close(&stream);
			return -1;
		}
	return rc ? -1 : md_id_rows_in_order(cx, &rows, out);
}
