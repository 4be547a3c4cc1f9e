/* Filter nodes: value, column against column, group, exists. The keys of a node tell its kind.
 * Refuses nodes that are no object, empty nodes and groups, keys of another kind of node. Recursion
 * is bounded by limits.jsonDepth, work by limits.filterNodes; both are reported once. Validation
 * checks operands, and which operator fits which column. */
#include "query/private.h"

static void read_column(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->broken |= !md_parse_string(p, MD_INVALID_FILTER, v, at, &f->column);
}

static void read_table(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->broken |= !md_parse_string(p, MD_INVALID_FILTER, v, at, &f->table);
}

static void read_operator(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->broken |= !md_parse_string(p, MD_INVALID_FILTER, v, at, &f->op_text);
}

static bool is_too_deep(struct md_parse *p, const struct md_at *at, uint32_t depth)
{
	int64_t most = p->cx->meta->limits.json_depth;
	if (depth <= most)
		return false;
	if (!p->depth_over)
		md_parse_over(p, at, "jsonDepth", most, depth);
	p->depth_over = true;
	return true;
}

/* An operand's elements are scalars, so its own depth is all that can be too much. */
static void read_value(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->value = v;
	p->q->n_operands += md_json_type(v) == MD_JSON_OBJECT ? 2 : 1;
	if (md_json_type(v) >= MD_JSON_ARRAY)
		f->broken |= is_too_deep(p, at, p->depth + 1);
}

static void read_logic(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "and", "or" };
	struct md_filter *f = node;
	unsigned word = 0;
	if (!md_parse_find_word(v, words, 2, &word)) {
		md_parse_wrong_word(p, MD_INVALID_FILTER, v, at, words, 2, MD_DETAILS(.logic = md_json_text(v)));
		f->broken = true;
	}
	f->any = word == 1;
}

static void read_not(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->broken |= !md_parse_bool(p, MD_INVALID_FILTER, v, at, &f->negated);
}

static void read_conditions(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	struct md_filters parts = { 0 };
	uint32_t depth = p->depth;
	if (md_json_type(v) != MD_JSON_ARRAY || md_json_size(v) == 0) {
		md_parse_wrong(p, MD_INVALID_FILTER, at, "a non-empty array of filter nodes", v);
		f->broken = true;
		return;
	}
	md_parse_filters(p, &parts, v, at, depth + 1);
	p->depth = depth;
	f->parts = parts;
}

static void read_ref_column(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->broken |= !md_parse_string(p, MD_INVALID_FILTER, v, at, &f->ref_column);
}

static void read_ref_table(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	struct md_filter *f = node;
	f->broken |= !md_parse_string(p, MD_INVALID_FILTER, v, at, &f->ref_table);
}

enum {
	NODE_COLUMN,
	NODE_OPERATOR,
	NODE_VALUE,
	NODE_TABLE,
	NODE_LOGIC,
	NODE_CONDITIONS,
	NODE_NOT,
	NODE_REF_COLUMN,
	NODE_REF_TABLE,
	NODE_EXISTS,
	NODE_VIA,
	NODE_REVERSE,
	NODE_PARENT,
	NODE_FILTERS,
	NODE_COUNT
};
#define BIT(x) (1u << (x))

static const struct md_member members[] = {
	[NODE_COLUMN] = MD_MEMBER("column", read_column),
	[NODE_OPERATOR] = MD_MEMBER("operator", read_operator),
	[NODE_VALUE] = MD_MEMBER("value", read_value),
	[NODE_TABLE] = MD_MEMBER("table", read_table),
	[NODE_LOGIC] = MD_MEMBER("logic", read_logic),
	[NODE_CONDITIONS] = MD_MEMBER("conditions", read_conditions),
	[NODE_NOT] = MD_MEMBER("not", read_not),
	[NODE_REF_COLUMN] = MD_MEMBER("refColumn", read_ref_column),
	[NODE_REF_TABLE] = MD_MEMBER("refTable", read_ref_table),
	[NODE_EXISTS] = MD_MEMBER("exists", md_parse_exists_flag),
	[NODE_VIA] = MD_MEMBER("via", md_parse_exists_via),
	[NODE_REVERSE] = MD_MEMBER("reverse", md_parse_exists_reverse),
	[NODE_PARENT] = MD_MEMBER("parent", md_parse_exists_parent),
	[NODE_FILTERS] = MD_MEMBER("filters", md_parse_exists_filters),
	[NODE_COUNT] = MD_MEMBER("count", md_parse_exists_count),
};

static const struct {
	uint32_t keys, required;
	const char *name;
} kinds[] = {
	[MD_FILTER_VALUE] = { BIT(NODE_COLUMN) | BIT(NODE_OPERATOR) | BIT(NODE_VALUE) | BIT(NODE_TABLE),
	                      BIT(NODE_COLUMN) | BIT(NODE_OPERATOR), "value filter" },
	[MD_FILTER_COLUMNS] = { BIT(NODE_COLUMN) | BIT(NODE_OPERATOR) | BIT(NODE_TABLE) | BIT(NODE_REF_COLUMN) |
	                                BIT(NODE_REF_TABLE),
	                        BIT(NODE_COLUMN) | BIT(NODE_OPERATOR) | BIT(NODE_REF_COLUMN), "column comparison" },
	[MD_FILTER_GROUP] = { BIT(NODE_LOGIC) | BIT(NODE_CONDITIONS) | BIT(NODE_NOT),
	                      BIT(NODE_LOGIC) | BIT(NODE_CONDITIONS), "group" },
	[MD_FILTER_EXISTS] = { BIT(NODE_TABLE) | BIT(NODE_EXISTS) | BIT(NODE_VIA) | BIT(NODE_REVERSE) |
	                               BIT(NODE_PARENT) | BIT(NODE_FILTERS) | BIT(NODE_COUNT),
	                       BIT(NODE_TABLE), "exists node" },
};

