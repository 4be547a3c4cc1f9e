/* Inside validation/: what the rules share. One check lives as long as one call of md_validate. */
#ifndef MD_VALIDATION_CHECK_H
#define MD_VALIDATION_CHECK_H

#include "trace/trace.h"
#include "validation/validate.h"

/* What filters ask of one table reference, for the note about unindexed columns. */
struct md_side {
	uint64_t *filtered; /* bitmap over table.columns; NULL: no filter yet */
	bool indexed;       /* some filter uses an indexed column */
};

struct md_check {
	struct md_ctx *cx;
	struct md_query *q;
	struct md_side *sides; /* per table reference */
};

/* How a use of a column is judged and reported. */
struct md_place {
	const struct md_at *at;   /* of the column's name in the definition */
	enum md_use_kind use;
	enum md_code unknown;     /* MD_UNKNOWN_COLUMN or the part's own code */
	int filter_index;         /* -1 outside of filters */
};

/* names.c: names to metadata, each through the gate. A table reference whose table is NULL is broken and reported: whatever names it is
 * skipped in silence. */
void md_check_table(struct md_check *c, struct md_ref *r, struct md_str name, const struct md_at *at); /* sets table, view, used */
int64_t md_check_ref(const struct md_check *c, struct md_str name, uint32_t n); /* among the first n references; -1: none */
struct md_str md_check_ref_near(const struct md_check *c, struct md_str name, uint32_t n);
/* Finds the column, passes it through the gate, marks it used. NULL: reported. *first: this is its first use in this reference. */
const struct md_column *md_check_column(struct md_check *c, uint32_t ref, struct md_str name, const struct md_place *place, bool *first);
void md_report_by_row(struct md_check *c, const struct md_ref *r, struct md_str column, const struct md_at *at, int filter_index);
/* The role's id where there is one alone, otherwise the label. */
struct md_str md_check_roles(const struct md_check *c);

static inline void md_mark(uint64_t *map, uint32_t i)
{
	map[i / 64] |= (uint64_t)1 << i % 64;
}

/* operand.c: JSON to canonical text. NULL, or what was expected. */
const char *md_check_scalar(struct md_check *c, enum md_base_type t, const struct md_json *v, bool lenient, struct md_str *out);
void md_check_operand(struct md_check *c, struct md_filter *f); /* f->op, f->use are set */

/* The rules, one file each. */
void md_check_joins(struct md_check *c);   /* rules_join.c: refs of all joins */
void md_check_join_columns(struct md_check *c); /* marks relation columns as used: after the selection, which looks for repeats */
void md_check_select(struct md_check *c);  /* rules_select.c: columns, outs */
void md_check_filters(struct md_check *c); /* rules_filter.c: filters of the definition and of its joins */
void md_check_order(struct md_check *c);   /* rules_order.c */
void md_check_ids(struct md_check *c);     /* rules_ids.c */

#endif
