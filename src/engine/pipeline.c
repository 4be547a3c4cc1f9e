/* The order of the stages: validation → row-level security → planning → name resolution → SQL
 * generation. Execution follows in engine/run.c. Promises: problems of all checking stages are
 * gathered and reported together; nothing is planned while there is one. */
#include "engine/pipeline.h"

#include "access/access.h"
#include "base/sys.h"
#include "cursor/cursor.h"
#include "engine/explained.h"
#include "engine/kept.h"
#include "engine/native.h"
#include "query/query.h"
#include "sqlgen/sqlgen.h"
#include "validation/validate.h"

void md_request_begin(struct md_request *r, const struct md_snapshot *meta, enum md_ask ask, bool is_remote)
{
	md_arena_reset(&r->arena);
	memset(&r->err, 0, sizeof r->err);
	r->planned.plan = NULL;
	r->planned.n = 0;
	r->stmt = (struct md_stmt){ .text = MD_NOSTR };
	r->shape = (struct md_shape){ .outputs = NULL };
	r->context = MD_NO_SETTINGS;
	r->parameters = NULL;
	r->keep = NULL;
	r->query = NULL;
	r->bound = NULL;
	r->values = NULL;
	r->position = NULL;
	r->ring = NULL;
	r->end_cursor = MD_NOSTR;
	r->guarded = NULL;
	r->explained = NULL;
	r->planning_us = r->generation_us = 0;
	r->ask = ask;
	r->shown = is_remote && meta ? md_shown_remotely(&meta->policy, NULL) : md_shown_locally;
	r->cx = (struct md_ctx){ .arena = &r->arena, .err = &r->err, .meta = meta };
	r->cx.trace = md_trace_new(&r->arena);
}

/* The clock is read where a duration is reported, not once a phase: checking and planning take two
 * microseconds, a reading a thirtieth of one. */
int64_t md_request_clock(struct md_request *r)
{
	int64_t us = md_now_us();
	md_trace_time(r->cx.trace, us / 1000);
	return us;
}

int md_request_check_length(struct md_request *r, const char *what, size_t n)
{
	int64_t limit = r->cx.meta->limits.body_bytes;
	if (n <= (size_t)limit)
		return 0;
	md_report(&r->cx, MD_LIMIT_EXCEEDED, NULL, NULL,
	          "the %s is too long: at most %lld bytes (limits.bodyBytes), got %zu", what, (long long)limit, n);
	return md_fail_if_problems(&r->cx, MD_VALIDATION_FAILED);
}

int md_request_read(struct md_request *r, const char *what, struct md_str text, const struct md_json **out)
{
	struct md_json_error e;
	if (md_request_check_length(r, what, text.n))
		return -1;
	if (text.n == 0)
		return md_fail(&r->cx, MD_INVALID_BODY, "the %s is empty: expected a JSON object", what);
	if (md_json_parse(r->cx.arena, text, out, &e) == 0)
		return 0;
	if (!e.message)
		return md_out_of_memory(&r->cx);
	return md_fail(&r->cx, MD_INVALID_JSON, "the %s is not JSON: %s at line %zu, column %zu", what, e.message,
	               e.line, e.column);
}

/* The debug log of a refused query holds its problems. */
static int report_problems(struct md_request *r, const struct md_json *definition)
{
	struct md_ctx *cx = &r->cx;
	if (cx->err->problems.n)
		md_parameters_refuse(cx, definition);
	if (r->parameters)
		md_parameters_point(cx, r->parameters);
	for (uint32_t i = 0; i < cx->err->problems.n; i++) {
		const struct md_problem *p = &cx->err->problems.v[i];
		md_ev3(cx, MD_EV_PROBLEM, MD_Z(md_code_name(p->code)), MD_S(p->pointer), MD_M(p->message));
	}
	return md_fail_if_problems(cx, MD_VALIDATION_FAILED);
}

/* A cursor belongs to a definition that holds and a caller that is known. */
int md_request_open_page(struct md_request *r, const struct md_json *definition)
{
	if (!r->bound->has_page || r->err.problems.n)
		return 0;
	if (r->find_ring && !(r->ring = r->find_ring(r->finder)))
		return -1;
	if (md_cursor_bind(&r->cx, definition, r->bound, r->cursor_binding))
		return -1;
	if (!r->values->page_after.p)
		return 0;
	return md_cursor_open(&r->cx, r->ring, r->cursor_binding, r->values->page_after, &r->position);
}

int md_request_show(struct md_request *r)
{
	struct md_ctx *cx = &r->cx;
	if (!r->shown.is_remote)
		return 0;
	r->shown = md_shown_remotely(&cx->meta->policy, cx->access);
	return md_check_shown(cx, &r->shown, r->query, r->ask == MD_ASK_COUNT);
}

int md_request_open_caller(struct md_request *r, const struct md_json *caller, bool *is_known)
{
	*is_known = md_access_open(&r->cx, caller) == 0;
	return *is_known ? md_request_show(r) : 0;
}

static int validate_request(struct md_request *r)
{
	struct md_ctx *cx = &r->cx;
	bool counts_rows = r->ask == MD_ASK_COUNT;
	if (!r->keep)
		return md_validate(cx, r->query, counts_rows, &r->bound, &r->values);
	r->keep->names_from = md_trace_mark(cx->trace);
	int rc = md_validate_filled(cx, r->query, counts_rows, r->parameters, &r->keep->filled, &r->bound, &r->values,
	                            &r->keep->notes);
	r->keep->names_to = md_trace_mark(cx->trace);
	return rc;
}

