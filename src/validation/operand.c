/* Operands: JSON to canonical text of the column's type, by the operator's shape. Refuses missing and null operands, wrong types,
 * ranges, empty lists, nulls in lists, a lone backslash at the end of a pattern. Repeats in lists are kept: they change nothing. An edit distance is
 * bounded so that no text over DISTANCE_CHARS characters can be within it: some engines measure none that are longer. */
#include "validation/check.h"

enum { MOST_REPORTED = 20 /* wrong elements of one list: more would bury the rest */, DISTANCE_CHARS = 255 };

const char *md_check_scalar(struct md_check *c, enum md_base_type t, const struct md_json *v, bool lenient, struct md_str *out)
{
	switch (md_json_type(v)) {
	case MD_JSON_STRING:
		return md_value_parse(c->cx->arena, t, md_json_text(v), false, lenient, out);
	case MD_JSON_NUMBER:
		return md_value_parse(c->cx->arena, t, md_json_text(v), true, lenient, out);
	case MD_JSON_BOOL:
		if (t == MD_BOOLEAN) {
			*out = md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
			return NULL;
		}
		return md_value_parse(c->cx->arena, t, MD_STR("\0"), false, false, out); /* never a value: says what is */
	default:
		return md_value_parse(c->cx->arena, t, MD_STR("\0"), false, false, out);
	}
}

static struct md_str table_name(const struct md_check *c, const struct md_filter *f)
{
	return c->q->refs[f->use.ref].as;
}

static void wrong(struct md_check *c, const struct md_filter *f, const struct md_at *at, const char *expected, const struct md_json *v)
{
	struct md_str actual = v ? md_json_show(c->cx->arena, v) : MD_STR("nothing");
	const char *hint = v && md_json_type(v) == MD_JSON_NULL && f->op->shape == MD_SHAPE_VALUE ? " (isNull finds NULL)" : "";
	md_report(c->cx, MD_INVALID_VALUE, at,
	          MD_DETAILS(.table = table_name(c, f), .column = f->column, .operator = f->op_text, .expected = md_str_z(expected),
	                     .actual = actual),
	          "invalid value for '%.*s' (%s): expected %s, got %.*s%s", MD_FMT(f->column), md_type_name(f->use.column->type), expected,
	          MD_FMT(actual), hint);
}

static void over(struct md_check *c, const struct md_filter *f, const struct md_at *at, const char *limit, int64_t most, size_t n)
{
	struct md_str expected = md_str_fmt(c->cx->arena, "at most %lld", (long long)most), actual = md_str_fmt(c->cx->arena, "%zu", n);
	md_report(c->cx, MD_LIMIT_EXCEEDED, at,
	          MD_DETAILS(.table = table_name(c, f), .column = f->column, .operator = f->op_text, .expected = expected, .actual = actual),
	          "limit %s exceeded: %.*s, got %.*s", limit, MD_FMT(expected), MD_FMT(actual));
}

static struct md_type scalar_type(const struct md_filter *f)
{
	return (struct md_type){ .base = f->use.column->type.base };
}

static void one(struct md_check *c, struct md_filter *f, const struct md_at *at, const struct md_json *v, struct md_value *out)
{
	out->type = scalar_type(f);
	const char *expected = md_check_scalar(c, (enum md_base_type)out->type.base, v, false, &out->text);
	if (expected)
		wrong(c, f, at, expected, v);
}

static void list(struct md_check *c, struct md_filter *f, const struct md_at *at)
{
	size_t n = md_json_size(f->value);
	int64_t most = c->cx->meta->limits.in_list;
	struct md_json_iter it;
	if (md_json_type(f->value) != MD_JSON_ARRAY || n == 0) {
		wrong(c, f, at, "a non-empty array", f->value);
		return;
	}
	if (n > (uint64_t)most) {
		over(c, f, at, "inList", most, n);
		return;
	}
	struct md_str *items = md_alloc(c->cx->arena, n * sizeof *items);
	struct md_type t = scalar_type(f);
	unsigned reported = 0;
	md_json_iter(&it, f->value);
	for (uint32_t i = 0; items && i < n && reported < MOST_REPORTED; i++) {
		const struct md_json *v = md_json_next(&it, NULL);
		const char *expected = md_check_scalar(c, (enum md_base_type)t.base, v, false, &items[i]);
		if (expected) {
			wrong(c, f, MD_AT_IDX(at, i), expected, v);
			reported++;
		}
	}
	t.array = true;
	f->v[0].type = t;
	f->v[0].list.items = items;
	f->v[0].list.n = n;
}

