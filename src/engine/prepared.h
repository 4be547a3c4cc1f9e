/* Prepared definitions: kept with their parameters, asked again and again with values for them.
 * Internal to the engine. */
#ifndef MD_ENGINE_PREPARED_H
#define MD_ENGINE_PREPARED_H

#include "engine/kept.h"

enum { MD_KEPT_PLANS = 8 };

/* Zeroed is a valid start, without a definition. */
struct md_prepared_query {
	struct md_arena arena;            /* of the definition */
	const struct md_json *definition; /* NULL: none */
	size_t definition_bytes;
	enum md_ask ask;
	struct md_parameters parameters;
	struct md_kept_plan kept[MD_KEPT_PLANS]; /* for the sets of roles that were used last */
	uint64_t bindings;                /* so far */
};

/* Keeps a definition, in place of the one before, to be asked by md_request_bind as r->ask says.
 * Reports INVALID_VALUE where a parameter is not written or placed as it must be. 0, or -1 with
 * r->err filled; p then has no definition. */
int md_request_define(struct md_request *r, struct md_prepared_query *p, struct md_str definition);

/* Another configuration is in use: nothing that was planned by the one before is used again. */
void md_prepared_forget(struct md_prepared_query *p);

/* As md_request_plan, with values in place of the parameters: equal to asking the filled
 * definition, except that pointers lead to the values of the parameters. p has a definition. */
int md_request_bind(struct md_request *r, struct md_prepared_query *p, struct md_str parameters,
                    struct md_str context);

void md_prepared_free(struct md_prepared_query *p); /* returns all memory */

#endif
