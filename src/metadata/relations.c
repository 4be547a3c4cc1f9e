/* relations[] of each table, when all tables are known. A relation leads from its foreign key to
 * its key, on whichever side it is declared: one-to-many is reversed. Two declarations of the same
 * columns, one from each side, become one relation with two names. Refuses names that do not
 * exist, columns that can't be compared, a relation of a column with itself, the same columns
 * declared twice from one side under one name, and two sides that contradict each other about the
 * number of rows. */
#include "metadata/read.h"

static const char *const relation_keys[] = { "column", "references", "type", "name" };
enum { RELATION_COLUMN, RELATION_REFERENCES, RELATION_TYPE, RELATION_NAME, RELATION_KEYS };
static const char *const reference_keys[] = { "table", "column" };
enum { REFERENCED_TABLE, REFERENCED_COLUMN, REFERENCE_KEYS };
static const char *const relation_types[] = { "many-to-one", "one-to-many", "one-to-one" };
enum { MANY_TO_ONE, ONE_TO_MANY, ONE_TO_ONE, RELATION_TYPES };

struct relation_side {
	const struct md_table *table;
	const struct md_column **columns;
	uint32_t n;
};

/* One declaration, already from the foreign key to the key. */
struct declared_relation {
	struct relation_side from, to;
	bool one_to_one, turned; /* turned: declared by the key's side */
	struct md_str name;
	const struct md_column **name_columns; /* md_relation.name_columns */
};

/* Relations so far, found by their column pairs in either direction. */
struct known_relations {
	struct md_relation *relations;
	uint32_t n;
	bool *turned, *both; /* by relation: how it was first declared; declared from both sides */
	struct md_map by_pair;
	uint32_t *next;      /* by relation: the next one with the same pairs, MD_NONE: none */
};

static bool load_relation_side(struct loader *l, const struct md_at *up, const struct md_json *v,
                               struct relation_side *s)
{
	struct md_json_iter it;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("column"));
	bool many = v && md_json_type(v) == MD_JSON_ARRAY && md_json_size(v) > 0, ok = true;
	s->n = many ? (uint32_t)md_json_size(v) : 1;
	s->columns = md_new_n(l->keep, const struct md_column *, s->n);
	if (!s->columns)
		return false;
	if (!many) {
		s->columns[0] = find_column(l, SPOT(MD_INVALID_RELATION, up, "column"), v, s->table);
		return s->columns[0] != NULL;
	}
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		s->columns[i] = find_column(l, SPOT(MD_INVALID_RELATION, MD_AT_IDX(at, i), NULL), v, s->table);
		ok = ok && s->columns[i];
	}
	return ok;
}

/* By apiName, or by id where no apiName is so. */
static const struct md_table *find_referenced_table(struct loader *l, const struct md_at *up, const struct md_json *v)
{
	struct md_str name = v ? md_json_text(v) : MD_NOSTR;
	if (!v || md_json_type(v) != MD_JSON_STRING) {
		if (v)
			report_wrong(l, SPOT(MD_INVALID_RELATION, up, "table"), v, "a table's apiName or id");
		else
			md_report(l->cx, MD_INVALID_RELATION, up, NULL,
			          "table is missing: expected a table's apiName or id");
		return NULL;
	}
	uint32_t i = md_map_get(&l->s->table_by_name, name);
	if (i == MD_NONE)
		i = md_map_get(&l->table_by_id, name);
	if (i != MD_NONE)
		return &l->tables[i];
	struct md_str near = find_nearest_id(l, name, API_NAMES);
	md_report(l->cx, MD_INVALID_RELATION, MD_AT_KEY(up, MD_STR("table")),
	          MD_DETAILS(.table = name, .actual = name, .suggestion = near), "there is no table '%.*s'%s",
	          MD_FMT(name), md_did_you_mean(l->cx->arena, near));
	return NULL;
}

static bool load_references(struct loader *l, const struct md_at *up, const struct md_json *v, struct relation_side *s)
{
	const struct md_json *m[REFERENCE_KEYS];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("references"));
	if (!v) {
		md_report(l->cx, MD_INVALID_RELATION, up, NULL,
		          "references is missing: expected an object with table and column");
		return false;
	}
	if (!READ_OBJECT(l, MD_INVALID_RELATION, at, v, "references", reference_keys, m))
		return false;
	s->table = find_referenced_table(l, at, m[REFERENCED_TABLE]);
	return s->table && load_relation_side(l, at, m[REFERENCED_COLUMN], s);
}

