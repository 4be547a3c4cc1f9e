/* Parameters of a prepared definition: {"$param": "name"} in place of a value. */
#ifndef MD_QUERY_PARAMETERS_H
#define MD_QUERY_PARAMETERS_H

#include "base/ctx.h"
#include "json/json.h"

/* The key of the definition whose value, or part of a value, the parameter is. */
enum md_parameter_use {
	MD_PARAMETER_OF_OPERAND, MD_PARAMETER_OF_COUNT, MD_PARAMETER_OF_IDS, MD_PARAMETER_OF_LIMIT,
	MD_PARAMETER_OF_OFFSET, MD_PARAMETER_OF_FIRST, MD_PARAMETER_OF_AFTER, MD_PARAMETER_OF_TIMEOUT,
	MD_PARAMETER_OF_LAG
};

/* A place of the definition where a parameter stands. */
struct md_parameter_place {
	const struct md_json *json; /* the object {"$param": …} */
	enum md_parameter_use use;
	uint32_t parameter;         /* index in md_parameters.names */
	struct md_str pointer;      /* JSON Pointer into the definition */
};

struct md_parameters {
	const struct md_str *names;               /* distinct, in the order of first mention */
	uint32_t n_names;
	const struct md_parameter_place *places;  /* in the order of the text */
	uint32_t n_places;
};

/* Finds the parameters of a definition. Reports INVALID_VALUE at each parameter that is not written
 * as {"$param": "name"}, and at each that stands where no parameter may stand: in place of a name,
 * an operator, logic, a mode, or an object or array that holds one of these. -1: out of memory. */
int md_parameters_find(struct md_ctx *cx, const struct md_json *definition, struct md_parameters *out);

/* For a definition that is asked without binding: reports INVALID_VALUE at each parameter, and
 * drops the other problems at and below it. Validation has found a problem at each of these places,
 * because no key takes an object with the member $param. */
void md_parameters_refuse(struct md_ctx *cx, const struct md_json *definition);

/* The values of the parameters, by md_parameters.names, from the members of an object (NULL: none).
 * Reports MISSING_PARAMETER and INVALID_PARAMETER at /parameters/NAME. -1: out of memory, or the
 * JSON is no object (INVALID_BODY). */
int md_parameters_read(struct md_ctx *cx, const struct md_parameters *p, const struct md_json *given,
                       const struct md_json ***values);

/* A definition with a value in place of each parameter. */
struct md_filled {
	const struct md_json *definition;
	const struct md_json_change *changes; /* by place: the value that replaced the parameter */
};
/* -1: out of memory. */
int md_parameters_fill(struct md_arena *a, const struct md_parameters *p, const struct md_json *definition,
                       const struct md_json *const *values, struct md_filled *out);

/* Turns pointers of problems that lead to a parameter's place, or below it, into pointers to the
 * parameter's value: /filters/0/value/from becomes /parameters/NAME/from. */
void md_parameters_point(struct md_ctx *cx, const struct md_parameters *p);

#endif
