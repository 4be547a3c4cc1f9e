/* Prepares requests in every mode and compares each function multidb_result_… and multidb_error_…
 * with the JSON text that the library writes of the same. A text without its NUL character, or with
 * one too early, differs there, and AddressSanitizer sees what is read behind its end. Reads lines
 * {"config": …, "definition": …, "context"?: …}, prints differences, and exits with 1 where there
 * are any. */
#include "json/json.h"

#include <multidb.h>
#include <stdio.h>
#include <stdlib.h>

static struct md_arena arena;
static const char *asked; /* the line, for messages */
static int differences;

static void report(const char *what, const char *got, struct md_str want)
{
	printf("%s: got %s, expected %.*s\n    of %.400s\n", what, got ? got : "NULL", MD_FMT(want), asked);
	differences++;
}

/* A text seems to end at a NUL character of its own. */
static struct md_str up_to_nul(struct md_str s)
{
	const char *nul = s.n ? memchr(s.p, '\0', s.n) : NULL;
	return nul ? (struct md_str){ s.p, (size_t)(nul - s.p) } : s;
}

static void compare_text(const char *what, const char *got, struct md_str want)
{
	if (!got || !md_str_eq(md_str_z(got), up_to_nul(want)))
		report(what, got, want);
}

static void compare_number(const char *what, int64_t got, int64_t want)
{
	char text[32], wanted[32];
	snprintf(text, sizeof text, "%lld", (long long)got);
	snprintf(wanted, sizeof wanted, "%lld", (long long)want);
	if (got != want)
		report(what, text, md_str_z(wanted));
}

static void compare_null(const char *what, const char *got)
{
	if (got)
		report(what, got, MD_STR("NULL"));
}

static const struct md_json *member(const struct md_json *object, const char *key)
{
	return object && md_json_type(object) == MD_JSON_OBJECT ? md_json_get(object, key) : NULL;
}

/* Absent: "". */
static struct md_str member_text(const struct md_json *object, const char *key)
{
	const struct md_json *v = member(object, key);
	return v ? md_json_text(v) : MD_STR("");
}

static bool is_true(const struct md_json *object, const char *key)
{
	const struct md_json *v = member(object, key);
	return v && md_json_is_true(v);
}

static size_t size_of(const struct md_json *v)
{
	return v ? md_json_size(v) : 0;
}

static const struct md_json *element(const struct md_json *list, size_t i)
{
	struct md_json_iter it;
	const struct md_json *v;
	md_json_iter(&it, list);
	while ((v = md_json_next(&it, NULL)) && i--)
		continue;
	return v;
}

static const struct md_json *parse(const char *text)
{
	struct md_json_error e;
	const struct md_json *root;
	if (text && md_json_parse(&arena, md_str_z(text), &root, &e) == 0)
		return root;
	report("JSON", text, MD_STR("a JSON text"));
	return NULL;
}

/* ---- results ---- */

