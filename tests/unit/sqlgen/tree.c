#include "tree.h"

#include "dialects/facts.h"

struct md_arena arena;
struct md_error error;

const struct md_predicate every_row = { .kind = MD_PREDICATE_TRUE };

/* Memory for what a test makes: the oldest is used again when it is full. */
static void *keep(size_t size)
{
	static char memory[1 << 21];
	static size_t used;
	size = (size + 15) & ~(size_t)15;
	if (used + size > sizeof memory)
		used = 0;
	void *p = memory + used;
	used += size;
	return memset(p, 0, size);
}

/* ---- expressions and values ---- */

/* The latest columns. A tree is made without regard to a dialect: its columns get their forms when
 * it is written in one. */
static struct test_column {
	struct md_physical *physical;
	const struct md_type *type;
	bool needs_collation;
} latest[256];
static uint32_t n_columns;

static struct test_column *next_column(struct md_physical *c, const struct md_type *type)
{
	struct test_column *out = &latest[n_columns++ % (sizeof latest / sizeof *latest)];
	*out = (struct test_column){ c, type, true };
	return out;
}

static uint8_t form_of_column(enum md_dialect_id dialect, enum md_engine engine, struct md_type type,
                              bool by_code_point)
{
	struct md_column_forms forms = md_column_forms_of(md_dialect_facts_of(dialect), engine, by_code_point);
	return md_form_of_column(&forms, type, &md_real_unknown);
}

struct md_expr *column(uint32_t scan, const char *name, enum md_base_type type)
{
	struct md_physical *c = keep(sizeof *c);
	struct md_expr *e = keep(sizeof *e);
	*c = (struct md_physical){ .scan = scan, .name = md_str_z(name), .real = &md_real_unknown };
	c->form = form_of_column(MD_DIALECT_POSTGRES, MD_POSTGRES, (struct md_type){ .base = (uint8_t)type }, false);
	*e = (struct md_expr){ .kind = MD_EXPR_CELL, .type = { .base = (uint8_t)type },
	                       .raw = (const struct md_raw *)c };
	next_column(c, &e->type);
	return e;
}

void set_collation_needed(struct md_expr *column, bool needed)
{
	struct md_physical *c = keep(sizeof *c);
	*c = *md_raw_column(column->raw);
	next_column(c, &column->type)->needs_collation = needed;
	column->raw = (const struct md_raw *)c;
}

static void set_forms(enum md_dialect_id dialect)
{
	static const enum md_engine engines[MD_DIALECTS] = { [MD_DIALECT_POSTGRES] = MD_POSTGRES,
		                                             [MD_DIALECT_CLICKHOUSE] = MD_CLICKHOUSE,
		                                             [MD_DIALECT_SQLITE] = MD_SQLITE,
		                                             [MD_DIALECT_TRINO] = MD_ICEBERG };
	for (size_t i = 0; i < sizeof latest / sizeof *latest; i++)
		if (latest[i].physical)
			latest[i].physical->form = form_of_column(dialect, engines[dialect], *latest[i].type,
			                                          !latest[i].needs_collation);
}

struct md_value scalar(enum md_base_type type, const char *text)
{
	return (struct md_value){ .type = { .base = (uint8_t)type }, .text = md_str_z(text) };
}

struct md_value list(enum md_base_type type, const char *const *items, size_t n)
{
	struct md_str *v = keep(n * sizeof *v);
	for (size_t i = 0; i < n; i++)
		v[i] = md_str_z(items[i]);
	return (struct md_value){ .type = { .base = (uint8_t)type, .array = true }, .list = { v, n } };
}

/* ---- conditions ---- */

struct md_condition *op(enum md_op op, struct md_expr *left, struct md_value v0, struct md_value v1)
{
	struct md_condition *c = keep(sizeof *c);
	struct md_value *v = keep(2 * sizeof *v);
	v[0] = v0;
	v[1] = v1;
	*c = (struct md_condition){ .kind = MD_CONDITION_OPERATION, .op = op, .left = left, .operands = v };
	return c;
}

struct md_condition *versus(enum md_op op, struct md_expr *left, struct md_expr *right)
{
	struct md_condition *c = keep(sizeof *c);
	*c = (struct md_condition){ .kind = MD_CONDITION_COLUMNS, .op = op, .left = left, .right = right };
	return c;
}

struct md_condition *exists(const struct md_related *related)
{
	struct md_condition *c = keep(sizeof *c);
	*c = (struct md_condition){ .kind = MD_CONDITION_EXISTS, .related = related };
	return c;
}

