/* A definition that is validated, for other values and for other roles. The values of its
 * parameters are read by the same functions as those of the first binding, into a copy of its
 * slots. For other roles each use of a column passes the gate again. Values that have a problem or
 * that need a statement of another shape, and roles that may not use the definition exactly as the
 * first ones do, are left to validation. */
#include "validation/private.h"

/* ---- noting ---- */

void md_note_operand(struct md_check *c, const struct md_operand *o, uint32_t slot)
{
	const struct md_parameters *p = c->notes->parameters;
	const struct md_json *value = o->value;
	uint32_t first = 0, n = 0;
	while (value && first < p->n_places && !md_json_contains(value, c->notes->changes[first].copy))
		first++;
	while (value && first + n < p->n_places && md_json_contains(value, c->notes->changes[first + n].copy))
		n++;
	struct md_noted_operand *noted = n ? md_push(c->cx->arena, &c->notes->operands) : NULL;
	if (noted)
		*noted = (struct md_noted_operand){ *o, slot, first, n };
}

void md_note_count(struct md_check *c, const struct md_json *value, uint32_t slot)
{
	const struct md_parameters *p = c->notes->parameters;
	uint32_t place = 0;
	while (place < p->n_places && c->notes->changes[place].copy != value)
		place++;
	struct md_noted_count *noted = place < p->n_places ? md_push(c->cx->arena, &c->notes->counts) : NULL;
	if (noted)
		*noted = (struct md_noted_count){ place, slot };
}

void md_note_use(struct md_check *c, struct md_use use, enum md_use_kind kind)
{
	struct md_noted_use *noted = md_push(c->cx->arena, &c->notes->uses);
	if (noted)
		*noted = (struct md_noted_use){ use, kind };
}

/* ---- reading ---- */

struct again {
	struct md_check check;
	const struct md_notes *notes;
	const struct md_json *const *given;
};

static const struct md_json *given_at(const struct again *a, uint32_t place)
{
	return a->given[a->notes->parameters->places[place].parameter];
}

/* A value of the first filled definition, with the new values at the places of its parameters.
 * NULL: out of memory. */
static const struct md_json *fill_again(const struct again *a, const struct md_json *v, uint32_t first, uint32_t n)
{
	struct md_arena *arena = a->check.cx->arena;
	if (n == 1 && a->notes->changes[first].copy == v)
		return given_at(a, first);
	struct md_json_change *changes = md_alloc(arena, n * sizeof *changes);
	if (!changes)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		changes[i] = (struct md_json_change){ .from = a->notes->changes[first + i].copy,
			                              .to = given_at(a, first + i) };
	return md_json_replace(arena, v, changes, n);
}

static bool reads_without_problem(const struct again *a)
{
	return a->check.cx->err->problems.n == 0 && a->check.cx->err->code == MD_OK && !a->check.cx->arena->oom;
}

static bool read_operand(struct again *a, const struct md_noted_operand *noted)
{
	struct md_operand operand = noted->operand;
	const struct md_json *before = operand.value;
	operand.value = fill_again(a, before, noted->first, noted->n);
	/* an object or array in place of another type may exceed limits.jsonDepth */
	if (!operand.value || (md_json_type(operand.value) >= MD_JSON_ARRAY &&
	                       md_json_type(operand.value) != md_json_type(before)))
		return false;
	a->check.n_operands = noted->slot;
	md_check_operand(&a->check, &operand);
	return reads_without_problem(a);
}

static bool read_whole_number(const struct md_json *v, uint64_t least, int64_t *out)
{
	uint64_t n;
	if (!md_json_uint(v, &n) || n > INT64_MAX || n < least)
		return false;
	*out = (int64_t)n;
	return true;
}

static bool is_same_number(const struct md_json *v, int64_t before)
{
	int64_t n;
	return read_whole_number(v, 0, &n) && n == before;
}

