/* One prepared definition, bound by one set of roles after another. The first set may do more than
 * the next, less, or other things: each plan, debug log and refusal equals that of asking. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/json.h"

#include <multidb.h>

static struct md_arena arena;

/* People are masked, hidden or shown by row; orders are theirs. */
static const char config[] =
	"{\"databases\":[{\"id\":\"main\",\"engine\":\"%s\"}],\"policy\":%s,\"tables\":["
	"{\"id\":\"people\",\"apiName\":\"people\",\"database\":\"main\",\"physicalName\":\"people\","
	"\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	"{\"apiName\":\"name\",\"physicalName\":\"name\",\"type\":\"string\",\"nullable\":false,"
		"\"maskingFn\":\"name\"},"
	"{\"apiName\":\"age\",\"physicalName\":\"age\",\"type\":\"int\",\"nullable\":false,\"maskingFn\":\"full\"},"
	"{\"apiName\":\"tenant\",\"physicalName\":\"tenant\",\"type\":\"int\",\"nullable\":false}]},"
	"{\"id\":\"orders\",\"apiName\":\"orders\",\"database\":\"main\",\"physicalName\":\"orders\","
	"\"primaryKey\":[\"id\"],\"relations\":["
	"{\"column\":\"person\",\"references\":{\"table\":\"people\",\"column\":\"id\"},\"type\":\"many-to-one\"},"
	"{\"column\":\"payer\",\"references\":{\"table\":\"people\",\"column\":\"id\"},\"type\":\"many-to-one\"}],"
	"\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	"{\"apiName\":\"person\",\"physicalName\":\"person\",\"type\":\"int\",\"nullable\":true},"
	"{\"apiName\":\"payer\",\"physicalName\":\"payer\",\"type\":\"int\",\"nullable\":true},"
	"{\"apiName\":\"total\",\"physicalName\":\"total\",\"type\":\"decimal\",\"nullable\":true}]}],"
	"\"roles\":[{\"id\":\"all\",\"tables\":\"*\"},"
	"{\"id\":\"people\",\"tables\":[{\"tableId\":\"people\",\"allowedColumns\":\"*\"}]},"
	"{\"id\":\"masked\",\"tables\":[{\"tableId\":\"people\",\"allowedColumns\":\"*\","
		"\"maskedColumns\":[\"name\",\"age\"]},{\"tableId\":\"orders\",\"allowedColumns\":\"*\"}]},"
	"{\"id\":\"nameless\",\"tables\":[{\"tableId\":\"people\",\"allowedColumns\":[\"id\",\"age\"]},"
		"{\"tableId\":\"orders\",\"allowedColumns\":[\"id\",\"total\",\"payer\"]}]},"
	"{\"id\":\"keyless\",\"tables\":[{\"tableId\":\"people\",\"allowedColumns\":[\"name\",\"age\"]},"
		"{\"tableId\":\"orders\",\"allowedColumns\":[\"total\"]}]},"
	"{\"id\":\"masked-key\",\"tables\":[{\"tableId\":\"people\",\"allowedColumns\":\"*\","
		"\"maskedColumns\":[\"id\"]},{\"tableId\":\"orders\",\"allowedColumns\":\"*\"}]},"
	"{\"id\":\"tenant\",\"tables\":[{\"tableId\":\"people\",\"allowedColumns\":\"*\",\"filters\":["
		"{\"column\":\"tenant\",\"operator\":\"=\",\"valueFrom\":\"context\",\"contextKey\":\"t\"}]},"
		"{\"tableId\":\"orders\",\"allowedColumns\":\"*\"}]}]}";

static const char *const policies[] = { "{}", "{\"errors\":\"uniform\"}", "{\"relations\":\"visible-keys\"}",
	                                "{\"errors\":\"uniform\",\"relations\":\"visible-keys\"}",
	                                "{\"maskedColumns\":[\"filter\",\"group\"]}" };

#define USER(roles) "{\"roles\":{\"user\":[" roles "]},\"contextValues\":{\"t\":7}}"
#define BOTH(user, service) \
	"{\"roles\":{\"user\":[" user "],\"service\":[" service "]},\"contextValues\":{\"t\":8}}"

/* More than a handle keeps. A name on the rows of the tenant alone: nameless and tenant. */
static const char *const contexts[] = {
	USER("\"all\""), USER("\"people\""), USER("\"masked\""), USER("\"nameless\""), USER("\"keyless\""),
	USER("\"masked-key\""), USER("\"tenant\""), USER("\"nameless\",\"tenant\""), USER("\"tenant\",\"nameless\""),
	USER("\"masked\",\"tenant\""), USER("\"keyless\",\"nameless\""), BOTH("\"all\"", "\"masked\""),
	BOTH("\"nameless\",\"tenant\"", "\"all\""), "{\"role\":\"tenant\"}",
};
enum { CONTEXTS = sizeof contexts / sizeof *contexts };

#define P "{\"$param\":\"p\"}"
#define PEOPLE(rest) "{\"from\":\"people\"," rest "}"
#define WHERE(column) "\"filters\":[{\"column\":\"" column "\",\"operator\":\"=\",\"value\":" P "}]"

/* One for each way in which a definition uses columns; p is 5. */
static const char *const definitions[] = {
	PEOPLE("\"columns\":[\"id\",\"age\"],\"limit\":" P),
	PEOPLE("\"columns\":[\"id\",\"name\"],\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"]," WHERE("age")),
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"column\":\"age\",\"operator\":\"<\",\"refColumn\":\"tenant\"}],"
		"\"limit\":" P),
	PEOPLE("\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"name\"}],\"limit\":" P),
	PEOPLE("\"columns\":[\"name\"],\"distinct\":true,\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"distinct\":true,\"page\":{\"first\":" P "}"),
	PEOPLE("\"columns\":[\"age\"],\"page\":{\"first\":" P "}"),
	PEOPLE("\"columns\":[\"name\",\"age\"],\"byIds\":[" P "]"),
	PEOPLE("\"groupBy\":[{\"column\":\"age\"}],\"limit\":" P),
	PEOPLE("\"groupBy\":[{\"column\":\"age\"}],\"page\":{\"first\":" P "}"),
	PEOPLE("\"groupBy\":[{\"column\":\"tenant\"}],\"aggregations\":["
		"{\"fn\":\"count\",\"column\":\"name\",\"alias\":\"n\"}],\"limit\":" P),
	PEOPLE("\"aggregations\":[{\"fn\":\"max\",\"column\":\"age\",\"alias\":\"m\"}],"
		"\"having\":[{\"column\":\"m\",\"operator\":\">\",\"value\":" P "}]"),
	PEOPLE("\"aggregations\":[{\"fn\":\"countDistinct\",\"column\":\"name\",\"alias\":\"n\"}],\"limit\":" P),
	PEOPLE("\"limit\":" P), /* all columns that the caller may see */
	PEOPLE("\"distinct\":true,\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"column\":\"age\",\"operator\":\"isNull\"}],\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"column\":\"name\",\"operator\":\"isNotNull\"}],\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"column\":\"nam\",\"operator\":\"=\",\"value\":\"x\"}],"
		"\"limit\":" P), /* what is suggested depends on the caller */
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"table\":\"orders\",\"via\":\"person\"}],\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"table\":\"orders\",\"via\":\"person\",\"count\":"
		"{\"operator\":\">=\",\"value\":" P "}}]"),
	PEOPLE("\"columns\":[\"age\"],\"filters\":[{\"table\":\"orders\"}],\"limit\":" P), /* ambiguous, for most */
	PEOPLE("\"columns\":[\"age\"],\"joins\":[{\"table\":\"orders\",\"via\":\"payer\",\"columns\":[\"total\"]}],"
		"\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"joins\":[{\"table\":\"orders\",\"via\":\"person\"}],\"limit\":" P),
	PEOPLE("\"columns\":[\"age\"],\"joins\":[{\"table\":\"orders\",\"type\":\"left\",\"via\":\"payer\","
		"\"columns\":[\"id\"]},{\"table\":\"people\",\"as\":\"payers\",\"parent\":\"orders\","
		"\"via\":\"person\",\"columns\":[\"name\"]}],\"limit\":" P),
};
enum { DEFINITIONS = sizeof definitions / sizeof *definitions };

