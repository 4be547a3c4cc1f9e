/* What was planned and how it was answered, fact by fact: the result object (result.c) and the
 * functions multidb_result_… (accessors.c) read the same. Nothing here allocates. */
#ifndef MD_ENGINE_OUTCOME_H
#define MD_ENGINE_OUTCOME_H

#include "engine/pipeline.h"
#include "executor/execute.h"

extern const char *const md_verdict_name[]; /* by enum md_verdict */

/* In all of these the request has a plan; the answer is NULL where it was not executed. */
enum md_strategy md_outcome_strategy_id(const struct md_request *r, const struct md_answer *a);
const char *md_outcome_strategy(const struct md_request *r, const struct md_answer *a);
struct md_str md_outcome_target(const struct md_request *r, const struct md_answer *a);

/* A table that the answer was read from. */
struct md_table_used {
	struct md_str id, database, physical_name;
	const char *source; /* "original", "materialized", "cache" */
};

/* The tables in the order of first use, each once; false beyond the last. */
bool md_outcome_table(const struct md_request *r, const struct md_answer *a, size_t i, struct md_table_used *out);

/* How old the answer may be: the worst lag of the replicas in it; NULL where only originals are
 * read. */
const char *md_outcome_freshness(const struct md_request *r);

/* SQL text, strategy and target: the same hash means the same request to the same place. */
uint64_t md_outcome_plan_hash(const struct md_request *r);

bool md_output_nullable(const struct md_bound *b, const struct md_bound_output *o);
bool md_output_masked(const struct md_bound *b, const struct md_bound_output *o);

#endif
