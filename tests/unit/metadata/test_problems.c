/* Every refusal of the loader with its code, pointer and suggestion. */
#include "documents.h"

#include <string.h>

#define T(rest) "[{\"id\":\"t\",\"apiName\":\"t\",\"database\":\"pg\",\"physicalName\":\"t\"," rest "}]"
#define C(rest) T("\"columns\":[{\"apiName\":\"id\",\"physicalName\":\"id\"," rest "}],\"primaryKey\":[\"id\"]")
#define D(rest) "[{\"id\":\"pg\",\"engine\":\"postgres\"" rest "}]"

static void unknown_keys(void **state)
{
	(void)state;
	PROBLEMS("UNKNOWN_KEY /tabels tables", .more = ",\"tabels\":[]");
	PROBLEMS("UNKNOWN_KEY /zzz", .more = ",\"zzz\":1");
	PROBLEMS("UNKNOWN_KEY /databases/0/trinoCatalogue trinoCatalog", .databases = D(",\"trinoCatalogue\":\"x\""));
	PROBLEMS("UNKNOWN_KEY /databases/0/connection/urls url", .databases = D(","
		"\"connection\":{\"url\":\"postgres://h\",\"urls\":1}"));
	PROBLEMS("UNKNOWN_KEY /databases/0/connection/pool/maximum", .databases = D(","
		"\"connection\":{\"url\":\"postgres://h\",\"pool\":{\"maximum\":1}}"));
	PROBLEMS("UNKNOWN_KEY /tables/0/primarykey primaryKey; INVALID_REFERENCE /tables/0",
	         .tables = T("\"columns\":[" COLUMN("id", "int") "],\"primarykey\":[]"));
	PROBLEMS("UNKNOWN_KEY /tables/0/columns/0/indexd indexed", .tables = C("\"type\":\"int\",\"nullable\":true,"
		"\"indexd\":true"));
	PROBLEMS("UNKNOWN_KEY /policy/anonymus anonymous", .more = ",\"policy\":{\"anonymus\":\"all\"}");
	PROBLEMS("UNKNOWN_KEY /limits/join joins", .more = ",\"limits\":{\"join\":1}");
	PROBLEMS("UNKNOWN_KEY /trino/enable enabled; INVALID_TYPE /trino", .more = ",\"trino\":{\"enable\":true}");
	PROBLEMS("UNKNOWN_KEY /a~1b~0c", .more = ",\"a/b~c\":1");
}

static void repeated_keys(void **state)
{
	(void)state;
	PROBLEMS("UNKNOWN_KEY /roles", .more = ",\"roles\":[]");
	PROBLEMS("UNKNOWN_KEY /databases/0/id", .databases = D(",\"id\":\"pg\""));
	PROBLEMS("UNKNOWN_KEY /externalSyncs/0/columns/id",
	         .syncs = "[{\"sourceTable\":\"users-id\",\"targetDatabase\":\"ch\",\"targetPhysicalName\":\"u\","
	                  "\"method\":\"debezium\","
	                  "\"estimatedLag\":\"hours\",\"columns\":{\"id\":\"a\",\"id\":\"b\"}}]");
}

static void unsupported(void **state)
{
	(void)state;
	PROBLEMS("INVALID_TYPE /server/cursorKeys", .more = ",\"server\":{\"cursorKeys\":[]}");
	PROBLEMS("INVALID_TYPE /server/cursorKeys",
	         .more = ",\"server\":{\"cursorKeys\":\"a secret of sixteen bytes\"}");
	PROBLEMS("INVALID_TYPE /server/cursorKeys/1", .more = ",\"server\":{\"cursorKeys\":[\"a secret of sixteen "
		"bytes\",\"too short\"]}");
	PROBLEMS("INVALID_TYPE /server/cursorKeys/0", .more = ",\"server\":{\"cursorKeys\":[1]}");
	PROBLEMS("INVALID_TYPE /server/cursorKeys/0", .more = ",\"server\":{\"cursorKeys\":[{}]}");
	PROBLEMS("INVALID_TYPE /server/cursorKeys/0", .more = ",\"server\":{\"cursorKeys\":[{\"env\":\"A\","
		"\"file\":\"b\"}]}");
	PROBLEMS("UNSUPPORTED /server/listen", .more = ",\"server\":{\"listen\":\"x\"}");
	PROBLEMS("", .databases = D(",\"connection\":{\"url\":\"postgres://h\",\"pool\":{\"mode\":\"session\"}}"));
}

