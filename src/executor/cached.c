/* Strategy cache. Promises: a hidden, absent or stale cached row is a miss like any other, so that the three can't be told apart; what goes into the
 * cache is whole and role-neutral, and no older than its ttl says; of the requests that miss a row at the same time one asks the database, and
 * the others, each with its own row filters, take the row from it or ask themselves; whatever happens to the cache, the database answers. */
#include "executor/merge.h"

#include "access/pred_eval.h"
#include "base/sys.h"
#include "executor/entry.h"
#include "executor/slots.h"
#include "executor/stream.h"
#include "executor/who.h"
#include "trace/trace.h"

enum {
	SHARED_ROUNDS = 2,  /* so often others may fetch a row for us; after that we ask ourselves */
	CANCEL_LOOK_MS = 20 /* while waiting for others, look so often whether the caller has left */
};

struct cached {
	struct md_ctx *cx;
	const struct md_exec *x;
	struct md_running *run;
	struct md_answer *answer;
	const struct md_pred *rows;  /* the caller's row filters */
	struct md_slots slots;
	struct md_cell *row;         /* the entry that is looked at, by column index */
	struct md_str *keys;         /* per id: in the cache */
	struct md_shared_fetch **fetches; /* per id: NULL: none */
	struct md_str visibility_key;
	int64_t lookup_began_us;
};

/* ---- keys ---- */

struct key_source {
	const struct md_exec *x;
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
	const struct md_table *t = k->x->bound->refs[0].table;
	for (uint32_t i = 0; i < t->n_key; i++)
		if (t->key[i] == c)
			return md_values_id(k->x->values, k->id)[i];
	return fixed(k->rows, c);
}

/* ---- hits ---- */

static struct md_str cell_value(void *row, const struct md_column *c)
{
	const struct md_cell *cell = &((const struct md_cell *)row)[c->index];
	return cell->form == MD_CELL_NULL ? MD_NOSTR : (struct md_str){ cell->text.p ? cell->text.p : "", cell->text.n };
}

/* The outputs of a row given by column index. */
static const struct md_cell *trimmed(struct md_arena *a, const struct md_bound *b, const struct md_cell *by_column)
{
	struct md_cell *out = md_alloc(a, b->n_outputs * sizeof *out);
	for (uint32_t i = 0; out && i < b->n_outputs; i++)
		out[i] = by_column[b->outputs[i].use.column->index];
	return out;
}

/* The row by column index, until the next call; NULL: a miss. */
static const struct md_cell *usable_hit(struct cached *c, uint32_t id, struct md_str entry)
{
	const char *reason;
	const struct md_cell *cells = md_entry_read(c->cx->arena, c->x->plan->cached, entry, c->row, &reason) ? c->row : NULL;
	if (cells && !md_slots_is(c->cx, &c->slots, cells, id)) {
		cells = NULL;
		reason = "it holds another key";
	}
	if (!cells)
		md_ev2(c->cx, MD_EV_CACHE_REJECTED, MD_S(c->x->plan->cached->cache->id), MD_Z(reason));
	return cells && md_pred_eval(c->rows, cell_value, (void *)(uintptr_t)cells) == MD_TRUE ? cells : NULL;
}

static struct md_store_call store_call(const struct cached *c)
{
	return (struct md_store_call){ .arena = c->cx->arena, .now_ms = md_monotonic_ms(), .deadline_ms = c->cx->deadline_ms };
}

static int look_up(struct cached *c)
{
	uint32_t n_ids = c->x->values->n_ids;
	struct md_str cache = c->x->plan->cached->cache->id, *values = md_new_n(c->cx->arena, struct md_str, n_ids);
	struct md_store_call call = store_call(c);
	uint32_t hits = 0;
	if (!values)
		return -1;
	for (uint32_t i = 0; i < n_ids; i++) {
		struct key_source src = { c->x, c->rows, i };
		c->keys[i] = md_entry_key(c->cx->arena, c->x->plan->cached, key_value, &src);
		if (!c->keys[i].p)
			return -1;
	}
	c->lookup_began_us = md_monotonic_us();
	if (c->x->store && md_store_get(c->x->store, &call, c->keys, n_ids, values))
		md_ev2(c->cx, MD_EV_CACHE_DOWN, MD_S(cache), MD_S(call.trouble));
	for (uint32_t i = 0; i < n_ids; i++) {
		const struct md_cell *cells = values[i].p ? usable_hit(c, i, values[i]) : NULL;
		hits += cells != NULL;
		if (cells && !(c->slots.by_id[i] = trimmed(c->cx->arena, c->x->bound, cells)))
			return -1;
	}
	c->answer->from_cache = hits > 0;
	md_ev3(c->cx, MD_EV_CACHE_LOOKUP, MD_S(cache), MD_I(n_ids), MD_I(hits));
	return c->cx->arena->oom ? -1 : 0;
}

