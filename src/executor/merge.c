/* Promises: every id gives at most one row of its own, in the order of first mention; no row is lost. */
#include "executor/merge.h"

#include "executor/slots.h"
#include "executor/stream.h"

int md_merge_ids(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out)
{
	struct md_slots s;
	struct md_stream stream;
	uint32_t *at;
	if (md_slots_init(cx, x->query, &s) || md_key_positions(cx, x->shape, s.table, &at) || md_stream_open(&stream, cx, x, run, x->stmt))
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