static void policy(void **state)
{
	(void)state;
#define POLICY(text) .more = ",\"policy\":{" text "}"
	PROBLEMS("", POLICY("\"errors\":\"uniform\",\"maskedColumns\":[\"filter\",\"sort\",\"group\",\"aggregate\"],"
	                    "\"relations\":\"visible-keys\","
	                    "\"preferReplica\":true"));
	PROBLEMS("", POLICY("\"errors\":\"descriptive\",\"maskedColumns\":[],\"relations\":\"any\","
	                    "\"preferReplica\":false"));
	PROBLEMS("INVALID_TYPE /policy/errors uniform; INVALID_TYPE /policy/relations; INVALID_TYPE "
	         "/policy/preferReplica",
	         POLICY("\"errors\":\"uniforn\",\"relations\":\"all\",\"preferReplica\":\"yes\""));
	PROBLEMS("INVALID_TYPE /policy/maskedColumns/0 filter; INVALID_TYPE /policy/maskedColumns/2; INVALID_TYPE "
	         "/policy/maskedColumns/3",
	         POLICY("\"maskedColumns\":[\"filters\",\"sort\",\"sort\",1]"));
	PROBLEMS("INVALID_TYPE /policy/maskedColumns", POLICY("\"maskedColumns\":\"filter\""));
	PROBLEMS("", POLICY("\"debug\":\"all\",\"sqlOnly\":[],\"logValues\":false"));
	PROBLEMS("", .roles = "[{\"id\":\"r\",\"tables\":\"*\"}]",
	         POLICY("\"debug\":[\"r\"],\"sqlOnly\":\"none\",\"logValues\":true"));
	PROBLEMS("INVALID_TYPE /policy/logValues; INVALID_TYPE /policy/debug; INVALID_TYPE /policy/sqlOnly",
	         POLICY("\"debug\":\"nobody\",\"sqlOnly\":true,\"logValues\":\"no\""));
	PROBLEMS("INVALID_ROLE /policy/debug/1; INVALID_TYPE /policy/debug/2; INVALID_TYPE /policy/debug/3; "
	         "INVALID_TYPE /policy/debug/4",
	         .roles = "[{\"id\":\"r\",\"tables\":\"*\"}]",
	         POLICY("\"debug\":[\"r\",\"nobody\",\"r\",1,\"\"]"));
	PROBLEMS("UNKNOWN_KEY /policy/!debug debug; UNKNOWN_KEY /policy/logValue logValues",
	         POLICY("\"!debug\":1,\"logValue\":true"));
	PROBLEMS("INVALID_TYPE /policy", .more = ",\"policy\":[]");
#undef POLICY
}

static void masks(void **state)
{
	(void)state;
#define MASK(type, mask) .tables = C("\"type\":\"" type "\",\"nullable\":true,\"maskingFn\":" mask)
	static const struct {
		const char *mask, *fits; /* type names, blanks around them */
	} all[] = { { "email", " string " },
		    { "phone", " string " },
		    { "name", " string " },
		    { "uuid", " string uuid " },
		    { "number", " int bigint float decimal " },
		    { "date", " date timestamp " },
		    { "full",
		      " string int bigint float decimal boolean uuid date timestamp json bytes string[] int[] " } };
	static const char *const types[] = { "string", "int",       "bigint", "float", "decimal",  "boolean", "uuid",
		                             "date",   "timestamp", "json",   "bytes", "string[]", "int[]" };
	for (unsigned m = 0; m < sizeof all / sizeof *all; m++)
		for (unsigned t = 0; t < sizeof types / sizeof *types; t++) {
			char tables[512], word[32];
			snprintf(word, sizeof word, " %s ", types[t]);
			snprintf(tables, sizeof tables, T("\"columns\":[" COLUMN("id", "int") ",{\"apiName\":\"x\","
				"\"physicalName\":\"x\",\"type\":\"%s\",\"nullable\":true,"
			                                  "\"maskingFn\":\"%s\"}],\"primaryKey\":[\"id\"]"),
			                                  types[t], all[m].mask);
			PROBLEMS(strstr(all[m].fits, word) ? "" : "INVALID_TYPE /tables/0/columns/1/maskingFn",
			         .tables = tables);
		}
	PROBLEMS("INVALID_REFERENCE /tables/0/columns/0/maskingFn email", MASK("int", "\"emial\""));
	PROBLEMS("INVALID_REFERENCE /tables/0/columns/0/maskingFn", MASK("int", "true"));
	PROBLEMS("INVALID_TYPE /tables/0/columns/0/type", MASK("text", "\"date\"")); /* one mistake, one problem */
#undef MASK
#define ROLES(rest) .roles = "[{\"id\":\"r\",\"tables\":[{\"tableId\":\"users-id\"," rest "}]}]"
	PROBLEMS("", ROLES("\"allowedColumns\":\"*\",\"maskedColumns\":[\"email\"]"));
	PROBLEMS("", ROLES("\"allowedColumns\":[\"id\"],\"maskedColumns\":[]"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/maskedColumns/1", ROLES("\"allowedColumns\":[\"id\",\"email\"],"
		"\"maskedColumns\":[\"id\",\"age\"]"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/maskedColumns/0 email; INVALID_ROLE "
	         "/roles/0/tables/0/maskedColumns/1; INVALID_ROLE /roles/0/tables/0/maskedColumns/3",
	         ROLES("\"allowedColumns\":\"*\",\"maskedColumns\":[\"emial\",1,\"id\",\"id\"]"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/maskedColumns", ROLES("\"allowedColumns\":\"*\","
		"\"maskedColumns\":\"*\""));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/allowedColumns", ROLES("\"allowedColumns\":1,"
		"\"maskedColumns\":[\"email\"]"));
