/* The query handle: making, preparing, freeing; its calls while it runs. */
#include "engine/query.h"

#include "engine/lifetime.h"
#include "engine/loop.h"
#include "engine/misuse.h"
#include "engine/page.h"
#include "engine/run.h"

#include <stdlib.h>

multidb_query *multidb_query_new(multidb_engine *e)
{
	multidb_query *q = e ? calloc(1, sizeof *q) : NULL;
	if (!q || md_running_init(&q->running)) {
		free(q);
		return NULL;
	}
	q->engine = e;
	q->error.err = &q->request.err;
	q->error.shown = &q->request.shown;
	q->error.arena = &q->request.arena;
	q->misuse.err = &q->misuse.own;
	q->misuse.arena = &q->misuse.own_arena;
	q->request.cx = (struct md_ctx){ .arena = &q->request.arena, .err = &q->request.err };
	q->statistics_set = md_statistics_set(&e->statistics);
	md_engine_add_query(q);
	return q;
}

void md_query_discard(multidb_query *q)
{
	md_run_end(q);
	md_runtime_unref(q->rt);
	md_engine_remove_query(q); /* from here on multidb_engine_close does not cancel it */
	md_running_destroy(&q->running);
	md_arena_free(&q->request.arena);
	md_arena_free(&q->misuse.own_arena);
	md_prepared_free(&q->prepared);
	md_buf_free(&q->out);
	md_buf_free(&q->text);
	md_buf_free(&q->visit.taken);
	free(q);
}

void multidb_query_free(multidb_query *q)
{
	if (q && q->loop)
		md_loop_abandon(q);
	else if (q)
		md_query_discard(q);
}

void multidb_query_set_user(multidb_query *q, void *user)
{
	if (q)
		q->user = user;
}

void *multidb_query_user(const multidb_query *q)
{
	return q ? q->user : NULL;
}

/* What was planned by another configuration is forgotten: its addresses may be used again. */
static void attach_engine(multidb_query *q)
{
	const struct md_runtime *before = q->rt;
	md_engine_attach(q);
	if (q->rt != before)
		md_prepared_forget(&q->prepared);
}

/* Discards the previous query. */
static void begin_request(multidb_query *q, enum md_ask ask)
{
	md_run_end(q);
	md_running_reset(&q->running);
	attach_engine(q);
	md_request_begin(&q->request, q->rt ? md_runtime_meta(q->rt) : NULL, ask, q->is_remote);
	q->request.find_ring = md_page_ring;
	q->request.finder = q;
	q->error.json = q->json = q->parameters_json = NULL;
	q->error.planned = &q->request.planned;
	q->misuse.own.code = MD_OK;
	q->head_written = q->row_written = false;
	q->reading = MD_UNREAD;
	q->cells = NULL;
	q->execution_us = 0;
	q->is_truncated = false;
}

int multidb_query_set_audience(multidb_query *q, multidb_audience audience)
{
	if ((unsigned)audience > MULTIDB_REMOTE)
		return md_misuse(q, "multidb_query_set_audience was called with an unknown audience: expected "
		                 "MULTIDB_LOCAL (0) or MULTIDB_REMOTE (%d), got %d", MULTIDB_REMOTE, (int)audience);
	if (!q)
		return -1;
	q->is_remote = audience == MULTIDB_REMOTE;
	return 0;
}

static enum md_ask ask_of_mode(multidb_mode mode)
{
	static const enum md_ask asks[] = { MD_ASK_RUN, MD_ASK_VALIDATE, MD_ASK_PLAN, MD_ASK_EXPLAIN, MD_ASK_COUNT };
	return asks[(unsigned)mode <= MULTIDB_COUNT ? mode : MULTIDB_RUN];
}

static int check_prepare(multidb_query *q, const char *call, multidb_mode mode)
{
	struct md_ctx *cx = &q->request.cx;
	if (!q->rt)
		return md_fail(cx, MD_SHUTTING_DOWN, "%s", md_engine_closed);
	if ((unsigned)mode > MULTIDB_COUNT)
		return md_fail(cx, MD_MISUSE, "%s was called with an unknown mode: expected MULTIDB_RUN (0) to "
		               "MULTIDB_COUNT (%d), got %d", call, MULTIDB_COUNT, (int)mode);
	return 0;
}

static int plan_request(multidb_query *q, multidb_mode mode, struct md_str definition, struct md_str context)
{
	if (check_prepare(q, "multidb_query_prepare", mode))
		return -1;
	if (!definition.p || (!context.p && context.n))
		return md_fail(&q->request.cx, MD_MISUSE, "multidb_query_prepare was called without a %s: got NULL",
		               definition.p ? "context, whose length is not 0" : "definition");
	return md_request_plan(&q->request, definition, context);
}

static int plan_body(multidb_query *q, multidb_mode mode, struct md_str body)
{
	if (check_prepare(q, "multidb_query_prepare_request", mode))
		return -1;
	if (!body.p)
		return md_fail(&q->request.cx, MD_MISUSE,
		               "multidb_query_prepare_request was called without a request: got NULL");
	return md_request_plan_body(&q->request, body);
}

/* A failure leaves nothing that could be started or read, also where the call itself was wrong: a
 * program that overlooks the failure must not run the query before it. */
