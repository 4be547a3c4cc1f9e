/* Promises: every id gives at most one row, in the order of first mention; a hidden, absent or stale cached row is a miss like any other, so that
 * the three can't be told apart; what goes into the cache is whole and role-neutral. */
#include "executor/merge.h"

#include "access/cell.h"
#include "base/map.h"
#include "base/sys.h"
#include "executor/entry.h"
#include "executor/stream.h"
#include "trace/trace.h"

/* ---- keys ---- */

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

/* Where the ids stand: joined key -> index in query.ids. */
static int index_ids(struct md_ctx *cx, const struct md_query *q, struct md_map *ids)
{
	if (md_map_init(ids, cx->arena, q->n_ids))
		return -1;
	for (uint32_t i = 0; i < q->n_ids; i++) {
		struct md_str key = joined_key(cx->arena, q->refs[0].table, q->ids[i].keys);
		if (!key.p)
			return -1;
		md_map_put(ids, key, i);
	}
	return 0;
}

/* ---- rows ---- */

static struct md_cell *copied(struct md_arena *a, const struct md_cell *cells, uint32_t n)
{
	struct md_cell *copy = md_new_n(a, struct md_cell, n);
	for (uint32_t i = 0; copy && i < n; i++) {
		copy[i] = cells[i];
		if (cells[i].form == MD_CELL_NULL || cells[i].form == MD_CELL_NOT_FINITE)
			continue;
		copy[i].text = md_str_dup(a, cells[i].text);
		if (!copy[i].text.p)
			return NULL;
	}
	return copy;
}

/* Rows by the place of their id; those of no id in order of arrival behind. */
struct slots {
	struct md_map ids;
	const struct md_cell **by_id;          /* query.n_ids */
	MD_VEC(const struct md_cell *) others;
};

static int slots_init(struct md_ctx *cx, const struct md_query *q, struct slots *s)
{
	memset(s, 0, sizeof *s);
	s->by_id = md_new_n(cx->arena, const struct md_cell *, q->n_ids);
	return s->by_id ? index_ids(cx, q, &s->ids) : -1;
}

static int place(struct md_ctx *cx, struct slots *s, uint32_t id, const struct md_cell *row)
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

static int in_order(struct md_ctx *cx, const struct md_query *q, const struct slots *s, struct md_kept *out)
{
	out->v = md_new_n(cx->arena, const struct md_cell *, (size_t)q->n_ids + s->others.n);
	if (!out->v)
		return -1;
	for (uint32_t i = 0; i < q->n_ids; i++)
		if (s->by_id[i])
			out->v[out->n++] = s->by_id[i];
	for (uint32_t i = 0; i < s->others.n; i++)
		out->v[out->n++] = s->others.v[i];
	return 0;
}

/* ---- statement rows to ids ---- */

/* The position of each key column among the statement's outputs. */
static int key_positions(struct md_ctx *cx, const struct md_stmt *stmt, const struct md_table *t, uint32_t **out)
{
	uint32_t *at = *out = md_new_n(cx->arena, uint32_t, t->n_key);
	if (!at)
		return -1;
	for (uint32_t k = 0; k < t->n_key; k++) {
		uint32_t c = 0;
		while (c < stmt->n_columns && !(stmt->columns[c].ref == 0 && stmt->columns[c].column == t->key[k]))
			c++;
		if (c == stmt->n_columns)
			return md_fail(cx, MD_INTERNAL, "the statement does not read key column '%.*s'", MD_FMT(t->key[k]->api_name));
		at[k] = c;
	}
	return 0;
}

static uint32_t id_of(struct md_ctx *cx, const struct slots *s, const struct md_table *t, const struct md_cell *cells, const uint32_t *at)
{
	struct md_mark m = md_arena_mark(cx->arena);
	struct md_str parts[16], key;
	if (t->n_key > 16)
		return MD_NONE;
	for (uint32_t k = 0; k < t->n_key; k++)
		parts[k] = cells[at[k]].text;
	key = joined_key(cx->arena, t, parts);
	uint32_t id = key.p ? md_map_get(&s->ids, key) : MD_NONE;
	md_arena_release(cx->arena, m);
	return id;
}