#undef ROLES
}

static void session_properties(void **state)
{
	(void)state;
#define SESSION(text) .more = ",\"trino\":{\"enabled\":true,\"sessionProperties\":" text "}"
	PROBLEMS("", SESSION("{}"));
	PROBLEMS("", SESSION("{\"join_distribution_type\":\"BROADCAST\",\"task_concurrency\":4,\"spill_enabled\":false,"
	                     "\"pg_main.a\":1.5}"));
	PROBLEMS("INVALID_TYPE /trino/sessionProperties", SESSION("[]"));
	PROBLEMS("INVALID_TYPE /trino/sessionProperties", SESSION("\"a=b\""));
	PROBLEMS("INVALID_TYPE /trino/sessionProperties/a; INVALID_TYPE /trino/sessionProperties/b; INVALID_TYPE "
	         "/trino/sessionProperties/c; "
	         "INVALID_TYPE /trino/sessionProperties/d; INVALID_TYPE /trino/sessionProperties/e",
	         SESSION("{\"a\":{},\"b\":null,\"c\":[1],\"d\":\"\",\"e\":\"x\\u0000\"}"));
	PROBLEMS("INVALID_TYPE /trino/sessionProperties/a,b; INVALID_TYPE /trino/sessionProperties/a=b; INVALID_TYPE "
	         "/trino/sessionProperties/; "
	         "INVALID_TYPE /trino/sessionProperties/.a; INVALID_TYPE /trino/sessionProperties/ä",
	         SESSION("{\"a,b\":1,\"a=b\":1,\"\":1,\".a\":1,\"ä\":1}"));
	PROBLEMS("UNKNOWN_KEY /trino/sessionProperties/a", SESSION("{\"a\":1,\"b\":1,\"a\":2}"));
	PROBLEMS("INVALID_TYPE /trino/sessionProperties/query_max_run_time",
	         SESSION("{\"query_max_run_time\":\"1h\"}"));
	PROBLEMS("INVALID_TYPE /trino/sessionProperties", .more = ",\"trino\":{\"enabled\":true,"
		"\"engine\":\"embedded\",\"sessionProperties\":{}}");
#undef SESSION
}

static void api_names(void **state)
{
	(void)state;
	static const char *const bad[] = { "Order",  "1a",      "order_id", "naïve", "select",
		                           "SELECT", "groupBY", "max",      "a b",   "" };
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		char tables[512];
		snprintf(tables, sizeof tables, T("\"columns\":[{\"apiName\":\"%s\",\"physicalName\":\"p\","
		                                  "\"type\":\"int\",\"nullable\":true}],\"primaryKey\":[]"),
		         bad[i]);
		if (strcmp(bad[i], "groupBY") == 0)
			PROBLEMS("", .tables = tables);
		else
			PROBLEMS("INVALID_API_NAME /tables/0/columns/0/apiName", .tables = tables);
	}
	char name[66], tables[512];
	memset(name, 'a', 65);
	for (int n = 64; n <= 65; n++) {
		name[n] = '\0';
		snprintf(tables, sizeof tables, "[{\"id\":\"t\",\"apiName\":\"%s\",\"database\":\"pg\","
		                                "\"physicalName\":\"t\",\"columns\":[%s],\"primaryKey\":[]}]",
		         name, COLUMN("id", "int"));
		PROBLEMS(n == 65 ? "INVALID_API_NAME /tables/0/apiName" : "", .tables = tables);
		name[n] = 'a';
	}
	PROBLEMS("INVALID_API_NAME /tables/0", .tables = "[{\"id\":\"t\",\"database\":\"pg\",\"physicalName\":\"t\","
		"\"columns\":[" COLUMN("id", "int") "],\"primaryKey\":[]}]");
}

