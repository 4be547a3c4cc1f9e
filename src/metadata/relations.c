/* relations[] of each table, when all tables are known. Whatever the side it is declared on, a relation runs from its foreign key to its
 * key: one-to-many is turned round. Two declarations of one column pair, one from each side, become one relation with two names.
 * Refuses what does not exist, columns that can't be compared, a relation of a column with itself, a pair declared twice from one
 * side under one name, and two sides that contradict each other about how many rows there are. */
#include "metadata/load.h"

static const char *const keys[] = { "column", "references", "type", "name" };
enum { COLUMN, REFERENCES, TYPE, NAME, KEYS };
static const char *const reference_keys[] = { "table", "column" };
enum { R_TABLE, R_COLUMN, REFERENCE_KEYS };
static const char *const types[] = { "many-to-one", "one-to-many", "one-to-one" };
enum { MANY_TO_ONE, ONE_TO_MANY, ONE_TO_ONE, TYPES };

struct side {
	const struct md_table *table;
	const struct md_column **columns;
	uint32_t n;
};

/* One declaration, already from the foreign key to the key. */
struct declared {
	struct side from, to;
	bool one_to_one, turned; /* turned: declared by the key's side */
	struct md_str name;
};

/* Relations so far, found by their column pairs in either direction. */
struct known {
	struct md_relation *relations;
	uint32_t n;
	bool *turned, *both; /* by relation: how it was first declared; declared from both sides */
	struct md_map by_pair;
	uint32_t *next;      /* by relation: the next one with the same pairs, MD_NONE: none */
};

static bool load_side(struct load *l, const struct md_at *up, const struct md_json *v, struct side *s)
{
	struct md_json_iter it;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("column"));
	bool many = v && md_json_type(v) == MD_JSON_ARRAY && md_json_size(v) > 0, ok = true;
	s->n = many ? (uint32_t)md_json_size(v) : 1;
	s->columns = md_new_n(l->keep, const struct md_column *, s->n);
	if (!s->columns)
		return false;
	if (!many) {
		s->columns[0] = load_column_ref(l, SPOT(MD_INVALID_RELATION, up, "column"), v, s->table);
		return s->columns[0] != NULL;
	}
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		s->columns[i] = load_column_ref(l, SPOT(MD_INVALID_RELATION, MD_AT_IDX(at, i), NULL), v, s->table);
		ok = ok && s->columns[i];
	}
	return ok;
}

/* By apiName, or by id where no apiName is so. */
static const struct md_table *target(struct load *l, const struct md_at *up, const struct md_json *v)
{
	struct md_str name = v ? md_json_text(v) : MD_NOSTR;
	if (!v || md_json_type(v) != MD_JSON_STRING) {
		if (v)
			load_wrong(l, SPOT(MD_INVALID_RELATION, up, "table"), v, "a table's apiName or id");
		else
			md_report(l->cx, MD_INVALID_RELATION, up, NULL, "table is missing: expected a table's apiName or id");
		return NULL;
	}
	uint32_t i = md_map_get(&l->s->table_by_name, name);
	if (i == MD_NONE)
		i = md_map_get(&l->table_by_id, name);
	if (i != MD_NONE)
		return &l->tables[i];
	struct md_str near = load_nearest_of(l, name, API_NAMES);
	md_report(l->cx, MD_INVALID_RELATION, MD_AT_KEY(up, MD_STR("table")),
	          MD_DETAILS(.table = name, .actual = name, .suggestion = near), "there is no table '%.*s'%s", MD_FMT(name),
	          load_did_you_mean(l, near));
	return NULL;
}

static bool load_references(struct load *l, const struct md_at *up, const struct md_json *v, struct side *s)
{
	const struct md_json *m[REFERENCE_KEYS];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("references"));
	if (!v) {
		md_report(l->cx, MD_INVALID_RELATION, up, NULL, "references is missing: expected an object with table and column");
		return false;
	}
	if (!LOAD_OBJECT(l, MD_INVALID_RELATION, at, v, "references", reference_keys, m))
		return false;
	s->table = target(l, at, m[R_TABLE]);
	return s->table && load_side(l, at, m[R_COLUMN], s);
}

