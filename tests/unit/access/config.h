/* The configuration of the access tests: two tables of equal columns and roles that overlap in
 * every way. */
#ifndef ACCESS_CONFIG_H
#define ACCESS_CONFIG_H

#include "world.h"

#include "access/access.h"
#include "access/pred_eval.h"

#define FILTER(col, op, key) \
	"{\"column\":\"" col "\",\"operator\":\"" op "\",\"valueFrom\":\"context\",\"contextKey\":\"" key "\"}"
#define NULLS(col, op) "{\"column\":\"" col "\",\"operator\":\"" op "\",\"valueFrom\":\"context\"}"
#define GRANT(id, cols, filters) "{\"tableId\":\"" id "\",\"allowedColumns\":" cols ",\"filters\":[" filters "]}"
#define COLUMN(name, type, nullable) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "\",\"type\":\"" type "\",\"nullable\":" nullable "}"
#define TABLE(id) \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"db\",\"physicalName\":\"" id \
	"\",\"columns\":[" \
	COLUMN("id", "int", "false") "," COLUMN("tenantId", "uuid", "true") "," COLUMN("region", "string", "true") \
	"," \
	COLUMN("level", "bigint", "true") "," COLUMN("amount", "decimal", "true") "," \
	COLUMN("live", "boolean", "true") "," \
	COLUMN("since", "date", "true") "," COLUMN("note", "string", "true") \
	"],\"primaryKey\":[\"id\"],\"relations\":[]}"
#define ROLE(id, grants) "{\"id\":\"" id "\",\"tables\":[" grants "]}"
#define BY_TENANT FILTER("tenantId", "=", "tenantId")
#define BY_REGION FILTER("region", "in", "regions")

/* Forty roles, each with rows of its own. */
#define ONE(n) ROLE("many" n, GRANT("items", "[\"id\"]", FILTER("level", "=", "level" n))) ","
#define TEN(t) \
	ONE(t "0") ONE(t "1") ONE(t "2") ONE(t "3") ONE(t "4") ONE(t "5") ONE(t "6") ONE(t "7") ONE(t "8") ONE(t "9")
#define MANY TEN("") TEN("1")
#define MANY_MORE TEN("2") TEN("3")

static const char access_config[] =
	"{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\"}],"
	"\"tables\":[" TABLE("items") "," TABLE("notes")
	"],\"caches\":[],\"externalSyncs\":[],\"limits\":{\"inList\":3},\"roles\":["
	"{\"id\":\"admin\",\"tables\":\"*\"},"
	ROLE("tenant", GRANT("items", "[\"id\",\"note\"]", BY_TENANT)) ","
	ROLE("tenantWide", GRANT("items", "[\"id\",\"note\",\"amount\"]", BY_TENANT)) ","
	ROLE("regional", GRANT("items", "[\"id\",\"region\"]", BY_REGION)) ","
	ROLE("both", GRANT("items", "[\"id\",\"note\"]", BY_TENANT "," BY_REGION)) ","
	ROLE("bothAgain", GRANT("items", "[\"id\"]", BY_REGION "," BY_TENANT "," BY_TENANT)) ","
	ROLE("masked", "{\"tableId\":\"items\",\"allowedColumns\":[\"id\",\"note\"],\"maskedColumns\":[\"note\"]}") ","
	ROLE("maskedTenant", "{\"tableId\":\"items\",\"allowedColumns\":[\"id\",\"note\",\"amount\"],"
	                     "\"maskedColumns\":[\"note\",\"amount\"],\"filters\":[" BY_TENANT "]}") ","
	ROLE("openTenant", GRANT("items", "[\"id\"]", BY_TENANT)) ","
	ROLE("open", GRANT("items", "[\"id\"]", "")) ","
	ROLE("notTenant", GRANT("items", "\"*\"", FILTER("tenantId", "!=", "tenantId"))) ","
	ROLE("nulls", GRANT("items", "\"*\"", NULLS("note", "is_null") "," NULLS("region", "is_not_null"))) ","
	ROLE("levels", GRANT("items", "\"*\"",
	                     FILTER("level", "=", "level") "," FILTER("live", "=", "live") "," FILTER("since", "=",
	                     	"since"))) ","
	ROLE("money", GRANT("items", "\"*\"", FILTER("amount", "=", "amount"))) ","
	ROLE("mixed", GRANT("items", "\"*\"",
	                    FILTER("tenantId", "=", "k") "," FILTER("note", "=", "k") "," FILTER("region", "in",
	                    	"k"))) ","
	ROLE("reader", GRANT("notes", "\"*\"", "")) ","
	MANY MANY_MORE
	ROLE("nothing", "") "]}";

#endif
