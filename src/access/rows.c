/* Sets of rows as parts ORed, each of comparisons ANDed, and predicates out of them. Promises: of two parts where one implies the other the wider stays, a
 * scope that another implies is left out, equal comparisons stand once. What is equal is decided by column, operator and context key, never by
 * values: the shape of the SQL is the same for all tenants. */
#include "access/private.h"

const struct md_pred md_pred_true = { .kind = MD_PRED_TRUE };
const struct md_pred md_pred_false = { .kind = MD_PRED_FALSE };

enum { PAIRS = 1024 }; /* so many parts of one scope times parts of the other are looked at together; more are judged scope by scope */

static bool same(const struct md_pred *a, const struct md_pred *b)
{
	return a->column == b->column && a->op == b->op && md_str_eq(a->context_key, b->context_key);
}

bool md_conj_holds(const struct md_conj *c, const struct md_pred *p)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (same(c->v[i], p))
			return true;
	return false;
}

/* Does every row of `narrow` belong to `wide`? Certain when wide's comparisons are some of narrow's. */
static bool implies(const struct md_conj *narrow, const struct md_conj *wide)
{
	for (uint32_t i = 0; i < wide->n; i++)
		if (!md_conj_holds(narrow, wide->v[i]))
			return false;
	return true;
}

/* Adds a part to an OR unless another holds its rows already, and drops those whose rows it holds. */
static void add_part(struct md_rows *s, struct md_conj c)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->n; i++)
		if (implies(&c, &s->v[i]))
			return;
	for (uint32_t i = 0; i < s->n; i++)
		if (!implies(&s->v[i], &c))
			s->v[kept++] = s->v[i];
	s->v[kept++] = c;
	s->n = kept;
}

void md_rows_add(struct md_rows *s, const struct md_role_rows *r)
{
	if (r->none)
		return;
	s->all |= r->rows.n == 0;
	if (!s->all)
		add_part(s, r->rows);
}

/* Does every row that scope a shows belong to scope b? */
static bool scope_implies(const struct md_rows *a, const struct md_rows *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t k = 0;
		while (k < b->n && !implies(&a->v[i], &b->v[k]))
			k++;
		if (k == b->n)
			return false;
	}
	return true;
}

/* ---- predicates; NULL when memory is out ---- */

static const struct md_pred *join_parts(struct md_ctx *cx, enum md_pred_kind kind, const struct md_pred **v, uint32_t n)
{
	if (n == 1)
		return v[0];
	struct md_pred *p = md_alloc(cx->arena, sizeof *p);
	if (p)
		*p = (struct md_pred){ .kind = kind, .parts = v, .n = n };
	return p;
}

static const struct md_pred *scope_pred(struct md_ctx *cx, const struct md_rows *s)
{
	if (s->n == 1)
		return join_parts(cx, MD_PRED_AND, s->v[0].v, s->v[0].n);
	const struct md_pred **parts = md_alloc(cx->arena, s->n * sizeof *parts);
	for (uint32_t i = 0; parts && i < s->n; i++)
		if (!(parts[i] = join_parts(cx, MD_PRED_AND, s->v[i].v, s->v[i].n)))
			return NULL;
	return parts ? join_parts(cx, MD_PRED_OR, parts, s->n) : NULL;
}

/* Two scopes, neither TRUE nor FALSE, neither implied by the other. Comparisons of one-part scopes stand side by side, once each. */
static const struct md_pred *both(struct md_ctx *cx, const struct md_rows *const *s)
{
	uint32_t room = (s[0]->n == 1 ? s[0]->v[0].n : 1) + (s[1]->n == 1 ? s[1]->v[0].n : 1);
	struct md_conj all = { .v = md_alloc(cx->arena, room * sizeof *all.v) };
	for (int i = 0; all.v && i < 2; i++) {
		if (s[i]->n > 1) {
			if (!(all.v[all.n++] = scope_pred(cx, s[i])))
				return NULL;
			continue;
		}
		for (uint32_t k = 0; k < s[i]->v[0].n; k++)
			if (s[1 - i]->n > 1 || !md_conj_holds(&all, s[i]->v[0].v[k]))
				all.v[all.n++] = s[i]->v[0].v[k];
	}
	return all.v ? join_parts(cx, MD_PRED_AND, all.v, all.n) : NULL;
}

const struct md_pred *md_rows_pred(struct md_ctx *cx, const struct md_rows *s, uint32_t n)
{
	const struct md_rows *left[2];
	uint32_t k = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!s[i].all && s[i].n == 0)
			return &md_pred_false;
		if (!s[i].all)
			left[k++] = &s[i];
	}
	if (k == 0)
		return &md_pred_true;
	if (k == 1 || scope_implies(left[0], left[1]))
		return scope_pred(cx, left[0]);
	if (scope_implies(left[1], left[0]))
		return scope_pred(cx, left[1]);
	return both(cx, left);
}

/* ---- relative to other rows ---- */

static const struct md_conj anything = { .n = 0 };

static const struct md_conj *part(const struct md_rows *s, uint32_t i)
{
	return s->all ? &anything : &s->v[i];
}

static uint32_t parts(const struct md_rows *s)
{
	return s->all ? 1 : s->n;
}

/* Is every row of both a and b a row of s? */
static bool covered(const struct md_conj *a, const struct md_conj *b, const struct md_rows *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct md_conj *c = &s->v[i];
		uint32_t k = 0;
		while (k < c->n && (md_conj_holds(a, c->v[k]) || md_conj_holds(b, c->v[k])))
			k++;
		if (k == c->n)
			return true;
	}
	return s->all;
}

bool md_rows_hold(const struct md_rows *s, const struct md_rows *given, uint32_t n)
{
	const struct md_rows whole = { .all = true }, *a = &given[0], *b = n > 1 ? &given[1] : &whole;
	if ((uint64_t)parts(a) * parts(b) > PAIRS)
		return s->all || scope_implies(a, s) || scope_implies(b, s);
	for (uint32_t i = 0; i < parts(a); i++)
		for (uint32_t k = 0; k < parts(b); k++)
			if (!covered(part(a, i), part(b, k), s))
				return false;
	return true;
}

/* Does p hold on every row of the scope? */
static bool common(const struct md_rows *s, const struct md_pred *p)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (!md_conj_holds(&s->v[i], p))
			return false;
	return !s->all && s->n;
}

int md_rows_reduce(struct md_ctx *cx, struct md_rows *s, const struct md_rows *given, uint32_t n)
{
	struct md_rows less = { .v = md_alloc(cx->arena, s->n * sizeof *less.v) };
	for (uint32_t i = 0; less.v && i < s->n; i++) {
		struct md_conj *c = &s->v[i], left = { .v = md_alloc(cx->arena, c->n * sizeof *left.v) };
		if (!left.v)
			return -1;
		for (uint32_t k = 0; k < c->n; k++)
			if (!common(&given[0], c->v[k]) && (n < 2 || !common(&given[1], c->v[k])))
				left.v[left.n++] = c->v[k];
		less.all |= left.n == 0;
		add_part(&less, left);
	}
	*s = less;
	return less.v ? 0 : -1;
}
