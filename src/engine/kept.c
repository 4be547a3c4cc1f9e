/* Taking a kept plan over, and planning for other roles by it. Values, the context, row predicates
 * and cell rules are read and built as for every request; for other roles the plan and the SQL text
 * too. For the same roles the text is taken over only where nothing but its parameters can differ.
 * Five functions compare what else decides the text:
 *
 *   md_values_again       limit, offset, page.first, maxLagMs, composite keys of byIds, counts
 *   md_guarded_is_alike   row predicates and cell rules: an empty list is the predicate FALSE
 *   is_position_alike     which sort values of a cursor are NULL
 *   parameter_class       what a value decides about the text around its own parameter
 *   is_held               whether the real types of columns hold the values
 *
 * A statement that has a parameter of unknown origin, or whose text depends on values in another
 * way, is not kept. */
#include "engine/kept.h"

#include "dialects/dialect.h"
#include "resolve/pattern.h"

/* ---- what a value decides about its place in the text ---- */

enum { CLASS_UNFIT = UINT32_MAX /* equal to no other class: the value has to be refused */ };

static uint32_t class_of_decimal(const struct md_dialect *d, const struct md_value *v)
{
	struct md_digits digits = md_decimal_digits(v);
	if (digits.whole + digits.fraction > d->decimal_digits)
		return CLASS_UNFIT;
	return d->param_class ? d->param_class(v) : 0;
}

/* source: the value that the parameter is made of. Where the parameter is one element of a list,
 * source is the list. */
static inline uint32_t parameter_class(const struct md_dialect *d, const struct md_value *parameter,
                                       const struct md_value *source)
{
	uint32_t class = 0;
	if (source->type.array && !parameter->type.array)
		class = (uint32_t)source->list.n << 8; /* one parameter for each element */
	else if (source->type.array)
		class = (uint32_t)(!source->list.n || source->list.n > d->list_elements) << 7;
	if (source->type.base == MD_DECIMAL && d->decimal_digits) {
		uint32_t decimal = class_of_decimal(d, source);
		return decimal == CLASS_UNFIT ? CLASS_UNFIT : class | decimal;
	}
	bool is_pattern = d->op[MD_OP_LIKE].n && !source->type.array && source->type.base == MD_STRING;
	return class | (is_pattern && !md_like_takes(d, source->text));
}

/* ---- where values come from ---- */

struct value_source {
	struct md_arena *arena;
	const struct md_values *values;
	const struct md_guarded *guarded;
	const struct md_position *position;
};

static int make_count(const struct value_source *s, const struct md_value *parameter, struct md_value *out)
{
	struct md_buf b = { .arena = s->arena };
	md_buf_int(&b, s->values->counts[parameter->place]);
	*out = *parameter;
	out->text = md_buf_view(&b);
	return b.failed ? -1 : 0;
}

static int list_ids(const struct value_source *s, const struct md_value *parameter, struct md_value *out)
{
	*out = *parameter;
	out->type.array = true;
	out->list.items = s->values->ids; /* keys of one column */
	out->list.n = s->values->n_ids;
	return 0;
}

/* As find_value, of a parameter that is no operand itself. */
static int find_other_value(const struct value_source *s, const struct md_value *parameter, struct md_value *made,
                            const struct md_value **out)
{
	*out = made;
	switch ((enum md_origin)parameter->origin) {
	case MD_FROM_PATTERN:
		return md_make_pattern(s->arena, (enum md_op)parameter->op,
		                       &s->values->operands[parameter->place], made);
	case MD_FROM_CONTEXT:
		*out = md_guarded_context(s->guarded, parameter->place);
		return 0;
	case MD_FROM_COUNT:
		return make_count(s, parameter, made);
	case MD_FROM_IDS:
		return list_ids(s, parameter, made);
	case MD_FROM_ID:
		*made = *parameter;
		made->text = s->values->ids[parameter->place];
		return 0;
	case MD_FROM_POSITION:
		*made = *parameter;
		made->text = s->position->v[parameter->place].text;
		return 0;
	case MD_FROM_METADATA:
		*out = parameter;
		return 0;
	default:
		return 1;
	}
}

