/* What planning costs: JSON text in, SQL and parameters out, debug log recorded, through
 * multidb_query_prepare. QUERY-bound is the same query as a prepared definition whose values are
 * parameters, through multidb_query_bind. Each binding of QUERY-roles is the first one of its set
 * of roles, and that of QUERY-defined the first one of its definition.
 *
 *     bench_plan CONFIG times and heap allocations of all queries, small and grown metadata
 *     bench_plan CONFIG gate only the heap allocations; exit 1 if there is one in steady state
 *     bench_plan CONFIG QUERY N [TABLES ROLES] N calls and nothing else, for an instruction counter
 *     (tests/bench/instructions) */
#include "oom.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char tenant[] = "{\"role\":\"tenant-user\","
                             "\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\"}}";
static const char both[] = "{\"roles\":{\"user\":[\"tenant-user\",\"regional-manager\"]},"
                           "\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\","
                           "\"regionIds\":[\"eu\"]}}";
static const char admin[] = "{\"role\":\"admin\"}";

/* Definitions that are made when the program starts. */
enum { WIDE = 50, STEPS = 3, CALLS = 200000 };
static char wide[2048], filters[STEPS][4096], joins[STEPS][1024];

static const struct {
	const char *name, *what, *definition, *context;
} queries[] = {
	{ "simple", "one filter, one row filter", "{\"from\":\"orders\",\"columns\":[\"id\",\"total\",\"status\"],"
	                                          "\"filters\":[{\"column\":\"status\",\"operator\":\"=\","
	                                          "\"value\":\"paid\"}]}", tenant },
	{ "joins", "two joins, five filters",
	  "{\"from\":\"orders\",\"columns\":[\"id\",\"total\",\"status\"],\"filters\":[{\"column\":\"status\","
	  "\"operator\":\"=\",\"value\":\"paid\"},{\"column\":\"total\",\"operator\":\">\",\"value\":100},"
	  "{\"column\":\"createdAt\",\"operator\":\">=\",\"value\":\"2024-01-01T00:00:00Z\"}],"
	  "\"joins\":[{\"table\":\"customers\",\"columns\":[\"name\"],\"filters\":[{\"column\":\"regionId\","
	  "\"operator\":\"=\",\"value\":\"us-east\"}]},"
	  "{\"table\":\"products\",\"columns\":[\"name\",\"price\"],\"filters\":[{\"column\":\"price\","
	  "\"operator\":\"<\",\"value\":\"50.5\"}]}]}", admin },
	{ "exists", "exists with nested groups",
	  "{\"from\":\"customers\",\"columns\":[\"id\",\"name\"],\"filters\":[{\"table\":\"orders\","
	  "\"filters\":[{\"logic\":\"or\",\"conditions\":[{\"column\":\"status\",\"operator\":\"=\","
	  "\"value\":\"paid\"},"
	  "{\"logic\":\"and\",\"not\":true,\"conditions\":[{\"column\":\"total\",\"operator\":\">\",\"value\":100},"
	  "{\"column\":\"regionId\",\"operator\":\"=\",\"value\":\"us-east\"}]}]}]}]}", admin },
	{ "groups", "groupBy, three aggregates, having",
	  "{\"from\":\"orders\",\"groupBy\":[{\"column\":\"status\"}],\"aggregations\":[{\"fn\":\"count\","
	  "\"column\":\"*\",\"alias\":\"n\"},{\"fn\":\"sum\",\"column\":\"total\",\"alias\":\"sum\"},"
	  "{\"fn\":\"avg\",\"column\":\"total\",\"alias\":\"avg\"}],\"having\":[{\"column\":\"n\",\"operator\":\">\","
	  "\"value\":5}]}", admin },
	{ "cells", "a column that one of two roles grants, on its rows", "{\"from\":\"orders\",\"columns\":[\"id\","
		"\"total\",\"regionId\"],\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":\"paid\"}]}",
	  both },
	{ "wide", "fifty columns", wide, admin },
	{ "filters8", "eight filters", filters[0], admin }, { "filters16", "sixteen filters", filters[1], admin },
	{ "filters32", "thirty-two filters", filters[2], admin },
	{ "joins2", "two joins", joins[0], admin }, { "joins4", "four joins", joins[1], admin },
	{ "joins8", "eight joins", joins[2], admin },
};
enum { QUERIES = sizeof queries / sizeof *queries };