static void compare_columns(const multidb_query *q, const struct md_json *columns)
{
	size_t n = size_of(columns);
	compare_number("column_count", (int64_t)multidb_result_column_count(q), (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct md_json *c = element(columns, i);
		compare_text("column_name", multidb_result_column_name(q, i), member_text(c, "apiName"));
		compare_text("column_type", multidb_result_column_type(q, i), member_text(c, "type"));
		compare_text("column_table", multidb_result_column_table(q, i), member_text(c, "fromTable"));
		compare_number("column_nullable", multidb_result_column_nullable(q, i), is_true(c, "nullable"));
		compare_number("column_masked", multidb_result_column_masked(q, i), is_true(c, "masked"));
	}
	compare_null("column_name", multidb_result_column_name(q, n));
	compare_null("column_type", multidb_result_column_type(q, n));
	compare_null("column_table", multidb_result_column_table(q, n));
	compare_number("column_nullable", multidb_result_column_nullable(q, n), 0);
	compare_number("column_masked", multidb_result_column_masked(q, n), 0);
}

static void compare_parameter(const multidb_query *q, size_t i, const struct md_json *want)
{
	bool is_list = md_json_type(want) == MD_JSON_ARRAY;
	size_t n = is_list ? md_json_size(want) : 1;
	const char *type = multidb_result_parameter_type(q, i);
	compare_number("parameter_length", (int64_t)multidb_result_parameter_length(q, i), (int64_t)n);
	compare_number("parameter_type is a list", type && strchr(type, '[') != NULL, is_list);
	for (size_t k = 0; k < n; k++) {
		const struct md_json *v = is_list ? element(want, k) : want;
		struct md_str text = md_json_text(v);
		multidb_cell got = multidb_result_parameter_value(q, i, k);
		if (md_json_type(v) == MD_JSON_BOOL)
			text = md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
		if (!md_str_eq((struct md_str){ got.text, got.n }, text))
			report("parameter_value", got.text, text);
	}
	compare_null("parameter_value", multidb_result_parameter_value(q, i, n).text);
}

static void compare_parameters(multidb_query *q, const struct md_json *params)
{
	size_t n = size_of(params);
	struct md_buf want = { .arena = &arena };
	md_json_dump(&want, params);
	compare_text("parameters_json", multidb_result_parameters_json(q), md_buf_view(&want));
	compare_number("parameter_count", (int64_t)multidb_result_parameter_count(q), (int64_t)n);
	for (size_t i = 0; i < n; i++)
		compare_parameter(q, i, element(params, i));
	compare_null("parameter_type", multidb_result_parameter_type(q, n));
	compare_number("parameter_length", (int64_t)multidb_result_parameter_length(q, n), 0);
	compare_null("parameter_value", multidb_result_parameter_value(q, n, 0).text);
}

static void compare_tables(const multidb_query *q, const struct md_json *tables)
{
	size_t n = size_of(tables);
	compare_number("table_count", (int64_t)multidb_result_table_count(q), (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct md_json *t = element(tables, i);
		compare_text("table_id", multidb_result_table_id(q, i), member_text(t, "tableId"));
		compare_text("table_source", multidb_result_table_source(q, i), member_text(t, "source"));
		compare_text("table_database", multidb_result_table_database(q, i), member_text(t, "database"));
		compare_text("table_physical_name", multidb_result_table_physical_name(q, i),
		             member_text(t, "physicalName"));
	}
	compare_null("table_id", multidb_result_table_id(q, n));
	compare_null("table_source", multidb_result_table_source(q, n));
	compare_null("table_database", multidb_result_table_database(q, n));
	compare_null("table_physical_name", multidb_result_table_physical_name(q, n));
}

static void compare_candidates(const multidb_query *q, size_t i, const struct md_json *candidates)
{
	size_t n = size_of(candidates);
	compare_number("candidate_count", (int64_t)multidb_result_candidate_count(q, i), (int64_t)n);
	for (size_t k = 0; k < n; k++) {
		const struct md_json *c = element(candidates, k);
		compare_text("candidate_database", multidb_result_candidate_database(q, i, k), member_text(c,
		             "database"));
		compare_text("candidate_verdict", multidb_result_candidate_verdict(q, i, k), member_text(c, "verdict"));
		compare_text("candidate_code", multidb_result_candidate_code(q, i, k), member_text(c, "code"));
		compare_text("candidate_detail", multidb_result_candidate_detail(q, i, k), member_text(c, "detail"));
	}
	compare_null("candidate_database", multidb_result_candidate_database(q, i, n));
	compare_null("candidate_verdict", multidb_result_candidate_verdict(q, i, n));
	compare_null("candidate_code", multidb_result_candidate_code(q, i, n));
	compare_null("candidate_detail", multidb_result_candidate_detail(q, i, n));
}

static void compare_alternatives(const multidb_query *q, const struct md_json *alternatives)
{
	size_t n = size_of(alternatives);
	compare_number("alternative_count", (int64_t)multidb_result_alternative_count(q), (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct md_json *a = element(alternatives, i);
		compare_text("alternative_strategy", multidb_result_alternative_strategy(q, i), member_text(a,
		             "strategy"));
		compare_text("alternative_verdict", multidb_result_alternative_verdict(q, i), member_text(a,
		             "verdict"));
		compare_text("alternative_code", multidb_result_alternative_code(q, i), member_text(a, "code"));
		compare_text("alternative_detail", multidb_result_alternative_detail(q, i), member_text(a, "detail"));
		compare_text("alternative_hint", multidb_result_alternative_hint(q, i), member_text(a, "hint"));
		compare_text("alternative_sql", multidb_result_alternative_sql(q, i), member_text(a, "sql"));
		compare_candidates(q, i, member(a, "candidates"));
	}
	compare_null("alternative_strategy", multidb_result_alternative_strategy(q, n));
	compare_null("alternative_verdict", multidb_result_alternative_verdict(q, n));
	compare_null("alternative_code", multidb_result_alternative_code(q, n));
	compare_null("alternative_detail", multidb_result_alternative_detail(q, n));
	compare_null("alternative_hint", multidb_result_alternative_hint(q, n));
	compare_null("alternative_sql", multidb_result_alternative_sql(q, n));
	compare_number("candidate_count", (int64_t)multidb_result_candidate_count(q, n), 0);
	compare_null("candidate_database", multidb_result_candidate_database(q, n, 0));
}

static void compare_row_filters(const multidb_query *q, const struct md_json *filters)
{
	size_t n = size_of(filters);
	compare_number("row_filter_count", (int64_t)multidb_result_row_filter_count(q), (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct md_json *f = element(filters, i), *roles = member(f, "roles");
		size_t n_roles = size_of(roles);
		compare_text("row_filter_table", multidb_result_row_filter_table(q, i), member_text(f, "table"));
		compare_text("row_filter_as", multidb_result_row_filter_as(q, i), member_text(f, "as"));
		compare_text("row_filter_predicate", multidb_result_row_filter_predicate(q, i), member_text(f,
		             "predicate"));
		compare_number("row_filter_role_count", (int64_t)multidb_result_row_filter_role_count(q, i),
		               (int64_t)n_roles);
		for (size_t k = 0; k < n_roles; k++)
			compare_text("row_filter_role", multidb_result_row_filter_role(q, i, k),
			             md_json_text(element(roles, k)));
		compare_null("row_filter_role", multidb_result_row_filter_role(q, i, n_roles));
	}
	compare_null("row_filter_table", multidb_result_row_filter_table(q, n));
	compare_null("row_filter_as", multidb_result_row_filter_as(q, n));
	compare_null("row_filter_predicate", multidb_result_row_filter_predicate(q, n));
	compare_null("row_filter_role", multidb_result_row_filter_role(q, n, 0));
}

static void compare_cell_rules(const multidb_query *q, const struct md_json *rules)
{
	size_t n = size_of(rules);
	compare_number("cell_rule_count", (int64_t)multidb_result_cell_rule_count(q), (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct md_json *c = element(rules, i);
		compare_text("cell_rule_table", multidb_result_cell_rule_table(q, i), member_text(c, "table"));
		compare_text("cell_rule_as", multidb_result_cell_rule_as(q, i), member_text(c, "as"));
		compare_text("cell_rule_column", multidb_result_cell_rule_column(q, i), member_text(c, "column"));
		compare_text("cell_rule_shown", multidb_result_cell_rule_shown(q, i), member_text(c, "shown"));
		compare_text("cell_rule_clear", multidb_result_cell_rule_clear(q, i), member_text(c, "clear"));
		compare_text("cell_rule_mask", multidb_result_cell_rule_mask(q, i), member_text(c, "mask"));
	}
	compare_null("cell_rule_table", multidb_result_cell_rule_table(q, n));
	compare_null("cell_rule_as", multidb_result_cell_rule_as(q, n));
	compare_null("cell_rule_column", multidb_result_cell_rule_column(q, n));
	compare_null("cell_rule_shown", multidb_result_cell_rule_shown(q, n));
	compare_null("cell_rule_clear", multidb_result_cell_rule_clear(q, n));
	compare_null("cell_rule_mask", multidb_result_cell_rule_mask(q, n));
}

static void compare_plan(multidb_query *q, const struct md_json *plan)
{
	const struct md_json *meta = member(plan, "meta");
	char hash[17];
	compare_text("sql", multidb_result_sql(q), member_text(plan, "sql"));
	compare_text("strategy", multidb_result_strategy(q), member_text(meta, "strategy"));
	compare_text("target", multidb_result_target(q), member_text(meta, "targetDatabase"));
	compare_text("dialect", multidb_result_dialect(q), member_text(meta, "dialect"));
	compare_text("freshness", multidb_result_freshness(q), member_text(meta, "freshness"));
	compare_number("empty", multidb_result_empty(q), is_true(meta, "empty"));
	snprintf(hash, sizeof hash, "%016llx", (unsigned long long)multidb_result_plan_hash(q));
	compare_text("plan_hash", hash, member_text(meta, "planHash"));
	compare_columns(q, member(meta, "columns"));
	compare_parameters(q, member(plan, "params"));
	compare_tables(q, member(meta, "tablesUsed"));
}

static void compare_result(multidb_query *q, multidb_mode mode)
{
	const char *json = multidb_result_json(q);
	const struct md_json *result = parse(json);
	if (json != multidb_result_json(q))
		report("result_json", "another text at the second call", MD_STR("the same"));
	if (mode == MULTIDB_VALIDATE) {
		compare_number("kind", multidb_result_kind(q), MULTIDB_KIND_VALID);
		compare_text("sql", multidb_result_sql(q), MD_STR(""));
		return;
	}
	if (mode == MULTIDB_EXPLAIN) {
		compare_number("kind", multidb_result_kind(q), MULTIDB_KIND_EXPLAIN);
		compare_plan(q, member(result, "plan"));
	} else {
		compare_plan(q, result);
	}
	compare_alternatives(q, member(result, "alternatives"));
	compare_row_filters(q, member(result, "rowFilters"));
	compare_cell_rules(q, member(result, "cells"));
}

/* ---- errors ---- */

/* Members of "details" that are no texts: lists, numbers, and the code once more. */
static bool is_text_detail(struct md_str name, const struct md_json *v)
{
	return md_json_type(v) == MD_JSON_STRING && !md_str_eqz(name, "code");
}

static void compare_details(const char *what, const struct md_json *details, const multidb_error *e, int64_t problem)
{
	struct md_json_iter it;
	struct md_str key;
	size_t n = 0, i = (size_t)problem;
	md_json_iter(&it, details);
	for (const struct md_json *v; (v = md_json_next(&it, &key));) {
		if (!is_text_detail(key, v))
			continue;
		const char *name = problem < 0 ? multidb_error_detail_name(e, n)
		                               : multidb_error_problem_detail_name(e, i, n);
		const char *value = problem < 0 ? multidb_error_detail_value(e, n)
		                                : multidb_error_problem_detail_value(e, i, n);
		compare_text(what, name, key);
		compare_text(what, value, md_json_text(v));
		const char *found = problem < 0 ? multidb_error_detail(e, name ? name : "")
		                                : multidb_error_problem_detail(e, i, name ? name : "");
		compare_text(what, found, md_json_text(v));
		n++;
	}
	size_t count = problem < 0 ? multidb_error_detail_count(e) : multidb_error_problem_detail_count(e, i);
	compare_number(what, (int64_t)count, (int64_t)n);
	compare_null(what, problem < 0 ? multidb_error_detail_name(e, n) : multidb_error_problem_detail_name(e, i, n));
	compare_null(what, problem < 0 ? multidb_error_detail_value(e, n) : multidb_error_problem_detail_value(e, i,
	             n));
	compare_null(what, problem < 0 ? multidb_error_detail(e, "none") : multidb_error_problem_detail(e, i, "none"));
}

static void compare_problem(const multidb_error *e, size_t i, const struct md_json *want)
{
	const struct md_json *details = member(want, "details"), *index = member(details, "filterIndex");
	compare_text("problem_code", multidb_error_problem_code_name(e, i), member_text(want, "code"));
	compare_text("problem_code", multidb_code_name(multidb_error_problem_code(e, i)), member_text(want, "code"));
	compare_text("problem_message", multidb_error_problem_message(e, i), member_text(want, "message"));
	compare_text("problem_pointer", multidb_error_problem_pointer(e, i), member_text(want, "pointer"));
	compare_number("problem_filter_index", multidb_error_problem_filter_index(e, i),
	               index ? atoi(md_json_text(index).p) : -1);
	compare_details("problem_detail", details, e, (int64_t)i);
}

static void compare_names(const char *what, const struct md_json *names, size_t n,
                          const char *(*name)(const multidb_error *e, size_t i), const multidb_error *e)
{
	compare_number(what, (int64_t)n, (int64_t)size_of(names));
	for (size_t i = 0; i < n; i++)
		compare_text(what, name(e, i), md_json_text(element(names, i)));
	compare_null(what, name(e, n));
}

static void compare_error(const multidb_error *e)
{
	const struct md_json *want = parse(multidb_error_json(e));
	const struct md_json *problems = member(want, "errors"), *details = member(want, "details");
	size_t n = size_of(problems);
	compare_text("error_code_name", multidb_error_code_name(e), member_text(want, "code"));
	compare_text("code_name", multidb_code_name(multidb_error_code(e)), member_text(want, "code"));
	compare_text("code_title", multidb_code_title(multidb_error_code(e)), member_text(want, "title"));
	compare_number("error_status", multidb_error_status(e), multidb_code_status(multidb_error_code(e)));
	compare_text("error_message", multidb_error_message(e), member_text(want, "message"));
	compare_text("error_cause", multidb_error_cause(e), member_text(want, "cause"));
	compare_text("error_from_table", multidb_error_from_table(e), member_text(want, "fromTable"));
	compare_number("problem_count", (int64_t)multidb_error_problem_count(e), (int64_t)n);
	for (size_t i = 0; i < n; i++)
		compare_problem(e, i, element(problems, i));
	compare_null("problem_message", multidb_error_problem_message(e, n));
	compare_null("problem_pointer", multidb_error_problem_pointer(e, n));
	compare_null("problem_code_name", multidb_error_problem_code_name(e, n));
	compare_number("problem_code", multidb_error_problem_code(e, n), MULTIDB_OK);
	compare_number("problem_filter_index", multidb_error_problem_filter_index(e, n), -1);
	compare_null("problem_detail", multidb_error_problem_detail(e, n, "table"));
	if (!details)
		return;
	compare_text("error_hint", multidb_error_hint(e), member_text(details, "hint"));
	compare_details("error_detail", details, e, -1);
	compare_names("error_table", member(details, "tables"), multidb_error_table_count(e), multidb_error_table, e);
	compare_names("error_database", member(details, "databases"), multidb_error_database_count(e),
	              multidb_error_database, e);
}

static void compare_failure(multidb_query *q)
{
	const multidb_error *e = multidb_query_error(q);
	compare_error(e);
	compare_number("kind", multidb_result_kind(q), MULTIDB_KIND_NONE);
	compare_text("sql", multidb_result_sql(q), MD_STR(""));
	compare_text("strategy", multidb_result_strategy(q), MD_STR(""));
	compare_columns(q, NULL);
	compare_tables(q, NULL);
	compare_null("result_json", multidb_result_json(q));
	if (multidb_result_alternative_count(q))
		compare_alternatives(q, member(parse(multidb_error_json(e)), "alternatives"));
}

/* ---- the whole ---- */

static void compare_modes(multidb_query *q, struct md_str definition, struct md_str context)
{
	for (multidb_mode mode = MULTIDB_RUN; mode <= MULTIDB_COUNT; mode++)
		if (multidb_query_prepare(q, mode, definition.p, definition.n, context.p, context.n))
			compare_failure(q);
		else
			compare_result(q, mode);
}

static struct md_str dumped(const struct md_json *v)
{
	struct md_buf b = { .arena = &arena };
	if (v)
		md_json_dump(&b, v);
	return md_buf_view(&b);
}

static void answer_line(const char *line)
{
	static const multidb_options offline = { .size = sizeof(multidb_options), .offline = 1 };
	const struct md_json *root = parse(line);
	struct md_str config = dumped(member(root, "config"));
	multidb_engine *engine;
	multidb_error *error;
	asked = line;
	if (multidb_engine_open_text(config.p, config.n, &offline, &engine, &error)) {
		compare_error(error);
		multidb_error_free(error);
		return;
	}
	multidb_query *q = multidb_query_new(engine);
	compare_modes(q, dumped(member(root, "definition")), dumped(member(root, "context")));
	multidb_query_free(q);
	multidb_engine_close(engine);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	int lines = 0;
	for (; getline(&line, &size, stdin) >= 0; lines++) {
		answer_line(line);
		md_arena_reset(&arena);
	}
	free(line);
	md_arena_free(&arena);
	printf("%d requests, %d differences\n", lines, differences);
	return !lines || differences;
}
