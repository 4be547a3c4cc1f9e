/* Binding. The first binding of a definition is planned from the beginning, and its plan is kept
 * (engine/kept.h). A later binding with the same roles takes the plan over, and one with other
 * roles is planned by it. Promises: the result of a binding equals that of asking the filled
 * definition. Where this is in doubt, the binding is planned from the beginning, as every request
 * is. */
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
	r->query = NULL;
	r->bound = NULL;
	r->values = NULL;
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

/* A way of planning in the arena of k. 1: planned; 0: not in this way; -1: r->err says why. */
typedef int plan_fn(const struct binding *b, struct md_kept_plan *k);

static int plan_filled(const struct binding *b, struct md_kept_plan *k)
{
	struct md_request *r = b->r;
	if (md_parameters_fill(&k->arena, &b->p->parameters, b->p->definition, b->values, &k->filled))
		return md_out_of_memory(&r->cx);
	return md_request_check_known(r, k->filled.definition) || md_request_finish(r, b->begun) ? -1 : 1;
}

/* By what is kept for the first set of roles. */
static int plan_for_roles(const struct binding *b, struct md_kept_plan *k)
{
	return md_plan_for_roles(b->r, k, &b->p->first, b->p->definition, b->values, b->begun);
}

static int plan_in_arena(const struct binding *b, struct md_kept_plan *k, plan_fn *plan)
{
	struct md_request *r = b->r;
	if (!md_trace_move(r->cx.trace, &k->arena))
		return md_out_of_memory(&r->cx);
	int rc = plan(b, k);
	if (rc <= 0)
		return rc;
	if (md_keep_plan(k, r) < 0 || !md_trace_move(r->cx.trace, &r->arena))
		return md_out_of_memory(&r->cx);
	return md_check_memory(&r->cx) ? -1 : 1;
}

/* Plans in the arena of k, so that later bindings find everything there. */
static int plan_and_keep(const struct binding *b, struct md_kept_plan *k, plan_fn *plan)
{
	struct md_request *r = b->r;
	k->access = NULL;
	md_arena_reset(&k->arena);
	r->keep = k;
	r->cx.arena = &k->arena;
	int rc = plan_in_arena(b, k, plan);
	if (rc < 0)
		k->access = NULL;
	r->cx.arena = &r->arena;
	r->keep = NULL;
	return rc;
}

/* ---- what is kept ---- */

void md_prepared_forget(struct md_prepared_query *p)
{
	p->first.access = NULL;
	p->n_kept = 0;
}

static const struct md_role *first_role(const struct md_access *access)
{
	return access->n_scopes ? access->scopes[0].roles[0] : NULL;
}

/* What is kept for the roles; NULL: nothing. The first plan comes last: a later one of the same
 * roles has replaced it. */
static struct md_kept_plan *find_kept(struct md_prepared_query *p, const struct md_access *access)
{
	const struct md_role *role = first_role(access);
	for (uint32_t i = 0; i < p->n_kept; i++)
		if (p->keys[i].role == role && p->kept[i].access && md_access_is_same(p->kept[i].access, access))
			return &p->kept[i];
	return p->first.access && md_access_is_same(p->first.access, access) ? &p->first : NULL;
}

/* The kept plan to replace: one that is not in use, or the least recently used. The first stays as
 * long as others may be planned by it. */
static struct md_kept_plan *find_replaceable(struct md_prepared_query *p)
{
	uint32_t oldest = 0;
	if (!p->first.access)
		return &p->first;
	if (p->n_kept < MD_KEPT_PLANS)
		return &p->kept[p->n_kept++];
	for (uint32_t i = 1; i < MD_KEPT_PLANS; i++)
		if (p->keys[i].used < p->keys[oldest].used)
			oldest = i;
	return &p->kept[oldest];
}

/* The first plan needs no key. */
static void write_key(struct md_prepared_query *p, const struct md_kept_plan *k, const struct md_role *role)
{
	p->bindings++;
	if (k != &p->first)
		p->keys[k - p->kept] = (struct md_kept_key){ role, k->access ? p->bindings : 0 };
}

/* ---- binding ---- */

/* Back to the state in which the roles are known, and nothing else. */
static int open_again(const struct binding *b)
{
	return begin_again(b) || md_access_open(&b->r->cx, b->caller) ? -1 : 0;
}

/* 1: the plan that is kept for the roles is taken over; 0: it does not fit; -1: r->err says why. */
static int take_over(const struct binding *b, struct md_kept_plan *k)
{
	int rc = md_take_plan(b->r, k, b->p->definition, b->values, b->begun);
	return rc == 0 && open_again(b) ? -1 : rc;
}

static int plan_for_other_roles(const struct binding *b, struct md_kept_plan *k)
{
	int rc = plan_and_keep(b, k, plan_for_roles);
	return rc == 0 && open_again(b) ? -1 : rc;
}

/* Plans for roles for which nothing is kept, or nothing that fits. */
static int plan_known(const struct binding *b, struct md_kept_plan *k, bool is_new)
{
	int rc = is_new && b->p->first.access ? plan_for_other_roles(b, k) : 0;
	return rc ? rc : plan_and_keep(b, k, plan_filled);
}

static int bind_known(const struct binding *b)
{
	struct md_prepared_query *p = b->p;
	const struct md_role *role = first_role(b->r->cx.access);
	struct md_kept_plan *k = find_kept(p, b->r->cx.access);
	bool is_new = !k;
	int rc = k ? take_over(b, k) : 0;
	if (rc == 0 && (is_new || k == &p->first))
		k = find_replaceable(p);
	if (rc == 0)
		rc = plan_known(b, k, is_new);
	write_key(p, k, role);
	return rc;
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
	return bind_known(&b) < 0 ? -1 : 0;
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
	md_arena_free(&p->first.arena);
	md_arena_free(&p->arena);
	p->definition = NULL;
}
