/* The way from one table to another along a declared relation, in either direction: for joins
 * and for exists nodes. The parent is the one named, otherwise the one that the place means;
 * where it means none, `from` if that fits, otherwise the one other that fits. The relation is
 * the one named, otherwise the one that fits. Several that fit are refused with their list. What
 * has a broken parent is not reported again. */
#include "validation/private.h"

struct fit {
	uint32_t parent;
	const struct md_relation *relation;
	bool from_side; /* the related table holds the foreign key */
};

enum { LISTED = 8 };

struct fits {
	struct fit v[LISTED];
	uint32_t n;     /* all, also beyond those kept */
	bool unsure;    /* a possible parent is broken */
};

static bool has_name(const struct md_relation *rel, struct md_str name)
{
	return md_str_eq(rel->names[0], name) || (rel->names[1].n && md_str_eq(rel->names[1], name));
}

/* In which direction does the relation lead from parent to t? A self relation goes from the foreign
 * key to the key, reversed the other way (the definition must say which); between two tables
 * `reverse` asks for the way from key to foreign key. */
static bool leads_to(const struct md_relation *rel, const struct md_table *parent, const struct md_table *t,
                     bool reverse, bool *from_side)
{
	if (rel->from == rel->to) {
		*from_side = reverse;
		return rel->from == t && parent == t;
	}
	*from_side = rel->from == t;
	return (rel->from == t && rel->to == parent) || (rel->to == t && rel->from == parent && !reverse);
}

static bool are_visible(const struct md_ref *r, const struct md_column *const *columns, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (md_gate_column(r->view, columns[i], MD_USE_RELATION) == MD_GATE_DENIED)
			return false;
	return true;
}

static bool are_visible_unmasked(const struct md_ref *r, const struct md_column *const *columns, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (md_gate_column(r->view, columns[i], MD_USE_RELATION) != MD_GATE_OPEN)
			return false;
	return true;
}

/* policy.relations "visible-keys": both sides' columns must be visible, and never masked: following
 * a masked key would show its value. */
static bool may_follow(struct md_check *c, const struct md_ref *r, const struct md_ref *parent, const struct fit *f)
{
	const struct md_relation *rel = f->relation;
	if (!c->cx->meta->policy.visible_keys)
		return true;
	if (c->notes)
		c->notes->depends_on_view = true;
	return are_visible_unmasked(f->from_side ? r : parent, rel->from_columns, rel->n) &&
	       are_visible_unmasked(f->from_side ? parent : r, rel->to_columns, rel->n);
}

static void add_fit(struct md_check *c, struct fits *fits, const struct md_ref *r, struct fit f)
{
	if (c->cx->meta->policy.uniform_errors && !may_follow(c, r, &c->refs[f.parent], &f))
		return; /* as if it did not exist */
	if (fits->n < LISTED)
		fits->v[fits->n] = f;
	fits->n++;
}

/* Of the two tables' relations the shorter list is searched: a hub's thousand relations cost
 * nothing. */
static void find_fits(struct md_check *c, const struct md_link *link, uint32_t parent, struct md_str via,
                      struct fits *fits)
{
	const struct md_table *t = c->refs[link->ref].table, *p = c->refs[parent].table;
	if (!p) {
		fits->unsure = true;
		return;
	}
	const struct md_table *fewer = t->n_relations < p->n_relations ? t : p;
	for (uint32_t i = 0; i < fewer->n_relations; i++) {
		struct fit f = { parent, fewer->relations[i], false };
		if ((!via.p || has_name(f.relation, via)) && leads_to(f.relation, p, t, link->reverse, &f.from_side))
			add_fit(c, fits, &c->refs[link->ref], f);
	}
}

static void find_all_fits(struct md_check *c, const struct md_link *link, int64_t parent, struct md_str via,
                          struct fits *fits)
{
	if (parent >= 0) {
		find_fits(c, link, (uint32_t)parent, via, fits);
		return;
	}
	find_fits(c, link, 0, via, fits);
	if (fits->n)
		return;
	for (uint32_t p = 1; p < link->parents; p++)
		find_fits(c, link, p, via, fits);
}

/* ---- problems ---- */