/* Finds the value that a parameter has in this request; `made`: room for one that has to be made.
 * Where the parameter is one element of a list, *out is the list. 0: found; 1: its origin is not
 * known; -1: out of memory. */
static inline int find_value(const struct value_source *s, const struct md_value *parameter, struct md_value *made,
                             const struct md_value **out)
{
	if (parameter->origin != MD_FROM_OPERAND)
		return find_other_value(s, parameter, made, out);
	*out = &s->values->operands[parameter->place];
	return 0;
}

/* ---- keeping ---- */

static int keep_classes(struct md_kept_plan *k, const struct md_request *r)
{
	const struct md_dialect *d = md_dialect_of(r->planned.plan->dialect);
	struct value_source source = { &k->arena, r->values, r->guarded, r->position };
	uint32_t *classes = md_alloc(&k->arena, r->stmt.n_params * sizeof *classes);
	struct md_value made;
	const struct md_value *v;
	int rc = classes ? 0 : -1;
	for (uint32_t i = 0; i < r->stmt.n_params && rc == 0; i++) {
		rc = find_value(&source, &r->stmt.params[i], &made, &v);
		if (rc == 0)
			classes[i] = parameter_class(d, &r->stmt.params[i], v);
	}
	k->classes = classes;
	return rc;
}

int md_keep_plan(struct md_kept_plan *k, const struct md_request *r)
{
	k->query = r->query;
	k->bound = r->bound;
	k->values = r->values;
	k->guarded = r->guarded;
	k->position = r->position;
	k->planned = r->planned;
	k->stmt = r->stmt;
	k->shape = r->shape;
	int rc = r->stmt.depends_on_values ? 1 : keep_classes(k, r);
	if (rc == 0)
		k->access = md_access_keep(&k->arena, r->cx.access);
	if (rc < 0 || (rc == 0 && !k->access))
		return -1;
	return rc == 0;
}

/* ---- taking over ---- */

static bool is_position_alike(const struct md_position *a, const struct md_position *b)
{
	if (!a || !b || a->n != b->n)
		return a == b;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->v[i].null != b->v[i].null)
			return false;
	return true;
}

/* The elements of one list are consecutive parameters. */
static uint32_t fill_elements(struct md_value *to, const struct md_value *kept, uint32_t room,
                              const struct md_value *list)
{
	uint32_t i = 0;
	for (; i < room && i < list->list.n; i++) {
		to[i] = kept[i];
		to[i].text = list->list.items[i];
	}
	return i;
}

/* Does the real type of the parameter's column hold the value? Only the memory of values that it
 * does not hold is taken from the arena. */
static bool is_held(struct md_arena *a, const struct md_stmt *s, uint32_t i, const struct md_value *v)
{
	const struct md_real_type *real = s->held_by ? s->held_by[i] : NULL;
	return !real || md_real_holds(a, real, v);
}

/* The parameter keeps its form, which the statement gave it. */
static void put_value(struct md_value *to, const struct md_value *kept, const struct md_value *v)
{
	*to = *v;
	to->form = (uint8_t)kept->form;
}

/* 1: all parameters have values of the kept classes; 0: one parameter has a value of another class;
 * -1: out of memory. */
static int fill_statement(struct md_request *r, const struct md_kept_plan *k)
{
	const struct md_dialect *d = md_dialect_of(k->planned.plan->dialect);
	struct value_source source = { &r->arena, r->values, r->guarded, r->position };
	const struct md_value *kept = k->stmt.params, *v;
	uint32_t n = k->stmt.n_params;
	struct md_value *params = md_alloc(&r->arena, n * sizeof *params), made;
	if (!params)
		return -1;
	for (uint32_t i = 0; i < n;) {
		if (find_value(&source, &kept[i], &made, &v))
			return -1;
		uint32_t class = parameter_class(d, &kept[i], v);
		if (class != k->classes[i] || class == CLASS_UNFIT || !is_held(&r->arena, &k->stmt, i, v))
			return 0;
		if (v->type.array && !kept[i].type.array) {
			i += fill_elements(&params[i], &kept[i], n - i, v);
		} else {
			put_value(&params[i], &kept[i], v);
			i++;
		}
	}
	r->stmt = k->stmt;
	r->stmt.params = params;
	if (r->bound->has_ids)
		r->stmt.row_bound = md_row_bound(r->bound, r->values, r->values->n_ids);
	return 1;
}

