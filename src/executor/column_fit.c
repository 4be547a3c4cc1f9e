/* See column_fit.h. Messages name the table and the column as the configuration does, the physical
 * names, the type that was declared, the type that is there, and what to write. */
#include "executor/column_fit.h"

#include "base/map.h"

#include <strings.h>

/* ---- the columns that are there ---- */

static struct md_str physical_name(const struct md_real_columns *real, uint32_t i)
{
	return md_column_name_in(&real->table->columns[i], real->source->sync);
}

/* Never half a character. */
static struct md_str cut_name(struct md_str s, uint32_t n)
{
	if (n == 0 || s.n <= n)
		return s;
	while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return (struct md_str){ s.p, n };
}

/* A name as the engine compares it with others. */
static struct md_str read_name(struct md_arena *a, const struct md_catalog_table *catalog, struct md_str name)
{
	struct md_str s = cut_name(name, catalog->name_bytes);
	char *to = catalog->ignores_case ? md_alloc(a, s.n + 1) : NULL;
	for (size_t i = 0; to && i < s.n; i++)
		to[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
	return catalog->ignores_case ? (struct md_str){ to, to ? s.n : 0 } : s;
}

static uint64_t hash_column(const struct md_catalog_column *c, uint64_t hash)
{
	const struct md_str texts[] = { c->name, c->type, c->base, c->collation };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		hash = md_hash_stable(texts[i], hash);
	for (uint32_t i = 0; i < c->n_labels; i++)
		hash = md_hash_stable(c->labels[i], hash);
	return hash;
}

/* ClickHouse reads subcolumns and virtual columns, Trino hidden columns and SQLite the rowid, which
 * their catalogs do not list. */
static bool may_be_unlisted(const struct md_real_columns *real, struct md_str name)
{
	switch (real->engine) {
	case MD_CLICKHOUSE:
		return name.n && (name.p[0] == '_' || memchr(name.p, '.', name.n));
	case MD_SQLITE:
		return md_str_eqz(name, "rowid") || md_str_eqz(name, "_rowid_") || md_str_eqz(name, "oid");
	default:
		return name.n && name.p[0] == '$';
	}
}

int md_find_real_columns(struct md_ctx *cx, const struct md_table *t, const struct md_source *source,
                         bool is_through_trino, const struct md_catalog_table *catalog, struct md_real_columns *out)
{
	struct md_map by_name;
	const struct md_catalog_column **found = md_new_n(cx->arena, const struct md_catalog_column *, t->n_columns);
	bool *is_unlisted = md_new_n(cx->arena, bool, t->n_columns);
	enum md_engine engine = is_through_trino ? MD_ICEBERG : source->database->engine;
	*out = (struct md_real_columns){ .table = t, .source = source, .engine = engine,
		                         .is_through_trino = is_through_trino, .exists = catalog->n_columns > 0,
		                         .found = found, .is_unlisted = is_unlisted, .hash = 1 };
	if (!found || !is_unlisted || md_map_init(&by_name, cx->arena, catalog->n_columns))
		return md_out_of_memory(cx);

	for (uint32_t i = 0; i < catalog->n_columns; i++)
		md_map_put(&by_name, read_name(cx->arena, catalog, catalog->columns[i].name), i);
	for (uint32_t i = 0; i < t->n_columns; i++) {
		struct md_str name = physical_name(out, i);
		uint32_t at = md_map_get(&by_name, read_name(cx->arena, catalog, name));
		is_unlisted[i] = at == MD_NONE && may_be_unlisted(out, name);
		found[i] = at == MD_NONE ? NULL : &catalog->columns[at];
		out->hash = found[i] ? hash_column(found[i], out->hash) : out->hash * 31;
	}
	out->hash |= 1;
	return md_check_memory(cx);
}

/* ---- whether they fit ---- */

static struct md_str table_name(const struct md_real_columns *real)
{
	return md_name_in(real->table, real->source->sync)->whole;
}

/* Every message begins with the column as the configuration names it, and as the database does. */
static struct md_column_verdict refuse_column(struct md_arena *a, const struct md_real_columns *real, uint32_t i,
                                          enum md_misfit misfit, struct md_str what)
{
	const struct md_column *c = &real->table->columns[i];
	struct md_str table = table_name(real), physical = physical_name(real, i);
	struct md_str reason = md_str_fmt(a, "column '%.*s' of table '%.*s' ('%.*s' of %.*s) %.*s",
	                                  MD_FMT(c->api_name), MD_FMT(real->table->api_name), MD_FMT(physical),
	                                  MD_FMT(table), MD_FMT(what));
	return (struct md_column_verdict){ misfit, reason };
}

static struct md_column_verdict refuse_missing(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE,
	                     MD_STR("is missing in the database: expected its physicalName"));
}

/* The type that the configuration gives the column in this place. */
static const struct md_real_type *given_type(const struct md_real_columns *real, uint32_t i)
{
	return md_real_type_in(&real->table->columns[i], real->source->sync);
}

