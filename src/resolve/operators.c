/* Operators that become others before SQL is written, and column against column. Promises: plain text in a pattern stands for itself, wildcards and backslashes
 * escaped, so that the shape of a statement does not depend on it; one element of an array is a list of one. */
#include "resolve/private.h"

/* What stands in for an operator with plain text: a pattern with % before the text, behind it, or both. */
struct as_pattern {
	enum md_op op;
	bool before, behind;
};

static struct as_pattern pattern_of(enum md_op op)
{
	switch (op) {
	case MD_OP_CONTAINS: return (struct as_pattern){ MD_OP_LIKE, true, true };
	case MD_OP_ICONTAINS: return (struct as_pattern){ MD_OP_ILIKE, true, true };
	case MD_OP_NOT_CONTAINS: return (struct as_pattern){ MD_OP_NOT_LIKE, true, true };
	case MD_OP_NOT_ICONTAINS: return (struct as_pattern){ MD_OP_NOT_ILIKE, true, true };
	case MD_OP_STARTS_WITH: return (struct as_pattern){ MD_OP_LIKE, false, true };
	case MD_OP_ISTARTS_WITH: return (struct as_pattern){ MD_OP_ILIKE, false, true };
	case MD_OP_ENDS_WITH: return (struct as_pattern){ MD_OP_LIKE, true, false };
	default: return (struct as_pattern){ MD_OP_ILIKE, true, false };
	}
}

bool md_text_as_pattern(struct md_resolving *r, struct md_cond *c)
{
	struct as_pattern as = pattern_of(c->op);
	struct md_str text = c->v[0].text;
	char *to = md_alloc(r->arena, 2 * text.n + 2);
	size_t n = 0;
	if (!to)
		return false;
	if (as.before)
		to[n++] = '%';
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\')
			to[n++] = '\\';
		to[n++] = text.p[i];
	}
	if (as.behind)
		to[n++] = '%';
	c->op = as.op;
	c->v[0].text = (struct md_str){ to, n };
	return true;
}

const struct md_cond *md_columns_cond(struct md_resolving *r, const struct md_filter *f)
{
	struct md_cond *c = md_cond_new(r, MD_COND_COLUMNS);
	if (!c)
		return NULL;
	c->op = f->op->id;
	c->by_value = true;
	md_physical(r, f->use.ref, f->use.column, &c->left);
	md_physical(r, f->ref_use.ref, f->ref_use.column, &c->right);
	return c;
}
