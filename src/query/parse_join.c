/* joins: `{table, as?, via?, reverse?, parent?, type?, columns?, filters?, on?}`. Refuses wrong
 * JSON types, unknown words, an `as` that is no API name. A join without a usable table, parent,
 * via, as or reverse is marked broken: validation then does not guess. */
#include "query/private.h"

static void read_table(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_join *j = node;
	j->broken |= !md_parse_string(p, MD_INVALID_JOIN, v, at, &j->table);
}

static bool is_api_name(struct md_str s)
{
	if (s.n == 0 || s.n > 64 || s.p[0] < 'a' || s.p[0] > 'z')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

static void read_as(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_join *j = node;
	if (!md_parse_string(p, MD_INVALID_JOIN, v, at, &j->as)) {
		j->broken = true;
	} else if (!is_api_name(j->as)) {
		md_parse_wrong_with(p, MD_INVALID_JOIN, at, "a lower-case letter, then letters and digits, at most 64",
		                    v, MD_DETAILS(.alias = j->as));
		j->broken = true;
	}
}

static void read_via(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_join *j = node;
	j->broken |= !md_parse_string(p, MD_INVALID_JOIN, v, at, &j->via);
}

static void read_parent(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_join *j = node;
	j->broken |= !md_parse_string(p, MD_INVALID_JOIN, v, at, &j->parent);
}

static void read_reverse(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_join *j = node;
	j->broken |= !md_parse_bool(p, MD_INVALID_JOIN, v, at, &j->reverse);
	j->reverse_given = true;
}

static void read_type(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "left", "inner" };
	struct md_join *j = node;
	unsigned word = 0;
	if (md_parse_word(p, MD_INVALID_JOIN, v, at, words, 2, &word))
		j->inner = word == 1;
}

static void read_columns(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_join *j = node;
	j->columns_given = md_parse_columns(p, v, at, &j->columns, &j->n_columns);
}

enum { JOIN_FILTERS_DEPTH = 4 }; /* definition, joins, join, filters */

static void read_filters(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	md_parse_filters(p, &((struct md_join *)node)->filters, v, at, JOIN_FILTERS_DEPTH);
}

static void read_on(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	md_parse_filters(p, &((struct md_join *)node)->on, v, at, JOIN_FILTERS_DEPTH);
}

static const struct md_member members[] = {
	MD_MEMBER("table", read_table), /* first: its bit is asked for below */
	MD_MEMBER("columns", read_columns),
	MD_MEMBER("type", read_type),
	MD_MEMBER("filters", read_filters),
	MD_MEMBER("via", read_via),
	MD_MEMBER("as", read_as),
	MD_MEMBER("parent", read_parent),
	MD_MEMBER("on", read_on),
	MD_MEMBER("reverse", read_reverse),
};

static void read_join(struct md_parse *p, struct md_join *j, const struct md_json *v)
{
	if (md_json_type(v) != MD_JSON_OBJECT) {
		md_parse_wrong(p, MD_INVALID_JOIN, &j->at, "an object with table", v);
		j->broken = true;
		return;
	}
	uint32_t seen = md_parse_object(p, MD_MEMBERS(members, MD_WORD_IN_JOIN), j, v, &j->at);
	if (!(seen & 1u)) {
		j->broken = true;
		if (!(seen & MD_KEYS_UNKNOWN))
			md_parse_missing(p, MD_INVALID_JOIN, &j->at, "table", "the apiName of a table");
	}
}

void md_parse_joins(struct md_parse *p, const struct md_json *v, const struct md_at *at)
{
	size_t n = md_json_size(v);
	int64_t most = p->cx->meta->limits.joins;
	struct md_json_iter it;
	if (md_json_type(v) != MD_JSON_ARRAY) {
		md_parse_wrong(p, MD_INVALID_JOIN, at, "an array of joins", v);
		return;
	}
	if (n > (uint64_t)most) {
		md_parse_over(p, at, "joins", most, n);
		return;
	}
	const struct md_at *up = md_parse_keep(p, at);
	struct md_join *joins = md_new_n(p->cx->arena, struct md_join, n);
	if (!up || !joins)
		return;
	p->q->joins = joins;
	p->q->n_joins = (uint32_t)n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++) {
		joins[i].at = (struct md_at){ .up = up, .index = i };
		read_join(p, &joins[i], md_json_next(&it, NULL));
	}
}
