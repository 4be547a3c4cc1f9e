/* The threads of a loop. A query occupies a thread only while a chunk is made: between two chunks
 * it has no thread, however slow its reader is.
 *
 * Promises: no function of the caller is called here; where the loop has several threads, one slow
 * database does not occupy all of them; no thread waits for a connection that another query of the
 * loop holds; at most one chunk is ahead of the reader. */
#include "engine/loop_threads.h"

#include "engine/query.h"
#include "engine/run.h"

#include <signal.h>

/* True: starting the query would wait for a connection that another query of this loop holds. */
static bool lacks_connection(const multidb_query *q)
{
	const struct md_loop_target *t = q->visit.target;
	return !q->visit.is_started && t->pool && t->connected >= md_pool_max(t->pool);
}

/* The last idle thread is for a database that no thread works for. */
static bool may_work_on(multidb_loop *l, multidb_query *q)
{
	if (q->visit.is_abandoned || md_running_cancelled(&q->running))
		return true;
	bool is_last = l->n_working + 1 == l->n_threads;
	return !lacks_connection(q) && (!is_last || q->visit.target->working == 0 || l->n_threads == 1);
}

/* Waits for a query that the calling thread may work on. NULL: the loop ends. */
static multidb_query *wait_for_query(multidb_loop *l)
{
	while (!l->is_ending) {
		for (multidb_query *q = l->lines[MD_LOOP_QUEUED].first; q; q = q->visit.next)
			if (may_work_on(l, q))
				return q;
		pthread_cond_wait(&l->changed, &l->lock);
	}
	return NULL;
}

static void write_cell(struct md_buf *b, multidb_cell c)
{
	size_t length = c.text ? c.n : SIZE_MAX;
	md_buf_add(b, (const char *)&length, sizeof length);
	if (c.text)
		md_buf_add(b, c.text, c.n);
}

/* Writes as many rows as fit into a chunk. A row begins with one byte; each cell follows its
 * length. */
static int run_rows(multidb_query *q)
{
	const struct md_cell *cells;
	size_t n = multidb_result_column_count(q);
	int rc = 1;
	q->out.n = 0;
	while (q->out.n < MD_RUN_CHUNK && !q->out.failed && (rc = md_run_row(q, &cells)) > 0) {
		md_buf_char(&q->out, '\n');
		for (size_t i = 0; i < n; i++)
			write_cell(&q->out, md_run_cell(&cells[i]));
	}
	if (q->out.failed)
		return md_run_out_of_memory(q);
	return rc < 0 ? -1 : q->out.n > 0;
}

static multidb_outcome run_piece(multidb_query *q)
{
	if (!q->visit.is_started && md_run_start(q, q->format))
		return MULTIDB_FAILED;
	q->visit.is_started = true;
	int rc = q->reading == MD_READ_ROWS ? run_rows(q) : md_run_chunk(q);
	if (rc < 0)
		return MULTIDB_FAILED;
	return rc ? MULTIDB_READY : MULTIDB_COMPLETE;
}

static void note_connection(multidb_query *q, bool is_connected)
{
	if (is_connected && !q->visit.is_connected)
		q->visit.target->connected++;
	if (!is_connected && q->visit.is_connected)
		q->visit.target->connected--;
	q->visit.is_connected = is_connected;
}

/* A query that is being started counts as connected. */
static void begin_work(multidb_loop *l, multidb_query *q)
{
	md_loop_move(l, q, MD_LOOP_WORKING);
	q->visit.target->working++;
	l->n_working++;
	note_connection(q, q->visit.is_connected || !q->visit.is_started);
}

/* The caller holds the loop's lock, which is released while the thread works. */
static void serve_query(multidb_loop *l, multidb_query *q)
{
	begin_work(l, q);
	if (!q->visit.is_abandoned) {
		pthread_mutex_unlock(&l->lock);
		q->visit.outcome = run_piece(q);
		pthread_mutex_lock(&l->lock);
		note_connection(q, md_running_has_statement(&q->running));
	}
	if (q->visit.is_abandoned) {
		pthread_mutex_unlock(&l->lock);
		md_run_end(q);
		pthread_mutex_lock(&l->lock);
	}
	q->visit.target->working--;
	l->n_working--;
	if (!q->visit.is_abandoned) {
		md_loop_move(l, q, MD_LOOP_READY);
		return;
	}
	md_loop_leave(l, q);
	pthread_mutex_unlock(&l->lock);
	md_query_discard(q);
	pthread_mutex_lock(&l->lock);
}

static void *serve_queries(void *loop)
{
	multidb_loop *l = loop;
	pthread_mutex_lock(&l->lock);
	for (multidb_query *q; (q = wait_for_query(l));)
		serve_query(l, q);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

void md_loop_end_threads(multidb_loop *l)
{
	pthread_mutex_lock(&l->lock);
	l->is_ending = true;
	for (int place = 0; place < MD_LOOP_PLACES; place++)
		for (multidb_query *q = l->lines[place].first; q; q = q->visit.next)
			md_running_cancel(&q->running);
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	for (uint32_t i = 0; i < l->n_threads; i++)
		pthread_join(l->threads[i], NULL);
}

/* The threads block all signals: they are for the threads of the program. */
bool md_loop_start_threads(multidb_loop *l, uint32_t n)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_mutex_lock(&l->lock); /* the threads read their number, which grows here */
	while (l->n_threads < n && pthread_create(&l->threads[l->n_threads], NULL, serve_queries, l) == 0)
		l->n_threads++;
	pthread_mutex_unlock(&l->lock);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return l->n_threads == n;
}
