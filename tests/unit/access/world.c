#include "world.h"

#include <stdio.h>

#define FILTER(col, op, key) "{\"column\":\"" col "\",\"operator\":\"" op "\",\"valueFrom\":\"context\",\"contextKey\":\"" key "\"}"
#define NULLS(col, op) "{\"column\":\"" col "\",\"operator\":\"" op "\",\"valueFrom\":\"context\"}"
#define GRANT(id, cols, filters) "{\"tableId\":\"" id "\",\"allowedColumns\":" cols ",\"filters\":[" filters "]}"
#define COLUMN(name, type, nullable) "{\"apiName\":\"" name "\",\"physicalName\":\"" name "\",\"type\":\"" type "\",\"nullable\":" nullable "}"
#define TABLE(id)                                                                                                                  \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"db\",\"physicalName\":\"" id "\",\"columns\":["                  \
	COLUMN("id", "int", "false") "," COLUMN("tenantId", "uuid", "true") "," COLUMN("region", "string", "true") ","             \
	COLUMN("level", "bigint", "true") "," COLUMN("amount", "decimal", "true") "," COLUMN("live", "boolean", "true") ","        \
	COLUMN("since", "date", "true") "," COLUMN("note", "string", "true") "],\"primaryKey\":[\"id\"],\"relations\":[]}"
#define ROLE(id, grants) "{\"id\":\"" id "\",\"tables\":[" grants "]}"
#define TENANT FILTER("tenantId", "=", "tenantId")
#define REGIONS FILTER("region", "in", "regions")

/* Forty roles, each with rows of its own. */
#define ONE(n) ROLE("many" n, GRANT("items", "[\"id\"]", FILTER("level", "=", "level" n))) ","
#define TEN(t) ONE(t "0") ONE(t "1") ONE(t "2") ONE(t "3") ONE(t "4") ONE(t "5") ONE(t "6") ONE(t "7") ONE(t "8") ONE(t "9")
#define MANY TEN("") TEN("1")
#define MANY_MORE TEN("2") TEN("3")

const char world_config[] =
	"{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\"}],"
	"\"tables\":[" TABLE("items") "," TABLE("notes") "],\"caches\":[],\"externalSyncs\":[],\"limits\":{\"inList\":3},\"roles\":["
	"{\"id\":\"admin\",\"tables\":\"*\"},"
	ROLE("tenant", GRANT("items", "[\"id\",\"note\"]", TENANT)) ","
	ROLE("tenantWide", GRANT("items", "[\"id\",\"note\",\"amount\"]", TENANT)) ","
	ROLE("regional", GRANT("items", "[\"id\",\"region\"]", REGIONS)) ","
	ROLE("both", GRANT("items", "[\"id\",\"note\"]", TENANT "," REGIONS)) ","
	ROLE("bothAgain", GRANT("items", "[\"id\"]", REGIONS "," TENANT "," TENANT)) ","
	ROLE("masked", "{\"tableId\":\"items\",\"allowedColumns\":[\"id\",\"note\"],\"maskedColumns\":[\"note\"]}") ","
	ROLE("maskedTenant", "{\"tableId\":\"items\",\"allowedColumns\":[\"id\",\"note\",\"amount\"],\"maskedColumns\":[\"note\",\"amount\"],\"filters\":[" TENANT "]}") ","
	ROLE("openTenant", GRANT("items", "[\"id\"]", TENANT)) ","
	ROLE("open", GRANT("items", "[\"id\"]", "")) ","
	ROLE("notTenant", GRANT("items", "\"*\"", FILTER("tenantId", "!=", "tenantId"))) ","
	ROLE("nulls", GRANT("items", "\"*\"", NULLS("note", "is_null") "," NULLS("region", "is_not_null"))) ","
	ROLE("levels", GRANT("items", "\"*\"", FILTER("level", "=", "level") "," FILTER("live", "=", "live") "," FILTER("since", "=", "since"))) ","
	ROLE("money", GRANT("items", "\"*\"", FILTER("amount", "=", "amount"))) ","
	ROLE("mixed", GRANT("items", "\"*\"", FILTER("tenantId", "=", "k") "," FILTER("note", "=", "k") "," FILTER("region", "in", "k"))) ","
	ROLE("reader", GRANT("notes", "\"*\"", "")) ","
	MANY MANY_MORE
	ROLE("nothing", "") "]}";