/* The first two with parameters, and two bindings of each, which take turns. */
#define PARAM(name) "{\"$param\":\"" name "\"}"
static const struct {
	const char *definition, *parameters[2];
} prepared[] = {
	{ "{\"from\":\"orders\",\"columns\":[\"id\",\"total\",\"status\"],"
	  "\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":" PARAM("status") "}]}",
	  { "{\"status\":\"paid\"}", "{\"status\":\"open\"}" } },
	{ "{\"from\":\"orders\",\"columns\":[\"id\",\"total\",\"status\"],\"filters\":[{\"column\":\"status\","
	  "\"operator\":\"=\",\"value\":" PARAM("status")
		"},{\"column\":\"total\",\"operator\":\">\",\"value\":" PARAM("total")
	  "},{\"column\":\"createdAt\",\"operator\":\">=\",\"value\":" PARAM("since") "}],"
	  "\"joins\":[{\"table\":\"customers\",\"columns\":[\"name\"],\"filters\":[{\"column\":\"regionId\","
	  "\"operator\":\"=\",\"value\":" PARAM("region") "}]},"
	  "{\"table\":\"products\",\"columns\":[\"name\",\"price\"],\"filters\":[{\"column\":\"price\","
	  "\"operator\":\"<\",\"value\":" PARAM("price") "}]}]}",
	  { "{\"status\":\"paid\",\"total\":100,\"since\":\"2024-01-01T00:00:00Z\","
	    "\"region\":\"us-east\",\"price\":\"50.5\"}",
	    "{\"status\":\"open\",\"total\":999,\"since\":\"2023-02-03T00:00:00Z\","
	    "\"region\":\"eu-west\",\"price\":\"7.25\"}" } },
};
enum { PREPARED = sizeof prepared / sizeof *prepared };

static void fatal(const char *what)
{
	fprintf(stderr, "bench_plan: %s\n", what);
	exit(2);
}

static void make_definitions(void)
{
	int n = sprintf(wide, "{\"from\":\"wide\",\"columns\":[");
	for (int c = 0; c < WIDE; c++)
		n += sprintf(wide + n, "%s\"c%d\"", c ? "," : "", c);
	sprintf(wide + n, "]}");
	for (int s = 0; s < STEPS; s++) {
		n = sprintf(filters[s], "{\"from\":\"wide\",\"columns\":[\"c0\"],\"filters\":[");
		for (int i = 0; i < 8 << s; i++)
			n += sprintf(filters[s] + n, "%s{\"column\":\"c%d\",\"operator\":\"=\",\"value\":\"paid\"}",
			             i ? "," : "", i);
		sprintf(filters[s] + n, "]}");
		n = sprintf(joins[s], "{\"from\":\"extra8\",\"columns\":[\"c0\"],\"joins\":[");
		for (int i = 0; i < 2 << s; i++)
			n += sprintf(joins[s] + n, "%s{\"table\":\"extra%d\",\"columns\":[\"c0\"]}", i ? "," : "",
			             7 - i);
		sprintf(joins[s] + n, "]}");
	}
}

/* ---- metadata of any size: the file's, a table of fifty columns, nine in a row, and as many as
 * are asked for ---- */

static void wide_table(struct md_buf *b)
{
	md_buf_lit(b, "{\"id\":\"wide\",\"apiName\":\"wide\",\"database\":\"pg-main\",\"physicalName\":\"public.wide\","
	              "\"primaryKey\":[\"c0\"],\"relations\":[],\"columns\":[");
	for (int c = 0; c < WIDE; c++)
		md_buf_fmt(b, "%s{\"apiName\":\"c%d\",\"physicalName\":\"c_%d\",\"type\":\"string\",\"nullable\":%s}",
		           c ? "," : "", c, c, c ? "true" : "false");
	md_buf_lit(b, "]},");
}

