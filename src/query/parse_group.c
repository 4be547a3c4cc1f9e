/* groupBy `{column, table?, bucket?, as?}`, aggregations `{fn, column, table?, alias}` and
 * having. Refuses wrong JSON types, unknown words, empty lists, names that are no text of 1 to
 * 128 bytes without control characters. Whatever is wrong inside having is INVALID_HAVING,
 * limits apart. */
#include "query/private.h"

enum { LONGEST_ALIAS = 128 };

/* C0, DEL and C1, which in UTF-8 is C2 80 to C2 9F. */
static bool has_control(struct md_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			return true;
	}
	return false;
}

/* A name that the caller gives to an output: any text, since it never reaches SQL. */
static bool read_name(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                      struct md_str *out)
{
	struct md_str s;
	if (!md_parse_string(p, code, v, at, &s))
		return false;
	if (s.n == 0 || s.n > LONGEST_ALIAS || has_control(s)) {
		md_parse_wrong_with(p, code, at, "a text of 1 to 128 bytes without control characters", v,
		                    MD_DETAILS(.alias = s));
		return false;
	}
	*out = s;
	return true;
}

/* A list of n objects; 0 where it is none, empty or over the limit, which is reported. */
static uint32_t check_list_size(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                          const char *expected)
{
	size_t n = md_json_size(v);
	int64_t most = p->cx->meta->limits.columns;
	if (md_json_type(v) != MD_JSON_ARRAY || n == 0) {
		md_parse_wrong(p, code, at, expected, v);
		return 0;
	}
	if (n > (uint64_t)most) {
		md_parse_over(p, at, "columns", most, n);
		return 0;
	}
	return (uint32_t)n;
}

/* ---- groupBy ---- */

static void read_group_column(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_group *g = node;
	g->broken |= !md_parse_string(p, MD_INVALID_GROUP_BY, v, at, &g->column);
}

static void read_group_table(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_group *g = node;
	g->broken |= !md_parse_string(p, MD_INVALID_GROUP_BY, v, at, &g->table);
}

static void read_bucket(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "year", "quarter", "month", "week", "day", "hour", "minute" };
	struct md_group *g = node;
	unsigned word = 0;
	if (md_parse_word(p, MD_INVALID_GROUP_BY, v, at, words, 7, &word))
		g->bucket = (enum md_bucket)(MD_YEAR + word);
	else
		g->broken = true;
}

static void read_group_as(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_group *g = node;
	g->broken |= !read_name(p, MD_INVALID_GROUP_BY, v, at, &g->as);
}

static const struct md_member group_members[] = {
	MD_MEMBER("column", read_group_column), /* first: its bit is asked for below */
	MD_MEMBER("table", read_group_table),
	MD_MEMBER("bucket", read_bucket),
	MD_MEMBER("as", read_group_as),
};

static void read_group(struct md_parse *p, struct md_group *g, const struct md_json *v)
{
	if (md_json_type(v) != MD_JSON_OBJECT) {
		md_parse_wrong(p, MD_INVALID_GROUP_BY, &g->at, "an object with column", v);
		g->broken = true;
		return;
	}
	uint32_t seen = md_parse_object(p, MD_MEMBERS(group_members, MD_WORD_IN_GROUP), g, v, &g->at);
	g->broken |= seen & MD_KEYS_UNKNOWN || !(seen & 1u);
	if (!(seen & (MD_KEYS_UNKNOWN | 1u)))
		md_parse_missing(p, MD_INVALID_GROUP_BY, &g->at, "column", "a column name");
}

void md_parse_groups(struct md_parse *p, const struct md_json *v, const struct md_at *at)
{
	uint32_t n = check_list_size(p, MD_INVALID_GROUP_BY, v, at, "a non-empty array of {column}");
	struct md_json_iter it;
	p->q->groups_given = true;
	if (!n)
		return;
	const struct md_at *up = md_parse_keep(p, at);
	struct md_group *groups = md_new_n(p->cx->arena, struct md_group, n);
	if (!up || !groups)
		return;
	p->q->groups = groups;
	p->q->n_groups = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++) {
		groups[i].at = (struct md_at){ .up = up, .index = i };
		read_group(p, &groups[i], md_json_next(&it, NULL));
	}
}

