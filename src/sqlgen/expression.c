/* Expressions. Promises: the column of a cell is written inside THEN alone, so that nothing else in
 * the statement reads the value on rows that do not show the cell; over no rows every aggregate
 * except a count is NULL on every engine; an aggregate distinguishes the same values as GROUP BY.
 */
#include "sqlgen/private.h"

static const struct md_around no_words;

const struct md_physical *sql_column_of(const struct md_expr *e)
{
	while (e && !e->raw)
		e = e->of;
	return e ? md_raw_column(e->raw) : NULL;
}

/* ---- the dialect's words before and after an expression ---- */

static uint8_t derived_form_number(const struct md_sql_text *s, struct md_type t)
{
	return t.array ? MD_FORM_PLAIN : s->dialect->derived[t.base];
}

static const struct md_sql_form *derived_form(const struct md_sql_text *s, struct md_type t)
{
	return &s->dialect->forms[derived_form_number(s, t)];
}

/* Have the column's words already made another type of its values, inside the expression? They
 * stand inside min and max; inside a cell only those of MD_PLACE_BARE do. */
static bool is_converted_inside(const struct md_expr *e, const struct md_sql_form *form)
{
	const struct md_around *bare = &form->column[MD_PLACE_BARE];
	return form->takes_bare_values && (!e->raw || bare->before.n || bare->after.n);
}

/* Can an aggregate be written as a column of the form is? Not where templates compare it: they ask
 * for its type, which ClickHouse must know before it reads a row. */
static bool suits_aggregates(const struct md_sql_form *form)
{
	return !form->has_own_equality && !form->compare;
}

/* A cell, or min or max, has the values of its column. */
uint8_t sql_form_of_whole(const struct md_sql_text *s, const struct md_expr *e)
{
	const struct md_physical *c = e->raw || md_is_least_or_greatest(e) ? sql_column_of(e) : NULL;
	if (!c)
		return derived_form_number(s, e->type);
	const struct md_sql_form *form = sql_column_form(s, c);
	bool has_column_values = !is_converted_inside(e, form) && (e->raw || suits_aggregates(form));
	return has_column_values ? c->form : derived_form_number(s, e->type);
}

static const struct md_sql_form *form_of_whole(const struct md_sql_text *s, const struct md_expr *e)
{
	return &s->dialect->forms[sql_form_of_whole(s, e)];
}

/* ---- cells ---- */

/* The column of a cell, without the cell's rule. */
static struct md_expr column_of_cell(const struct md_expr *e)
{
	struct md_expr column = *e;
	column.shown = NULL;
	return column;
}

static bool is_whole(enum md_base_type t)
{
	return t == MD_INT || t == MD_BIGINT;
}

static const struct md_sql_form *form_of_key(const struct md_sql_text *s, const struct md_expr *key,
                                             enum md_base_type common)
{
	bool has_type = key->type.base == common || (is_whole((enum md_base_type)key->type.base) && is_whole(common));
	return has_type ? sql_column_form(s, md_raw_column(key->raw))
	                : derived_form(s, (struct md_type){ .base = (uint8_t)common });
}

/* Of two whole numbers the one that has words, a number of a type that fits few others, decides. */
static const struct md_around *words_of_key(const struct md_sql_form *form, const struct md_sql_form *other,
                                            enum md_base_type common)
{
	if (form == other && form->joins_itself)
		return &no_words;
	bool follows = is_whole(common) && !form->column[MD_PLACE_KEY].before.n;
	return &(follows ? other : form)->column[MD_PLACE_KEY];
}

/* The type in which both sides of a key are compared. Without it engines convert one side to the
 * type of the other, which may lose digits. */
static enum md_base_type common_type(enum md_base_type a, enum md_base_type b)
{
	static const enum md_base_type wide[] = { MD_FLOAT, MD_DECIMAL, MD_TIMESTAMP };
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (a == wide[i] || b == wide[i])
			return wide[i];
	return a;
}

