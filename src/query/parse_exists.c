/* Exists nodes: `{table, via?, reverse?, parent?, exists?, filters?, count?: {operator,
 * value}}`. The readers of their own keys; parse_filter.c tells the kinds of node apart. Refuses
 * wrong JSON types (INVALID_EXISTS), a count operator that is not one of six (INVALID_FILTER), a
 * count that is not a whole number (INVALID_EXISTS), and nodes deeper than limits.existsDepth,
 * below which nothing is read. Validation finds out which tables are related. */
#include "query/private.h"

/* A node's keys come in any order: the first that only exists nodes have makes the struct. NULL:
 * out of memory. */
static struct md_exists *get_exists(struct md_parse *p, struct md_filter *f)
{
	if (!f->exists)
		f->exists = md_new(p->cx->arena, struct md_exists);
	return f->exists;
}

void md_parse_exists_flag(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	bool exists = true;
	if (!get_exists(p, f))
		return;
	f->broken |= !md_parse_bool(p, MD_INVALID_EXISTS, v, at, &exists);
	f->exists->absent = !exists;
}

void md_parse_exists_via(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	if (get_exists(p, f))
		f->broken |= !md_parse_string(p, MD_INVALID_EXISTS, v, at, &f->exists->via);
}

void md_parse_exists_parent(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	if (get_exists(p, f))
		f->broken |= !md_parse_string(p, MD_INVALID_EXISTS, v, at, &f->exists->parent);
}

void md_parse_exists_reverse(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	if (!get_exists(p, f))
		return;
	f->broken |= !md_parse_bool(p, MD_INVALID_EXISTS, v, at, &f->exists->reverse);
	f->exists->reverse_given = true;
}

/* What is too deep is said when the inner node's kind is known. */
void md_parse_exists_filters(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	struct md_filters parts = { 0 };
	uint32_t depth = p->depth;
	if (!get_exists(p, f) || p->exists_depth >= p->cx->meta->limits.exists_depth)
		return;
	p->exists_depth++;
	md_parse_filters(p, &parts, v, at, depth + 1);
	p->exists_depth--;
	p->depth = depth;
	f->parts = parts;
}

/* ---- count ---- */

static void read_operator(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "=", "!=", ">", "<", ">=", "<=" };
	static const enum md_op ops[] = { MD_OP_EQ, MD_OP_NE, MD_OP_GT, MD_OP_LT, MD_OP_GE, MD_OP_LE };
	struct md_filter *f = node;
	unsigned word = 0;
	if (!md_parse_find_word(v, words, 6, &word)) {
		md_parse_wrong_word(p, MD_INVALID_FILTER, v, at, words, 6,
		                    MD_DETAILS(.operator = md_json_text(v),
		                               .hint = md_foreign_word_hint(MD_WORD_IN_OPERATOR, md_json_text(v))));
		f->broken = true;
	}
	f->exists->count_op = ops[word];
}

static void read_value(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	uint64_t n = 0;
	if (!md_json_uint(v, &n) || n > INT64_MAX) {
		md_parse_wrong(p, MD_INVALID_EXISTS, at, MD_FROM_ZERO, v);
		f->broken = true;
	}
	f->exists->count = (int64_t)n;
	f->exists->count_value = v;
}

static const struct md_member count_members[] = { MD_MEMBER("operator", read_operator),
	                                          MD_MEMBER("value", read_value) };

void md_parse_exists_count(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	if (!get_exists(p, f))
		return;
	f->exists->counted = true;
	if (md_json_type(v) != MD_JSON_OBJECT) {
		md_parse_wrong(p, MD_INVALID_EXISTS, at, "an object with operator and value", v);
		f->broken = true;
		return;
	}
	uint32_t seen = md_parse_object(p, MD_MEMBERS(count_members, MD_WORD_IN_COUNT), f, v, at);
	f->broken |= seen != 3;
	if (seen & MD_KEYS_UNKNOWN)
		return;
	if (!(seen & 1))
		md_parse_missing(p, MD_INVALID_FILTER, at, "operator", "=, !=, >, <, >= or <=");
	if (!(seen & 2))
		md_parse_missing(p, MD_INVALID_EXISTS, at, "value", MD_FROM_ZERO);
}

/* ---- the node ---- */

void md_parse_exists_end(struct md_parse *p, struct md_filter *f)
{
	int64_t most = p->cx->meta->limits.exists_depth;
	f->broken |= !get_exists(p, f);
	p->q->n_exists++;
	if (p->exists_depth < most)
		return;
	if (!p->exists_over)
		md_parse_over(p, &f->at, "existsDepth", most, (uint64_t)p->exists_depth + 1);
	p->exists_over = f->broken = true;
}
