/* What a caller is shown of a query. A local caller sees everything; a remote caller sees what
 * policy.debug, policy.sqlOnly and policy.logValues grant. All code that shows something asks
 * here. */
#ifndef MD_ENGINE_AUDIENCE_H
#define MD_ENGINE_AUDIENCE_H

#include "metadata/metadata.h"
#include "query/query.h"
#include "trace/trace.h"

struct md_access;

struct md_shown {
	bool is_remote;   /* the result object is that of a server */
	bool statement;   /* SQL, parameters, physical names */
	bool debug;       /* debug log, candidates */
	bool causes;      /* what a database or the system says: it may quote SQL, so both rights are needed */
	bool row_filters; /* row filters and cell rules: they name columns that the caller may not see */
	bool values;      /* in the debug log */
};

extern const struct md_shown md_shown_locally;

/* What a remote caller is shown; a NULL: the caller's roles are not known (yet). */
struct md_shown md_shown_remotely(const struct md_policy *p, const struct md_access *a);

/* The lines of the debug log that the caller is shown. */
struct md_log_view md_shown_log(const struct md_shown *s);

/* Fails with FORBIDDEN where the definition asks for what the caller is not shown. cx->access is
 * set. */
int md_check_shown(struct md_ctx *cx, const struct md_shown *s, const struct md_query *q, bool is_counted);

/* The message of an error. A remote caller that lacks policy.debug or policy.sqlOnly gets the title
 * of the code in place of a message that may quote a database or the system. TYPE_MISMATCH has its
 * title for every remote caller. */
struct md_str md_shown_message(const struct md_shown *s, const struct md_error *e);

#endif
