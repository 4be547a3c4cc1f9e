/* Name resolution, the concept's fourth phase: a plan's query as a physical tree. Accepts a plan of md_plan, of a validated query. Promises: no API name
 * gets into the tree but the result's keys; every table stands there with its guard and its row predicate: that of from in WHERE, that of a joined table in ON. */
#include "resolve/private.h"

#include "base/sqlite_names.h"
#include "trace/trace.h"

/* ---- tables ---- */

static const struct md_name *name_of(const struct md_resolving *r, uint32_t ref)
{
	const struct md_source *s = &r->plan->sources[ref];
	return s->sync ? &s->sync->name : &r->query->refs[ref].table->name;
}

static void parts_of(const struct md_resolving *r, uint32_t ref, struct md_str parts[3], uint32_t *count)
{
	const struct md_name *n = name_of(r, ref);
	const struct md_database *db = r->plan->sources[ref].database;
	uint32_t i = 0;
	if (r->plan->embedded) {
		parts[i++] = md_sqlite_schema(db->id);
	} else if (r->plan->through_trino) {
		parts[i++] = db->trino_catalog;
		parts[i++] = n->n > 1 ? n->parts[n->n - 2] : md_engines[db->engine].default_schema;
	} else {
		parts[i++] = md_engines[db->engine].default_schema;
	}
	parts[i++] = n->parts[n->n - 1];
	*count = i;
}

/* A name that is written as it stands in the metadata is not copied. */
static int table_name(struct md_resolving *r, uint32_t ref, struct md_ptable *t)
{
	const struct md_name *n = name_of(r, ref);
	t->name = n->parts;
	t->n_name = n->n;
	if (!r->plan->embedded && !r->plan->through_trino && (!r->facts->names_schema || n->n > 1))
		return 0;
	struct md_str *parts = md_alloc(r->arena, 3 * sizeof *parts);
	if (!parts)
		return -1;
	parts_of(r, ref, parts, &t->n_name);
	t->name = parts;
	return 0;
}

static struct md_str joined_by(const struct md_resolving *r, uint32_t ref)
{
	const struct md_ref *it = &r->query->refs[ref];
	return md_physical_raw(r, ref, it->from_side ? it->relation->from_columns[0] : it->relation->to_columns[0]).name;
}

static int tables(struct md_resolving *r, struct md_tree *out)
{
	uint32_t n = r->query->n_refs, n_from = md_query_row_refs(r->query);
	struct md_ptable *all = md_alloc(r->arena, n * sizeof *all);
	if (!all)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		all[i] = (struct md_ptable){ .guard = md_guarded_at(r->plan->guarded, i), .left = r->query->refs[i].left };
		if (table_name(r, i, &all[i]))
			return -1;
		if (!i || i >= n_from)
			continue;
		if (!md_on(r, i, &all[i].on))
			return -1;
		all[i].joined_by = joined_by(r, i);
		out->has_left |= all[i].left;
	}
	out->tables = all;
	out->n_tables = n;
	out->n_from = n_from;
	return 0;
}

/* ---- the rest ---- */

static bool fixes(const struct md_filters *f, const struct md_column *c)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->v[i]->kind == MD_FILTER_VALUE && f->v[i]->op->id == MD_OP_EQ && f->v[i]->use.ref == 0 && f->v[i]->use.column == c)
			return true;
	return false;
}

/* A select by key: the filters give every key column one value. */
static bool one_row(const struct md_query *q)
{
	const struct md_table *t = q->refs[0].table;
	uint32_t k = 0;
	while (k < t->n_key && fixes(&q->filters, t->key[k]))
		k++;
	return k && k == t->n_key && !q->n_joins;
}

static int64_t row_bound(const struct md_resolving *r)
{
	const struct md_query *q = r->query;
	if (q->mode == MD_COUNT || (q->aggs_given && !q->groups_given) || one_row(q))
		return 1;
	if (q->page_given)
		return q->page_first + 1;
	if (!q->ids_given || q->n_joins)
		return q->limit;
	int64_t ids = r->only ? r->only->n : q->n_ids;
	return q->limit < 0 || ids < q->limit ? ids : q->limit;
}

static void log_ref(struct md_ctx *cx, const struct md_resolving *r, uint32_t ref)
{
	const struct md_table *t = r->query->refs[ref].table;
	const struct md_sync *s = r->plan->sources[ref].sync;
	const uint64_t *needed = md_guarded_needed(md_guarded_at(r->plan->guarded, ref));
	const struct md_name *place = name_of(r, ref);
	for (uint32_t w = 0; w < md_words(t->n_columns); w++)
		for (uint64_t left = needed[w]; left;) {
			uint32_t i = md_take_bit(&left, w);
			const struct md_column *c = &t->columns[i];
			md_ev4(cx, MD_EV_NAME, MD_S(t->api_name), MD_S(c->api_name), MD_S(place->whole), MD_S(s ? s->physical_columns[i] : c->physical_name));
		}
}

int md_resolve(struct md_ctx *cx, const struct md_plan *p, const struct md_ids *only, struct md_tree *out, struct md_shape *shape)
{
	const struct md_query *q = md_guarded_query(p->guarded);
	struct md_resolving r = { .cx = cx, .arena = cx->arena, .plan = p, .facts = md_dialect_facts_of(p->dialect), .query = q, .only = only, .shape = shape };
	*shape = (struct md_shape){ .count = q->mode == MD_COUNT };
	*out = (struct md_tree){ .dialect = p->dialect, .count = q->mode == MD_COUNT, .limit = -1, .offset = -1 };
	if (tables(&r, out) || !md_where(&r, &out->where))
		return -1;
	out->row_bound = row_bound(&r);
	if (!out->count) {
		out->limit = q->limit;
		out->offset = q->offset;
		out->distinct = q->distinct;
		if (md_query_groups(q) ? md_aggregate(&r, out) : md_select(&r, out) || md_order_by(&r, out))
			return -1;
		if (q->page_given && md_page(&r, out))
			return -1;
	}
	shape->outputs = out->outputs;
	shape->n_outputs = out->n_select;
	if (r.no_rule)
		return md_fail(cx, MD_INTERNAL, "a column whose cells are not simply its values came without a rule for them");
	for (uint32_t i = 0; i < q->n_refs; i++)
		log_ref(cx, &r, i);
	return 0;
}
