/* Binding. The first binding of a set of roles is planned from the beginning, and its plan is kept
 * (engine/kept.h); a later binding with the same roles takes the plan over. Promises: the result of
 * a binding equals that of asking the filled definition. Where this is in doubt, the binding is
 * planned from the beginning, by the path that every request takes. */
#include "engine/prepared.h"

#include "access/access.h"

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
	md_prepared_forget(p);
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

/* ---- planning from the beginning ---- */

struct binding {
	struct md_request *r;
	struct md_prepared_query *p;
	const struct md_json *caller;        /* the context; NULL: none */
	const struct md_json *const *values; /* by parameter */
	int64_t begun;
};

/* Resets the request to the state before planning; the JSON that was read stays. */
static int begin_again(const struct binding *b)
{
	struct md_request *r = b->r;
	memset(&r->err, 0, sizeof r->err);
	r->planned.plan = NULL;
	r->planned.n = 0;
	r->guarded = NULL;
	r->position = NULL;
	r->context = MD_NO_SETTINGS;
	r->cx.access = NULL;
	r->cx.trace = md_trace_new(&r->arena);
	if (!r->cx.trace)
		return md_out_of_memory(&r->cx);
	md_trace_time(r->cx.trace, b->begun / 1000);
	return 0;
}

/* Plans without keeping the plan: for a caller whose roles are not known, and for the modes
 * validate and explain. */
static int plan_once(const struct binding *b)
{
	struct md_request *r = b->r;
	struct md_filled filled;
	if (begin_again(b))
		return -1;
	if (md_parameters_fill(&r->arena, &b->p->parameters, b->p->definition, b->values, &filled))
		return md_out_of_memory(&r->cx);
	return md_request_check(r, filled.definition, b->caller) || md_request_finish(r, b->begun) ? -1 : 0;
}

static int plan_in_arena(const struct binding *b, struct md_kept_plan *k)
{
	struct md_request *r = b->r;
	if (!md_trace_move(r->cx.trace, &k->arena) ||
	    md_parameters_fill(&k->arena, &b->p->parameters, b->p->definition, b->values, &k->filled))
		return md_out_of_memory(&r->cx);
	if (md_request_check_known(r, k->filled.definition) || md_request_finish(r, b->begun))
		return -1;
	if (md_keep_plan(k, r) < 0)
		return md_out_of_memory(&r->cx);
	return md_check_memory(&r->cx);
}

/* Plans in the arena of k, so that later bindings find everything there. */
static int plan_and_keep(const struct binding *b, struct md_kept_plan *k)
{
	struct md_request *r = b->r;
	k->access = NULL;
	md_arena_reset(&k->arena);
	r->keep = k;
	r->cx.arena = &k->arena;
	int rc = plan_in_arena(b, k);
	if (rc == 0 && !md_trace_move(r->cx.trace, &r->arena))
		rc = md_out_of_memory(&r->cx);
	if (rc)
		k->access = NULL;
	r->cx.arena = &r->arena;
	r->keep = NULL;
	return rc;
}

/* ---- what is kept ---- */

void md_prepared_forget(struct md_prepared_query *p)
{
	for (int i = 0; i < MD_KEPT_PLANS; i++)
		p->kept[i].access = NULL;
}

/* What is kept for the roles; NULL: nothing. */
static struct md_kept_plan *find_kept(struct md_prepared_query *p, const struct md_access *access)
{
	for (int i = 0; i < MD_KEPT_PLANS; i++)
		if (p->kept[i].access && md_access_is_same(p->kept[i].access, access))
			return &p->kept[i];
	return NULL;
}

/* The kept plan to replace: an empty one, or the least recently used. */
static struct md_kept_plan *find_replaceable(struct md_prepared_query *p)
{
	struct md_kept_plan *oldest = &p->kept[0];
	for (int i = 0; i < MD_KEPT_PLANS; i++) {
		if (!p->kept[i].access)
			return &p->kept[i];
		if (p->kept[i].used < oldest->used)
			oldest = &p->kept[i];
	}
	return oldest;
}

/* ---- binding ---- */

static int bind_known(const struct binding *b)
{
	struct md_request *r = b->r;
	struct md_prepared_query *p = b->p;
	struct md_kept_plan *k = find_kept(p, r->cx.access);
	int taken = k ? md_take_plan(r, k, p->definition, b->values, b->begun) : 0;
	if (k && taken == 0 && (begin_again(b) || md_access_open(&r->cx, b->caller)))
		taken = -1;
	if (!k)
		k = find_replaceable(p);
	k->used = ++p->bindings;
	if (taken)
		return taken > 0 ? 0 : -1;
	return plan_and_keep(b, k);
}

static int bind_stages(struct md_request *r, struct md_prepared_query *p, struct md_str parameters,
                       struct md_str context)
{
	struct binding b = { .r = r, .p = p, .begun = md_request_clock(r) };
	const struct md_json **values;
	if (read_parameters(r, p, parameters, &values) ||
	    (context.n && md_request_read(r, "context", context, &b.caller)))
		return -1;
	b.values = values;
	bool is_kept = p->ask != MD_ASK_VALIDATE && p->ask != MD_ASK_EXPLAIN;
	/* problems of the context are reported behind those of the definition */
	if (!is_kept || md_access_open(&r->cx, b.caller) || r->err.problems.n)
		return plan_once(&b);
	return bind_known(&b);
}

int md_request_bind(struct md_request *r, struct md_prepared_query *p, struct md_str parameters, struct md_str context)
{
	if (!r->cx.trace)
		return md_out_of_memory(&r->cx);
	r->parameters = &p->parameters;
	int rc = md_request_end(r, bind_stages(r, p, parameters, context));
	if (rc) /* also for problems that stages after validation found */
		md_parameters_point(&r->cx, r->parameters);
	return rc;
}

void md_prepared_free(struct md_prepared_query *p)
{
	for (int i = 0; i < MD_KEPT_PLANS; i++)
		md_arena_free(&p->kept[i].arena);
	md_arena_free(&p->arena);
	p->definition = NULL;
}
