#include "engine/result.h"

#include "access/access.h"
#include "base/map.h"

#include <stdio.h>

/* A cache plan of which nothing came from the cache was answered by its fallback. */
static bool is_answered_by_cache(const struct md_request *r, const struct md_answer *a)
{
	return r->planned.plan->strategy == MD_CACHE && (!a || a->from_cache || !a->from_database);
}

static enum md_strategy answering_strategy(const struct md_request *r, const struct md_answer *a)
{
	const struct md_plan *p = r->planned.plan;
	return p->strategy == MD_CACHE && !is_answered_by_cache(r, a) ? p->fallback : p->strategy;
}

const char *md_outcome_strategy(const struct md_request *r, const struct md_answer *a)
{
	return md_strategy_name[answering_strategy(r, a)];
}

struct md_str md_outcome_target(const struct md_request *r, const struct md_answer *a)
{
	const struct md_plan *p = r->planned.plan;
	if (is_answered_by_cache(r, a))
		return p->cached->cache->id;
	return p->target ? p->target->id : MD_STR("trino");
}

/* ---- parameters ---- */

static void write_parameter_value(struct md_jw *w, enum md_base_type t, struct md_str text, bool numbers_as_text)
{
	bool wide = t == MD_BIGINT || t == MD_DECIMAL;
	if (t == MD_INT || t == MD_FLOAT || t == MD_BOOLEAN || (wide && !numbers_as_text))
		md_jw_raw(w, text);
	else
		md_jw_str(w, text);
}

static void write_params(struct md_jw *w, const struct md_stmt *s, bool numbers_as_text)
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

static void write_table_used(struct md_jw *w, struct md_str table, const char *source, struct md_str database,
                             struct md_str physical)
{
	md_jw_obj(w);
	md_jw_kstr(w, "tableId", table);
	md_jw_kstr(w, "source", md_str_z(source));
	md_jw_kstr(w, "database", database);
	md_jw_kstr(w, "physicalName", physical);
	md_jw_obj_end(w);
}

static bool is_table_repeated(const struct md_bound *b, uint32_t ref)
{
	for (uint32_t i = 0; i < ref; i++)
		if (b->refs[i].table == b->refs[ref].table)
			return true;
	return false;
}

static void write_tables_used(struct md_jw *w, const struct md_request *r, const struct md_answer *a)
{
	const struct md_plan *p = r->planned.plan;
	const struct md_bound *b = r->bound;
	md_jw_keyz(w, "tablesUsed");
	md_jw_arr(w);
	if (is_answered_by_cache(r, a))
		write_table_used(w, b->refs[0].table->id, "cache", p->cached->cache->id, p->cached->key_pattern);
	bool database = p->strategy != MD_CACHE || (a && a->from_database);
	for (uint32_t i = 0; database && i < b->n_refs; i++) {
		const struct md_source *s = &p->sources[i];
		const struct md_table *t = b->refs[i].table;
		if (is_table_repeated(b, i))
			continue;
		if (s->sync)
			write_table_used(w, t->id, "materialized", s->database->id, s->sync->name.whole);
		else
			write_table_used(w, t->id, "original", s->database->id, t->name.whole);
	}
	md_jw_arr_end(w);
}

static bool is_output_nullable(const struct md_bound *b, const struct md_bound_output *o)
{
	const struct md_ref *ref = &b->refs[o->use.ref];
	const struct md_column *c = o->use.column;
	if (o->agg && (md_agg_counts(o->agg) || !b->n_groups))
		return !md_agg_counts(o->agg);
	if (c->nullable || ref->left)
		return true;
	/* a mask changes what is shown of a value, not what is aggregated */
	return o->agg ? md_bit(ref->view->by_row, c->index) : md_view_nullable(ref->view, c);
}

static void write_columns(struct md_jw *w, const struct md_bound *b)
{
	md_jw_keyz(w, "columns");
	md_jw_arr(w);
	for (uint32_t i = 0; b->mode != MD_COUNT && i < b->n_outputs; i++) {
		const struct md_bound_output *o = &b->outputs[i];
		const struct md_ref *ref = &b->refs[o->use.ref];
		md_jw_obj(w);
		md_jw_kstr(w, "apiName", o->name);
		md_jw_kstr(w, "type", md_str_z(md_type_name(md_output_type(o))));
		md_jw_kbool(w, "nullable", is_output_nullable(b, o));
		md_jw_kstr(w, "fromTable", ref->as);
		md_jw_kbool(w, "masked", !o->agg && md_bit(ref->view->masked, o->use.column->index));
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

/* How old the answer may be: the worst lag of the replicas in it; absent where only originals were
 * read. */
static void write_freshness(struct md_jw *w, const struct md_request *r)
{
	const struct md_plan *p = r->planned.plan;
	int worst = -1;
	for (uint32_t i = 0; i < r->bound->n_refs; i++)
		if (p->sources[i].sync && (int)p->sources[i].sync->lag > worst)
			worst = (int)p->sources[i].sync->lag;
	if (worst >= 0)
		md_jw_kstr(w, "freshness", md_str_z(md_lag_name[worst]));
}

/* SQL text, strategy and target: the same hash means the same request to the same place. */
static void write_plan_hash(struct md_jw *w, const struct md_request *r)
{
	const struct md_plan *p = r->planned.plan;
	char hex[17];
	uint64_t h = md_hash_stable(r->stmt.text, 1 + (uint64_t)p->strategy);
	h = md_hash_stable(md_outcome_target(r, NULL), h);
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)h);
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
	if (r->bound->has_page && o->answer)
		write_page(w, r, o->answer);
	if (md_guarded_empty(r->guarded))
		md_jw_kbool(w, "empty", true);
	write_plan_hash(w, r);
	md_jw_obj_end(w);
}

