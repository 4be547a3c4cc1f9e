/* roles[]: which tables and columns each role sees, and on which rows. A grant without filters
 * means every row, so whatever can't be understood in a filter refuses the whole document: a filter
 * is never dropped. */
#include "metadata/read.h"

static const char *const role_keys[] = { "id", "tables" };
enum { ROLE_ID, ROLE_TABLES, ROLE_KEYS };
static const char *const grant_keys[] = { "tableId", "allowedColumns", "filters", "maskedColumns" };
enum { GRANT_TABLE, GRANT_COLUMNS, GRANT_FILTERS, GRANT_MASKED, GRANT_KEYS };
static const char *const row_filter_keys[] = { "column", "operator", "valueFrom", "contextKey" };
enum { ROW_FILTER_COLUMN, ROW_FILTER_OPERATOR, ROW_FILTER_VALUE_FROM, ROW_FILTER_CONTEXT_KEY, ROW_FILTER_KEYS };

static const char *const row_filter_operators[] = { [MD_RLS_EQ] = "=",
	                                            [MD_RLS_NE] = "!=",
	                                            [MD_RLS_IN] = "in",
	                                            [MD_RLS_IS_NULL] = "is_null",
	                                            [MD_RLS_IS_NOT_NULL] = "is_not_null" };
enum { ROW_FILTER_OPERATORS = sizeof row_filter_operators / sizeof *row_filter_operators };

static bool is_star(const struct md_json *v)
{
	return v && md_json_type(v) == MD_JSON_STRING && md_str_eqz(md_json_text(v), "*");
}

/* Does the operator take a context value, and can it compare the column with one? */
static void check_row_filter_operand(struct loader *l, const struct md_at *at, const struct md_column *c,
                                     enum md_rls_op op)
{
	bool list = op == MD_RLS_IN;
	if (op >= MD_RLS_IS_NULL || c->type.base == MD_TYPES)
		return;
	if (c->type.array || c->type.base == MD_JSON || (list && c->type.base == MD_BYTES))
		md_report(l->cx, MD_INVALID_ROLE, MD_AT_KEY(at, MD_STR("operator")),
		          MD_DETAILS(.operator= md_str_z(row_filter_operators[op])),
		          "operator '%s' can't be used on column '%.*s' of type %s", row_filter_operators[op],
		          MD_FMT(c->api_name), md_type_name(c->type));
}

static void load_row_filter(struct loader *l, const struct md_at *at, const struct md_json *v, const struct md_table *t,
                        struct md_row_filter *f)
{
	static const char *const sources[] = { "context" };
	const struct md_json *m[ROW_FILTER_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_ROLE, at, v, "a row filter", row_filter_keys, m))
		return;
	f->column = find_column(l, SPOT(MD_INVALID_ROLE, at, "column"), m[ROW_FILTER_COLUMN], t);
	int op = read_word(l, SPOT(MD_INVALID_ROLE, at, "operator"), m[ROW_FILTER_OPERATOR], true, row_filter_operators,
	                   ROW_FILTER_OPERATORS);
	bool needs_value = op >= 0 && op < MD_RLS_IS_NULL;
	if (m[ROW_FILTER_VALUE_FROM] || needs_value)
		read_word(l, SPOT(MD_INVALID_ROLE, at, "valueFrom"), m[ROW_FILTER_VALUE_FROM], true, sources, 1);
	read_text(l, SPOT(MD_INVALID_ROLE, at, "contextKey"), m[ROW_FILTER_CONTEXT_KEY], needs_value, &f->context_key);
	f->op = op < 0 ? MD_RLS_EQ : (enum md_rls_op)op;
	if (f->column && op >= 0)
		check_row_filter_operand(l, at, f->column, f->op);
	if (f->column)
		name_part_of_problems(l, problems, MD_PART_COLUMN, f->column->api_name);
}

static int load_row_filters(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_grant *g)
{
	struct md_json_iter it;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("filters"));
	if (!read_array(l, SPOT(MD_INVALID_ROLE, up, "filters"), v, false))
		return 0;
	uint32_t n = (uint32_t)md_json_size(v);
	struct md_row_filter *filters = md_new_n(l->keep, struct md_row_filter, n);
	if (!filters)
		return -1;
	g->filters = filters;
	g->n_filters = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++)
		load_row_filter(l, MD_AT_IDX(at, i), v, g->table, &filters[i]);
	return 0;
}

static void load_allowed_columns(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_grant *g)
{
	const struct md_grant *all = &l->all[g->table->index];
	g->all_columns = is_star(v);
	if (g->all_columns)
		g->columns = all->columns;
	else if (v && md_json_type(v) != MD_JSON_ARRAY)
		report_wrong(l, SPOT(MD_INVALID_ROLE, at, "allowedColumns"), v, "\"*\" or an array of apiNames");
	else
		g->columns = read_column_set(l, SPOT(MD_INVALID_ROLE, at, "allowedColumns"), v, g->table);
	if (g->columns && memcmp(g->columns, all->columns, md_words(g->table->n_columns) * sizeof *g->columns) == 0)
		g->all_columns = true;
}

