/* The labels of cache entries (metadata/entry_labels.c): they differ as soon as the values of an
 * entry could differ, and for nothing else. */
#include "documents.h"

#define CELL(name, physical, type, more) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" physical "\",\"type\":\"" type "\",\"nullable\":true" more "}"
#define ITEMS_AT(id, database, physical, columns) \
	"[{\"id\":\"" id "\",\"apiName\":\"items\",\"database\":\"" database "\",\"physicalName\":\"" physical \
	"\",\"columns\":[" COLUMN("id", "int") "," columns "],\"primaryKey\":[\"id\"]}]"
#define ITEMS(columns) ITEMS_AT("items", "pg", "shop.items", columns)
#define NAME CELL("name", "n", "string", "")
#define NOTE CELL("note", "note", "string", "")
#define HELD(more) \
	"[{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"items\",\"keyPattern\":\"i:{id}\"" more "}]}]"
#define REPLICA_OF(columns) \
	"[{\"sourceTable\":\"items\",\"targetDatabase\":\"ch\",\"targetPhysicalName\":\"items\"," \
	"\"method\":\"debezium\",\"estimatedLag\":\"seconds\"" columns "}]"

/* The hash of entries from the original, or (replica) from the one replica. */
static void read_hash(const struct sections *d, bool replica, char out[40])
{
	struct loaded l;
	struct md_snapshot *s = load_sections(&l, d);
	assert_non_null(s);
	const struct md_entry_label *label = &s->tables[0].cached->labels[replica];
	snprintf(out, 40, "%.*s", MD_FMT(label->hash));
	assert_int_equal(label->hash.n, 16);
	assert_non_null(memmem(label->head.p, label->head.n, out, 16));
	unload(&l);
}

static bool have_one_hash(const struct sections *x, const struct sections *y)
{
	char a[40], b[40];
	read_hash(x, false, a);
	read_hash(y, false, b);
	return strcmp(a, b) == 0;
}

#define BASE .tables = ITEMS(NAME "," NOTE), .caches = HELD("")
#define SAME_AS_BASE(...) have_one_hash(&(struct sections){ BASE }, &(struct sections){ __VA_ARGS__ })

static void a_hash_is_the_same_in_every_process(void **state)
{
	(void)state;
	char hash[40];
	read_hash(&(struct sections){ BASE }, false, hash);
	assert_string_equal(hash, "5893f0bd815ece86");
}

static void what_decides_values_changes_the_hash(void **state)
{
	(void)state;
	assert_true(SAME_AS_BASE(BASE));
	assert_false(SAME_AS_BASE(.tables = ITEMS(CELL("name", "n", "uuid", "") "," NOTE), .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS(CELL("name", "n", "string", ",\"databaseType\":\"citext\"") "," NOTE),
	                          .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS(CELL("name", "other", "string", "") "," NOTE), .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS(CELL("label", "n", "string", "") "," NOTE), .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS(NAME), .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS_AT("items", "ch", "shop.items", NAME "," NOTE), .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS_AT("items", "pg", "shop.old", NAME "," NOTE), .caches = HELD("")));
	assert_false(SAME_AS_BASE(.tables = ITEMS(NAME "," NOTE), .caches = HELD(",\"columns\":[\"id\",\"name\"]")));
}

static void masks_roles_and_columns_outside_entries_do_not(void **state)
{
	(void)state;
	assert_true(SAME_AS_BASE(.tables = ITEMS(CELL("name", "n", "string", ",\"maskingFn\":\"full\"") "," NOTE),
	                         .caches = HELD("")));
	assert_true(SAME_AS_BASE(BASE, .roles = "[{\"id\":\"r\",\"tables\":\"*\"}]"));
	assert_true(SAME_AS_BASE(BASE, .syncs = REPLICA_OF("")));
	assert_true(SAME_AS_BASE(.tables = ITEMS(NAME "," NOTE), .caches = HELD(",\"ttl\":60")));
	assert_true(SAME_AS_BASE(.tables = ITEMS(NAME "," NOTE "," CELL("more", "more", "int", "")),
	                         .caches = HELD(",\"columns\":[\"id\",\"name\",\"note\"]")));
}

static void rows_of_a_replica_have_a_hash_of_their_own(void **state)
{
	(void)state;
	char original[40], replica[40], renamed[40];
	struct sections d = { BASE, .syncs = REPLICA_OF("") };
	read_hash(&d, false, original);
	read_hash(&d, true, replica);
	d.syncs = REPLICA_OF(",\"columns\":{\"id\":\"id\",\"name\":\"title\",\"note\":\"note\"}");
	read_hash(&d, true, renamed);
	assert_string_not_equal(original, replica);
	assert_string_not_equal(replica, renamed);
	d.syncs = REPLICA_OF(",\"columns\":{\"id\":\"id\",\"name\":{\"databaseType\":\"String\"},\"note\":\"note\"}");
	read_hash(&d, true, renamed);
	assert_string_not_equal(replica, renamed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_is_the_same_in_every_process),
		cmocka_unit_test(what_decides_values_changes_the_hash),
		cmocka_unit_test(masks_roles_and_columns_outside_entries_do_not),
		cmocka_unit_test(rows_of_a_replica_have_a_hash_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
