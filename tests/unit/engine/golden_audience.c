/* Prepares a request for a local and for a remote caller in every mode and prints everything that
 * either can read. Each line {"config": …, "definition": …, "context"?: …} is answered with one
 * object: "local" and "remote" have the text of each mode, "bound" that of the remote caller
 * through a prepared definition, "sql" and "values" statements and parameters of the local one. */
#include "json/json.h"
#include "json/write.h"

#include <multidb.h>
#include <stdio.h>
#include <stdlib.h>

static struct md_arena arena;

/* A text that the caller reads, on a line of its own. */
static void take(struct md_buf *b, const char *text)
{
	md_buf_str(b, md_str_z(text ? text : ""));
	md_buf_char(b, '\n');
}

static void take_columns_and_tables(struct md_buf *b, const multidb_query *q)
{
	for (size_t i = 0; i < multidb_result_column_count(q); i++) {
		take(b, multidb_result_column_name(q, i));
		take(b, multidb_result_column_type(q, i));
		take(b, multidb_result_column_table(q, i));
	}
	for (size_t i = 0; i < multidb_result_table_count(q); i++) {
		take(b, multidb_result_table_id(q, i));
		take(b, multidb_result_table_source(q, i));
		take(b, multidb_result_table_database(q, i));
		take(b, multidb_result_table_physical_name(q, i));
	}
	for (size_t i = 0; i < multidb_result_parameter_count(q); i++)
		for (size_t k = 0; k < multidb_result_parameter_length(q, i); k++) {
			multidb_cell v = multidb_result_parameter_value(q, i, k);
			md_buf_add(b, v.text, v.n);
			md_buf_char(b, '\n');
		}
}

static void take_alternatives(struct md_buf *b, const multidb_query *q)
{
	for (size_t i = 0; i < multidb_result_alternative_count(q); i++) {
		take(b, multidb_result_alternative_strategy(q, i));
		take(b, multidb_result_alternative_verdict(q, i));
		take(b, multidb_result_alternative_code(q, i));
		take(b, multidb_result_alternative_detail(q, i));
		take(b, multidb_result_alternative_hint(q, i));
		take(b, multidb_result_alternative_sql(q, i));
		for (size_t k = 0; k < multidb_result_candidate_count(q, i); k++) {
			take(b, multidb_result_candidate_database(q, i, k));
			take(b, multidb_result_candidate_detail(q, i, k));
		}
	}
	for (size_t i = 0; i < multidb_result_row_filter_count(q); i++) {
		take(b, multidb_result_row_filter_table(q, i));
		take(b, multidb_result_row_filter_as(q, i));
		take(b, multidb_result_row_filter_predicate(q, i));
	}
	for (size_t i = 0; i < multidb_result_cell_rule_count(q); i++) {
		take(b, multidb_result_cell_rule_column(q, i));
		take(b, multidb_result_cell_rule_shown(q, i));
		take(b, multidb_result_cell_rule_clear(q, i));
		take(b, multidb_result_cell_rule_mask(q, i));
	}
}

static void take_error(struct md_buf *b, const multidb_error *e)
{
	take(b, multidb_error_json(e));
	take(b, multidb_error_message(e));
	take(b, multidb_error_hint(e));
	take(b, multidb_error_cause(e));
	for (size_t i = 0; i < multidb_error_detail_count(e); i++)
		take(b, multidb_error_detail_value(e, i));
	for (size_t i = 0; i < multidb_error_problem_count(e); i++) {
		take(b, multidb_error_problem_message(e, i));
		take(b, multidb_error_problem_pointer(e, i));
		for (size_t k = 0; k < multidb_error_problem_detail_count(e, i); k++)
			take(b, multidb_error_problem_detail_value(e, i, k));
	}
}

static void take_everything(struct md_buf *b, multidb_query *q)
{
	const multidb_error *e = multidb_query_error(q);
	if (e)
		take_error(b, e);
	take(b, multidb_result_json(q));
	take(b, multidb_result_debug_text(q));
	take(b, multidb_result_sql(q));
	take(b, multidb_result_strategy(q));
	take(b, multidb_result_target(q));
	take(b, multidb_result_dialect(q));
	take(b, multidb_result_freshness(q));
	take(b, multidb_result_parameters_json(q));
	take_columns_and_tables(b, q);
	take_alternatives(b, q);
}