/* Masked columns are some of the allowed: one that is not allowed at all is a mistake somewhere. */
static void load_masked_columns(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_grant *g)
{
	const struct md_at *here = MD_AT_KEY(at, MD_STR("maskedColumns"));
	const uint64_t *masked = v ? read_column_set(l, SPOT(MD_INVALID_ROLE, at, "maskedColumns"), v, g->table)
	                           : NULL;
	struct md_json_iter it;
	if (!masked || md_json_size(v) == 0)
		return;
	g->masked = masked;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		uint32_t c = md_map_get(&g->table->column_by_name, md_json_text(v));
		if (c != MD_NONE && g->columns && !md_bit(g->columns, c))
			md_report(l->cx, MD_INVALID_ROLE, MD_AT_IDX(here, i),
			          MD_DETAILS(.column = g->table->columns[c].api_name),
			          "column '%.*s' is masked but not allowed: expected it in allowedColumns too",
			          MD_FMT(md_json_text(v)));
	}
}

/* The next free grant is filled and counted when its table exists. */
static int load_grant(struct loader *l, const struct md_at *at, const struct md_json *v, uint32_t role,
                      struct md_map *seen)
{
	const struct md_json *m[GRANT_KEYS];
	struct md_grant *g = &l->grants[l->n_grants];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_ROLE, at, v, "a grant", grant_keys, m))
		return 0;
	g->table = find_table(l, SPOT(MD_INVALID_ROLE, at, "tableId"), m[GRANT_TABLE]);
	if (!g->table)
		return 0;
	if (md_map_put(seen, g->table->id, 0) != MD_NONE)
		md_report(l->cx, MD_INVALID_ROLE, MD_AT_KEY(at, MD_STR("tableId")), MD_DETAILS(.table = g->table->id),
		          "table '%.*s' is listed twice", MD_FMT(g->table->id));
	l->grant_roles[l->n_grants++] = role;
	load_allowed_columns(l, at, m[GRANT_COLUMNS], g);
	load_masked_columns(l, at, m[GRANT_MASKED], g);
	int out_of_memory = load_row_filters(l, at, m[GRANT_FILTERS], g);
	name_part_of_problems(l, problems, MD_PART_TABLE, table_label(g->table));
	return out_of_memory;
}

static int load_grants(struct loader *l, const struct md_at *up, const struct md_json *v, uint32_t role)
{
	struct md_json_iter it;
	struct md_map seen;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("tables"));
	if (md_map_init(&seen, l->cx->arena, md_json_size(v)))
		return -1;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++)
		if (load_grant(l, MD_AT_IDX(at, i), v, role, &seen))
			return -1;
	return 0;
}

static int load_role_tables(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_role *r)
{
	r->all_tables = is_star(v);
	if (r->all_tables)
		return 0;
	if (v && md_json_type(v) != MD_JSON_ARRAY)
		report_wrong(l, SPOT(MD_INVALID_ROLE, at, "tables"), v, "\"*\" or an array of grants");
	else if (read_array(l, SPOT(MD_INVALID_ROLE, at, "tables"), v, true))
		return load_grants(l, at, v, r->index);
	return 0;
}

static int load_role(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_role *r)
{
	const struct md_json *m[ROLE_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_ROLE, at, v, "a role", role_keys, m))
		return 0;
	if (read_text(l, SPOT(MD_INVALID_ROLE, at, "id"), m[ROLE_ID], true, &r->id) &&
	    md_map_put(&l->s->role_by_id, r->id, r->index) != MD_NONE)
		md_report(l->cx, MD_DUPLICATE_ID, MD_AT_KEY(at, MD_STR("id")), MD_DETAILS(.id = r->id),
		          "id '%.*s' is another role's id", MD_FMT(r->id));
	r->label = md_str_fmt(l->keep, "role '%.*s'", MD_FMT(r->id));
	int out_of_memory = load_role_tables(l, at, m[ROLE_TABLES], r);
	name_part_of_problems(l, problems, MD_PART_ROLE, r->id);
	return out_of_memory;
}

static size_t count_grants(const struct md_json *roles)
{
	struct md_json_iter it;
	size_t n = 0;
	md_json_iter(&it, roles);
	for (const struct md_json *v; (v = md_json_next(&it, NULL));) {
		const struct md_json *tables = md_json_get(v, "tables");
		n += tables ? md_json_size(tables) : 0;
	}
	return n;
}

int load_roles(struct loader *l, const struct md_json *v)
{
	struct md_json_iter it;
	if (!read_array(l, SPOT(MD_INVALID_ROLE, NULL, "roles"), v, false))
		return 0;
	uint32_t n = (uint32_t)md_json_size(v);
	size_t most = count_grants(v) + 1; /* the one after the last is looked at, never counted */
	struct md_role *roles = md_new_n(l->keep, struct md_role, n);
	l->grants = md_new_n(l->keep, struct md_grant, most);
	l->grant_roles = md_new_n(l->cx->arena, uint32_t, most);
	if (!roles || !l->grants || !l->grant_roles || md_map_init(&l->s->role_by_id, l->keep, n))
		return -1;
	l->s->roles = roles;
	l->s->n_roles = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		roles[i].index = i;
		if (load_role(l, MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("roles")), i), v, &roles[i]))
			return -1;
	}
	return 0;
}
