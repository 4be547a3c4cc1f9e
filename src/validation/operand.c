/* Operands: JSON to canonical text of the column's type, by the operator's shape. Refuses
 * missing and null operands, wrong types, ranges, empty lists, nulls in lists, a lone backslash
 * at the end of a pattern. Repeats in lists are kept: they change nothing. An edit distance is
 * bounded so that no text over DISTANCE_CHARS characters can be within it: some engines measure
 * none that are longer. */
#include "validation/private.h"

enum { MOST_REPORTED = 20 /* wrong elements of one list: more would bury the rest */, DISTANCE_CHARS = 255 };

static inline const char *check_any_scalar(struct md_check *c, enum md_base_type t, const struct md_json *v,
                                           bool lenient, struct md_str *out)
{
	struct md_str text;
	enum md_json_type given = md_json_read_text(v, &text);
	if (given == MD_JSON_STRING || given == MD_JSON_NUMBER)
		return md_value_parse(c->cx->arena, t, text, given == MD_JSON_NUMBER, lenient, out);
	if (given == MD_JSON_BOOL && t == MD_BOOLEAN) {
		*out = md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
		return NULL;
	}
	/* never a value: says what is */
	return md_value_parse(c->cx->arena, t, MD_STR("\0"), false, false, out);
}

const char *md_check_scalar(struct md_check *c, enum md_base_type t, const struct md_labels *labels,
                            const struct md_json *v, bool lenient, struct md_str *out)
{
	if (!labels)
		return check_any_scalar(c, t, v, lenient, out);
	const char *expected = check_any_scalar(c, t, v, lenient, out);
	if (!expected && md_label_place(labels, *out) != MD_NONE)
		return NULL;
	expected = md_labels_expected(c->cx->arena, labels);
	return expected ? expected : "a value of the enum";
}

struct md_str md_near_label(const struct md_labels *labels, const struct md_json *v)
{
	if (!labels || !v || md_json_type(v) != MD_JSON_STRING)
		return MD_NOSTR;
	return md_str_nearest(md_json_text(v), labels->v, labels->n);
}

static void report_wrong(struct md_check *c, const struct md_operand *o, const struct md_at *at, const char *expected,
                         const struct md_json *v)
{
	const struct md_filter *f = o->filter;
	struct md_str actual = v ? md_json_show(c->cx->arena, v) : MD_STR("nothing");
	struct md_str near = md_near_label(o->labels, v);
	bool is_null = v && md_json_type(v) == MD_JSON_NULL && o->op->shape == MD_SHAPE_VALUE;
	md_report(c->cx, MD_INVALID_VALUE, at,
	          MD_DETAILS(.table = o->table, .column = f->column, .operator = f->op_text,
	                     .expected = md_str_z(expected),
	                     .actual = actual,
	                     .suggestion = near),
	          "invalid value for '%.*s' (%s): expected %s, got %.*s%s%s", MD_FMT(f->column), md_type_name(o->type),
	          expected, MD_FMT(actual), is_null ? " (isNull finds NULL)" : "",
	          md_did_you_mean(c->cx->arena, near));
}

static void report_over(struct md_check *c, const struct md_operand *o, const struct md_at *at, const char *limit,
                        int64_t most, size_t n)
{
	struct md_str expected = md_str_fmt(c->cx->arena, "at most %lld", (long long)most),
		      actual = md_str_fmt(c->cx->arena, "%zu", n);
	md_report(c->cx, MD_LIMIT_EXCEEDED, at,
	          MD_DETAILS(.table = o->table, .column = o->filter->column, .operator = o->filter->op_text,
	                     .expected = expected,
	                     .actual = actual),
	          "limit %s exceeded: %.*s, got %.*s", limit, MD_FMT(expected), MD_FMT(actual));
}

