/* Strategy cache (executor/cache_rows.h): misses fetched once for all callers, each with its own
 * row filters; what is written back; caches that fail. The database is a driver of this test: it
 * knows three users, reads the ids and the tenant of a statement, and can be slow or fail. */
#include "fake_resp.h"
#include "world.h"

#include "access/access.h"
#include "base/sys.h"
#include "executor/execute.h"
#include "executor/visibility_key.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COLUMN(name, type, null) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "\",\"type\":\"" type "\",\"nullable\":" null "}"
#define TABLE(name) \
	"{\"id\":\"" name "\",\"apiName\":\"" name "\",\"database\":\"db\",\"physicalName\":\"" name \
	"\",\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":[" \
	COLUMN("id", "int", "false") "," \
	"{\"apiName\":\"tenantId\",\"physicalName\":\"tenantId\",\"type\":\"string\",\"nullable\":false," \
	"\"databaseType\":\"text\"}," COLUMN("name", "string", "true") "]}"
#define SYNC(table, lag) \
	"{\"sourceTable\":\"" table "\",\"targetDatabase\":\"copy\",\"targetPhysicalName\":\"" table \
	"\",\"method\":\"debezium\",\"estimatedLag\":\"" lag \
	"\",\"columns\":{\"id\":{},\"tenantId\":{\"databaseType\":\"text\"},\"name\":{}}}"
#define OWN(table, columns) \
	"{\"tableId\":\"" table "\",\"allowedColumns\":" columns \
	",\"filters\":[{\"column\":\"tenantId\",\"operator\":\"=\",\"valueFrom\":\"context\"," \
	"\"contextKey\":\"tenantId\"}]}"

static const char config[] =
	"{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\"},{\"id\":\"copy\",\"engine\":\"sqlite\"}],"
	"\"tables\":[" TABLE("users") "," TABLE("late") "," TABLE("kept") "," TABLE("pushed") "," TABLE("owned") "],"
	"\"caches\":[{\"id\":\"memory\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"users\","
	"\"keyPattern\":\"users:{id}\",\"ttl\":1},"
	"{\"tableId\":\"late\",\"keyPattern\":\"late:{id}\",\"ttl\":60},{\"tableId\":\"kept\","
	"\"keyPattern\":\"kept:{id}\"},"
	"{\"tableId\":\"pushed\",\"keyPattern\":\"pushed:{id}\",\"fill\":\"cdc\"},{\"tableId\":\"owned\","
	"\"keyPattern\":\"owned:{tenantId}:{id}\",\"ttl\":60}]}],"
	"\"externalSyncs\":[" SYNC("late", "minutes") "," SYNC("kept", "minutes") "," SYNC("users", "realtime") "],"
	"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},{\"id\":\"tenant\",\"tables\":["
	OWN("users", "[\"id\",\"name\"]") "," OWN("owned", "\"*\"") "]}]}";

static const char *const users[][3] = { { "1", "a", "ann" }, { "2", "b", "bob" }, { "3", "a", NULL } };
enum { USERS = 3 };

/* ---- the database ---- */

static struct {
	atomic_int starts, fail_starts; /* so many starts fail first */
	atomic_int slow_ms;
	atomic_bool hold;               /* statements wait until it is taken away */
	atomic_bool narrow;             /* statements lack the last column */
	atomic_bool unfit;              /* the last column holds what is no value of its type */
	atomic_bool loose;              /* two ids are equal if their first characters are */
} database;

struct counting_conn {
	const struct md_stmt *stmt;
	uint32_t next;
	atomic_bool cancelled;
};

static int open_conn(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	(void)cx;
	(void)t;
	return (*conn = calloc(1, sizeof(struct counting_conn))) ? 0 : -1;
}

static enum md_started start_fake(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	(void)context;
	struct counting_conn *c = conn;
	*c = (struct counting_conn){ .stmt = s };
	int n = ++database.starts;
	for (int64_t until = md_monotonic_ms() + database.slow_ms;
	     (md_monotonic_ms() < until || database.hold) && !c->cancelled;)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	if (c->cancelled)
		return (enum md_started)md_fail(cx, MD_CANCELLED, "cancelled");
	return n <= database.fail_starts ? (enum md_started)md_fail(cx, MD_QUERY_FAILED, "the script says so")
	                                 : MD_STARTED;
}

static bool are_equal_ids(struct md_str id, const char *key)
{
	return database.loose ? id.p[0] == key[0] : md_str_eqz(id, key);
}

static bool selected(const struct md_stmt *s, const char *const *user)
{
	const struct md_value *ids = &s->params[0];
	bool mine = s->text.n == 0 || md_str_eqz(s->text, user[1]);
	for (size_t i = 0; mine && i < ids->list.n; i++)
		if (are_equal_ids(ids->list.items[i], user[0]))
			return true;
	return false;
}

static int next_fake(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct counting_conn *c = conn;
	(void)cx;
	while (c->next < USERS && !selected(c->stmt, users[c->next]))
		c->next++;
	if (c->next == USERS)
		return 0;
	for (uint32_t i = 0; i < c->stmt->n_outputs; i++) {
		const char *text = users[c->next][i];
		cells[i] = (struct md_cell){ md_str_z(text), !text ? MD_CELL_NULL : i ? MD_CELL_TEXT : MD_CELL_BARE };
		if (database.unfit && i == 2)
			cells[i] = (struct md_cell){ MD_NOSTR, MD_CELL_UNFIT };
	}
	c->next++;
	return 1;
}

static bool finish_fake(void *conn)
{
	return conn != NULL;
}

static void cancel_fake(void *conn)
{
	((struct counting_conn *)conn)->cancelled = true;
}

static const struct md_driver driver = { .name = "users",
	                                 .open = open_conn,
	                                 .start = start_fake,
	                                 .next = next_fake,
	                                 .finish = finish_fake,
	                                 .cancel = cancel_fake,
	                                 .close = free };

/* ---- requests ---- */

static struct md_snapshot *meta;
static struct md_pool *pool;
static struct md_store *store;

struct cache_request {
	struct md_arena arena;
	struct md_error err;
	struct md_ctx cx;
	struct md_running run;
	const struct md_bound *bound;
	struct md_planned planned;
	struct md_exec exec;
	struct md_stmt stmt;
	struct md_shape shape;
	const char *answer;
	struct md_answer asked;
};

/* The statement's text is the tenant, its parameter the ids. */
static int miss_statement(struct md_ctx *c, const struct md_plan *p, const struct md_values *values,
                          const struct md_ids *only, struct md_stmt *out, struct md_miss_shape *shape)
{
	const struct md_table *t = md_guarded_bound(p->guarded)->refs[0].table;
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(p->guarded, 0));
	const struct md_column **columns = md_new_n(c->arena, const struct md_column *, 3);
	struct md_str *ids = md_new_n(c->arena, struct md_str, only->n);
	struct md_value *param = md_new(c->arena, struct md_value);
	for (uint32_t i = 0; i < only->n; i++)
		ids[i] = md_values_id(values, only->v[i])[0];
	*param = (struct md_value){ .type = { MD_INT, true }, .list = { ids, only->n } };
	for (uint32_t i = 0; i < 3; i++)
		columns[i] = &t->columns[i];
	*out = (struct md_stmt){ .dialect = MD_STR("sqlite"),
		                 .text = rows->kind == MD_PRED_CMP ? rows->value.text : MD_STR(""),
		                 .params = param,
		                 .n_params = 1,
		                 .n_outputs = database.narrow ? 2 : 3,
		                 .row_bound = only->n };
	*shape = (struct md_miss_shape){ .columns = columns, .n = out->n_outputs };
	return 0;
}

#define ADMIN "{\"role\":\"admin\"}"
#define TENANT(t) "{\"role\":\"tenant\",\"contextValues\":{\"tenantId\":\"" t "\"}}"

static void prepare_request(struct cache_request *r, const char *definition, const char *context)
{
	struct stages s;
	memset(r, 0, sizeof *r);
	r->cx = (struct md_ctx){ .arena = &r->arena,
		                 .err = &r->err,
		                 .meta = meta,
		                 .trace = md_trace_new(&r->arena),
		                 .deadline_ms = md_monotonic_ms() + 20000 };
	if (md_running_init(&r->run) || stages_plan(&r->cx, definition, context, false, &s))
		fail_msg("%.*s: %.*s", MD_FMT(r->err.message),
		         MD_FMT(r->err.problems.n ? r->err.problems.v[0].message : MD_NOSTR));
	r->bound = s.bound;
	r->planned = s.planned;
	r->exec = (struct md_exec){ .plan = r->planned.plan,
		                    .bound = r->bound,
		                    .values = s.values,
		                    .stmt = &r->stmt,
		                    .shape = &r->shape,
		                    .pool = pool,
		                    .database = MD_STR("db"),
		                    .store = store,
		                    .make_miss_stmt = miss_statement };
	assert_int_equal(r->planned.plan->strategy, MD_CACHE);
	struct md_shape_output *outs = md_new_n(&r->arena, struct md_shape_output, r->bound->n_outputs);
	for (uint32_t i = 0; i < r->bound->n_outputs; i++)
		outs[i] = (struct md_shape_output){ .column = r->bound->outputs[i].use.column };
	r->stmt = (struct md_stmt){ .n_outputs = r->bound->n_outputs };
	r->shape = (struct md_shape){ .outputs = outs, .n_outputs = r->bound->n_outputs };
}

static void run_request(struct cache_request *r)
{
	struct md_buf b = { .arena = &r->arena };
	struct md_rows *rows;
	const struct md_cell *cells;
	int rc = md_rows_open(&r->cx, &r->exec, &r->run, &rows);
	while (rc >= 0 && (rc = md_rows_next(rows, &cells)) > 0)
		for (uint32_t i = 0; i < r->bound->n_outputs; i++) {
			md_buf_str(&b, cells[i].form == MD_CELL_NULL ? MD_STR("-") : cells[i].text);
			md_buf_char(&b, i + 1 < r->bound->n_outputs ? '|' : ';');
		}
	if (rc < 0)
		md_buf_fmt(&b, "!%s", md_code_name(r->err.code));
	else
		r->asked = *md_rows_answer(rows);
	md_rows_close(rows);
	md_buf_char(&b, '\0');
	r->answer = b.p;
}

static void finish_request(struct cache_request *r)
{
	md_running_destroy(&r->run);
	md_arena_free(&r->arena);
}

static bool logged(struct cache_request *r, const char *text)
{
	struct md_buf b = { .arena = &r->arena };
	md_trace_text(&b, r->cx.trace, &md_log_whole);
	return memmem(b.p, b.n, text, strlen(text)) != NULL;
}

/* One request from beginning to end. */
static void expect(const char *definition, const char *context, const char *want)
{
	struct cache_request r;
	prepare_request(&r, definition, context);
	run_request(&r);
	assert_string_equal(r.answer, want);
	finish_request(&r);
}

static struct md_str stored_at(const char *key, int64_t now_ms)
{
	static struct md_arena a;
	static char text[1000];
	struct md_str k = md_str_z(key), v;
	struct md_store_call c = { .arena = &a, .now_ms = now_ms };
	md_store_get(store, &c, &k, 1, &v);
	snprintf(text, sizeof text, "%.*s", MD_FMT(v));
	bool have = v.p != NULL;
	md_arena_free(&a);
	return have ? md_str_z(text) : MD_NOSTR;
}

static struct md_str stored(const char *key)
{
	return stored_at(key, md_monotonic_ms());
}

static void put_entry(const char *key, const char *value)
{
	struct md_arena a = { 0 };
	struct md_pair pair = { md_str_z(key), md_str_z(value) };
	struct md_store_call c = { .arena = &a, .now_ms = md_monotonic_ms() };
	md_store_put(store, &c, &pair, 1, 60000);
	md_arena_free(&a);
}

static int setup(void **state)
{
	(void)state;
	struct md_arena arena = { 0 };
	struct md_error err = { .code = MD_OK };
	struct md_ctx cx = { .arena = &arena, .err = &err };
	struct md_load_options opt = { 0 };
	meta = md_metadata_load(&cx, MD_STR(config), &opt);
	if (!meta)
		fail_msg("%.*s: %.*s", MD_FMT(err.message),
		         MD_FMT(err.problems.n ? err.problems.v[0].message : MD_NOSTR));
	md_arena_free(&arena);
	memset(&database, 0, sizeof database);
	pool = md_pool_new(&driver, &(struct md_target){ .id = MD_STR("db") },
	                   &(struct md_pool_options){ .max = 16, .acquire_timeout_ms = 5000 });
	store = md_store_memory(1 << 20);
	return !pool || !store;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(md_pool_count(pool).borrowed, 0);
	md_pool_free(pool);
	md_store_free(store);
	md_snapshot_unref(meta);
	return 0;
}

/* ---- many at once ---- */

struct caller {
	pthread_t thread;
	struct cache_request r;
};

static void *call(void *arg)
{
	run_request(&((struct caller *)arg)->r);
	return NULL;
}

static void begin_request(struct caller *c)
{
	assert_int_equal(pthread_create(&c->thread, NULL, call, c), 0);
}

static void go(struct caller *c, const char *definition, const char *context)
{
	prepare_request(&c->r, definition, context);
	begin_request(c);
}

static void came(struct caller *c, const char *want)
{
	pthread_join(c->thread, NULL);
	assert_string_equal(c->r.answer, want);
}

static void until_starts(int n)
{
	for (int i = 0; i < 5000 && database.starts < n; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	assert_int_equal(database.starts, n);
}

/* So many callers wait for another's rows. Then the database may go on. */
static void until_followers(uint32_t n)
{
	for (int i = 0; i < 10000 && md_store_count(store).followers != n; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	assert_int_equal(md_store_count(store).followers, n);
	database.hold = false;
}

#define ONE "{\"from\":\"users\",\"columns\":[\"id\",\"name\"],\"byIds\":[1]}"
enum { MANY = 100 };

/* shared: all come while the first one asks. */
static void crowd(const char *definition, const char *context, const char *want, bool shared)
{
	static struct caller c[MANY];
	for (int i = 0; i < MANY; i++)
		prepare_request(&c[i].r, definition, context);
	database.hold = shared;
	for (int i = 0; i < MANY; i++)
		begin_request(&c[i]);
	if (shared)
		until_followers(MANY - 1);
	for (int i = 0; i < MANY; i++)
		came(&c[i], want);
	for (int i = 0; i < MANY; i++)
		finish_request(&c[i].r);
}

static void a_hundred_misses_ask_once(void **state)
{
	(void)state;
	crowd(ONE, ADMIN, "1|ann;", true);
	assert_int_equal(database.starts, 1);
	crowd(ONE, ADMIN, "1|ann;", false); /* now hits */
	assert_int_equal(database.starts, 1);
}

static void absent_rows_are_asked_for_once_too(void **state)
{
	(void)state;
	crowd("{\"from\":\"users\",\"byIds\":[9]}", ADMIN, "", true);
	assert_int_equal(database.starts, 1);
}

/* Whatever the cache is like. */
static void without_a_working_cache_too(void **state)
{
	(void)state;
	md_store_free(store);
	store = md_store_redis(&(struct md_redis_options){ .url = MD_STR("redis://127.0.0.1:1") });
	crowd(ONE, ADMIN, "1|ann;", true);
	assert_int_equal(database.starts, 1);
}

static void sharing_is_logged(void **state)
{
	(void)state;
	struct caller a, b;
	database.hold = true;
	go(&a, ONE, ADMIN);
	until_starts(1);
	go(&b, ONE, ADMIN);
	until_followers(1);
	came(&a, "1|ann;");
	came(&b, "1|ann;");
	assert_true(logged(&a.r, "1 misses → asking db"));
	assert_true(logged(&b.r, "1 misses settled by another query's rows from db"));
	assert_true(b.r.asked.from_database && !b.r.asked.from_cache);
	finish_request(&a.r);
	finish_request(&b.r);
}

/* A caller that may see other rows asks the database itself, and what one caller finds says nothing
 * to the others. */
static void callers_with_other_row_filters_share_nothing(void **state)
{
	(void)state;
	struct caller admin, own, foreign, same;
	database.hold = true;
	go(&admin, ONE, ADMIN);
	go(&own, ONE, TENANT("a"));
	go(&foreign, ONE, TENANT("b"));
	until_starts(3);
	database.hold = true;
	go(&same, ONE, TENANT("b"));
	until_followers(1);
	came(&admin, "1|ann;");
	came(&own, "1|ann;");
	came(&foreign, "");
	came(&same, "");
	assert_int_equal(database.starts, 3);
	finish_request(&admin.r);
	finish_request(&own.r);
	finish_request(&foreign.r);
	finish_request(&same.r);
}

/* The database's own row security may show each of them other rows. */
static void callers_with_other_native_contexts_share_nothing(void **state)
{
	(void)state;
	static const struct md_setting of_a = { { "app.tenant", 10 }, { "a", 1 } };
	static const struct md_setting of_b = { { "app.tenant", 10 }, { "b", 1 } };
	struct caller a, same, b;
	prepare_request(&a.r, ONE, ADMIN);
	prepare_request(&same.r, ONE, ADMIN);
	prepare_request(&b.r, ONE, ADMIN);
	a.r.exec.context = same.r.exec.context = (struct md_settings){ &of_a, 1 };
	b.r.exec.context = (struct md_settings){ &of_b, 1 };
	database.hold = true;
	begin_request(&a);
	until_starts(1);
	begin_request(&b);
	until_starts(2);
	begin_request(&same);
	until_followers(1);
	came(&a, "1|ann;");
	came(&b, "1|ann;");
	came(&same, "1|ann;");
	assert_int_equal(database.starts, 2);
	finish_request(&a.r);
	finish_request(&b.r);
	finish_request(&same.r);
}

/* The database finds a row for the id 11 whose key is 1, as a column without case finds 'a' for
 * 'A'. */
static void a_row_of_an_equal_id_is_not_absent(void **state)
{
	(void)state;
	struct caller a, b;
	database.loose = database.hold = true;
	go(&a, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[11]}", ADMIN);
	until_starts(1);
	go(&b, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[11]}", ADMIN);
	until_followers(1);
	came(&a, "1;");
	came(&b, "1;");
	finish_request(&a.r);
	finish_request(&b.r);
	assert_null(stored("users:11").p);
}

static void a_row_that_several_ids_find_comes_once(void **state)
{
	(void)state;
	struct caller a, b;
	database.loose = true;
	expect("{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[2]}", ADMIN, "2;");
	expect("{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[2,22]}", ADMIN, "2;"); /* 2 is in the cache */

	database.starts = 0;
	database.hold = true;
	go(&a, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[12]}", ADMIN);
	until_starts(1);
	go(&b, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[11,12]}", ADMIN); /* 12 by a fetch of its own */
	until_starts(2);
	until_followers(1);
	came(&a, "1;");
	came(&b, "1;");
	assert_int_equal(database.starts, 3);
	finish_request(&a.r);
	finish_request(&b.r);
}

static void failures_are_not_shared(void **state)
{
	(void)state;
	static struct caller c[20];
	int failed = 0;
	database.hold = true;
	database.fail_starts = 1;
	for (int i = 0; i < 20; i++)
		prepare_request(&c[i].r, ONE, ADMIN);
	for (int i = 0; i < 20; i++)
		begin_request(&c[i]);
	until_followers(19);
	for (int i = 0; i < 20; i++) {
		pthread_join(c[i].thread, NULL);
		failed += strcmp(c[i].r.answer, "!QUERY_FAILED") == 0;
		assert_true(c[i].r.answer[0] == '!' || strcmp(c[i].r.answer, "1|ann;") == 0);
		finish_request(&c[i].r);
	}
	assert_int_equal(failed, 1); /* for every caller */
	assert_in_range(database.starts, 2, 5); /* who wakes late asks once more */
}

static void a_dead_database_is_an_error_for_all(void **state)
{
	(void)state;
	database.fail_starts = 1000;
	crowd(ONE, ADMIN, "!QUERY_FAILED", false);
	assert_true(database.starts <= MANY);
}

static void waiters_leave_without_harm(void **state)
{
	(void)state;
	struct caller leader, cancelled, hurried, patient;
	database.hold = true;
	go(&leader, ONE, ADMIN);
	until_starts(1);
	go(&cancelled, ONE, ADMIN);
	go(&patient, ONE, ADMIN);
	prepare_request(&hurried.r, ONE, ADMIN);
	hurried.r.cx.deadline_ms = md_monotonic_ms() + 60;
	begin_request(&hurried);
	md_running_cancel(&cancelled.r.run);
	came(&cancelled, "!CANCELLED");
	came(&hurried, "!QUERY_TIMEOUT");
	until_followers(1); /* the two have gone, and the leader still runs */
	came(&leader, "1|ann;");
	came(&patient, "1|ann;");
	assert_int_equal(database.starts, 1);
	finish_request(&leader.r);
	finish_request(&cancelled.r);
	finish_request(&hurried.r);
	finish_request(&patient.r);
}

static void a_leader_who_leaves_is_replaced(void **state)
{
	(void)state;
	struct caller leader, second, third;
	database.hold = true;
	go(&leader, ONE, ADMIN);
	until_starts(1);
	go(&second, ONE, ADMIN);
	go(&third, ONE, ADMIN);
	until_followers(2);
	database.hold = true;
	md_running_cancel(&leader.r.run);
	came(&leader, "!CANCELLED");
	until_starts(2);
	until_followers(1);
	came(&second, "1|ann;");
	came(&third, "1|ann;");
	assert_int_equal(database.starts, 2);
	finish_request(&leader.r);
	finish_request(&second.r);
	finish_request(&third.r);
}

/* Each leads what the other waits for. */
static void nobody_waits_in_a_circle(void **state)
{
	(void)state;
	struct caller a, b;
	for (int i = 0; i < 20; i++) {
		md_store_free(store);
		store = md_store_memory(1 << 20);
		database.slow_ms = 10;
		go(&a, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[1,2]}", ADMIN);
		go(&b, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[3,2,1]}", ADMIN);
		came(&a, "1;2;");
		came(&b, "3;2;1;");
		finish_request(&a.r);
		finish_request(&b.r);
	}
}

/* ---- what is written back ---- */

static void only_whole_rows_are_written(void **state)
{
	(void)state;
	struct cache_request r;
	database.narrow = true;
	prepare_request(&r, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[1,2]}", ADMIN);
	run_request(&r);
	assert_string_equal(r.answer, "1;2;");
	assert_false(logged(&r, "written back"));
	assert_null(stored("users:1").p);
	finish_request(&r);
	database.narrow = false;
	expect("{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[1,2]}", ADMIN, "1;2;");
	struct md_str entry = stored("users:1");
	assert_true(entry.n > 80 && memcmp(entry.p, "{\"$v\":1,\"table\":\"users\",\"hash\":\"", 32) == 0);
	assert_string_equal(entry.p + 32 + 16, "\",\"row\":{\"id\":1,\"tenantId\":\"a\",\"name\":\"ann\"}}");
}

static void who_waits_asks(void)
{
	struct caller a, b;
	database.hold = true;
	go(&a, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[1]}", ADMIN);
	until_starts(1);
	go(&b, "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[1]}", ADMIN);
	until_followers(1);
	came(&a, "1;");
	came(&b, "1;");
	assert_int_equal(database.starts, 2);
	finish_request(&a.r);
	finish_request(&b.r);
}

/* Rows that are not whole are nothing to share either: who waited asks. */
static void only_whole_rows_are_shared(void **state)
{
	(void)state;
	database.narrow = true;
	who_waits_asks();
}

/* They are there, for all who did not ask for what does not fit. */
static void rows_that_do_not_fit_are_not_absent(void **state)
{
	(void)state;
	database.unfit = true;
	who_waits_asks();
	assert_null(stored("users:1").p);
}

static void rows_age_from_when_they_were_read(void **state)
{
	(void)state;
	database.slow_ms = 400;
	expect(ONE, ADMIN, "1|ann;");
	int64_t now = md_monotonic_ms();
	assert_non_null(stored_at("users:1", now + 100).p);
	assert_null(stored_at("users:1", now + 650).p); /* ttl 1 s, of which 400 ms had passed */
	database.slow_ms = 1100;
	expect("{\"from\":\"users\",\"byIds\":[2]}", ADMIN, "2|b|bob;");
	assert_null(stored_at("users:2", 1).p); /* too old before it could be written */
}

/* The ttl is what the planner takes for an entry's lag. */
static void rows_of_a_lagging_replica_are_not_written(void **state)
{
	(void)state;
	struct cache_request r;
	prepare_request(&r, "{\"from\":\"late\",\"byIds\":[1],\"prefer\":[\"replica\"]}", ADMIN);
	assert_int_equal(r.planned.plan->fallback, MD_MATERIALIZED);
	finish_request(&r);
	expect("{\"from\":\"late\",\"byIds\":[1],\"prefer\":[\"replica\"]}", ADMIN, "1|a|ann;");
	assert_null(stored("late:1").p);
	expect("{\"from\":\"late\",\"byIds\":[1]}", ADMIN, "1|a|ann;"); /* from the original */
	assert_non_null(stored("late:1").p);
	/* no ttl: for those who take any age */
	expect("{\"from\":\"kept\",\"byIds\":[1],\"prefer\":[\"replica\"]}", ADMIN, "1|a|ann;");
	assert_non_null(stored("kept:1").p);
	expect("{\"from\":\"users\",\"byIds\":[3],\"prefer\":[\"replica\"]}", ADMIN, "3|a|-;"); /* realtime: no lag */
	assert_non_null(stored("users:3").p);
}

/* Nor are they shared with those who would ask the original. */
static void sources_are_not_mixed(void **state)
{
	(void)state;
	struct caller a, b;
	database.hold = true;
	go(&a, "{\"from\":\"late\",\"byIds\":[1],\"prefer\":[\"replica\"]}", ADMIN);
	until_starts(1);
	go(&b, "{\"from\":\"late\",\"byIds\":[1]}", ADMIN);
	until_starts(2);
	until_followers(0);
	came(&a, "1|a|ann;");
	came(&b, "1|a|ann;");
	assert_int_equal(database.starts, 2);
	finish_request(&a.r);
	finish_request(&b.r);
}

/* An entry says where its row was read. A row filter is not decided in the process on rows of a
 * replica whose equality is not known. */
static void rows_of_a_replica_that_compares_otherwise_are_misses(void **state)
{
	(void)state;
	const struct md_table *t = md_table_find(meta, MD_STR("users"));
	const struct md_real_type **real = (const struct md_real_type **)(uintptr_t)t->syncs[0]->real;
	char entry[400];
	snprintf(entry, sizeof entry, "%.*s\"id\":1,\"tenantId\":\"a\",\"name\":\"copied\"}}",
	         MD_FMT(t->cached->labels[1].head));
	put_entry("users:1", entry);
	expect("{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[1]}", TENANT("a"), "copied;");
	real[1] = &md_real_unknown;
	expect("{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[1]}", ADMIN, "copied;");
	assert_int_equal(database.starts, 0);
	expect("{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[1]}", TENANT("a"), "ann;");
	assert_int_equal(database.starts, 1);
}

static void pushed_tables_are_never_written(void **state)
{
	(void)state;
	expect("{\"from\":\"pushed\",\"byIds\":[1]}", ADMIN, "1|a|ann;");
	assert_null(stored("pushed:1").p);
	put_entry("pushed:1", "{\"id\":1,\"tenantId\":\"a\",\"name\":\"from the stream\"}");
	expect("{\"from\":\"pushed\",\"byIds\":[1]}", ADMIN, "1|a|from the stream;");
	database.starts = 0; /* but misses are fetched once */
	crowd("{\"from\":\"pushed\",\"byIds\":[2]}", ADMIN, "2|b|bob;", true);
	assert_int_equal(database.starts, 1);
}

/* A placeholder that the row filter fixes: each tenant has keys of its own. */
static void composite_key_patterns(void **state)
{
	(void)state;
	expect("{\"from\":\"owned\",\"byIds\":[1,2]}", TENANT("a"), "1|a|ann;");
	assert_non_null(stored("owned:a:1").p);
	expect("{\"from\":\"owned\",\"byIds\":[1,2]}", TENANT("b"), "2|b|bob;");
	assert_null(stored("owned:b:1").p);
	put_entry("owned:b:1", "{\"$v\":1,\"row\":{\"id\":1,\"tenantId\":\"a\",\"name\":\"ann\"}}"); /* planted */
	expect("{\"from\":\"owned\",\"byIds\":[1]}", TENANT("b"), "");
}

/* ---- caches that fail ---- */

static struct fake_resp server;

static void redis_from_now_on(const char *reply, size_t n, int64_t budget_ms)
{
	static char url[64];
	server.reply = reply;
	server.reply_n = n;
	snprintf(url, sizeof url, "redis://127.0.0.1:%d", server.port);
	md_store_free(store);
	store = md_store_redis(&(struct md_redis_options){
		.url = md_str_z(url), .budget_ms = budget_ms, .breaker_failures = UINT32_MAX });
}

#define ROW(id, tenant, name) "{\"$v\":1,\"row\":{\"id\":" id ",\"tenantId\":\"" tenant "\",\"name\":\"" name "\"}}"
#define REPLY2 "*2\r\n$51\r\n" ROW("1", "a", "ann") "\r\n$51\r\n" ROW("2", "b", "bob") "\r\n"
#define TWO "{\"from\":\"users\",\"columns\":[\"name\",\"id\"],\"byIds\":[1,2]}"

/* Its reply cut or stalled at every byte: the database's rows, in time. */
static void replies_cut_at_every_byte(void **state)
{
	(void)state;
	server = (struct fake_resp){ .limit = -1 };
	fake_resp_start(&server);
	redis_from_now_on(REPLY2, strlen(REPLY2), 50);
	expect(TWO, ADMIN, "ann|1;bob|2;");
	assert_int_equal(database.starts, 0); /* whole, it is used */
	for (long n = 0, late = 0; n < (long)strlen(REPLY2); n++) {
		struct cache_request r;
		server.limit = n;
		server.then = n % 8 ? RESP_CLOSE : RESP_STALL;
		redis_from_now_on(REPLY2, strlen(REPLY2), 20);
		database.starts = 0;
		prepare_request(&r, TWO, ADMIN);
		int64_t begun = md_monotonic_ms();
		run_request(&r);
		bool in_time = md_monotonic_ms() - begun <= 2 * 20 + 100; /* reading and writing back */
		assert_string_equal(r.answer, "ann|1;bob|2;");
		assert_int_equal(database.starts, 1);
		assert_false(r.asked.from_cache);
		assert_true(logged(&r, "memory: not available ("));
		assert_true(logged(&r, "memory: 2 rows not written back ("));
		finish_request(&r);
		late = in_time ? 0 : late + 1; /* the machine may be busy: once more. A hang is late every time */
		assert_true(late < 5);
		n -= !in_time;
	}
	fake_resp_stop(&server);
	assert_int_equal(server.spoilt_reuse, 0);
}

/* One look-up, and one pipeline for all that was missing. */
static void a_miss_costs_one_round_trip_more(void **state)
{
	(void)state;
	static const char none[] = "*2\r\n$-1\r\n$-1\r\n", half[] = "*2\r\n$51\r\n" ROW("1", "a", "ann") "\r\n$-1\r\n";
	server = (struct fake_resp){ .limit = -1, .stored = "+OK\r\n" };
	fake_resp_start(&server);
	static const struct {
		const char *reply;
		uint64_t round_trips;
		unsigned commands, starts;
	} cases[] = { { none, 2, 3, 1 }, { half, 2, 2, 1 }, { REPLY2, 1, 1, 0 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cache_request r;
		redis_from_now_on(cases[i].reply, strlen(cases[i].reply), 5000);
		server.commands = 0;
		database.starts = 0;
		prepare_request(&r, TWO, ADMIN);
		run_request(&r);
		assert_string_equal(r.answer, "ann|1;bob|2;");
		assert_false(logged(&r, "not written back"));
		assert_int_equal(md_store_count(store).round_trips, cases[i].round_trips);
		assert_int_equal(server.commands, cases[i].commands);
		assert_int_equal(database.starts, cases[i].starts);
		finish_request(&r);
	}
	fake_resp_stop(&server);
}

/* Values swapped, of another tenant, of another shape: never shown. */
static void poisoned_entries(void **state)
{
	(void)state;
	static const char *const replies[] = {
		"*2\r\n$51\r\n" ROW("2", "b", "bob") "\r\n$51\r\n" ROW("1", "a", "ann") "\r\n", /* in the wrong order */
		"*2\r\n$51\r\n" ROW("9", "a", "eve") "\r\n$0\r\n\r\n",
		"*2\r\n$4\r\nnull\r\n$2\r\n{}\r\n",
		"*2\r\n$51\r\n" ROW("1", "c", "ann") "\r\n$-1\r\n", /* another tenant's, for tenant a */
	};
	server = (struct fake_resp){ .limit = -1 };
	fake_resp_start(&server);
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		redis_from_now_on(replies[i], strlen(replies[i]), 1000);
		expect(TWO, TENANT("a"), "ann|1;");
	}
	fake_resp_stop(&server);
}

static void callers_are_told_apart(void **state)
{
	(void)state;
	static const char *const contexts[] = { ADMIN, TENANT("a"), TENANT("b"), TENANT("1:a") };
	struct cache_request r[4];
	struct md_str who[4], again;
	for (int i = 0; i < 4; i++) {
		prepare_request(&r[i], ONE, contexts[i]);
		const struct md_pred *rows = md_guarded_rows(md_guarded_at(r[i].planned.plan->guarded, 0));
		assert_int_equal(md_visibility_key(&r[i].arena, rows, MD_NO_SETTINGS, &who[i]), 0);
		assert_int_equal(md_visibility_key(&r[i].arena, rows, MD_NO_SETTINGS, &again), 0);
		assert_true(md_str_eq(who[i], again));
		assert_int_equal(who[i].n == 0, i == 0);
		for (int j = 0; j < i; j++)
			assert_false(md_str_eq(who[i], who[j]));
	}
	for (int i = 0; i < 4; i++)
		finish_request(&r[i]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_hundred_misses_ask_once), T(absent_rows_are_asked_for_once_too), T(without_a_working_cache_too),
		T(sharing_is_logged), T(callers_with_other_row_filters_share_nothing),
		T(callers_with_other_native_contexts_share_nothing), T(a_row_of_an_equal_id_is_not_absent),
		T(a_row_that_several_ids_find_comes_once), T(failures_are_not_shared),
		T(a_dead_database_is_an_error_for_all), T(waiters_leave_without_harm),
		T(a_leader_who_leaves_is_replaced), T(nobody_waits_in_a_circle), T(only_whole_rows_are_written),
		T(only_whole_rows_are_shared), T(rows_that_do_not_fit_are_not_absent),
		T(rows_age_from_when_they_were_read),
		T(rows_of_a_lagging_replica_are_not_written), T(sources_are_not_mixed),
		T(rows_of_a_replica_that_compares_otherwise_are_misses),
		T(pushed_tables_are_never_written), T(composite_key_patterns), T(replies_cut_at_every_byte),
		T(a_miss_costs_one_round_trip_more), T(poisoned_entries), T(callers_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
