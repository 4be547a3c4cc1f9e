/* Shared within the planner: the input of a strategy, its result, and the parts of plans. */
#ifndef MD_PLANNER_PRIVATE_H
#define MD_PLANNER_PRIVATE_H

#include "dialects/facts.h"
#include "planner/plan.h"

/* A table of the query and the columns that a source of it must have. A table that the query names
 * several times has one need. */
struct md_need {
	const struct md_table *table;
	const uint64_t *columns; /* bitmap */
	const struct md_view *view;
};

/* The input of every strategy. When no strategy can plan, the planner calls strategies again with
 * one member changed (max_lag_ms, trino_enabled, assume_catalogs) to find the error code:
 * FRESHNESS_UNMET, TRINO_DISABLED or NO_CATALOG. */
struct md_judge {
	struct md_ctx *cx;
	const struct md_guarded *guarded;
	const struct md_bound *bound;
	const struct md_values *values;
	struct md_need *needs; /* in the order of first use */
	uint32_t n_needs;
	int64_t max_lag_ms;      /* INT64_MAX: any */
	bool trino_enabled;
	bool assume_catalogs;    /* plan as if every database had a catalog */
	bool ignores_names;      /* plan as if no table had a name with capitals */
	bool has_real_types;     /* a table of the query has a databaseType */
	/* by need and column: bits of enum md_real_use (dialects/facts.h); NULL: no table has a
	 * databaseType, or types are ignored */
	uint16_t *const *uses;
	const struct md_plan *fallback; /* the chosen plan besides the cache; NULL: none so far */
};

/* A refusal as a bit in a set of codes. */
#define MD_REFUSE(code) ((uint32_t)1 << (code))

/* A copy of a table as a statement reads it. */
struct md_copy {
	const struct md_database *database;
	const struct md_sync *sync; /* NULL: the original */
	enum md_dialect_id dialect;
};

/* ---- the strategies, one file each ---- */

/* Each sets *out: MD_POSSIBLE with a plan, or MD_REFUSED with code and codes (texts are written
 * later). -1: out of memory. */
int md_judge_direct(struct md_judge *j, struct md_alternative *out);
int md_judge_materialized(struct md_judge *j, struct md_alternative *out);
int md_judge_trino(struct md_judge *j, struct md_alternative *out);

/* Can the cache answer, without regard to the plan for its misses? Codes are 0 if it can. */
void md_judge_cache(struct md_judge *j, struct md_alternative *out);
/* Is there a row filter of a type that the process cannot compare as the database does: the
 * original's, or that of the plan that fetches misses, once it is known? */
bool md_has_inexact_filter(const struct md_judge *j);
/* Why the cache cannot stand before the plan of j->fallback: UNSUPPORTED, FILTER_NOT_EXACT; 0: it
 * can. */
uint32_t md_fallback_faults(const struct md_judge *j);
/* A plan that asks the cache first and fetches misses by `fallback`. NULL: out of memory. */
const struct md_plan *md_plan_cached(struct md_judge *j, const struct md_plan *fallback);

/* ---- planner.c: parts of plans ---- */

/* A plan whose sources are the originals; the strategy may replace them. NULL: out of memory. */
struct md_plan *md_plan_new(struct md_judge *j, enum md_strategy s, struct md_source **sources);

/* Sets the database that answers, and with it the dialect and whether Trino executes the plan. */
void md_plan_set_target(struct md_plan *p, const struct md_database *target);

/* The index of the table's need; n_needs: the query does not need the table. */
uint32_t md_find_need(const struct md_judge *j, const struct md_table *t);

/* ---- reach.c: what replicas and Trino can read ---- */

/* The table's replica in the database; NULL: none. */
const struct md_sync *md_replica_in(const struct md_table *t, const struct md_database *db);

/* Why this replica cannot be read instead of the original by statements of the dialect:
 * FRESHNESS_UNMET, LAYOUT_UNKNOWN, LAYOUT_UNSUPPORTED, KEY_MOVES, COLUMN_NOT_REPLICATED,
 * UNSUPPORTED, COMPARISON_DIFFERS; 0: it can. */
uint32_t md_replica_faults(const struct md_judge *j, const struct md_need *n, const struct md_sync *s,
                           enum md_dialect_id dialect);

/* The dialect of statements across databases. */
enum md_dialect_id md_cross_dialect(const struct md_judge *j);

/* Does Trino reach the database by a catalog? True with assume_catalogs. */
bool md_has_catalog(const struct md_judge *j, const struct md_database *db);

