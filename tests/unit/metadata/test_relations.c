/* relations[]: direction, the two names of one relation, contradictions. */
#include "documents.h"

#define REL(column, table, other, type, rest) \
	"{\"column\":" column ",\"references\":{\"table\":\"" table "\",\"column\":" other "},\"type\":\"" type "\"" \
	rest "}"
#define WITH_RELATIONS(on_users, on_orders) \
	"[" TABLE("users-id", "users", COLUMN("id", "uuid") "," COLUMN("email", "string") "," COLUMN("age", "int"), \
	          ",\"relations\":[" on_users "]") "," ORDERS_WITH(",\"relations\":[" on_orders "]") "]"
#define FORWARD(rest) REL("\"userId\"", "users", "\"id\"", "many-to-one", rest)
#define BACKWARD(rest) REL("\"id\"", "orders", "\"userId\"", "one-to-many", rest)

static const struct md_relation *only(const struct loaded *l)
{
	assert_non_null(l->s);
	assert_int_equal(l->s->n_relations, 1);
	return &l->s->relations[0];
}

static void is_orders_to_users(const struct loaded *l, const struct md_relation *r)
{
	assert_ptr_equal(r->from, md_table_find(l->s, MD_STR("orders")));
	assert_ptr_equal(r->to, md_table_find(l->s, MD_STR("users")));
	assert_int_equal(r->n, 1);
	assert_ptr_equal(r->from_columns[0], md_column_find(r->from, MD_STR("userId")));
	assert_ptr_equal(r->to_columns[0], md_column_find(r->to, MD_STR("id")));
	assert_false(r->one_to_one);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(l->s->tables[i].n_relations, 1);
		assert_ptr_equal(l->s->tables[i].relations[0], r);
	}
}

static void one_side(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l, &(struct sections){ .tables = WITH_RELATIONS("", FORWARD("")) });
	is_orders_to_users(&l, only(&l));
	assert_true(md_str_eqz(only(&l)->names[0], "userId"));
	assert_int_equal(only(&l)->names[1].n, 0);
	unload(&l);
	load_sections(&l, &(struct sections){ .tables = WITH_RELATIONS(BACKWARD(",\"name\":\"orders\""), "") });
	is_orders_to_users(&l, only(&l));
	assert_true(md_str_eqz(only(&l)->names[0], "orders"));
	unload(&l);
}

static void both_sides(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l, &(struct sections){ .tables = WITH_RELATIONS(BACKWARD(",\"name\":\"orders\""),
	                                                               FORWARD(",\"name\":\"buyer\"")) });
	is_orders_to_users(&l, only(&l));
	assert_true(md_str_eqz(only(&l)->names[0], "orders"));
	assert_true(md_str_eqz(only(&l)->names[1], "buyer"));
	unload(&l);
	/* one name on both sides is one name */
	load_sections(&l, &(struct sections){
				  .tables = WITH_RELATIONS(BACKWARD(",\"name\":\"x\""), FORWARD(",\"name\":\"x\"")) });
	assert_int_equal(only(&l)->names[1].n, 0);
	unload(&l);
}

/* By id where no apiName is so; an apiName comes first. */
static void table_names(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l, &(struct sections){ .tables = WITH_RELATIONS("", REL("\"userId\"", "users-id", "\"id\"",
	                                                                       "many-to-one", "")) });
	is_orders_to_users(&l, only(&l));
	unload(&l);
	load_sections(&l, &(struct sections){ .tables = "[" TABLE("other", "users", COLUMN("id", "uuid"), "") ","
	                                                TABLE("users", "other", COLUMN("id", "uuid"), "") ","
	                                                ORDERS_WITH(",\"relations\":[" FORWARD("") "]") "]" });
	assert_true(md_str_eqz(only(&l)->to->api_name, "users"));
	unload(&l);
}

static void composite(void **state)
{
	(void)state;
#define PAIR \
	"[" TABLE("a", "a", COLUMN("id", "int") "," COLUMN("day", "date"), \
	               ",\"relations\":[" REL("[\"id\",\"day\"]", "b", "[\"id\",\"at\"]", "many-to-one", "") \
	               "]") \
	"," TABLE("b", "b", COLUMN("id", "bigint") "," COLUMN("at", "timestamp"), \
	          ",\"relations\":[" REL("[\"at\",\"id\"]", "a", "[\"day\",\"id\"]", "one-to-many", "") "]") "]"
	struct loaded l;
	load_sections(&l, &(struct sections){ .tables = PAIR });
	const struct md_relation *r = only(&l); /* the order of the pairs does not matter */
	assert_int_equal(r->n, 2);
	assert_true(md_str_eqz(r->names[0], "id_day"));
	assert_true(md_str_eqz(r->names[1], "at_id"));
	assert_true(md_str_eqz(r->from_columns[1]->api_name, "day"));
	assert_true(md_str_eqz(r->to_columns[1]->api_name, "at"));
	unload(&l);
}