static void write_readable(struct md_jw *w, multidb_query *q, struct md_str definition, struct md_str context)
{
	md_jw_arr(w);
	for (multidb_mode mode = MULTIDB_RUN; mode <= MULTIDB_COUNT; mode++) {
		struct md_buf text = { .arena = &arena };
		(void)!multidb_query_prepare(q, mode, definition.p, definition.n, context.p, context.n);
		take_everything(&text, q);
		md_jw_str(w, md_buf_view(&text));
	}
	md_jw_arr_end(w);
}

/* The same of a prepared definition, whose plan is kept from the first binding to the second. */
static void write_bound(struct md_jw *w, multidb_query *q, struct md_str definition, struct md_str context)
{
	md_jw_arr(w);
	for (multidb_mode mode = MULTIDB_RUN; mode <= MULTIDB_COUNT; mode++) {
		struct md_buf text = { .arena = &arena };
		if (!multidb_query_define(q, mode, definition.p, definition.n))
			for (int i = 0; i < 2; i++)
				(void)!multidb_query_bind(q, NULL, 0, context.p, context.n);
		take_everything(&text, q);
		md_jw_str(w, md_buf_view(&text));
	}
	md_jw_arr_end(w);
}

/* What the remote caller must not read: of the plan, and of every other strategy that could
 * plan. */
static void write_secrets(struct md_jw *w, multidb_query *q, struct md_str definition, struct md_str context)
{
	int rc = multidb_query_prepare(q, MULTIDB_EXPLAIN, definition.p, definition.n, context.p, context.n);
	md_jw_keyz(w, "sql");
	md_jw_arr(w);
	for (size_t i = 0; !rc && i < multidb_result_alternative_count(q); i++)
		md_jw_str(w, md_str_z(multidb_result_alternative_sql(q, i)));
	if (!multidb_query_prepare(q, MULTIDB_COUNT, definition.p, definition.n, context.p, context.n))
		md_jw_str(w, md_str_z(multidb_result_sql(q)));
	md_jw_arr_end(w);
	md_jw_keyz(w, "values");
	md_jw_arr(w);
	rc = multidb_query_prepare(q, MULTIDB_PLAN, definition.p, definition.n, context.p, context.n);
	for (size_t i = 0; !rc && i < multidb_result_parameter_count(q); i++)
		for (size_t k = 0; k < multidb_result_parameter_length(q, i); k++) {
			multidb_cell v = multidb_result_parameter_value(q, i, k);
			md_jw_str(w, (struct md_str){ v.text, v.n });
		}
	md_jw_arr_end(w);
}

static struct md_str dumped(const struct md_json *root, const char *key)
{
	struct md_buf b = { .arena = &arena };
	const struct md_json *v = md_json_get(root, key);
	if (v)
		md_json_dump(&b, v);
	return md_buf_view(&b);
}

/* False: the configuration is refused, which no caller has a part in. */
static bool answer_line(struct md_jw *w, const struct md_json *root)
{
	static const multidb_options offline = { .size = sizeof(multidb_options), .offline = 1 };
	struct md_str config = dumped(root, "config"), definition = dumped(root, "definition"),
		      context = dumped(root, "context");
	multidb_engine *engine;
	if (multidb_engine_open_text(config.p, config.n, &offline, &engine, NULL))
		return false;
	multidb_query *q = multidb_query_new(engine);
	md_jw_obj(w);
	md_jw_keyz(w, "local");
	write_readable(w, q, definition, context);
	write_secrets(w, q, definition, context);
	(void)!multidb_query_set_audience(q, MULTIDB_REMOTE);
	md_jw_keyz(w, "remote");
	write_readable(w, q, definition, context);
	md_jw_keyz(w, "bound");
	write_bound(w, q, definition, context);
	md_jw_obj_end(w);
	multidb_query_free(q);
	multidb_engine_close(engine);
	return true;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	while (getline(&line, &size, stdin) >= 0) {
		struct md_buf b = { .arena = &arena };
		struct md_jw w = { .b = &b };
		struct md_json_error e;
		const struct md_json *root;
		if (md_json_parse(&arena, md_str_z(line), &root, &e) || !answer_line(&w, root))
			md_buf_lit(&b, "null");
		printf("%.*s\n", MD_FMT(md_buf_view(&b)));
		md_arena_reset(&arena);
	}
	free(line);
	md_arena_free(&arena);
	return 0;
}
