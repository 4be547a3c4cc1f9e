/* Who is asking, and what they may see (spec 3). Opened once per request from the context, before validation.
 * The column gate, md_gate_column, is the only place that decides whether a column may be used. */
#ifndef MD_ACCESS_ACCESS_H
#define MD_ACCESS_ACCESS_H

#include "base/ctx.h"
#include "json/json.h"
#include "metadata/metadata.h"

struct md_scope {
	struct md_str name;                 /* "user", "service" */
	const struct md_role *const *roles; /* repeats removed, order of mention */
	uint32_t n;
};

struct md_access {
	struct md_scope scopes[2]; /* intersection between them, union within one */
	uint32_t n_scopes;         /* 0 only with policy.anonymous "all": everything is allowed */
	const struct md_json *values; /* contextValues; NULL: none given */
	struct md_str label;       /* "role 'tenant-user'", "roles [a, b]", "anonymous", for messages */
	struct md_views *views;    /* private to access/view.c: what was asked for so far */
};

/* {role, contextValues} or {roles: {user, service}, contextValues}; json NULL means no context. Sets cx->access.
 * Reports UNKNOWN_ROLE at /role (or /roles/user/0), INVALID_CONTEXT, ACCESS_DENIED where no scope is given or one is empty, UNKNOWN_KEY.
 * Roles that do not exist get no suggestion: what roles there are is nobody's to see.
 * 0 and cx->access set when the roles are known; -1 otherwise (problems in cx->err; validation of names is then pointless:
 * what may be suggested is not known). Context values are checked later, by md_guard. */
int md_access_open(struct md_ctx *cx, const struct md_json *context);

/* What the caller may see of one table: the grants of every role in effect put together. What depends on the row is decided by the roles' filters
 * alone, never by values: all callers with the same roles get the same answers. */
struct md_view {
	const struct md_table *table;
	bool granted;             /* in every scope some role grants the table */
	const uint64_t *visible;  /* bitmap: in every scope some role grants the column, clear or masked */
	const uint64_t *by_row;   /* bitmap: visible, but NULL on some of the rows that the caller sees */
	const uint64_t *masked;   /* bitmap: visible, but masked on some of the rows that show it */
	const uint64_t *by_rule;  /* bitmap: either of the two, its cells follow a rule (access/guarded.h); NULL: no column's do */
	uint32_t masked_uses;     /* bit per enum md_use_kind: what these may be used for (policy.maskedColumns) */
};
/* Made once per table and request, kept in the arena; NULL only when memory is out. */
const struct md_view *md_access_view(struct md_ctx *cx, const struct md_table *t);

enum md_use_kind {
	MD_USE_SELECT,
	MD_USE_FILTER,    /* value filters, column comparisons */
	MD_USE_ORDER,     /* orderBy, pages */
	MD_USE_IDS,
	MD_USE_RELATION,  /* asked where policy.relations is "visible-keys"; relation keys are read raw */
	MD_USE_COUNT,     /* counts what is not NULL */
	MD_USE_GROUP,     /* groupBy */
	MD_USE_DISTINCT,  /* a column of distinct rows, countDistinct */
	MD_USE_AGGREGATE  /* sum avg min max */
};
enum md_gate { MD_GATE_OPEN, MD_GATE_DENIED, MD_GATE_MASKED /* visible, but can be masked, and policy does not allow the use then */ };
enum md_gate md_gate_column(const struct md_view *v, const struct md_column *c, enum md_use_kind use);

/* Can the column's cell be NULL though no value is: hidden on some rows, or masked by something that is no text of its type? */
bool md_view_nullable(const struct md_view *v, const struct md_column *c);

#endif
