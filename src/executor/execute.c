/* An answer is empty (no database is asked), one number (count mode), kept in the process (cache,
 * byIds in order) or streamed. */
#include "executor/execute.h"

#include "executor/cache_rows.h"
#include "executor/empty_rows.h"
#include "executor/id_rows.h"
#include "executor/mask.h"
#include "executor/page.h"
#include "executor/stream.h"
#include "trace/trace.h"

struct md_rows {
	struct md_ctx *cx;
	const struct md_exec *x;
	struct md_stream stream;
	struct md_kept_rows kept;
	uint32_t next_kept;
	bool is_streaming; /* otherwise the rows are kept */
	struct md_masks masks;
	struct md_paging page; /* of a query with a page */
	bool has_noted_not_finite;
	struct md_answer answer;
};

static int count_rows(struct md_rows *r, struct md_running *run)
{
	if (md_guarded_empty(r->x->plan->guarded))
		return 0;
	if (md_stream_open(&r->stream, r->cx, r->x, run, r->x->stmt))
		return -1;

	r->answer.from_database = true;
	int rc = md_stream_next(&r->stream);
	for (size_t i = 0; rc > 0 && i < r->stream.cells[0].text.n; i++)
		r->answer.count = r->answer.count * 10 + (r->stream.cells[0].text.p[i] - '0');
	if (rc == 0)
		return md_fail(r->cx, MD_QUERY_FAILED, "database '%.*s' counted nothing: expected one row, got none",
		               MD_FMT(r->x->database));
	return rc < 0 || md_stream_next(&r->stream) < 0 ? -1 : 0;
}

static int open_rows(struct md_rows *r, struct md_running *run)
{
	const struct md_exec *x = r->x;
	if (x->shape->count)
		return count_rows(r, run);
	if (md_guarded_empty(x->plan->guarded))
		return md_make_empty_rows(r->cx, x->bound, x->values, &r->kept);
	if (x->plan->strategy == MD_CACHE)
		return md_fetch_cache_rows(r->cx, x, run, &r->kept, &r->answer);

	r->answer.from_database = true;
	if (md_bound_keeps_id_order(x->bound))
		return md_fetch_id_rows(r->cx, x, run, &r->kept);
	r->is_streaming = true;
	return md_stream_open(&r->stream, r->cx, x, run, x->stmt);
}

int md_rows_open(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_rows **out)
{
	struct md_rows *r = *out = md_new(cx->arena, struct md_rows);
	if (!r)
		return md_out_of_memory(cx);

	r->cx = cx;
	r->x = x;
	if (x->bound->has_page && md_paging_init(&r->page, cx->arena, x->values->page_first, x->shape))
		return md_out_of_memory(cx);
	if (md_masks_init(&r->masks, cx->arena, x->shape, x->bound->n_outputs))
		return md_out_of_memory(cx);
	if (md_guarded_empty(x->plan->guarded))
		md_ev0(cx, MD_EV_EMPTY);

	if (open_rows(r, run) == 0)
		return 0;
	md_stream_close(&r->stream);
	return -1;
}

static void note_not_finite(struct md_rows *r, const struct md_cell *cells)
{
	const struct md_bound *b = r->x->bound;
	for (uint32_t i = 0; i < b->n_outputs && !r->has_noted_not_finite; i++)
		if (cells[i].form == MD_CELL_NOT_FINITE) {
			md_ev1(r->cx, MD_EV_NOT_FINITE, MD_S(b->outputs[i].name));
			r->has_noted_not_finite = true;
		}
}

/* The row behind a full page is not shown. It only tells that there are more; the reply must end
 * behind it. */
static int end_page(struct md_rows *r, bool more)
{
	r->answer.more = more;
	if (more && md_stream_next(&r->stream) < 0)
		return -1;
	return md_paging_end(&r->page, r->cx, more, &r->answer.end);
}

static int next_row_of_page(struct md_rows *r)
{
	int rc = md_stream_next(&r->stream);
	if (rc < 0)
		return -1;
	if (rc == 0 || md_paging_full(&r->page))
		return end_page(r, rc > 0);
	return md_paging_row(&r->page, r->stream.cells) ? md_out_of_memory(r->cx) : 1;
}

int md_rows_next(struct md_rows *r, const struct md_cell **cells)
{
	if (r->is_streaming) {
		int rc = r->x->bound->has_page ? next_row_of_page(r) : md_stream_next(&r->stream);
		if (rc <= 0)
			return rc;
		*cells = r->stream.cells;
	} else if (r->next_kept < r->kept.n) {
		*cells = r->kept.v[r->next_kept++];
	} else {
		return 0;
	}

	*cells = md_masks_apply(&r->masks, *cells);
	if (!*cells)
		return md_out_of_memory(r->cx);
	r->answer.rows++;
	note_not_finite(r, *cells);
	return 1;
}

void md_rows_close(struct md_rows *r)
{
	if (r)
		md_stream_close(&r->stream);
}

const struct md_answer *md_rows_answer(const struct md_rows *r)
{
	return &r->answer;
}