struct md_condition *group(enum md_condition_kind kind, const struct md_condition *const *parts, uint32_t n)
{
	struct md_condition *c = keep(sizeof *c);
	const struct md_condition **v = keep(n * sizeof *v);
	for (uint32_t i = 0; i < n; i++)
		v[i] = parts[i];
	*c = (struct md_condition){ .kind = kind, .parts = v, .n = n };
	return c;
}

const struct md_predicate *row_predicate(const struct md_expr *column, struct md_value v)
{
	struct md_predicate *p = keep(sizeof *p);
	struct md_value *operand = keep(sizeof *operand);
	*operand = v;
	*p = (struct md_predicate){ .kind = MD_PREDICATE_COMPARE, .op = MD_OP_EQ, .column = column,
	                            .operand = operand };
	return p;
}

/* ---- scans and trees ---- */

struct md_scan scan_named(const struct md_str *name, uint32_t n)
{
	return (struct md_scan){ .form = MD_SCAN_FROM, .name = name, .n_name = n, .rows = &every_row,
	                         .reading = MD_READ_AS_IS };
}

void join_scan(struct md_scan *scan, enum md_scan_form form, const struct md_expr *parent, const struct md_expr *child)
{
	struct md_key_pair *key = keep(sizeof *key);
	*key = (struct md_key_pair){ .parent = parent, .child = child };
	scan->form = form;
	scan->keys = key;
	scan->n_keys = 1;
}

void ask_scan(struct md_scan *scan, const struct md_condition *c)
{
	const struct md_condition **v = keep(sizeof *v);
	*v = c;
	scan->asked = v;
	scan->n_asked = c ? 1 : 0;
}

void select_exprs(struct md_tree *t, const struct md_expr *const *v, uint32_t n)
{
	struct md_interned *exprs = keep(n * sizeof *exprs);
	uint32_t *outputs = keep(n * sizeof *outputs);
	struct md_stmt_output *described = keep(n * sizeof *described);
	for (uint32_t i = 0; i < n; i++) {
		exprs[i] = (struct md_interned){ .expr = v[i], .output = i };
		outputs[i] = i;
		described[i] = (struct md_stmt_output){ .label = MD_STR("id"), .type = v[i]->type };
	}
	t->exprs = exprs;
	t->outputs = outputs;
	t->described = described;
	t->n_exprs = t->n_outputs = n;
}

uint32_t add_expr(struct md_tree *t, const struct md_expr *e)
{
	struct md_interned *exprs = keep((t->n_exprs + 1) * sizeof *exprs);
	memcpy(exprs, t->exprs, t->n_exprs * sizeof *exprs);
	exprs[t->n_exprs] = (struct md_interned){ .expr = e, .output = MD_NONE };
	t->exprs = exprs;
	return t->n_exprs++;
}

struct md_tree tree_of(enum md_dialect_id dialect)
{
	static const struct md_str name[] = { { "t", 1 } };
	struct md_scan *scans = keep(4 * sizeof *scans);
	const struct md_expr *id = column(0, "id", MD_UUID);
	struct md_tree t = { .scans = scans, .n_scans = 1, .n_from = 1, .limit = -1, .offset = -1, .dialect = dialect,
		             .row_bound = -1 };
	for (int i = 0; i < 4; i++)
		scans[i] = scan_named(name, 1);
	select_exprs(&t, &id, 1);
	return t;
}

const char *line(const struct md_tree *t)
{
	struct md_stmt s;
	struct md_ctx cx = { .arena = &arena, .err = &error };
	struct md_buf b = { .arena = &arena };
	md_arena_reset(&arena);
	error = (struct md_error){ 0 };
	set_forms(t->dialect);
	if (md_write_sql(&cx, t, &s)) {
		md_buf_fmt(&b, "%s: %.*s", md_code_name(error.code), MD_FMT(error.message));
		md_buf_char(&b, '\0');
		return b.p;
	}
	assert_true(md_str_eqz(s.dialect, md_dialect_name[t->dialect]));
	assert_int_equal(s.row_bound, t->row_bound);
	return statement_text(&arena, &s);
}

const char *where(enum md_dialect_id dialect, const struct md_condition *c)
{
	struct md_tree t = tree_of(dialect);
	struct md_scan scans[4];
	memcpy(scans, t.scans, sizeof scans);
	ask_scan(&scans[0], c);
	t.scans = scans;
	const char *text = line(&t), *at = strstr(text, " WHERE ");
	return at ? at + 7 : text;
}