/* ---- misses ---- */

/* Does the statement read every column that an entry holds? A replica may lack some: what it gives is then not written back. */
static bool whole(const struct md_cached_table *ct, const struct md_miss_shape *shape)
{
	uint32_t held = 0, read = 0;
	for (uint32_t i = 0; i < ct->table->n_columns; i++)
		held += md_bit(ct->columns, i);
	for (uint32_t i = 0; i < shape->n; i++)
		read += md_bit(ct->columns, shape->columns[i]->index);
	return read == held;
}

/* The same before there is a statement: rows of a replica that lacks a column are no entries that could be shared. */
static bool sharable(const struct cached *c)
{
	const struct md_cached_table *ct = c->x->plan->cached;
	const struct md_sync *sync = c->x->plan->sources[0].sync;
	for (uint32_t i = 0; sync && i < ct->table->n_columns; i++)
		if (md_bit(ct->columns, i) && !sync->physical_columns[i].p)
			return false;
	return c->x->store != NULL;
}

/* The ttl is an entry's lag (spec 4): a row that comes late from a replica would be older than that. */
static bool fills(const struct cached *c)
{
	const struct md_cached_table *ct = c->x->plan->cached;
	const struct md_sync *sync = c->x->plan->sources[0].sync;
	return c->x->store && ct->fill && (!sync || sync->lag == MD_REALTIME || !ct->ttl_s);
}

/* One run of a miss statement. */
struct fetch {
	struct cached *c;
	struct md_stream stream;
	struct md_stmt stmt;
	struct md_miss_shape shape;
	uint32_t *at;             /* key positions */
	bool whole;
	int64_t started_ms;
	struct md_str *entries;   /* per id */
	bool *seen;               /* per id: was there a row, entry or not? */
	struct md_pair *pairs;
	uint32_t n_pairs;
};

static bool fits(const struct md_cell *row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (row[i].form == MD_CELL_UNFIT)
			return false;
	return true;
}

/* One fetched row: into its place, and made an entry. A row that holds what is no value of its type makes none. */
static int fetched(struct fetch *f)
{
	struct cached *c = f->c;
	struct md_arena *a = c->cx->arena;
	const struct md_cell *row = md_cells_copied(a, f->stream.cells, f->shape.n);
	struct md_cell *by_column = md_new_n(a, struct md_cell, c->slots.table->n_columns);
	if (!row || !by_column)
		return -1;
	for (uint32_t i = 0; i < f->shape.n; i++)
		by_column[f->shape.columns[i]->index] = row[i];
	uint32_t id = md_slots_id(c->cx, &c->slots, row, f->at);
	const struct md_cell *out = trimmed(a, c->x->bound, by_column);
	if (!out || md_slots_place(c->cx, &c->slots, id, out))
		return -1;
	if (id == MD_NONE || !f->whole || f->seen[id])
		return 0;
	f->seen[id] = true;
	if (!fits(row, f->shape.n))
		return 0;
	struct md_buf b = { .arena = a };
	md_entry_write(&b, c->x->plan->cached, by_column);
	f->entries[id] = md_buf_view(&b);
	f->pairs[f->n_pairs++] = (struct md_pair){ c->keys[id], f->entries[id] };
	return b.failed ? -1 : 0;
}

