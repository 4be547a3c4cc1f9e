/* Two configurations on the sample's files, so that a mixture of them shows itself: each has one
 * role, which sees a name under a name of the document. */
#ifndef TEST_ENGINE_TWO_DOCUMENTS_H
#define TEST_ENGINE_TWO_DOCUMENTS_H

#define TABLES_OF(x, physical) \
	"\"databases\":[{\"id\":\"pg-main\",\"engine\":\"sqlite\"," \
	"\"connection\":{\"url\":\"sqlite:data/pg-main.db\"}}]," \
	"\"tables\":[{\"id\":\"products\",\"apiName\":\"products\",\"database\":\"pg-main\"," \
	"\"physicalName\":\"products\"," \
	"\"columns\":[{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false}," \
	"{\"apiName\":\"name" x "\",\"physicalName\":\"" physical "\",\"type\":\"string\",\"nullable\":false}]," \
	"\"primaryKey\":[\"id\"]}]"
#define ROLES_OF(x) \
	"[{\"id\":\"r\",\"tables\":[{\"tableId\":\"products\",\"allowedColumns\":[\"id\",\"name" x "\"]}]}]"
#define A "{" TABLES_OF("A", "product_name") ",\"roles\":" ROLES_OF("A") "}"
#define B "{" TABLES_OF("B", "sku") ",\"roles\":" ROLES_OF("B") "}"
#define MIXED "{" TABLES_OF("A", "sku") ",\"roles\":" ROLES_OF("B") "}"

/* The answer to ask_first by each of the two. */
#define FIRST_A "[{\"id\":1,\"nameA\":\"Blue pen\"}]"
#define FIRST_B "[{\"id\":1,\"nameB\":\"PEN-BLU\"}]"

static inline char *ask_first(multidb_query *q)
{
	return sample_ask(q, MULTIDB_RUN, MULTIDB_JSON, "{\"from\":\"products\",\"byIds\":[1]}", "{\"role\":\"r\"}");
}

#endif
