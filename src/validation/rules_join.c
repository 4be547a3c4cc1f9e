/* Joins: along a declared relation, in either direction (relation.c). Every table of the row has
 * a name of its own. */
#include "validation/private.h"

static void bind_join_relation(struct md_check *c, const struct md_join *j, uint32_t ref)
{
	struct md_link link = { .code = MD_INVALID_JOIN,
		                .what = "join",
		                .at = &j->at,
		                .table = j->table,
		                .as = j->as,
		                .via = j->via,
		                .parent = j->parent,
		                .reverse = j->reverse,
		                .reverse_given = j->reverse_given,
		                .ref = ref,
		                .default_parent = -1,
		                .parents = ref,
		                .candidates = "the tables before it",
		                .no_parent = "neither from nor an earlier join",
		                .expected = MD_STR("from, or the name of an earlier join") };
	const struct md_ref *r = &c->refs[ref];
	if (md_check_link(c, &link))
		md_ev4(c->cx, MD_EV_JOIN_RESOLVED, MD_S(r->as), MD_S(c->refs[r->parent].as),
		       MD_S(j->via.p ? j->via : r->relation->names[0]), MD_Z(j->inner ? "inner" : "left"));
}

/* One name, one table: `as` is needed where a table occurs twice. */
static bool is_name_taken(struct md_check *c, const struct md_join *j, uint32_t ref)
{
	for (uint32_t i = 0; i < ref; i++) {
		if (!md_str_eq(c->refs[i].as, c->refs[ref].as))
			continue;
		static const char expected[] = "an `as` that nothing else in the query is called";
		struct md_str name = c->refs[ref].as;
		const struct md_details details = { .table = j->table, .alias = j->as, .actual = name,
			                            .expected = MD_STR(expected) };
		if (j->as.p)
			md_report(c->cx, MD_INVALID_JOIN, MD_AT_KEY(&j->at, MD_STR("as")), &details,
			          "the name '%.*s' is taken: expected another", MD_FMT(name));
		else
			md_report(c->cx, MD_INVALID_JOIN, &j->at, &details,
			          "table '%.*s' occurs twice: expected an `as`", MD_FMT(name));
		return true;
	}
	return false;
}

static void check_join(struct md_check *c, const struct md_join *j, uint32_t ref)
{
	struct md_ref *r = &c->refs[ref];
	r->kind = MD_REF_JOIN;
	r->as = j->as.p ? j->as : j->table;
	r->left = !j->inner;
	r->all_columns = !j->columns_given;
	if (j->broken || is_name_taken(c, j, ref))
		return;
	md_check_table(c, ref, j->table, MD_AT_KEY(&j->at, MD_STR("table")));
	if (r->table)
		bind_join_relation(c, j, ref);
}

void md_check_joins(struct md_check *c)
{
	for (uint32_t i = 0; i < c->q->n_joins; i++)
		check_join(c, &c->q->joins[i], i + 1);
}

static void mark_all(uint64_t *used, const struct md_column *const *columns, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		md_mark(used, columns[i]->index);
}

void md_check_relation_columns(struct md_check *c, uint32_t ref)
{
	const struct md_ref *r = &c->refs[ref];
	uint64_t *own = c->states[ref].used, *parents = c->states[r->parent].used;
	mark_all(own, md_ref_key(r), r->relation->n);
	mark_all(parents, md_ref_parent_key(r), r->relation->n);
}

void md_check_join_columns(struct md_check *c)
{
	for (uint32_t i = 1; i < md_bound_row_refs(c->bound); i++)
		if (c->refs[i].relation)
			md_check_relation_columns(c, i);
}