static struct md_column_verdict refuse_other_type(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	struct md_str type = real->found[i]->type, given = given_type(real, i)->spelling;
	if (real->engine == MD_SQLITE && real->found[i]->collation.n)
		type = md_str_fmt(a, "%.*s collate %.*s", MD_FMT(type), MD_FMT(real->found[i]->collation));
	struct md_str what = md_str_fmt(a, "has the databaseType '%.*s' and is of type %.*s: expected "
	                                   "\"databaseType\": \"%.*s\"", MD_FMT(given), MD_FMT(type), MD_FMT(type));
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE, what);
}

static struct md_column_verdict refuse_collation(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	struct md_str given = given_type(real, i)->spelling, collation = real->found[i]->collation;
	struct md_str what = md_str_fmt(a, "has the databaseType '%.*s' and the collation %.*s, which takes texts of "
	                                   "different bytes for equal: expected no databaseType",
	                                MD_FMT(given), MD_FMT(collation));
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE, what);
}

static struct md_column_verdict refuse_reading(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	struct md_str what = md_str_fmt(a, "is declared %s and is of type %.*s: expected a \"type\" that can be read "
	                                   "from it, such as \"string\"",
	                                md_type_name(real->table->columns[i].type), MD_FMT(real->found[i]->type));
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE, what);
}

static struct md_column_verdict refuse_comparing(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	struct md_str type = real->found[i]->type;
	struct md_str what = md_str_fmt(a, "can't be compared: it is declared %s and is of type %.*s, which cannot be "
	                                   "compared as it is: expected \"databaseType\": \"%.*s\"",
	                                md_type_name(real->table->columns[i].type), MD_FMT(type), MD_FMT(type));
	return refuse_column(a, real, i, MD_MISFIT_COMPARED, what);
}

static struct md_column_verdict refuse_ordering(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	struct md_str type = real->found[i]->type;
	struct md_str what = md_str_fmt(a, "can't be ordered, grouped or matched: it is of type %.*s, whose texts are "
	                                   "others there: expected \"databaseType\": \"%.*s\"",
	                                MD_FMT(type), MD_FMT(type));
	return refuse_column(a, real, i, MD_MISFIT_ORDERED, what);
}

/* In SQLite a declared type does not tell how a program keeps its moments. */
static struct md_column_verdict refuse_unnamed(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	struct md_str type = real->found[i]->type;
	const char *declared = md_type_name(real->table->columns[i].type);
	struct md_str what = md_str_fmt(a, "is declared %s and is of type %.*s: expected a \"databaseType\" that says "
	                                   "how its rows keep values of the type %s, or another \"type\"",
	                                declared, MD_FMT(type), declared);
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE, what);
}

/* A column without databaseType. */
static struct md_column_verdict judge_need_of_name(struct md_arena *a, const struct md_real_columns *real, uint32_t i,
                                                   enum md_name_need need)
{
	switch (need) {
	case MD_NAMED_TO_BE_ORDERED:
		return refuse_ordering(a, real, i);
	case MD_NAMED_TO_BE_COMPARED:
		return refuse_comparing(a, real, i);
	case MD_NAMED_TO_BE_READ:
		return refuse_unnamed(a, real, i);
	default:
		return (struct md_column_verdict){ .misfit = MD_MISFIT_NONE };
	}
}

/* A spelling that is no type name is one of the database's own. */
static struct md_real_type read_type(struct md_arena *a, enum md_engine engine, struct md_str spelling)
{
	struct md_real_type t;
	if (md_real_type_parse(a, engine, spelling, &t) <= 0) {
		t = md_real_unknown;
		t.family = MD_REAL_OTHER;
		t.spelling = spelling;
	}
	return t;
}

static bool has_collation(struct md_str collation, const char *name)
{
	return collation.n == strlen(name) && strncasecmp(collation.p, name, collation.n) == 0;
}

/* The type with the collation of the column, as a databaseType may spell it. */
static bool is_given_with_collation(const struct md_real_columns *real, uint32_t i, struct md_arena *a, const char *fmt)
{
	const struct md_catalog_column *found = real->found[i];
	struct md_str spelling = md_str_fmt(a, fmt, MD_FMT(found->type), MD_FMT(found->collation));
	struct md_real_type own = read_type(a, real->engine, spelling);
	return md_real_type_agrees(given_type(real, i), &own);
}

/* databaseType may name a domain, or the type below it. In SQLite a declared type decides nothing
 * but the collation, and any column may hold the moments that a databaseType describes. */
static bool is_given_type(const struct md_real_columns *real, uint32_t i, const struct md_real_type *base,
                          struct md_arena *a)
{
	enum md_family given = (enum md_family)given_type(real, i)->family;
	struct md_str collation = real->found[i]->collation;
	struct md_real_type own = read_type(a, real->engine, real->found[i]->type);
	if (real->engine == MD_SQLITE)
		return (given == MD_REAL_TEXT_NOCASE) == has_collation(collation, "nocase") &&
		       (given == MD_REAL_TEXT_RTRIM) == has_collation(collation, "rtrim");
	return md_real_type_agrees(given_type(real, i), &own) || md_real_type_agrees(given_type(real, i), base) ||
	       (collation.n && (is_given_with_collation(real, i, a, "%.*s collate %.*s") ||
	                        is_given_with_collation(real, i, a, "%.*s collate \"%.*s\"")));
}

