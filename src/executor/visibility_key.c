/* Serializes a row predicate and settings. Kinds, counts and lengths stand in front of what they
 * describe, so that different inputs have different texts. */
#include "executor/visibility_key.h"

static void write_value(struct md_buf *b, struct md_str s)
{
	md_buf_int(b, (int64_t)s.n);
	md_buf_char(b, ':');
	md_buf_str(b, s);
}

static void write_comparison_key(struct md_buf *b, const struct md_pred *p)
{
	md_buf_fmt(b, "%u %d ", p->column->index, (int)p->op);
	if (!md_rls_op_takes_value(p->op))
		return;
	if (p->op != MD_RLS_IN) {
		write_value(b, p->value.text);
		return;
	}

	md_buf_fmt(b, "%zu ", p->value.list.n);
	for (size_t i = 0; i < p->value.list.n; i++)
		write_value(b, p->value.list.items[i]);
}

/* Recurses three levels at most: scopes, roles, filters. */
static void write_pred_key(struct md_buf *b, const struct md_pred *p)
{
	bool has_parts = p->kind == MD_PRED_AND || p->kind == MD_PRED_OR;
	md_buf_fmt(b, "%d/%u(", (int)p->kind, p->n);
	if (p->kind == MD_PRED_CMP)
		write_comparison_key(b, p);
	for (uint32_t i = 0; has_parts && i < p->n; i++)
		write_pred_key(b, p->parts[i]);
	md_buf_char(b, ')');
}

static void write_settings_key(struct md_buf *b, struct md_settings context)
{
	for (uint32_t i = 0; i < context.n; i++) {
		write_value(b, context.v[i].name);
		write_value(b, context.v[i].value);
	}
}

int md_visibility_key(struct md_arena *a, const struct md_pred *rows, struct md_settings context, struct md_str *out)
{
	struct md_buf b = { .arena = a };
	if (rows->kind != MD_PRED_TRUE)
		write_pred_key(&b, rows);
	write_settings_key(&b, context);
	*out = md_buf_view(&b);
	return b.failed ? -1 : 0;
}
