/* What explain shows beside the plan. The texts are made once; the result object and the functions
 * multidb_result_… read the same record. */
#ifndef MD_ENGINE_EXPLAINED_H
#define MD_ENGINE_EXPLAINED_H

#include "engine/pipeline.h"

/* Which rows of a table reference the caller sees. */
struct md_explained_rows {
	struct md_str table, as, predicate; /* apiName, the definition's name for it, "tenantId = context.tenantId" */
};

/* What the caller sees of a column whose cells are not simply its values. */
struct md_explained_cells {
	struct md_str table, as, column, shown, clear; /* shown, clear: predicates; elsewhere NULL, or the mask */
	struct md_str mask;                            /* .p NULL: never masked */
};

struct md_explained {
	const struct md_explained_rows *rows; /* one for each table reference */
	uint32_t n_rows;
	const struct md_explained_cells *cells;
	uint32_t n_cells;
	struct md_stmt statements[MD_STRATEGIES]; /* of each alternative that has a plan */
};

/* Makes the record of a request that was planned: sets r->explained. -1: out of memory, or the
 * statement of an alternative cannot be written (the record says why). */
int md_explain_request(struct md_request *r);

#endif