/* Why Trino cannot read a database: TRINO_DISABLED, NO_CATALOG; 0: it can. */
uint32_t md_trino_faults(const struct md_judge *j, const struct md_database *db);

/* Can Trino read this column of a table in the database? */
bool md_trino_reads_column(const struct md_database *db, const struct md_column *c);

/* Can Trino read any column of the table in this database? */
bool md_trino_reads_table(const struct md_database *db, const struct md_table *t);

/* Can Trino read the table in this database, with every column that the query needs? */
bool md_trino_reaches(const struct md_judge *j, const struct md_need *n, const struct md_database *db);

/* Does Trino find the copy of the need's table by its name? True where statements of another
 * dialect read it. */
bool md_trino_finds_name(const struct md_judge *j, const struct md_copy *o, const struct md_need *n);

/* Why Trino cannot read the original: NO_CATALOG, UNSUPPORTED, COMPARISON_DIFFERS; 0: it can. */
uint32_t md_original_trino_faults(const struct md_judge *j, const struct md_need *n);

/* ---- related.c ---- */

/* Sets `related` of the sources, which are those of the plan. */
void md_choose_related(const struct md_judge *j, const struct md_plan *p, struct md_source *sources);

/* ---- uses.c ---- */

int md_find_uses_of_columns(struct md_judge *j);
/* Finds j->uses, if j->has_real_types. -1: out of memory. */
static inline int md_find_uses(struct md_judge *j)
{
	return j->has_real_types ? md_find_uses_of_columns(j) : 0;
}

/* ---- real_types.c: what the types of columns in a database exclude ---- */

/* A column that keeps a copy from being read. */
struct md_type_fault {
	const struct md_column *column;
	enum md_refusal code;    /* UNSUPPORTED or COMPARISON_DIFFERS */
	enum md_real_use use;    /* UNSUPPORTED: what cannot be done with the column */
};

/* The next column of the need, from *at on, that keeps the copy from being read. False: there is
 * none. */
bool md_next_type_fault(const struct md_judge *j, const struct md_need *n, const struct md_copy *o, uint32_t *at,
                        struct md_type_fault *out);

/* Why the copy cannot be read: UNSUPPORTED, COMPARISON_DIFFERS; 0: it can. */
uint32_t md_find_type_faults(const struct md_judge *j, const struct md_need *n, const struct md_copy *o);
static inline uint32_t md_type_faults(const struct md_judge *j, const struct md_need *n, const struct md_copy *o)
{
	return j->uses ? md_find_type_faults(j, n, o) : 0;
}

/* A column of the cache's entries that the plan cannot read where it fetches misses. NULL: it reads
 * all. */
const struct md_column *md_find_unreadable(const struct md_cached_table *c, const struct md_plan *p);

/* Can the database take two different texts of the column for equal, by its databaseType? */
bool md_compares_loosely(const struct md_column *c);

/* ---- refusal.c ---- */

/* The first refusal of `order` that is in codes. MD_REFUSED_NOT ends `order`. */
enum md_refusal md_first_refusal(uint32_t codes, const enum md_refusal *order);

/* Adds detail, hint, tables and the candidates' details to a refused alternative. -1: out of
 * memory. */
int md_explain_refusal(struct md_judge *j, struct md_alternative *a);

/* Sets the planner's error in cx->err and returns -1. */
int md_fail_planning(struct md_judge *j, enum md_code code, const struct md_planned *p);

/* ---- refusal_text.c: texts of refusals; columns that the caller cannot see are not named ---- */

/* The detail of a code, if it is the same for every query; NULL: it depends on
 * the query. */
const char *md_static_refusal_detail(enum md_refusal code);
void md_write_refusal_detail(struct md_buf *b, const struct md_judge *j, const struct md_alternative *a);
void md_write_candidate_detail(struct md_buf *b, const struct md_judge *j, const struct md_candidate *c);
struct md_str md_refusal_hint(const struct md_judge *j, const struct md_alternative *a);

/* The lag that the query accepts. */
void md_write_accepted_lag(struct md_buf *b, const struct md_judge *j);
/* The tables, each with its database. */
void md_write_table_places(struct md_buf *b, const struct md_judge *j);
/* Why no strategy can plan. */
void md_write_planning_failure(struct md_buf *b, const struct md_judge *j, enum md_code code,
                               const struct md_planned *p);

/* ---- log.c: the planning lines of the debug log ---- */

void md_log_needs(struct md_judge *j);
void md_log_planned(struct md_judge *j, const struct md_planned *p);

#endif
