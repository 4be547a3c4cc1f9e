/* What the keys of caches have to keep apart. Refuses patterns in which two rows of one table could
 * have one key, because a value may run into the next one, and patterns of two tables of one cache
 * that could produce the same key. Both are judged by the characters that values of the columns'
 * types have in a key (percent-encoded outside [A-Za-z0-9_.-]), never by values: patterns that are
 * accepted cannot collide, and a few that could not collide are refused. */
#include "metadata/read.h"

#include <stdlib.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_encoded(char c)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return c && (is_letter || is_digit(c) || strchr("_.-%", c));
}

/* May a value of the type have this character in a key? */
static bool can_hold(enum md_base_type t, char c)
{
	switch (t) {
	case MD_INT:
	case MD_BIGINT:
	case MD_DATE:
		return is_digit(c) || c == '-';
	case MD_DECIMAL:
		return is_digit(c) || c == '-' || c == '.';
	case MD_BOOLEAN:
		return c >= 'a' && c <= 'z';
	case MD_UUID:
		return is_digit(c) || (c >= 'a' && c <= 'f') || c == '-';
	default:
		return is_encoded(c);
	}
}

/* ---- one pattern ---- */

/* No text of the type is the beginning of another one. */
static bool is_prefix_free(enum md_base_type t)
{
	return t == MD_UUID || t == MD_BOOLEAN || t == MD_DATE || t == MD_TIMESTAMP;
}

/* Does the text have a character with which no value of the type can go on? A minus sign only
 * begins a number. */
static bool ends_value(enum md_base_type t, struct md_str text)
{
	bool is_number = t == MD_INT || t == MD_BIGINT || t == MD_DECIMAL;
	for (size_t i = 0; i < text.n; i++)
		if (!can_hold(t, text.p[i]) || (is_number && text.p[i] == '-'))
			return true;
	return false;
}

const struct md_column *find_unbounded_placeholder(const struct md_cached_table *c)
{
	for (uint32_t i = 0; i + 1 < c->n_key && c->key[i + 1].column; i++) {
		enum md_base_type t = (enum md_base_type)c->key[i].column->type.base;
		if (!is_prefix_free(t) && !ends_value(t, c->key[i + 1].literal))
			return c->key[i].column;
	}
	return NULL;
}

/* ---- two patterns ---- */

/* A pattern as a row of steps: a character, or any characters that values of a type have. */
struct key_step {
	const struct md_column *column; /* NULL: a character */
	char c;
};

struct key_steps {
	struct key_step *v;
	size_t n;
};

/* .v NULL: out of memory. */
static struct key_steps make_steps(struct md_arena *a, const struct md_cached_table *c)
{
	struct key_steps s = { md_new_n(a, struct key_step, c->key_pattern.n + 1), 0 };
	for (uint32_t i = 0; s.v && i < c->n_key; i++) {
		for (size_t k = 0; k < c->key[i].literal.n; k++)
			s.v[s.n++] = (struct key_step){ NULL, c->key[i].literal.p[k] };
		if (c->key[i].column)
			s.v[s.n++] = (struct key_step){ c->key[i].column, '\0' };
	}
	return s;
}

static bool step_can_hold(const struct key_step *s, char c)
{
	return can_hold((enum md_base_type)s->column->type.base, c);
}

/* From the places in b that are reached together with one step of a: places of b that are reached
 * by leaving out placeholders, or by letting the placeholder of a stand for characters of b. */
static void spread_places(const struct key_step *step, const struct key_steps *b, bool *places)
{
	for (size_t j = 0; j < b->n; j++) {
		const struct key_step *other = &b->v[j];
		bool goes_on = other->column || (step && step->column && step_can_hold(step, other->c));
		if (places[j] && goes_on)
			places[j + 1] = true;
	}
}

/* The places of b that are reached when the step of a is done. */
static void take_step(const struct key_step *step, const struct key_steps *b, const bool *places, bool *next)
{
	memset(next, 0, (b->n + 1) * sizeof *next);
	for (size_t j = 0; j <= b->n; j++) {
		if (!places[j])
			continue;
		const struct key_step *other = j < b->n ? &b->v[j] : NULL;
		if (step->column || (other && other->column && step_can_hold(other, step->c)))
			next[j] = true;
		else if (other && !other->column && other->c == step->c)
			next[j + 1] = true;
	}
}

/* Is there a key that both patterns can produce? */
static bool have_common_key(struct md_arena *arena, const struct md_cached_table *x, const struct md_cached_table *y)
{
	struct md_mark mark = md_arena_mark(arena);
	struct key_steps a = make_steps(arena, x), b = make_steps(arena, y);
	bool *places = md_new_n(arena, bool, b.n + 1), *next = md_new_n(arena, bool, b.n + 1);
	bool has_memory = a.v && b.v && places && next, found = false;
	if (has_memory)
		places[0] = true;

	for (size_t i = 0; has_memory && i <= a.n; i++) {
		const struct key_step *step = i < a.n ? &a.v[i] : NULL;
		spread_places(step, &b, places);
		found = places[b.n];
		if (step) {
			take_step(step, &b, places, next);
			bool *spare = places;
			places = next;
			next = spare;
		}
	}
	md_arena_release(arena, mark);
	return found;
}

