/* See catalog.h. A cell that is NULL reads as an empty text, as no labels, or as false. */
#include "drivers/catalog.h"

#include "json/json.h"

#define TEXT(name) { .label = MD_STR(name), .type = { .base = MD_STRING }, .nullable = true }
#define FLAG(name) { .label = MD_STR(name), .type = { .base = MD_BOOLEAN }, .nullable = true }
static const struct md_stmt_output outputs[MD_CATALOG_OUTPUTS] = {
	[MD_CATALOG_NAME] = TEXT("name"),
	[MD_CATALOG_TYPE] = TEXT("type"),
	[MD_CATALOG_BASE] = TEXT("base type"),
	[MD_CATALOG_COLLATION] = TEXT("collation"),
	[MD_CATALOG_LABELS] = { .label = MD_STR("labels"), .type = { MD_STRING, true }, .nullable = true },
	[MD_CATALOG_NULLABLE] = FLAG("nullable"),
	[MD_CATALOG_GENERATED] = FLAG("generated"),
	[MD_CATALOG_HAS_EQUALITY] = FLAG("equality"),
	[MD_CATALOG_IS_DETERMINISTIC] = FLAG("deterministic"),
	[MD_CATALOG_IS_VIEW] = FLAG("view"),
	[MD_CATALOG_ENGINE] = TEXT("engine"),
	[MD_CATALOG_ENGINE_FULL] = TEXT("engine with arguments"),
	[MD_CATALOG_SORTING_KEY] = TEXT("sorting key"),
	[MD_CATALOG_UNGUARDED] = TEXT("unguarded"),
};
#undef TEXT
#undef FLAG

typedef MD_VEC(struct md_catalog_column) column_list;

static struct md_str copy_text(struct md_ctx *cx, const struct md_cell *cell)
{
	return cell->form == MD_CELL_NULL ? MD_STR("") : md_str_dup(cx->arena, cell->text);
}

static bool is_true(const struct md_cell *cell)
{
	return cell->form != MD_CELL_NULL && md_str_eqz(cell->text, "true");
}

/* The cell is a JSON array of texts. */
static int read_labels(struct md_ctx *cx, const struct md_cell *cell, struct md_catalog_column *c)
{
	const struct md_json *list;
	struct md_json_error unused;
	struct md_json_iter it;
	if (cell->form == MD_CELL_NULL)
		return 0;
	if (md_json_parse(cx->arena, md_str_dup(cx->arena, cell->text), &list, &unused))
		return -1;
	struct md_str *labels = md_new_n(cx->arena, struct md_str, md_json_size(list));
	if (!labels)
		return -1;
	md_json_iter(&it, list);
	for (const struct md_json *v; (v = md_json_next(&it, NULL));)
		labels[c->n_labels++] = md_json_text(v);
	c->labels = labels;
	return 0;
}

static int add_column(struct md_ctx *cx, column_list *list, const struct md_cell *row)
{
	struct md_catalog_column *c = md_push(cx->arena, list);
	if (!c)
		return -1;
	*c = (struct md_catalog_column){ .name = copy_text(cx, &row[MD_CATALOG_NAME]),
		                         .type = copy_text(cx, &row[MD_CATALOG_TYPE]),
		                         .base = copy_text(cx, &row[MD_CATALOG_BASE]),
		                         .collation = copy_text(cx, &row[MD_CATALOG_COLLATION]),
		                         .nullable = is_true(&row[MD_CATALOG_NULLABLE]),
		                         .generated = is_true(&row[MD_CATALOG_GENERATED]),
		                         .has_equality = is_true(&row[MD_CATALOG_HAS_EQUALITY]),
		                         .is_deterministic = is_true(&row[MD_CATALOG_IS_DETERMINISTIC]) };
	return read_labels(cx, &row[MD_CATALOG_LABELS], c);
}

static void read_table_facts(struct md_ctx *cx, struct md_catalog_table *out, const struct md_cell *row)
{
	out->is_view = is_true(&row[MD_CATALOG_IS_VIEW]);
	out->engine = copy_text(cx, &row[MD_CATALOG_ENGINE]);
	out->engine_full = copy_text(cx, &row[MD_CATALOG_ENGINE_FULL]);
	out->sorting_key = copy_text(cx, &row[MD_CATALOG_SORTING_KEY]);
	out->unguarded = copy_text(cx, &row[MD_CATALOG_UNGUARDED]);
}

/* 0, or -1 with the error set. */
static int read_rows(struct md_ctx *cx, const struct md_driver *d, void *conn, struct md_catalog_table *out)
{
	struct md_cell row[MD_CATALOG_OUTPUTS];
	column_list list = { .n = 0 };
	int rc;
	while ((rc = d->next(conn, cx, row)) > 0) {
		if (list.n == 0)
			read_table_facts(cx, out, row);
		if (add_column(cx, &list, row))
			return md_out_of_memory(cx);
	}
	out->columns = list.v;
	out->n_columns = list.n;
	return rc < 0 ? -1 : md_check_memory(cx);
}

void md_catalog_identifier(struct md_buf *b, struct md_str part)
{
	md_buf_char(b, '"');
	for (size_t i = 0; i < part.n; i++) {
		if (part.p[i] == '"')
			md_buf_char(b, '"');
		md_buf_char(b, part.p[i]);
	}
	md_buf_char(b, '"');
}

enum md_started md_catalog_read(struct md_ctx *cx, const struct md_driver *d, void *conn, struct md_str text,
                                const struct md_value *params, uint32_t n_params, struct md_catalog_table *out)
{
	struct md_stmt s = { .dialect = md_str_z(d->name), .text = text, .params = params, .n_params = n_params,
		             .outputs = outputs, .n_outputs = MD_CATALOG_OUTPUTS, .row_bound = -1 };
	*out = (struct md_catalog_table){ .columns = NULL };
	enum md_started rc = d->start(conn, cx, &s, MD_NO_SETTINGS);
	if (rc == MD_STARTED && read_rows(cx, d, conn, out))
		rc = MD_START_FAILED;
	return !d->finish(conn) && rc == MD_STARTED ? MD_START_STALE : rc;
}
