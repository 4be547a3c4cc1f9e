/* Sets of rows: parts ORed, each of which is comparisons ANDed, and the predicates made of them.
 *
 * Promises: of two parts where one implies the other the wider one stays; a scope that another
 * scope implies is left out; equal comparisons occur once. Column, operator and context key decide
 * whether comparisons are equal, never their values: the SQL has the same shape for all tenants. */
#include "access/private.h"

/* The most pairs of parts for which two scopes are compared together; with more pairs each scope is
 * compared alone, which is faster and finds less. */
enum { MAX_PART_PAIRS = 1024 };

static bool is_same_comparison(const struct md_pred *a, const struct md_pred *b)
{
	return a->column == b->column && a->op == b->op && md_str_eq(a->context_key, b->context_key);
}

bool md_conjunction_has(const struct md_conjunction *c, const struct md_pred *p)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (is_same_comparison(c->v[i], p))
			return true;
	return false;
}

/* Does every row of `narrow` belong to `wide`? It does if all of wide's comparisons are among
 * narrow's. */
static bool part_implies(const struct md_conjunction *narrow, const struct md_conjunction *wide)
{
	for (uint32_t i = 0; i < wide->n; i++)
		if (!md_conjunction_has(narrow, wide->v[i]))
			return false;
	return true;
}

/* Adds a part to an OR, unless a part of the OR already contains its rows. Removes the parts whose
 * rows the new part contains. */
static void add_part(struct md_row_set *s, struct md_conjunction c)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->n; i++)
		if (part_implies(&c, &s->v[i]))
			return;

	for (uint32_t i = 0; i < s->n; i++)
		if (!part_implies(&s->v[i], &c))
			s->v[kept++] = s->v[i];
	s->v[kept++] = c;
	s->n = kept;
}

void md_row_set_add(struct md_row_set *s, const struct md_role_rows *r)
{
	if (r->none)
		return;
	s->all |= r->comparisons.n == 0;
	if (!s->all)
		add_part(s, r->comparisons);
}

/* Does every row that scope a shows belong to scope b? */
static bool scope_implies(const struct md_row_set *a, const struct md_row_set *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t k = 0;
		while (k < b->n && !part_implies(&a->v[i], &b->v[k]))
			k++;
		if (k == b->n)
			return false;
	}
	return true;
}

/* ---- predicates; NULL: out of memory ---- */

static const struct md_pred *join_preds(struct md_ctx *cx, enum md_pred_kind kind, const struct md_pred **v, uint32_t n)
{
	if (n == 1)
		return v[0];

	struct md_pred *p = md_alloc(cx->arena, sizeof *p);
	if (p)
		*p = (struct md_pred){ .kind = kind, .parts = v, .n = n };
	return p;
}

static const struct md_pred *scope_pred(struct md_ctx *cx, const struct md_row_set *s)
{
	if (s->n == 1)
		return join_preds(cx, MD_PRED_AND, s->v[0].v, s->v[0].n);

	const struct md_pred **parts = md_alloc(cx->arena, s->n * sizeof *parts);
	for (uint32_t i = 0; parts && i < s->n; i++)
		if (!(parts[i] = join_preds(cx, MD_PRED_AND, s->v[i].v, s->v[i].n)))
			return NULL;
	return parts ? join_preds(cx, MD_PRED_OR, parts, s->n) : NULL;
}

/* The number of members that a scope adds to an AND. */
static uint32_t and_members(const struct md_row_set *s)
{
	return s->n == 1 ? s->v[0].n : 1;
}

/* ANDs two scopes, neither of which is TRUE or FALSE or implies the other. The comparisons of a
 * scope with one part become members of the AND directly, equal ones once. */