/* ---- alternatives ---- */

static const char *const verdicts[] = { "refused", "chosen", "possible" };

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
		md_jw_kstr(w, "verdict", md_str_z(verdicts[c->verdict]));
		if (c->code)
			md_jw_kstr(w, "code", md_str_z(md_refusal_name[c->code]));
		if (c->detail.n)
			md_jw_kstr(w, "detail", c->detail);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

/* The members of one alternative, into an object that is open. */
static void write_alternative(struct md_jw *w, const struct md_alternative *a)
{
	md_jw_kstr(w, "strategy", md_str_z(md_strategy_name[a->strategy]));
	md_jw_kstr(w, "verdict", md_str_z(verdicts[a->verdict]));
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
	if (a->n_candidates)
		write_candidates(w, a);
}

void md_result_alternatives(struct md_jw *w, const struct md_planned *p)
{
	md_jw_keyz(w, "alternatives");
	md_jw_arr(w);
	for (uint32_t i = 0; i < p->n; i++) {
		md_jw_obj(w);
		write_alternative(w, &p->alternatives[i]);
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
}

/* ---- the whole ---- */

static void write_statement(struct md_jw *w, const struct md_stmt *s, bool numbers_as_text)
{
	md_jw_kstr(w, "sql", s->text);
	md_jw_keyz(w, "params");
	write_params(w, s, numbers_as_text);
	md_jw_kstr(w, "dialect", s->dialect);
}

void md_result_members(struct md_jw *w, const struct md_request *r, const struct md_outcome *o)
{
	md_jw_kstr(w, "kind", md_str_z(o->kind));
	if (o->answer && r->shape.count)
		md_jw_kint(w, "count", o->answer->count);
	write_statement(w, &r->stmt, r->bound->number_strings);
	md_jw_kstr(w, "targetDatabase", md_outcome_target(r, o->answer));
	md_jw_kstr(w, "strategy", md_str_z(md_outcome_strategy(r, o->answer)));
	if (!r->bound->without_log) {
		md_jw_keyz(w, "debugLog");
		md_trace_json(w, r->cx.trace, true, o->volatile_parts);
	}
	md_result_alternatives(w, &r->planned);
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
	md_jw_keyz(w, "rowFilters");
	md_jw_arr(w);
	for (uint32_t i = 0; i < md_guarded_count(r->guarded); i++) {
		const struct md_guarded_table *g = md_guarded_at(r->guarded, i);
		struct md_buf text = { .arena = w->b->arena };
		md_pred_text(&text, md_guarded_rows(g));
		md_jw_obj(w);
		md_jw_kstr(w, "table", md_guarded_ref(g)->table->api_name);
		md_jw_kstr(w, "as", md_guarded_ref(g)->as);
		write_roles(w, r->cx.access);
		md_jw_kstr(w, "predicate", md_buf_view(&text));
		md_jw_obj_end(w);
		w->b->failed |= text.failed;
	}
	md_jw_arr_end(w);
}

static void write_predicate(struct md_jw *w, const char *key, const struct md_pred *p)
{
	struct md_buf text = { .arena = w->b->arena };
	md_pred_text(&text, p);
	md_jw_kstr(w, key, md_buf_view(&text));
	w->b->failed |= text.failed;
}

/* What the caller sees of a column whose cells are not simply its values. */
static void write_cell_rule(struct md_jw *w, const struct md_request *r, const struct md_ref *ref,
                            const struct md_cell_rule *rule)
{
	md_jw_obj(w);
	md_jw_kstr(w, "table", ref->table->api_name);
	md_jw_kstr(w, "as", ref->as);
	md_jw_kstr(w, "column", rule->column->api_name);
	write_roles(w, r->cx.access);
	write_predicate(w, "shown", rule->shown);
	write_predicate(w, "clear", rule->clear);
	if (rule->clear->kind != MD_PRED_TRUE)
		md_jw_kstr(w, "mask", md_str_z(md_mask_name[rule->column->mask]));
	md_jw_obj_end(w);
}

static void write_cell_rules(struct md_jw *w, const struct md_request *r)
{
	bool begun = false;
	for (uint32_t i = 0; i < md_guarded_count(r->guarded); i++) {
		const struct md_guarded_table *g = md_guarded_at(r->guarded, i);
		for (uint32_t k = 0; k < md_guarded_rules(g); k++) {
			if (!begun) {
				md_jw_keyz(w, "cells");
				md_jw_arr(w);
			}
			begun = true;
			write_cell_rule(w, r, md_guarded_ref(g), md_guarded_rule_at(g, k));
		}
	}
	if (begun)
		md_jw_arr_end(w);
}

int md_result_explain(struct md_jw *w, struct md_request *r)
{
	md_jw_obj(w);
	md_jw_keyz(w, "plan");
	md_result_plan(w, r);
	write_row_filters(w, r);
	write_cell_rules(w, r);
	md_jw_keyz(w, "alternatives");
	md_jw_arr(w);
	for (uint32_t i = 0; i < r->planned.n; i++) {
		const struct md_alternative *a = &r->planned.alternatives[i];
		struct md_ctx quiet = r->cx;
		struct md_stmt s;
		struct md_shape shape;
		quiet.trace = NULL; /* the log is of the chosen plan */
		md_jw_obj(w);
		write_alternative(w, a);
		if (a->plan) {
			if (md_write_statement(&quiet, a->plan, r->values, r->position, &s, &shape))
				return -1;
			write_statement(w, &s, r->bound->number_strings);
		}
		md_jw_obj_end(w);
	}
	md_jw_arr_end(w);
	md_jw_obj_end(w);
	return 0;
}
