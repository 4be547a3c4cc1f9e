/* The rights of a remote caller. Promises: a caller without a role has a right only where all
 * callers have it. With roles in several scopes, one role of each scope must have the right, as
 * with tables and rows. */
#include "engine/audience.h"

#include "access/access.h"

const struct md_shown md_shown_locally = { .statement = true, .debug = true, .causes = true,
	                                        .row_filters = true, .values = true };

static bool is_granted_in_scope(const struct md_right *r, const struct md_scope *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (md_bit(r->roles, s->roles[i]->index))
			return true;
	return false;
}

static bool is_granted(const struct md_right *r, const struct md_access *a)
{
	if (r->all)
		return true;
	bool granted = r->roles && a && a->n_scopes;
	for (uint32_t i = 0; granted && i < a->n_scopes; i++)
		granted = is_granted_in_scope(r, &a->scopes[i]);
	return granted;
}

/* Under uniform errors, no log may show which columns exist. */
struct md_shown md_shown_remotely(const struct md_policy *p, const struct md_access *a)
{
	bool debug = is_granted(&p->debug, a);
	bool statement = is_granted(&p->sql_only, a);
	return (struct md_shown){ .is_remote = true, .statement = statement, .debug = debug,
		                  .causes = debug && statement, .row_filters = debug && !p->uniform_errors,
		                  .values = p->log_values };
}

struct md_log_view md_shown_log(const struct md_shown *s)
{
	return (struct md_log_view){ .values = s->values, .statement = s->statement, .row_rules = s->row_filters };
}

int md_check_shown(struct md_ctx *cx, const struct md_shown *s, const struct md_query *q, bool is_counted)
{
	if (!s->statement && q->mode == MD_SQL_ONLY && !is_counted)
		return md_fail(cx, MD_FORBIDDEN, "executeMode 'sql-only' is not allowed for %.*s (policy.sqlOnly)",
		               MD_FMT(cx->access->label));
	if (!s->debug && q->debug)
		return md_fail(cx, MD_FORBIDDEN, "debug is not allowed for %.*s (policy.debug)",
		               MD_FMT(cx->access->label));
	return 0;
}

/* True: a message of this code may quote the address of a database, a path, or an error text of a
 * database. */
static bool may_quote_a_system(enum md_code code)
{
	switch (md_code_class(code)) {
	case MD_CLASS_EXECUTION:
	case MD_CLASS_DEADLINE:
	case MD_CLASS_CONNECTION:
		return true;
	case MD_CLASS_INTERNAL:
		return code != MD_MISUSE;
	default:
		return false;
	}
}

struct md_str md_shown_message(const struct md_shown *s, const struct md_error *e)
{
	if (s->is_remote && e->code == MD_TYPE_MISMATCH)
		return md_str_z(md_code_title(e->code)); /* the column may be hidden from every caller */
	return s->causes || !may_quote_a_system(e->code) ? e->message : md_str_z(md_code_title(e->code));
}