/* A list of one. */
static void element(struct md_check *c, struct md_filter *f, const struct md_at *at)
{
	struct md_value v;
	struct md_str *item = md_alloc(c->cx->arena, sizeof *item);
	one(c, f, at, f->value, &v);
	if (!item)
		return;
	*item = v.text;
	v.type.array = true;
	v.list.items = item;
	v.list.n = 1;
	f->v[0] = v;
}

/* ---- operands of two members ---- */

struct pair {
	struct md_str name[2];
	const char *what, *members, *whole;
	void (*take)(struct md_check *c, struct md_filter *f, const struct md_at *at, const struct md_json *v, unsigned member);
};

static void pair_key(struct md_check *c, const struct md_filter *f, const struct md_at *at, const struct pair *pair, bool twice)
{
	const struct md_details details = { .table = table_name(c, f), .column = f->column, .operator = f->op_text,
		                            .expected = md_str_z(pair->members), .actual = at->key,
		                            .suggestion = twice ? MD_NOSTR : md_str_nearest(at->key, pair->name, 2) };
	if (twice)
		md_report(c->cx, MD_UNKNOWN_KEY, at, &details, "key '%.*s' is given twice", MD_FMT(at->key));
	else
		md_report(c->cx, MD_UNKNOWN_KEY, at, &details, "unknown key '%.*s' in a %s", MD_FMT(at->key), pair->what);
}

/* Are both there, and whole? */
static bool two(struct md_check *c, struct md_filter *f, const struct md_at *at, const struct pair *pair)
{
	struct md_json_iter it;
	struct md_at here = { .up = at };
	size_t before = c->cx->err->problems.n;
	unsigned seen = 0;
	if (md_json_type(f->value) != MD_JSON_OBJECT) {
		wrong(c, f, at, pair->whole, f->value);
		return false;
	}
	md_json_iter(&it, f->value);
	for (const struct md_json *v; (v = md_json_next(&it, &here.key));) {
		bool second = md_str_eq(here.key, pair->name[1]);
		unsigned bit = second ? 2 : md_str_eq(here.key, pair->name[0]) ? 1 : 0;
		if (!bit || seen & bit)
			pair_key(c, f, &here, pair, bit != 0);
		else
			pair->take(c, f, &here, v, second);
		seen |= bit ? bit : 4;
	}
	if ((seen & 3) != 3 && !(seen & 4))
		wrong(c, f, at, md_str_fmt(c->cx->arena, "an object with %s", pair->members).p, f->value);
	return c->cx->err->problems.n == before;
}

static void take_bound(struct md_check *c, struct md_filter *f, const struct md_at *at, const struct md_json *v, unsigned member)
{
	one(c, f, at, v, &f->v[member]);
}

static void range(struct md_check *c, struct md_filter *f, const struct md_at *at)
{
	static const struct pair pair = { { { "from", 4 }, { "to", 2 } }, "range", "from and to", "an object {from, to}", take_bound };
	two(c, f, at, &pair);
}

static void take_distance(struct md_check *c, struct md_filter *f, const struct md_at *at, const struct md_json *v, unsigned member)
{
	struct md_value *out = &f->v[member];
	out->type = (struct md_type){ .base = member ? MD_INT : MD_STRING };
	const char *expected = md_check_scalar(c, (enum md_base_type)out->type.base, v, false, &out->text);
	if (member && (expected || out->text.n > 3 || out->text.p[0] == '-' || (out->text.n == 3 && memcmp(out->text.p, "254", 3) > 0)))
		expected = "an integer from 0 to 254";
	else if (!member && !expected && !out->text.n)
		expected = "a text that is not empty";
	if (expected)
		wrong(c, f, at, expected, v);
}