static const struct md_pred *both_scopes_pred(struct md_ctx *cx, const struct md_row_set *const *s)
{
	uint32_t most = and_members(s[0]) + and_members(s[1]);
	struct md_conjunction all = { .v = md_alloc(cx->arena, most * sizeof *all.v) };
	for (int i = 0; all.v && i < 2; i++) {
		if (s[i]->n > 1) {
			if (!(all.v[all.n++] = scope_pred(cx, s[i])))
				return NULL;
			continue;
		}
		for (uint32_t k = 0; k < s[i]->v[0].n; k++)
			if (s[1 - i]->n > 1 || !md_conjunction_has(&all, s[i]->v[0].v[k]))
				all.v[all.n++] = s[i]->v[0].v[k];
	}
	return all.v ? join_preds(cx, MD_PRED_AND, all.v, all.n) : NULL;
}

const struct md_pred *md_row_sets_pred(struct md_ctx *cx, const struct md_row_set *s, uint32_t n)
{
	const struct md_row_set *left[2];
	uint32_t n_left = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!s[i].all && s[i].n == 0)
			return &md_pred_false;
		if (!s[i].all)
			left[n_left++] = &s[i];
	}

	if (n_left == 0)
		return &md_pred_true;
	if (n_left == 1 || scope_implies(left[0], left[1]))
		return scope_pred(cx, left[0]);
	if (scope_implies(left[1], left[0]))
		return scope_pred(cx, left[1]);
	return both_scopes_pred(cx, left);
}

/* ---- what given rows imply ---- */

static const struct md_conjunction every_row = { .n = 0 };

static const struct md_conjunction *part_at(const struct md_row_set *s, uint32_t i)
{
	return s->all ? &every_row : &s->v[i];
}

static uint32_t part_count(const struct md_row_set *s)
{
	return s->all ? 1 : s->n;
}

/* Is every row of both a and b a row of s? */
static bool set_covers_pair(const struct md_row_set *s, const struct md_conjunction *a, const struct md_conjunction *b)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct md_conjunction *c = &s->v[i];
		uint32_t k = 0;
		while (k < c->n && (md_conjunction_has(a, c->v[k]) || md_conjunction_has(b, c->v[k])))
			k++;
		if (k == c->n)
			return true;
	}
	return s->all;
}

bool md_row_set_contains(const struct md_row_set *s, const struct md_row_set *given, uint32_t n)
{
	const struct md_row_set whole = { .all = true }, *a = &given[0], *b = n > 1 ? &given[1] : &whole;
	if ((uint64_t)part_count(a) * part_count(b) > MAX_PART_PAIRS)
		return s->all || scope_implies(a, s) || scope_implies(b, s);

	for (uint32_t i = 0; i < part_count(a); i++)
		for (uint32_t k = 0; k < part_count(b); k++)
			if (!set_covers_pair(s, part_at(a, i), part_at(b, k)))
				return false;
	return true;
}

/* Does p hold on every row of the set, because each of its parts has that comparison? */
static bool holds_on_every_row(const struct md_row_set *s, const struct md_pred *p)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (!md_conjunction_has(&s->v[i], p))
			return false;
	return !s->all && s->n;
}

int md_row_set_reduce(struct md_ctx *cx, struct md_row_set *s, const struct md_row_set *given, uint32_t n)
{
	struct md_row_set reduced = { .v = md_alloc(cx->arena, s->n * sizeof *reduced.v) };
	for (uint32_t i = 0; reduced.v && i < s->n; i++) {
		struct md_conjunction *c = &s->v[i], left = { .v = md_alloc(cx->arena, c->n * sizeof *left.v) };
		if (!left.v)
			return -1;
		for (uint32_t k = 0; k < c->n; k++)
			if (!holds_on_every_row(&given[0], c->v[k]) &&
			    (n < 2 || !holds_on_every_row(&given[1], c->v[k])))
				left.v[left.n++] = c->v[k];
		reduced.all |= left.n == 0;
		add_part(&reduced, left);
	}
	*s = reduced;
	return reduced.v ? 0 : -1;
}
