/* Row-level security. Takes a validated query and gives a guarded one: every table reference
 * together with the row predicate of the roles in effect. The structs are complete only here, so
 * that no other file can make one. A reference to a table that the caller is not granted gets the
 * predicate FALSE: validation refuses such a table, and should one ever get this far, it shows no
 * rows. */
#include "access/private.h"
#include "trace/trace.h"

struct md_guarded_table {
	const struct md_ref *ref;
	const struct md_pred *rows;
	const uint64_t *needed;
	const struct md_cell_rule *rules;
	uint32_t n_rules;
};

struct md_guarded {
	const struct md_bound *bound;
	struct md_context_values context;
	bool empty;
	uint32_t n;
	struct md_guarded_table tables[];
};

/* Records which columns the caller gets where the definition names none, if these are not all. */
static int record_trimmed_columns(struct md_ctx *cx, const struct md_table *t, const struct md_view *v)
{
	struct md_str *names = md_alloc(cx->arena, t->n_columns * sizeof *names);
	uint32_t n = 0;
	if (!names)
		return -1;
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (md_bit(v->visible, i))
			names[n++] = t->columns[i].api_name;
	if (n < t->n_columns)
		md_ev2(cx, MD_EV_TRIMMED, MD_L(names, n), MD_S(t->api_name));
	return 0;
}

static int record_ref(struct md_ctx *cx, const struct md_bound *b, const struct md_ref *r,
                      const struct md_table_access *a)
{
	if (a->rows->kind == MD_PRED_TRUE)
		md_ev2(cx, MD_EV_NO_FILTER, MD_S(r->table->api_name), MD_S(cx->access->label));
	else if (a->rows->kind == MD_PRED_FALSE)
		md_ev1(cx, MD_EV_ROWS_NONE, MD_S(r->table->api_name));

	if (!r->all_columns || md_bound_groups(b) || !cx->trace || !a->view.granted)
		return 0;
	return record_trimmed_columns(cx, r->table, &a->view);
}

static void write_pred(struct md_buf *b, const void *p)
{
	md_pred_text(b, p);
}

static void record_cell_rule(struct md_ctx *cx, const struct md_table *t, const struct md_cell_rule *r)
{
	struct md_fact table = MD_S(t->api_name), column = MD_S(r->column->api_name), roles = MD_S(cx->access->label);
	if (r->shown->kind != MD_PRED_TRUE)
		md_ev4(cx, MD_EV_CELL_SHOWN, table, column, roles, MD_LATE(write_pred, r->shown));
	if (r->clear->kind == MD_PRED_FALSE)
		md_ev4(cx, MD_EV_CELL_MASKED, table, column, roles, MD_Z(md_mask_name[r->column->mask]));
	else if (r->clear->kind != MD_PRED_TRUE)
		md_ev4(cx, MD_EV_CELL_CLEAR, table, column, roles, MD_LATE(write_pred, r->clear));
}

/* Does the predicate read a column outside the bitmap? */
static bool pred_reads_more(const struct md_pred *p, const uint64_t *used)
{
	if (p->kind == MD_PRED_CMP)
		return !md_bit(used, p->column->index);
	for (uint32_t i = 0; i < p->n; i++)
		if (pred_reads_more(p->parts[i], used))
			return true;
	return false;
}

static void add_pred_columns(const struct md_pred *p, uint64_t *needed)
{
	if (p->kind == MD_PRED_CMP)
		needed[p->column->index / 64] |= (uint64_t)1 << p->column->index % 64;
	for (uint32_t i = 0; i < p->n; i++)
		add_pred_columns(p->parts[i], needed);
}

/* The reference's own columns and those of its predicates. NULL: out of memory. */
static const uint64_t *needed_columns(struct md_ctx *cx, const struct md_guarded_table *g)
{
	const struct md_ref *r = g->ref;
	if (r->used && !g->n_rules && !pred_reads_more(g->rows, r->used))
		return r->used;

	uint32_t words = md_words(r->table->n_columns);
	uint64_t *needed = md_alloc(cx->arena, words * sizeof *needed);
	if (!needed)
		return NULL;
	for (uint32_t w = 0; w < words; w++)
		needed[w] = r->used ? r->used[w] : 0;
	add_pred_columns(g->rows, needed);
	for (uint32_t i = 0; i < g->n_rules; i++) {
		add_pred_columns(g->rules[i].shown, needed);
		add_pred_columns(g->rules[i].clear, needed);
	}
	return needed;
}