static struct md_str default_relation_name(struct loader *l, const struct relation_side *s)
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
static int comparable_family(struct md_type t)
{
	static const int of[MD_TYPES] = {
		[MD_STRING] = 1, [MD_INT] = 2,  [MD_BIGINT] = 2,    [MD_FLOAT] = 2, [MD_DECIMAL] = 2, [MD_BOOLEAN] = 3,
		[MD_UUID] = 4,   [MD_DATE] = 5, [MD_TIMESTAMP] = 5, [MD_JSON] = -1, [MD_BYTES] = 6,
		[MD_TIME] = 7,  [MD_ENUM] = 8
	};
	return t.array ? -1 : of[t.base];
}

static bool has_other_labels(const struct md_column *a, const struct md_column *b)
{
	return a->labels && b->labels && !md_labels_are_same(a->labels, b->labels);
}

static bool is_comparable(const struct md_column *a, const struct md_column *b)
{
	int family = comparable_family(a->type);
	return family >= 0 && family == comparable_family(b->type) && md_labels_are_same(a->labels, b->labels);
}

static bool check_comparable(struct loader *l, const struct md_at *at, const struct relation_side *a,
                             const struct relation_side *b)
{
	bool ok = true;
	if (a->n != b->n) {
		md_report(l->cx, MD_INVALID_RELATION, at, NULL,
		          "a relation needs as many columns on both sides: got %u and %u", a->n, b->n);
		return false;
	}
	for (uint32_t i = 0; i < a->n; i++) {
		const struct md_column *x = a->columns[i], *y = b->columns[i];
		if (x == y) {
			md_report(l->cx, MD_INVALID_RELATION, at, NULL, "column '%.*s' is related to itself",
			          MD_FMT(x->api_name));
			ok = false;
		} else if (x->type.base == MD_TYPES || y->type.base == MD_TYPES) {
			ok = false; /* reported with the column */
		} else if (!is_comparable(x, y)) {
			md_report(l->cx, MD_INVALID_RELATION, at, NULL,
			          "column '%.*s' (%s) can't be compared with '%.*s' (%s%s)", MD_FMT(x->api_name),
			          md_type_name(x->type), MD_FMT(y->api_name), md_type_name(y->type),
			          has_other_labels(x, y) ? " of other values" : "");
			ok = false;
		}
	}
	return ok;
}

static void swap_sides(struct relation_side *a, struct relation_side *b)
{
	struct relation_side t = *a;
	*a = *b;
	*b = t;
}

/* False: reported, or out of memory. */
static bool load_declared_relation(struct loader *l, const struct md_at *at, const struct md_json *v,
                                   const struct md_table *t, struct declared_relation *d)
{
	const struct md_json *m[RELATION_KEYS];
	if (!READ_OBJECT(l, MD_INVALID_RELATION, at, v, "a relation", relation_keys, m))
		return false;
	*d = (struct declared_relation){ .from.table = t };
	int type = read_word(l, SPOT(MD_INVALID_RELATION, at, "type"), m[RELATION_TYPE], true, relation_types,
	                     RELATION_TYPES);
	bool own = load_relation_side(l, at, m[RELATION_COLUMN], &d->from),
	     other = load_references(l, at, m[RELATION_REFERENCES], &d->to);
	bool named = m[RELATION_NAME] &&
	             read_text(l, SPOT(MD_INVALID_RELATION, at, "name"), m[RELATION_NAME], true, &d->name);
	if (!own || !other || !check_comparable(l, at, &d->from, &d->to) || type < 0 || (m[RELATION_NAME] && !named))
		return false;
	if (!named) {
		d->name = default_relation_name(l, &d->from);
		d->name_columns = d->from.columns;
	}
	d->one_to_one = type == ONE_TO_ONE;
	d->turned = type == ONE_TO_MANY;
	if (d->turned)
		swap_sides(&d->from, &d->to);
	return d->name.p != NULL;
}

/* Pairs in an order that does not depend on how they were written: few, so by insertion. */
static void sort_column_pairs(const struct relation_side *a, const struct relation_side *b, uint32_t *order)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t j = i;
		for (; j > 0; j--) {
			uint32_t o = order[j - 1];
			if (a->columns[o]->index < a->columns[i]->index ||
			    (a->columns[o]->index == a->columns[i]->index &&
			     b->columns[o]->index <= b->columns[i]->index))
				break;
			order[j] = o;
		}
		order[j] = i;
	}
}

static struct md_str column_pairs_text(struct md_arena *arena, const struct relation_side *a,
                                       const struct relation_side *b)
{
	struct md_buf t = { .arena = arena };
	uint32_t *order = md_new_n(arena, uint32_t, a->n);
	if (!order)
		return MD_NOSTR;
	sort_column_pairs(a, b, order);
	md_buf_fmt(&t, "%u>%u", a->table->index, b->table->index);
	for (uint32_t i = 0; i < a->n; i++)
		md_buf_fmt(&t, " %u=%u", a->columns[order[i]]->index, b->columns[order[i]]->index);
	return t.failed ? MD_NOSTR : md_buf_view(&t);
}