/* Counts of 0 and 1 change how an exists condition is written. */
static bool read_noted_count(struct again *a, const struct md_noted_count *noted)
{
	int64_t n, before = a->check.counts[noted->slot];
	if (!read_whole_number(given_at(a, noted->place), 0, &n) || (n != before && (n < 2 || before < 2)))
		return false;
	a->check.counts[noted->slot] = n;
	return true;
}

/* ---- byIds ---- */

static bool are_ids_a_parameter(const struct again *a)
{
	const struct md_parameters *p = a->notes->parameters;
	for (uint32_t i = 0; i < p->n_places; i++)
		if (md_str_eqz(p->places[i].pointer, "/byIds"))
			return true;
	return false;
}

static const struct md_json *given_ids(const struct again *a)
{
	for (uint32_t i = 0;; i++)
		if (a->notes->parameters->places[i].use == MD_PARAMETER_OF_IDS)
			return given_at(a, i);
}

/* byIds as a whole is one parameter. NULL: the keys cannot be read, or out of memory. */
static const struct md_id *list_given_ids(const struct again *a, uint32_t *count)
{
	const struct md_json *list = given_ids(a);
	size_t n = md_json_size(list);
	struct md_json_iter it;
	if (md_json_type(list) != MD_JSON_ARRAY || n == 0 || n > (uint64_t)a->check.cx->meta->limits.ids)
		return NULL;
	struct md_id *ids = md_new_n(a->check.cx->arena, struct md_id, n);
	md_json_iter(&it, list);
	for (size_t i = 0; ids && i < n; i++)
		ids[i].value = md_json_next(&it, NULL);
	*count = (uint32_t)n;
	return ids;
}

/* Parameters are keys, or members of keys. NULL: out of memory. */
static const struct md_id *fill_ids(const struct again *a, uint32_t *count)
{
	const struct md_parameters *p = a->notes->parameters;
	const struct md_query *q = a->notes->query;
	struct md_id *ids = md_alloc(a->check.cx->arena, q->n_ids * sizeof *ids);
	uint32_t place = 0;
	while (place < p->n_places && p->places[place].use != MD_PARAMETER_OF_IDS)
		place++;
	for (uint32_t i = 0; ids && i < q->n_ids; i++) {
		uint32_t first = place;
		ids[i] = q->ids[i];
		while (place < p->n_places && md_json_contains(ids[i].value, a->notes->changes[place].copy))
			place++;
		if (place > first && !(ids[i].value = fill_again(a, ids[i].value, first, place - first)))
			return NULL;
	}
	*count = q->n_ids;
	return ids;
}

/* Keys of several columns are written one by one, so that the SQL text depends on their number. */
static bool read_ids(struct again *a)
{
	const struct md_table *t = a->notes->bound->refs[0].table;
	uint32_t n;
	const struct md_id *ids = are_ids_a_parameter(a) ? list_given_ids(a, &n) : fill_ids(a, &n);
	if (!ids)
		return false;
	md_read_ids(&a->check, t, ids, n);
	return reads_without_problem(a) && (t->n_key == 1 || a->check.values->n_ids == a->notes->values->n_ids);
}

/* ---- all ---- */

static bool read_plain_value(struct again *a, uint32_t place, struct md_values *v)
{
	const struct md_json *given = given_at(a, place);
	switch (a->notes->parameters->places[place].use) {
	case MD_PARAMETER_OF_LIMIT: return is_same_number(given, v->limit);
	case MD_PARAMETER_OF_OFFSET: return is_same_number(given, v->offset);
	case MD_PARAMETER_OF_FIRST: return is_same_number(given, v->page_first);
	case MD_PARAMETER_OF_LAG: return is_same_number(given, v->max_lag_ms);
	case MD_PARAMETER_OF_TIMEOUT: return read_whole_number(given, 1, &v->timeout_ms);
	case MD_PARAMETER_OF_AFTER: return md_json_string(given, &v->page_after) && v->page_after.n;
	default: return true;
	}
}