static multidb_engine *open_people(const char *engine_name, const char *policy)
{
	struct md_str text = md_str_fmt(&arena, config, engine_name, policy);
	multidb_options o = { .size = sizeof(multidb_options), .offline = 1 };
	multidb_engine *e;
	multidb_error *error;
	if (multidb_engine_open_text(text.p, text.n, &o, &e, &error))
		fail_msg("%s", multidb_error_json(error));
	return e;
}

/* The plan with its debug log, or the refusal with its own. */
static struct md_str answer_of(multidb_query *q, int rc)
{
	const char *json = rc ? multidb_error_json(multidb_query_error(q)) : multidb_result_json(q);
	return md_str_fmt(&arena, "%s\n%s", json, multidb_result_debug_text(q));
}

static struct md_str plan_asked(multidb_query *q, const char *definition, const char *context)
{
	return answer_of(q, multidb_query_prepare(q, MULTIDB_PLAN, definition, strlen(definition), context,
		strlen(context)));
}

static struct md_str bind_as(multidb_query *q, const char *parameters, const char *context)
{
	return answer_of(q, multidb_query_bind(q, parameters, strlen(parameters), context, strlen(context)));
}

static const char *filled_by_5(const char *definition)
{
	const char *at = strstr(definition, P);
	return md_str_fmt(&arena, "%.*s5%s", (int)(at - definition), definition, at + strlen(P)).p;
}

