/* Prepared definitions: a definition is kept with its parameters, and asked again and again with
 * values for them. Internal to the engine. */
#ifndef MD_ENGINE_PREPARED_H
#define MD_ENGINE_PREPARED_H

#include "engine/kept.h"

enum { MD_KEPT_PLANS = 8 };

/* Of a kept plan what a binding with new roles reads of all of them, apart from the plans. */
struct md_kept_key {
	const struct md_role *role; /* the first one; NULL: the plan is of callers without roles */
	uint64_t used;              /* the number of the binding that used it last; 0: nothing is kept */
};

/* Zeroed is a valid start, without a definition. */
struct md_prepared_query {
	struct md_arena arena;            /* of the definition */
	const struct md_json *definition; /* NULL: none */
	size_t definition_bytes;
	enum md_ask ask;
	struct md_parameters parameters;
	/* for the first set of roles; others are planned by it, so that it is not replaced */
	struct md_kept_plan first;
	struct md_kept_plan kept[MD_KEPT_PLANS]; /* for the sets of roles that were used last */
	struct md_kept_key keys[MD_KEPT_PLANS];  /* of `kept` */
	uint32_t n_kept;                  /* of `kept`, in use */
	uint64_t bindings;                /* the number of bindings so far */
};

/* Keeps a definition in place of the previous one. md_request_bind asks it, in the mode that r->ask
 * has now. Reports INVALID_VALUE for a parameter that is malformed or stands in a wrong place. 0,
 * or -1 with r->err filled; p then has no definition. */
int md_request_define(struct md_request *r, struct md_prepared_query *p, struct md_str definition);

/* To be called when another configuration is in use: drops all plans of the previous one. */
void md_prepared_forget(struct md_prepared_query *p);

/* As md_request_plan, with values in place of the parameters. The result equals that of asking the
 * filled definition, except that pointers lead to the values of the parameters. p has a
 * definition. */
int md_request_bind(struct md_request *r, struct md_prepared_query *p, struct md_str parameters,
                    struct md_str context);

void md_prepared_free(struct md_prepared_query *p); /* returns all memory */

#endif
