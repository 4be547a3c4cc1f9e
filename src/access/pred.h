/* Row predicates: conditions over raw columns of one table. Only the access room makes them, out of
 * the row filters of roles; no definition of a caller ever becomes one. */
#ifndef MD_ACCESS_PRED_H
#define MD_ACCESS_PRED_H

#include "base/buf.h"
#include "metadata/metadata.h"

enum md_pred_kind { MD_PRED_TRUE, MD_PRED_FALSE, MD_PRED_AND, MD_PRED_OR, MD_PRED_CMP };

/* Which rows of a table are visible: scopes ANDed, roles ORed, a role's filters ANDed. Simplified:
 * TRUE and FALSE stand only at the top, equal parts occur once, an OR never has a part that implies
 * another. The same roles give the same shape, whatever the context values (an empty list is FALSE,
 * which is shape). */
struct md_pred {
	enum md_pred_kind kind;
	const struct md_pred *const *parts; /* AND, OR: two or more */
	uint32_t n;
	const struct md_column *column; /* CMP */
	enum md_rls_op op;
	/* CMP with a value: canonical text of the column's type, a list for IN; of an enum, for NE
	 * the list of the labels that it takes */
	struct md_value value;
	struct md_str context_key;
};

extern const struct md_pred md_pred_true, md_pred_false;

/* Does a CMP of this operator compare with a value? is_null and is_not_null do not. */
static inline bool md_rls_op_takes_value(enum md_rls_op op)
{
	return op != MD_RLS_IS_NULL && op != MD_RLS_IS_NOT_NULL;
}

/* Do all rows that pass have one value in the column? */
bool md_pred_fixes(const struct md_pred *p, const struct md_column *c);

/* The predicate with API names, and values as context.key: "tenantId = context.tenantId AND …".
 * TRUE and FALSE are "true" and "false". */
void md_pred_text(struct md_buf *b, const struct md_pred *p);

#endif
