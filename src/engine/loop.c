/* Queries beside an event loop: making and freeing a loop, and the caller's functions that start
 * queries, return their outcomes and read their pieces. A piece is a chunk of bytes, or some rows.
 * Promises: only multidb_loop_free waits for a database; multidb_query_free returns at once. */
#include "engine/loop.h"

#include "engine/lifetime.h"
#include "engine/loading.h"
#include "engine/loop_threads.h"
#include "engine/misuse.h"
#include "engine/query.h"
#include "engine/run.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOP_THREADS_MAX = 1024 };

static void discard_loop(multidb_loop *l)
{
	if (l->fd >= 0)
		close(l->fd);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	md_engine_drop(l->engine);
	free(l);
}

static multidb_loop *new_loop(multidb_engine *e, uint32_t threads)
{
	multidb_loop *l = calloc(1, sizeof *l + threads * sizeof *l->threads);
	if (!l || pthread_mutex_init(&l->lock, NULL)) {
		free(l);
		return NULL;
	}
	if (pthread_cond_init(&l->changed, NULL)) {
		pthread_mutex_destroy(&l->lock);
		free(l);
		return NULL;
	}
	l->engine = e;
	l->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	md_engine_take(e);
	return l;
}

static int make_loop(struct md_ctx *cx, multidb_engine *e, uint32_t threads, multidb_loop **out)
{
	multidb_loop *l = new_loop(e, threads);
	if (!l)
		return md_out_of_memory(cx);
	if (l->fd >= 0 && md_loop_start_threads(l, threads)) {
		*out = l;
		return 0;
	}
	md_fail(cx, MD_OUT_OF_MEMORY, "the system has no %s for a loop of %u threads",
	        l->fd < 0 ? "descriptor" : "thread", threads);
	md_loop_end_threads(l);
	discard_loop(l);
	return -1;
}

int multidb_loop_new(multidb_engine *e, unsigned threads, multidb_loop **loop, multidb_error **error)
{
	if (loop)
		*loop = NULL;
	if (!e || !loop)
		return md_error_misuse("multidb_loop_new was called with NULL for engine or loop", error);
	if (threads == 0 || threads > LOOP_THREADS_MAX)
		return md_error_misuse("multidb_loop_new takes from 1 to 1024 threads, and got another number", error);
	multidb_error *own = md_error_new();
	struct md_ctx cx = own ? md_error_ctx(own) : (struct md_ctx){ .arena = NULL };
	return md_error_end(own, own ? make_loop(&cx, e, threads, loop) : -1, error);
}

/* Takes any query out of the loop; NULL: none is left. The engine's lock guards q->loop. */
static multidb_query *take_query(multidb_loop *l)
{
	multidb_query *q = NULL;
	pthread_mutex_lock(&l->engine->lock);
	for (int place = 0; place < MD_LOOP_PLACES && !q; place++)
		q = l->lines[place].first;
	if (q) {
		md_loop_leave(l, q);
		q->loop = NULL;
	}
	pthread_mutex_unlock(&l->engine->lock);
	return q;
}

void multidb_loop_free(multidb_loop *l)
{
	if (!l)
		return;
	md_loop_end_threads(l);
	for (multidb_query *q; (q = take_query(l));) {
		bool has_ended = q->visit.place == MD_LOOP_READY && q->visit.outcome != MULTIDB_READY;
		if (q->visit.is_abandoned)
			md_query_discard(q);
		else if (!has_ended)
			md_run_stop(q, "multidb_loop_free has ended the loop before the answer was read");
	}
	discard_loop(l);
}

int multidb_loop_fd(const multidb_loop *l)
{
	return l ? l->fd : -1;
}

/* ---- the calls ---- */

static int check_loop_start(multidb_loop *l, multidb_query *q, const char *call, multidb_format format)
{
	if (md_check_idle(q, call))
		return -1;
	if (!l)
		return md_misuse(q, "%s was called without a loop: got NULL", call);
	if (q->engine != l->engine)
		return md_misuse(q, "%s was called with a query of another engine than that of multidb_loop_new", call);
	return md_check_start(q, call, format);
}

/* The pool that the statement will use. *pool NULL: no database is asked, or the configuration has
 * no connection to it, which the start will report. */
static int find_pool(multidb_query *q, struct md_pool **pool)
{
	struct md_reach reach = { .pool = NULL };
	int rc = q->request.bound->mode == MD_SQL_ONLY ? 0 : md_runtime_pool(q->rt, q->request.planned.plan, &reach);
	*pool = reach.pool;
	return rc;
}

static int enter_loop(multidb_loop *l, multidb_query *q, enum md_reading reading, multidb_format format)
{
	struct md_pool *pool;
	if (find_pool(q, &pool))
		return md_run_out_of_memory(q);
	pthread_mutex_lock(&l->engine->lock);
	pthread_mutex_lock(&l->lock);
	struct md_loop_target *t = md_loop_target(l, pool);
	if (t) {
		t->queries++;
		q->reading = reading;
		q->format = format;
		q->visit = (struct md_loop_visit){ .target = t, .taken = q->visit.taken };
		q->visit.taken.n = 0;
		q->loop = l;
		md_loop_enter(l, q);
	}
	pthread_mutex_unlock(&l->lock);
	pthread_mutex_unlock(&l->engine->lock);
	return t ? 0 : md_run_out_of_memory(q);
}

int multidb_loop_start(multidb_loop *l, multidb_query *q, multidb_format format)
{
	if (!q || check_loop_start(l, q, "multidb_loop_start", format))
		return -1;
	return enter_loop(l, q, MD_READ_CHUNKS, format);
}