void world_reset(struct world *w)
{
	md_arena_reset(&w->arena);
	w->err = (struct md_error){ 0 };
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err, .meta = w->meta };
	w->cx.trace = md_trace_new(&w->arena);
	w->query = (struct md_query){ .refs = w->refs, .limit = -1, .offset = -1, .columns_given = true };
	w->guarded = NULL;
	memset(w->used, 0, sizeof w->used);
}

void world_open(struct world *w, const char *config)
{
	memset(w, 0, sizeof *w);
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err };
	w->meta = md_metadata_load(&w->cx, md_str_z(config), NULL);
	if (!w->meta)
		for (uint32_t i = 0; i < w->err.problems.n; i++)
			print_error("%.*s: %.*s\n", MD_FMT(w->err.problems.v[i].pointer), MD_FMT(w->err.problems.v[i].message));
	assert_non_null(w->meta);
	world_reset(w);
}

void world_close(struct world *w)
{
	md_snapshot_unref(w->meta);
	md_arena_free(&w->arena);
}

int world_context(struct world *w, const char *json)
{
	const struct md_json *v = NULL;
	struct md_json_error e;
	if (json)
		assert_int_equal(md_json_parse(&w->arena, md_str_z(json), &v, &e), 0);
	return md_access_open(&w->cx, v);
}

const struct md_table *world_table(struct world *w, const char *api_name)
{
	const struct md_table *t = md_table_find(w->meta, md_str_z(api_name));
	assert_non_null(t);
	return t;
}

const struct md_column *world_column(struct world *w, const char *table, const char *column)
{
	const struct md_column *c = md_column_find(world_table(w, table), md_str_z(column));
	assert_non_null(c);
	return c;
}

void world_ref(struct world *w, const char *table, const char *type, uint32_t parent)
{
	uint32_t i = w->query.n_refs++;
	w->query.joins = w->joins + 1;
	w->query.n_joins = i;
	const struct md_table *t = world_table(w, table);
	w->joins[i] = (struct md_join){ .inner = type && !strcmp(type, "inner"), .columns_given = true };
	w->refs[i] = (struct md_ref){ .table = t, .as = t->api_name, .join = type ? &w->joins[i] : NULL, .parent = parent,
		                      .left = type && !strcmp(type, "left"), .used = &w->used[i], .view = md_access_view(&w->cx, t) };
}

int world_guard(struct world *w)
{
	return md_guard(&w->cx, &w->query, &w->guarded);
}

static const char *finish(struct md_buf *b)
{
	md_buf_char(b, '\0');
	assert_false(b->failed);
	return b->p;
}

const char *world_rows(struct world *w, uint32_t ref)
{
	struct md_buf b = { .arena = &w->arena };
	md_pred_text(&b, md_guarded_rows(md_guarded_at(w->guarded, ref)));
	return finish(&b);
}

const char *world_log(struct world *w)
{
	struct md_buf b = { .arena = &w->arena };
	md_trace_text(&b, w->cx.trace, true);
	return finish(&b);
}

void world_problems(struct world *w, ...)
{
	va_list ap;
	uint32_t n = 0;
	va_start(ap, w);
	for (const char *want; (want = va_arg(ap, const char *)); n++) {
		assert_true(n < w->err.problems.n);
		const struct md_problem *p = &w->err.problems.v[n];
		char got[256];
		snprintf(got, sizeof got, "%s %.*s", md_code_name(p->code), MD_FMT(p->pointer));
		assert_string_equal(got, want);
		assert_true(p->message.n > 0);
	}
	va_end(ap);
	assert_int_equal(w->err.problems.n, n);
}