/* All rows in one pipeline. Their time to live began when they were read. */
static void write_back(struct fetch *f)
{
	struct cached *c = f->c;
	struct md_str cache = c->x->plan->cached->cache->id;
	struct md_store_call call = store_call(c);
	int64_t ttl_ms = c->x->plan->cached->ttl_s * 1000;
	if (!f->n_pairs || !fills(c))
		return;
	if (ttl_ms && (ttl_ms -= call.now_ms - f->started_ms) <= 0)
		return;
	if (md_store_put(c->x->store, &call, f->pairs, f->n_pairs, ttl_ms) == 0)
		md_ev2(c->cx, MD_EV_CACHE_FILL, MD_S(cache), MD_I(f->n_pairs));
	else
		md_ev3(c->cx, MD_EV_CACHE_NOT_FILLED, MD_S(cache), MD_I(f->n_pairs), MD_S(call.trouble));
}

static int run_statement(struct fetch *f, const struct md_ids *ids)
{
	struct cached *c = f->c;
	int rc;
	md_ev2(c->cx, MD_EV_CACHE_MISS, MD_I(ids->n), MD_S(c->x->database));
	f->started_ms = md_monotonic_ms();
	if (c->x->miss(c->cx, c->x->plan, c->x->values, ids, &f->stmt, &f->shape) || md_key_positions(c->cx, f->shape.columns, f->shape.n, c->slots.table, &f->at) ||
	    md_stream_open(&f->stream, c->cx, c->x, c->run, &f->stmt))
		return -1;
	f->whole = c->x->store && whole(c->x->plan->cached, &f->shape);
	while ((rc = md_stream_next(&f->stream)) > 0)
		if (fetched(f)) {
			md_stream_close(&f->stream);
			return -1;
		}
	return rc;
}

/* Asks the database for some ids; whoever waits for them is told, whatever came of it. */
static int fetch(struct cached *c, const struct md_ids *ids)
{
	struct md_arena *a = c->cx->arena;
	uint32_t n = c->x->values->n_ids;
	struct fetch f = { .c = c, .entries = md_new_n(a, struct md_str, n), .seen = md_new_n(a, bool, n), .pairs = md_new_n(a, struct md_pair, n) };
	c->answer->from_database = true;
	int rc = f.entries && f.seen && f.pairs ? run_statement(&f, ids) : -1;
	if (rc == 0)
		write_back(&f);
	for (uint32_t i = 0; i < ids->n; i++) {
		uint32_t id = ids->v[i];
		enum md_fetch_outcome outcome = MD_FETCH_FAILED;
		if (rc == 0 && f.whole && (f.entries[id].p || !f.seen[id]))
			outcome = f.entries[id].p ? MD_FETCH_ROW : MD_FETCH_ABSENT;
		md_fetch_publish(c->x->store, c->fetches[id], outcome, outcome == MD_FETCH_ROW ? f.entries[id] : MD_NOSTR);
		c->fetches[id] = NULL;
	}
	return rc;
}

/* ---- rows that others fetch ---- */

static int check_waiting(struct cached *c, int64_t now_ms, int64_t since_ms)
{
	if (md_running_cancelled(c->run))
		return md_fail(c->cx, MD_CANCELLED, "the query was cancelled while it waited for rows of '%.*s'", MD_FMT(c->x->database));
	if (!c->cx->deadline_ms || now_ms < c->cx->deadline_ms)
		return 0;
	return md_fail(c->cx, MD_QUERY_TIMEOUT, "the query took longer than it may: stopped after waiting %lld ms for rows of '%.*s' that another query fetches",
	               (long long)(now_ms - since_ms), MD_FMT(c->x->database));
}

