#include "world.h"

#include "validation/validate.h"

#include <stdio.h>

void world_open(struct world *w, const char *config)
{
	memset(w, 0, sizeof *w);
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err };
	w->meta = config[0] == '{' ? md_metadata_load(&w->cx, md_str_z(config), NULL) : md_metadata_load_file(&w->cx, config, NULL);
	for (uint32_t i = 0; !w->meta && i < w->err.problems.n; i++)
		print_error("%.*s: %.*s\n", MD_FMT(w->err.problems.v[i].pointer), MD_FMT(w->err.problems.v[i].message));
	assert_non_null(w->meta);
}

void world_close(struct world *w)
{
	md_snapshot_unref(w->meta);
	md_arena_free(&w->arena);
}

static const struct md_json *json(struct world *w, const char *text)
{
	const struct md_json *v = NULL;
	struct md_json_error e;
	assert_int_equal(md_json_parse(&w->arena, md_str_z(text), &v, &e), 0);
	return v;
}

void world_plan(struct world *w, const char *query, const char *context)
{
	md_arena_reset(&w->arena);
	w->err = (struct md_error){ 0 };
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err, .meta = w->meta };
	w->cx.trace = md_trace_new(&w->arena);
	int rc = md_query_parse(&w->cx, json(w, query), &w->query) || md_access_open(&w->cx, json(w, context ? context : "{\"role\":\"admin\"}")) ||
	         md_validate(&w->cx, w->query) || md_guard(&w->cx, w->query, &w->guarded) || md_fail_if_problems(&w->cx, MD_VALIDATION_FAILED) ||
	         md_plan(&w->cx, w->guarded, false, &w->planned);
	for (uint32_t i = 0; rc && i < w->err.problems.n; i++)
		print_error("%.*s: %.*s\n", MD_FMT(w->err.problems.v[i].pointer), MD_FMT(w->err.problems.v[i].message));
	if (rc)
		print_error("%.*s\n", MD_FMT(w->err.message));
	assert_int_equal(rc, 0);
}

static void print_value(struct md_buf *b, const struct md_value *v)
{
	for (size_t i = 0; v->type.array && i < v->list.n; i++) {
		md_buf_str(b, i ? MD_STR(",") : MD_STR("["));
		md_buf_str(b, v->list.items[i]);
	}
	md_buf_str(b, v->type.array ? MD_STR("]") : v->text);
}

const char *world_write(struct world *w, const struct md_ids *only)
{
	struct md_buf b = { .arena = &w->arena };
	assert_int_equal(md_resolve(&w->cx, w->planned.plan, only, &w->tree, &w->shape), 0);
	assert_int_equal(md_write_sql(&w->cx, &w->tree, &w->stmt), 0);
	for (uint32_t i = 0; i < w->tree.n_tables; i++)
		assert_ptr_equal(w->tree.tables[i].guard, md_guarded_at(w->guarded, i));
	md_buf_str(&b, w->stmt.text);
	for (uint32_t i = 0; i < w->stmt.n_params; i++) {
		md_buf_str(&b, i ? MD_STR(", ") : MD_STR(" | "));
		print_value(&b, &w->stmt.params[i]);
	}
	md_buf_char(&b, '\0');
	assert_false(b.failed);
	return b.p;
}

const char *world_sql(struct world *w, const char *query, const char *context)
{
	world_plan(w, query, context);
	return world_write(w, NULL);
}

const char *world_outs(struct world *w)
{
	struct md_buf b = { .arena = &w->arena };
	for (uint32_t i = 0; i < w->stmt.n_outputs; i++) {
		const struct md_stmt_output *o = &w->stmt.outputs[i];
		const struct md_shape_output *c = w->shape.count ? NULL : &w->shape.outputs[i];
		assert_true(!c || (md_str_eq(o->label, c->label) && o->type.base == c->type.base && o->nullable == c->nullable && o->spare == c->spare));
		assert_true(!c || (c->column && c->column->type.base == c->type.base && md_str_eq(c->column->api_name, c->label)) ||
		            memchr(c->label.p, '.', c->label.n));
		md_buf_fmt(&b, "%s%.*s:%s%s%s", i ? " " : "", MD_FMT(o->label), md_type_name(o->type), o->nullable ? "?" : "", c && c->hidden ? "!" : "");
	}
	md_buf_char(&b, '\0');
	return b.p;
}

