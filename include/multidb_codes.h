/* Every error code of multidb. Made by tools/make-docs from src/base/errors.def. A number is never
 * changed and never used again; a later version may add codes. */
#ifndef MULTIDB_CODES_H
#define MULTIDB_CODES_H

enum multidb_code {
	MULTIDB_OK = 0, /* no error */
	MULTIDB_VALIDATION_FAILED = 1, /* the query is not valid */
	MULTIDB_UNKNOWN_TABLE = 2, /* no such table */
	MULTIDB_UNKNOWN_COLUMN = 3, /* no such column */
	MULTIDB_UNKNOWN_ROLE = 4, /* no such role */
	MULTIDB_ACCESS_DENIED = 5, /* the roles in effect do not grant it */
	MULTIDB_INVALID_FILTER = 6, /* the filter is not valid */
	MULTIDB_INVALID_VALUE = 7, /* the value is not valid */
	MULTIDB_INVALID_JOIN = 8, /* the join is not valid */
	MULTIDB_INVALID_GROUP_BY = 9, /* groupBy is not valid */
	MULTIDB_INVALID_HAVING = 10, /* having is not valid */
	MULTIDB_INVALID_ORDER_BY = 11, /* orderBy is not valid */
	MULTIDB_INVALID_BY_IDS = 12, /* byIds is not valid */
	MULTIDB_INVALID_LIMIT = 13, /* limit or offset is not valid */
	MULTIDB_INVALID_PAGE = 14, /* page is not valid */
	MULTIDB_INVALID_EXISTS = 15, /* the exists node is not valid */
	MULTIDB_INVALID_AGGREGATION = 16, /* the aggregation is not valid */
	MULTIDB_MISSING_CONTEXT = 17, /* a context value is missing */
	MULTIDB_INVALID_CONTEXT = 18, /* the context is not valid */
	MULTIDB_UNKNOWN_KEY = 19, /* no such key */
	MULTIDB_LIMIT_EXCEEDED = 20, /* a limit is exceeded */
	MULTIDB_UNSUPPORTED = 21, /* not supported */
	MULTIDB_CONFIG_INVALID = 22, /* the configuration is not valid */
	MULTIDB_INVALID_API_NAME = 23, /* the API name is not valid */
	MULTIDB_DUPLICATE_API_NAME = 24, /* the API name is used twice */
	MULTIDB_DUPLICATE_ID = 25, /* the id is used twice or reserved */
	MULTIDB_INVALID_REFERENCE = 26, /* the name refers to nothing that exists */
	MULTIDB_INVALID_RELATION = 27, /* the relation is not valid */
	MULTIDB_INVALID_SYNC = 28, /* the sync is not valid */
	MULTIDB_INVALID_CACHE = 29, /* the cache is not valid */
	MULTIDB_INVALID_ROLE = 30, /* the role is not valid */
	MULTIDB_INVALID_TYPE = 31, /* the type is not valid */
	MULTIDB_INVALID_CONNECTION = 32, /* the connection is not valid */
	MULTIDB_INVALID_JSON = 33, /* the text is not JSON */
	MULTIDB_INVALID_BODY = 34, /* the body is not what the request needs */
	MULTIDB_UNAUTHENTICATED = 35, /* the caller is not known */
	MULTIDB_FORBIDDEN = 36, /* the caller may not do this */
	MULTIDB_NOT_FOUND = 37, /* no such path */
	MULTIDB_METHOD_NOT_ALLOWED = 38, /* the path has no such method */
	MULTIDB_NOT_ACCEPTABLE = 39, /* no such answer format */
	MULTIDB_BODY_TOO_LARGE = 40, /* the body is too large */
	MULTIDB_UNSUPPORTED_MEDIA_TYPE = 41, /* the content type is not JSON */
	MULTIDB_RATE_LIMITED = 42, /* too many requests */
	MULTIDB_UNREACHABLE_TABLES = 43, /* no strategy reaches all tables */
	MULTIDB_TRINO_DISABLED = 44, /* only Trino could answer and it is disabled */
	MULTIDB_NO_CATALOG = 45, /* a database has no Trino catalog */
	MULTIDB_FRESHNESS_UNMET = 46, /* no copy is fresh enough */
	MULTIDB_EXECUTOR_MISSING = 47, /* the database has no connection or no driver */
	MULTIDB_QUERY_FAILED = 48, /* the database refused the query or ended it early */
	MULTIDB_CANCELLED = 49, /* the query was cancelled */
	MULTIDB_QUERY_TIMEOUT = 50, /* the deadline passed */
	MULTIDB_CONNECTION_FAILED = 51, /* the database can't be reached */
	MULTIDB_POOL_EXHAUSTED = 52, /* all connections are in use */
	MULTIDB_METADATA_LOAD_FAILED = 53, /* the configuration can't be read */
	MULTIDB_ROLE_LOAD_FAILED = 54, /* the roles can't be read */
	MULTIDB_SHUTTING_DOWN = 55, /* the engine or the server is closing */
	MULTIDB_OUT_OF_MEMORY = 56, /* out of memory */
	MULTIDB_INTERNAL = 57, /* a bug in multidb */
	MULTIDB_MISUSE = 58, /* the library was called in a way that its header excludes */
	MULTIDB_MISSING_PARAMETER = 59, /* a parameter is missing */
	MULTIDB_INVALID_PARAMETER = 60, /* the parameter is not valid */
	MULTIDB_TYPE_MISMATCH = 61, /* a column of the database is not of the type that the configuration says */
};

#endif