static void duplicates(void **state)
{
	(void)state;
	PROBLEMS("DUPLICATE_ID /databases/1/id", .databases = "[{\"id\":\"pg\",\"engine\":\"postgres\"},{\"id\":\"pg\","
		"\"engine\":\"sqlite\"}]");
	PROBLEMS("DUPLICATE_ID /databases/1/id", .databases = "[{\"id\":\"pg\",\"engine\":\"postgres\"},"
		"{\"id\":\"trino\",\"engine\":\"sqlite\"}]");
	PROBLEMS("DUPLICATE_ID /databases/0/id", .caches = "[{\"id\":\"pg\",\"engine\":\"memory\",\"tables\":[]}]");
	PROBLEMS("DUPLICATE_ID /caches/1/id", .caches = "[{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[]},"
	                                                "{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[]}]");
	PROBLEMS("DUPLICATE_ID /caches/0/id", .caches = "[{\"id\":\"trino\",\"engine\":\"memory\",\"tables\":[]}]");
	PROBLEMS("DUPLICATE_ID /roles/1/id", .roles = "[{\"id\":\"r\",\"tables\":\"*\"},{\"id\":\"r\",\"tables\":[]}]");
	PROBLEMS("DUPLICATE_ID /tables/1/id; DUPLICATE_API_NAME /tables/1/apiName", .tables = "[" USERS "," USERS "]");
	PROBLEMS("DUPLICATE_API_NAME /tables/0/columns/1/apiName",
	         .tables = "[" TABLE("t", "t", COLUMN("id", "int") "," COLUMN("id", "int"), "") "]");
}

static void references(void **state)
{
	(void)state;
	PROBLEMS("INVALID_REFERENCE /tables/0/database pg", .tables = "[{\"id\":\"t\",\"apiName\":\"t\","
		"\"database\":\"pgg\",\"physicalName\":\"t\",\"columns\":["
	         COLUMN("id", "int") "],\"primaryKey\":[\"id\"]}]");
	PROBLEMS("INVALID_REFERENCE /tables/0/primaryKey/0 key",
	         .tables = T("\"columns\":[" COLUMN("key", "int") "],\"primaryKey\":[\"kay\"]"));
	PROBLEMS("INVALID_REFERENCE /tables/0/primaryKey/1",
	         .tables = T("\"columns\":[" COLUMN("id", "int") "],\"primaryKey\":[\"id\",\"id\"]"));
	PROBLEMS("INVALID_REFERENCE /tables/0/primaryKey/0",
	         .tables = T("\"columns\":[" COLUMN("id", "json") "],\"primaryKey\":[\"id\"]"));
	PROBLEMS("INVALID_REFERENCE /tables/0/primaryKey/0",
	         .tables = T("\"columns\":[" COLUMN("id", "int[]") "],\"primaryKey\":[\"id\"]"));
	PROBLEMS("INVALID_REFERENCE /tables/0/columns", .tables = T("\"columns\":[],\"primaryKey\":[]"));
	PROBLEMS("INVALID_REFERENCE /tables/0/physicalName", .tables = "[{\"id\":\"t\",\"apiName\":\"t\","
		"\"database\":\"pg\",\"physicalName\":\"a..b\",\"columns\":["
	         COLUMN("id", "int") "],\"primaryKey\":[\"id\"]}]");
	PROBLEMS("INVALID_REFERENCE /databases/0/engine postgres", .databases = "[{\"id\":\"pg\","
		"\"engine\":\"postgre\"}]");
	PROBLEMS("INVALID_REFERENCE /databases/0/collation", .databases = D(",\"collation\":\"en_US\""));
	PROBLEMS("INVALID_REFERENCE /databases/0", .databases = "[{\"id\":\"pg\"}]");
	PROBLEMS("INVALID_REFERENCE /databases/0/id", .databases = "[{\"id\":7,\"engine\":\"sqlite\"}]",
	         .tables = "[]");
	PROBLEMS("INVALID_REFERENCE /databases/1", .databases = "[{\"id\":\"pg\",\"engine\":\"postgres\"},7]");
	PROBLEMS("INVALID_REFERENCE /databases/0/id", .databases = "[{\"id\":\"a\\u0000b\",\"engine\":\"sqlite\"}]",
	         .tables = "[]");
	PROBLEMS("INVALID_REFERENCE /tables", .tables = "{}");
	PROBLEMS("INVALID_REFERENCE /databases; INVALID_REFERENCE /tables/0/database; INVALID_REFERENCE "
	         "/tables/1/database", .databases = "null");
}

