/* The rows of a byIds query that a cache answers: entries of the cache, and misses from the
 * database. Promises: a cached row that is hidden, absent or outdated is a miss like any other, so
 * that a caller cannot distinguish the three. An entry is complete, role-neutral and no older than
 * its ttl. Of the requests that miss a row at the same time and may see the same rows, one asks the
 * database for all; requests that may see other rows ask for themselves. Whether the database has a
 * row of an id is what the database says, which may compare keys more loosely than this process.
 * Without a working cache the database answers. */
#include "executor/cache_rows.h"

#include "access/pred_eval.h"
#include "base/sys.h"
#include "executor/entry.h"
#include "executor/stream.h"
#include "executor/visibility_key.h"
#include "trace/trace.h"

enum {
	SHARED_ROUNDS = 2,   /* how often other requests may fetch a row; after that this request fetches it itself */
	CANCEL_CHECK_MS = 20 /* how often a waiting request checks whether it was cancelled */
};

struct cache_query {
	struct md_ctx *cx;
	const struct md_exec *x;
	struct md_running *run;
	struct md_answer *answer;
	const struct md_pred *row_filters; /* of the caller */
	struct md_id_rows rows;
	struct md_cell *entry_cells;       /* of the current entry, by column index */
	struct md_str *keys;               /* per id: its key in the cache */
	MD_VEC(struct md_str) other_keys;  /* of rows from the database whose key is none of the ids */
	uint32_t n_earlier_keys;           /* of these: those of earlier statements */
	struct md_shared_fetch **fetches;  /* per id; NULL: none */
	struct md_str visibility_key;
	int64_t lookup_began_us;
};

static const struct md_cached_table *cached_table(const struct cache_query *c)
{
	return c->x->plan->cached;
}

/* The replica that misses are fetched from; NULL: they are fetched from the original. */
static const struct md_sync *miss_replica(const struct cache_query *c)
{
	return c->x->plan->sources[0].sync;
}

/* ---- cache keys ---- */

/* The sources of the values for the placeholders of a key. */
struct key_values {
	const struct md_exec *x;
	const struct md_pred *row_filters;
	uint32_t id;
};

/* The value that an equality row filter gives the column on every row; .p NULL: there is no such
 * filter. */
static struct md_str find_fixed_value(const struct md_pred *p, const struct md_column *c)
{
	if (p->kind == MD_PRED_CMP && p->op == MD_RLS_EQ && p->column == c)
		return p->value.text;

	for (uint32_t i = 0; p->kind == MD_PRED_AND && i < p->n; i++) {
		struct md_str v = find_fixed_value(p->parts[i], c);
		if (v.p)
			return v;
	}
	return MD_NOSTR;
}

static struct md_str key_value(void *arg, const struct md_column *c)
{
	const struct key_values *k = arg;
	const struct md_table *t = k->x->bound->refs[0].table;
	for (uint32_t i = 0; i < t->n_key; i++)
		if (t->key[i] == c)
			return md_values_id(k->x->values, k->id)[i];
	return find_fixed_value(k->row_filters, c);
}

static int make_keys(struct cache_query *c)
{
	for (uint32_t i = 0; i < c->x->values->n_ids; i++) {
		struct key_values values = { c->x, c->row_filters, i };
		c->keys[i] = md_entry_key(c->cx->arena, cached_table(c), key_value, &values);
		if (!c->keys[i].p)
			return md_check_memory(c->cx) ? -1 : md_fail(c->cx, MD_INTERNAL, "a cache key is not known");
	}
	return 0;
}

/* ---- hits ---- */

static struct md_str cell_value(void *row, const struct md_column *c)
{
	const struct md_cell *cell = &((const struct md_cell *)row)[c->index];
	if (cell->form == MD_CELL_NULL)
		return MD_NOSTR;
	return (struct md_str){ cell->text.p ? cell->text.p : "", cell->text.n }; /* empty, not NULL */
}

