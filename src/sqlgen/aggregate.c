/* Date buckets and aggregates of a column, or of its cell. Promises: an aggregate over no rows is NULL on every engine, counts apart;
 * what is told apart in an aggregate is told apart as in GROUP BY. */
#include "sqlgen/condition.h"

/* The column, or the cell where it is hidden on some rows. */
struct inner {
	struct md_pcolumn column;
	struct md_through way;
};

static void take_inner(struct inner *in, const struct md_pcolumn *c)
{
	in->column = *c;
	in->way = (struct md_through){ .shown = c->through->shown, .of = c->through->of };
	in->column.through = in->way.shown ? &in->way : NULL;
	in->column.type = in->way.of;
}

static void cell(struct md_sql_text *s, const struct md_pcolumn *c)
{
	struct inner in;
	take_inner(&in, c);
	sql_column(s, &in.column, MD_PLACE_BARE);
}

static void template(struct md_sql_text *s, const struct md_str *words, const struct md_pcolumn *c)
{
	struct inner in;
	take_inner(&in, c);
	sql_template(s, words, &in.column);
}

static void bucket(struct md_sql_text *s, const struct md_pcolumn *c)
{
	const struct md_through *t = c->through;
	template(s, t->of.base == MD_DATE ? &s->dialect->date_bucket[t->bucket] : &s->dialect->timestamp_bucket[t->bucket], c);
}

static const struct md_around *around(const struct md_sql_text *s, const struct md_pcolumn *c, struct md_type t, enum md_place place)
{
	static const struct md_around nothing;
	bool plain = place == MD_PLACE_BARE || t.array || (t.base == MD_STRING && !c->collate);
	return plain ? &nothing : &s->dialect->column[place][t.base];
}

/* What an aggregate tells apart. */
static void told_apart(struct md_sql_text *s, const struct md_pcolumn *c, const struct md_around *fn)
{
	const struct md_around *w = around(s, c, c->through->of, MD_PLACE_GROUP);
	sql_word(s, &fn->before);
	sql_word(s, &w->before);
	cell(s, c);
	sql_word(s, &w->after);
	sql_word(s, &fn->after);
}

static enum md_number number(struct md_type t)
{
	return t.base == MD_FLOAT ? MD_NUMBER_FLOAT : t.base == MD_DECIMAL ? MD_NUMBER_DECIMAL : MD_NUMBER_WHOLE;
}

static void count(struct md_sql_text *s, const struct md_pcolumn *c)
{
	struct inner in;
	if (!c->name.n) {
		sql_kw(s, "count(*)");
		return;
	}
	take_inner(&in, c);
	sql_kw(s, "count(");
	sql_null(s, &in.column);
	sql_kw(s, ")");
}

static void function(struct md_sql_text *s, const struct md_pcolumn *c)
{
	const struct md_dialect *d = s->dialect;
	switch (c->through->fn) {
	case MD_FN_COUNT_DISTINCT:
		told_apart(s, c, &d->distinct_count);
		break;
	case MD_FN_SUM:
		template(s, &d->sum[number(c->through->of)], c);
		break;
	case MD_FN_AVG:
		template(s, &d->avg[number(c->through->of)], c);
		break;
	case MD_FN_MIN:
		told_apart(s, c, &d->least);
		break;
	case MD_FN_MAX:
		told_apart(s, c, &d->greatest);
		break;
	default:
		count(s, c);
	}
}

void sql_aggregate(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place)
{
	bool aggregates = c->through->fn != MD_FN_NONE;
	const struct md_around *w = around(s, c, c->type, aggregates && place == MD_PLACE_GROUP ? MD_PLACE_BARE : place);
	sql_word(s, &w->before);
	if (aggregates)
		function(s, c);
	else
		bucket(s, c);
	sql_word(s, &w->after);
}

void sql_sorted(struct md_sql_text *s, const struct md_pcolumn *c)
{
	static const struct md_around nothing;
	const struct md_around *apart = around(s, c, c->type, MD_PLACE_GROUP);
	bool sorts = apart->before.n || apart->after.n; /* told apart as it sorts */
	const struct md_around *w = sorts ? &nothing : around(s, c, c->type, MD_PLACE_SORTED);
	sql_word(s, &w->before);
	sql_column(s, c, MD_PLACE_GROUP);
	sql_word(s, &w->after);
}
