/* Which columns can be compared with each other: numbers, whatever their types; dates and
 * timestamps; strings; times; enums of the same values in the same order; uuids and booleans for
 * equality alone. Refuses the rest, arrays, documents and bytes among them, and operators that are
 * no comparison, with INVALID_FILTER at the smallest wrong member. */
#include "validation/private.h"

enum family { NONE, NUMBERS, MOMENTS, STRINGS, TIMES, ENUMS, UUIDS, BOOLEANS };

static const char *const family_members[] = {
	[NONE] = "a number, a date, a timestamp, a time, an enum, a string, a uuid or a boolean",
	[NUMBERS] = "int, bigint, float or decimal",
	[MOMENTS] = "date or timestamp",
	[STRINGS] = "string",
	[TIMES] = "time",
	[ENUMS] = "enum of the same values in the same order",
	[UUIDS] = "uuid",
	[BOOLEANS] = "boolean",
};

static enum family family_of(struct md_type t)
{
	static const enum family families[MD_TYPES] = {
		[MD_STRING] = STRINGS, [MD_INT] = NUMBERS, [MD_BIGINT] = NUMBERS, [MD_FLOAT] = NUMBERS,
		[MD_DECIMAL] = NUMBERS,
		[MD_BOOLEAN] = BOOLEANS, [MD_UUID] = UUIDS, [MD_DATE] = MOMENTS, [MD_TIMESTAMP] = MOMENTS,
		[MD_TIME] = TIMES, [MD_ENUM] = ENUMS,
	};
	return t.array ? NONE : families[t.base];
}

static bool refuse_column(struct md_check *c, const struct md_filter *f, const struct md_bound_filter *b, bool second,
                          enum family wanted)
{
	const struct md_use *use = second ? &b->ref_use : &b->use;
	struct md_at at = { .up = &f->at, .key = second ? MD_STR("refColumn") : MD_STR("column") };
	const char *type = md_type_name(use->column->type), *expected = family_members[wanted];
	struct md_str name = use->column->api_name;
	const struct md_details details = { .table = c->refs[use->ref].as, .column = name, .operator = f->op_text,
		                            .expected = md_str_z(expected), .actual = md_str_z(type) };
	if (wanted == NONE)
		md_report(c->cx, MD_INVALID_FILTER, &at, &details, "column '%.*s' (%s) can't be compared with a column",
		          MD_FMT(name), type);
	else
		md_report(c->cx, MD_INVALID_FILTER, &at, &details,
		          "column '%.*s' (%s) can't be compared with '%.*s' (%s): expected %s", MD_FMT(name), type,
		          MD_FMT(b->use.column->api_name), md_type_name(b->use.column->type), expected);
	return false;
}

static bool refuse_operator(struct md_check *c, const struct md_filter *f, const struct md_use *use, bool equality)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	const char *expected = equality ? "= or !=" : "=, !=, >, <, >= or <=", *type = md_type_name(use->column->type);
	const struct md_details details = { .table = c->refs[use->ref].as,
		                            .column = use->column->api_name,
		                            .operator = f->op_text,
		                            .expected = md_str_z(expected),
		                            .actual = f->op_text };
	if (equality)
		md_report(c->cx, MD_INVALID_FILTER, &at, &details,
		          "operator '%.*s' does not compare columns of type %s: expected %s", MD_FMT(f->op_text), type,
		          expected);
	else
		md_report(c->cx, MD_INVALID_FILTER, &at, &details,
		          "operator '%.*s' does not compare columns: expected %s", MD_FMT(f->op_text), expected);
	return false;
}

bool md_check_comparable(struct md_check *c, const struct md_filter *f, const struct md_bound_filter *bound)
{
	enum family left = family_of(bound->use.column->type), right = family_of(bound->ref_use.column->type);
	enum md_op op = bound->op->id;
	bool equality = op == MD_OP_EQ || op == MD_OP_NE;
	if (!equality && op != MD_OP_GT && op != MD_OP_LT && op != MD_OP_GE && op != MD_OP_LE)
		return refuse_operator(c, f, &bound->use, false);
	if (left == NONE)
		return refuse_column(c, f, bound, false, NONE);
	if (left != right || !md_labels_are_same(bound->use.column->labels, bound->ref_use.column->labels))
		return refuse_column(c, f, bound, true, left);
	return equality || left < UUIDS || refuse_operator(c, f, &bound->use, true);
}