/* A name of the relation; .p NULL: under uniform errors the caller may not learn it, because it is
 * made of the names of columns that the caller cannot see. */
static struct md_str shown_name(struct md_check *c, const struct md_link *link, const struct fit *f, int which)
{
	const struct md_relation *rel = f->relation;
	const struct md_column *const *columns = rel->name_columns[which];
	bool is_of_related = (columns == rel->from_columns) == f->from_side;
	const struct md_ref *r = &c->refs[is_of_related ? link->ref : f->parent];
	if (columns && c->cx->meta->policy.uniform_errors && !are_visible(r, columns, rel->n))
		return MD_NOSTR;
	return rel->names[which];
}

/* "orders via customer, orders via payer" */
static struct md_str list_fits(struct md_check *c, const struct md_link *link, const struct fits *fits)
{
	struct md_buf b = { .arena = c->cx->arena };
	for (uint32_t i = 0; i < fits->n && i < LISTED; i++) {
		struct md_str name = shown_name(c, link, &fits->v[i], 0);
		md_buf_fmt(&b, "%s%.*s", i ? ", " : "", MD_FMT(c->refs[fits->v[i].parent].as));
		if (name.p)
			md_buf_fmt(&b, " via %.*s", MD_FMT(name));
	}
	if (fits->n > LISTED)
		md_buf_fmt(&b, " and %u more", fits->n - LISTED);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static void report_ambiguous(struct md_check *c, const struct md_link *link, const struct fits *fits)
{
	struct md_str list = list_fits(c, link, fits);
	struct md_str actual = md_str_fmt(c->cx->arena, "%u relations that fit", fits->n);
	md_report(c->cx, link->code, link->at,
	          MD_DETAILS(.table = link->table, .alias = link->as, .expected = list, .actual = actual),
	          "%s of '%.*s' is ambiguous: expected via or parent to choose one of %.*s", link->what,
	          MD_FMT(link->table),
	          MD_FMT(list));
}

/* `via` names no relation that fits: are there others? */
static bool report_wrong_via(struct md_check *c, const struct md_link *link, int64_t parent)
{
	struct fits others = { 0 };
	struct md_str names[2 * LISTED];
	uint32_t n = 0;
	if (link->via.p)
		find_all_fits(c, link, parent, MD_NOSTR, &others);
	if (others.n == 0)
		return false;
	for (uint32_t i = 0; i < others.n && i < LISTED; i++) {
		names[n++] = shown_name(c, link, &others.v[i], 0);
		names[n++] = shown_name(c, link, &others.v[i], 1);
	}
	struct md_str list = list_fits(c, link, &others), near = md_str_nearest(link->via, names, n);
	md_report(c->cx, link->code, MD_AT_KEY(link->at, MD_STR("via")),
	          MD_DETAILS(.table = link->table, .alias = link->as, .expected = list, .actual = link->via,
	                     .suggestion = near),
	          "no relation '%.*s' leads to '%.*s': expected one of %.*s", MD_FMT(link->via), MD_FMT(link->table),
	          MD_FMT(list));
	return true;
}

static void report_no_relation(struct md_check *c, const struct md_link *link, int64_t parent)
{
	struct md_at at = { .up = link->at, .key = link->parent.p ? MD_STR("parent") : MD_STR("table") };
	const struct md_details details = { .table = link->table,
		                            .alias = link->as,
		                            .expected = MD_STR("a table with a declared relation"),
		                            .actual = link->parent.p ? link->parent : link->table };
	if (report_wrong_via(c, link, parent))
		return;
	const char *direction = link->reverse ? " in reverse" : "";
	if (parent >= 0 || link->parents == 1)
		md_report(c->cx, link->code, &at, &details, "no relation%s between '%.*s' and '%.*s'", direction,
		          MD_FMT(c->refs[parent < 0 ? 0 : parent].as), MD_FMT(link->table));
	else
		md_report(c->cx, link->code, &at, &details, "no relation%s between '%.*s' and %s", direction,
		          MD_FMT(link->table), link->candidates);
}

static void report_denied_keys(struct md_check *c, const struct md_link *link)
{
	struct md_str label = c->cx->access->label;
	md_report(c->cx, MD_ACCESS_DENIED, link->via.p ? MD_AT_KEY(link->at, MD_STR("via")) : link->at,
	          MD_DETAILS(.table = link->table, .alias = link->as, .role = md_check_roles(c),
	                     .expected = MD_STR("a relation whose columns are all granted"),
	                     .actual = link->via.p ? link->via : link->table),
	          "the relation's columns are not granted to %.*s", MD_FMT(label));
}

/* "parentId", "(a, b)"; columns that the caller may not see are described, not named. */
static struct md_str describe_columns(struct md_check *c, const struct md_ref *r,
                                      const struct md_column *const *columns, uint32_t n, const char *description)
{
	struct md_buf b = { .arena = c->cx->arena };
	if (!are_visible(r, columns, n))
		return md_str_z(description);
	for (uint32_t i = 0; i < n; i++) {
		md_buf_str(&b, i ? MD_STR(", ") : MD_NOSTR);
		md_buf_str(&b, columns[i]->api_name);
	}
	struct md_str list = b.failed ? MD_NOSTR : md_buf_view(&b);
	return n > 1 ? md_str_fmt(c->cx->arena, "(%.*s)", MD_FMT(list)) : list;
}

/* The two directions of a self relation have opposite answers: neither is taken for granted. */
static void report_missing_direction(struct md_check *c, const struct md_link *link, const struct md_relation *rel)
{
	const struct md_ref *r = &c->refs[link->ref];
	struct md_str from = describe_columns(c, r, rel->from_columns, rel->n, "the foreign key");
	struct md_str to = describe_columns(c, r, rel->to_columns, rel->n, "the key");
	const char *children = rel->one_to_one ? "child" : "children";
	struct md_str down = md_str_fmt(c->cx->arena, "true (from %.*s to %.*s: to the %s)", MD_FMT(to), MD_FMT(from),
	                                children);
	struct md_str expected = md_str_fmt(c->cx->arena, "false (from %.*s to %.*s: to the parent) or %.*s",
	                                    MD_FMT(from), MD_FMT(to), MD_FMT(down));
	md_report(c->cx, link->code, link->at,
	          MD_DETAILS(.table = link->table, .alias = link->as, .expected = expected,
	                     .actual = MD_STR("nothing")),
	          "reverse is missing: '%.*s' is related to itself, expected %.*s", MD_FMT(link->table),
	          MD_FMT(expected));
}

static bool follow_fit(struct md_check *c, const struct md_link *link, const struct fit *f)
{
	struct md_ref *r = &c->refs[link->ref];
	if (!may_follow(c, r, &c->refs[f->parent], f)) {
		report_denied_keys(c, link);
		return false;
	}
	if (f->relation->from == f->relation->to && !link->reverse_given) {
		report_missing_direction(c, link, f->relation);
		return false;
	}
	r->parent = f->parent;
	r->relation = f->relation;
	r->from_side = f->from_side;
	return true;
}

/* The index of the parent that is named or meant; -1: any; -2: reported or broken. */
static int64_t find_parent(struct md_check *c, const struct md_link *link)
{
	int64_t parent = link->default_parent;
	if (link->parent.p)
		parent = md_check_ref_in(c, link->parent, link->first, link->parents);
	if (parent >= 0)
		return c->refs[parent].table ? parent : -2;
	if (!link->parent.p)
		return -1;
	md_report(c->cx, link->code, MD_AT_KEY(link->at, MD_STR("parent")),
	          MD_DETAILS(.table = link->table, .alias = link->as, .expected = link->expected,
	                     .actual = link->parent,
	                     .suggestion = md_check_ref_near_in(c, link->parent, link->first, link->parents)),
	          "parent '%.*s' is %s", MD_FMT(link->parent), link->no_parent);
	return -2;
}

bool md_check_link(struct md_check *c, const struct md_link *link)
{
	struct fits fits = { .n = 0 };
	int64_t parent = find_parent(c, link);
	if (parent == -2)
		return false;
	find_all_fits(c, link, parent, link->via, &fits);
	if (fits.n == 1)
		return follow_fit(c, link, &fits.v[0]);
	if (fits.unsure)
		return false;
	if (fits.n > 1)
		report_ambiguous(c, link, &fits);
	else
		report_no_relation(c, link, parent);
	return false;
}