int multidb_loop_start_rows(multidb_loop *l, multidb_query *q)
{
	if (!q || check_loop_start(l, q, "multidb_loop_start_rows", MULTIDB_NDJSON) || md_query_make_cells(q))
		return -1;
	return enter_loop(l, q, MD_READ_ROWS, MULTIDB_NDJSON);
}

int multidb_loop_next(multidb_loop *l, multidb_query **out, multidb_outcome *outcome)
{
	if (!l || !out || !outcome)
		return -1;
	pthread_mutex_lock(&l->engine->lock);
	pthread_mutex_lock(&l->lock);
	multidb_query *q = l->lines[MD_LOOP_READY].first;
	*out = q;
	if (q) {
		*outcome = q->visit.outcome;
		if (*outcome == MULTIDB_READY) {
			md_loop_move(l, q, MD_LOOP_READING);
		} else {
			md_loop_leave(l, q);
			q->loop = NULL;
		}
	}
	pthread_mutex_unlock(&l->lock);
	pthread_mutex_unlock(&l->engine->lock);
	return q != NULL;
}

/* Gives the piece to the reader, and lets a thread make the next one. After the last rows,
 * MULTIDB_COMPLETE is ready only when they were read, because the handle then leaves the loop. */
static void take_piece(multidb_loop *l, multidb_query *q)
{
	struct md_buf read = q->visit.taken;
	q->visit.taken = q->out;
	q->out = read;
	q->visit.read_at = 0;
	bool has_ended = q->progress == MD_ENDED;
	if (has_ended)
		q->visit.outcome = MULTIDB_COMPLETE;
	if (!has_ended)
		md_loop_move(l, q, MD_LOOP_QUEUED);
	else if (q->reading == MD_READ_CHUNKS)
		md_loop_move(l, q, MD_LOOP_READY);
	else
		q->visit.has_last_rows = true;
}

/* False: multidb_loop_next has not returned MULTIDB_READY for the next piece. *piece is set under
 * the lock: after it another thread of the program can be told that the query is complete, and free
 * it. */
static bool take_ready_piece(multidb_query *q, struct md_str *piece)
{
	multidb_loop *l = q->loop;
	pthread_mutex_lock(&l->lock);
	bool is_there = q->visit.place == MD_LOOP_READING && !q->visit.has_last_rows;
	if (is_there) {
		take_piece(l, q);
		*piece = md_buf_view(&q->visit.taken);
	}
	pthread_mutex_unlock(&l->lock);
	return is_there;
}

int md_loop_take_chunk(multidb_query *q, const char **bytes, size_t *n)
{
	if (!bytes || !n)
		return md_misuse(q, "multidb_query_next was called with NULL for what it returns");
	if (q->reading == MD_READ_ROWS)
		return md_misuse(q, "multidb_query_next was called after multidb_loop_start_rows: call "
		                 "multidb_query_next_row");
	struct md_str piece;
	if (!take_ready_piece(q, &piece))
		return md_misuse(q, "multidb_query_next was called before multidb_loop_next returned MULTIDB_READY for "
		                 "the query");
	*bytes = piece.p;
	*n = piece.n;
	return 1;
}

static void read_cells(multidb_query *q)
{
	size_t length;
	q->visit.read_at++; /* the byte that begins each row */
	for (size_t i = 0; i < multidb_result_column_count(q); i++) {
		const char *p = q->visit.taken.p + q->visit.read_at;
		memcpy(&length, p, sizeof length);
		p += sizeof length;
		q->cells[i] = length == SIZE_MAX ? (multidb_cell){ NULL, 0 } : (multidb_cell){ p, length };
		q->visit.read_at += sizeof length + q->cells[i].n;
	}
}

/* After the last row was read, multidb_loop_next can return MULTIDB_COMPLETE. */
static void end_last_rows(multidb_query *q)
{
	multidb_loop *l = q->loop;
	pthread_mutex_lock(&l->lock);
	q->visit.has_last_rows = false;
	md_loop_move(l, q, MD_LOOP_READY);
	pthread_mutex_unlock(&l->lock);
}

int md_loop_take_row(multidb_query *q, const multidb_cell **cells)
{
	if (!cells)
		return md_misuse(q, "multidb_query_next_row was called with NULL for what it returns");
	if (q->reading == MD_READ_CHUNKS)
		return md_misuse(q, "multidb_query_next_row was called after multidb_loop_start: call "
		                 "multidb_query_next");
	struct md_str rows; /* q->visit.taken: a query whose rows are read stays in the loop */
	if (q->visit.read_at == q->visit.taken.n && !take_ready_piece(q, &rows)) {
		if (q->visit.has_last_rows)
			end_last_rows(q);
		return 0;
	}
	read_cells(q);
	*cells = q->cells;
	return 1;
}

/* A thread of the loop ends an open statement, because that may take time. */
void md_loop_abandon(multidb_query *q)
{
	multidb_loop *l = q->loop;
	pthread_mutex_lock(&l->engine->lock);
	md_running_cancel(&q->running);
	pthread_mutex_lock(&l->lock);
	bool is_working = q->visit.place == MD_LOOP_WORKING;
	bool is_idle = !is_working && (!q->visit.is_started || q->progress != MD_STARTED_ROWS);
	q->visit.is_abandoned = !is_idle;
	if (is_idle)
		md_loop_leave(l, q);
	else if (!is_working)
		md_loop_move(l, q, MD_LOOP_QUEUED);
	pthread_mutex_unlock(&l->lock);
	pthread_mutex_unlock(&l->engine->lock);
	if (is_idle)
		md_query_discard(q);
}

void md_loop_cancel(multidb_query *q)
{
	md_running_cancel(&q->running);
	if (!q->loop)
		return;
	pthread_mutex_lock(&q->loop->lock);
	pthread_cond_broadcast(&q->loop->changed);
	pthread_mutex_unlock(&q->loop->lock);
}
