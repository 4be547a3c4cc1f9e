/* Names to metadata: tables, table references, columns. Every column passes md_gate_column here
 * and nowhere else. Promises: no message and no suggestion holds a name that the caller may not
 * see, unless the caller wrote it; under policy.errors "uniform" a denied name is reported
 * exactly as an unknown one. */
#include "query/foreign_words.h"
#include "validation/private.h"

struct md_str md_check_roles(const struct md_check *c)
{
	const struct md_access *a = c->cx->access;
	return a->n_scopes == 1 && a->scopes[0].n == 1 ? a->scopes[0].roles[0]->id : a->label;
}

/* Only names that are near at all are asked for their view: suggesting must not cost a view of
 * every table. */
static struct md_str find_near_table(struct md_check *c, struct md_str name)
{
	struct md_str near[16];
	size_t n = 0;
	for (uint32_t i = 0; i < c->cx->meta->n_tables && n < 16; i++) {
		const struct md_table *t = &c->cx->meta->tables[i];
		if (!md_str_nearest(name, &t->api_name, 1).p)
			continue;
		const struct md_view *v = md_access_view(c->cx, t);
		if (v && v->granted)
			near[n++] = t->api_name;
	}
	return md_str_nearest(name, near, n);
}

static void report_unknown_table(struct md_check *c, struct md_str name, const struct md_at *at)
{
	struct md_str near = find_near_table(c, name);
	const struct md_details details = { .table = name,
		                            .expected = MD_STR("the apiName of a table"),
		                            .actual = name,
		                            .suggestion = near };
	md_report(c->cx, MD_UNKNOWN_TABLE, at, &details, "unknown table '%.*s'%s", MD_FMT(name),
	          md_did_you_mean(c->cx->arena, near));
	md_ev1(c->cx, MD_EV_TABLE_UNKNOWN, MD_S(name));
}

static void report_denied_table(struct md_check *c, struct md_str name, const struct md_at *at)
{
	struct md_str label = c->cx->access->label;
	struct md_str expected = md_str_fmt(c->cx->arena, "a table granted to %.*s", MD_FMT(label));
	md_report(c->cx, MD_ACCESS_DENIED, at,
	          MD_DETAILS(.table = name, .role = md_check_roles(c), .expected = expected, .actual = name),
	          "table '%.*s' is not granted to %.*s", MD_FMT(name), MD_FMT(label));
	md_ev2(c->cx, MD_EV_TABLE_DENIED, MD_S(name), MD_S(label));
}

/* -1: out of memory. */
static int set_table(struct md_check *c, uint32_t ref, const struct md_table *t, const struct md_view *v)
{
	struct md_ref_state *state = &c->states[ref];
	struct md_ref *r = &c->refs[ref];
	state->used = md_new_n(c->cx->arena, uint64_t, md_words(t->n_columns));
	if (!state->used)
		return -1;
	state->cells = v->by_rule ? md_new_n(c->cx->arena, uint64_t, md_words(t->n_columns)) : NULL;
	r->used = state->used;
	r->cells = state->cells;
	r->table = t;
	r->view = v;
	return 0;
}

void md_check_table(struct md_check *c, uint32_t ref, struct md_str name, const struct md_at *at)
{
	const struct md_table *t = md_table_find(c->cx->meta, name);
	const struct md_view *v = t ? md_access_view(c->cx, t) : NULL;
	if (t && !v)
		return; /* out of memory */
	if (!t || (!v->granted && c->cx->meta->policy.uniform_errors)) {
		report_unknown_table(c, name, at);
	} else if (!v->granted) {
		report_denied_table(c, name, at);
	} else if (set_table(c, ref, t, v) == 0) {
		md_ev2(c->cx, MD_EV_TABLE_FOUND, MD_S(t->api_name), MD_S(t->database->id));
	}
}

/* A reference without a name (its join is broken) might be any name: it answers for those that
 * no other has. */
int64_t md_check_ref_in(const struct md_check *c, struct md_str name, uint32_t first, uint32_t n)
{
	int64_t nameless = -1;
	for (uint32_t i = first; i < n; i++) {
		if (md_str_eq(c->refs[i].as, name))
			return i;
		if (!c->refs[i].as.p)
			nameless = i;
	}
	return nameless;
}

struct md_str md_check_ref_near_in(const struct md_check *c, struct md_str name, uint32_t first, uint32_t n)
{
	struct md_str names[64];
	uint32_t known = 0;
	for (uint32_t i = first; i < n && known < 64; i++)
		if (c->refs[i].table)
			names[known++] = c->refs[i].as;
	return md_str_nearest(name, names, known);
}

int64_t md_check_ref(const struct md_check *c, struct md_str name)
{
	return md_check_ref_in(c, name, 0, md_bound_row_refs(c->bound));
}

struct md_str md_check_ref_near(const struct md_check *c, struct md_str name)
{
	return md_check_ref_near_in(c, name, 0, md_bound_row_refs(c->bound));
}

static struct md_str find_near_column(struct md_check *c, const struct md_ref *r, struct md_str name)
{
	struct md_str *names = md_alloc(c->cx->arena, r->table->n_columns * sizeof *names);
	size_t n = 0;
	for (uint32_t i = 0; names && i < r->table->n_columns; i++)
		if (md_bit(r->view->visible, i))
			names[n++] = r->table->columns[i].api_name;
	return md_str_nearest(name, names, n);
}

