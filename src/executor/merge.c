/* Promises: every id gives at most one row of its own, in the order of first mention; no row is lost. */
#include "executor/merge.h"

#include "executor/slots.h"
#include "executor/stream.h"

/* A statement whose rows are put in the order of their ids reads one table. */
static const struct md_column *const *columns_read(struct md_arena *a, const struct md_shape *shape)
{
	const struct md_column **v = md_new_n(a, const struct md_column *, shape->n_outputs);
	for (uint32_t i = 0; v && i < shape->n_outputs; i++)
		v[i] = shape->outputs[i].column;
	return v;
}

int md_merge_ids(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out)
{
	struct md_slots s;
	struct md_stream stream;
	uint32_t *at;
	const struct md_column *const *columns = columns_read(cx->arena, x->shape);
	if (!columns || md_slots_init(cx, x, &s) ||
	    md_key_positions(cx, columns, x->shape->n_outputs, s.table, &at) || md_stream_open(&stream, cx, x, run, x->stmt))
		return -1;
	int rc;
	while ((rc = md_stream_next(&stream)) > 0) {
		const struct md_cell *row = md_cells_copied(cx->arena, stream.cells, x->shape->n_outputs);
		if (!row || md_slots_place(cx, &s, md_slots_id(cx, &s, row, at), row)) {
			md_stream_close(&stream);
			return -1;
		}
	}
	return rc ? -1 : md_slots_in_order(cx, &s, out);
}