/* Waits in short steps, so that a cancelled or late caller leaves. -1: it has to leave, the error is set. */
static int wait_for_outcome(struct cached *c, struct md_shared_fetch *f, enum md_fetch_outcome *outcome, struct md_str *value)
{
	int64_t since_ms = md_monotonic_ms(), now_ms = since_ms;
	for (;;) {
		int64_t until_ms = now_ms + CANCEL_LOOK_MS;
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

/* Uses the outcome of another caller's fetch. 1: it settles the id (a row, or no row for this caller either); 0: this
 * caller has to fetch the row itself; -1. */
static int use_shared_fetch(struct cached *c, uint32_t id)
{
	enum md_fetch_outcome outcome;
	struct md_str value;
	if (wait_for_outcome(c, c->fetches[id], &outcome, &value))
		return -1;
	if (outcome == MD_FETCH_ABSENT)
		return md_fetch_covers(c->fetches[id], c->visibility_key);
	struct md_str copy = outcome == MD_FETCH_ROW ? md_str_dup(c->cx->arena, value) : MD_NOSTR;
	const struct md_cell *cells = copy.p ? usable_hit(c, id, copy) : NULL;
	if (cells && !(c->slots.by_id[id] = trimmed(c->cx->arena, c->x->bound, cells)))
		return -1;
	return c->cx->arena->oom ? -1 : cells != NULL;
}

/* `theirs` becomes the ids that are still missing. Leaves every fetch, also on failure. A fetch that did not settle its id
 * is not joined again, but fetches published after it are: when many followers wake at once, one of them leads. */
static int use_shared_fetches(struct cached *c, struct md_ids *theirs, uint32_t *v)
{
	uint32_t left = 0;
	int rc = 0;
	for (uint32_t i = 0; i < theirs->n; i++) {
		int settled = rc ? 1 : use_shared_fetch(c, v[i]);
		int64_t published_us = settled ? 0 : md_fetch_published_us(c->fetches[v[i]]);
		md_fetch_leave(c->x->store, c->fetches[v[i]]);
		c->fetches[v[i]] = NULL;
		if (settled < 0) {
			rc = -1;
		} else if (!settled) {
			v[left++] = v[i];
			c->lookup_began_us = published_us >= c->lookup_began_us ? published_us + 1 : c->lookup_began_us;
		}
	}
	if (rc == 0 && theirs->n)
		md_ev2(c->cx, MD_EV_CACHE_SHARED, MD_I(theirs->n - left), MD_S(c->x->database));
	c->answer->from_database = true;
	theirs->n = left;
	return rc;
}

/* Splits the missing ids: this caller leads the fetches of the first ones, other callers those of the last ones. Returns
 * how many this caller leads. */
static uint32_t join_fetches(struct cached *c, uint32_t *missing, uint32_t n, uint32_t *others)
{
	const struct md_source *from = &c->x->plan->sources[0];
	uint64_t source = (uint64_t)from->database->index << 32 | (from->sync ? from->sync->index + 1 : 0);
	uint32_t ours = 0, theirs = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct md_fetch_request request = { c->keys[missing[i]], source, c->visibility_key, c->lookup_began_us };
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

static int leave_fetches(struct cached *c, const uint32_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		md_fetch_leave(c->x->store, c->fetches[v[i]]);
	return -1;
}

/* The fetches that this caller leads come first: no caller waits for one that is itself waiting. */
static int fetch_misses(struct cached *c, uint32_t *missing, uint32_t n)
{
	uint32_t *others = md_new_n(c->cx->arena, uint32_t, n);
	c->fetches = md_new_n(c->cx->arena, struct md_shared_fetch *, c->x->values->n_ids);
	if (!others || !c->fetches || md_who(c->cx->arena, c->rows, &c->visibility_key))
		return -1;
	for (uint32_t round = 0; n; round++) {
		uint32_t ours = round < SHARED_ROUNDS && sharable(c) ? join_fetches(c, missing, n, others) : n;
		struct md_ids mine = { missing, ours }, theirs = { missing + ours, n - ours };
		if (mine.n && fetch(c, &mine))
			return leave_fetches(c, theirs.v, theirs.n);
		if (use_shared_fetches(c, &theirs, missing + ours))
			return -1;
		missing += ours;
		n = theirs.n;
	}
	return 0;
}

int md_merge_cache(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out, struct md_answer *answer)
{
	uint32_t n_ids = x->values->n_ids;
	struct cached c = { .cx = cx, .x = x, .run = run, .answer = answer, .rows = md_guarded_rows(md_guarded_at(x->plan->guarded, 0)),
		            .keys = md_new_n(cx->arena, struct md_str, n_ids),
		            .row = md_new_n(cx->arena, struct md_cell, x->bound->refs[0].table->n_columns) };
	uint32_t *missing = md_new_n(cx->arena, uint32_t, n_ids), n = 0;
	if (!c.keys || !c.row || !missing || md_slots_init(cx, x, &c.slots) || look_up(&c))
		return -1;
	for (uint32_t i = 0; i < n_ids; i++)
		if (!c.slots.by_id[i])
			missing[n++] = i;
	if (n && fetch_misses(&c, missing, n))
		return -1;
	return md_slots_in_order(cx, &c.slots, out);
}
