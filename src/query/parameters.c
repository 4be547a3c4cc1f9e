/* Finds the parameters of a definition, and puts values in their places. Accepts {"$param": "name"}
 * in place of a value: an operand, a list or an element of it, a member of a range or a distance,
 * count.value, byIds, limit, offset, page.first, page.after, timeoutMs, freshness.maxLagMs. Objects
 * nested deeper than any valid definition are not searched: the parser refuses them. */
#include "query/parameters.h"

#include "base/buf.h"
#include "base/map.h"
#include "query/operators.h"

enum { DEEPEST_PLACE = 64 }; /* above the greatest limits.jsonDepth */

static const struct md_str param_key = { "$param", 6 };

/* ---- where a parameter may stand ---- */

/* A parameter may stand at IN_OPERAND and at all places after it. */
enum place {
	IN_NOWHERE, IN_DEFINITION, IN_FILTERS, IN_NODE, IN_COUNT, IN_JOINS, IN_JOIN, IN_PAGE, IN_FRESHNESS,
	IN_OPERAND, IN_OPERAND_PART, IN_COUNT_VALUE, IN_IDS, IN_ID, IN_ID_MEMBER, IN_LIMIT, IN_OFFSET, IN_FIRST,
	IN_AFTER, IN_TIMEOUT, IN_MAX_LAG
};

static const enum md_parameter_use uses[] = {
	[IN_OPERAND] = MD_PARAMETER_OF_OPERAND, [IN_OPERAND_PART] = MD_PARAMETER_OF_OPERAND,
	[IN_COUNT_VALUE] = MD_PARAMETER_OF_COUNT, [IN_IDS] = MD_PARAMETER_OF_IDS, [IN_ID] = MD_PARAMETER_OF_IDS,
	[IN_ID_MEMBER] = MD_PARAMETER_OF_IDS, [IN_LIMIT] = MD_PARAMETER_OF_LIMIT,
	[IN_OFFSET] = MD_PARAMETER_OF_OFFSET, [IN_FIRST] = MD_PARAMETER_OF_FIRST,
	[IN_AFTER] = MD_PARAMETER_OF_AFTER, [IN_TIMEOUT] = MD_PARAMETER_OF_TIMEOUT,
	[IN_MAX_LAG] = MD_PARAMETER_OF_LAG,
};

static bool takes_parameter(enum place p)
{
	return p >= IN_OPERAND;
}

/* The place of what an object or array holds. */
static const struct {
	enum place in;
	const char *key; /* NULL: every element and every member */
	enum place to;
} steps[] = {
	{ IN_DEFINITION, "filters", IN_FILTERS },     { IN_DEFINITION, "having", IN_FILTERS },
	{ IN_DEFINITION, "joins", IN_JOINS },         { IN_DEFINITION, "byIds", IN_IDS },
	{ IN_DEFINITION, "limit", IN_LIMIT },         { IN_DEFINITION, "offset", IN_OFFSET },
	{ IN_DEFINITION, "page", IN_PAGE },           { IN_DEFINITION, "timeoutMs", IN_TIMEOUT },
	{ IN_DEFINITION, "freshness", IN_FRESHNESS }, { IN_FILTERS, NULL, IN_NODE },
	{ IN_NODE, "value", IN_OPERAND },             { IN_NODE, "conditions", IN_FILTERS },
	{ IN_NODE, "filters", IN_FILTERS },           { IN_NODE, "count", IN_COUNT },
	{ IN_COUNT, "value", IN_COUNT_VALUE },        { IN_OPERAND, "from", IN_OPERAND_PART },
	{ IN_OPERAND, "to", IN_OPERAND_PART },        { IN_OPERAND, "text", IN_OPERAND_PART },
	{ IN_OPERAND, "maxDistance", IN_OPERAND_PART }, { IN_OPERAND, "", IN_OPERAND_PART },
	{ IN_JOINS, NULL, IN_JOIN },                  { IN_JOIN, "filters", IN_FILTERS },
	{ IN_JOIN, "on", IN_FILTERS },                { IN_PAGE, "first", IN_FIRST },
	{ IN_PAGE, "after", IN_AFTER },               { IN_FRESHNESS, "maxLagMs", IN_MAX_LAG },
	{ IN_IDS, NULL, IN_ID },                      { IN_ID, NULL, IN_ID_MEMBER },
};

/* An element of an array has the key "". So has a member with an empty name: a parameter there is
 * found, and its value is refused when it is bound. */
static enum place place_within(enum place in, struct md_str key)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].in == in && (!steps[i].key || md_str_eqz(key, steps[i].key)))
			return steps[i].to;
	return IN_NOWHERE;
}

/* True: the filter node is a null test, which compares with no value. */
static bool lacks_operand(const struct md_json *node)
{
	const struct md_json *name = md_json_get(node, "operator");
	const struct md_operator *op = name ? md_operator_find(md_json_text(name)) : NULL;
	return op && op->shape == MD_SHAPE_NONE;
}

