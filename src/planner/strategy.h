/* Shared within the planner: what a strategy is given and what it answers. Internal. */
#ifndef MD_PLANNER_STRATEGY_H
#define MD_PLANNER_STRATEGY_H

#include "planner/plan.h"

/* A table of the query, once however often it occurs, and the columns that any copy of it must have. */
struct md_need {
	const struct md_table *table;
	const uint64_t *columns;  /* bitmap */
	const struct md_view *view;
};

/* The question put to every strategy. P4 puts it again with one thing changed. */
struct md_judge {
	struct md_ctx *cx;
	const struct md_guarded *guarded;
	const struct md_bound *bound;
	const struct md_values *values;
	struct md_need *needs;   /* in order of first use */
	uint32_t n_needs;
	int64_t max_lag_ms;      /* INT64_MAX: any */
	bool trino;              /* enabled */
	bool all_catalogs;       /* what if every database had a catalog? */
};

#define MD_REFUSE(code) ((uint32_t)1 << (code))

/* Each sets *out: MD_POSSIBLE with a plan, or MD_REFUSED with code and codes (no texts yet). -1 only when out of memory. */
int md_judge_direct(struct md_judge *j, struct md_alternative *out);
int md_judge_materialized(struct md_judge *j, struct md_alternative *out);
int md_judge_trino(struct md_judge *j, struct md_alternative *out);
/* The cache by itself, without its fallback: codes 0 when it could serve. */
void md_judge_cache(struct md_judge *j, struct md_alternative *out);
/* The cache in front of another plan. NULL when out of memory. */
const struct md_plan *md_plan_cached(struct md_judge *j, const struct md_plan *fallback);

/* A plan with room for its sources (originals to begin with). NULL when out of memory. */
struct md_plan *md_plan_new(struct md_judge *j, enum md_strategy s, struct md_source **sources);
/* Where it runs: dialect, and whether through Trino. */
void md_plan_on(struct md_plan *p, const struct md_database *target);
uint32_t md_need_of(const struct md_judge *j, const struct md_table *t); /* index in needs */

/* Bits that keep this replica from standing in for the table: FRESHNESS_UNMET, COLUMN_NOT_REPLICATED. */
uint32_t md_replica_faults(const struct md_judge *j, const struct md_need *n, const struct md_sync *s);
const struct md_sync *md_replica_in(const struct md_table *t, const struct md_database *db); /* NULL: none */
/* Bits that keep Trino from reading a database: TRINO_DISABLED, NO_CATALOG. */
uint32_t md_trino_faults(const struct md_judge *j, const struct md_database *db);
bool md_has_catalog(const struct md_judge *j, const struct md_database *db);
/* Does Trino show this column of a table in the database? */
bool md_trino_shows(const struct md_database *db, const struct md_column *c);
/* Does Trino reach the table in this database, with every column that the query needs? */
bool md_trino_reaches(const struct md_judge *j, const struct md_need *n, const struct md_database *db);

/* ---- refusal.c ---- */

/* Detail, hint, tables and candidates' details of a refused alternative. -1 when out of memory. */
int md_refusal_explain(struct md_judge *j, struct md_alternative *a);
/* The planner's error (P4): sets cx->err, returns -1. */
int md_refusal_fail(struct md_judge *j, enum md_code code, const struct md_planned *p);
/* The first of `order` (ended by MD_REFUSED_NOT) in codes. */
enum md_refusal md_refusal_first(uint32_t codes, const enum md_refusal *order);

/* ---- log.c ---- */

void md_log_needs(struct md_judge *j);
void md_log_planned(struct md_judge *j, const struct md_planned *p);

#endif
