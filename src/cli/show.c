/* Plans for people. */
#include "cli/cli.h"

static void append_label(struct md_buf *b, const char *indent, const char *name)
{
	md_buf_fmt(b, "%s%-10s", indent, name);
}

static void append_tables_used(struct md_buf *b, const multidb_query *q)
{
	for (size_t i = 0; i < multidb_result_table_count(q); i++)
		md_buf_fmt(b, "%s%s: %s in %s (%s)", i ? ", " : "", multidb_result_table_id(q, i),
		           multidb_result_table_source(q, i), multidb_result_table_database(q, i),
		           multidb_result_table_physical_name(q, i));
}

static void append_params(struct md_buf *b, multidb_query *q)
{
	const char *params = multidb_result_parameters_json(q);
	text_print(b, md_str_z(params));
	b->failed |= !params;
}

void show_request(struct md_buf *b, multidb_query *q, const char *indent)
{
	append_label(b, indent, "strategy");
	md_buf_fmt(b, "%s → %s (%s)\n", multidb_result_strategy(q), multidb_result_target(q),
	           multidb_result_dialect(q));
	append_label(b, indent, "tables");
	append_tables_used(b, q);
	md_buf_char(b, '\n');
	append_label(b, indent, "sql");
	text_print(b, md_str_z(multidb_result_sql(q)));
	md_buf_char(b, '\n');
	if (multidb_result_parameter_count(q)) {
		append_label(b, indent, "params");
		append_params(b, q);
		md_buf_char(b, '\n');
	}
}

void show_plan(struct md_buf *b, multidb_query *q, const char *indent)
{
	size_t n = multidb_result_column_count(q);
	show_request(b, q, indent);
	if (!n)
		return;
	append_label(b, indent, "columns");
	for (size_t i = 0; i < n; i++)
		md_buf_fmt(b, "%s%s %s", i ? ", " : "", multidb_result_column_name(q, i),
		           multidb_result_column_type(q, i));
	md_buf_char(b, '\n');
}

static void append_row_filter(struct md_buf *b, const multidb_query *q, size_t i)
{
	md_buf_fmt(b, "  %s: ", multidb_result_row_filter_as(q, i));
	text_print(b, md_str_z(multidb_result_row_filter_predicate(q, i)));
	md_buf_lit(b, " (");
	for (size_t k = 0; k < multidb_result_row_filter_role_count(q, i); k++) {
		md_buf_str(b, k ? MD_STR(", ") : MD_NOSTR);
		text_print(b, md_str_z(multidb_result_row_filter_role(q, i, k)));
	}
	md_buf_lit(b, ")\n");
}

static void append_reason(struct md_buf *b, const char *code, const char *detail)
{
	if (*code)
		md_buf_fmt(b, "  %s", code);
	if (*detail)
		md_buf_fmt(b, "%s%s", *code ? ": " : "  ", detail);
}

static void append_candidate(struct md_buf *b, const multidb_query *q, size_t i, size_t k)
{
	md_buf_fmt(b, "\n      %-16s%s", multidb_result_candidate_database(q, i, k),
	           multidb_result_candidate_verdict(q, i, k));
	append_reason(b, multidb_result_candidate_code(q, i, k), multidb_result_candidate_detail(q, i, k));
}

static void append_alternative(struct md_buf *b, const multidb_query *q, size_t i)
{
	const char *hint = multidb_result_alternative_hint(q, i), *sql = multidb_result_alternative_sql(q, i);
	md_buf_fmt(b, "  %-16s%s", multidb_result_alternative_strategy(q, i),
	           multidb_result_alternative_verdict(q, i));
	append_reason(b, multidb_result_alternative_code(q, i), multidb_result_alternative_detail(q, i));
	if (*hint)
		md_buf_fmt(b, "\n      hint: %s", hint);
	for (size_t k = 0; k < multidb_result_candidate_count(q, i); k++)
		append_candidate(b, q, i, k);
	if (*sql) {
		md_buf_lit(b, "\n      ");
		text_print(b, md_str_z(sql));
	}
	md_buf_char(b, '\n');
}

void show_explain(struct md_buf *b, multidb_query *q)
{
	show_plan(b, q, "");
	if (multidb_result_row_filter_count(q))
		md_buf_lit(b, "\nrow filters\n");
	for (size_t i = 0; i < multidb_result_row_filter_count(q); i++)
		append_row_filter(b, q, i);
	md_buf_lit(b, "\nstrategies\n");
	for (size_t i = 0; i < multidb_result_alternative_count(q); i++)
		append_alternative(b, q, i);
}
