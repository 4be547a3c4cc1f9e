#include "tree.h"

struct md_arena arena;
struct md_error error;

struct md_pcolumn column(uint32_t table, const char *name, enum md_base_type type)
{
	return (struct md_pcolumn){ .table = table, .name = md_str_z(name), .type = { .base = (uint8_t)type }, .collate = type == MD_STRING };
}

struct md_value scalar(enum md_base_type type, const char *text)
{
	return (struct md_value){ .type = { .base = (uint8_t)type }, .text = md_str_z(text) };
}

struct md_value list(enum md_base_type type, const char *const *items, size_t n)
{
	static struct md_str strs[4096];
	static size_t used;
	if (used + n > 4096)
		used = 0;
	struct md_str *v = strs + used;
	used += n;
	for (size_t i = 0; i < n; i++)
		v[i] = md_str_z(items[i]);
	return (struct md_value){ .type = { .base = (uint8_t)type, .array = true }, .list = { v, n } };
}

struct md_cond op(enum md_op op, struct md_pcolumn left, struct md_value v0, struct md_value v1)
{
	return (struct md_cond){ .kind = MD_COND_OP, .op = op, .left = left, .v = { v0, v1 } };
}

struct md_cond group(enum md_cond_kind kind, const struct md_cond *const *parts, uint32_t n)
{
	static const struct md_cond *kept[256];
	static uint32_t used;
	assert_true(used + n <= 256);
	const struct md_cond **v = kept + used;
	used += n;
	for (uint32_t i = 0; i < n; i++)
		v[i] = parts[i];
	return (struct md_cond){ .kind = kind, .parts = v, .n = n };
}

struct md_tree tree_of(enum md_dialect_id sql)
{
	static const struct md_str name[] = { { "t", 1 } };
	static struct md_ptable tables[4]; /* columns of t1 to t3 may be written too */
	static struct md_pcolumn select;
	static struct md_shape_output out;
	tables[0] = (struct md_ptable){ .guard = GUARD, .name = name, .n_name = 1 };
	memset(&tables[1], 0, 3 * sizeof tables[1]);
	select = column(0, "id", MD_UUID);
	out = (struct md_shape_output){ .label = { "id", 2 }, .type = { .base = MD_UUID } };
	return (struct md_tree){ .tables = tables, .n_tables = 1, .n_from = 1, .select = &select, .n_select = 1, .outputs = &out, .limit = -1, .offset = -1,
		                 .dialect = sql, .row_bound = -1 };
}

const char *line(const struct md_tree *t)
{
	struct md_stmt s;
	struct md_ctx cx = { .arena = &arena, .err = &error };
	struct md_buf b = { .arena = &arena };
	md_arena_reset(&arena);
	error = (struct md_error){ 0 };
	if (md_write_sql(&cx, t, &s)) {
		md_buf_fmt(&b, "%s: %.*s", md_code_name(error.code), MD_FMT(error.message));
		md_buf_char(&b, '\0');
		return b.p;
	}
	assert_true(md_str_eqz(s.dialect, md_dialect_name[t->dialect]));
	assert_int_equal(s.row_bound, t->row_bound);
	return statement_text(&arena, &s);
}

const char *where(enum md_dialect_id sql, const struct md_cond *c)
{
	struct md_tree t = tree_of(sql);
	t.where = c;
	const char *text = line(&t), *at = strstr(text, " WHERE ");
	return at ? at + 7 : text;
}