static void sqlite_names(void **state)
{
	(void)state;
#define LITE(name) \
	"[{\"id\":\"t\",\"apiName\":\"t\",\"database\":\"lite\",\"physicalName\":\"" name "\",\"columns\":[" \
	COLUMN("id", "int") "],\"primaryKey\":[]}]"
	PROBLEMS("", .tables = LITE("t"));
	PROBLEMS("", .tables = LITE("main.t"));
	PROBLEMS("INVALID_REFERENCE /tables/0/physicalName", .tables = LITE("temp.t"));
	PROBLEMS("INVALID_REFERENCE /tables/0/physicalName", .tables = LITE("main.a.b"));
	PROBLEMS("INVALID_SYNC /externalSyncs/0/targetPhysicalName",
	         .syncs = "[{\"sourceTable\":\"users-id\",\"targetDatabase\":\"lite\","
	                  "\"targetPhysicalName\":\"public.u\",\"method\":\"debezium\","
	                  "\"estimatedLag\":\"hours\"}]");
}

static void types(void **state)
{
	(void)state;
	PROBLEMS("INVALID_TYPE /tables/0/columns/0/type string", .tables = C("\"type\":\"strin\",\"nullable\":true"));
	PROBLEMS("INVALID_TYPE /tables/0/columns/0/type json", .tables = C("\"type\":\"json[]\",\"nullable\":true"));
	PROBLEMS("INVALID_TYPE /tables/0/columns/0/type", .tables = C("\"type\":7,\"nullable\":true"));
	PROBLEMS("INVALID_TYPE /tables/0/columns/0", .tables = C("\"nullable\":true"));
	PROBLEMS("INVALID_TYPE /tables/0/columns/0", .tables = C("\"type\":\"int\""));
	PROBLEMS("INVALID_TYPE /tables/0/columns/0/nullable; INVALID_TYPE /tables/0/columns/0/indexed",
	         .tables = C("\"type\":\"int\",\"nullable\":\"no\",\"indexed\":1"));
	PROBLEMS("INVALID_TYPE /limits/joins; INVALID_TYPE /limits/ids; INVALID_TYPE /limits/rows; INVALID_TYPE "
	         "/limits/deadlineMs",
	         .more = ",\"limits\":{\"joins\":0,\"ids\":-1,\"rows\":\"5\",\"deadlineMs\":1.5}");
	PROBLEMS("INVALID_TYPE /limits/jsonDepth", .more = ",\"limits\":{\"jsonDepth\":1000}");
	PROBLEMS("INVALID_TYPE /limits", .more = ",\"limits\":[]");
	PROBLEMS("INVALID_TYPE /policy/anonymous; INVALID_TYPE /policy/errors; INVALID_TYPE /policy/preferReplica",
	         .more = ",\"policy\":{\"anonymous\":\"none\",\"errors\":1,\"preferReplica\":\"yes\"}");
	PROBLEMS("INVALID_TYPE /trino/engine embedded", .more = ",\"trino\":{\"enabled\":true,\"engine\":\"embeded\"}");
	PROBLEMS("INVALID_TYPE /$schema", .more = ",\"$schema\":1");
	PROBLEMS("", .more = ",\"$schema\":\"./schema.json\"");
}

#define SYNC(source, target, rest) \
	"{\"sourceTable\":\"" source "\",\"targetDatabase\":\"" target \
	"\",\"targetPhysicalName\":\"x\",\"method\":\"debezium\"," \
	"\"estimatedLag\":\"hours\"" rest "}"

