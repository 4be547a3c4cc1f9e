#include "engine/result.h"

#include "access/access.h"
#include "engine/explained.h"

#include <stdio.h>

/* ---- parameters ---- */

static void write_parameter_value(struct md_jw *w, enum md_base_type t, struct md_str text, bool numbers_as_text)
{
	bool wide = t == MD_BIGINT || t == MD_DECIMAL;
	if (t == MD_INT || t == MD_FLOAT || t == MD_BOOLEAN || (wide && !numbers_as_text))
		md_jw_raw(w, text);
	else
		md_jw_str(w, text);
}

void md_result_params(struct md_jw *w, const struct md_stmt *s, bool numbers_as_text)
{
	md_jw_arr(w);
	for (uint32_t i = 0; i < s->n_params; i++) {
		const struct md_value *v = &s->params[i];
		if (!v->type.array) {
			write_parameter_value(w, v->type.base, v->text, numbers_as_text);
			continue;
		}
		md_jw_arr(w);
		for (size_t k = 0; k < v->list.n; k++)
			write_parameter_value(w, v->type.base, v->list.items[k], numbers_as_text);
		md_jw_arr_end(w);
	}
	md_jw_arr_end(w);
}

/* ---- meta ---- */

static void write_tables_used(struct md_jw *w, const struct md_request *r, const struct md_answer *a)
{
	struct md_table_used used;
	md_jw_keyz(w, "tablesUsed");
	md_jw_arr(w);
	for (size_t i = 0; md_outcome_table(r, a, i, &used); i++) {
		md_jw_obj(w);
		md_jw_kstr(w, "tableId", used.id);
		md_jw_kstr(w, "source", md_str_z(used.source));
		md_jw_kstr(w, "database", used.database);
		if (r->shown.statement)
			md_jw_kstr(w, "physicalName", used.physical_name);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

static void write_columns(struct md_jw *w, const struct md_bound *b)
{
	md_jw_keyz(w, "columns");
	md_jw_arr(w);
	for (uint32_t i = 0; b->mode != MD_COUNT && i < b->n_outputs; i++) {
		const struct md_bound_output *o = &b->outputs[i];
		md_jw_obj(w);
		md_jw_kstr(w, "apiName", o->name);
		md_jw_kstr(w, "type", md_str_z(md_type_name(md_output_type(o))));
		md_jw_kbool(w, "nullable", md_output_nullable(b, o));
		md_jw_kstr(w, "fromTable", b->refs[o->use.ref].as);
		md_jw_kbool(w, "masked", md_output_masked(b, o));
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

static void write_milliseconds(struct md_jw *w, const char *key, int64_t us)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%lld.%03d", (long long)(us / 1000), (int)(us % 1000));
	md_jw_key(w, md_str_z(key));
	md_jw_raw(w, (struct md_str){ text, (size_t)n });
}

static void write_timing(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	md_jw_keyz(w, "timing");
	md_jw_obj(w);
	write_milliseconds(w, "planningMs", r->planning_us);
	write_milliseconds(w, "generationMs", r->generation_us);
	if (o->answer)
		write_milliseconds(w, "executionMs", o->execution_us);
	md_jw_obj_end(w);
}

static void write_freshness(struct md_jw *w, const struct md_request *r)
{
	const char *freshness = md_outcome_freshness(r);
	if (freshness)
		md_jw_kstr(w, "freshness", md_str_z(freshness));
}

static void write_plan_hash(struct md_jw *w, const struct md_request *r)
{
	char hex[17];
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)md_outcome_plan_hash(r));
	md_jw_kstr(w, "planHash", (struct md_str){ hex, 16 });
}

/* A page that was read to its end. */
static void write_page(struct md_jw *w, const struct md_request *r, const struct md_answer *a)
{
	md_jw_keyz(w, "page");
	md_jw_obj(w);
	md_jw_kint(w, "first", r->values->page_first);
	md_jw_kbool(w, "hasNext", a->more);
	if (r->end_cursor.p)
		md_jw_kstr(w, "endCursor", r->end_cursor);
	md_jw_obj_end(w);
}

static void write_meta(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	md_jw_keyz(w, "meta");
	md_jw_obj(w);
	md_jw_kstr(w, "strategy", md_str_z(md_outcome_strategy(r, o->answer)));
	md_jw_kstr(w, "targetDatabase", md_outcome_target(r, o->answer));
	md_jw_kstr(w, "dialect", r->stmt.dialect);
	write_tables_used(w, r, o->answer);
	write_columns(w, r->bound);
	if (o->volatile_parts)
		write_timing(w, r, o);
	write_freshness(w, r);
	if (r->bound->has_page && o->answer && !o->is_truncated)
		write_page(w, r, o->answer);
	if (o->is_truncated)
		md_jw_kbool(w, "truncated", true);
	if (md_guarded_empty(r->guarded))
		md_jw_kbool(w, "empty", true);
	write_plan_hash(w, r);
	md_jw_obj_end(w);
}

/* ---- alternatives ---- */

static void write_codes(struct md_jw *w, enum md_refusal deciding, uint32_t set)
{
	md_jw_kstr(w, "code", md_str_z(md_refusal_name[deciding]));
	md_jw_keyz(w, "codes");
	md_jw_arr(w);
	for (int c = 0; c < MD_REFUSALS; c++)
		if (set >> c & 1)
			md_jw_str(w, md_str_z(md_refusal_name[c]));
	md_jw_arr_end(w);
}

static void write_candidates(struct md_jw *w, const struct md_alternative *a)
{
	md_jw_keyz(w, "candidates");
	md_jw_arr(w);
	for (uint32_t i = 0; i < a->n_candidates; i++) {
		const struct md_candidate *c = &a->candidates[i];
		md_jw_obj(w);
		md_jw_kstr(w, "database", c->database->id);
		md_jw_kstr(w, "verdict", md_str_z(md_verdict_name[c->verdict]));
		if (c->code)
			md_jw_kstr(w, "code", md_str_z(md_refusal_name[c->code]));
		if (c->detail.n)
			md_jw_kstr(w, "detail", c->detail);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

/* The members of one alternative, into an object that is open. */
static void write_alternative(struct md_jw *w, const struct md_alternative *a, bool with_candidates)
{
	md_jw_kstr(w, "strategy", md_str_z(md_strategy_name[a->strategy]));
	md_jw_kstr(w, "verdict", md_str_z(md_verdict_name[a->verdict]));
	if (a->codes)
		write_codes(w, a->code, a->codes);
	if (a->detail.n)
		md_jw_kstr(w, "detail", a->detail);
	if (a->hint.n)
		md_jw_kstr(w, "hint", a->hint);
	if (a->n_tables) {
		md_jw_keyz(w, "tables");
		md_jw_arr(w);
		for (uint32_t i = 0; i < a->n_tables; i++)
			md_jw_str(w, a->tables[i]);
		md_jw_arr_end(w);
	}
	if (a->n_candidates && with_candidates)
		write_candidates(w, a);
}

void md_result_alternatives(struct md_jw *w, const struct md_planned *p, bool with_candidates)
{
	md_jw_keyz(w, "alternatives");
	md_jw_arr(w);
	for (uint32_t i = 0; i < p->n; i++) {
		md_jw_obj(w);
		write_alternative(w, &p->alternatives[i], with_candidates);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

/* ---- the whole ---- */

static void write_statement(struct md_jw *w, const struct md_stmt *s, bool numbers_as_text)
{
	md_jw_kstr(w, "sql", s->text);
	md_jw_keyz(w, "params");
	md_result_params(w, s, numbers_as_text);
	md_jw_kstr(w, "dialect", s->dialect);
}

static void write_log(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	const struct md_log_view view = md_shown_log(&r->shown);
	md_jw_keyz(w, "debugLog");
	md_trace_json(w, r->cx.trace, &view, o->volatile_parts);
}

static void write_local_members(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	write_statement(w, &r->stmt, r->bound->number_strings);
	md_jw_kstr(w, "targetDatabase", md_outcome_target(r, o->answer));
	md_jw_kstr(w, "strategy", md_str_z(md_outcome_strategy(r, o->answer)));
	if (!r->bound->without_log)
		write_log(w, r, o);
	md_result_alternatives(w, &r->planned, true);
}

/* A statement is the answer to who asked for it; the log comes where it is asked for. */
static void write_remote_members(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	if (r->shown.statement && !strcmp(o->kind, "sql"))
		write_statement(w, &r->stmt, r->bound->number_strings);
	if (r->shown.debug && r->bound->asks_log)
		write_log(w, r, o);
}

void md_result_members(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	md_jw_kstr(w, "kind", md_str_z(o->kind));
	if (o->answer && r->shape.count)
		md_jw_kint(w, "count", o->answer->count);
	if (r->shown.is_remote)
		write_remote_members(w, r, o);
	else
		write_local_members(w, r, o);
	write_meta(w, r, o);
}

void md_result_plan(struct md_jw *w, const struct md_request *r)
{
	struct md_outcome o = { .kind = "sql" };
	md_jw_obj(w);
	md_result_members(w, r, &o);
	md_jw_obj_end(w);
}

static void write_roles(struct md_jw *w, const struct md_access *a)
{
	md_jw_keyz(w, "roles");
	md_jw_arr(w);
	for (uint32_t s = 0; s < a->n_scopes; s++)
		for (uint32_t i = 0; i < a->scopes[s].n; i++)
			md_jw_str(w, a->scopes[s].roles[i]->id);
	md_jw_arr_end(w);
}

static void write_row_filters(struct md_jw *w, const struct md_request *r)
{
	const struct md_explained *e = r->explained;
	md_jw_keyz(w, "rowFilters");
	md_jw_arr(w);
	for (uint32_t i = 0; i < e->n_rows; i++) {
		md_jw_obj(w);
		md_jw_kstr(w, "table", e->rows[i].table);
		md_jw_kstr(w, "as", e->rows[i].as);
		write_roles(w, r->cx.access);
		md_jw_kstr(w, "predicate", e->rows[i].predicate);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

static void write_cell_rule(struct md_jw *w, const struct md_request *r, const struct md_explained_cells *c)
{
	md_jw_obj(w);
	md_jw_kstr(w, "table", c->table);
	md_jw_kstr(w, "as", c->as);
	md_jw_kstr(w, "column", c->column);
	write_roles(w, r->cx.access);
	md_jw_kstr(w, "shown", c->shown);
	md_jw_kstr(w, "clear", c->clear);
	if (c->mask.p)
		md_jw_kstr(w, "mask", c->mask);
	md_jw_obj_end(w);
}

static void write_cell_rules(struct md_jw *w, const struct md_request *r)
{
	const struct md_explained *e = r->explained;
	if (!e->n_cells)
		return;
	md_jw_keyz(w, "cells");
	md_jw_arr(w);
	for (uint32_t i = 0; i < e->n_cells; i++)
		write_cell_rule(w, r, &e->cells[i]);
	md_jw_arr_end(w);
}

static void write_judged_strategies(struct md_jw *w, const struct md_request *r)
{
	md_jw_keyz(w, "alternatives");
	md_jw_arr(w);
	for (uint32_t i = 0; i < r->planned.n; i++) {
		const struct md_alternative *a = &r->planned.alternatives[i];
		md_jw_obj(w);
		write_alternative(w, a, r->shown.debug);
		if (a->plan && r->shown.statement)
			write_statement(w, &r->explained->statements[i], r->bound->number_strings);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

void md_result_explain(struct md_jw *w, const struct md_request *r)
{
	md_jw_obj(w);
	md_jw_keyz(w, "plan");
	md_result_plan(w, r);
	if (r->shown.row_filters) {
		write_row_filters(w, r);
		write_cell_rules(w, r);
	}
	write_judged_strategies(w, r);
	md_jw_obj_end(w);
}