void sql_key(struct md_sql_text *s, const struct md_expr *key, const struct md_expr *other)
{
	enum md_base_type common = common_type(key->type.base, other->type.base);
	const struct md_sql_form *own = form_of_key(s, key, common), *others = form_of_key(s, other, common);
	const struct md_around *around = words_of_key(own, others, common);
	if (sql_is_plain(key)) {
		sql_column(s, md_raw_column(key->raw), around);
		return;
	}
	sql_word(s, &around->before);
	sql_expr(s, key, MD_PLACE_BARE);
	sql_word(s, &around->after);
}

static const struct md_around *words_of_cell(const struct md_sql_form *form, enum md_place place)
{
	bool can_raise = form->raises && form->column[place].before.n;
	return &form->column[can_raise ? MD_PLACE_KEY : place];
}

static void write_cell(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	const struct md_around *around = words_of_cell(form_of_whole(s, e), place);
	struct md_expr column = column_of_cell(e);
	bool is_filter = s->is_filter;
	s->is_filter = false;
	sql_word(s, &around->before);
	sql_kw(s, "CASE WHEN ");
	sql_predicate(s, e->shown);
	sql_kw(s, " THEN ");
	sql_plain_column(s, &column, MD_PLACE_BARE);
	sql_kw(s, " END");
	sql_word(s, &around->after);
	s->is_filter = is_filter;
}

static void write_test(struct md_sql_text *s, const struct md_expr *e)
{
	sql_kw(s, "CASE WHEN ");
	if (e->of) {
		sql_kw(s, "(");
		sql_predicate_member(s, e->shown);
		sql_kw(s, " OR ");
		sql_null(s, e->of);
		sql_op(s, MD_OP_IS_NULL);
		sql_kw(s, ")");
	} else {
		sql_predicate(s, e->shown);
	}
	sql_kw(s, " THEN 1 ELSE 0 END");
}

static void write_id_place(struct md_sql_text *s, const struct md_expr *e)
{
	const struct md_str *words = s->dialect->id_place;
	sql_word(s, &words[0]);
	sql_expr(s, e->of, MD_PLACE_BARE);
	sql_word(s, &words[1]);
	sql_param(s, e->ids, MD_FORM_NONE, NULL);
	sql_word(s, &words[2]);
	sql_param(s, e->ids, MD_FORM_NONE, NULL);
	sql_word(s, &words[3]);
	sql_expr(s, e->of, MD_PLACE_BARE);
	sql_word(s, &words[4]);
}

/* ---- buckets and aggregates ---- */

static void write_bucket(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	const struct md_around *around = &form_of_whole(s, e)->column[place];
	bool is_date = e->of->type.base == MD_DATE;
	sql_word(s, &around->before);
	sql_template(s, is_date ? &s->dialect->date_bucket[e->bucket] : &s->dialect->timestamp_bucket[e->bucket],
	             e->of);
	sql_word(s, &around->after);
}

static void write_distinguishing_function(struct md_sql_text *s, const struct md_expr *of, const struct md_around *fn,
                                          enum md_place place)
{
	const struct md_sql_form *form = form_of_whole(s, of);
	const struct md_around *w = sql_is_cell(of) ? words_of_cell(form, place) : &form->column[place];
	const struct md_around *found = place == MD_PLACE_LEAST ? &form->column[MD_PLACE_FOUND] : &no_words;
	sql_word(s, &found->before);
	sql_word(s, &fn->before);
	sql_word(s, &w->before);
	sql_expr(s, of, MD_PLACE_BARE);
	sql_word(s, &w->after);
	sql_word(s, &fn->after);
	sql_word(s, &found->after);
}

static enum md_number_class number_class(struct md_type t)
{
	if (t.base == MD_FLOAT)
		return MD_NUMBER_FLOAT;
	return t.base == MD_DECIMAL ? MD_NUMBER_DECIMAL : MD_NUMBER_WHOLE;
}

