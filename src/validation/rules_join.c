/* Concept rule 6: a join goes along a declared relation, in either direction. Its parent is the one named, otherwise `from` if that fits,
 * otherwise the one earlier join that fits; its relation the one named, otherwise the one that fits. Several that fit are refused with
 * their list. A join whose parent is broken is not reported again. */
#include "validation/check.h"

struct fit {
	uint32_t parent;
	const struct md_relation *relation;
	bool from_side; /* the joined table holds the foreign key */
};

enum { LISTED = 8 };

struct fits {
	struct fit v[LISTED];
	uint32_t n;     /* all, also beyond those kept */
	bool unsure;    /* a possible parent is broken */
};

static bool named(const struct md_relation *rel, struct md_str name)
{
	return md_str_eq(rel->names[0], name) || (rel->names[1].n && md_str_eq(rel->names[1], name));
}

/* In which direction does the relation lead from parent to t? A self relation goes from the foreign key to the key, reversed the other
 * way; between two tables `reverse` asks for the way from key to foreign key. */
static bool leads(const struct md_relation *rel, const struct md_table *parent, const struct md_table *t, bool reverse, bool *from_side)
{
	if (rel->from == rel->to) {
		*from_side = reverse;
		return rel->from == t && parent == t;
	}
	*from_side = rel->from == t;
	return (rel->from == t && rel->to == parent) || (rel->to == t && rel->from == parent && !reverse);
}

static bool visible(const struct md_ref *r, const struct md_column *const *columns, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (md_gate_column(r->view, columns[i], MD_USE_RELATION) == MD_GATE_DENIED)
			return false;
	return true;
}

/* policy.relations "visible-keys": both sides' columns must be visible. */
static bool may_follow(struct md_check *c, const struct md_ref *r, const struct md_ref *parent, const struct fit *f)
{
	const struct md_relation *rel = f->relation;
	if (!c->cx->meta->policy.visible_keys)
		return true;
	return visible(f->from_side ? r : parent, rel->from_columns, rel->n) && visible(f->from_side ? parent : r, rel->to_columns, rel->n);
}

static void add(struct md_check *c, struct fits *fits, const struct md_ref *r, struct fit f)
{
	if (c->cx->meta->policy.uniform_errors && !may_follow(c, r, &c->q->refs[f.parent], &f))
		return; /* as if it did not exist */
	if (fits->n < LISTED)
		fits->v[fits->n] = f;
	fits->n++;
}

/* Of the two tables' relations the shorter list is searched: a hub's thousand relations cost nothing. */
static void find_fits(struct md_check *c, const struct md_join *j, uint32_t ref, uint32_t parent, struct md_str via, struct fits *fits)
{
	const struct md_table *t = c->q->refs[ref].table, *p = c->q->refs[parent].table;
	if (!p) {
		fits->unsure = true;
		return;
	}
	const struct md_table *fewer = t->n_relations < p->n_relations ? t : p;
	for (uint32_t i = 0; i < fewer->n_relations; i++) {
		struct fit f = { parent, fewer->relations[i], false };
		if ((!via.p || named(f.relation, via)) && leads(f.relation, p, t, j->reverse, &f.from_side))
			add(c, fits, &c->q->refs[ref], f);
	}
}

static void find_all(struct md_check *c, const struct md_join *j, uint32_t ref, int64_t parent, struct md_str via, struct fits *fits)
{
	if (parent >= 0) {
		find_fits(c, j, ref, (uint32_t)parent, via, fits);
		return;
	}
	find_fits(c, j, ref, 0, via, fits);
	if (fits->n)
		return;
	for (uint32_t p = 1; p < ref; p++)
		find_fits(c, j, ref, p, via, fits);
}

static void set_fields(struct md_problem *p, const struct md_join *j, struct md_str expected, struct md_str actual)
{
	p->field[MD_F_TABLE] = j->table;
	p->field[MD_F_ALIAS] = j->as;
	p->field[MD_F_EXPECTED] = expected;
	p->field[MD_F_ACTUAL] = actual;
}