/* Every set of roles is the first one of the definition once, and the others follow it. */
static void compare_definition(multidb_query *bound, multidb_query *asked, const char *definition, unsigned *answered)
{
	struct md_str want[CONTEXTS];
	for (int i = 0; i < CONTEXTS; i++) {
		want[i] = plan_asked(asked, filled_by_5(definition), contexts[i]);
		*answered += strstr(want[i].p, "\"sql\":") != NULL;
	}
	for (unsigned first = 0; first < CONTEXTS; first++) {
		struct md_mark mark = md_arena_mark(&arena);
		assert_int_equal(multidb_query_define(bound, MULTIDB_PLAN, definition, strlen(definition)), 0);
		for (unsigned turn = 0; turn < 2 * CONTEXTS; turn++) {
			unsigned i = (first + turn * (turn < CONTEXTS ? 1 : 3)) % CONTEXTS;
			assert_string_equal(bind_as(bound, "{\"p\":5}", contexts[i]).p, want[i].p);
		}
		md_arena_release(&arena, mark);
	}
}

static void compare_all(const char *engine_name, const char *policy)
{
	multidb_engine *e = open_people(engine_name, policy);
	multidb_query *bound = multidb_query_new(e), *asked = multidb_query_new(e);
	unsigned answered = 0;
	for (int i = 0; i < DEFINITIONS; i++) {
		compare_definition(bound, asked, definitions[i], &answered);
		md_arena_reset(&arena);
	}
	assert_in_range(answered, DEFINITIONS * CONTEXTS / 4, DEFINITIONS * CONTEXTS * 3 / 4);
	multidb_query_free(bound);
	multidb_query_free(asked);
	multidb_engine_close(e);
}

static void each_set_of_roles_is_planned_as_asking_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		compare_all(i % 2 ? "sqlite" : "postgres", policies[i]);
	md_arena_free(&arena);
}

#define AGES(list, limit) \
	PEOPLE("\"columns\":[\"id\"],\"filters\":[{\"column\":\"age\",\"operator\":\"in\",\"value\":" list \
		"}],\"limit\":" limit)
#define VALUES(list, limit) { AGES(list, limit), "{\"ages\":" list ",\"n\":" limit "}" }

/* What was planned for the first roles serves all that follow, also where the first roles are asked
 * for a statement of another shape. The lists have other lengths, so that nothing would lie where
 * it lay before. */
static void the_first_plan_outlives_the_others(void **state)
{
	(void)state;
	static const char *const values[][2] = { VALUES("[1]", "5"), VALUES("[1,2,3,4,5,6,7,8,9,10,11,12]", "6"),
		                                 VALUES("[3,4]", "5"), VALUES("[7,8,9]", "7"), VALUES("[1]", "6") };
	static const char ages[] = AGES("{\"$param\":\"ages\"}", "{\"$param\":\"n\"}");
	multidb_engine *e = open_people("postgres", "{}");
	multidb_query *bound = multidb_query_new(e), *asked = multidb_query_new(e);
	assert_int_equal(multidb_query_define(bound, MULTIDB_PLAN, ages, strlen(ages)), 0);
	for (unsigned turn = 0; turn < 20 * CONTEXTS; turn++) {
		const char *context = contexts[turn % 3 == 0 ? 0 : turn % CONTEXTS], *const *v = values[turn / 2 % 5];
		assert_string_equal(bind_as(bound, v[1], context).p, plan_asked(asked, v[0], context).p);
		md_arena_reset(&arena);
	}
	multidb_query_free(bound);
	multidb_query_free(asked);
	multidb_engine_close(e);
	md_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_set_of_roles_is_planned_as_asking_does),
		cmocka_unit_test(the_first_plan_outlives_the_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
