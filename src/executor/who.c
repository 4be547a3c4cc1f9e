/* Every part stands behind its kind and, where its length varies, behind that, so that no two predicates read alike. */
#include "executor/who.h"

#include "base/buf.h"

static void add_text(struct md_buf *b, struct md_str s)
{
	md_buf_int(b, (int64_t)s.n);
	md_buf_char(b, ':');
	md_buf_str(b, s);
}

static void add_comparison(struct md_buf *b, const struct md_pred *p)
{
	md_buf_fmt(b, "%u %d ", p->column->index, (int)p->op);
	if (p->op == MD_RLS_IS_NULL || p->op == MD_RLS_IS_NOT_NULL)
		return;
	if (p->op != MD_RLS_IN) {
		add_text(b, p->value.text);
		return;
	}
	md_buf_fmt(b, "%zu ", p->value.list.n);
	for (size_t i = 0; i < p->value.list.n; i++)
		add_text(b, p->value.list.items[i]);
}

/* As deep as scopes, roles and filters nest: three. */
static void add(struct md_buf *b, const struct md_pred *p)
{
	md_buf_fmt(b, "%d/%u(", (int)p->kind, p->n);
	if (p->kind == MD_PRED_CMP)
		add_comparison(b, p);
	for (uint32_t i = 0; (p->kind == MD_PRED_AND || p->kind == MD_PRED_OR) && i < p->n; i++)
		add(b, p->parts[i]);
	md_buf_char(b, ')');
}

int md_who(struct md_arena *a, const struct md_pred *rows, struct md_str *out)
{
	struct md_buf b = { .arena = a };
	if (rows->kind != MD_PRED_TRUE)
		add(&b, rows);
	*out = md_buf_view(&b);
	return b.failed ? -1 : 0;
}