static void syncs(void **state)
{
	(void)state;
	PROBLEMS("", .syncs = "[" SYNC("users-id", "ch", "") "," SYNC("users-id", "lite", "") "," SYNC("orders-id",
		"ch", "") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/1",
	         .syncs = "[" SYNC("users-id", "ch", "") "," SYNC("users-id", "ch", "") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/targetDatabase", .syncs = "[" SYNC("users-id", "pg", "") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/sourceTable users-id", .syncs = "[" SYNC("users", "ch", "") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/sourceTable orders-id; INVALID_SYNC /externalSyncs/0/targetDatabase pg",
	         .syncs = "[" SYNC("order-id", "cg", "") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/columns/1 email",
	         .syncs = "[" SYNC("users-id", "ch", ",\"columns\":[\"id\",\"emial\"]") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/columns/1", .syncs = "[" SYNC("users-id", "ch", ",\"columns\":[\"id\","
		"\"id\"]") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/columns/emial email; INVALID_SYNC /externalSyncs/0/columns/id",
	         .syncs = "[" SYNC("users-id", "ch", ",\"columns\":{\"emial\":\"x\",\"id\":\"\"}") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/columns",
	         .syncs = "[" SYNC("users-id", "ch", ",\"columns\":\"*\"") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/columns", .syncs = "[" SYNC("users-id", "ch", ",\"columns\":[]") "]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0/targetPhysicalName; INVALID_SYNC /externalSyncs/0/method; INVALID_SYNC "
	         "/externalSyncs/0/estimatedLag minutes",
	         .syncs = "[{\"sourceTable\":\"users-id\",\"targetDatabase\":\"ch\",\"targetPhysicalName\":\"\","
	                  "\"method\":\"kafka\",\"estimatedLag\":\"minute\"}]");
	PROBLEMS("INVALID_SYNC /externalSyncs/0; INVALID_SYNC /externalSyncs/0; INVALID_SYNC /externalSyncs/0; "
	         "INVALID_SYNC /externalSyncs/0; "
	         "INVALID_SYNC /externalSyncs/0", .syncs = "[{}]");
	PROBLEMS("INVALID_SYNC /externalSyncs", .syncs = "7");
}

#define CACHE(table) "[{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[" table "]}]"
#define CACHED(pattern, rest) "{\"tableId\":\"users-id\",\"keyPattern\":\"" pattern "\"" rest "}"

static void caches(void **state)
{
	(void)state;
	PROBLEMS("", .caches = CACHE(CACHED("users:{id}",
	                                    ",\"ttl\":1,\"columns\":[\"id\",\"email\"],\"fill\":\"cdc\"")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE(CACHED("users", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE(CACHED("users:{id", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE(CACHED("users:id}", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE(CACHED("users:{}", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE(CACHED("users:{{id}}", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE(CACHED("users:{email}", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern email", .caches = CACHE(CACHED("users:{emial}", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/keyPattern", .caches = CACHE("{\"tableId\":\"orders-id\","
		"\"keyPattern\":\"o:{tags}\"}"));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/tableId users-id", .caches = CACHE("{\"tableId\":\"user-id\","
		"\"keyPattern\":\"{id}\"}"));
	PROBLEMS("INVALID_CACHE /caches/0/tables/1/tableId",
	         .caches = CACHE(CACHED("{id}", "") "," CACHED("{id}", "")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/ttl; INVALID_CACHE /caches/0/tables/0/fill; INVALID_CACHE "
	         "/caches/0/tables/0/columns/0 email",
	         .caches = CACHE(CACHED("{id}", ",\"ttl\":0,\"columns\":[\"emial\"],\"fill\":\"x\"")));
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/columns", .caches = CACHE(CACHED("{id}", ",\"columns\":[]")));
	PROBLEMS("INVALID_CACHE /caches/0/engine redis", .caches = "[{\"id\":\"m\",\"engine\":\"rediss\","
		"\"tables\":[]}]");
	PROBLEMS("INVALID_CACHE /caches/0; INVALID_CACHE /caches/0; INVALID_CACHE /caches/0; INVALID_CACHE /caches/1",
	         .caches = "[{},null]");
	PROBLEMS("INVALID_CACHE /caches", .caches = "{}");
	PROBLEMS("INVALID_CACHE /caches/0/tables/0/tableId",
	         .tables = T("\"columns\":[" COLUMN("id", "int") "],\"primaryKey\":[]"),
	         .caches = CACHE("{\"tableId\":\"t\",\"keyPattern\":\"{id}\"}"));
}

#define ROLE(grants) "[{\"id\":\"r\",\"tables\":[" grants "]}]"
#define FILTER(filter) ROLE("{\"tableId\":\"orders-id\",\"allowedColumns\":\"*\",\"filters\":[{" filter "}]}")
#define FROM_CONTEXT ",\"valueFrom\":\"context\",\"contextKey\":\"k\""

static void roles(void **state)
{
	(void)state;
	PROBLEMS("", .roles = ROLE("{\"tableId\":\"users-id\",\"allowedColumns\":[]}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/tableId users-id", .roles = ROLE("{\"tableId\":\"users\","
		"\"allowedColumns\":\"*\"}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/allowedColumns/0 email; INVALID_ROLE "
	         "/roles/0/tables/0/allowedColumns/2",
	         .roles = ROLE("{\"tableId\":\"users-id\",\"allowedColumns\":[\"emall\",\"id\",\"id\"]}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/allowedColumns", .roles = ROLE("{\"tableId\":\"users-id\","
		"\"allowedColumns\":\"all\"}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0", .roles = ROLE("{\"tableId\":\"users-id\"}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/1/tableId", .roles = ROLE("{\"tableId\":\"users-id\","
		"\"allowedColumns\":\"*\"},{\"tableId\":\"users-id\",\"allowedColumns\":[]}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables", .roles = "[{\"id\":\"r\",\"tables\":\"all\"}]");
	PROBLEMS("INVALID_ROLE /roles/0", .roles = "[{\"id\":\"r\"}]");
	PROBLEMS("INVALID_ROLE /roles/0", .roles = "[{\"tables\":\"*\"}]");
	PROBLEMS("INVALID_ROLE /roles/0", .roles = "[1]");
	PROBLEMS("INVALID_ROLE /roles", .roles = "\"*\"");
}

static void row_filters(void **state)
{
	(void)state;
	PROBLEMS("", .roles = FILTER("\"column\":\"userId\",\"operator\":\"=\"" FROM_CONTEXT));
	PROBLEMS("", .roles = FILTER("\"column\":\"tags\",\"operator\":\"is_null\""));
	PROBLEMS("", .roles = FILTER("\"column\":\"total\",\"operator\":\"is_not_null\"" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0/column userId", .roles = FILTER("\"column\":\"userID\","
		"\"operator\":\"=\"" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0/operator", .roles = FILTER("\"column\":\"userId\","
		"\"operator\":\">\"" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0/operator", .roles = FILTER("\"column\":\"note\","
		"\"operator\":\"=\"" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0/operator", .roles = FILTER("\"column\":\"tags\","
		"\"operator\":\"in\"" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0/operator", .roles = FILTER("\"column\":\"blob\","
		"\"operator\":\"in\"" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0; INVALID_ROLE /roles/0/tables/0/filters/0",
	         .roles = FILTER("\"column\":\"id\",\"operator\":\"!=\""));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0/valueFrom", .roles = FILTER("\"column\":\"id\","
		"\"operator\":\"=\",\"valueFrom\":\"literal\",\"contextKey\":\"k\""));
	PROBLEMS("UNKNOWN_KEY /roles/0/tables/0/filters/0/value", .roles = FILTER("\"column\":\"id\","
		"\"operator\":\"=\",\"value\":1" FROM_CONTEXT));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters", .roles = ROLE("{\"tableId\":\"users-id\","
		"\"allowedColumns\":\"*\",\"filters\":{}}"));
	PROBLEMS("INVALID_ROLE /roles/0/tables/0/filters/0", .roles = ROLE("{\"tableId\":\"users-id\","
		"\"allowedColumns\":\"*\",\"filters\":[null]}"));
}

/* One load tells everything, whatever the section. */
static void all_at_once(void **state)
{
	(void)state;
	PROBLEMS(
		"INVALID_TYPE /limits/joins; DUPLICATE_ID /databases/0/id; INVALID_CONNECTION "
		"/databases/0/connection/url; "
		"INVALID_REFERENCE /tables/0/database; INVALID_TYPE /tables/0/columns/0/type; INVALID_RELATION "
		"/tables/0/relations/0/references/table; "
		"INVALID_SYNC /externalSyncs/0/sourceTable; INVALID_SYNC /externalSyncs/0/targetDatabase; "
		"INVALID_CACHE /caches/0/tables/0/keyPattern; "
		"INVALID_ROLE /roles/0/tables/0/tableId",
		.databases = "[{\"id\":\"trino\",\"engine\":\"postgres\",\"connection\":{\"url\":\"mysql://h\"}}]",
		.tables = "[{\"id\":\"t\",\"apiName\":\"t\",\"database\":\"pg\",\"physicalName\":\"t\","
			  "\"columns\":[" COLUMN("id", "number") "],\"primaryKey\":[\"id\"],"
			  "\"relations\":[{\"column\":\"id\",\"references\":{\"table\":\"nowhere\",\"column\":\"id\"},"
			  "\"type\":\"one-to-one\"}]}]",
		.syncs = "[" SYNC("nothing", "nowhere", "") "]",
		.caches = CACHE("{\"tableId\":\"t\",\"keyPattern\":\"t\"}"),
		.roles = ROLE("{\"tableId\":\"nobody\",\"allowedColumns\":\"*\"}"),
		.more = ",\"limits\":{\"joins\":0}");
}

static void messages(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l,
	              &(struct sections){ .databases = "[{\"id\":\"pg\",\"engine\":\"postgre\"}]", .tables = "[]" });
	const struct md_problem *p = &l.err.problems.v[0];
	assert_string_equal(md_str_dup(&l.arena, p->message).p,
	                    "engine is not valid: expected postgres, clickhouse, iceberg or sqlite, got \"postgre\", "
	                    "did you mean 'postgres'");
	assert_true(md_str_eqz(p->details.expected, "postgres, clickhouse, iceberg or sqlite"));
	assert_true(md_str_eqz(p->details.actual, "\"postgre\""));
	assert_true(md_str_eqz(l.err.message, "Config invalid: 1 error"));
	unload(&l);
}

/* Details of problem i of the sections, as "table|column|where"; no expectation begins with
 * "expected". */
static const char *place_of(struct loaded *l, const struct sections *d, uint32_t i)
{
	load_sections(l, d);
	assert_true(i < l->err.problems.n);
	const struct md_details *p = &l->err.problems.v[i].details;
	assert_memory_not_equal(p->expected.n > 8 ? p->expected.p : "........", "expected", 8);
	return md_str_fmt(&l->arena, "%.*s|%.*s|%.*s", MD_FMT(p->table), MD_FMT(p->column), MD_FMT(p->where)).p;
}

static void problems_name_table_and_column(void **state)
{
	(void)state;
	struct loaded l;
#define PLACE(expected, ...)                                                                        \
	do {                                                                                        \
		assert_string_equal(place_of(&l, &(struct sections){ __VA_ARGS__ }, 0), (expected)); \
		unload(&l);                                                                         \
	} while (0)
	PLACE("t|a|column 'a' of table 't'",
	      .tables = "[" TABLE("t-id", "t", COLUMN("id", "int") "," COLUMN("a", "text"), "") "]");
	PLACE("t|Order|column 'Order' of table 't'",
	      .tables = "[" TABLE("t-id", "t", COLUMN("id", "int") "," COLUMN("Order", "int"), "") "]");
	PLACE("t|select|column 'select' of table 't'",
	      .tables = "[" TABLE("t-id", "t", COLUMN("id", "int") "," COLUMN("select", "int"), "") "]");
	PLACE("t||table 't'", .tables = "[" TABLE("t-id", "t", COLUMN("id", "int"), ",\"zzz\":1") "]");
	/* the message's own table is kept: it is another than that of the place */
	PLACE("users|nope|relation 'userId' of table 'orders'",
	      .tables = "[" USERS "," ORDERS_WITH(",\"relations\":[{\"column\":\"userId\","
	                                          "\"references\":{\"table\":\"users\",\"column\":\"nope\"},"
	                                          "\"type\":\"many-to-one\"}]") "]");
	PLACE("users|age|column 'age' of table 'users' of role 'r'",
	      .roles = "[{\"id\":\"r\",\"tables\":[{\"tableId\":\"users-id\",\"allowedColumns\":\"*\","
	               "\"filters\":[{\"column\":\"age\",\"operator\":\">\"}]}]}]");
	PLACE("||database 'pg'", .databases = "[{\"id\":\"pg\",\"engine\":\"mysql\"}]", .tables = "[]");
#undef PLACE
}

static void not_json(void **state)
{
	(void)state;
	struct loaded l;
	assert_null(load_text(&l, "{\n  \"databases\": [,]\n}", NULL));
	assert_int_equal(l.err.code, MD_METADATA_LOAD_FAILED);
	assert_non_null(strstr(md_str_dup(&l.arena, l.err.message).p, "line 2, column 17"));
	unload(&l);
	assert_null(load_text(&l, "", NULL));
	assert_int_equal(l.err.code, MD_METADATA_LOAD_FAILED);
	unload(&l);
	assert_null(load_text(&l, "[]", NULL));
	assert_int_equal(l.err.code, MD_CONFIG_INVALID);
	assert_int_equal(l.err.problems.v[0].code, MD_INVALID_TYPE);
	unload(&l);
	assert_null(load_text(&l, "{}", NULL));
	assert_int_equal(l.err.problems.n, 2); /* databases and tables are missing */
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_keys), cmocka_unit_test(repeated_keys),
		cmocka_unit_test(unsupported),  cmocka_unit_test(policy),
		cmocka_unit_test(masks),        cmocka_unit_test(session_properties),
		cmocka_unit_test(api_names),    cmocka_unit_test(duplicates),
		cmocka_unit_test(references),   cmocka_unit_test(sqlite_names),
		cmocka_unit_test(types),        cmocka_unit_test(syncs),
		cmocka_unit_test(caches),       cmocka_unit_test(roles),
		cmocka_unit_test(row_filters),  cmocka_unit_test(all_at_once),
		cmocka_unit_test(messages),     cmocka_unit_test(problems_name_table_and_column),
		cmocka_unit_test(not_json)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