static bool read_all(struct again *a, struct md_values *v)
{
	const struct md_notes *notes = a->notes;
	bool has_ids = false;
	for (uint32_t i = 0; i < notes->parameters->n_places; i++) {
		has_ids |= notes->parameters->places[i].use == MD_PARAMETER_OF_IDS;
		if (!read_plain_value(a, i, v))
			return false;
	}
	for (uint32_t i = 0; i < notes->operands.n; i++)
		if (!read_operand(a, &notes->operands.v[i]))
			return false;
	for (uint32_t i = 0; i < notes->counts.n; i++)
		if (!read_noted_count(a, &notes->counts.v[i]))
			return false;
	return !has_ids || read_ids(a);
}

int md_values_again(struct md_ctx *cx, const struct md_notes *notes, const struct md_json *const *given,
                    const struct md_values **out)
{
	struct again a = { .check = { .cx = cx, .q = notes->query }, .notes = notes, .given = given };
	size_t operands = notes->n_operands * sizeof *a.check.operands;
	size_t counts = notes->n_counts * sizeof *a.check.counts;
	struct md_values *v = md_alloc(cx->arena, sizeof *v + operands + counts);
	if (!v)
		return md_out_of_memory(cx);
	a.check.values = v;
	a.check.operands = (struct md_value *)(void *)(v + 1);
	a.check.counts = (int64_t *)(void *)(a.check.operands + notes->n_operands);
	*v = *notes->values;
	for (uint32_t i = 0; i < notes->n_operands; i++)
		a.check.operands[i] = v->operands[i];
	for (uint32_t i = 0; i < notes->n_counts; i++)
		a.check.counts[i] = v->counts[i];
	v->operands = a.check.operands;
	v->counts = a.check.counts;
	*out = read_all(&a, v) ? v : NULL;
	return md_check_memory(cx);
}

/* ---- other roles ---- */

/* The cells that the uses of a reference read. NULL: out of memory. */
static const uint64_t *mark_cells(struct md_ctx *cx, const struct md_notes *notes, uint32_t ref)
{
	uint64_t *cells = md_new_n(cx->arena, uint64_t, md_words(notes->bound->refs[ref].table->n_columns));
	for (uint32_t i = 0; cells && i < notes->uses.n; i++)
		if (notes->uses.v[i].use.ref == ref)
			md_mark(cells, notes->uses.v[i].use.column->index);
	return cells;
}

/* Gives the references the views of the roles in effect. 1: done; 0: a table is not granted; -1:
 * out of memory. */
static int view_refs(struct md_ctx *cx, const struct md_notes *notes, struct md_ref *refs)
{
	for (uint32_t i = 0; i < notes->bound->n_refs; i++) {
		refs[i] = notes->bound->refs[i];
		refs[i].view = md_access_view(cx, refs[i].table);
		if (!refs[i].view)
			return -1;
		if (!refs[i].view->granted)
			return 0;
		refs[i].cells = refs[i].view->by_rule ? mark_cells(cx, notes, i) : NULL;
	}
	return cx->arena->oom ? -1 : 1;
}

static bool may_use_again(const struct md_notes *notes, const struct md_ref *refs)
{
	for (uint32_t i = 0; i < notes->uses.n; i++) {
		const struct md_noted_use *u = &notes->uses.v[i];
		if (md_gate_column(refs[u->use.ref].view, u->use.column, u->kind) != MD_GATE_OPEN)
			return false;
	}
	return true;
}

int md_bound_again(struct md_ctx *cx, const struct md_notes *notes, const struct md_bound **out)
{
	struct {
		struct md_bound bound;
		struct md_ref refs[];
	} *again;
	*out = NULL;
	if (notes->depends_on_view)
		return 0;
	again = md_alloc(cx->arena, sizeof *again + notes->bound->n_refs * sizeof again->refs[0]);
	int rc = again ? view_refs(cx, notes, again->refs) : -1;
	if (rc < 0)
		return md_out_of_memory(cx);
	if (rc == 0 || !may_use_again(notes, again->refs))
		return 0;
	again->bound = *notes->bound;
	again->bound.refs = again->refs;
	*out = &again->bound;
	return 0;
}
