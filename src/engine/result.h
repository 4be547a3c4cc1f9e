/* The JSON that a caller reads: the result object, and explain's object. */
#ifndef MD_ENGINE_RESULT_H
#define MD_ENGINE_RESULT_H

#include "engine/outcome.h"
#include "json/write.h"

/* How a request was answered; NULL parts do not apply. */
struct md_outcome {
	const char *kind;               /* "data", "sql", "count" */
	const struct md_answer *answer; /* executed: where its rows came from, the count */
	int64_t execution_us;
	bool is_truncated;              /* limits.rows ended it */
	bool volatile_parts;            /* timing and timestamps; plan and explain print the same bytes every time */
};

/* All of these write what the caller is shown (r->shown). */

/* The members behind `data`: kind … meta, without braces, into an object that is open. */
void md_result_members(struct md_jw *w, const struct md_request *r, const struct md_outcome *o);
/* The whole object of plan. */
void md_result_plan(struct md_jw *w, const struct md_request *r);
/* {plan, rowFilters, cells, alternatives} of a request that md_explain_request has prepared. */
void md_result_explain(struct md_jw *w, const struct md_request *r);
/* The parameters of a statement as an array, in the order of their numbers. */
void md_result_params(struct md_jw *w, const struct md_stmt *s, bool numbers_as_text);

void md_result_alternatives(struct md_jw *w, const struct md_planned *p, bool with_candidates);

#endif