/* ---- the walk ---- */

struct search {
	struct md_ctx *cx;
	void (*found)(struct search *s, const struct md_json *v, const struct md_at *at, enum place place);
	MD_VEC(struct md_str) names;
	MD_VEC(struct md_parameter_place) places;
};

static void search_value(struct search *s, const struct md_json *v, const struct md_at *at, enum place place,
                         unsigned depth)
{
	struct md_json_iter it;
	struct md_at here = { .up = at };
	bool is_object = md_json_type(v) == MD_JSON_OBJECT;
	if (is_object && md_json_get(v, param_key.p)) {
		s->found(s, v, at, place);
		return;
	}
	if (depth == DEEPEST_PLACE)
		return;
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, &here.key)); here.index += !is_object) {
		if (md_json_type(e) < MD_JSON_ARRAY)
			continue;
		enum place within = place_within(place, here.key);
		if (within == IN_OPERAND && lacks_operand(v))
			within = IN_NOWHERE;
		search_value(s, e, &here, within, depth + 1);
	}
}

/* .p NULL: it is not written as {"$param": "name"}. */
static struct md_str name_of_parameter(const struct md_json *v)
{
	struct md_str name = MD_NOSTR;
	bool is_name = md_json_size(v) == 1 && md_json_string(md_json_get(v, param_key.p), &name) && name.n;
	return is_name ? name : MD_NOSTR;
}

static void report_malformed(struct md_ctx *cx, const struct md_json *v, const struct md_at *at)
{
	struct md_str actual = md_json_show(cx->arena, v);
	md_report(cx, MD_INVALID_VALUE, at,
	          MD_DETAILS(.expected = MD_STR("{\"$param\": \"name\"}"), .actual = actual),
	          "invalid parameter: expected {\"$param\": \"name\"}, got %.*s", MD_FMT(actual));
}

/* ---- finding ---- */

static uint32_t number_of_name(struct search *s, struct md_str name)
{
	for (uint32_t i = 0; i < s->names.n; i++)
		if (md_str_eq(s->names.v[i], name))
			return i;
	struct md_str *slot = md_push(s->cx->arena, &s->names);
	if (slot)
		*slot = name;
	return s->names.n - 1;
}

static void keep_parameter(struct search *s, const struct md_json *v, const struct md_at *at, enum place place)
{
	struct md_str name = name_of_parameter(v);
	if (!name.p) {
		report_malformed(s->cx, v, at);
		return;
	}
	if (!takes_parameter(place)) {
		md_report(s->cx, MD_INVALID_VALUE, at,
		          MD_DETAILS(.expected = MD_STR("a parameter in place of a value"), .actual = name),
		          "the parameter '%.*s' cannot stand here: a parameter stands for a value, not for a name, an "
		          "operator, logic or a mode", MD_FMT(name));
		return;
	}
	struct md_parameter_place *slot = md_push(s->cx->arena, &s->places);
	if (slot)
		*slot = (struct md_parameter_place){ v, uses[place], number_of_name(s, name),
			                             md_at_pointer(s->cx->arena, at) };
}

int md_parameters_find(struct md_ctx *cx, const struct md_json *definition, struct md_parameters *out)
{
	struct search s = { .cx = cx, .found = keep_parameter };
	search_value(&s, definition, NULL, IN_DEFINITION, 0);
	*out = (struct md_parameters){ s.names.v, s.names.n, s.places.v, s.places.n };
	return md_check_memory(cx);
}

/* ---- asked without binding ---- */

/* True: the pointer leads to the place, or below it. */
static bool is_at_or_below(struct md_str pointer, struct md_str place)
{
	return pointer.n >= place.n && (place.n == 0 || memcmp(pointer.p, place.p, place.n) == 0) &&
	       (pointer.n == place.n || pointer.p[place.n] == '/');
}

static void drop_problems(struct md_ctx *cx, struct md_str place)
{
	__auto_type problems = &cx->err->problems;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < problems->n; i++)
		if (!is_at_or_below(problems->v[i].pointer, place))
			problems->v[kept++] = problems->v[i];
	problems->n = kept;
}

static void refuse_parameter(struct search *s, const struct md_json *v, const struct md_at *at, enum place place)
{
	struct md_str name = name_of_parameter(v);
	(void)place;
	drop_problems(s->cx, md_at_pointer(s->cx->arena, at));
	if (!name.p) {
		report_malformed(s->cx, v, at);
		return;
	}
	md_report(s->cx, MD_INVALID_VALUE, at,
	          MD_DETAILS(.expected = MD_STR("a value, or a definition that is bound to its parameters"),
	                     .actual = name),
	          "the parameter '%.*s' has no value: the definition is asked without parameters", MD_FMT(name));
}

void md_parameters_refuse(struct md_ctx *cx, const struct md_json *definition)
{
	struct search s = { .cx = cx, .found = refuse_parameter };
	search_value(&s, definition, NULL, IN_DEFINITION, 0);
}

