/* Reading what a query handle knows. Promises: no function changes or allocates anything, except
 * for those whose handle is not const, which make their text when it is asked for; every other text
 * is NUL-terminated where it is made, and is not copied here. */
#include "engine/private.h"

#include "access/access.h"
#include "engine/explained.h"
#include "engine/outcome.h"
#include "engine/result.h"

static const struct md_request *planned_request(const multidb_query *q)
{
	return q && q->request.planned.plan ? &q->request : NULL;
}

/* The request, if the caller is shown its statement; NULL: nothing was planned, or the statement is
 * not shown. */
static const struct md_request *shown_statement(const multidb_query *q)
{
	return planned_request(q) && q->request.shown.statement ? &q->request : NULL;
}

static const char *text_or_empty(struct md_str s)
{
	return s.p ? s.p : "";
}

static const char *word_or_empty(const char *word)
{
	return word ? word : "";
}

/* ---- what was planned ---- */

static multidb_kind kind_by_mode(enum md_mode mode)
{
	static const multidb_kind kinds[] = { [MD_EXECUTE] = MULTIDB_KIND_DATA, [MD_SQL_ONLY] = MULTIDB_KIND_SQL,
		                              [MD_COUNT] = MULTIDB_KIND_COUNT };
	return kinds[mode];
}

multidb_kind multidb_result_kind(const multidb_query *q)
{
	if (!q || !q->is_prepared)
		return MULTIDB_KIND_NONE;
	switch (q->request.ask) {
	case MD_ASK_VALIDATE:
		return MULTIDB_KIND_VALID;
	case MD_ASK_PLAN:
		return MULTIDB_KIND_SQL;
	case MD_ASK_EXPLAIN:
		return MULTIDB_KIND_EXPLAIN;
	default:
		return kind_by_mode(q->request.bound->mode);
	}
}

multidb_execute_mode multidb_result_execute_mode(const multidb_query *q)
{
	static const multidb_execute_mode modes[] = { [MD_EXECUTE] = MULTIDB_MODE_EXECUTE,
		                                      [MD_SQL_ONLY] = MULTIDB_MODE_SQL_ONLY,
		                                      [MD_COUNT] = MULTIDB_MODE_COUNT };
	return q && q->is_prepared ? modes[q->request.bound->mode] : MULTIDB_MODE_EXECUTE;
}

const char *multidb_result_sql(const multidb_query *q)
{
	return shown_statement(q) ? text_or_empty(q->request.stmt.text) : "";
}

const char *multidb_result_strategy(const multidb_query *q)
{
	return planned_request(q) ? md_outcome_strategy(&q->request, md_query_answer(q)) : "";
}

const char *multidb_result_target(const multidb_query *q)
{
	return planned_request(q) ? text_or_empty(md_outcome_target(&q->request, md_query_answer(q))) : "";
}

const char *multidb_result_dialect(const multidb_query *q)
{
	return planned_request(q) ? text_or_empty(q->request.stmt.dialect) : "";
}

const char *multidb_result_freshness(const multidb_query *q)
{
	return planned_request(q) ? word_or_empty(md_outcome_freshness(&q->request)) : "";
}

uint64_t multidb_result_plan_hash(const multidb_query *q)
{
	return planned_request(q) ? md_outcome_plan_hash(&q->request) : 0;
}

int multidb_result_empty(const multidb_query *q)
{
	return planned_request(q) && md_guarded_empty(q->request.guarded);
}

/* ---- columns ---- */

static const struct md_bound_output *find_column(const multidb_query *q, size_t i)
{
	return i < multidb_result_column_count(q) ? &q->request.bound->outputs[i] : NULL;
}

size_t multidb_result_column_count(const multidb_query *q)
{
	const struct md_request *r = planned_request(q);
	return r && r->bound->mode != MD_COUNT ? r->bound->n_outputs : 0;
}

const char *multidb_result_column_name(const multidb_query *q, size_t i)
{
	const struct md_bound_output *o = find_column(q, i);
	return o ? o->name.p : NULL;
}

const char *multidb_result_column_type(const multidb_query *q, size_t i)
{
	const struct md_bound_output *o = find_column(q, i);
	return o ? md_type_name(md_output_type(o)) : NULL;
}