/* Makes the rules of the columns whose cells are read. */
static int add_cell_rules(struct md_ctx *cx, const struct md_table_access *a, struct md_guarded_table *out)
{
	const uint64_t *columns = out->ref->cells ? out->ref->cells : out->ref->used;
	if (!a->view.by_rule || !columns)
		return 0;
	if (md_make_cell_rules(cx, a, columns, &out->rules, &out->n_rules))
		return -1;
	for (uint32_t i = 0; i < out->n_rules; i++)
		record_cell_rule(cx, out->ref->table, &out->rules[i]);
	return 0;
}

static int guard_ref(struct md_ctx *cx, struct md_context_values *context, const struct md_bound *b,
                     struct md_guarded_table *out)
{
	const struct md_ref *r = out->ref;
	struct md_table_access *a = md_get_table_access(cx, r->table);
	if (!a)
		return -1;
	if (!a->rows) {
		a->rows = a->view.granted ? md_pred_build(cx, context, a) : &md_pred_false;
		if (!a->rows)
			return -1;
	}

	out->rows = a->rows;
	out->rules = NULL;
	out->n_rules = 0;
	if (record_ref(cx, b, r, a) || add_cell_rules(cx, a, out))
		return -1;
	out->needed = needed_columns(cx, out);
	return out->needed ? 0 : -1;
}

int md_guard(struct md_ctx *cx, const struct md_bound *b, const struct md_values *values,
             const struct md_guarded **out)
{
	struct md_guarded *g = md_alloc(cx->arena, sizeof *g + b->n_refs * sizeof g->tables[0]);
	if (!g)
		return md_out_of_memory(cx);
	*g = (struct md_guarded){ .bound = b };
	for (uint32_t i = 0; i < b->n_refs; i++) {
		if (!b->refs[i].table)
			continue; /* reported by validation */
		g->tables[g->n].ref = &b->refs[i];
		if (guard_ref(cx, &g->context, b, &g->tables[g->n++]))
			return md_out_of_memory(cx);
	}
	*out = g;
	return md_find_empty(cx, g, values, &g->empty) ? md_out_of_memory(cx) : 0;
}

/* ---- of two requests ---- */

static bool is_pred_alike(const struct md_pred *a, const struct md_pred *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->n != b->n || a->column != b->column || a->op != b->op ||
	    a->value.place != b->value.place)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!is_pred_alike(a->parts[i], b->parts[i]))
			return false;
	return true;
}

static bool are_rules_alike(const struct md_guarded_table *a, const struct md_guarded_table *b)
{
	for (uint32_t i = 0; i < a->n_rules; i++)
		if (a->rules[i].column != b->rules[i].column || !is_pred_alike(a->rules[i].shown, b->rules[i].shown) ||
		    !is_pred_alike(a->rules[i].clear, b->rules[i].clear))
			return false;
	return true;
}

bool md_guarded_is_alike(const struct md_guarded *a, const struct md_guarded *b)
{
	if (a->bound != b->bound || a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const struct md_guarded_table *x = &a->tables[i], *y = &b->tables[i];
		if (x->n_rules != y->n_rules || !is_pred_alike(x->rows, y->rows) || !are_rules_alike(x, y))
			return false;
	}
	return true;
}

static const struct md_context_value *context_value_at(const struct md_guarded *g, uint32_t place)
{
	const struct md_context_value *v = g->context.first;
	while (v->number != place)
		v = v->next;
	return v;
}

const struct md_value *md_guarded_context(const struct md_guarded *g, uint32_t place)
{
	return &context_value_at(g, place)->value;
}

struct md_str md_guarded_context_key(const struct md_guarded *g, uint32_t place)
{
	return context_value_at(g, place)->key;
}

const struct md_bound *md_guarded_bound(const struct md_guarded *g)
{
	return g->bound;
}

uint32_t md_guarded_count(const struct md_guarded *g)
{
	return g->n;
}

const struct md_guarded_table *md_guarded_at(const struct md_guarded *g, uint32_t i)
{
	return &g->tables[i];
}

bool md_guarded_empty(const struct md_guarded *g)
{
	return g->empty;
}

const struct md_ref *md_guarded_ref(const struct md_guarded_table *t)
{
	return t->ref;
}

const struct md_pred *md_guarded_rows(const struct md_guarded_table *t)
{
	return t->rows;
}

uint32_t md_guarded_rules(const struct md_guarded_table *t)
{
	return t->n_rules;
}

const struct md_cell_rule *md_guarded_rule_at(const struct md_guarded_table *t, uint32_t i)
{
	return &t->rules[i];
}

const struct md_cell_rule *md_guarded_rule(const struct md_guarded_table *t, const struct md_column *c)
{
	for (uint32_t i = 0; i < t->n_rules; i++)
		if (t->rules[i].column == c)
			return &t->rules[i];
	return NULL;
}

const uint64_t *md_guarded_needed(const struct md_guarded_table *t)
{
	return t->needed;
}