/* The query's outputs, from a row that is indexed by column. NULL: out of memory. */
static const struct md_cell *select_outputs(struct md_arena *a, const struct md_bound *b,
                                            const struct md_cell *by_column)
{
	struct md_cell *out = md_alloc(a, b->n_outputs * sizeof *out);
	for (uint32_t i = 0; out && i < b->n_outputs; i++)
		out[i] = by_column[b->outputs[i].use.column->index];
	return out;
}

/* NULL: the entry of the id can be used, and its cells are in entry_cells; otherwise what is wrong
 * with it. */
static const char *read_entry(struct cache_query *c, uint32_t id, struct md_str entry)
{
	const char *reason;
	const struct md_sync *sync;
	if (!md_entry_read(c->cx->arena, cached_table(c), entry, &sync, c->entry_cells, &reason))
		return reason;
	if (sync && sync != miss_replica(c) && !md_pred_exact(c->row_filters, sync))
		return "it is of a replica that may compare a row filter in another way";
	return md_id_rows_matches(c->cx, &c->rows, c->entry_cells, id) ? NULL : "it holds another key";
}

/* The row, indexed by column and valid until the next call; NULL: a miss. */
static const struct md_cell *read_hit(struct cache_query *c, uint32_t id, struct md_str entry)
{
	const char *problem = read_entry(c, id, entry);
	if (problem) {
		md_ev2(c->cx, MD_EV_CACHE_REJECTED, MD_S(cached_table(c)->cache->id), MD_Z(problem));
		return NULL;
	}
	bool is_visible = md_pred_eval(c->row_filters, cell_value, c->entry_cells) == MD_TRUE;
	return is_visible ? c->entry_cells : NULL;
}

/* Stores the entry's row as the row of the id. 1: done; 0: the entry is a miss; -1: out of
 * memory. */
static int use_entry(struct cache_query *c, uint32_t id, struct md_str entry)
{
	const struct md_cell *cells = read_hit(c, id, entry);
	if (!cells)
		return 0;
	c->rows.by_id[id] = select_outputs(c->cx->arena, c->x->bound, cells);
	return c->rows.by_id[id] ? 1 : md_out_of_memory(c->cx);
}

static struct md_store_call store_call(const struct cache_query *c)
{
	return (struct md_store_call){ .arena = c->cx->arena, .now_ms = md_monotonic_ms(),
		                       .deadline_ms = c->cx->deadline_ms };
}

static int look_up_ids(struct cache_query *c)
{
	uint32_t n = c->x->values->n_ids, hits = 0;
	struct md_str cache = cached_table(c)->cache->id, *values = md_new_n(c->cx->arena, struct md_str, n);
	struct md_store_call call = store_call(c);
	if (!values)
		return md_out_of_memory(c->cx);
	if (make_keys(c))
		return -1;

	c->lookup_began_us = md_monotonic_us();
	c->answer->cache_failed = !c->x->store || md_store_get(c->x->store, &call, c->keys, n, values);
	if (c->x->store && c->answer->cache_failed)
		md_ev2(c->cx, MD_EV_CACHE_DOWN, MD_S(cache), MD_S(call.trouble));

	for (uint32_t i = 0; i < n; i++) {
		int used = values[i].p ? use_entry(c, i, values[i]) : 0;
		if (used < 0)
			return -1;
		hits += (uint32_t)used;
	}
	c->answer->from_cache = hits > 0;
	c->answer->cache_hits = hits;
	c->answer->cache_misses = n - hits;
	md_ev3(c->cx, MD_EV_CACHE_LOOKUP, MD_S(cache), MD_I(n), MD_I(hits));
	return md_check_memory(c->cx);
}

/* ---- misses ---- */

/* Does the statement read every column that an entry holds? A replica may lack some of them; rows
 * from it are then not written back. */
static bool reads_whole_entry(const struct md_cached_table *ct, const struct md_miss_shape *shape)
{
	uint32_t held = 0, read = 0;
	for (uint32_t i = 0; i < ct->table->n_columns; i++)
		held += md_bit(ct->columns, i);
	for (uint32_t i = 0; i < shape->n; i++)
		read += md_bit(ct->columns, shape->columns[i]->index);
	return read == held;
}