/* ---- values ---- */

static void report_unknown(struct md_ctx *cx, const struct md_parameters *p, const struct md_at *at)
{
	if (md_count_unlisted_problem(cx->err)) /* a suggestion takes time */
		return;
	struct md_str near = md_str_nearest(at->key, p->names, p->n_names);
	const struct md_details details = { .actual = at->key, .suggestion = near };
	md_report(cx, MD_INVALID_PARAMETER, at, &details, "unknown parameter '%.*s'%s", MD_FMT(at->key),
	          md_did_you_mean(cx->arena, near));
}

static void report_missing(struct md_ctx *cx, struct md_str name)
{
	struct md_at up = { .key = MD_STR("parameters") };
	md_report(cx, MD_MISSING_PARAMETER, MD_AT_KEY(&up, name),
	          MD_DETAILS(.expected = MD_STR("a value"), .actual = MD_STR("nothing")),
	          "parameter '%.*s' is missing", MD_FMT(name));
}

/* Callers mostly give the values in the order of the definition: `next` is tried first. */
static uint32_t find_name(const struct md_parameters *p, struct md_str name, uint32_t next)
{
	if (next < p->n_names && md_str_eq(p->names[next], name))
		return next;
	for (uint32_t i = 0; i < p->n_names; i++)
		if (md_str_eq(p->names[i], name))
			return i;
	return MD_NONE;
}

static void read_members(struct md_ctx *cx, const struct md_parameters *p, const struct md_json *given,
                         const struct md_json **values)
{
	struct md_at up = { .key = MD_STR("parameters") }, here = { .up = &up };
	struct md_json_iter it;
	uint32_t next = 0;
	md_json_iter(&it, given);
	for (const struct md_json *v; (v = md_json_next(&it, &here.key));) {
		uint32_t i = find_name(p, here.key, next);
		if (i == MD_NONE) {
			report_unknown(cx, p, &here);
		} else if (values[i]) {
			md_report(cx, MD_INVALID_PARAMETER, &here, MD_DETAILS(.actual = here.key),
			          "parameter '%.*s' is given twice", MD_FMT(here.key));
		} else {
			values[i] = v;
			next = i + 1;
		}
	}
}

int md_parameters_read(struct md_ctx *cx, const struct md_parameters *p, const struct md_json *given,
                       const struct md_json ***values)
{
	*values = md_alloc(cx->arena, p->n_names * sizeof **values);
	if (!*values)
		return md_out_of_memory(cx);
	for (uint32_t i = 0; i < p->n_names; i++)
		(*values)[i] = NULL;
	if (given && md_json_type(given) != MD_JSON_OBJECT)
		return md_fail(cx, MD_INVALID_BODY, "invalid parameters: expected an object, got %s",
		               md_json_type_name(given));
	if (given)
		read_members(cx, p, given, *values);
	for (uint32_t i = 0; i < p->n_names; i++)
		if (!(*values)[i])
			report_missing(cx, p->names[i]);
	return md_check_memory(cx);
}

int md_parameters_fill(struct md_arena *a, const struct md_parameters *p, const struct md_json *definition,
                       const struct md_json *const *values, struct md_filled *out)
{
	struct md_json_change *changes = md_alloc(a, p->n_places * sizeof *changes);
	if (!changes)
		return -1;
	for (uint32_t i = 0; i < p->n_places; i++)
		changes[i] = (struct md_json_change){ .from = p->places[i].json, .to = values[p->places[i].parameter] };
	out->changes = changes;
	out->definition = md_json_replace(a, definition, changes, p->n_places);
	return out->definition ? 0 : -1;
}

/* ---- pointers ---- */

/* `to`, and what `pointer` has behind its first n bytes. A name may hold any character. */
static struct md_str point_below(struct md_arena *a, struct md_str to, struct md_str pointer, size_t n)
{
	struct md_buf b = { .arena = a };
	md_buf_str(&b, to);
	md_buf_add(&b, pointer.p + n, pointer.n - n);
	return md_buf_text(&b);
}

static void point_to_parameter(struct md_ctx *cx, const struct md_parameters *p, struct md_problem *problem)
{
	struct md_at up = { .key = MD_STR("parameters") };
	for (uint32_t i = 0; i < p->n_places; i++) {
		const struct md_parameter_place *place = &p->places[i];
		if (!is_at_or_below(problem->pointer, place->pointer))
			continue;
		struct md_str to = md_at_pointer(cx->arena, MD_AT_KEY(&up, p->names[place->parameter]));
		problem->pointer = point_below(cx->arena, to, problem->pointer, place->pointer.n);
		return;
	}
}

void md_parameters_point(struct md_ctx *cx, const struct md_parameters *p)
{
	for (uint32_t i = 0; i < cx->err->problems.n; i++)
		point_to_parameter(cx, p, &cx->err->problems.v[i]);
}