/* Copies of a role with other ids, for bindings with sets of roles that are new to the handle. */
enum { ROLE_COPIES = 10 };

static void copy_role(struct md_buf *b, const struct md_json *role, int copy)
{
	struct md_json_iter it;
	struct md_str key;
	md_json_iter(&it, role);
	md_buf_fmt(b, "{\"id\":\"%.*s-%d\"", MD_FMT(md_json_text(md_json_get(role, "id"))), copy);
	for (const struct md_json *v; (v = md_json_next(&it, &key));) {
		if (md_str_eqz(key, "id"))
			continue;
		md_buf_char(b, ',');
		md_json_quote(b, key);
		md_buf_char(b, ':');
		md_json_dump(b, v);
	}
	md_buf_lit(b, "},");
}

static void copy_roles(struct md_buf *b, const struct md_json *list)
{
	struct md_json_iter it;
	md_json_iter(&it, list);
	for (const struct md_json *v; (v = md_json_next(&it, NULL));)
		for (int i = 0; i < ROLE_COPIES; i++)
			copy_role(b, v, i);
}

static void copy_members(struct md_buf *b, const struct md_json *list)
{
	struct md_json_iter it;
	md_json_iter(&it, list);
	for (const struct md_json *v; (v = md_json_next(&it, NULL)); md_buf_char(b, ','))
		md_json_dump(b, v);
}

static void more_tables(struct md_buf *b, int n)
{
	for (int i = 0; i < n; i++) {
		md_buf_fmt(b, "{\"id\":\"extra-%d\",\"apiName\":\"extra%d\",\"database\":\"pg-main\","
		              "\"physicalName\":\"public.extra_%d\",\"primaryKey\":[\"id\"],\"relations\":[", i, i, i);
		if (i)
			md_buf_fmt(b, "{\"column\":\"parent\",\"references\":{\"table\":\"extra%d\",\"column\":\"id\"},"
			              "\"type\":\"many-to-one\"}", i - 1);
		md_buf_lit(b, "],\"columns\":[");
		for (int c = 0; c < 3; c++)
			md_buf_fmt(b, "{\"apiName\":\"c%d\",\"physicalName\":\"c_%d\",\"type\":\"string\","
			              "\"nullable\":true},", c, c);
		md_buf_lit(b, "{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
		              "{\"apiName\":\"parent\",\"physicalName\":\"parent\",\"type\":\"int\","
		              "\"nullable\":true}]},");
	}
}

static void more_roles(struct md_buf *b, int n)
{
	for (int i = 0; i < n; i++)
		md_buf_fmt(b, "{\"id\":\"role-%d\",\"tables\":[{\"tableId\":\"orders\",\"allowedColumns\":[\"id\","
		              "\"status\"],\"filters\":[{\"column\":\"regionId\",\"operator\":\"=\","
		              "\"valueFrom\":\"context\",\"contextKey\":\"r%d\"}]},"
		              "{\"tableId\":\"customers\",\"allowedColumns\":\"*\"}]},", i, i);
}

