/* What a prepared definition keeps for one set of roles: everything up to the SQL text that does
 * not depend on values. Internal to the engine. */
#ifndef MD_ENGINE_KEPT_H
#define MD_ENGINE_KEPT_H

#include "access/access.h"
#include "engine/pipeline.h"
#include "validation/again.h"

/* Filled by a request that is planned (md_request.keep). Everything is in `arena`, except for the
 * texts of that request's values, which are freed and which nothing reads, and for what was taken
 * from the plan of the first roles (md_plan_for_roles). */
struct md_kept_plan {
	struct md_arena arena;
	const struct md_access *access;  /* the roles of the plan; NULL: nothing is kept */
	struct md_filled filled;
	const struct md_query *query;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_notes *notes;
	const struct md_guarded *guarded;
	const struct md_position *position;
	struct md_planned planned;
	struct md_stmt stmt;
	struct md_shape shape;
	const uint32_t *classes;         /* by parameter of stmt: md_parameter_class */
	/* of the debug log: the events of validation, and those from planning to the SQL text */
	struct md_trace_mark names_from, names_to, plan_from, plan_to;
};

/* Keeps the plan of the request for the roles in effect. 1: kept; 0: nothing is kept, because the
 * statement has a parameter whose origin is not known; -1: out of memory. */
int md_keep_plan(struct md_kept_plan *k, const struct md_request *r);

/* Plans a request whose context is open, in the arena of k (md_request.keep), by what `first` keeps
 * of the definition for other roles: its names and the places of its values. first has to live as
 * long as k. 1: planned; 0: the definition has to be validated for these roles, or a problem has to
 * be reported; -1: r->err says why. The other parameters are those of md_take_plan. */
int md_plan_for_roles(struct md_request *r, struct md_kept_plan *k, const struct md_kept_plan *first,
                      const struct md_json *definition, const struct md_json *const *given, int64_t begun);

/* Completes a request whose context is open and whose roles are those of k, with the plan in k.
 * given: the values of the parameters; begun: when the request began. 1: done; 0: the request has
 * to be planned from the beginning, because something that decides the plan or the SQL text
 * differs, or a problem has to be reported; -1: r->err says why. */
int md_take_plan(struct md_request *r, const struct md_kept_plan *k, const struct md_json *definition,
                 const struct md_json *const *given, int64_t begun);

#endif
