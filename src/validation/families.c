/* Which columns can be compared with each other (spec 2): numbers, whatever their types; dates and timestamps; strings; uuids and booleans for equality
 * alone. Refuses the rest, arrays, documents and bytes among them, and operators that are no comparison, with INVALID_FILTER at the smallest wrong member. */
#include "validation/check.h"

enum family { NONE, NUMBERS, MOMENTS, STRINGS, UUIDS, BOOLEANS };

static const char *const members[] = { [NONE] = "a number, a date, a timestamp, a string, a uuid or a boolean", [NUMBERS] = "int, bigint, float or decimal",
	                               [MOMENTS] = "date or timestamp", [STRINGS] = "string", [UUIDS] = "uuid", [BOOLEANS] = "boolean" };

static enum family family_of(struct md_type t)
{
	static const enum family families[MD_TYPES] = { [MD_STRING] = STRINGS, [MD_INT] = NUMBERS, [MD_BIGINT] = NUMBERS, [MD_FLOAT] = NUMBERS,
		                                        [MD_DECIMAL] = NUMBERS, [MD_BOOLEAN] = BOOLEANS, [MD_UUID] = UUIDS, [MD_DATE] = MOMENTS,
		                                        [MD_TIMESTAMP] = MOMENTS };
	return t.array ? NONE : families[t.base];
}

static bool wrong_column(struct md_check *c, const struct md_filter *f, bool second, enum family wanted)
{
	const struct md_use *u = second ? &f->ref_use : &f->use;
	struct md_at at = { .up = &f->at, .key = second ? MD_STR("refColumn") : MD_STR("column") };
	const char *type = md_type_name(u->column->type);
	struct md_str name = u->column->api_name;
	const struct md_details details = { .table = c->q->refs[u->ref].as, .column = name, .operator = f->op_text,
		                            .expected = md_str_z(members[wanted]), .actual = md_str_z(type) };
	if (wanted == NONE)
		md_report(c->cx, MD_INVALID_FILTER, &at, &details, "column '%.*s' (%s) can't be compared with a column", MD_FMT(name), type);
	else
		md_report(c->cx, MD_INVALID_FILTER, &at, &details, "column '%.*s' (%s) can't be compared with '%.*s' (%s): expected %s",
		          MD_FMT(name), type, MD_FMT(f->use.column->api_name), md_type_name(f->use.column->type), members[wanted]);
	return false;
}

static bool wrong_operator(struct md_check *c, const struct md_filter *f, bool equality)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	const char *expected = equality ? "= or !=" : "=, !=, >, <, >= or <=", *type = md_type_name(f->use.column->type);
	const struct md_details details = { .table = c->q->refs[f->use.ref].as, .column = f->use.column->api_name, .operator = f->op_text,
		                            .expected = md_str_z(expected), .actual = f->op_text };
	if (equality)
		md_report(c->cx, MD_INVALID_FILTER, &at, &details, "operator '%.*s' does not compare columns of type %s: expected %s",
		          MD_FMT(f->op_text), type, expected);
	else
		md_report(c->cx, MD_INVALID_FILTER, &at, &details, "operator '%.*s' does not compare columns: expected %s", MD_FMT(f->op_text),
		          expected);
	return false;
}

bool md_check_comparable(struct md_check *c, const struct md_filter *f)
{
	enum family left = family_of(f->use.column->type), right = family_of(f->ref_use.column->type);
	bool equality = f->op->id == MD_OP_EQ || f->op->id == MD_OP_NE;
	if (!equality && f->op->id != MD_OP_GT && f->op->id != MD_OP_LT && f->op->id != MD_OP_GE && f->op->id != MD_OP_LE)
		return wrong_operator(c, f, false);
	if (left == NONE)
		return wrong_column(c, f, false, NONE);
	if (left != right)
		return wrong_column(c, f, true, left);
	return equality || left < UUIDS || wrong_operator(c, f, true);
}
