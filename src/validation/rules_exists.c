/* Exists nodes: a table that hangs on another along a declared relation (relation.c), guarded and planned like any other, with filters of its own. Its
 * parent is the table of the exists around it; in a join's filters the joined table unless another is named; at the top as for joins. Its
 * filters name its own table only. Recursion is bounded by limits.existsDepth. */
#include "validation/check.h"

static struct md_str words(const struct md_exists *e)
{
	return e->counted ? MD_STR("counted") : e->absent ? MD_STR("absent") : MD_STR("present");
}

static void check_relation(struct md_check *c, const struct md_filter *f, uint32_t ref, const struct md_filter_scope *s)
{
	const struct md_exists *e = f->exists;
	const struct md_ref *r = &c->q->refs[ref];
	struct md_way w = { .code = MD_INVALID_EXISTS, .what = "exists", .at = &f->at, .table = f->table, .via = e->via, .parent = e->parent,
		            .reverse = e->reverse, .reverse_given = e->reverse_given, .ref = ref,
		            .home = s->in == MD_IN_ROW ? -1 : (int64_t)s->ref, .first = s->first, .parents = s->refs,
		            .candidates = "the tables of the query", .no_parent = "neither from nor a join that it can hang on",
		            .expected = MD_STR("from, or the name of a join") };
	if (s->in == MD_IN_EXISTS) {
		w.no_parent = "not the table of the exists around it";
		w.expected = c->q->refs[s->ref].as;
	}
	if (!md_check_way(c, &w))
		return;
	md_check_relation_columns(c, r);
	md_ev4(c->cx, MD_EV_EXISTS_RESOLVED, MD_S(r->as), MD_S(c->q->refs[r->parent].as), MD_S(w.via.p ? w.via : r->relation->names[0]), MD_S(words(e)));
}

/* A broken node's table is not looked for; its filters are still read for what is wrong by itself. */
void md_check_exists(struct md_check *c, struct md_filter *f, const struct md_filter_scope *s)
{
	struct md_exists *e = f->exists;
	uint32_t ref = c->next_exists++;
	struct md_ref *r = &c->q->refs[ref];
	struct md_filter_scope inner = { .ref = ref, .first = ref, .refs = ref + 1, .in = MD_IN_EXISTS };
	r->as = f->table;
	r->exists = e;
	if (!f->broken)
		md_check_table(c, r, f->table, MD_AT_KEY(&f->at, MD_STR("table")));
	if (r->table) {
		e->ref = ref;
		check_relation(c, f, ref, s);
	}
	md_check_filter_list(c, f->parts, f->n_parts, &inner);
}