static void self(void **state)
{
	(void)state;
#define TREE(relations) \
	"[" TABLE("t", "t", COLUMN("id", "int") "," COLUMN("parentId", "int"), ",\"relations\":[" relations "]") "]"
#define UP REL("\"parentId\"", "t", "\"id\"", "many-to-one", ",\"name\":\"parent\"")
#define DOWN REL("\"id\"", "t", "\"parentId\"", "one-to-many", ",\"name\":\"children\"")
	struct loaded l;
	load_sections(&l, &(struct sections){ .tables = TREE(UP "," DOWN) });
	const struct md_relation *r = only(&l);
	assert_ptr_equal(r->from, r->to);
	assert_true(md_str_eqz(r->from_columns[0]->api_name, "parentId"));
	assert_true(md_str_eqz(r->names[0], "parent"));
	assert_true(md_str_eqz(r->names[1], "children"));
	assert_int_equal(l.s->tables[0].n_relations, 1); /* once, though it touches the table twice */
	unload(&l);
	PROBLEMS("INVALID_RELATION /tables/0/relations/0",
	         .tables = TREE(REL("\"id\"", "t", "\"id\"", "many-to-one", "")));
}

static void one_to_one(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l, &(struct sections){
				  .tables = WITH_RELATIONS(
					  REL("\"id\"", "orders", "\"userId\"", "one-to-one", ",\"name\":\"a\""),
					  REL("\"userId\"", "users", "\"id\"", "one-to-one", ",\"name\":\"b\"")) });
	const struct md_relation *r = only(&l); /* as declared first */
	assert_true(r->one_to_one);
	assert_true(md_str_eqz(r->from->api_name, "users"));
	assert_true(md_str_eqz(r->names[0], "a"));
	assert_true(md_str_eqz(r->names[1], "b"));
	unload(&l);
}

static void several(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l,
	              &(struct sections){
			      .tables = WITH_RELATIONS(
				      "", FORWARD(",\"name\":\"buyer\"") "," FORWARD(",\"name\":\"payer\"") "," REL(
						  "\"id\"", "users", "\"id\"", "one-to-one", ",\"name\":\"buyer\"")) });
	assert_non_null(l.s);
	assert_int_equal(l.s->n_relations, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(l.s->relations[i].index, i);
	assert_int_equal(md_table_find(l.s, MD_STR("users"))->n_relations, 3);
	unload(&l);
}

static void refuses_wrong_relations(void **state)
{
	(void)state;
#define ON_ORDERS(relation) WITH_RELATIONS("", relation)
#define AT "/tables/1/relations/0"
	PROBLEMS("INVALID_RELATION " AT "/references/table users",
	         .tables = ON_ORDERS(REL("\"userId\"", "user", "\"id\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT "/references/column email",
	         .tables = ON_ORDERS(REL("\"userId\"", "users", "\"emial\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT "/column userId",
	         .tables = ON_ORDERS(REL("\"userid\"", "users", "\"id\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT "/column/1 total",
	         .tables = ON_ORDERS(REL("[\"userId\",\"totl\"]", "users", "[\"id\",\"age\"]", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT "/type many-to-one",
	         .tables = ON_ORDERS(REL("\"userId\"", "users", "\"id\"", "many-to-ones", "")));
	PROBLEMS("INVALID_RELATION " AT,
	         .tables = ON_ORDERS(REL("[\"userId\",\"total\"]", "users", "\"id\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT,
	         .tables = ON_ORDERS(REL("\"userId\"", "users", "\"email\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT, .tables = ON_ORDERS(REL("\"tags\"", "users", "\"email\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT, .tables = ON_ORDERS(REL("\"note\"", "users", "\"email\"", "many-to-one", "")));
	PROBLEMS("", .tables = ON_ORDERS(REL("\"total\"", "users", "\"age\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT "/column",
	         .tables = ON_ORDERS(REL("[]", "users", "\"id\"", "many-to-one", "")));
	PROBLEMS("INVALID_RELATION " AT "/name",
	         .tables = ON_ORDERS(REL("\"userId\"", "users", "\"id\"", "many-to-one", ",\"name\":\"\"")));
	PROBLEMS("INVALID_RELATION " AT "; INVALID_RELATION " AT "; INVALID_RELATION " AT, .tables = ON_ORDERS("{}"));
	PROBLEMS("INVALID_RELATION " AT "/references; INVALID_RELATION /tables/1/relations/1/references/table",
	         .tables = ON_ORDERS("{\"column\":\"id\",\"references\":7,\"type\":\"one-to-one\"},"
	                             "{\"column\":\"id\",\"references\":{\"table\":1,\"column\":\"id\"},"
	                             "\"type\":\"one-to-one\"}"));
}

static void contradictions(void **state)
{
	(void)state;
	PROBLEMS("INVALID_RELATION /tables/1/relations/1", .tables = ON_ORDERS(FORWARD("") "," FORWARD("")));
	PROBLEMS("INVALID_RELATION /tables/1/relations/0",
	         .tables = WITH_RELATIONS(REL("\"id\"", "orders", "\"userId\"", "many-to-one", ",\"name\":\"x\""),
	                                  FORWARD("")));
	PROBLEMS("INVALID_RELATION /tables/1/relations/0",
	         .tables = WITH_RELATIONS(REL("\"id\"", "orders", "\"userId\"", "one-to-one", ",\"name\":\"x\""),
	                                  FORWARD("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_side),      cmocka_unit_test(both_sides),
		                            cmocka_unit_test(table_names),   cmocka_unit_test(composite),
		                            cmocka_unit_test(self),          cmocka_unit_test(one_to_one),
		                            cmocka_unit_test(several),       cmocka_unit_test(refuses_wrong_relations),
		                            cmocka_unit_test(contradictions) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
