/* How each exists condition of a plan finds its related rows: the engine looks them up for each
 * parent row, or it lists the keys of all of them once. Accepts a plan with its dialect and its
 * sources; dialects that write one form alone keep it. Promises: the choice depends on the metadata
 * and the definition alone, not on values and roles; keys are listed only where the list compares
 * them as the look-up does (docs/adr/0023-exists-and-semi-joins.md).
 *
 * Looking up costs one search for each parent, a list one reading of the related table. So rows are
 * looked up for few parents where an index serves the search, and listed otherwise. */
#include "planner/private.h"

struct related_choice {
	const struct md_judge *j;
	const struct md_dialect_facts *facts;
	struct md_source *sources;
	uint32_t left; /* exists conditions without a choice so far */
};

/* What is known about the place of a condition. */
struct condition_place {
	enum { PARENTS_OF_QUERY, FEW_PARENTS, MANY_PARENTS } parents;
	bool is_conjunct; /* a member of the AND of a WHERE: the engine can join the related rows */
};

static void choose_in(struct related_choice *c, struct md_bound_filters filters, struct condition_place at);

/* ---- how many parents ask ---- */

static bool has_index(const struct md_table *t, const struct md_column *c)
{
	return c->indexed || (t->n_key && t->key[0] == c);
}

static bool selects_few(const struct related_choice *c, const struct md_bound_filter *f)
{
	bool names_values = f->kind == MD_FILTER_VALUE && (f->op->id == MD_OP_EQ || f->op->id == MD_OP_IN);
	return names_values && has_index(c->j->bound->refs[f->use.ref].table, f->use.column);
}

/* Does a member of the AND name values of an indexed column? */
static bool any_selects_few(const struct related_choice *c, struct md_bound_filters filters)
{
	for (uint32_t i = 0; i < filters.n; i++) {
		const struct md_bound_filter *f = &filters.v[i];
		bool is_and = f->kind == MD_FILTER_GROUP && !f->any && !f->negated;
		if (selects_few(c, f) || (is_and && any_selects_few(c, f->parts)))
			return true;
	}
	return false;
}

static bool query_has_few_rows(const struct related_choice *c)
{
	const struct md_bound *b = c->j->bound;
	bool has_few = b->has_ids || any_selects_few(c, b->filters);
	for (uint32_t i = 1; !has_few && i <= b->n_joins; i++)
		has_few = any_selects_few(c, b->refs[i].filters) ||
		          (!b->refs[i].left && any_selects_few(c, b->refs[i].on));
	return has_few;
}

static bool has_few_parents(const struct related_choice *c, struct condition_place at)
{
	return at.parents == PARENTS_OF_QUERY ? query_has_few_rows(c) : at.parents == FEW_PARENTS;
}

/* ---- what the keys allow ---- */

static bool is_key_indexed(const struct md_ref *r)
{
	for (uint32_t i = 0; i < r->relation->n; i++)
		if (has_index(r->table, md_ref_key(r)[i]))
			return true;
	return false;
}

/* A list of such keys would hold each row of the table. */
static bool is_key_unique(const struct md_ref *r)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < r->table->n_key; i++)
		for (uint32_t k = 0; k < r->relation->n; k++)
			n += md_ref_key(r)[k] == r->table->key[i];
	return n && n == r->table->n_key;
}

static uint8_t form_in(const struct related_choice *c, uint32_t ref, const struct md_column *column)
{
	const struct md_source *s = &c->sources[ref];
	struct md_column_forms forms = md_column_forms_of(c->facts, s->database->engine, s->database->collation_c);
	return md_form_of_column(&forms, column->type, md_real_type_in(column, s->sync));
}

static bool are_of_one_kind(struct md_type a, struct md_type b)
{
	bool are_whole = (a.base == MD_INT || a.base == MD_BIGINT) && (b.base == MD_INT || b.base == MD_BIGINT);
	return a.array == b.array && (a.base == b.base || are_whole);
}

static bool can_list_keys(const struct related_choice *c, uint32_t ref)
{
	const struct md_ref *r = &c->j->bound->refs[ref];
	for (uint32_t i = 0; i < r->relation->n; i++) {
		const struct md_column *child = md_ref_key(r)[i], *parent = md_ref_parent_key(r)[i];
		if (!are_of_one_kind(child->type, parent->type) ||
		    !md_sql_lists_keys(c->facts, (enum md_base_type)child->type.base, form_in(c, r->parent, parent),
		                       form_in(c, ref, child)))
			return false;
	}
	return true;
}

/* ---- the choice ---- */

static enum md_related_form choose_form(const struct related_choice *c, const struct md_bound_filter *f,
                                        struct condition_place at)
{
	const struct md_ref *r = &c->j->bound->refs[f->ref];
	if (c->facts->joins_related && !f->counted && (at.is_conjunct || is_key_unique(r)))
		return MD_RELATED_JOINED;
	bool is_indexed = is_key_indexed(r), has_few = has_few_parents(c, at);
	if (has_few && is_indexed)
		return MD_RELATED_PROBED_BY_FEW;
	if (can_list_keys(c, f->ref))
		return has_few ? MD_RELATED_LISTED_UNINDEXED : MD_RELATED_LISTED_FOR_MANY;
	return is_indexed ? MD_RELATED_PROBED : MD_RELATED_PROBED_UNINDEXED;
}

/* Are few rows of an exists condition read, those that an index finds for few parents or those that
 * its own filters select? */
static bool reads_few(const struct related_choice *c, const struct md_bound_filter *f, struct condition_place at)
{
	return any_selects_few(c, f->parts) ||
	       (is_key_indexed(&c->j->bound->refs[f->ref]) && has_few_parents(c, at));
}

static void choose_for(struct related_choice *c, const struct md_bound_filter *f, struct condition_place at)
{
	c->sources[f->ref].related = choose_form(c, f, at);
	if (!--c->left)
		return;
	choose_in(c, f->parts, (struct condition_place){ .parents = reads_few(c, f, at) ? FEW_PARENTS : MANY_PARENTS,
	                                                 .is_conjunct = true });
}

static struct condition_place place_in_group(const struct md_bound_filter *group, struct condition_place at)
{
	at.is_conjunct &= !group->negated && (!group->any || group->parts.n == 1);
	return at;
}

/* As deep as the definition's JSON, which limits.jsonDepth bounds. */
static void choose_in(struct related_choice *c, struct md_bound_filters filters, struct condition_place at)
{
	for (uint32_t i = 0; i < filters.n && c->left; i++) {
		const struct md_bound_filter *f = &filters.v[i];
		if (f->kind == MD_FILTER_EXISTS)
			choose_for(c, f, at);
		else if (f->kind == MD_FILTER_GROUP)
			choose_in(c, f->parts, place_in_group(f, at));
	}
}

void md_choose_related(const struct md_judge *j, const struct md_plan *p, struct md_source *sources)
{
	const struct md_bound *b = j->bound;
	struct related_choice c = { j, md_dialect_facts_of(p->dialect), sources, b->n_exists };
	if (!b->n_exists || !c.facts->chooses_related)
		return;

	const struct condition_place where = { .parents = PARENTS_OF_QUERY, .is_conjunct = true };
	const struct condition_place on = { .parents = PARENTS_OF_QUERY };
	choose_in(&c, b->filters, where);
	for (uint32_t i = 1; i <= b->n_joins; i++) {
		choose_in(&c, b->refs[i].filters, where);
		choose_in(&c, b->refs[i].on, on);
	}
}