/* Can other requests use the rows that this request fetches? Rows without a column of the entry
 * cannot be shared. This is asked before the statement is made. */
static bool can_share_fetches(const struct cache_query *c)
{
	const struct md_cached_table *ct = cached_table(c);
	const struct md_sync *sync = miss_replica(c);
	for (uint32_t i = 0; sync && i < ct->table->n_columns; i++)
		if (md_bit(ct->columns, i) && !md_sync_has_column(sync, &ct->table->columns[i]))
			return false;
	return c->x->store != NULL;
}

/* The planner assumes that an entry is at most its ttl behind the original. Rows of a replica that
 * lags can be older. */
static bool can_write_back(const struct cache_query *c)
{
	const struct md_cached_table *ct = cached_table(c);
	const struct md_sync *sync = miss_replica(c);
	return c->x->store && ct->fill && (!sync || sync->lag == MD_REALTIME || !ct->ttl_s);
}

/* One run of a miss statement. */
struct miss_fetch {
	struct cache_query *c;
	struct md_stream stream;
	struct md_stmt stmt;
	struct md_miss_shape shape;
	uint32_t *key_at;       /* the positions of the key columns */
	bool is_whole;          /* rows have every column of an entry */
	int64_t started_ms;
	struct md_str *entries; /* per id */
	bool *is_asked;         /* per id: the statement asks for it */
	bool *has_row;          /* per id: the statement returned its row, even if it cannot be an entry */
	bool has_other_row;     /* the statement returned a row whose key is none of the ids asked for */
	struct md_pair *pairs;
	uint32_t n_pairs;
};

static bool has_unfit_cell(const struct md_cell *row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (row[i].form == MD_CELL_UNFIT)
			return true;
	return false;
}

/* Makes an entry of a row, unless the row has a value outside its column's type. */
static int add_entry(struct miss_fetch *f, uint32_t id, const struct md_cell *row, const struct md_cell *by_column)
{
	struct cache_query *c = f->c;
	if (!f->is_whole || has_unfit_cell(row, f->shape.n))
		return 0;

	struct md_buf b = { .arena = c->cx->arena };
	md_entry_write(&b, cached_table(c), miss_replica(c), by_column);
	f->entries[id] = md_buf_view(&b);
	f->pairs[f->n_pairs++] = (struct md_pair){ c->keys[id], f->entries[id] };
	return b.failed ? md_out_of_memory(c->cx) : 0;
}

/* Keeps a row whose key is none of the ids, unless an earlier statement of this request returned it
 * as well. */
static int keep_other_row(struct cache_query *c, const struct md_cell *row, const uint32_t *key_at,
                          const struct md_cell *out)
{
	struct md_str key = md_id_rows_key(c->cx, &c->rows, row, key_at);
	if (!key.p)
		return md_out_of_memory(c->cx);
	for (uint32_t i = 0; i < c->n_earlier_keys; i++)
		if (md_str_eq(c->other_keys.v[i], key))
			return 0;

	struct md_str *place = md_push(c->cx->arena, &c->other_keys);
	if (!place)
		return md_out_of_memory(c->cx);
	*place = key;
	return md_id_rows_put(c->cx, &c->rows, MD_NONE, out);
}

/* Keeps a row of an id. Where an entry or an earlier statement has brought the row already, because
 * the database takes this id for equal to another one, the row replaces it. */
static int keep_row_of_id(struct miss_fetch *f, uint32_t id, const struct md_cell *row,
                          const struct md_cell *by_column, const struct md_cell *out)
{
	struct cache_query *c = f->c;
	if (f->has_row[id])
		return md_id_rows_put(c->cx, &c->rows, id, out);
	f->has_row[id] = true;
	c->rows.by_id[id] = out;
	return add_entry(f, id, row, by_column);
}