/* The definition's parser has counted how many there can be (md_query.n_operands). */
static struct md_value *take_slots(struct md_check *c, uint32_t n)
{
	struct md_value *first = &c->operands[c->n_operands];
	for (uint32_t i = 0; i < n; i++) {
		first[i].origin = MD_FROM_OPERAND;
		first[i].form = 0;
		first[i].place = (c->n_operands + i) & MD_LARGEST_PLACE;
	}
	c->n_operands += n;
	return first;
}

static struct md_type scalar_type(const struct md_operand *o)
{
	return (struct md_type){ .base = o->type.base };
}

static inline void read_scalar(struct md_check *c, const struct md_operand *o, const struct md_at *at,
                               const struct md_json *v, struct md_value *out)
{
	out->type = scalar_type(o);
	const char *expected = md_check_scalar(c, (enum md_base_type)out->type.base, o->labels, v, false, &out->text);
	if (expected)
		report_wrong(c, o, at, expected, v);
}

static void read_items(struct md_check *c, const struct md_operand *o, const struct md_at *at, struct md_str *items,
                       size_t n)
{
	struct md_json_iter it;
	unsigned reported = 0;
	md_json_iter(&it, o->value);
	for (uint32_t i = 0; i < n && reported < MOST_REPORTED; i++) {
		const struct md_json *v = md_json_next(&it, NULL);
		const char *expected = md_check_scalar(c, (enum md_base_type)o->type.base, o->labels, v, false,
		                                       &items[i]);
		if (!expected)
			continue;
		report_wrong(c, o, MD_AT_IDX(at, i), expected, v);
		reported++;
	}
}

static void read_list(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	size_t n = md_json_size(o->value);
	int64_t most = c->cx->meta->limits.in_list;
	if (md_json_type(o->value) != MD_JSON_ARRAY || n == 0) {
		report_wrong(c, o, at, "a non-empty array", o->value);
		return;
	}
	if (n > (uint64_t)most) {
		report_over(c, o, at, "inList", most, n);
		return;
	}
	struct md_str *items = md_alloc(c->cx->arena, n * sizeof *items);
	if (!items)
		return;
	read_items(c, o, at, items, n);
	struct md_value *out = take_slots(c, 1);
	out->type = (struct md_type){ .base = o->type.base, .array = true };
	out->list.items = items;
	out->list.n = n;
}

/* A list of one. */
static void read_element(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	struct md_value *out = take_slots(c, 1);
	struct md_str *item = md_alloc(c->cx->arena, sizeof *item);
	read_scalar(c, o, at, o->value, out);
	if (!item)
		return;
	*item = out->text;
	out->type.array = true;
	out->list.items = item;
	out->list.n = 1;
}

/* ---- operands of two members ---- */

struct pair {
	struct md_str name[2];
	const char *what, *members, *whole;
	void (*read)(struct md_check *c, const struct md_operand *o, const struct md_at *at, const struct md_json *v,
	             unsigned member, struct md_value *out);
};

static void report_key(struct md_check *c, const struct md_operand *o, const struct md_at *at, const struct pair *pair,
                       bool twice)
{
	const struct md_details details = { .table = o->table,
		                            .column = o->filter->column,
		                            .operator = o->filter->op_text,
		                            .expected = md_str_z(pair->members),
		                            .actual = at->key,
		                            .suggestion = twice ? MD_NOSTR : md_str_nearest(at->key, pair->name, 2) };
	if (twice)
		md_report(c->cx, MD_UNKNOWN_KEY, at, &details, "key '%.*s' is given twice", MD_FMT(at->key));
	else
		md_report(c->cx, MD_UNKNOWN_KEY, at, &details, "unknown key '%.*s' in a %s", MD_FMT(at->key),
		          pair->what);
}

enum { PAIR_FIRST = 1, PAIR_SECOND = 2, PAIR_UNKNOWN = 4 };

static unsigned find_member(const struct pair *pair, struct md_str key)
{
	if (md_str_eq(key, pair->name[1]))
		return PAIR_SECOND;
	return md_str_eq(key, pair->name[0]) ? PAIR_FIRST : PAIR_UNKNOWN;
}

