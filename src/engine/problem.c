/* The problem object: RFC 9457's members, then code, message and what the class of error adds. */
#include "engine/problem.h"

#include "engine/result.h"
#include "json/problem.h"

static void write_details(struct md_jw *w, const struct md_details *d)
{
	for (unsigned i = 0; i < MD_DETAIL_COUNT; i++) {
		struct md_str detail = md_detail(d, i);
		if (detail.p)
			md_jw_kstr(w, md_detail_name[i], detail);
	}
}

static void write_problem(struct md_jw *w, const struct md_problem *p)
{
	md_jw_obj(w);
	md_jw_kstr(w, "code", md_str_z(md_code_name(p->code)));
	md_jw_kstr(w, "message", p->message);
	md_jw_kstr(w, "pointer", p->pointer);
	md_jw_keyz(w, "details");
	md_jw_obj(w);
	write_details(w, &p->details);
	if (p->filter_index >= 0)
		md_jw_kint(w, "filterIndex", p->filter_index);
	md_jw_obj_end(w);
	md_jw_obj_end(w);
}

static void write_problems(struct md_jw *w, const struct md_error *e)
{
	md_jw_keyz(w, "errors");
	md_jw_arr(w);
	for (uint32_t i = 0; i < e->problems.n; i++)
		write_problem(w, &e->problems.v[i]);
	md_jw_arr_end(w);
}

static void write_names(struct md_jw *w, const char *key, const struct md_str *v, uint32_t n)
{
	md_jw_key(w, md_str_z(key));
	md_jw_arr(w);
	for (uint32_t i = 0; i < n; i++)
		md_jw_str(w, v[i]);
	md_jw_arr_end(w);
}

static void write_reach(struct md_jw *w, const struct md_error *e)
{
	write_names(w, "tables", e->reach.tables, e->reach.n_tables);
	write_names(w, "databases", e->reach.databases, e->reach.n_databases);
	if (e->reach.required_freshness.n)
		md_jw_kstr(w, "requiredFreshness", e->reach.required_freshness);
	if (e->reach.available_lag.n)
		md_jw_kstr(w, "availableLag", e->reach.available_lag);
}

static void write_error_details(struct md_jw *w, const struct md_error *e)
{
	struct md_details given = e->details;
	given.hint = md_error_hint(e);
	md_jw_keyz(w, "details");
	md_jw_obj(w);
	md_jw_kstr(w, "code", md_str_z(md_code_name(e->code)));
	write_details(w, &given);
	if (md_code_class(e->code) == MD_CLASS_PLANNER)
		write_reach(w, e);
	if (e->timeout_ms)
		md_jw_kint(w, "timeoutMs", e->timeout_ms);
	md_jw_obj_end(w);
}

/* UNSUPPORTED is an error of planning only where strategies were judged. */
static bool is_of_planning(const struct md_error *e, const struct md_planned *planned)
{
	return md_code_class(e->code) == MD_CLASS_PLANNER || (e->code == MD_UNSUPPORTED && planned->n > 0);
}

void md_result_problem(struct md_jw *w, const struct md_error *e, const struct md_planned *planned,
                       const struct md_shown *shown)
{
	md_jw_obj(w);
	md_jw_problem(w, e->code, md_shown_message(shown, e));
	if (e->from_table.p)
		md_jw_kstr(w, "fromTable", e->from_table);
	if (md_error_has_problems(e))
		write_problems(w, e);
	else
		write_error_details(w, e);
	if (e->cause.n && shown->causes)
		md_jw_kstr(w, "cause", e->cause);
	if (planned && is_of_planning(e, planned))
		md_result_alternatives(w, planned, shown->debug);
	md_jw_obj_end(w);
}