int md_merge_ids(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out)
{
	const struct md_table *t = x->query->refs[0].table;
	struct slots s;
	struct md_stream stream;
	uint32_t *at;
	if (slots_init(cx, x->query, &s) || key_positions(cx, x->stmt, t, &at) || md_stream_open(&stream, cx, x, run, x->stmt))
		return -1;
	int rc;
	while ((rc = md_stream_next(&stream)) > 0) {
		const struct md_cell *row = copied(cx->arena, stream.cells, x->stmt->n_columns);
		if (!row || place(cx, &s, id_of(cx, &s, t, row, at), row)) {
			md_stream_close(&stream);
			return -1;
		}
	}
	return rc ? -1 : in_order(cx, x->query, &s, out);
}

/* ---- cache ---- */

struct key_source {
	const struct md_query *q;
	const struct md_pred *rows;
	uint32_t id;
};

/* A value that an equality row filter fixes for every row. */
static struct md_str fixed(const struct md_pred *p, const struct md_column *c)
{
	if (p->kind == MD_PRED_CMP && p->op == MD_RLS_EQ && p->column == c)
		return p->value.text;
	for (uint32_t i = 0; p->kind == MD_PRED_AND && i < p->n; i++) {
		struct md_str v = fixed(p->parts[i], c);
		if (v.p)
			return v;
	}
	return MD_NOSTR;
}

static struct md_str key_value(void *arg, const struct md_column *c)
{
	const struct key_source *k = arg;
	const struct md_table *t = k->q->refs[0].table;
	for (uint32_t i = 0; i < t->n_key; i++)
		if (t->key[i] == c)
			return k->q->ids[k->id].keys[i];
	return fixed(k->rows, c);
}

static struct md_str cell_value(void *row, const struct md_column *c)
{
	const struct md_cell *cell = &((const struct md_cell *)row)[c->index];
	return cell->form == MD_CELL_NULL ? MD_NOSTR : (struct md_str){ cell->text.p ? cell->text.p : "", cell->text.n };
}

/* The outputs of a row given by column index. */
static const struct md_cell *trimmed(struct md_arena *a, const struct md_query *q, const struct md_cell *by_column)
{
	struct md_cell *out = md_new_n(a, struct md_cell, q->n_outs);
	for (uint32_t i = 0; out && i < q->n_outs; i++)
		out[i] = by_column[q->outs[i].use.column->index];
	return out;
}

static const struct md_cell *usable_hit(struct md_ctx *cx, const struct md_exec *x, struct slots *s, uint32_t id, struct md_str entry)
{
	const struct md_query *q = x->query;
	const struct md_table *t = q->refs[0].table;
	const char *reason;
	uint32_t at[16];
	const struct md_cell *cells = md_entry_read(cx->arena, x->plan->cached, entry, &reason);
	for (uint32_t k = 0; k < t->n_key && k < 16; k++)
		at[k] = t->key[k]->index;
	if (cells && id_of(cx, s, t, cells, at) != id) {
		cells = NULL;
		reason = "it holds another key";
	}
	if (!cells)
		md_ev2(cx, MD_EV_CACHE_REJECTED, MD_S(x->plan->cached->cache->id), MD_Z(reason));
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(x->plan->guarded, 0));
	return cells && md_pred_eval(rows, cell_value, (void *)(uintptr_t)cells) == MD_TRUE ? cells : NULL;
}

static int look_up(struct md_ctx *cx, const struct md_exec *x, struct slots *s, struct md_str *keys, struct md_answer *answer)
{
	const struct md_query *q = x->query;
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(x->plan->guarded, 0));
	struct md_str *values = md_new_n(cx->arena, struct md_str, q->n_ids);
	uint32_t hits = 0;
	if (!values)
		return -1;
	for (uint32_t i = 0; i < q->n_ids; i++) {
		struct key_source src = { q, rows, i };
		keys[i] = md_entry_key(cx->arena, x->plan->cached, key_value, &src);
		if (!keys[i].p)
			return -1;
	}
	if (x->store && md_store_get(x->store, cx->arena, md_monotonic_ms(), keys, q->n_ids, values))
		memset(values, 0, q->n_ids * sizeof *values);
	for (uint32_t i = 0; i < q->n_ids; i++) {
		const struct md_cell *cells = values[i].p ? usable_hit(cx, x, s, i, values[i]) : NULL;
		hits += cells != NULL;
		if (cells && !(s->by_id[i] = trimmed(cx->arena, q, cells)))
			return -1;
	}
	answer->from_cache = hits > 0;
	md_ev3(cx, MD_EV_CACHE_LOOKUP, MD_S(x->plan->cached->cache->id), MD_I(q->n_ids), MD_I(hits));
	return cx->arena->oom ? -1 : 0;
}