/* The slots of both; NULL: they are not both there, or not whole. */
static const struct md_value *read_pair(struct md_check *c, const struct md_operand *o, const struct md_at *at,
                                        const struct pair *pair)
{
	struct md_json_iter it;
	struct md_at here = { .up = at };
	size_t before = md_problem_count(c->cx->err);
	unsigned seen = 0;
	if (md_json_type(o->value) != MD_JSON_OBJECT) {
		report_wrong(c, o, at, pair->whole, o->value);
		return NULL;
	}
	struct md_value *out = take_slots(c, 2);
	md_json_iter(&it, o->value);
	for (const struct md_json *v; (v = md_json_next(&it, &here.key));) {
		unsigned member = find_member(pair, here.key);
		if (member == PAIR_UNKNOWN || seen & member)
			report_key(c, o, &here, pair, member != PAIR_UNKNOWN);
		else
			pair->read(c, o, &here, v, member == PAIR_SECOND, &out[member == PAIR_SECOND]);
		seen |= member;
	}
	if ((seen & (PAIR_FIRST | PAIR_SECOND)) != (PAIR_FIRST | PAIR_SECOND) && !(seen & PAIR_UNKNOWN))
		report_wrong(c, o, at, md_str_fmt(c->cx->arena, "an object with %s", pair->members).p,
		             o->value);
	return md_problem_count(c->cx->err) == before ? out : NULL;
}

static void read_range_end(struct md_check *c, const struct md_operand *o, const struct md_at *at,
                           const struct md_json *v, unsigned member, struct md_value *out)
{
	(void)member;
	read_scalar(c, o, at, v, out);
}

static void read_range(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	static const struct pair pair = {
		{ { "from", 4 }, { "to", 2 } }, "range", "from and to", "an object {from, to}", read_range_end
	};
	read_pair(c, o, at, &pair);
}

static void read_distance_member(struct md_check *c, const struct md_operand *o, const struct md_at *at,
                                 const struct md_json *v, unsigned member, struct md_value *out)
{
	out->type = (struct md_type){ .base = member ? MD_INT : MD_STRING };
	const char *expected = md_check_scalar(c, (enum md_base_type)out->type.base, NULL, v, false, &out->text);
	if (member && (expected || out->text.n > 3 || out->text.p[0] == '-' ||
	               (out->text.n == 3 && memcmp(out->text.p, "254", 3) > 0)))
		expected = "an integer from 0 to 254";
	else if (!member && !expected && !out->text.n)
		expected = "a text that is not empty";
	if (expected)
		report_wrong(c, o, at, expected, v);
}