static void write_count(struct md_sql_text *s, const struct md_expr *of)
{
	if (!of) {
		sql_kw(s, "count(*)");
		return;
	}
	sql_kw(s, "count(");
	sql_null(s, of);
	sql_kw(s, ")");
}

static void write_function(struct md_sql_text *s, const struct md_expr *e)
{
	const struct md_dialect *d = s->dialect;
	switch (e->fn) {
	case MD_FN_COUNT_DISTINCT:
		write_distinguishing_function(s, e->of, &d->distinct_count, MD_PLACE_GROUP);
		break;
	case MD_FN_SUM:
		sql_sum_template(s, &d->sum[number_class(e->of->type)], e->of);
		break;
	case MD_FN_AVG:
		sql_sum_template(s, &d->avg[number_class(e->of->type)], e->of);
		break;
	case MD_FN_MIN:
		write_distinguishing_function(s, e->of, &d->least, MD_PLACE_LEAST);
		break;
	case MD_FN_MAX:
		write_distinguishing_function(s, e->of, &d->greatest, MD_PLACE_LEAST);
		break;
	default:
		write_count(s, e->of);
	}
}

static void write_aggregate(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	const struct md_around *around = &form_of_whole(s, e)->column[place == MD_PLACE_GROUP ? MD_PLACE_BARE : place];
	sql_word(s, &around->before);
	write_function(s, e);
	sql_word(s, &around->after);
}

void sql_whole(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	switch (e->kind) {
	case MD_EXPR_RAW:
	case MD_EXPR_CELL:
		write_cell(s, e, place);
		break;
	case MD_EXPR_BUCKET:
		write_bucket(s, e, place);
		break;
	case MD_EXPR_AGGREGATE:
		write_aggregate(s, e, place);
		break;
	case MD_EXPR_ID_PLACE:
		write_id_place(s, e);
		break;
	case MD_EXPR_SORT_VALUE:
		sql_expr(s, e->of, MD_PLACE_KEY);
		break;
	case MD_EXPR_POSITION:
		sql_template_labels(s, &s->dialect->position, e->of, e->of->labels);
		break;
	case MD_EXPR_LABEL:
		sql_template_labels(s, &s->dialect->label, e->of, e->labels);
		break;
	case MD_EXPR_TEST:
		write_test(s, e);
		break;
	}
}

bool sql_shows_least(const struct md_sql_text *s, const struct md_expr *e)
{
	return e->raw && sql_form(s, e)->has_own_equality;
}

static void write_least(struct md_sql_text *s, const struct md_expr *e)
{
	write_distinguishing_function(s, e, &s->dialect->least, MD_PLACE_LEAST);
}

/* Groups that differ in what is not selected can have different least texts of equal values. All of
 * them show the least, so that DISTINCT sees one row. An expression with parameters can't be
 * repeated in OVER: its groups show their own. */
static void write_least_of_groups(struct md_sql_text *s, const struct md_expr *e)
{
	if (md_expr_holds_parameters(e)) {
		write_least(s, e);
		return;
	}
	sql_word(s, &s->dialect->least.before);
	write_least(s, e);
	sql_word(s, &s->dialect->least.after);
	sql_kw(s, " OVER (PARTITION BY ");
	sql_expr(s, e, MD_PLACE_GROUP);
	sql_kw(s, ")");
}

/* Where the dialect has words for GROUP BY, they also make the expression sort correctly. */
void sql_sorted(struct md_sql_text *s, const struct md_expr *e)
{
	if (sql_shows_least(s, e)) {
		write_least(s, e);
		return;
	}
	const struct md_sql_form *form = form_of_whole(s, e);
	const struct md_around *grouped = &form->column[MD_PLACE_GROUP];
	bool sorts_as_grouped = grouped->before.n || grouped->after.n;
	const struct md_around *w = sorts_as_grouped ? &no_words : &form->column[MD_PLACE_SORTED];
	sql_word(s, &w->before);
	sql_expr(s, e, MD_PLACE_GROUP);
	sql_word(s, &w->after);
}