/* Stores the current row of the statement under its id and makes a cache entry of it. */
static int take_fetched_row(struct miss_fetch *f)
{
	struct cache_query *c = f->c;
	struct md_arena *a = c->cx->arena;
	const struct md_cell *row = md_copy_cells(a, f->stream.cells, f->shape.n);
	struct md_cell *by_column = md_new_n(a, struct md_cell, c->rows.table->n_columns);
	if (!row || !by_column)
		return md_out_of_memory(c->cx);

	for (uint32_t i = 0; i < f->shape.n; i++)
		by_column[f->shape.columns[i]->index] = row[i];
	uint32_t id = md_id_rows_find(c->cx, &c->rows, row, f->key_at);
	const struct md_cell *out = select_outputs(a, c->x->bound, by_column);
	if (!out)
		return md_out_of_memory(c->cx);
	f->has_other_row |= id == MD_NONE || !f->is_asked[id];
	return id == MD_NONE ? keep_other_row(c, row, f->key_at, out) : keep_row_of_id(f, id, row, by_column, out);
}

/* Writes all entries in one batch. Their time to live began when the statement did. */
static void write_back(struct miss_fetch *f)
{
	struct cache_query *c = f->c;
	struct md_str cache = cached_table(c)->cache->id;
	struct md_store_call call = store_call(c);
	int64_t ttl_ms = cached_table(c)->ttl_s * 1000;
	if (!f->n_pairs || !can_write_back(c))
		return;
	if (ttl_ms && (ttl_ms -= call.now_ms - f->started_ms) <= 0)
		return;

	if (md_store_put(c->x->store, &call, f->pairs, f->n_pairs, ttl_ms) == 0)
		md_ev2(c->cx, MD_EV_CACHE_FILL, MD_S(cache), MD_I(f->n_pairs));
	else
		md_ev3(c->cx, MD_EV_CACHE_NOT_FILLED, MD_S(cache), MD_I(f->n_pairs), MD_S(call.trouble));
}

static int run_miss_stmt(struct miss_fetch *f, const struct md_ids *ids)
{
	struct cache_query *c = f->c;
	const struct md_exec *x = c->x;
	md_ev2(c->cx, MD_EV_CACHE_MISS, MD_I(ids->n), MD_S(x->database));
	f->started_ms = md_monotonic_ms();
	if (x->make_miss_stmt(c->cx, x->plan, x->values, ids, &f->stmt, &f->shape) ||
	    md_find_key_outputs(c->cx, f->shape.columns, f->shape.n, c->rows.table, &f->key_at) ||
	    md_stream_open(&f->stream, c->cx, x, c->run, &f->stmt))
		return -1;

	int rc;
	f->is_whole = x->store && reads_whole_entry(cached_table(c), &f->shape);
	c->n_earlier_keys = c->other_keys.n;
	for (uint32_t i = 0; i < ids->n; i++)
		f->is_asked[ids->v[i]] = true;
	while ((rc = md_stream_next(&f->stream)) > 0)
		if (take_fetched_row(f)) {
			md_stream_close(&f->stream);
			return -1;
		}
	return rc;
}

/* What the statement says of an id. Beside a row of no id that was asked for, an id without a row
 * may be the one that the database takes for equal to that row's key. */
static enum md_fetch_outcome fetched_outcome(const struct miss_fetch *f, uint32_t id)
{
	if (f->entries[id].p)
		return MD_FETCH_ROW;
	return f->is_whole && !f->has_row[id] && !f->has_other_row ? MD_FETCH_ABSENT : MD_FETCH_FAILED;
}

/* Publishes the outcome of each id to the requests that wait for it. */
static void publish_outcomes(struct miss_fetch *f, const struct md_ids *ids, bool succeeded)
{
	struct cache_query *c = f->c;
	for (uint32_t i = 0; i < ids->n; i++) {
		uint32_t id = ids->v[i];
		enum md_fetch_outcome outcome = succeeded ? fetched_outcome(f, id) : MD_FETCH_FAILED;
		struct md_str value = outcome == MD_FETCH_ROW ? f->entries[id] : MD_NOSTR;
		md_fetch_publish(c->x->store, c->fetches[id], outcome, value);
		c->fetches[id] = NULL;
	}
}

