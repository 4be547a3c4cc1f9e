/* See unfit_value.h. No message quotes a row or names a column of a row filter. */
#include "engine/unfit_value.h"

#include "validation/unfit.h"

static void report_context_value(struct md_ctx *cx, struct md_str key)
{
	struct md_at up = { .key = MD_STR("contextValues") };
	md_report(cx, MD_INVALID_CONTEXT, MD_AT_KEY(&up, key), MD_DETAILS(.expected = md_str_z(md_fitting_value)),
	          "context value '%.*s' was refused by the database: a role filters rows by it", MD_FMT(key));
}

static void report_ids(struct md_ctx *cx, const struct md_query *q)
{
	struct md_at at = { .key = MD_STR("byIds") };
	md_report(cx, MD_INVALID_BY_IDS, &at, MD_DETAILS(.table = q->from, .expected = md_str_z(md_fitting_value)),
	          "invalid key: the database refused an element of the list: expected %s", md_fitting_value);
}

static void report_position(struct md_ctx *cx)
{
	struct md_at up = { .key = MD_STR("page") };
	md_report(cx, MD_INVALID_PAGE, MD_AT_KEY(&up, MD_STR("after")), NULL,
	          "page.after no longer matches: the type of a column of the sort order has changed");
}

static void report_unfit(struct md_request *r, enum md_origin origin, uint32_t place)
{
	switch (origin) {
	case MD_FROM_OPERAND:
	case MD_FROM_PATTERN:
		md_report_unfit_operand(&r->cx, r->query, r->bound, place);
		return;
	case MD_FROM_CONTEXT:
		report_context_value(&r->cx, md_guarded_context_key(r->guarded, place));
		return;
	case MD_FROM_IDS:
	case MD_FROM_ID:
		report_ids(&r->cx, r->query);
		return;
	case MD_FROM_POSITION:
		report_position(&r->cx);
		return;
	default:
		return;
	}
}

void md_explain_unfit_value(struct md_request *r)
{
	struct md_error before = r->err;
	if (before.code != MD_QUERY_FAILED || before.unfit.origin == MD_FROM_NOWHERE)
		return;
	r->err = (struct md_error){ .from_table = before.from_table };
	report_unfit(r, (enum md_origin)before.unfit.origin, before.unfit.place);
	if (r->err.problems.n == 0) {
		if (r->err.code == MD_OK)
			r->err = before;
		return;
	}
	if (r->parameters)
		md_parameters_point(&r->cx, r->parameters);
	md_fail_if_problems(&r->cx, MD_VALIDATION_FAILED);
	r->err.cause = before.cause;
}