/* The configuration's text with so many more tables and roles. */
static char *grown(const char *path, int tables, int roles)
{
	struct md_arena a = { 0 };
	struct md_buf b = { 0 };
	struct md_json_iter it;
	struct md_json_error e;
	struct md_str key;
	const struct md_json *root;
	static char text[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(text, 1, sizeof text, f) : 0;
	if (!n || md_json_parse(&a, (struct md_str){ text, n }, &root, &e))
		fatal("can't read the configuration");
	fclose(f);
	md_buf_char(&b, '{');
	md_json_iter(&it, root);
	for (const struct md_json *v; (v = md_json_next(&it, &key)); md_buf_char(&b, ',')) {
		bool is_tables = md_str_eqz(key, "tables"), is_roles = md_str_eqz(key, "roles");
		md_json_quote(&b, key);
		md_buf_char(&b, ':');
		if (!is_tables && !is_roles) {
			md_json_dump(&b, v);
			continue;
		}
		md_buf_char(&b, '[');
		copy_members(&b, v);
		is_tables ? wide_table(&b) : copy_roles(&b, v);
		is_tables ? more_tables(&b, tables + 9) : more_roles(&b, roles);
		b.p[b.n - 1] = ']';
	}
	b.p[b.n - 1] = '}';
	md_buf_char(&b, '\0');
	md_arena_free(&a);
	return b.p;
}

static multidb_engine *open_grown(const char *path, int tables, int roles)
{
	char *text = grown(path, tables, roles);
	multidb_options o = { .size = sizeof(multidb_options), .offline = 1 };
	multidb_engine *e;
	multidb_error *error;
	if (multidb_engine_open_text(text, strlen(text), &o, &e, &error))
		fatal(multidb_error_json(error));
	free(text);
	return e;
}

/* ---- running ---- */

static void plan(multidb_query *q, int which)
{
	const char *d = queries[which].definition, *c = queries[which].context;
	if (multidb_query_prepare(q, MULTIDB_RUN, d, strlen(d), c, strlen(c)))
		fatal(multidb_error_json(multidb_query_error(q)));
}

static void define(multidb_query *q, int which)
{
	const char *d = prepared[which].definition;
	if (multidb_query_define(q, MULTIDB_RUN, d, strlen(d)))
		fatal(multidb_error_json(multidb_query_error(q)));
}

/* Call 0 defines the query, so that the handle is warm. */
enum kind_of_binding { AGAIN, OF_NEW_ROLES, OF_NEW_DEFINITION, BINDING_KINDS };
static const char *const binding_names[BINDING_KINDS] = { "bound", "roles", "defined" };

/* The contexts of the prepared queries, with a copy of the role in place of the role. */
static char copied_contexts[PREPARED][ROLE_COPIES][256];

static void make_contexts(void)
{
	for (int which = 0; which < PREPARED; which++)
		for (int copy = 0; copy < ROLE_COPIES; copy++) {
			const char *c = queries[which].context, *end = strchr(strstr(c, "role\":\"") + 7, '"');
			snprintf(copied_contexts[which][copy], sizeof copied_contexts[which][copy], "%.*s-%d%s",
			         (int)(end - c), c, copy, end);
		}
}

static void bind_query(multidb_query *q, int which, enum kind_of_binding kind, int call)
{
	const char *p = prepared[which].parameters[call % 2], *c = queries[which].context;
	if (call == 0 || kind == OF_NEW_DEFINITION)
		define(q, which);
	else if (kind == OF_NEW_ROLES)
		c = copied_contexts[which][call % ROLE_COPIES];
	if (multidb_query_bind(q, p, strlen(p), c, strlen(c)))
		fatal(multidb_error_json(multidb_query_error(q)));
}

static double now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Best of five runs of so many calls. */
static double ns_per_call(multidb_query *q, int which)
{
	double best = 0;
	for (int run = 0; run < 5; run++) {
		double begun = now_ns();
		for (int i = 0; i < CALLS; i++)
			plan(q, which);
		double ns = (now_ns() - begun) / CALLS;
		if (run == 0 || ns < best)
			best = ns;
	}
	return best;
}

/* The library's allocations must be seen at all: a fresh handle has some. */
static void check_counter(multidb_engine *e)
{
	multidb_query *q = multidb_query_new(e);
	oom_arm(0, false);
	plan(q, 0);
	if (oom_disarm() == 0)
		fatal("the allocations of the library are not seen");
	multidb_query_free(q);
}

/* Of a thousand calls behind two that warm the handle up. */
static uint64_t allocations(multidb_query *q, int which)
{
	for (int i = 0; i < 2; i++)
		plan(q, which);
	oom_arm(0, false);
	for (int i = 0; i < 1000; i++)
		plan(q, which);
	return oom_disarm();
}

/* Of a thousand bindings. */
static uint64_t allocations_of_bindings(multidb_query *q, int which, enum kind_of_binding kind)
{
	for (int i = 0; i < 1040; i++) {
		if (i == 40)
			oom_arm(0, false);
		bind_query(q, which, kind, i);
	}
	return oom_disarm();
}

static double ns_per_binding(multidb_query *q, int which, enum kind_of_binding kind)
{
	double best = 0;
	for (int run = 0; run < 5; run++) {
		double begun = now_ns();
		for (int i = 0; i < CALLS; i++)
			bind_query(q, which, kind, i);
		double ns = (now_ns() - begun) / CALLS;
		if (run == 0 || ns < best)
			best = ns;
	}
	return best;
}

static uint64_t measure_bindings(multidb_query *q, bool gate)
{
	uint64_t total = 0;
	for (int i = 0; i < PREPARED; i++)
		for (enum kind_of_binding kind = AGAIN; kind < BINDING_KINDS; kind++) {
			uint64_t heap = allocations_of_bindings(q, i, kind);
			total += heap;
			printf("%s-%s: %llu heap allocations in 1,000 calls\n", queries[i].name,
			       binding_names[kind], (unsigned long long)heap);
		}
	for (int i = 0; !gate && i < PREPARED; i++)
		for (enum kind_of_binding kind = AGAIN; kind < BINDING_KINDS; kind++)
			printf("%s-%s: %8.0f ns CPU\n", queries[i].name, binding_names[kind],
			       ns_per_binding(q, i, kind));
	return total;
}

static int measure(const char *path, bool gate)
{
	static const struct {
		int tables, roles;
		const char *name;
	} sizes[] = { { 0, 0, "19 tables, 5 roles" }, { 10000, 0, "10,000 tables" }, { 0, 256, "256 roles" } };
	uint64_t total = 0;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		multidb_engine *e = open_grown(path, sizes[s].tables, sizes[s].roles);
		check_counter(e);
		multidb_query *q = multidb_query_new(e);
		for (int i = 0; i < QUERIES; i++) {
			uint64_t heap = allocations(q, i);
			total += heap;
			if (gate)
				printf("%s, %s: %llu heap allocations in 1,000 calls\n", queries[i].name, sizes[s].name,
				       (unsigned long long)heap);
			else
				printf("%-9s %-18s %8.0f ns CPU %6llu heap allocations in 1,000 calls\n",
				       queries[i].name, sizes[s].name, ns_per_call(q, i), (unsigned long long)heap);
		}
		total += measure_bindings(q, gate);
		multidb_query_free(q);
		multidb_engine_close(e);
	}
	return gate && total ? 1 : 0;
}