const char *multidb_result_column_table(const multidb_query *q, size_t i)
{
	const struct md_bound_output *o = find_column(q, i);
	return o ? q->request.bound->refs[o->use.ref].as.p : NULL;
}

int multidb_result_column_nullable(const multidb_query *q, size_t i)
{
	const struct md_bound_output *o = find_column(q, i);
	return o && md_output_nullable(q->request.bound, o);
}

int multidb_result_column_masked(const multidb_query *q, size_t i)
{
	const struct md_bound_output *o = find_column(q, i);
	return o && md_output_masked(q->request.bound, o);
}

/* ---- parameters ---- */

static const struct md_value *find_parameter(const multidb_query *q, size_t i)
{
	return i < multidb_result_parameter_count(q) ? &q->request.stmt.params[i] : NULL;
}

static multidb_cell cell_of_text(struct md_str s)
{
	return (multidb_cell){ text_or_empty(s), s.n };
}

size_t multidb_result_parameter_count(const multidb_query *q)
{
	return shown_statement(q) ? q->request.stmt.n_params : 0;
}

const char *multidb_result_parameter_type(const multidb_query *q, size_t i)
{
	const struct md_value *v = find_parameter(q, i);
	return v ? md_type_name(v->type) : NULL;
}

size_t multidb_result_parameter_length(const multidb_query *q, size_t i)
{
	const struct md_value *v = find_parameter(q, i);
	if (!v)
		return 0;
	return v->type.array ? v->list.n : 1;
}

multidb_cell multidb_result_parameter_value(const multidb_query *q, size_t i, size_t k)
{
	const struct md_value *v = find_parameter(q, i);
	if (k >= multidb_result_parameter_length(q, i))
		return (multidb_cell){ NULL, 0 };
	return cell_of_text(v->type.array ? v->list.items[k] : v->text);
}

/* ---- tables ---- */

static bool find_table_used(const multidb_query *q, size_t i, struct md_table_used *out)
{
	return planned_request(q) && md_outcome_table(&q->request, md_query_answer(q), i, out);
}

size_t multidb_result_table_count(const multidb_query *q)
{
	struct md_table_used used;
	size_t n = 0;
	while (find_table_used(q, n, &used))
		n++;
	return n;
}

const char *multidb_result_table_id(const multidb_query *q, size_t i)
{
	struct md_table_used used;
	return find_table_used(q, i, &used) ? used.id.p : NULL;
}

const char *multidb_result_table_source(const multidb_query *q, size_t i)
{
	struct md_table_used used;
	return find_table_used(q, i, &used) ? used.source : NULL;
}

const char *multidb_result_table_database(const multidb_query *q, size_t i)
{
	struct md_table_used used;
	return find_table_used(q, i, &used) ? used.database.p : NULL;
}

const char *multidb_result_table_physical_name(const multidb_query *q, size_t i)
{
	struct md_table_used used;
	if (!find_table_used(q, i, &used))
		return NULL;
	return shown_statement(q) ? used.physical_name.p : "";
}

/* ---- strategies ---- */

static const struct md_alternative *find_alternative(const multidb_query *q, size_t i)
{
	return i < multidb_result_alternative_count(q) ? &q->request.planned.alternatives[i] : NULL;
}

static const char *refusal_or_empty(enum md_refusal code)
{
	return code == MD_REFUSED_NOT ? "" : md_refusal_name[code];
}

size_t multidb_result_alternative_count(const multidb_query *q)
{
	return q ? q->request.planned.n : 0;
}

const char *multidb_result_alternative_strategy(const multidb_query *q, size_t i)
{
	const struct md_alternative *a = find_alternative(q, i);
	return a ? md_strategy_name[a->strategy] : NULL;
}

const char *multidb_result_alternative_verdict(const multidb_query *q, size_t i)
{
	const struct md_alternative *a = find_alternative(q, i);
	return a ? md_verdict_name[a->verdict] : NULL;
}

const char *multidb_result_alternative_code(const multidb_query *q, size_t i)
{
	const struct md_alternative *a = find_alternative(q, i);
	return a ? refusal_or_empty(a->code) : NULL;
}

const char *multidb_result_alternative_detail(const multidb_query *q, size_t i)
{
	const struct md_alternative *a = find_alternative(q, i);
	return a ? text_or_empty(a->detail) : NULL;
}