/* ---- all patterns ---- */

struct checked_pattern {
	const struct md_cached_table *table;
	const struct md_cached_table *other; /* that can have the same keys; NULL: none */
	uint32_t store, i, order;            /* store: the first cache at the same place; i: in the cache's tables */
};

static struct md_str first_literal(const struct checked_pattern *p)
{
	return p->table->key[0].literal;
}

static struct md_str last_literal(const struct checked_pattern *p)
{
	const struct md_key_part *last = &p->table->key[p->table->n_key - 1];
	return last->column ? MD_STR("") : last->literal;
}

static int compare_patterns(const void *x, const void *y)
{
	const struct checked_pattern *a = x, *b = y;
	struct md_str s = first_literal(a), t = first_literal(b);
	size_t n = s.n < t.n ? s.n : t.n;
	int order = n ? memcmp(s.p, t.p, n) : 0;
	if (a->store != b->store)
		return a->store < b->store ? -1 : 1;
	if (order)
		return order;
	if (s.n != t.n)
		return s.n < t.n ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int compare_order(const void *x, const void *y)
{
	const struct checked_pattern *a = x, *b = y;
	return a->order < b->order ? -1 : 1;
}

static bool begins_with(struct md_str s, struct md_str start)
{
	return s.n >= start.n && (!start.n || memcmp(s.p, start.p, start.n) == 0);
}

static bool end_alike(struct md_str s, struct md_str t)
{
	size_t n = s.n < t.n ? s.n : t.n;
	return n == 0 || memcmp(s.p + s.n - n, t.p + t.n - n, n) == 0;
}

/* Marks the later one of two patterns that collide. */
static void compare_keys(struct loader *l, struct checked_pattern *a, struct checked_pattern *b)
{
	struct checked_pattern *later = a->order < b->order ? b : a, *earlier = later == a ? b : a;
	bool is_same_table = a->table->table == b->table->table; /* a table listed twice is another problem */
	if (later->other || is_same_table || !end_alike(last_literal(a), last_literal(b)))
		return;
	if (have_common_key(l->cx->arena, a->table, b->table))
		later->other = earlier->table;
}

/* Patterns whose first literal begins with that of another one follow it in the sorted order. */
static void compare_all_keys(struct loader *l, struct checked_pattern *v, uint32_t n)
{
	qsort(v, n, sizeof *v, compare_patterns);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n && v[j].store == v[i].store; j++) {
			if (!begins_with(first_literal(&v[j]), first_literal(&v[i])))
				break;
			compare_keys(l, &v[i], &v[j]);
		}
	qsort(v, n, sizeof *v, compare_order);
}

static void report_common_keys(struct loader *l, const struct checked_pattern *p)
{
	const struct md_cached_table *c = p->table;
	const struct md_at caches = { .key = MD_STR("caches") };
	const struct md_at *at = MD_AT_IDX(MD_AT_KEY(MD_AT_IDX(&caches, c->cache->index), MD_STR("tables")), p->i);
	uint32_t first = l->cx->err->problems.n;
	md_report(l->cx, MD_INVALID_CACHE, MD_AT_KEY(at, MD_STR("keyPattern")),
	          MD_DETAILS(.expected = MD_STR("keys of one table alone"), .actual = c->key_pattern),
	          "keyPattern '%.*s' can make a key that '%.*s' of table '%.*s' makes too: expected keys of one "
	          "table alone, like %.*s:{id}",
	          MD_FMT(c->key_pattern), MD_FMT(p->other->key_pattern), MD_FMT(p->other->table->id),
	          MD_FMT(c->table->api_name));
	name_part_of_problems(l, first, MD_PART_TABLE, table_label(c->table));
	name_part_of_problems(l, first, MD_PART_CACHE, c->cache->id);
}

/* The first cache that keeps its entries at the same place. */
static uint32_t find_store(const struct loader *l, const struct md_cache *c)
{
	for (uint32_t i = 0; i < c->index; i++) {
		struct md_str url = l->caches[i].connection.url;
		if (!c->memory && !l->caches[i].memory && url.n && md_str_eq(url, c->connection.url))
			return i;
	}
	return c->index;
}

int check_key_patterns(struct loader *l)
{
	uint32_t most = 0, n = 0;
	for (uint32_t i = 0; i < l->s->n_caches; i++)
		most += l->caches[i].n_tables;
	struct checked_pattern *v = md_new_n(l->cx->arena, struct checked_pattern, most);
	if (!v)
		return -1;

	for (uint32_t c = 0; c < l->s->n_caches; c++) {
		uint32_t store = find_store(l, &l->caches[c]);
		for (uint32_t i = 0; i < l->caches[c].n_tables; i++)
			if (l->caches[c].tables[i].n_key) {
				v[n] = (struct checked_pattern){ .table = &l->caches[c].tables[i], .store = store,
					                         .i = i, .order = n };
				n++;
			}
	}
	compare_all_keys(l, v, n);
	for (uint32_t i = 0; i < n; i++)
		if (v[i].other)
			report_common_keys(l, &v[i]);
	return 0;
}