/* Asks the database for some ids. */
static int fetch_ids(struct cache_query *c, const struct md_ids *ids)
{
	struct md_arena *a = c->cx->arena;
	uint32_t n = c->x->values->n_ids;
	struct miss_fetch f = { .c = c, .entries = md_new_n(a, struct md_str, n), .is_asked = md_new_n(a, bool, n),
		                .has_row = md_new_n(a, bool, n), .pairs = md_new_n(a, struct md_pair, n) };
	bool has_memory = f.entries && f.is_asked && f.has_row && f.pairs;
	c->answer->from_database = true;
	int rc = has_memory ? run_miss_stmt(&f, ids) : md_out_of_memory(c->cx);
	if (rc == 0)
		write_back(&f);
	publish_outcomes(&f, ids, rc == 0);
	return rc;
}

/* ---- rows that other requests fetch ---- */

/* -1: the request was cancelled or its deadline has passed. */
static int check_waiting(struct cache_query *c, int64_t now_ms, int64_t since_ms)
{
	if (md_running_cancelled(c->run))
		return md_fail(c->cx, MD_CANCELLED, "the query was cancelled while it waited for rows of '%.*s'",
		               MD_FMT(c->x->database));
	if (!c->cx->deadline_ms || now_ms < c->cx->deadline_ms)
		return 0;
	return md_fail(c->cx, MD_QUERY_TIMEOUT,
	               "the query took longer than it may: stopped after waiting %lld ms for rows of '%.*s' "
	               "that another query fetches",
	               (long long)(now_ms - since_ms), MD_FMT(c->x->database));
}

/* Waits in short steps, so that a cancelled or late request stops waiting. -1: it has to stop, the
 * error is set. */
static int wait_for_outcome(struct cache_query *c, struct md_shared_fetch *f, enum md_fetch_outcome *outcome,
                            struct md_str *value)
{
	int64_t since_ms = md_monotonic_ms(), now_ms = since_ms;
	for (;;) {
		int64_t until_ms = now_ms + CANCEL_CHECK_MS;
		if (c->cx->deadline_ms && c->cx->deadline_ms < until_ms)
			until_ms = c->cx->deadline_ms;
		*outcome = md_fetch_wait(c->x->store, f, until_ms, value);
		if (*outcome != MD_FETCH_RUNNING)
			return 0;

		now_ms = md_monotonic_ms();
		if (check_waiting(c, now_ms, since_ms))
			return -1;
	}
}

/* Uses the outcome of another request's fetch. 1: the id needs no fetch, because its row was taken
 * or the caller cannot see one; 0: this request has to fetch the row itself; -1: the error is set.
 */
static int use_shared_fetch(struct cache_query *c, uint32_t id)
{
	enum md_fetch_outcome outcome;
	struct md_str value;
	if (wait_for_outcome(c, c->fetches[id], &outcome, &value))
		return -1;
	if (outcome == MD_FETCH_ABSENT)
		return 1;

	struct md_str copy = outcome == MD_FETCH_ROW ? md_str_dup(c->cx->arena, value) : MD_NOSTR;
	int used = copy.p ? use_entry(c, id, copy) : 0;
	return md_check_memory(c->cx) ? -1 : used;
}

/* Uses the fetches of other requests; `theirs` becomes the ids that are still missing. Leaves every
 * fetch, also on failure. A fetch whose outcome could not be used is not joined again, but a later
 * fetch of the same row is: when many followers wake at once, one of them leads it. */