static int end_prepare(multidb_query *q, int rc)
{
	q->is_prepared = rc == 0;
	q->progress = rc ? MD_BROKEN : MD_PREPARED;
	if (rc)
		q->request.planned.plan = NULL;
	else if (q->request.planned.plan)
		md_count_plan(&q->engine->statistics, q->statistics_set,
		              q->request.planning_us + q->request.generation_us);
	return rc;
}

int multidb_query_prepare(multidb_query *q, multidb_mode mode, const char *definition, size_t definition_n,
                    const char *context, size_t context_n)
{
	if (!q || md_check_idle(q, "multidb_query_prepare"))
		return -1;
	begin_request(q, ask_of_mode(mode));
	return end_prepare(q, plan_request(q, mode, (struct md_str){ definition, definition_n },
	                                   (struct md_str){ context, context_n }));
}

int multidb_query_prepare_request(multidb_query *q, multidb_mode mode, const char *body, size_t n)
{
	if (!q || md_check_idle(q, "multidb_query_prepare_request"))
		return -1;
	begin_request(q, ask_of_mode(mode));
	return end_prepare(q, plan_body(q, mode, (struct md_str){ body, n }));
}

/* ---- prepared definitions ---- */

static int define_query(multidb_query *q, multidb_mode mode, struct md_str definition)
{
	q->prepared.definition = NULL;
	if (check_prepare(q, "multidb_query_define", mode))
		return -1;
	if (!definition.p)
		return md_fail(&q->request.cx, MD_MISUSE,
		               "multidb_query_define was called without a definition: got NULL");
	return md_request_define(&q->request, &q->prepared, definition);
}

int multidb_query_define(multidb_query *q, multidb_mode mode, const char *definition, size_t definition_n)
{
	if (!q || md_check_idle(q, "multidb_query_define"))
		return -1;
	begin_request(q, ask_of_mode(mode));
	int rc = define_query(q, mode, (struct md_str){ definition, definition_n });
	q->is_prepared = false;
	q->progress = rc ? MD_BROKEN : MD_FRESH; /* nothing can be started before it is bound */
	return rc;
}

static int bind_query(multidb_query *q, struct md_str parameters, struct md_str context)
{
	struct md_ctx *cx = &q->request.cx;
	if (check_prepare(q, "multidb_query_bind", MULTIDB_RUN))
		return -1;
	if (!q->prepared.definition)
		return md_fail(cx, MD_MISUSE,
		               "multidb_query_bind was called without a definition that multidb_query_define accepted");
	bool lacks_parameters = !parameters.p && parameters.n, lacks_context = !context.p && context.n;
	if (lacks_parameters || lacks_context)
		return md_fail(cx, MD_MISUSE, "multidb_query_bind was called without %s, whose length is not 0: "
		               "got NULL", lacks_parameters ? "parameters" : "a context");
	return md_request_bind(&q->request, &q->prepared, parameters, context);
}

int multidb_query_bind(multidb_query *q, const char *parameters, size_t parameters_n, const char *context,
                       size_t context_n)
{
	if (!q || md_check_idle(q, "multidb_query_bind"))
		return -1;
	begin_request(q, q->prepared.ask);
	return end_prepare(q, bind_query(q, (struct md_str){ parameters, parameters_n },
	                                 (struct md_str){ context, context_n }));
}

const multidb_error *multidb_query_error(const multidb_query *q)
{
	if (!q)
		return md_null_handle_error();
	if (!q->loop && q->request.err.code != MD_OK) /* else a thread may be writing it */
		return &q->error;
	return q->misuse.own.code == MD_OK ? NULL : &q->misuse;
}

/* ---- running ---- */

int multidb_query_start(multidb_query *q, multidb_format format)
{
	static const char call[] = "multidb_query_start";
	return !q || md_check_idle(q, call) || md_check_start(q, call, format) ? -1 : md_run_start(q, format);
}

int multidb_query_next(multidb_query *q, const char **bytes, size_t *n)
{
	if (q && q->loop)
		return md_loop_take_chunk(q, bytes, n);
	if (!q || md_check_read(q, MD_READ_CHUNKS, bytes && n))
		return -1;
	int rc = md_run_chunk(q);
	if (rc >= 0) {
		*bytes = q->out.p;
		*n = rc ? q->out.n : 0;
	}
	return rc;
}

int md_query_make_cells(multidb_query *q)
{
	if (!q->cells)
		q->cells = md_new_n(&q->request.arena, multidb_cell, multidb_result_column_count(q) + 1);
	return q->cells ? 0 : md_run_out_of_memory(q);
}

int multidb_query_next_row(multidb_query *q, const multidb_cell **out)
{
	const struct md_cell *cells;
	if (q && q->loop)
		return md_loop_take_row(q, out);
	if (!q || md_check_read(q, MD_READ_ROWS, out != NULL) || md_query_make_cells(q))
		return -1;
	int rc = md_run_row(q, &cells);
	if (rc <= 0)
		return rc;
	size_t n = multidb_result_column_count(q);
	for (size_t i = 0; i < n; i++)
		q->cells[i] = md_run_cell(&cells[i]);
	*out = q->cells;
	return 1;
}

void multidb_query_cancel(multidb_query *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->engine->lock);
	md_loop_cancel(q);
	pthread_mutex_unlock(&q->engine->lock);
}