static size_t characters(struct md_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void distance(struct md_check *c, struct md_filter *f, const struct md_at *at)
{
	static const struct pair pair = { { { "text", 4 }, { "maxDistance", 11 } }, "distance", "text and maxDistance", "an object {text, maxDistance}",
		                          take_distance };
	size_t most = 0;
	if (!two(c, f, at, &pair))
		return;
	for (size_t i = 0; i < f->v[1].text.n; i++)
		most = most * 10 + (size_t)(f->v[1].text.p[i] - '0');
	if (characters(f->v[0].text) + most > DISTANCE_CHARS)
		wrong(c, f, at, "at most 255 for the characters of text and maxDistance together", f->value);
}

/* The same pattern with one spelling: a backslash stands only before % _ and itself. False: a lone one at the end. */
static bool canonical_pattern(char *to, struct md_str in, size_t *n, size_t *wildcards)
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

static void pattern(struct md_check *c, struct md_filter *f, const struct md_at *at)
{
	size_t n, wildcards, before = c->cx->err->problems.n;
	int64_t most = c->cx->meta->limits.wildcards;
	one(c, f, at, f->value, &f->v[0]);
	if (c->cx->err->problems.n != before)
		return;
	char *to = md_alloc(c->cx->arena, f->v[0].text.n);
	if (!to)
		return;
	if (!canonical_pattern(to, f->v[0].text, &n, &wildcards)) {
		wrong(c, f, at, "a pattern without a lone backslash at its end", f->value);
		return;
	}
	if (wildcards > (uint64_t)most)
		over(c, f, at, "wildcards", most, wildcards);
	f->v[0].text = (struct md_str){ to, n };
}

static void none(struct md_check *c, struct md_filter *f, const struct md_at *at)
{
	if (f->value && md_json_type(f->value) != MD_JSON_NULL)
		wrong(c, f, at, "no value", f->value);
}

static const char *wanted(enum md_operand_shape shape)
{
	static const char *const words[] = { [MD_SHAPE_LIST] = "a non-empty array", [MD_SHAPE_ELEMENTS] = "a non-empty array",
		                             [MD_SHAPE_RANGE] = "an object {from, to}", [MD_SHAPE_DISTANCE] = "an object {text, maxDistance}" };
	return words[shape];
}

static void missing(struct md_check *c, struct md_filter *f)
{
	struct md_str unused;
	const char *expected = wanted(f->op->shape);
	if (!expected)
		expected = md_value_parse(c->cx->arena, (enum md_base_type)f->use.column->type.base, MD_STR("\0"), false, false, &unused);
	md_report(c->cx, MD_INVALID_VALUE, &f->at,
	          MD_DETAILS(.table = table_name(c, f), .column = f->column, .operator = f->op_text, .expected = md_str_z(expected),
	                     .actual = MD_STR("nothing")),
	          "value is missing: operator '%.*s' expects %s", MD_FMT(f->op_text), expected);
}

void md_check_operand(struct md_check *c, struct md_filter *f)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("value") };
	if (!f->value && f->op->shape != MD_SHAPE_NONE) {
		missing(c, f);
		return;
	}
	switch (f->op->shape) {
	case MD_SHAPE_NONE:
		none(c, f, &at);
		return;
	case MD_SHAPE_LIST:
	case MD_SHAPE_ELEMENTS:
		list(c, f, &at);
		return;
	case MD_SHAPE_ELEMENT:
		element(c, f, &at);
		return;
	case MD_SHAPE_DISTANCE:
		distance(c, f, &at);
		return;
	case MD_SHAPE_RANGE:
		range(c, f, &at);
		return;
	case MD_SHAPE_PATTERN:
		pattern(c, f, &at);
		return;
	default: /* VALUE, TEXT */
		one(c, f, &at, f->value, &f->v[0]);
	}
}