static bool has_same_direction(struct md_arena *a, const struct md_relation *r, const struct declared_relation *d)
{
	struct relation_side from = { r->from, (const struct md_column **)(uintptr_t)r->from_columns, r->n };
	struct relation_side to = { r->to, (const struct md_column **)(uintptr_t)r->to_columns, r->n };
	return md_str_eq(column_pairs_text(a, &from, &to), column_pairs_text(a, &d->from, &d->to));
}

/* The columns that make the name of a second declaration, as the relation has them. */
static const struct md_column *const *name_columns_of(const struct md_relation *r, const struct declared_relation *d)
{
	if (!d->name_columns)
		return NULL;
	return d->name_columns[0] == r->from_columns[0] ? r->from_columns : r->to_columns;
}

/* Does the declaration belong to relation i, which has the same columns? True: it is merged into
 * it, or reported. */
static bool merge_known_relation(struct loader *l, const struct md_at *at, struct known_relations *k, uint32_t i,
                                 const struct declared_relation *d)
{
	struct md_relation *r = &k->relations[i];
	bool same = has_same_direction(l->cx->arena, r, d);
	if (r->one_to_one != d->one_to_one || (!d->one_to_one && !same)) {
		md_report(l->cx, MD_INVALID_RELATION, at, NULL,
		          "the relation contradicts relation '%.*s' of the same columns: expected many-to-one on one "
		          "side and one-to-many on "
		          "the other, or one-to-one on both",
		          MD_FMT(r->names[0]));
		return true;
	}
	bool other_side = d->one_to_one ? !same : k->turned[i] != d->turned;
	if (other_side && !k->both[i]) {
		k->both[i] = true;
		if (md_str_eq(r->names[0], d->name))
			return true;
		r->names[1] = d->name;
		r->name_columns[1] = name_columns_of(r, d);
		return true;
	}
	if (md_str_eq(r->names[0], d->name) || (k->both[i] && md_str_eq(r->names[1], d->name))) {
		md_report(l->cx, MD_INVALID_RELATION, at, NULL, "relation '%.*s' is declared twice", MD_FMT(d->name));
		return true;
	}
	return false;
}

static void add_relation(struct loader *l, const struct md_at *at, struct known_relations *k,
                         const struct declared_relation *d)
{
	struct md_str one = column_pairs_text(l->cx->arena, &d->from, &d->to),
		      two = column_pairs_text(l->cx->arena, &d->to, &d->from);
	if (!one.p || !two.p)
		return; /* out of memory, which the arena records */
	uint32_t first = md_map_put(&k->by_pair, md_str_cmp(one, two) < 0 ? one : two, k->n), last = first;
	for (uint32_t i = first; i != MD_NONE; i = k->next[i]) {
		if (merge_known_relation(l, at, k, i, d))
			return;
		last = i;
	}
	if (last != MD_NONE)
		k->next[last] = k->n;
	k->next[k->n] = MD_NONE;
	k->turned[k->n] = d->turned;
	k->relations[k->n] = (struct md_relation){ .from = d->from.table,
		                                   .to = d->to.table,
		                                   .from_columns = d->from.columns,
		                                   .to_columns = d->to.columns,
		                                   .n = d->from.n,
		                                   .one_to_one = d->one_to_one,
		                                   .names = { d->name },
		                                   .name_columns = { d->name_columns },
		                                   .index = k->n };
	k->n++;
}

/* As written, for messages: its name, otherwise its one column. */
static struct md_str relation_name(const struct md_json *v)
{
	const struct md_json *named = md_json_get(v, "name");
	const struct md_json *column = named ? named : md_json_get(v, "column");
	return column && md_json_type(column) == MD_JSON_STRING ? md_json_text(column) : MD_NOSTR;
}

static void load_relations_of(struct loader *l, struct known_relations *k, uint32_t table)
{
	struct md_json_iter it;
	struct declared_relation d;
	const struct md_json *v;
	uint32_t problems = l->cx->err->problems.n;
	const struct md_at *at = MD_AT_KEY(MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("tables")), table), MD_STR("relations"));
	md_json_iter(&it, l->relations[table]);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		uint32_t here = l->cx->err->problems.n;
		if (load_declared_relation(l, MD_AT_IDX(at, i), v, &l->tables[table], &d))
			add_relation(l, MD_AT_IDX(at, i), k, &d);
		name_part_of_problems(l, here, MD_PART_RELATION, relation_name(v));
	}
	name_part_of_problems(l, problems, MD_PART_TABLE, table_label(&l->tables[table]));
}

int load_relations(struct loader *l)
{
	struct known_relations k = { .n = 0 };
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
			load_relations_of(l, &k, t);
	l->s->relations = k.relations;
	l->s->n_relations = k.n;
	return 0;
}
