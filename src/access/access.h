/* The caller's roles and what they allow. Opened once per request from the context, before
 * validation. The column gate, md_gate_column, is the only place that decides whether a column may
 * be used. */
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
	struct md_views *views;    /* private to access/view.c: the views made so far */
};

/* context: {role, contextValues} or {roles: {user, service}, contextValues}; NULL: none. Sets
 * cx->access. Reports UNKNOWN_ROLE at /role (or /roles/user/0), INVALID_CONTEXT, ACCESS_DENIED
 * where no scope is given or one is empty, UNKNOWN_KEY. An unknown role gets no suggestion, because
 * callers may not learn which roles exist. 0: the roles are known and cx->access is set; -1:
 * problems are in cx->err, and names cannot be validated, because the names that may be suggested
 * are not known. md_guard checks context values later. */
int md_access_open(struct md_ctx *cx, const struct md_json *context);

/* The roles of `of` and the views made for them, without anything of the caller's context, to be
 * used by later requests with the same roles. The views stay in the arena that they were made in;
 * the rest is put into `a`. NULL: out of memory. */
const struct md_access *md_access_keep(struct md_arena *a, const struct md_access *of);

bool md_access_has_same_scopes(const struct md_access *a, const struct md_access *b);

/* Are the same roles in effect, in the same scopes and order? Both are of one snapshot. Different
 * sets of roles mostly differ in their first role. */
static inline bool md_access_is_same(const struct md_access *a, const struct md_access *b)
{
	if (a->n_scopes != b->n_scopes || (a->n_scopes && a->scopes[0].roles[0] != b->scopes[0].roles[0]))
		return false;
	return md_access_has_same_scopes(a, b);
}

/* Gives the request, whose roles are those of `kept`, the views made before. Row predicates are not
 * taken over. 0, or -1: out of memory. */
int md_access_take_views(struct md_ctx *cx, const struct md_access *kept);

/* What the caller may see of one table: the grants of every role in effect put together. The roles'
 * filters alone decide what depends on the row, never context values: the view is the same for all
 * callers with the same roles. */
struct md_view {
	const struct md_table *table;
	bool granted;             /* in every scope some role grants the table */
	const uint64_t *visible;  /* bitmap: in every scope some role grants the column, clear or masked */
	const uint64_t *by_row;   /* bitmap: visible, but NULL on some of the rows that the caller sees */
	const uint64_t *masked;   /* bitmap: visible, but masked on some of the rows that show it */
	const uint64_t *by_rule;  /* bitmap: by_row or masked, so that cells follow a rule; NULL: none */
	uint32_t masked_uses;     /* bit per enum md_use_kind: what these may be used for (policy.maskedColumns) */
};
/* Made once per table and request, kept in the arena. NULL: out of memory. */
const struct md_view *md_access_view(struct md_ctx *cx, const struct md_table *t);

enum md_use_kind {
	MD_USE_SELECT,
	MD_USE_FILTER,    /* value filters, column comparisons */
	MD_USE_ORDER,     /* orderBy, pages */
	MD_USE_IDS,
	MD_USE_RELATION,  /* checked where policy.relations is "visible-keys", which no masked column passes */
	MD_USE_COUNT,     /* counts the cells that are not NULL */
	MD_USE_GROUP,     /* groupBy */
	MD_USE_DISTINCT,  /* a column of distinct rows, countDistinct */
	MD_USE_AGGREGATE  /* sum avg min max */
};

enum md_gate {
	MD_GATE_OPEN,
	MD_GATE_DENIED,
	MD_GATE_MASKED /* visible, but masked on some row, and policy does not allow this use of masked columns */
};

enum md_gate md_gate_column(const struct md_view *v, const struct md_column *c, enum md_use_kind use);

/* Can the column's cell be NULL where its value is not: hidden on some rows, or masked by NULL? */
bool md_view_nullable(const struct md_view *v, const struct md_column *c);

#endif
