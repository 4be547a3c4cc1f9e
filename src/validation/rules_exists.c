/* Exists nodes: a table that hangs on another along a declared relation (relation.c), guarded
 * and planned like any other, with filters of its own. Its parent is the table of the exists
 * around it; in a join's filters the joined table unless another is named; at the top as for
 * joins. Its filters name its own table only. Recursion is bounded by limits.existsDepth. */
#include "validation/private.h"

static struct md_str describe_exists(const struct md_exists *e)
{
	if (e->counted)
		return MD_STR("counted");
	return e->absent ? MD_STR("absent") : MD_STR("present");
}

static void bind_exists_relation(struct md_check *c, const struct md_filter *f, uint32_t ref,
                                 const struct md_filter_scope *s)
{
	const struct md_exists *e = f->exists;
	const struct md_ref *r = &c->refs[ref];
	struct md_link link = { .code = MD_INVALID_EXISTS,
		                .what = "exists",
		                .at = &f->at,
		                .table = f->table,
		                .via = e->via,
		                .parent = e->parent,
		                .reverse = e->reverse,
		                .reverse_given = e->reverse_given,
		                .ref = ref,
		                .default_parent = s->in == MD_IN_ROW ? -1 : (int64_t)s->ref,
		                .first = s->first,
		                .parents = s->refs,
		                .candidates = "the tables of the query",
		                .no_parent = "neither from nor a join whose rows it can test",
		                .expected = MD_STR("from, or the name of a join") };
	if (s->in == MD_IN_EXISTS) {
		link.no_parent = "not the table of the exists around it";
		link.expected = c->refs[s->ref].as;
	}
	if (!md_check_link(c, &link))
		return;
	md_check_relation_columns(c, ref);
	md_ev4(c->cx, MD_EV_EXISTS_RESOLVED, MD_S(r->as), MD_S(c->refs[r->parent].as),
	       MD_S(link.via.p ? link.via : r->relation->names[0]), MD_S(describe_exists(e)));
}

static uint32_t take_count(struct md_check *c, const struct md_exists *e)
{
	if (c->notes)
		md_note_count(c, e->count_value, c->n_counts);
	c->counts[c->n_counts] = e->count;
	return c->n_counts++;
}

/* A broken node's table is not looked for; its filters are still read for what is wrong by
 * itself. */
void md_bind_exists(struct md_check *c, const struct md_filter *f, const struct md_filter_scope *s,
                    struct md_bound_filter *out)
{
	const struct md_exists *e = f->exists;
	uint32_t ref = c->next_exists++;
	struct md_ref *r = &c->refs[ref];
	struct md_filter_scope inner = { .ref = ref, .first = ref, .refs = ref + 1, .in = MD_IN_EXISTS };
	r->kind = MD_REF_EXISTS;
	r->as = f->table;
	if (!f->broken)
		md_check_table(c, ref, f->table, MD_AT_KEY(&f->at, MD_STR("table")));
	if (r->table)
		bind_exists_relation(c, f, ref, s);
	out->ref = ref;
	out->absent = e->absent;
	out->counted = e->counted;
	if (e->counted) {
		out->count_op = e->count_op;
		out->slot = take_count(c, e);
	}
	out->parts = md_bind_filters(c, f->parts, &inner);
}