static enum md_filter_kind kind_of(uint32_t seen)
{
	if (seen & (BIT(NODE_LOGIC) | BIT(NODE_CONDITIONS)))
		return MD_FILTER_GROUP;
	if (seen & (BIT(NODE_REF_COLUMN) | BIT(NODE_REF_TABLE)))
		return MD_FILTER_COLUMNS;
	if (seen & kinds[MD_FILTER_EXISTS].keys && !(seen & (BIT(NODE_COLUMN) | BIT(NODE_OPERATOR) | BIT(NODE_VALUE))))
		return MD_FILTER_EXISTS;
	return MD_FILTER_VALUE;
}

static void report_foreign_keys(struct md_parse *p, struct md_filter *f, uint32_t foreign)
{
	for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
		if (foreign & BIT(i)) {
			struct md_str key = { members[i].name, members[i].n };
			struct md_str expected = md_parse_member_names(p, MD_MEMBERS(members, MD_WORD_IN_FILTER),
			                                               kinds[f->kind].keys);
			md_report(p->cx, MD_UNKNOWN_KEY, MD_AT_KEY(&f->at, key),
			          MD_DETAILS(.expected = expected, .actual = key), "unknown key '%s' in a %s",
			          members[i].name, kinds[f->kind].name);
		}
}

static const char *expected_of_key(unsigned key)
{
	if (key == NODE_CONDITIONS)
		return "a non-empty array";
	return key == NODE_LOGIC ? "and or or" : "a string";
}

static void report_missing_keys(struct md_parse *p, struct md_filter *f, uint32_t missing)
{
	for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
		if (missing & BIT(i))
			md_parse_missing(p, MD_INVALID_FILTER, &f->at, members[i].name, expected_of_key(i));
}

/* With an unknown key nothing is called missing: most likely it is the missing one, misspelt. */
static void check_kind(struct md_parse *p, struct md_filter *f, uint32_t seen)
{
	f->kind = kind_of(seen);
	uint32_t foreign = seen & ~kinds[f->kind].keys & ~MD_KEYS_UNKNOWN, missing = kinds[f->kind].required & ~seen;
	if (seen & MD_KEYS_UNKNOWN)
		missing = 0, f->broken = true;
	if (foreign)
		report_foreign_keys(p, f, foreign);
	if (missing)
		report_missing_keys(p, f, missing);
	f->broken |= foreign || missing;
	if (f->kind == MD_FILTER_EXISTS)
		md_parse_exists_end(p, f);
}

/* having has no exists nodes and compares no columns. */
static const struct md_members *members_of_node(const struct md_parse *p)
{
	enum { COUNT = sizeof members / sizeof *members };
	static const struct md_members in_filters = { members, COUNT, MD_WORD_IN_FILTER, ~0u };
	static const struct md_members in_having = {
		members, COUNT, MD_WORD_IN_FILTER,
		BIT(NODE_COLUMN) | BIT(NODE_OPERATOR) | BIT(NODE_VALUE) | BIT(NODE_LOGIC) |
			BIT(NODE_CONDITIONS) | BIT(NODE_NOT),
	};
	return p->is_in_having ? &in_having : &in_filters;
}

static void read_node(struct md_parse *p, struct md_filter *f, const struct md_json *v, uint32_t depth)
{
	f->broken = true;
	if (md_json_type(v) != MD_JSON_OBJECT || md_json_size(v) == 0) {
		md_parse_wrong(p, MD_INVALID_FILTER, &f->at, "a filter node", v);
		return;
	}
	if (is_too_deep(p, &f->at, depth))
		return;
	p->depth = depth;
	f->broken = false;
	check_kind(p, f, md_parse_object(p, members_of_node(p), f, v, &f->at));
}

/* Are there still so many nodes to spare? Otherwise the first one too many is reported, and the
 * list is not read. */
static bool count_nodes(struct md_parse *p, size_t n, const struct md_at *at)
{
	uint64_t most = (uint64_t)p->cx->meta->limits.filter_nodes;
	if (p->nodes_over)
		return false;
	if (p->nodes + n > most) {
		p->nodes_over = true;
		md_parse_over(p, MD_AT_IDX(at, most - p->nodes), "filterNodes", (int64_t)most, p->nodes + n);
		return false;
	}
	p->nodes += (uint32_t)n;
	return true;
}

/* `depth` is the array's. */
void md_parse_filters(struct md_parse *p, struct md_filters *out, const struct md_json *v, const struct md_at *at,
                      uint32_t depth)
{
	size_t n = md_json_size(v);
	struct md_json_iter it;
	if (md_json_type(v) != MD_JSON_ARRAY) {
		md_parse_wrong(p, MD_INVALID_FILTER, at, "an array of filter nodes", v);
		return;
	}
	if (n == 0 || is_too_deep(p, at, depth) || !count_nodes(p, n, at))
		return;
	const struct md_at *up = md_parse_keep(p, at);
	struct md_filter *nodes = md_new_n(p->cx->arena, struct md_filter, n);
	if (!up || !nodes)
		return;
	out->v = nodes;
	out->n = (uint32_t)n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++) {
		nodes[i].at = (struct md_at){ .up = up, .index = i };
		read_node(p, &nodes[i], md_json_next(&it, NULL), depth + 1);
	}
}
