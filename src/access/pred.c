#include "access/pred.h"

const struct md_pred md_pred_true = { .kind = MD_PRED_TRUE };
const struct md_pred md_pred_false = { .kind = MD_PRED_FALSE };

bool md_pred_fixes(const struct md_pred *p, const struct md_column *c)
{
	if (p->kind == MD_PRED_CMP)
		return p->op == MD_RLS_EQ && p->column == c;

	for (uint32_t i = 0; p->kind == MD_PRED_AND && i < p->n; i++)
		if (p->parts[i]->kind == MD_PRED_CMP && md_pred_fixes(p->parts[i], c))
			return true;
	return false;
}

static void write_comparison(struct md_buf *b, const struct md_pred *p)
{
	static const char *const ops[] = { " = ", " != ", " in ", " is null", " is not null" };
	md_buf_str(b, p->column->api_name);
	md_buf_str(b, md_str_z(ops[p->op]));
	if (md_rls_op_takes_value(p->op)) {
		md_buf_lit(b, "context.");
		md_buf_str(b, p->context_key);
	}
}

/* Recurses three levels at most: scopes, roles, filters. */
void md_pred_text(struct md_buf *b, const struct md_pred *p)
{
	if (p->kind == MD_PRED_TRUE || p->kind == MD_PRED_FALSE) {
		md_buf_str(b, p->kind == MD_PRED_TRUE ? MD_STR("true") : MD_STR("false"));
		return;
	}
	if (p->kind == MD_PRED_CMP) {
		write_comparison(b, p);
		return;
	}

	for (uint32_t i = 0; i < p->n; i++) {
		bool is_group = p->parts[i]->kind != MD_PRED_CMP;
		if (i)
			md_buf_str(b, p->kind == MD_PRED_AND ? MD_STR(" AND ") : MD_STR(" OR "));
		md_buf_str(b, is_group ? MD_STR("(") : MD_NOSTR);
		md_pred_text(b, p->parts[i]);
		md_buf_str(b, is_group ? MD_STR(")") : MD_NOSTR);
	}
}
