/* A guarded table: a table reference together with the row predicate of the roles in effect. Only the access room can make one
 * (the structs are complete only in access/guard.c), and only guarded tables can be planned, resolved and written: the security order is
 * a type, not a habit (concept, phase 2; reliability R1). */
#ifndef MD_ACCESS_GUARDED_H
#define MD_ACCESS_GUARDED_H

#include "access/access.h"
#include "query/query.h"

enum md_pred_kind { MD_PRED_TRUE, MD_PRED_FALSE, MD_PRED_AND, MD_PRED_OR, MD_PRED_CMP };

/* Which rows of a table are visible: scopes ANDed, roles ORed, a role's filters ANDed; simplified (TRUE and FALSE only at the
 * top, equal parts once, an OR never holds a part that implies another), same shape for same roles whatever the values
 * (an empty list is FALSE, which is shape). */
struct md_pred {
	enum md_pred_kind kind;
	const struct md_pred *const *parts; /* AND, OR: two or more */
	uint32_t n;
	const struct md_column *column;     /* CMP */
	enum md_rls_op op;
	struct md_value value;              /* CMP with a value: canonical text of the column's type, a list for IN */
	struct md_str context_key;
};

struct md_guarded_table;
struct md_guarded;

/* Guards every table reference of a validated query: finds the context values (MISSING_CONTEXT, INVALID_CONTEXT at
 * /contextValues/x are reported), builds the predicates, records the rls events. 0, or -1 when memory is out;
 * problems are left to md_fail_if_problems. */
int md_guard(struct md_ctx *cx, struct md_query *q, const struct md_guarded **out);

const struct md_query *md_guarded_query(const struct md_guarded *g);
uint32_t md_guarded_count(const struct md_guarded *g);  /* as many as query.refs, in their order */
const struct md_guarded_table *md_guarded_at(const struct md_guarded *g, uint32_t i);
bool md_guarded_empty(const struct md_guarded *g);      /* no row can match, whatever the data: from or an inner join is FALSE */

const struct md_ref *md_guarded_ref(const struct md_guarded_table *t);
const struct md_pred *md_guarded_rows(const struct md_guarded_table *t); /* never NULL */
const uint64_t *md_guarded_needed(const struct md_guarded_table *t);     /* bitmap: ref.used plus the columns of row filters and cell rules */

/* What a caller sees of a column that is not simply clear on every row (spec 3, Cells). Both predicates read raw columns and are relative: `shown` to the rows
 * that the caller sees, `clear` to those of them that show the column. */
struct md_cell_rule {
	const struct md_column *column;
	const struct md_pred *shown; /* the value, elsewhere NULL; TRUE: on every row */
	const struct md_pred *clear; /* the value itself, elsewhere its mask; TRUE: never masked, FALSE: always */
};

/* The rules of the columns that the reference uses, in the order of the columns. */
uint32_t md_guarded_rules(const struct md_guarded_table *t);
const struct md_cell_rule *md_guarded_rule_at(const struct md_guarded_table *t, uint32_t i);
const struct md_cell_rule *md_guarded_rule(const struct md_guarded_table *t, const struct md_column *c); /* NULL: simply the column */

/* Have all rows that pass one value of the column? */
bool md_pred_fixes(const struct md_pred *p, const struct md_column *c);

/* The predicate in api names, values as context.key: "tenantId = context.tenantId AND …"; "true", "false" at the ends. */
void md_pred_text(struct md_buf *b, const struct md_pred *p);

#endif