static int use_shared_fetches(struct cache_query *c, struct md_ids *theirs, uint32_t *v)
{
	uint32_t n_left = 0;
	int rc = 0;
	for (uint32_t i = 0; i < theirs->n; i++) {
		int settled = rc ? 1 : use_shared_fetch(c, v[i]);
		int64_t published_us = settled ? 0 : md_fetch_published_us(c->fetches[v[i]]);
		md_fetch_leave(c->x->store, c->fetches[v[i]]);
		c->fetches[v[i]] = NULL;
		if (settled < 0) {
			rc = -1;
		} else if (!settled) {
			v[n_left++] = v[i];
			if (published_us >= c->lookup_began_us)
				c->lookup_began_us = published_us + 1;
		}
	}

	if (rc == 0 && theirs->n)
		md_ev2(c->cx, MD_EV_CACHE_SHARED, MD_I(theirs->n - n_left), MD_S(c->x->database));
	c->answer->from_database = true;
	theirs->n = n_left;
	return rc;
}

/* Splits the missing ids: this request leads the fetches of the first ones, other requests those of
 * the last ones. Returns how many this request leads. `others` has room for n ids. */
static uint32_t join_fetches(struct cache_query *c, uint32_t *missing, uint32_t n, uint32_t *others)
{
	const struct md_source *from = &c->x->plan->sources[0];
	uint64_t source = (uint64_t)from->database->index << 32 | (from->sync ? from->sync->index + 1 : 0);
	uint32_t ours = 0, theirs = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct md_fetch_request request = { c->keys[missing[i]], c->rows.table->index, source,
			                            c->visibility_key, c->lookup_began_us };
		bool leads;
		c->fetches[missing[i]] = md_fetch_join(c->x->store, &request, &leads);
		if (leads)
			missing[ours++] = missing[i];
		else
			others[theirs++] = missing[i];
	}
	memcpy(missing + ours, others, theirs * sizeof *others);
	return ours;
}

static int leave_fetches(struct cache_query *c, const struct md_ids *ids)
{
	for (uint32_t i = 0; i < ids->n; i++)
		md_fetch_leave(c->x->store, c->fetches[ids->v[i]]);
	return -1;
}

/* A request completes the fetches that it leads before it waits for others, so that two requests
 * never wait for each other. */
static int fetch_misses(struct cache_query *c, uint32_t *missing, uint32_t n)
{
	uint32_t *others = md_new_n(c->cx->arena, uint32_t, n);
	c->fetches = md_new_n(c->cx->arena, struct md_shared_fetch *, c->x->values->n_ids);
	if (!others || !c->fetches ||
	    md_visibility_key(c->cx->arena, c->row_filters, c->x->context, &c->visibility_key))
		return md_out_of_memory(c->cx);

	for (uint32_t round = 0; n; round++) {
		bool shares = round < SHARED_ROUNDS && can_share_fetches(c);
		uint32_t n_ours = shares ? join_fetches(c, missing, n, others) : n;
		struct md_ids ours = { missing, n_ours }, theirs = { missing + n_ours, n - n_ours };
		if (ours.n && fetch_ids(c, &ours))
			return leave_fetches(c, &theirs);
		if (use_shared_fetches(c, &theirs, missing + n_ours))
			return -1;
		missing += n_ours;
		n = theirs.n;
	}
	return 0;
}

int md_fetch_cache_rows(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept_rows *out,
                        struct md_answer *answer)
{
	uint32_t n_ids = x->values->n_ids;
	struct cache_query c = { .cx = cx, .x = x, .run = run, .answer = answer,
		                 .row_filters = md_guarded_rows(md_guarded_at(x->plan->guarded, 0)) };
	c.keys = md_new_n(cx->arena, struct md_str, n_ids);
	c.entry_cells = md_new_n(cx->arena, struct md_cell, x->bound->refs[0].table->n_columns);
	uint32_t *missing = md_new_n(cx->arena, uint32_t, n_ids), n_missing = 0;
	if (!c.keys || !c.entry_cells || !missing)
		return md_out_of_memory(cx);
	if (md_id_rows_init(cx, x, &c.rows) || look_up_ids(&c))
		return -1;

	for (uint32_t i = 0; i < n_ids; i++)
		if (!c.rows.by_id[i])
			missing[n_missing++] = i;
	if (n_missing && fetch_misses(&c, missing, n_missing))
		return -1;
	return md_id_rows_in_order(cx, &c.rows, out);
}
