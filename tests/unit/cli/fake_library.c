#include "fake_library.h"

#include "cli/expect.h"

#include <stdlib.h>

multidb_query *fake_query(const struct md_json *result)
{
	return (multidb_query *)(uintptr_t)result;
}

const multidb_error *fake_error(const struct md_json *problem)
{
	return (const multidb_error *)problem;
}

static const struct md_json *stated(const void *handle)
{
	return handle;
}

/* The plan inside an explanation, or the result itself. */
static const struct md_json *stated_plan(const multidb_query *q)
{
	const struct md_json *plan = json_get(stated(q), "plan");
	return plan ? plan : stated(q);
}

static const char *text_or(const struct md_json *object, const char *key, const char *otherwise)
{
	struct md_str s = json_text(object, key);
	return s.p ? s.p : otherwise;
}

static size_t size_of(const struct md_json *list)
{
	return list ? md_json_size(list) : 0;
}

static const struct md_json *nth_element(const struct md_json *list, size_t i)
{
	struct md_json_iter it;
	const struct md_json *v = NULL;
	if (!list)
		return NULL;
	md_json_iter(&it, list);
	while ((v = md_json_next(&it, NULL)) && i--)
		continue;
	return v;
}

static const char *member_of_element(const struct md_json *list, size_t i, const char *key)
{
	const struct md_json *v = nth_element(list, i);
	return v ? text_or(v, key, "") : NULL;
}

/* ---- results ---- */

multidb_kind multidb_result_kind(const multidb_query *q)
{
	if (json_get(stated(q), "message"))
		return MULTIDB_KIND_NONE;
	return json_get(stated(q), "data") ? MULTIDB_KIND_DATA : MULTIDB_KIND_SQL;
}

const char *multidb_result_strategy(const multidb_query *q)
{
	return text_or(stated_plan(q), "strategy", "");
}

const char *multidb_result_target(const multidb_query *q)
{
	return text_or(stated_plan(q), "targetDatabase", "");
}

const char *multidb_result_dialect(const multidb_query *q)
{
	return text_or(stated_plan(q), "dialect", "");
}

const char *multidb_result_sql(const multidb_query *q)
{
	return text_or(stated_plan(q), "sql", "");
}

size_t multidb_result_parameter_count(const multidb_query *q)
{
	return size_of(json_get(stated_plan(q), "params"));
}

const char *multidb_result_parameters_json(multidb_query *q)
{
	static char text[256];
	struct md_buf b = { 0 };
	md_json_dump(&b, json_get(stated_plan(q), "params"));
	memcpy(text, md_buf_text(&b).p, b.n + 1);
	md_buf_free(&b);
	return text;
}

static const struct md_json *stated_tables(const multidb_query *q)
{
	return json_get(json_get(stated_plan(q), "meta"), "tablesUsed");
}

size_t multidb_result_table_count(const multidb_query *q)
{
	return size_of(stated_tables(q));
}

const char *multidb_result_table_id(const multidb_query *q, size_t i)
{
	return member_of_element(stated_tables(q), i, "tableId");
}

const char *multidb_result_table_source(const multidb_query *q, size_t i)
{
	return member_of_element(stated_tables(q), i, "source");
}

const char *multidb_result_table_database(const multidb_query *q, size_t i)
{
	return member_of_element(stated_tables(q), i, "database");
}

const char *multidb_result_table_physical_name(const multidb_query *q, size_t i)
{
	return member_of_element(stated_tables(q), i, "physicalName");
}

/* ---- columns and rows ---- */

static const struct md_json *stated_columns(const multidb_query *q)
{
	return json_get(json_get(stated_plan(q), "meta"), "columns");
}

size_t multidb_result_column_count(const multidb_query *q)
{
	return size_of(stated_columns(q));
}

/* Where no columns are stated: the keys of the first row. */
const char *multidb_result_column_name(const multidb_query *q, size_t i)
{
	const struct md_json *row = nth_element(json_get(stated(q), "data"), 0);
	struct md_json_iter it;
	struct md_str key = MD_NOSTR;
	if (stated_columns(q))
		return member_of_element(stated_columns(q), i, "apiName");
	if (!row || i >= md_json_size(row))
		return NULL;
	md_json_iter(&it, row);
	for (size_t k = 0; k <= i; k++)
		md_json_next(&it, &key);
	return key.p;
}

const char *multidb_result_column_type(const multidb_query *q, size_t i)
{
	return member_of_element(stated_columns(q), i, "type");
}

int64_t multidb_result_rows(const multidb_query *q)
{
	return (int64_t)size_of(json_get(stated(q), "data"));
}