static void write_back(struct md_ctx *cx, const struct md_exec *x, struct md_str key, const struct md_cell *by_column)
{
	struct md_mark m = md_arena_mark(cx->arena);
	struct md_buf b = { .arena = cx->arena };
	md_entry_write(&b, x->plan->cached, by_column);
	if (!b.failed)
		md_store_put(x->store, md_monotonic_ms(), key, md_buf_view(&b), x->plan->cached->ttl_s);
	md_arena_release(cx->arena, m);
}

/* Does the statement read every column that an entry holds? A replica may lack some: what it gives is then not written back. */
static bool whole(const struct md_cached_table *ct, const struct md_stmt *stmt)
{
	uint32_t held = 0, read = 0;
	for (uint32_t i = 0; i < ct->table->n_columns; i++)
		held += md_bit(ct->columns, i);
	for (uint32_t i = 0; i < stmt->n_columns; i++)
		read += md_bit(ct->columns, stmt->columns[i].column->index);
	return read == held;
}

/* One fetched row: into its place, and into the cache. */
static int fetched(struct md_ctx *cx, const struct md_exec *x, struct slots *s, const struct md_str *keys, const struct md_stream *stream,
                   const uint32_t *at, int64_t *filled)
{
	const struct md_query *q = x->query;
	const struct md_table *t = q->refs[0].table;
	const struct md_cell *row = copied(cx->arena, stream->cells, stream->stmt->n_columns);
	struct md_cell *by_column = md_new_n(cx->arena, struct md_cell, t->n_columns);
	if (!row || !by_column)
		return -1;
	for (uint32_t i = 0; i < stream->stmt->n_columns; i++)
		by_column[stream->stmt->columns[i].column->index] = row[i];
	uint32_t id = id_of(cx, s, t, row, at);
	const struct md_cell *out = trimmed(cx->arena, q, by_column);
	if (!out || place(cx, s, id, out))
		return -1;
	if (id != MD_NONE && x->store && x->plan->cached->fill && whole(x->plan->cached, stream->stmt)) {
		write_back(cx, x, keys[id], by_column);
		++*filled;
	}
	return 0;
}

static int fetch_misses(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct slots *s, const struct md_str *keys,
                        const struct md_ids *misses)
{
	struct md_stmt stmt;
	struct md_stream stream;
	uint32_t *at;
	int64_t filled = 0;
	int rc;
	md_ev2(cx, MD_EV_CACHE_MISS, MD_I(misses->n), MD_S(x->database));
	if (x->miss(cx, x->plan, misses, &stmt) || key_positions(cx, &stmt, x->query->refs[0].table, &at) ||
	    md_stream_open(&stream, cx, x, run, &stmt))
		return -1;
	while ((rc = md_stream_next(&stream)) > 0)
		if (fetched(cx, x, s, keys, &stream, at, &filled)) {
			md_stream_close(&stream);
			return -1;
		}
	if (rc == 0 && filled)
		md_ev2(cx, MD_EV_CACHE_FILL, MD_S(x->plan->cached->cache->id), MD_I(filled));
	return rc;
}

int md_merge_cache(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out, struct md_answer *answer)
{
	const struct md_query *q = x->query;
	struct slots s;
	struct md_str *keys = md_new_n(cx->arena, struct md_str, q->n_ids);
	uint32_t *missing = md_new_n(cx->arena, uint32_t, q->n_ids);
	struct md_ids misses = { missing, 0 };
	if (!keys || !missing || slots_init(cx, q, &s) || look_up(cx, x, &s, keys, answer))
		return -1;
	for (uint32_t i = 0; i < q->n_ids; i++)
		if (!s.by_id[i])
			missing[misses.n++] = i;
	if (misses.n) {
		answer->from_database = true;
		if (fetch_misses(cx, x, run, &s, keys, &misses))
			return -1;
	}
	return in_order(cx, q, &s, out);
}