/* "orders via customer, orders via payer" */
static struct md_str list_fits(struct md_check *c, const struct fits *fits)
{
	struct md_buf b = { .arena = c->cx->arena };
	for (uint32_t i = 0; i < fits->n && i < LISTED; i++)
		md_buf_fmt(&b, "%s%.*s via %.*s", i ? ", " : "", MD_FMT(c->q->refs[fits->v[i].parent].as), MD_FMT(fits->v[i].relation->names[0]));
	if (fits->n > LISTED)
		md_buf_fmt(&b, " and %u more", fits->n - LISTED);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static void ambiguous(struct md_check *c, const struct md_join *j, const struct fits *fits)
{
	struct md_str list = list_fits(c, fits);
	struct md_problem *p = md_report(c->cx, MD_INVALID_JOIN, &j->at, "join of '%.*s' is ambiguous: expected via or parent to choose one of %.*s",
	                                 MD_FMT(j->table), MD_FMT(list));
	set_fields(p, j, list, md_str_fmt(c->cx->arena, "%u relations that fit", fits->n));
}

/* `via` names no relation that fits: are there others? */
static bool wrong_via(struct md_check *c, const struct md_join *j, uint32_t ref, int64_t parent)
{
	struct fits others = { 0 };
	struct md_str names[2 * LISTED];
	uint32_t n = 0;
	if (j->via.p)
		find_all(c, j, ref, parent, MD_NOSTR, &others);
	if (others.n == 0)
		return false;
	for (uint32_t i = 0; i < others.n && i < LISTED; i++) {
		names[n++] = others.v[i].relation->names[0];
		names[n++] = others.v[i].relation->names[1];
	}
	struct md_str list = list_fits(c, &others), near = md_str_nearest(j->via, names, n);
	struct md_problem *p = md_report(c->cx, MD_INVALID_JOIN, MD_AT_KEY(&j->at, MD_STR("via")),
	                                 "no relation '%.*s' leads to '%.*s': expected one of %.*s", MD_FMT(j->via), MD_FMT(j->table), MD_FMT(list));
	set_fields(p, j, list, j->via);
	p->field[MD_F_SUGGESTION] = near;
	return true;
}

static void no_relation(struct md_check *c, const struct md_join *j, uint32_t ref, int64_t parent)
{
	struct md_problem *p;
	struct md_str key = parent >= 0 ? MD_STR("parent") : MD_STR("table");
	struct md_at at = { .up = &j->at, .key = key };
	if (wrong_via(c, j, ref, parent))
		return;
	const char *way = j->reverse ? " in reverse" : "";
	if (parent >= 0 || ref == 1)
		p = md_report(c->cx, MD_INVALID_JOIN, &at, "no relation%s between '%.*s' and '%.*s'", way,
		              MD_FMT(c->q->refs[parent < 0 ? 0 : parent].as), MD_FMT(j->table));
	else
		p = md_report(c->cx, MD_INVALID_JOIN, &at, "no relation%s between '%.*s' and the tables before it", way, MD_FMT(j->table));
	set_fields(p, j, MD_STR("a table with a declared relation"), parent >= 0 ? j->parent : j->table);
}

static void denied_keys(struct md_check *c, const struct md_join *j)
{
	struct md_str label = c->cx->access->label;
	struct md_problem *p = md_report(c->cx, MD_ACCESS_DENIED, j->via.p ? MD_AT_KEY(&j->at, MD_STR("via")) : &j->at,
	                                 "the relation's columns are not granted to %.*s", MD_FMT(label));
	set_fields(p, j, MD_STR("a relation whose columns are all granted"), j->via.p ? j->via : j->table);
	p->field[MD_F_ROLE] = md_check_roles(c);
}

static void take(struct md_check *c, struct md_join *j, uint32_t ref, const struct fit *f)
{
	struct md_ref *r = &c->q->refs[ref];
	if (!may_follow(c, r, &c->q->refs[f->parent], f)) {
		denied_keys(c, j);
		return;
	}
	r->parent = f->parent;
	r->relation = f->relation;
	r->from_side = f->from_side;
	md_ev4(c->cx, MD_EV_JOIN_RESOLVED, MD_S(r->as), MD_S(c->q->refs[f->parent].as), MD_S(j->via.p ? j->via : f->relation->names[0]),
	       MD_Z(j->inner ? "inner" : "left"));
}

/* The index of the named parent; -1: none named; -2: reported or broken. */
static int64_t find_parent(struct md_check *c, const struct md_join *j, uint32_t ref)
{
	if (!j->parent.p)
		return -1;
	int64_t parent = md_check_ref(c, j->parent, ref);
	if (parent >= 0)
		return c->q->refs[parent].table ? parent : -2;
	struct md_problem *p = md_report(c->cx, MD_INVALID_JOIN, MD_AT_KEY(&j->at, MD_STR("parent")),
	                                 "parent '%.*s' is neither from nor an earlier join", MD_FMT(j->parent));
	set_fields(p, j, MD_STR("from, or the name of an earlier join"), j->parent);
	p->field[MD_F_SUGGESTION] = md_check_ref_near(c, j->parent, ref);
	return -2;
}

static void check_relation(struct md_check *c, struct md_join *j, uint32_t ref)
{
	struct fits fits = { .n = 0 };
	int64_t parent = find_parent(c, j, ref);
	if (parent == -2)
		return;
	find_all(c, j, ref, parent, j->via, &fits);
	if (fits.n == 1)
		take(c, j, ref, &fits.v[0]);
	else if (fits.unsure)
		return;
	else if (fits.n > 1)
		ambiguous(c, j, &fits);
	else
		no_relation(c, j, ref, parent);
}

/* One name, one table: `as` is needed where a table occurs twice. */
static bool name_taken(struct md_check *c, const struct md_join *j, uint32_t ref)
{
	for (uint32_t i = 0; i < ref; i++) {
		if (!md_str_eq(c->q->refs[i].as, c->q->refs[ref].as))
			continue;
		struct md_str name = c->q->refs[ref].as;
		struct md_problem *p;
		if (j->as.p)
			p = md_report(c->cx, MD_INVALID_JOIN, MD_AT_KEY(&j->at, MD_STR("as")), "the name '%.*s' is taken: expected another", MD_FMT(name));
		else
			p = md_report(c->cx, MD_INVALID_JOIN, &j->at, "table '%.*s' occurs twice: expected an `as`", MD_FMT(name));
		set_fields(p, j, MD_STR("an `as` that nothing else in the query is called"), name);
		return true;
	}
	return false;
}

static void check_join(struct md_check *c, struct md_join *j, uint32_t ref)
{
	struct md_ref *r = &c->q->refs[ref];
	r->as = j->as.p ? j->as : j->table;
	r->join = j;
	r->left = !j->inner;
	if (j->broken || name_taken(c, j, ref))
		return;
	md_check_table(c, r, j->table, MD_AT_KEY(&j->at, MD_STR("table")));
	if (!r->table)
		return;
	j->ref = ref;
	check_relation(c, j, ref);
}

void md_check_joins(struct md_check *c)
{
	for (uint32_t i = 0; i < c->q->n_joins; i++)
		check_join(c, &c->q->joins[i], i + 1);
}

static void mark_all(const struct md_ref *r, const struct md_column *const *columns, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		md_mark(r->used, columns[i]->index);
}

void md_check_join_columns(struct md_check *c)
{
	for (uint32_t i = 1; i < c->q->n_refs; i++) {
		const struct md_ref *r = &c->q->refs[i];
		if (!r->relation)
			continue;
		const struct md_ref *parent = &c->q->refs[r->parent];
		mark_all(r->from_side ? r : parent, r->relation->from_columns, r->relation->n);
		mark_all(r->from_side ? parent : r, r->relation->to_columns, r->relation->n);
	}
}