/* ---- aggregations ---- */

static void read_fn(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "count", "countDistinct", "sum", "avg", "min", "max" };
	struct md_agg *a = node;
	unsigned word = 0;
	if (md_parse_find_word(v, words, 6, &word)) {
		a->fn = (enum md_fn)(MD_FN_COUNT + word);
		return;
	}
	md_parse_wrong_word(p, MD_INVALID_AGGREGATION, v, at, words, 6,
	                    MD_DETAILS(.fn = md_json_text(v),
	                               .hint = md_foreign_word_hint(MD_WORD_IN_FUNCTION, md_json_text(v))));
	a->broken = true;
}

static void read_agg_column(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_agg *a = node;
	a->broken |= !md_parse_string(p, MD_INVALID_AGGREGATION, v, at, &a->column);
}

static void read_agg_table(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_agg *a = node;
	a->broken |= !md_parse_string(p, MD_INVALID_AGGREGATION, v, at, &a->table);
}

static void read_alias(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_agg *a = node;
	a->broken |= !read_name(p, MD_INVALID_AGGREGATION, v, at, &a->alias);
}

enum { AGG_FN = 1, AGG_COLUMN = 2, AGG_ALIAS = 4 }; /* bits of the first three */
static const struct md_member agg_members[] = {
	MD_MEMBER("fn", read_fn),
	MD_MEMBER("column", read_agg_column),
	MD_MEMBER("alias", read_alias),
	MD_MEMBER("table", read_agg_table),
};

static void read_agg(struct md_parse *p, struct md_agg *a, const struct md_json *v)
{
	if (md_json_type(v) != MD_JSON_OBJECT) {
		md_parse_wrong(p, MD_INVALID_AGGREGATION, &a->at, "an object with fn, column and alias", v);
		a->broken = true;
		return;
	}
	uint32_t seen = md_parse_object(p, MD_MEMBERS(agg_members, MD_WORD_IN_AGGREGATION), a, v, &a->at);
	a->broken |= seen & MD_KEYS_UNKNOWN ||
	             (seen & (AGG_FN | AGG_COLUMN | AGG_ALIAS)) != (AGG_FN | AGG_COLUMN | AGG_ALIAS);
	if (seen & MD_KEYS_UNKNOWN)
		return;
	if (!(seen & AGG_FN))
		md_parse_missing(p, MD_INVALID_AGGREGATION, &a->at, "fn", "count, countDistinct, sum, avg, min or max");
	if (!(seen & AGG_COLUMN))
		md_parse_missing(p, MD_INVALID_AGGREGATION, &a->at, "column", "a column name, or * to count rows");
	if (!(seen & AGG_ALIAS))
		md_parse_missing(p, MD_INVALID_AGGREGATION, &a->at, "alias", "a name for the result");
}

void md_parse_aggs(struct md_parse *p, const struct md_json *v, const struct md_at *at)
{
	uint32_t n = check_list_size(p, MD_INVALID_AGGREGATION, v, at, "a non-empty array of {fn, column, alias}");
	struct md_json_iter it;
	p->q->aggs_given = true;
	if (!n)
		return;
	const struct md_at *up = md_parse_keep(p, at);
	struct md_agg *aggs = md_new_n(p->cx->arena, struct md_agg, n);
	if (!up || !aggs)
		return;
	p->q->aggs = aggs;
	p->q->n_aggs = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++) {
		aggs[i].at = (struct md_at){ .up = up, .index = i };
		read_agg(p, &aggs[i], md_json_next(&it, NULL));
	}
}

/* ---- having ---- */

enum { HAVING_DEPTH = 2 }; /* definition, having */

void md_parse_having(struct md_parse *p, const struct md_json *v, const struct md_at *at)
{
	size_t before = p->cx->err->problems.n;
	p->is_in_having = true;
	md_parse_filters(p, &p->q->having, v, at, HAVING_DEPTH);
	p->is_in_having = false;
	for (size_t i = before; i < p->cx->err->problems.n; i++) {
		struct md_problem *wrong = &p->cx->err->problems.v[i];
		if (wrong->code != MD_LIMIT_EXCEEDED)
			wrong->code = MD_INVALID_HAVING;
	}
}