/* things: every type, two api columns on one physical column, hostile names, a name over 63 bytes, self relation; pairs: composite key; keyless. */
static const char tables[] =
	"\"tables\":[{\"id\":\"t-1\",\"apiName\":\"things\",\"database\":\"a\",\"physicalName\":\"%s\",\"primaryKey\":[\"id\"],\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"uuid\",\"nullable\":false},"
	"{\"apiName\":\"text\",\"physicalName\":\"c0\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"number\",\"physicalName\":\"num\",\"type\":\"int\",\"nullable\":false},"
	"{\"apiName\":\"price\",\"physicalName\":\"price\",\"type\":\"decimal\",\"nullable\":true},"
	"{\"apiName\":\"raw\",\"physicalName\":\"raw\",\"type\":\"bytes\",\"nullable\":true},"
	"{\"apiName\":\"one\",\"physicalName\":\"same\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"two\",\"physicalName\":\"same\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"hostile\",\"physicalName\":\"\\\"; `\\\\ --\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"proto\",\"physicalName\":\"__proto__\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"longName\",\"physicalName\":\"n234567890123456789012345678901234567890123456789012345678901234567890\",\"type\":\"int\",\"nullable\":false},"
	"{\"apiName\":\"upId\",\"physicalName\":\"up_id\",\"type\":\"uuid\",\"nullable\":true},"
	"{\"apiName\":\"c\",\"physicalName\":\"pair_c\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"d\",\"physicalName\":\"pair_d\",\"type\":\"date\",\"nullable\":true}],"
	"\"relations\":[{\"column\":\"upId\",\"references\":{\"table\":\"things\",\"column\":\"id\"},\"type\":\"many-to-one\",\"name\":\"up\"},"
	"{\"column\":[\"c\",\"d\"],\"references\":{\"table\":\"pairs\",\"column\":[\"c\",\"d\"]},\"type\":\"many-to-one\",\"name\":\"pair\"}]},"
	"{\"id\":\"t-2\",\"apiName\":\"pairs\",\"database\":\"a\",\"physicalName\":\"pairs\",\"primaryKey\":[\"c\",\"d\"],\"columns\":["
	"{\"apiName\":\"c\",\"physicalName\":\"c\",\"type\":\"string\",\"nullable\":false},{\"apiName\":\"d\",\"physicalName\":\"d\",\"type\":\"date\",\"nullable\":false},"
	"{\"apiName\":\"note\",\"physicalName\":\"note\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"hidden\",\"physicalName\":\"hidden\",\"type\":\"int\",\"nullable\":false}],"
	"\"relations\":[{\"column\":\"note\",\"references\":{\"table\":\"keyless\",\"column\":\"word\"},\"type\":\"many-to-one\"}]},"
	"{\"id\":\"t-3\",\"apiName\":\"keyless\",\"database\":\"a\",\"physicalName\":\"keyless\",\"primaryKey\":[],\"columns\":["
	"{\"apiName\":\"word\",\"physicalName\":\"word\",\"type\":\"string\",\"nullable\":false}],\"relations\":[]},"
	"{\"id\":\"t-4\",\"apiName\":\"blobs\",\"database\":\"a\",\"physicalName\":\"blobs\",\"primaryKey\":[\"id\"],\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"bytes\",\"nullable\":false},{\"apiName\":\"n\",\"physicalName\":\"n\",\"type\":\"int\",\"nullable\":false}],"
	"\"relations\":[]}],"
	"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},"
	"{\"id\":\"owner\",\"tables\":[{\"tableId\":\"t-1\",\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"text\",\"operator\":\"=\",\"valueFrom\":\"context\","
	"\"contextKey\":\"who\"},{\"column\":\"number\",\"operator\":\"in\",\"valueFrom\":\"context\",\"contextKey\":\"numbers\"}]},"
	"{\"tableId\":\"t-2\",\"allowedColumns\":[\"c\",\"d\"],\"filters\":[{\"column\":\"hidden\",\"operator\":\"!=\",\"valueFrom\":\"context\",\"contextKey\":\"not\"}]}]},"
	"{\"id\":\"other\",\"tables\":[{\"tableId\":\"t-1\",\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"upId\",\"operator\":\"is_null\",\"valueFrom\":\"context\"}]},"
	"{\"tableId\":\"t-2\",\"allowedColumns\":[\"c\",\"d\"],\"filters\":[{\"column\":\"note\",\"operator\":\"is_not_null\",\"valueFrom\":\"context\"}]}]}]";

const char *world_config(const char *things, const char *rest)
{
	static char text[16384];
	char with[sizeof tables + 100];
	snprintf(with, sizeof with, tables, things);
	int n = snprintf(text, sizeof text, "{%s,%s}", rest, with);
	assert_true(n > 0 && (size_t)n < sizeof text);
	return text;
}
