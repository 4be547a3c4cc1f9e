/* Plans for people, read from the objects that --json prints. */
#include "cli/cli.h"

static void append_label(struct md_buf *b, const char *indent, const char *name)
{
	md_buf_fmt(b, "%s%-10s", indent, name);
}

static void append_list(struct md_buf *b, const struct md_json *items, const char *separator,
                        void (*append_one)(struct md_buf *, const struct md_json *))
{
	struct md_json_iter it;
	const struct md_json *v;
	bool first = true;
	if (!items)
		return;
	md_json_iter(&it, items);
	while ((v = md_json_next(&it, NULL))) {
		if (!first)
			md_buf_str(b, md_str_z(separator));
		first = false;
		append_one(b, v);
	}
}

static void append_table_used(struct md_buf *b, const struct md_json *t)
{
	md_buf_fmt(b, "%.*s: %.*s in %.*s (%.*s)", MD_FMT(json_text(t, "tableId")), MD_FMT(json_text(t, "source")),
	           MD_FMT(json_text(t, "database")), MD_FMT(json_text(t, "physicalName")));
}

static void append_column(struct md_buf *b, const struct md_json *c)
{
	md_buf_fmt(b, "%.*s %.*s", MD_FMT(json_text(c, "apiName")), MD_FMT(json_text(c, "type")));
}

static void append_params(struct md_buf *b, const struct md_json *params)
{
	struct md_buf text = { .arena = b->arena };
	md_json_dump(&text, params);
	text_print(b, md_buf_view(&text));
	b->failed |= text.failed;
}

void show_request(struct md_buf *b, const struct md_json *result, const char *indent)
{
	const struct md_json *meta = json_get(result, "meta"), *params = json_get(result, "params");
	append_label(b, indent, "strategy");
	md_buf_fmt(b, "%.*s → %.*s (%.*s)\n", MD_FMT(json_text(result, "strategy")),
	           MD_FMT(json_text(result, "targetDatabase")), MD_FMT(json_text(result, "dialect")));
	append_label(b, indent, "tables");
	append_list(b, json_get(meta, "tablesUsed"), ", ", append_table_used);
	md_buf_char(b, '\n');
	append_label(b, indent, "sql");
	text_print(b, json_text(result, "sql"));
	md_buf_char(b, '\n');
	if (params && md_json_size(params)) {
		append_label(b, indent, "params");
		append_params(b, params);
		md_buf_char(b, '\n');
	}
}

void show_plan(struct md_buf *b, const struct md_json *result, const char *indent)
{
	const struct md_json *meta = json_get(result, "meta");
	show_request(b, result, indent);
	if (json_get(meta, "columns") && md_json_size(json_get(meta, "columns"))) {
		append_label(b, indent, "columns");
		append_list(b, json_get(meta, "columns"), ", ", append_column);
		md_buf_char(b, '\n');
	}
}

static void append_name(struct md_buf *b, const struct md_json *v)
{
	text_print(b, md_json_text(v));
}

static void append_row_filter(struct md_buf *b, const struct md_json *f)
{
	struct md_str as = json_text(f, "as"), table = json_text(f, "table");
	md_buf_fmt(b, "  %.*s: ", MD_FMT(as.n ? as : table));
	text_print(b, json_text(f, "predicate"));
	md_buf_lit(b, " (");
	append_list(b, json_get(f, "roles"), ", ", append_name);
	md_buf_lit(b, ")");
}

static void append_reason(struct md_buf *b, const struct md_json *refused)
{
	struct md_str code = json_text(refused, "code"), detail = json_text(refused, "detail");
	if (code.n)
		md_buf_fmt(b, "  %.*s", MD_FMT(code));
	if (detail.n)
		md_buf_fmt(b, "%s%.*s", code.n ? ": " : "  ", MD_FMT(detail));
}

static void append_candidate(struct md_buf *b, const struct md_json *c)
{
	md_buf_fmt(b, "\n      %-16.*s%.*s", MD_FMT(json_text(c, "database")), MD_FMT(json_text(c, "verdict")));
	append_reason(b, c);
}

static void append_alternative(struct md_buf *b, const struct md_json *a)
{
	struct md_str hint = json_text(a, "hint"), sql = json_text(a, "sql");
	md_buf_fmt(b, "  %-16.*s%.*s", MD_FMT(json_text(a, "strategy")), MD_FMT(json_text(a, "verdict")));
	append_reason(b, a);
	if (hint.n)
		md_buf_fmt(b, "\n      hint: %.*s", MD_FMT(hint));
	append_list(b, json_get(a, "candidates"), "", append_candidate);
	if (sql.n) {
		md_buf_lit(b, "\n      ");
		text_print(b, sql);
	}
}

void show_explain(struct md_buf *b, const struct md_json *explained)
{
	const struct md_json *filters = json_get(explained, "rowFilters");
	show_plan(b, json_get(explained, "plan"), "");
	if (filters && md_json_size(filters)) {
		md_buf_lit(b, "\nrow filters\n");
		append_list(b, filters, "\n", append_row_filter);
		md_buf_char(b, '\n');
	}
	md_buf_lit(b, "\nstrategies\n");
	append_list(b, json_get(explained, "alternatives"), "\n", append_alternative);
	md_buf_char(b, '\n');
}