static size_t count_characters(struct md_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void read_distance(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	static const struct pair pair = { { { "text", 4 }, { "maxDistance", 11 } }, "distance", "text and maxDistance",
		                          "an object {text, maxDistance}", read_distance_member };
	const struct md_value *v = read_pair(c, o, at, &pair);
	size_t most = 0;
	if (!v)
		return;
	for (size_t i = 0; i < v[1].text.n; i++)
		most = most * 10 + (size_t)(v[1].text.p[i] - '0');
	if (count_characters(v[0].text) + most > DISTANCE_CHARS)
		report_wrong(c, o, at, "at most 255 for the characters of text and maxDistance together",
		             o->value);
}

/* The same pattern with one spelling: a backslash stands only before % _ and itself. Engines
 * disagree about others (ClickHouse takes both characters, Trino refuses). False: a lone one at
 * the end. */
static bool write_canonical_pattern(char *to, struct md_str in, size_t *n, size_t *wildcards)
{
	*n = *wildcards = 0;
	for (size_t i = 0; i < in.n; i++) {
		char ch = in.p[i];
		if (ch == '\\') {
			if (++i == in.n)
				return false;
			if (in.p[i] == '%' || in.p[i] == '_' || in.p[i] == '\\')
				to[(*n)++] = ch;
		} else {
			*wildcards += ch == '%' || ch == '_';
		}
		to[(*n)++] = in.p[i];
	}
	return true;
}

static void read_pattern(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	size_t n, wildcards, before = md_problem_count(c->cx->err);
	int64_t most = c->cx->meta->limits.wildcards;
	struct md_value *out = take_slots(c, 1);
	read_scalar(c, o, at, o->value, out);
	if (md_problem_count(c->cx->err) != before)
		return;
	char *to = md_alloc(c->cx->arena, out->text.n);
	if (!to)
		return;
	if (!write_canonical_pattern(to, out->text, &n, &wildcards)) {
		report_wrong(c, o, at, "a pattern without a lone backslash at its end", o->value);
		return;
	}
	if (wildcards > (uint64_t)most)
		report_over(c, o, at, "wildcards", most, wildcards);
	out->text = (struct md_str){ to, n };
}

static void refuse_value(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	if (o->value && md_json_type(o->value) != MD_JSON_NULL)
		report_wrong(c, o, at, "no value", o->value);
}

/* NULL: a value of the column's type. */
static const char *expected_by_shape(enum md_operand_shape shape)
{
	static const char *const words[] = { [MD_SHAPE_LIST] = "a non-empty array",
		                             [MD_SHAPE_ELEMENTS] = "a non-empty array",
		                             [MD_SHAPE_RANGE] = "an object {from, to}",
		                             [MD_SHAPE_DISTANCE] = "an object {text, maxDistance}" };
	return words[shape];
}

static void report_missing(struct md_check *c, const struct md_operand *o)
{
	const struct md_filter *f = o->filter;
	struct md_str unused;
	const char *expected = expected_by_shape(o->op->shape);
	if (!expected && o->labels)
		expected = md_labels_expected(c->cx->arena, o->labels);
	if (!expected)
		expected = md_value_parse(c->cx->arena, (enum md_base_type)o->type.base, MD_STR("\0"), false, false,
		                          &unused);
	md_report(c->cx, MD_INVALID_VALUE, &f->at,
	          MD_DETAILS(.table = o->table, .column = f->column, .operator = f->op_text,
	                     .expected = md_str_z(expected),
	                     .actual = MD_STR("nothing")),
	          "value is missing: operator '%.*s' expects %s", MD_FMT(f->op_text), expected);
}

static void read_by_shape(struct md_check *c, const struct md_operand *o, const struct md_at *at)
{
	switch (o->op->shape) {
	case MD_SHAPE_NONE:
		refuse_value(c, o, at);
		return;
	case MD_SHAPE_LIST:
	case MD_SHAPE_ELEMENTS:
		read_list(c, o, at);
		return;
	case MD_SHAPE_ELEMENT:
		read_element(c, o, at);
		return;
	case MD_SHAPE_DISTANCE:
		read_distance(c, o, at);
		return;
	case MD_SHAPE_RANGE:
		read_range(c, o, at);
		return;
	case MD_SHAPE_PATTERN:
		read_pattern(c, o, at);
		return;
	default: /* VALUE, TEXT */
		read_scalar(c, o, at, o->value, take_slots(c, 1));
	}
}

/* Do the operands of an enum become a list of labels? */
static bool becomes_labels(const struct md_operand *o)
{
	enum md_op op = o->op->id;
	return !o->type.array && o->op->shape != MD_SHAPE_NONE && op != MD_OP_EQ && op != MD_OP_IN;
}

uint32_t md_check_operand(struct md_check *c, const struct md_operand *o)
{
	struct md_at at = { .up = &o->filter->at, .key = MD_STR("value") };
	size_t before = md_problem_count(c->cx->err);
	uint32_t slot = c->n_operands;
	if (!o->value && o->op->shape != MD_SHAPE_NONE)
		report_missing(c, o);
	else
		read_by_shape(c, o, &at);
	if (o->labels && becomes_labels(o) && md_problem_count(c->cx->err) == before && !c->cx->arena->oom)
		md_list_enum_operand(c, o->op->id, o->labels, &c->operands[slot]);
	if (c->notes)
		md_note_operand(c, o, slot);
	return slot;
}
