/* The configuration of the resolve tests, and the outputs of a statement as text. */
#ifndef RESOLVE_CONFIG_H
#define RESOLVE_CONFIG_H

#include "world.h"

#include <stdio.h>

/* things: every type, two api columns on one physical column, hostile names, a name over 63 bytes,
 * self relation; pairs: composite key; keyless. */
static const char resolve_tables[] =
	"\"tables\":[{\"id\":\"t-1\",\"apiName\":\"things\",\"database\":\"a\",\"physicalName\":\"%s\","
	"\"primaryKey\":[\"id\"],\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"uuid\",\"nullable\":false},"
	"{\"apiName\":\"text\",\"physicalName\":\"c0\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"number\",\"physicalName\":\"num\",\"type\":\"int\",\"nullable\":false},"
	"{\"apiName\":\"price\",\"physicalName\":\"price\",\"type\":\"decimal\",\"nullable\":true},"
	"{\"apiName\":\"raw\",\"physicalName\":\"raw\",\"type\":\"bytes\",\"nullable\":true},"
	"{\"apiName\":\"one\",\"physicalName\":\"same\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"two\",\"physicalName\":\"same\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"hostile\",\"physicalName\":\"\\\"; `\\\\ --\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"proto\",\"physicalName\":\"__proto__\",\"type\":\"string\",\"nullable\":false},"
	"{\"apiName\":\"longName\","
	"\"physicalName\":\"n234567890123456789012345678901234567890123456789012345678901234567890\",\"type\":\"int\","
	"\"nullable\":false},"
	"{\"apiName\":\"upId\",\"physicalName\":\"up_id\",\"type\":\"uuid\",\"nullable\":true},"
	"{\"apiName\":\"c\",\"physicalName\":\"pair_c\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"d\",\"physicalName\":\"pair_d\",\"type\":\"date\",\"nullable\":true}],"
	"\"relations\":[{\"column\":\"upId\",\"references\":{\"table\":\"things\",\"column\":\"id\"},"
	"\"type\":\"many-to-one\",\"name\":\"up\"},"
	"{\"column\":[\"c\",\"d\"],\"references\":{\"table\":\"pairs\",\"column\":[\"c\",\"d\"]},"
	"\"type\":\"many-to-one\",\"name\":\"pair\"}]},"
	"{\"id\":\"t-2\",\"apiName\":\"pairs\",\"database\":\"a\",\"physicalName\":\"pairs\",\"primaryKey\":[\"c\","
	"\"d\"],\"columns\":["
	"{\"apiName\":\"c\",\"physicalName\":\"c\",\"type\":\"string\",\"nullable\":false},{\"apiName\":\"d\","
	"\"physicalName\":\"d\",\"type\":\"date\",\"nullable\":false},"
	"{\"apiName\":\"note\",\"physicalName\":\"note\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"hidden\",\"physicalName\":\"hidden\",\"type\":\"int\",\"nullable\":false}],"
	"\"relations\":[{\"column\":\"note\",\"references\":{\"table\":\"keyless\",\"column\":\"word\"},"
	"\"type\":\"many-to-one\"}]},"
	"{\"id\":\"t-3\",\"apiName\":\"keyless\",\"database\":\"a\",\"physicalName\":\"keyless\",\"primaryKey\":[],"
	"\"columns\":["
	"{\"apiName\":\"word\",\"physicalName\":\"word\",\"type\":\"string\",\"nullable\":false}],\"relations\":[]},"
	"{\"id\":\"t-4\",\"apiName\":\"blobs\",\"database\":\"a\",\"physicalName\":\"blobs\",\"primaryKey\":[\"id\"],"
	"\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"bytes\",\"nullable\":false},{\"apiName\":\"n\","
	"\"physicalName\":\"n\",\"type\":\"int\",\"nullable\":false}],"
	"\"relations\":[]}],"
	"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},"
	"{\"id\":\"owner\",\"tables\":[{\"tableId\":\"t-1\",\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"text\","
	"\"operator\":\"=\",\"valueFrom\":\"context\","
	"\"contextKey\":\"who\"},{\"column\":\"number\",\"operator\":\"in\",\"valueFrom\":\"context\","
	"\"contextKey\":\"numbers\"}]},"
	"{\"tableId\":\"t-2\",\"allowedColumns\":[\"c\",\"d\"],\"filters\":[{\"column\":\"hidden\",\"operator\":\"!=\","
	"\"valueFrom\":\"context\",\"contextKey\":\"not\"}]}]},"
	"{\"id\":\"other\",\"tables\":[{\"tableId\":\"t-1\",\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"upId\","
	"\"operator\":\"is_null\",\"valueFrom\":\"context\"}]},"
	"{\"tableId\":\"t-2\",\"allowedColumns\":[\"c\",\"d\"],\"filters\":[{\"column\":\"note\","
	"\"operator\":\"is_not_null\",\"valueFrom\":\"context\"}]}]}]";

/* things: the physical name of the first table; rest: the members "databases" and more. Static
 * text. */
static inline const char *resolve_config(const char *things, const char *rest)
{
	static char text[16384];
	char with[sizeof resolve_tables + 100];
	snprintf(with, sizeof with, resolve_tables, things);
	int n = snprintf(text, sizeof text, "{%s,%s}", rest, with);
	assert_true(n > 0 && (size_t)n < sizeof text);
	return text;
}

/* "id:uuid total:decimal? key:int!": ? nullable, ! hidden */
static inline const char *outputs_text(struct world *w)
{
	struct md_buf b = { .arena = &w->arena };
	for (uint32_t i = 0; i < w->stmt.n_outputs; i++) {
		const struct md_stmt_output *o = &w->stmt.outputs[i];
		const struct md_shape_output *c = w->shape.described == w->stmt.outputs ? &w->shape.outputs[i] : NULL;
		const struct md_column *column = c ? c->column : w->misses.columns[i];
		assert_true(!column || (column->type.base == o->type.base && md_str_eq(column->api_name, o->label)) ||
		            memchr(o->label.p, '.', o->label.n));
		md_buf_fmt(&b, "%s%.*s:%s%s%s", i ? " " : "", MD_FMT(o->label), md_type_name(o->type),
		           o->nullable ? "?" : "", !c || c->hidden ? "!" : "");
	}
	md_buf_char(&b, '\0');
	return b.p;
}

#endif
