/* What stands in place of a bare column: its cell. Promises: the column itself is written inside THEN alone, so that no row that does not show it gives its
 * value to anything. */
#include "sqlgen/condition.h"

static void bare(struct md_sql_text *s, const struct md_pcolumn *c)
{
	struct md_pcolumn column = *c;
	column.through = NULL;
	column.type = c->through->of;
	sql_column(s, &column, MD_PLACE_BARE);
}

void sql_shown(struct md_sql_text *s, const struct md_pcolumn *c, void (*value)(struct md_sql_text *s, const struct md_pcolumn *c))
{
	sql_kw(s, "CASE WHEN ");
	sql_condition(s, c->through->shown);
	sql_kw(s, " THEN ");
	if (value)
		value(s, c);
	else
		sql_kw(s, "1");
	sql_kw(s, " END");
}

static void test(struct md_sql_text *s, const struct md_cond *holds)
{
	sql_kw(s, "CASE WHEN ");
	sql_condition(s, holds);
	sql_kw(s, " THEN 1 ELSE 0 END");
}

void sql_through(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place)
{
	const struct md_around *around = sql_around(s, c, place);
	if (c->through->test) {
		test(s, c->through->test);
		return;
	}
	sql_word(s, &around->before);
	if (c->through->shown)
		sql_shown(s, c, bare);
	else
		bare(s, c);
	sql_word(s, &around->after);
}
