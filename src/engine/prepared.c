#include "engine/prepared.h"

static int read_definition(struct md_request *r, struct md_prepared_query *p, struct md_str text)
{
	const struct md_json *definition;
	if (md_request_read(r, "definition", text, &definition))
		return -1;
	if (md_json_type(definition) != MD_JSON_OBJECT)
		return md_fail(&r->cx, MD_INVALID_BODY, "invalid definition: expected an object, got %s",
		               md_json_type_name(definition));
	if (md_parameters_find(&r->cx, definition, &p->parameters) ||
	    md_fail_if_problems(&r->cx, MD_VALIDATION_FAILED))
		return -1;
	p->definition = definition;
	p->definition_bytes = text.n;
	p->ask = r->ask;
	return 0;
}

int md_request_define(struct md_request *r, struct md_prepared_query *p, struct md_str definition)
{
	md_arena_reset(&p->arena);
	p->definition = NULL;
	r->cx.arena = &p->arena;
	int rc = r->cx.trace ? read_definition(r, p, definition) : md_out_of_memory(&r->cx);
	r->cx.arena = &r->arena;
	return rc;
}

static int read_parameters(struct md_request *r, const struct md_prepared_query *p, struct md_str text,
                           const struct md_json ***values)
{
	const struct md_json *given = NULL;
	if (md_request_check_length(r, "definition", p->definition_bytes) ||
	    (text.n && md_request_read(r, "parameters", text, &given)) ||
	    md_parameters_read(&r->cx, &p->parameters, given, values))
		return -1;
	return md_fail_if_problems(&r->cx, MD_VALIDATION_FAILED);
}

static int bind_stages(struct md_request *r, const struct md_prepared_query *p, struct md_str parameters,
                       struct md_str context)
{
	int64_t begun = md_request_clock(r);
	const struct md_json *caller = NULL, *filled, **values;
	if (read_parameters(r, p, parameters, &values) ||
	    (context.n && md_request_read(r, "context", context, &caller)))
		return -1;
	filled = md_parameters_fill(r->cx.arena, &p->parameters, p->definition, values);
	if (!filled)
		return md_out_of_memory(&r->cx);
	return md_request_check(r, filled, caller) || md_request_finish(r, begun) ? -1 : 0;
}

int md_request_bind(struct md_request *r, struct md_prepared_query *p, struct md_str parameters, struct md_str context)
{
	if (!r->cx.trace)
		return md_out_of_memory(&r->cx);
	r->parameters = &p->parameters;
	int rc = md_request_end(r, bind_stages(r, p, parameters, context));
	if (rc) /* also what was found behind validation */
		md_parameters_point(&r->cx, r->parameters);
	return rc;
}

void md_prepared_free(struct md_prepared_query *p)
{
	md_arena_free(&p->arena);
	p->definition = NULL;
}
