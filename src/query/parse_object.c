/* The object reader and what all parts share: words, strings, reports. Members stand in their
 * tables most used first, in the order in which they are usually written; a key is found by
 * length and first byte before its text is compared. */
#include "query/private.h"

static inline bool is_member(const struct md_member *m, struct md_str key)
{
	return m->n == key.n && m->name[0] == key.p[0] && md_same_bytes(m->name, key.p, key.n);
}

/* Keys come in the table's order more often than not, so the member behind the last one found is
 * compared first. members->n: none. */
static inline size_t find_member(const struct md_members *members, struct md_str key, size_t next)
{
	if (next < members->n && is_member(&members->list[next], key))
		return next;
	for (size_t i = 0; i < members->n; i++)
		if (is_member(&members->list[i], key))
			return i;
	return members->n;
}

struct md_str md_parse_member_names(struct md_parse *p, const struct md_members *members, uint32_t bits)
{
	struct md_buf b = { .arena = p->cx->arena };
	for (size_t i = 0; i < members->n; i++)
		if (bits >> i & 1)
			md_buf_fmt(&b, "%s%s", b.n ? ", " : "", members->list[i].name);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static void report_unknown_key(struct md_parse *p, const struct md_members *members, struct md_str key,
                               const struct md_at *at)
{
	struct md_str names[32], near;
	if (md_count_unlisted_problem(p->cx->err))
		return;
	for (size_t i = 0; i < members->n; i++)
		names[i] = (struct md_str){ members->list[i].name, members->list[i].n };
	near = md_str_nearest(key, names, members->n);
	const struct md_details details = { .expected = md_parse_member_names(p, members, members->listed),
		                            .actual = key,
		                            .suggestion = near,
		                            .hint = md_foreign_word_hint(members->place, key) };
	md_report(p->cx, MD_UNKNOWN_KEY, at, &details, "unknown key '%.*s'%s", MD_FMT(key),
	          md_did_you_mean(p->cx->arena, near));
}

static void report_repeated_key(struct md_parse *p, struct md_str key, const struct md_at *at)
{
	md_report(p->cx, MD_UNKNOWN_KEY, at, MD_DETAILS(.actual = key), "key '%.*s' is given twice", MD_FMT(key));
}

uint32_t md_parse_object(struct md_parse *p, const struct md_members *members, void *node, const struct md_json *v,
                         const struct md_at *at)
{
	uint32_t seen = 0;
	size_t next = 0;
	struct md_json_iter it;
	struct md_at here = { .up = at };
	md_json_iter(&it, v);
	for (const struct md_json *value; (value = md_json_next(&it, &here.key));) {
		size_t i = find_member(members, here.key, next);
		if (i == members->n) {
			report_unknown_key(p, members, here.key, &here);
			seen |= MD_KEYS_UNKNOWN;
		} else if (seen & 1u << i) {
			report_repeated_key(p, here.key, &here);
		} else {
			seen |= 1u << i;
			next = i + 1;
			members->list[i].read(p, node, value, &here);
		}
	}
	return seen;
}

void md_parse_wrong_with(struct md_parse *p, enum md_code code, const struct md_at *at, const char *expected,
                         const struct md_json *v, const struct md_details *more)
{
	struct md_str actual = md_json_show(p->cx->arena, v);
	struct md_details details = *more;
	details.expected = md_str_z(expected);
	details.actual = actual;
	if (!at)
		md_report(p->cx, code, at, &details, "invalid definition: expected %s, got %.*s", expected,
		          MD_FMT(actual));
	else if (at->key.p)
		md_report(p->cx, code, at, &details, "invalid %.*s: expected %s, got %.*s", MD_FMT(at->key), expected,
		          MD_FMT(actual));
	else
		md_report(p->cx, code, at, &details, "invalid element %u: expected %s, got %.*s", at->index, expected,
		          MD_FMT(actual));
}

void md_parse_wrong(struct md_parse *p, enum md_code code, const struct md_at *at, const char *expected,
                    const struct md_json *v)
{
	md_parse_wrong_with(p, code, at, expected, v, MD_DETAILS(.actual = MD_NOSTR));
}

void md_parse_missing(struct md_parse *p, enum md_code code, const struct md_at *parent, const char *key,
                      const char *expected)
{
	md_report(p->cx, code, parent, MD_DETAILS(.expected = md_str_z(expected), .actual = MD_STR("nothing")),
	          "%s is missing: expected %s", key, expected);
}

void md_parse_over(struct md_parse *p, const struct md_at *at, const char *limit, int64_t most, uint64_t actual)
{
	struct md_str expected = md_str_fmt(p->cx->arena, "at most %lld", (long long)most);
	struct md_str got = md_str_fmt(p->cx->arena, "%llu", (unsigned long long)actual);
	md_report(p->cx, MD_LIMIT_EXCEEDED, at,
	          MD_DETAILS(.expected = expected, .actual = got),
	          "limit %s exceeded: %.*s, got %.*s", limit, MD_FMT(expected), MD_FMT(got));
}

const struct md_at *md_parse_keep(struct md_parse *p, const struct md_at *at)
{
	struct md_at *kept = md_alloc(p->cx->arena, sizeof *kept);
	if (kept)
		*kept = *at;
	return kept;
}

bool md_parse_string(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                     struct md_str *out)
{
	if (md_json_string(v, out))
		return true;
	md_parse_wrong(p, code, at, "a string", v);
	return false;
}

bool md_parse_bool(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at, bool *out)
{
	if (md_json_type(v) != MD_JSON_BOOL) {
		md_parse_wrong(p, code, at, "true or false", v);
		return false;
	}
	*out = md_json_is_true(v);
	return true;
}

bool md_parse_find_word(const struct md_json *v, const char *const *words, unsigned n, unsigned *out)
{
	if (md_json_type(v) != MD_JSON_STRING)
		return false;
	struct md_str given = md_json_text(v);
	for (unsigned i = 0; i < n; i++)
		if (md_str_eqz(given, words[i])) {
			*out = i;
			return true;
		}
	return false;
}

void md_parse_wrong_word(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                         const char *const *words, unsigned n, const struct md_details *more)
{
	struct md_str names[8];
	struct md_details details = *more;
	for (unsigned i = 0; i < n; i++)
		names[i] = md_str_z(words[i]);
	if (md_json_type(v) == MD_JSON_STRING)
		details.suggestion = md_suggestion_beside(details.hint, md_str_nearest(md_json_text(v), names, n));
	md_parse_wrong_with(p, code, at, md_list_words(p->cx->arena, words, n), v, &details);
}

bool md_parse_word(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                   const char *const *words, unsigned n, unsigned *out)
{
	if (md_parse_find_word(v, words, n, out))
		return true;
	md_parse_wrong_word(p, code, v, at, words, n, MD_DETAILS(.suggestion = MD_NOSTR));
	return false;
}