const char *multidb_result_alternative_hint(const multidb_query *q, size_t i)
{
	const struct md_alternative *a = find_alternative(q, i);
	return a ? text_or_empty(a->hint) : NULL;
}

const char *multidb_result_alternative_sql(const multidb_query *q, size_t i)
{
	if (!find_alternative(q, i))
		return NULL;
	const struct md_explained *e = q->request.explained;
	return e && shown_statement(q) ? text_or_empty(e->statements[i].text) : "";
}

static const struct md_candidate *find_candidate(const multidb_query *q, size_t i, size_t k)
{
	return k < multidb_result_candidate_count(q, i) ? &find_alternative(q, i)->candidates[k] : NULL;
}

size_t multidb_result_candidate_count(const multidb_query *q, size_t i)
{
	const struct md_alternative *a = find_alternative(q, i);
	return a && q->request.shown.debug ? a->n_candidates : 0;
}

const char *multidb_result_candidate_database(const multidb_query *q, size_t i, size_t k)
{
	const struct md_candidate *c = find_candidate(q, i, k);
	return c ? c->database->id.p : NULL;
}

const char *multidb_result_candidate_verdict(const multidb_query *q, size_t i, size_t k)
{
	const struct md_candidate *c = find_candidate(q, i, k);
	return c ? md_verdict_name[c->verdict] : NULL;
}

const char *multidb_result_candidate_code(const multidb_query *q, size_t i, size_t k)
{
	const struct md_candidate *c = find_candidate(q, i, k);
	return c ? refusal_or_empty(c->code) : NULL;
}

const char *multidb_result_candidate_detail(const multidb_query *q, size_t i, size_t k)
{
	const struct md_candidate *c = find_candidate(q, i, k);
	return c ? text_or_empty(c->detail) : NULL;
}

/* ---- row filters ---- */

/* What explain found of rows and cells, if the caller is shown it. */
static const struct md_explained *shown_explained(const multidb_query *q)
{
	return q && q->request.shown.row_filters ? q->request.explained : NULL;
}

static const struct md_explained_rows *find_row_filter(const multidb_query *q, size_t i)
{
	return i < multidb_result_row_filter_count(q) ? &q->request.explained->rows[i] : NULL;
}

size_t multidb_result_row_filter_count(const multidb_query *q)
{
	const struct md_explained *e = shown_explained(q);
	return e ? e->n_rows : 0;
}

const char *multidb_result_row_filter_table(const multidb_query *q, size_t i)
{
	const struct md_explained_rows *e = find_row_filter(q, i);
	return e ? e->table.p : NULL;
}

const char *multidb_result_row_filter_as(const multidb_query *q, size_t i)
{
	const struct md_explained_rows *e = find_row_filter(q, i);
	return e ? e->as.p : NULL;
}

const char *multidb_result_row_filter_predicate(const multidb_query *q, size_t i)
{
	const struct md_explained_rows *e = find_row_filter(q, i);
	return e ? e->predicate.p : NULL;
}

size_t multidb_result_row_filter_role_count(const multidb_query *q, size_t i)
{
	const struct md_access *a = find_row_filter(q, i) ? q->request.cx.access : NULL;
	size_t n = 0;
	for (uint32_t s = 0; a && s < a->n_scopes; s++)
		n += a->scopes[s].n;
	return n;
}

const char *multidb_result_row_filter_role(const multidb_query *q, size_t i, size_t k)
{
	const struct md_access *a = find_row_filter(q, i) ? q->request.cx.access : NULL;
	for (uint32_t s = 0; a && s < a->n_scopes; s++) {
		if (k < a->scopes[s].n)
			return a->scopes[s].roles[k]->id.p;
		k -= a->scopes[s].n;
	}
	return NULL;
}

/* ---- cell rules ---- */

static const struct md_explained_cells *find_cell_rule(const multidb_query *q, size_t i)
{
	return i < multidb_result_cell_rule_count(q) ? &q->request.explained->cells[i] : NULL;
}

size_t multidb_result_cell_rule_count(const multidb_query *q)
{
	const struct md_explained *e = shown_explained(q);
	return e ? e->n_cells : 0;
}

const char *multidb_result_cell_rule_table(const multidb_query *q, size_t i)
{
	const struct md_explained_cells *e = find_cell_rule(q, i);
	return e ? e->table.p : NULL;
}