/* ---- arrays of left-joined tables ---- */

/* Is this an array of a left-joined table, in a dialect where such an array is not NULL in rows
 * without a match? */
static bool is_lost_array(const struct md_sql_text *s, const struct md_expr *e)
{
	return e->type.array && s->dialect->lost_array[0].n &&
	       s->scans[md_raw_column(e->raw)->scan].form == MD_SCAN_LEFT_JOIN;
}

/* The array's table has a column that is NULL in exactly the rows without a match: the first column
 * that the join compares. */
static void write_join_column(struct md_sql_text *s, const struct md_expr *e)
{
	sql_expr(s, s->scans[md_raw_column(e->raw)->scan].keys[0].child, MD_PLACE_BARE);
}

bool sql_open_lost_array(struct md_sql_text *s, const struct md_expr *e)
{
	const struct md_str *words = s->dialect->lost_array;
	if (!is_lost_array(s, e))
		return false;
	sql_word(s, &words[0]);
	write_join_column(s, e);
	sql_word(s, &words[1]);
	return true;
}

static void write_lost_array(struct md_sql_text *s, const struct md_expr *e)
{
	s->lost_arrays = sql_open_lost_array(s, e);
	sql_expr(s, e, MD_PLACE_BARE);
	sql_word(s, &s->dialect->lost_array[2]);
}

/* An expression that is NULL where the array's cell is not shown, for engines whose arrays cannot
 * be NULL. */
static void write_array_null(struct md_sql_text *s, const struct md_expr *e)
{
	sql_kw(s, "CASE WHEN ");
	sql_predicate(s, e->shown);
	sql_kw(s, " THEN ");
	if (is_lost_array(s, e))
		write_join_column(s, e);
	else
		sql_kw(s, "1");
	sql_kw(s, " END");
}

void sql_null(struct md_sql_text *s, const struct md_expr *e)
{
	bool lacks_null = e->type.array && s->dialect->lost_array[0].n;
	if (lacks_null && sql_is_cell(e))
		write_array_null(s, e);
	else if (is_lost_array(s, e))
		write_join_column(s, e);
	else
		sql_expr(s, e, MD_PLACE_BARE);
}

/* ---- outputs ---- */

static inline void write_output(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	if (place == MD_PLACE_GROUP && sql_shows_least(s, e))
		write_least(s, e);
	else
		sql_expr(s, e, place);
}

/* The output of a cell mixes NULL and arrays, as one without a match does. */
static void write_array_output(struct md_sql_text *s, const struct md_expr *e, enum md_place place)
{
	if (is_lost_array(s, e))
		write_lost_array(s, e);
	else
		write_output(s, e, place);
	s->lost_arrays |= sql_is_cell(e);
}

void sql_output(struct md_sql_text *s, const struct md_expr *e, uint32_t i, enum md_place place)
{
	if (e->type.array)
		write_array_output(s, e, place);
	else
		write_output(s, e, place);
	sql_output_alias(s, i);
}

void sql_distinct_group_output(struct md_sql_text *s, const struct md_expr *e, uint32_t i)
{
	if (!sql_shows_least(s, e)) {
		sql_output(s, e, i, MD_PLACE_GROUP);
		return;
	}
	write_least_of_groups(s, e);
	sql_output_alias(s, i);
}

void sql_output_name(struct md_sql_text *s, const struct md_expr *e, uint32_t i)
{
	const struct md_around *around = &derived_form(s, e->type)->column[MD_PLACE_SORTED];
	if (is_lost_array(s, e))
		around = &s->dialect->lost_array_sorted;
	sql_word(s, &around->before);
	sql_alias(s, 'c', i);
	sql_word(s, &around->after);
}