/* A cursor is bound to the whole definition, so that this needs the filled one. */
static int open_page(struct md_request *r, const struct md_json *definition, const struct md_json *const *given)
{
	struct md_filled filled;
	if (!r->bound->has_page)
		return 0;
	if (md_parameters_fill(&r->arena, r->parameters, definition, given, &filled))
		return md_out_of_memory(&r->cx);
	return md_request_open_page(r, filled.definition);
}

/* Guards the bound query with its new values. 1: done; 0: a problem has to be reported; -1: r->err
 * says why. */
static int guard_again(struct md_request *r, const struct md_kept_plan *k, const struct md_json *definition,
                       const struct md_json *const *given)
{
	struct md_ctx *cx = &r->cx;
	if (!md_trace_repeat(cx->trace, k->names_from, k->names_to))
		return md_out_of_memory(cx);
	if (md_guard(cx, r->bound, r->values, &r->guarded) || open_page(r, definition, given))
		return -1;
	return cx->err->problems.n == 0;
}

/* 1: the values are checked and the references are guarded; 0: the kept plan does not fit; -1:
 * r->err says why. */
static int check_again(struct md_request *r, const struct md_kept_plan *k, const struct md_json *definition,
                       const struct md_json *const *given)
{
	struct md_ctx *cx = &r->cx;
	if (md_request_show(r))
		return 0;
	if (md_access_take_views(cx, k->access) || md_values_again(cx, k->notes, given, &r->values))
		return -1;
	if (!r->values)
		return 0;
	int rc = guard_again(r, k, definition, given);
	if (rc <= 0)
		return rc;
	return md_guarded_is_alike(r->guarded, k->guarded) && is_position_alike(r->position, k->position);
}

static int plan_again(struct md_request *r, const struct md_kept_plan *k)
{
	int rc = md_plan_again(&r->cx, &k->planned, r->guarded, &r->planned);
	if (rc == 0)
		rc = fill_statement(r, k);
	if (rc < 0 || (rc > 0 && !md_trace_repeat(r->cx.trace, k->plan_from, k->plan_to)))
		return md_out_of_memory(&r->cx);
	return rc;
}

int md_take_plan(struct md_request *r, const struct md_kept_plan *k, const struct md_json *definition,
                 const struct md_json *const *given, int64_t begun)
{
	r->query = k->query;
	r->bound = k->bound;
	r->shape = k->shape;
	r->err.from_table = k->query->from;
	int rc = check_again(r, k, definition, given);
	if (rc > 0)
		rc = plan_again(r, k);
	if (rc <= 0)
		return rc;
	r->planning_us = md_request_clock(r) - begun;
	r->generation_us = 0; /* the text is taken over */
	if (md_request_open_context(r))
		return r->err.code == MD_OUT_OF_MEMORY ? -1 : 0; /* planning from the beginning reports it */
	return 1;
}

/* ---- other roles ---- */

/* As check_again, for roles that are not those of `first`. */
static int check_for_roles(struct md_request *r, const struct md_kept_plan *first, const struct md_json *definition,
                           const struct md_json *const *given)
{
	struct md_ctx *cx = &r->cx;
	if (md_request_show(r))
		return 0;
	if (md_bound_again(cx, first->notes, &r->bound) || md_values_again(cx, first->notes, given, &r->values))
		return -1;
	return r->bound && r->values ? guard_again(r, first, definition, given) : 0;
}

int md_plan_for_roles(struct md_request *r, struct md_kept_plan *k, const struct md_kept_plan *first,
                      const struct md_json *definition, const struct md_json *const *given, int64_t begun)
{
	r->query = first->query;
	r->err.from_table = r->query->from;
	int rc = check_for_roles(r, first, definition, given);
	if (rc <= 0)
		return rc;
	k->notes = first->notes;
	k->names_from = first->names_from;
	k->names_to = first->names_to;
	return md_request_finish(r, begun) ? -1 : 1;
}