/* Names are bound for a known caller alone: what a message may suggest depends on the roles. */
static int check_parsed(struct md_request *r, const struct md_json *definition, bool is_known)
{
	if (is_known && (validate_request(r) || md_guard(&r->cx, r->bound, r->values, &r->guarded) ||
	                 md_request_open_page(r, definition)))
		return -1;
	return report_problems(r, definition);
}

int md_request_check(struct md_request *r, const struct md_json *definition, const struct md_json *caller)
{
	bool is_known;
	if (md_query_parse(&r->cx, definition, &r->query))
		return -1;
	r->err.from_table = r->query->from;
	return md_request_open_caller(r, caller, &is_known) || check_parsed(r, definition, is_known) ? -1 : 0;
}

int md_request_check_known(struct md_request *r, const struct md_json *definition)
{
	if (md_query_parse(&r->cx, definition, &r->query))
		return -1;
	r->err.from_table = r->query->from;
	return md_request_show(r) || check_parsed(r, definition, true) ? -1 : 0;
}

int md_write_statement(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
                       const struct md_position *position, struct md_stmt *stmt, struct md_shape *shape)
{
	struct md_tree tree;
	return md_resolve(cx, p, values, position, &tree, shape) || md_write_sql(cx, &tree, stmt) ? -1 : 0;
}

int md_write_misses(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
                    const struct md_ids *ids, struct md_stmt *stmt, struct md_miss_shape *shape)
{
	struct md_tree tree;
	return md_resolve_misses(cx, p, values, ids, &tree, shape) || md_write_sql(cx, &tree, stmt) ? -1 : 0;
}

int md_request_open_context(struct md_request *r)
{
	const struct md_plan *p = r->planned.plan;
	bool has_settings = p->target && !p->through_trino && p->target->connection.native;
	return has_settings ? md_native_context(&r->cx, p->target, &r->context) : 0;
}

int md_request_finish(struct md_request *r, int64_t begun)
{
	if (r->ask == MD_ASK_VALIDATE)
		return 0;
	if (r->keep)
		r->keep->plan_from = md_trace_mark(r->cx.trace);
	if (md_plan(&r->cx, r->guarded, r->values, r->ask == MD_ASK_EXPLAIN, &r->planned))
		return -1;
	int64_t planned = md_request_clock(r);
	r->planning_us = planned - begun;
	if (md_write_statement(&r->cx, r->planned.plan, r->values, r->position, &r->stmt, &r->shape))
		return -1;
	if (r->keep)
		r->keep->plan_to = md_trace_mark(r->cx.trace);
	if (md_request_open_context(r))
		return -1;
	r->generation_us = md_now_us() - planned;
	return r->ask == MD_ASK_EXPLAIN ? md_explain_request(r) : 0;
}

static int run_stages(struct md_request *r, struct md_str definition, struct md_str context)
{
	int64_t begun = md_request_clock(r);
	const struct md_json *def, *caller = NULL;
	if (md_request_read(r, "definition", definition, &def) ||
	    (context.n && md_request_read(r, "context", context, &caller)) || md_request_check(r, def, caller))
		return -1;
	return md_request_finish(r, begun);
}

/* Says why a failed request failed, where no stage did. */
int md_request_end(struct md_request *r, int rc)
{
	if (rc == 0)
		return md_check_memory(&r->cx); /* of the debug log, which would be incomplete */
	if (r->err.code == MD_OK)
		md_fail(&r->cx, MD_INTERNAL, "a stage failed without saying why");
	return -1;
}

int md_request_plan(struct md_request *r, struct md_str definition, struct md_str context)
{
	if (!r->cx.trace)
		return md_out_of_memory(&r->cx);
	return md_request_end(r, run_stages(r, definition, context));
}

/* ---- definition and context in one object ---- */

/* Its two members, once each; the context may be left out. */
static int read_body_members(struct md_request *r, const struct md_json *body, const struct md_json **definition,
                             const struct md_json **caller)
{
	struct md_json_iter it;
	struct md_str key;
	md_json_iter(&it, body);
	for (const struct md_json *v; (v = md_json_next(&it, &key));) {
		const struct md_json **member = md_str_eqz(key, "definition") ? definition : caller;
		if (member == caller && !md_str_eqz(key, "context"))
			return md_fail(&r->cx, MD_INVALID_BODY,
			               "unknown key '%.*s' in the request: expected definition and context",
			               MD_FMT(key));
		if (*member)
			return md_fail(&r->cx, MD_INVALID_BODY, "'%.*s' is given twice in the request", MD_FMT(key));
		*member = v;
	}
	return *definition ? 0 : md_fail(&r->cx, MD_INVALID_BODY, "the request has no definition");
}

static int read_body(struct md_request *r, struct md_str text, const struct md_json **definition,
                     const struct md_json **caller)
{
	const struct md_json *body;
	if (md_request_read(r, "request", text, &body))
		return -1;
	if (md_json_type(body) != MD_JSON_OBJECT)
		return md_fail(&r->cx, MD_INVALID_BODY, "the request is %s: expected an object with definition and "
		               "context", md_json_type_name(body));
	return read_body_members(r, body, definition, caller);
}

static int run_body_stages(struct md_request *r, struct md_str body)
{
	int64_t begun = md_request_clock(r);
	const struct md_json *definition = NULL, *caller = NULL;
	if (read_body(r, body, &definition, &caller) || md_request_check(r, definition, caller))
		return -1;
	return md_request_finish(r, begun);
}

int md_request_plan_body(struct md_request *r, struct md_str body)
{
	if (!r->cx.trace)
		return md_out_of_memory(&r->cx);
	return md_request_end(r, run_body_stages(r, body));
}
