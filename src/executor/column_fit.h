/* Does a column of the database fit what the configuration says of it, and what SQL was therefore
 * made for it? */
#ifndef MD_EXECUTOR_COLUMN_FIT_H
#define MD_EXECUTOR_COLUMN_FIT_H

#include "drivers/driver.h"
#include "planner/plan.h"

struct md_exec;

/* The columns of a table of the configuration, as the catalog has them. */
struct md_real_columns {
	const struct md_table *table;
	const struct md_source *source;
	enum md_engine engine;                        /* whose spellings the catalog has; Trino's: MD_ICEBERG */
	bool is_through_trino;
	bool exists;                                  /* the database has such a table */
	const struct md_catalog_column *const *found; /* by column of the configuration; NULL: there is none */
	const bool *is_unlisted;                      /* by column: it may exist although no catalog lists it */
	struct md_str engine_misfit;                  /* why the engine does not fit; empty: it does */
	uint64_t hash;                                /* of all that is found; never 0 */
};

enum md_misfit {
	MD_MISFIT_NONE,
	MD_MISFIT_ORDERED,  /* it can be read and compared by =, not ordered, grouped or matched */
	MD_MISFIT_COMPARED, /* it can be read, not compared, grouped or ordered */
	MD_MISFIT_ANYWHERE
};

struct md_column_verdict {
	enum md_misfit misfit;
	struct md_str reason; /* unless it fits: the message of TYPE_MISMATCH */
};

/* Finds the columns of the source of a table. In cx->arena; -1: out of memory. */
int md_find_real_columns(struct md_ctx *cx, const struct md_table *t, const struct md_source *source,
                         bool is_through_trino, const struct md_catalog_table *catalog, struct md_real_columns *out);

/* By column of the configuration; sets the bits of those that do not fit every use. NULL: out of
 * memory. */
const struct md_column_verdict *md_judge_columns(struct md_arena *a, const struct md_real_columns *real,
                                                 uint64_t *misfits);

#endif
