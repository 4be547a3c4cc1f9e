/* byIds: primary keys as canonical texts, repeats removed, in the order of first mention. A
 * scalar for a key of one column, an object of all key columns for a composite key. A string
 * that spells a value of the type is accepted (keys come from paths and command lines). */
#include "validation/private.h"

enum { MOST_IDS_REPORTED = 20 };

static struct md_str list_key_names(struct md_check *c, const struct md_table *t)
{
	struct md_buf b = { .arena = c->cx->arena };
	md_buf_lit(&b, "{");
	for (uint32_t k = 0; k < t->n_key; k++)
		md_buf_fmt(&b, "%s%.*s", k ? ", " : "", MD_FMT(t->key[k]->api_name));
	md_buf_lit(&b, "}");
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static void report_wrong_key(struct md_check *c, const struct md_at *at, struct md_str expected,
                             const struct md_column *col, const struct md_json *v)
{
	struct md_str actual = md_json_show(c->cx->arena, v);
	struct md_str near = md_near_label(col ? col->labels : NULL, v);
	md_report(c->cx, MD_INVALID_BY_IDS, at,
	          MD_DETAILS(.table = c->q->from, .column = col ? col->api_name : MD_NOSTR, .expected = expected,
	                     .actual = actual, .suggestion = near),
	          "invalid key: expected %.*s, got %.*s%s", MD_FMT(expected), MD_FMT(actual),
	          md_did_you_mean(c->cx->arena, near));
}

static bool read_key_column(struct md_check *c, const struct md_at *at, const struct md_column *col,
                            const struct md_json *v, struct md_str *out)
{
	const char *expected = md_check_scalar(c, (enum md_base_type)col->type.base, col->labels, v, true, out);
	if (expected)
		report_wrong_key(c, at, md_str_z(expected), col, v);
	return !expected;
}

static uint32_t key_index(const struct md_table *t, struct md_str name)
{
	uint32_t k = 0;
	while (k < t->n_key && !md_str_eq(t->key[k]->api_name, name))
		k++;
	return k;
}

static void report_unknown_member(struct md_check *c, const struct md_at *at, const struct md_table *t, bool twice)
{
	struct md_str expected = list_key_names(c, t);
	const char *why = twice ? "is given twice" : "is no key column";
	md_report(c->cx, MD_INVALID_BY_IDS, at,
	          MD_DETAILS(.table = c->q->from, .column = at->key, .expected = expected, .actual = at->key),
	          "'%.*s' %s: expected %.*s",
	          MD_FMT(at->key), why, MD_FMT(expected));
}

static bool read_composite(struct md_check *c, const struct md_id *id, const struct md_table *t, struct md_str *keys)
{
	struct md_json_iter it;
	struct md_at here = { .up = &id->at };
	uint32_t got = 0;
	bool ok = true;
	if (md_json_type(id->value) != MD_JSON_OBJECT) {
		report_wrong_key(c, &id->at, list_key_names(c, t), NULL, id->value);
		return false;
	}
	md_json_iter(&it, id->value);
	for (const struct md_json *v; (v = md_json_next(&it, &here.key));) {
		uint32_t k = key_index(t, here.key);
		if (k == t->n_key || keys[k].p) {
			report_unknown_member(c, &here, t, k != t->n_key);
			return false;
		}
		ok &= read_key_column(c, &here, t->key[k], v, &keys[k]);
		got++;
	}
	if (ok && got < t->n_key)
		report_wrong_key(c, &id->at, list_key_names(c, t), NULL, id->value);
	return ok && got == t->n_key;
}

/* All texts of one key as one text: no canonical text holds a NUL. */
static struct md_str join_key(struct md_arena *a, const struct md_str *keys, uint32_t n)
{
	size_t room = n;
	if (n == 1)
		return keys[0];
	for (uint32_t k = 0; k < n; k++)
		room += keys[k].n;
	char *to = md_alloc(a, room), *p = to;
	for (uint32_t k = 0; to && k < n; k++) {
		memcpy(p, keys[k].p, keys[k].n);
		p += keys[k].n;
		*p++ = 0;
	}
	return (struct md_str){ to, to ? room : 0 };
}

static void drop_repeats(struct md_check *c, struct md_str *keys, uint32_t n_key)
{
	struct md_map seen = { 0 };
	uint32_t kept = 0, n = c->values->n_ids;
	if (md_map_init(&seen, c->cx->arena, n))
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct md_str *key = keys + (size_t)i * n_key;
		if (md_map_put(&seen, join_key(c->cx->arena, key, n_key), i) != MD_NONE)
			continue;
		memmove(keys + (size_t)kept * n_key, key, n_key * sizeof *key);
		kept++;
	}
	c->values->n_ids = kept;
}

void md_read_ids(struct md_check *c, const struct md_table *t, const struct md_id *ids, uint32_t n)
{
	struct md_str *keys = md_new_n(c->cx->arena, struct md_str, (size_t)n * t->n_key);
	unsigned bad = 0;
	for (uint32_t i = 0; keys && i < n && bad < MOST_IDS_REPORTED; i++) {
		if (t->n_key == 1)
			bad += !read_key_column(c, &ids[i].at, t->key[0], ids[i].value, &keys[i]);
		else
			bad += !read_composite(c, &ids[i], t, keys + (size_t)i * t->n_key);
	}
	c->values->ids = keys;
	c->values->n_ids = n;
	c->values->n_key = t->n_key;
	if (keys && !bad && !c->cx->arena->oom && n > 1)
		drop_repeats(c, keys, t->n_key);
}

static void report_no_key(struct md_check *c, const struct md_at *at)
{
	md_report(c->cx, MD_INVALID_BY_IDS, at,
	          MD_DETAILS(.table = c->q->from, .expected = MD_STR("a table with a primary key"),
	                     .actual = c->q->from),
	          "table '%.*s' has no primary key", MD_FMT(c->q->from));
}

/* May the caller use all key columns? Under uniform errors a hidden key is no key. */
static bool may_use_key(struct md_check *c, const struct md_ref *r, const struct md_at *at)
{
	bool may = true, uniform = c->cx->meta->policy.uniform_errors;
	struct md_column_use use = { at, MD_USE_IDS, MD_UNKNOWN_COLUMN, 0, 0 };
	for (uint32_t k = 0; k < r->table->n_key; k++) {
		bool first;
		if (uniform && md_gate_column(r->view, r->table->key[k], MD_USE_IDS) == MD_GATE_DENIED) {
			report_no_key(c, at);
			return false;
		}
		may &= md_check_column(c, 0, r->table->key[k]->api_name, &use, &first) != NULL;
	}
	return may;
}

void md_check_ids(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("byIds") };
	const struct md_ref *r = &c->refs[0];
	if (!r->table)
		return;
	if (r->table->n_key == 0)
		report_no_key(c, &at);
	else if (may_use_key(c, r, &at))
		md_read_ids(c, r->table, c->q->ids, c->q->n_ids);
}