static void only_bind(multidb_query *q, const char *name, int calls)
{
	for (int i = 0; i < PREPARED; i++)
		for (enum kind_of_binding kind = AGAIN; kind < BINDING_KINDS; kind++) {
			char both_names[32];
			snprintf(both_names, sizeof both_names, "%s-%s", queries[i].name, binding_names[kind]);
			for (int k = 0; k < calls && strcmp(name, both_names) == 0; k++)
				bind_query(q, i, kind, k);
		}
}

static int only_call(const char *path, const char *name, int calls, int tables, int roles)
{
	multidb_engine *e = open_grown(path, tables, roles);
	multidb_query *q = multidb_query_new(e);
	for (int i = 0; i < QUERIES; i++)
		for (int k = 0; k < calls && strcmp(queries[i].name, name) == 0; k++)
			plan(q, i);
	only_bind(q, name, calls);
	multidb_query_free(q);
	multidb_engine_close(e);
	return 0;
}

int main(int argc, char **argv)
{
	make_definitions();
	make_contexts();
	if (argc >= 4)
		return only_call(argv[1], argv[2], atoi(argv[3]), argc > 4 ? atoi(argv[4]) : 0,
		                 argc > 5 ? atoi(argv[5]) : 0);
	if (argc < 2)
		fatal("bench_plan CONFIG [gate | QUERY N [TABLES ROLES]]");
	return measure(argv[1], argc > 2);
}