static struct md_column_verdict judge_given_type(struct md_arena *a, const struct md_real_columns *real, uint32_t i,
                                                 const struct md_real_type *base)
{
	if (!is_given_type(real, i, base, a))
		return refuse_other_type(a, real, i);
	if (given_type(real, i)->family == MD_REAL_TEXT && !real->found[i]->is_deterministic)
		return refuse_collation(a, real, i);
	return (struct md_column_verdict){ .misfit = MD_MISFIT_NONE };
}

/* Can values be compared without a databaseType? Documents are grouped by their text and never
 * compared otherwise. A parameter is never of a domain over an enum. Trino compares a
 * real with a literal of its own type alone, and adds up no doubles. */
static bool is_comparable(const struct md_real_columns *real, uint32_t i, const struct md_real_type *base)
{
	const struct md_catalog_column *found = real->found[i];
	bool is_enum_domain = found->n_labels > 0 && !md_str_eq(found->type, found->base);
	enum md_base_type declared = (enum md_base_type)real->table->columns[i].type.base;
	bool needs_real_literal = real->is_through_trino && declared == MD_FLOAT && base->family == MD_REAL_FLOAT32;
	return declared == MD_JSON || (found->has_equality && !is_enum_domain && !needs_real_literal);
}

/* The first label of the real type that the column's `values` lack; .p NULL: there is none. */
static struct md_str find_other_label(const struct md_real_columns *real, uint32_t i, const struct md_real_type *base)
{
	const struct md_labels *values = real->table->columns[i].labels;
	const struct md_catalog_column *found = real->found[i];
	const struct md_str *labels = found->n_labels ? found->labels : base->labels;
	uint32_t n = found->n_labels ? found->n_labels : base->n_labels;
	for (uint32_t k = 0; values && k < n; k++)
		if (md_label_place(values, labels[k]) == MD_NONE)
			return labels[k];
	return MD_NOSTR;
}

static struct md_column_verdict refuse_label(struct md_arena *a, const struct md_real_columns *real, uint32_t i,
                                             struct md_str label)
{
	struct md_str what = md_str_fmt(a, "is declared enum and is of type %.*s, which has the label '%.*s': expected "
	                                   "it in \"values\"", MD_FMT(real->found[i]->type), MD_FMT(label));
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE, what);
}

/* databaseType has the spelling of the source, and Trino's catalog a type of its own. */
static struct md_column_verdict judge_type_of_source(struct md_arena *a, const struct md_real_columns *real,
                                                     uint32_t i, const struct md_real_type *base)
{
	const struct md_real_type *given = given_type(real, i);
	if (md_real_type_arrives_as(real->source->database->engine, given, base))
		return (struct md_column_verdict){ .misfit = MD_MISFIT_NONE };
	struct md_str what = md_str_fmt(a, "has the databaseType '%.*s' and is %.*s to Trino: expected the "
	                                   "databaseType that the source has", MD_FMT(given->spelling),
	                                MD_FMT(real->found[i]->type));
	return refuse_column(a, real, i, MD_MISFIT_ANYWHERE, what);
}

static struct md_column_verdict judge_column(struct md_arena *a, const struct md_real_columns *real, uint32_t i)
{
	if (!physical_name(real, i).p || real->is_unlisted[i] || !real->exists)
		return (struct md_column_verdict){ .misfit = MD_MISFIT_NONE };
	if (!real->found[i])
		return refuse_missing(a, real, i);
	struct md_type declared = real->table->columns[i].type;
	struct md_real_type base = read_type(a, real->engine, real->found[i]->base);
	enum md_name_need need = md_real_type_name_need(real->engine, &base, declared);
	if (need != MD_NAMED_TO_BE_READ && !md_real_type_is_readable(real->engine, &base, declared))
		return refuse_reading(a, real, i);
	struct md_str label = find_other_label(real, i, &base);
	if (label.p)
		return refuse_label(a, real, i, label);
	if (given_type(real, i)->family != MD_REAL_UNKNOWN && !real->is_through_trino)
		return judge_given_type(a, real, i, &base);
	if (given_type(real, i)->family != MD_REAL_UNKNOWN)
		return judge_type_of_source(a, real, i, &base);
	return is_comparable(real, i, &base) ? judge_need_of_name(a, real, i, need) : refuse_comparing(a, real, i);
}

const struct md_column_verdict *md_judge_columns(struct md_arena *a, const struct md_real_columns *real,
                                                 uint64_t *misfits)
{
	uint32_t n = real->table->n_columns;
	struct md_column_verdict *verdicts = md_new_n(a, struct md_column_verdict, n);
	for (uint32_t i = 0; verdicts && i < n; i++) {
		verdicts[i] = judge_column(a, real, i);
		if (verdicts[i].misfit != MD_MISFIT_NONE)
			misfits[i / 64] |= (uint64_t)1 << i % 64;
	}
	return a->oom ? NULL : verdicts;
}