/* ---- explanations ---- */

static const struct md_json *stated_row_filters(const multidb_query *q)
{
	return json_get(stated(q), "rowFilters");
}

size_t multidb_result_row_filter_count(const multidb_query *q)
{
	return size_of(stated_row_filters(q));
}

const char *multidb_result_row_filter_as(const multidb_query *q, size_t i)
{
	return member_of_element(stated_row_filters(q), i, "as");
}

const char *multidb_result_row_filter_predicate(const multidb_query *q, size_t i)
{
	return member_of_element(stated_row_filters(q), i, "predicate");
}

size_t multidb_result_row_filter_role_count(const multidb_query *q, size_t i)
{
	return size_of(json_get(nth_element(stated_row_filters(q), i), "roles"));
}

const char *multidb_result_row_filter_role(const multidb_query *q, size_t i, size_t k)
{
	return md_json_text(nth_element(json_get(nth_element(stated_row_filters(q), i), "roles"), k)).p;
}

static const struct md_json *stated_alternatives(const multidb_query *q)
{
	return json_get(stated(q), "alternatives");
}

size_t multidb_result_alternative_count(const multidb_query *q)
{
	return size_of(stated_alternatives(q));
}

const char *multidb_result_alternative_strategy(const multidb_query *q, size_t i)
{
	return member_of_element(stated_alternatives(q), i, "strategy");
}

const char *multidb_result_alternative_verdict(const multidb_query *q, size_t i)
{
	return member_of_element(stated_alternatives(q), i, "verdict");
}

const char *multidb_result_alternative_code(const multidb_query *q, size_t i)
{
	return member_of_element(stated_alternatives(q), i, "code");
}

const char *multidb_result_alternative_detail(const multidb_query *q, size_t i)
{
	return member_of_element(stated_alternatives(q), i, "detail");
}

const char *multidb_result_alternative_hint(const multidb_query *q, size_t i)
{
	return member_of_element(stated_alternatives(q), i, "hint");
}

const char *multidb_result_alternative_sql(const multidb_query *q, size_t i)
{
	return member_of_element(stated_alternatives(q), i, "sql");
}

static const struct md_json *stated_candidates(const multidb_query *q, size_t i)
{
	return json_get(nth_element(stated_alternatives(q), i), "candidates");
}

size_t multidb_result_candidate_count(const multidb_query *q, size_t i)
{
	return size_of(stated_candidates(q, i));
}

const char *multidb_result_candidate_database(const multidb_query *q, size_t i, size_t k)
{
	return member_of_element(stated_candidates(q, i), k, "database");
}

const char *multidb_result_candidate_verdict(const multidb_query *q, size_t i, size_t k)
{
	return member_of_element(stated_candidates(q, i), k, "verdict");
}

const char *multidb_result_candidate_code(const multidb_query *q, size_t i, size_t k)
{
	return member_of_element(stated_candidates(q, i), k, "code");
}

const char *multidb_result_candidate_detail(const multidb_query *q, size_t i, size_t k)
{
	return member_of_element(stated_candidates(q, i), k, "detail");
}

/* ---- errors ---- */

const multidb_error *multidb_query_error(const multidb_query *q)
{
	return fake_error(stated(q));
}

const char *multidb_error_json(const multidb_error *e)
{
	(void)e;
	return "{}";
}

const char *multidb_error_code_name(const multidb_error *e)
{
	return text_or(stated(e), "code", "");
}

const char *multidb_error_message(const multidb_error *e)
{
	return text_or(stated(e), "message", "");
}

const char *multidb_error_cause(const multidb_error *e)
{
	return text_or(stated(e), "cause", "");
}

const char *multidb_error_hint(const multidb_error *e)
{
	return text_or(json_get(stated(e), "details"), "hint", "");
}

static const struct md_json *stated_problems(const multidb_error *e)
{
	return json_get(stated(e), "errors");
}

size_t multidb_error_problem_count(const multidb_error *e)
{
	return size_of(stated_problems(e));
}

const char *multidb_error_problem_code_name(const multidb_error *e, size_t i)
{
	return member_of_element(stated_problems(e), i, "code");
}

const char *multidb_error_problem_message(const multidb_error *e, size_t i)
{
	return member_of_element(stated_problems(e), i, "message");
}

const char *multidb_error_problem_pointer(const multidb_error *e, size_t i)
{
	return member_of_element(stated_problems(e), i, "pointer");
}

const char *multidb_error_problem_detail(const multidb_error *e, size_t i, const char *name)
{
	return text_or(json_get(nth_element(stated_problems(e), i), "details"), name, NULL);
}