static struct md_str default_name(struct load *l, const struct side *s)
{
	struct md_buf b = { .arena = l->keep };
	for (uint32_t i = 0; i < s->n; i++) {
		if (i)
			md_buf_char(&b, '_');
		md_buf_str(&b, s->columns[i]->api_name);
	}
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

/* Types that a join can compare: those that a filter can compare with each other. -1: none. */
static int family(struct md_type t)
{
	static const int of[MD_TYPES] = { [MD_STRING] = 1, [MD_INT] = 2, [MD_BIGINT] = 2, [MD_FLOAT] = 2, [MD_DECIMAL] = 2, [MD_BOOLEAN] = 3,
		                          [MD_UUID] = 4, [MD_DATE] = 5, [MD_TIMESTAMP] = 5, [MD_JSON] = -1, [MD_BYTES] = 6 };
	return t.array ? -1 : of[t.base];
}

static bool comparable(struct load *l, const struct md_at *at, const struct side *a, const struct side *b)
{
	bool ok = true;
	if (a->n != b->n) {
		md_report(l->cx, MD_INVALID_RELATION, at, NULL, "a relation needs as many columns on both sides: got %u and %u", a->n, b->n);
		return false;
	}
	for (uint32_t i = 0; i < a->n; i++) {
		const struct md_column *x = a->columns[i], *y = b->columns[i];
		if (x == y) {
			md_report(l->cx, MD_INVALID_RELATION, at, NULL, "column '%.*s' is related to itself", MD_FMT(x->api_name));
			ok = false;
		} else if (x->type.base == MD_TYPES || y->type.base == MD_TYPES) {
			ok = false; /* reported with the column */
		} else if (family(x->type) < 0 || family(x->type) != family(y->type)) {
			md_report(l->cx, MD_INVALID_RELATION, at, NULL, "column '%.*s' (%s) can't be compared with '%.*s' (%s)", MD_FMT(x->api_name),
			          md_type_name(x->type), MD_FMT(y->api_name), md_type_name(y->type));
			ok = false;
		}
	}
	return ok;
}

static void swap(struct side *a, struct side *b)
{
	struct side t = *a;
	*a = *b;
	*b = t;
}

/* False: reported, or out of memory. */
static bool load_declared(struct load *l, const struct md_at *at, const struct md_json *v, const struct md_table *t, struct declared *d)
{
	const struct md_json *m[KEYS];
	if (!LOAD_OBJECT(l, MD_INVALID_RELATION, at, v, "a relation", keys, m))
		return false;
	*d = (struct declared){ .from.table = t };
	int type = load_word(l, SPOT(MD_INVALID_RELATION, at, "type"), m[TYPE], true, types, TYPES);
	bool own = load_side(l, at, m[COLUMN], &d->from), other = load_references(l, at, m[REFERENCES], &d->to);
	bool named = m[NAME] && load_text(l, SPOT(MD_INVALID_RELATION, at, "name"), m[NAME], true, &d->name);
	if (!own || !other || !comparable(l, at, &d->from, &d->to) || type < 0 || (m[NAME] && !named))
		return false;
	if (!named)
		d->name = default_name(l, &d->from);
	d->one_to_one = type == ONE_TO_ONE;
	d->turned = type == ONE_TO_MANY;
	if (d->turned)
		swap(&d->from, &d->to);
	return d->name.p != NULL;
}

/* Pairs in an order that does not depend on how they were written: few, so by insertion. */
static void sort_pairs(const struct side *a, const struct side *b, uint32_t *order)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t j = i;
		for (; j > 0; j--) {
			uint32_t o = order[j - 1];
			if (a->columns[o]->index < a->columns[i]->index ||
			    (a->columns[o]->index == a->columns[i]->index && b->columns[o]->index <= b->columns[i]->index))
				break;
			order[j] = o;
		}
		order[j] = i;
	}
}

static struct md_str pair_text(struct md_arena *arena, const struct side *a, const struct side *b)
{
	struct md_buf t = { .arena = arena };
	uint32_t *order = md_new_n(arena, uint32_t, a->n);
	if (!order)
		return MD_NOSTR;
	sort_pairs(a, b, order);
	md_buf_fmt(&t, "%u>%u", a->table->index, b->table->index);
	for (uint32_t i = 0; i < a->n; i++)
		md_buf_fmt(&t, " %u=%u", a->columns[order[i]]->index, b->columns[order[i]]->index);
	return t.failed ? MD_NOSTR : md_buf_view(&t);
}

static bool same_way(struct md_arena *a, const struct md_relation *r, const struct declared *d)
{
	struct side from = { r->from, (const struct md_column **)(uintptr_t)r->from_columns, r->n };
	struct side to = { r->to, (const struct md_column **)(uintptr_t)r->to_columns, r->n };
	return md_str_eq(pair_text(a, &from, &to), pair_text(a, &d->from, &d->to));
}