static void report_unknown_column(struct md_check *c, uint32_t ref, struct md_str name,
                                  const struct md_column_use *use)
{
	const struct md_ref *r = &c->refs[ref];
	struct md_str hint = md_hint_for_column(c, ref, name, use);
	struct md_str near = md_suggestion_beside(hint, find_near_column(c, r, name));
	const struct md_details details = { .table = r->as,
		                            .column = name,
		                            .actual = name,
		                            .suggestion = near,
		                            .hint = hint,
		                            .expected = md_str_fmt(c->cx->arena, "a column of '%.*s'", MD_FMT(r->as)) };
	md_report(c->cx, use->unknown, use->at, &details, "unknown column '%.*s' in '%.*s'%s", MD_FMT(name),
	          MD_FMT(r->as), md_did_you_mean(c->cx->arena, near));
	md_ev2(c->cx, MD_EV_COLUMN_UNKNOWN, MD_S(name), MD_S(r->table->api_name));
}

static void report_denied_column(struct md_check *c, const struct md_ref *r, struct md_str name,
                                 const struct md_column_use *use)
{
	struct md_str label = c->cx->access->label;
	struct md_str expected = md_str_fmt(c->cx->arena, "a column granted to %.*s", MD_FMT(label));
	md_report(c->cx, MD_ACCESS_DENIED, use->at,
	          MD_DETAILS(.table = r->as, .column = name, .role = md_check_roles(c), .expected = expected,
	                     .actual = name),
	          "column '%.*s' of '%.*s' is not granted to %.*s", MD_FMT(name), MD_FMT(r->as), MD_FMT(label));
	md_ev2(c->cx, MD_EV_COLUMN_DENIED, MD_S(name), MD_S(label));
}

/* The word of policy.maskedColumns that would allow the use; *what: the use, in words. */
static const char *describe_masked_use(enum md_use_kind kind, const char **what)
{
	static const struct {
		const char *word, *what;
	} uses[] = { [MD_USE_FILTER] = { "filter", "filtered by" },
		     [MD_USE_IDS] = { "filter", "asked for by byIds" },
		     [MD_USE_ORDER] = { "sort", "ordered by" },
		     [MD_USE_GROUP] = { "group", "grouped by" },
		     [MD_USE_DISTINCT] = { "group", "compared for distinct" },
		     [MD_USE_AGGREGATE] = { "aggregate", "aggregated" } };
	*what = uses[kind].what;
	return uses[kind].word;
}

void md_report_masked(struct md_check *c, const struct md_ref *r, struct md_str column, const struct md_column_use *use)
{
	struct md_str label = c->cx->access->label;
	const char *what, *word = describe_masked_use(use->kind, &what);
	struct md_str expected = md_str_fmt(c->cx->arena, "a column that is clear for %.*s", MD_FMT(label));
	md_report(c->cx, MD_ACCESS_DENIED, use->at,
	          MD_DETAILS(.table = r->as, .column = column, .role = md_check_roles(c), .expected = expected,
	                     .actual = column),
	          "column '%.*s' of '%.*s' is masked for %.*s: it can be selected and counted, not %s "
	          "(policy.maskedColumns lacks %s)", MD_FMT(column), MD_FMT(r->as), MD_FMT(label), what, word);
	md_ev3(c->cx, MD_EV_COLUMN_MASKED, MD_S(column), MD_S(label), MD_Z(word));
}

/* Reports a column that does not exist (column NULL), or that the gate does not open. Returns
 * NULL. */
static const struct md_column *report_refused_column(struct md_check *c, uint32_t ref, struct md_str name,
                                                     const struct md_column_use *use,
                                                     const struct md_column *column)
{
	const struct md_ref *r = &c->refs[ref];
	bool is_denied = !column || md_gate_column(r->view, column, use->kind) == MD_GATE_DENIED;
	if (!column || (is_denied && c->cx->meta->policy.uniform_errors))
		report_unknown_column(c, ref, name, use);
	else if (is_denied)
		report_denied_column(c, r, name, use);
	else
		md_report_masked(c, r, name, use);
	return NULL;
}

const struct md_column *md_check_column(struct md_check *c, uint32_t ref, struct md_str name,
                                        const struct md_column_use *use, bool *first)
{
	const struct md_ref *r = &c->refs[ref];
	const struct md_ref_state *state = &c->states[ref];
	const struct md_column *col = md_column_find(r->table, name);
	if (!col || md_gate_column(r->view, col, use->kind) != MD_GATE_OPEN)
		return report_refused_column(c, ref, name, use, col);
	if (c->notes)
		md_note_use(c, (struct md_use){ ref, col }, use->kind);
	*first = !md_bit(state->used, col->index);
	md_mark(state->used, col->index);
	if (state->cells)
		md_mark(state->cells, col->index);
	if (*first && c->cx->trace)
		md_ev2(c->cx, col->indexed ? MD_EV_COLUMN_INDEXED : MD_EV_COLUMN_VALID, MD_S(col->api_name),
		       MD_TYPE(col->type));
	return col;
}