const char *multidb_result_cell_rule_as(const multidb_query *q, size_t i)
{
	const struct md_explained_cells *e = find_cell_rule(q, i);
	return e ? e->as.p : NULL;
}

const char *multidb_result_cell_rule_column(const multidb_query *q, size_t i)
{
	const struct md_explained_cells *e = find_cell_rule(q, i);
	return e ? e->column.p : NULL;
}

const char *multidb_result_cell_rule_shown(const multidb_query *q, size_t i)
{
	const struct md_explained_cells *e = find_cell_rule(q, i);
	return e ? e->shown.p : NULL;
}

const char *multidb_result_cell_rule_clear(const multidb_query *q, size_t i)
{
	const struct md_explained_cells *e = find_cell_rule(q, i);
	return e ? e->clear.p : NULL;
}

const char *multidb_result_cell_rule_mask(const multidb_query *q, size_t i)
{
	const struct md_explained_cells *e = find_cell_rule(q, i);
	return e ? text_or_empty(e->mask) : NULL;
}

/* ---- the answer ---- */

int64_t multidb_result_rows(const multidb_query *q)
{
	const struct md_answer *a = md_query_answer(q);
	if (!a)
		return 0;
	return q->request.bound->mode == MD_COUNT ? a->count : a->rows - q->is_truncated;
}

int64_t multidb_result_count(const multidb_query *q)
{
	const struct md_answer *a = md_query_answer(q);
	return a ? a->count : 0;
}

int64_t multidb_result_page_first(const multidb_query *q)
{
	const struct md_request *r = planned_request(q);
	return r && r->bound->has_page ? r->values->page_first : 0;
}

const char *multidb_result_next_cursor(const multidb_query *q)
{
	return multidb_result_has_next_page(q) ? q->request.end_cursor.p : NULL;
}

int multidb_result_has_next_page(const multidb_query *q)
{
	const struct md_answer *a = md_query_answer(q);
	return a && a->more;
}

int multidb_result_truncated(const multidb_query *q)
{
	return q && q->is_truncated;
}

int64_t multidb_result_planning_us(const multidb_query *q)
{
	return planned_request(q) ? q->request.planning_us : 0;
}

int64_t multidb_result_generation_us(const multidb_query *q)
{
	return planned_request(q) ? q->request.generation_us : 0;
}

int64_t multidb_result_execution_us(const multidb_query *q)
{
	return q && q->progress == MD_ENDED ? q->execution_us : 0;
}

/* ---- texts that are made at the first call ---- */

/* Keeps the text of a finished buffer. NULL: out of memory. */
static const char *keep_text(multidb_query *q, struct md_buf *b, const char **kept)
{
	*kept = md_buf_text(b).p;
	if (!*kept)
		md_out_of_memory(&q->request.cx);
	return *kept;
}

const char *multidb_result_json(multidb_query *q)
{
	if (!q || !q->is_prepared || q->request.err.code != MD_OK)
		return NULL;
	struct md_request *r = &q->request;
	struct md_buf b = { .arena = &r->arena };
	struct md_jw w = { .b = &b };
	if (r->ask == MD_ASK_VALIDATE)
		return "{\"valid\":true}";
	if (q->json)
		return q->json;
	if (r->ask == MD_ASK_EXPLAIN)
		md_result_explain(&w, r);
	else
		md_result_plan(&w, r);
	return keep_text(q, &b, &q->json);
}

const char *multidb_result_parameters_json(multidb_query *q)
{
	if (!shown_statement(q))
		return "";
	struct md_buf b = { .arena = &q->request.arena };
	struct md_jw w = { .b = &b };
	if (q->parameters_json)
		return q->parameters_json;
	md_result_params(&w, &q->request.stmt, q->request.bound->number_strings);
	return keep_text(q, &b, &q->parameters_json);
}

const char *multidb_result_debug_text(multidb_query *q)
{
	if (!q)
		return NULL;
	const struct md_log_view view = md_shown_log(&q->request.shown);
	q->text.n = 0;
	q->text.failed = false;
	if (q->request.shown.debug || !q->request.shown.is_remote)
		md_trace_text(&q->text, q->request.cx.trace, &view);
	return md_buf_text(&q->text).p;
}