/* Does the declaration belong to relation i, which has the same columns? True: nothing is left to do. */
static bool joins_known(struct load *l, const struct md_at *at, struct known *k, uint32_t i, const struct declared *d)
{
	struct md_relation *r = &k->relations[i];
	bool same = same_way(l->cx->arena, r, d);
	if (r->one_to_one != d->one_to_one || (!d->one_to_one && !same)) {
		md_report(l->cx, MD_INVALID_RELATION, at,
		          NULL, "the relation contradicts relation '%.*s' of the same columns: expected many-to-one on one side and one-to-many on "
		          "the other, or one-to-one on both",
		          MD_FMT(r->names[0]));
		return true;
	}
	bool other_side = d->one_to_one ? !same : k->turned[i] != d->turned;
	if (other_side && !k->both[i]) {
		k->both[i] = true;
		if (!md_str_eq(r->names[0], d->name))
			r->names[1] = d->name;
		return true;
	}
	if (md_str_eq(r->names[0], d->name) || (k->both[i] && md_str_eq(r->names[1], d->name))) {
		md_report(l->cx, MD_INVALID_RELATION, at, NULL, "relation '%.*s' is declared twice", MD_FMT(d->name));
		return true;
	}
	return false;
}

static void add(struct load *l, const struct md_at *at, struct known *k, const struct declared *d)
{
	struct md_str one = pair_text(l->cx->arena, &d->from, &d->to), two = pair_text(l->cx->arena, &d->to, &d->from);
	if (!one.p || !two.p)
		return; /* out of memory: the arena says so */
	uint32_t first = md_map_put(&k->by_pair, md_str_cmp(one, two) < 0 ? one : two, k->n), last = first;
	for (uint32_t i = first; i != MD_NONE; i = k->next[i]) {
		if (joins_known(l, at, k, i, d))
			return;
		last = i;
	}
	if (last != MD_NONE)
		k->next[last] = k->n;
	k->next[k->n] = MD_NONE;
	k->turned[k->n] = d->turned;
	k->relations[k->n] = (struct md_relation){ .from = d->from.table, .to = d->to.table, .from_columns = d->from.columns,
		                                   .to_columns = d->to.columns, .n = d->from.n, .one_to_one = d->one_to_one,
		                                   .names = { d->name }, .index = k->n };
	k->n++;
}

/* As written, for messages: its name, otherwise its one column. */
static struct md_str relation_name(const struct md_json *v)
{
	const struct md_json *named = md_json_get(v, "name");
	const struct md_json *column = named ? named : md_json_get(v, "column");
	return column && md_json_type(column) == MD_JSON_STRING ? md_json_text(column) : MD_NOSTR;
}

static void load_list(struct load *l, struct known *k, uint32_t table)
{
	struct md_json_iter it;
	struct declared d;
	const struct md_json *v;
	uint32_t problems = l->cx->err->problems.n;
	const struct md_at *at = MD_AT_KEY(MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("tables")), table), MD_STR("relations"));
	md_json_iter(&it, l->relations[table]);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		uint32_t here = l->cx->err->problems.n;
		if (load_declared(l, MD_AT_IDX(at, i), v, &l->tables[table], &d))
			add(l, MD_AT_IDX(at, i), k, &d);
		load_tell_part(l, here, MD_PART_RELATION, relation_name(v));
	}
	load_tell_part(l, problems, MD_PART_TABLE, load_table_name(&l->tables[table]));
}

int load_relations(struct load *l)
{
	struct known k = { .n = 0 };
	size_t most = 0;
	for (uint32_t t = 0; t < l->s->n_tables; t++)
		most += l->relations[t] ? md_json_size(l->relations[t]) : 0;
	k.relations = md_new_n(l->keep, struct md_relation, most);
	k.turned = md_new_n(l->cx->arena, bool, most);
	k.both = md_new_n(l->cx->arena, bool, most);
	k.next = md_new_n(l->cx->arena, uint32_t, most);
	if (!k.relations || !k.turned || !k.both || !k.next || md_map_init(&k.by_pair, l->cx->arena, most))
		return -1;
	for (uint32_t t = 0; t < l->s->n_tables; t++)
		if (l->relations[t])
			load_list(l, &k, t);
	l->s->relations = k.relations;
	l->s->n_relations = k.n;
	return 0;
}
