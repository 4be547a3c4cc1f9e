/* The JSON that a caller reads: the result object, and explain's object. */
#ifndef MD_ENGINE_RESULT_H
#define MD_ENGINE_RESULT_H

#include "engine/pipeline.h"
#include "executor/execute.h"

/* How a request was answered; NULL parts do not apply. */
struct md_outcome {
	const char *kind;               /* "data", "sql", "count" */
	const struct md_answer *answer; /* executed: where its rows came from, the count */
	int64_t execution_us;
	bool volatile_parts;            /* timing and timestamps; plan and explain print the same bytes every time */
};

/* The members behind `data`: kind … meta, without braces, into an object that is open. */
void md_result_members(struct md_jw *w, const struct md_request *r, const struct md_outcome *o);
/* The whole object of plan. */
void md_result_plan(struct md_jw *w, const struct md_request *r);
/* {plan, rowFilters, alternatives}. -1 when a statement of another alternative can't be written. */
int md_result_explain(struct md_jw *w, struct md_request *r);

void md_result_alternatives(struct md_jw *w, const struct md_planned *p);

const char *md_outcome_strategy(const struct md_request *r, const struct md_answer *a);
struct md_str md_outcome_target(const struct md_request *r, const struct md_answer *a);

#endif
