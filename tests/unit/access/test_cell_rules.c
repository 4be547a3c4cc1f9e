/* What a caller sees of a column on the rows that it sees: shown where in every scope some role
 * grants it, clear where in every scope some role grants it unmasked; simplified relative to the
 * rows. The predicates are also put to the test on rows, against the rule itself. */
#include "config.h"

#include <stdio.h>

#define T1 "a0000000-0000-4000-8000-000000000001"
#define T2 "a0000000-0000-4000-8000-000000000002"
#define VALUES \
	"\"contextValues\":{\"tenantId\":\"" T1 \
	"\",\"regions\":[\"eu\",\"us\"],\"level\":\"7\",\"live\":true,\"since\":\"2024-01-31\",\"amount\":1.50}"
#define NO_REGIONS "\"contextValues\":{\"tenantId\":\"" T1 "\",\"regions\":[]}"

static struct world w;

static int open_world(void **state)
{
	(void)state;
	world_open(&w, access_config);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void guard_with(const char *roles, const char *values)
{
	char context[512];
	snprintf(context, sizeof context, "{\"roles\":{%s},%s}", roles, values);
	world_reset(&w);
	assert_int_equal(world_context(&w, context), 0);
	world_ref(&w, "items", NULL, 0);
	w.hand.used[0] = 0xff; /* every column is used */
	assert_int_equal(world_guard(&w), 0);
	world_problems(&w, NULL);
}

static const struct md_cell_rule *rule(const char *column)
{
	return md_guarded_rule(md_guarded_at(w.guarded, 0), world_column(&w, "items", column));
}

static const char *predicate_text(const struct md_pred *p)
{
	struct md_buf b = { .arena = &w.arena };
	md_pred_text(&b, p);
	md_buf_char(&b, '\0');
	return b.p;
}

static void expect(const char *column, const char *shown, const char *clear)
{
	const struct md_cell_rule *r = rule(column);
	assert_non_null(r);
	assert_string_equal(predicate_text(r->shown), shown);
	assert_string_equal(predicate_text(r->clear), clear);
}

#define TENANT "tenantId = context.tenantId"
#define REGION "region in context.regions"

static void test_alike(void **state)
{
	(void)state;
	guard_with("\"user\":[\"tenant\",\"tenantWide\"]", VALUES);
	assert_int_equal(md_guarded_rules(md_guarded_at(w.guarded, 0)), 0);
	assert_null(rule("note"));
	guard_with("\"user\":[\"tenant\",\"admin\"]", VALUES);
	assert_int_equal(md_guarded_rules(md_guarded_at(w.guarded, 0)), 0);
	/* the other scope leaves tenant's rows alone */
	guard_with("\"user\":[\"tenant\",\"open\"],\"service\":[\"tenantWide\"]", VALUES);
	assert_int_equal(md_guarded_rules(md_guarded_at(w.guarded, 0)), 0);
}

static void test_shown(void **state)
{
	(void)state;
	guard_with("\"user\":[\"tenant\",\"regional\"]", VALUES);
	expect("note", TENANT, "true");
	expect("region", REGION, "true");
	assert_null(rule("id"));
	assert_null(rule("amount")); /* granted by neither */
	guard_with("\"user\":[\"tenant\",\"open\"]", VALUES);
	expect("note", TENANT, "true");
	/* three roles: both's rows are tenantWide's */
	guard_with("\"user\":[\"both\",\"tenantWide\",\"open\"]", VALUES);
	expect("note", TENANT, "true");
	expect("amount", TENANT, "true");
	guard_with("\"user\":[\"tenant\",\"regional\",\"notTenant\"]", VALUES);
	expect("note", TENANT " OR tenantId != context.tenantId", "true");
	expect("region", REGION " OR tenantId != context.tenantId", "true");
	expect("amount", "tenantId != context.tenantId", "true");
}

/* What holds on every row that the caller sees is not asked again. */
static void test_relative(void **state)
{
	(void)state;
	guard_with("\"user\":[\"both\",\"openTenant\"]", VALUES);
	assert_string_equal(world_rows(&w, 0), TENANT);
	expect("note", REGION, "true");
	guard_with("\"user\":[\"both\",\"open\"],\"service\":[\"tenant\"]", VALUES);
	assert_string_equal(world_rows(&w, 0), TENANT);
	expect("note", REGION, "true");
	guard_with("\"user\":[\"both\",\"open\"],\"service\":[\"notTenant\"]", VALUES);
	expect("note", TENANT " AND " REGION, "true");
}

static void test_masked(void **state)
{
	(void)state;
	guard_with("\"user\":[\"masked\"]", VALUES);
	expect("note", "true", "false");
	guard_with("\"user\":[\"masked\",\"tenant\"]", VALUES);
	expect("note", "true", TENANT);
	guard_with("\"user\":[\"maskedTenant\",\"open\"]", VALUES);
	expect("note", TENANT, "false");
	/* clear on both's rows, which are some of the shown ones */
	guard_with("\"user\":[\"maskedTenant\",\"regional\",\"both\"]", VALUES);
	expect("note", TENANT, REGION);
	expect("amount", TENANT, "false");
	guard_with("\"user\":[\"tenant\",\"maskedTenant\",\"open\"]", VALUES); /* wherever it is shown it is clear */
	expect("note", TENANT, "true");
}

/* Masked in one scope, clear in the other; hidden in one; both hidden. */
static void test_scopes(void **state)
{
	(void)state;
	guard_with("\"user\":[\"admin\"],\"service\":[\"masked\"]", VALUES);
	expect("note", "true", "false");
	guard_with("\"user\":[\"tenant\",\"regional\"],\"service\":[\"masked\"]", VALUES);
	expect("note", TENANT, "false");
	guard_with("\"user\":[\"tenant\",\"regional\"],\"service\":[\"masked\",\"tenant\"]", VALUES);
	expect("note", TENANT, "true"); /* where user shows it, service has it clear */
	guard_with("\"user\":[\"masked\",\"tenant\"],\"service\":[\"both\",\"masked\"]", VALUES);
	expect("note", "true", TENANT " AND " REGION);
	guard_with("\"user\":[\"tenant\",\"regional\"],\"service\":[\"notTenant\",\"open\"]", VALUES);
	expect("note", TENANT " AND tenantId != context.tenantId", "true");
	guard_with("\"user\":[\"tenant\",\"regional\"],\"service\":[\"nulls\",\"open\"]", VALUES);
	expect("note", TENANT " AND note is null AND region is not null", "true");
	guard_with("\"user\":[\"tenant\",\"regional\"],\"service\":[\"open\"]", VALUES);
	assert_null(rule("note")); /* not granted at all: the column gate refuses it */
}

/* An empty list takes a role's rows away, and what it granted with them. */
static void test_empty_list(void **state)
{
	(void)state;
	guard_with("\"user\":[\"regional\",\"open\"]", NO_REGIONS);
	expect("region", "false", "true");
	guard_with("\"user\":[\"masked\",\"both\"]", NO_REGIONS);
	expect("note", "true", "false");
	guard_with("\"user\":[\"regional\",\"tenant\"]", NO_REGIONS); /* tenant's rows alone are left */
	expect("note", "true", "true");
	expect("region", "false", "true");
	guard_with("\"user\":[\"regional\",\"both\"]", NO_REGIONS);
	assert_true(md_guarded_empty(w.guarded));
}

static void test_log(void **state)
{
	(void)state;
	guard_with("\"user\":[\"maskedTenant\",\"regional\",\"both\"]", VALUES);
	const char *log = world_log(&w);
	assert_non_null(
		strstr(log, "Cells of items.note for roles [maskedTenant, regional, both]: NULL unless " TENANT "\n"));
	assert_non_null(strstr(log, ": masked unless " REGION "\n"));
	assert_non_null(strstr(log, "Cells of items.amount for roles [maskedTenant, regional, both]: masked (full)\n"));
}

/* Predicates need columns that the query may not. Columns whose cells are not read need none. */
static void test_needed(void **state)
{
	(void)state;
	uint64_t cells = 0;
	char context[512];
	snprintf(context, sizeof context, "{\"roles\":{\"user\":[\"tenant\",\"open\"]},%s}", VALUES);
	for (int read = 0; read < 2; read++) {
		world_reset(&w);
		assert_int_equal(world_context(&w, context), 0);
		world_ref(&w, "items", NULL, 0);
		w.hand.used[0] = 1u << world_column(&w, "items", "note")->index;
		cells = read ? w.hand.used[0] : 0;
		w.hand.refs[0].cells = &cells;
		assert_int_equal(world_guard(&w), 0);
		bool needed = md_bit(md_guarded_needed(md_guarded_at(w.guarded, 0)),
		                     world_column(&w, "items", "tenantId")->index);
		assert_int_equal(needed, read);
		assert_int_equal(rule("note") != NULL, read);
	}
}

/* ---- against the rule itself ---- */

struct row {
	const char *cells[8]; /* by column; NULL: NULL */
};

static struct md_str cell_of(void *row, const struct md_column *c)
{
	const char *text = ((struct row *)row)->cells[c->index];
	return text ? md_str_z(text) : MD_NOSTR;
}

/* One grant as the test's own eyes see it. */
static bool role_sees(const char *role, struct row *r)
{
	bool tenant = r->cells[1] && !strcmp(r->cells[1], T1), not_tenant = r->cells[1] && strcmp(r->cells[1], T1);
	bool region = r->cells[2] && (!strcmp(r->cells[2], "eu") || !strcmp(r->cells[2], "us"));
	if (!strcmp(role, "tenant") || !strcmp(role, "tenantWide") || !strcmp(role, "maskedTenant") ||
	    !strcmp(role, "openTenant"))
		return tenant;
	if (!strcmp(role, "both"))
		return tenant && region;
	if (!strcmp(role, "nulls"))
		return !r->cells[7] && r->cells[2];
	return !strcmp(role, "regional") ? region : !strcmp(role, "notTenant") ? not_tenant : true;
}

/* 2 clear, 1 masked, 0 not granted: of column note. */
static int grants_note(const char *role)
{
	if (!strncmp(role, "masked", 6))
		return 1;
	return !strcmp(role, "regional") || !strncmp(role, "open", 4) ? 0 : 2;
}

static int best(const char *const *roles, uint32_t n, struct row *r)
{
	int level = -1;
	for (uint32_t i = 0; i < n; i++)
		if (role_sees(roles[i], r) && grants_note(roles[i]) > level)
			level = grants_note(roles[i]);
	return level;
}

static const char *const all_roles[] = { "admin",        "tenant", "regional",   "both",      "masked",
	                                 "maskedTenant", "open",   "openTenant", "notTenant", "nulls" };

static uint32_t pick(uint32_t *seed, const char **out)
{
	uint32_t n = 0;
	for (unsigned i = 0; i < sizeof all_roles / sizeof *all_roles; i++) {
		*seed = *seed * 1103515245u + 12345u;
		if (n < 3 && (*seed >> 16) % 3 == 0)
			out[n++] = all_roles[i];
	}
	if (!n)
		out[n++] = all_roles[*seed % 10];
	return n;
}

static void write_roles(char *to, size_t room, const char *const *roles, uint32_t n)
{
	size_t at = 0;
	for (uint32_t i = 0; i < n; i++)
		at += (size_t)snprintf(to + at, room - at, "%s\"%s\"", i ? "," : "", roles[i]);
}

static void check_row(struct row *r, int user, int service)
{
	const struct md_cell_rule *rule_ = rule("note");
	bool sees = user >= 0 && service >= 0;
	int level = user < service ? user : service;
	assert_int_equal(md_pred_eval(md_guarded_rows(md_guarded_at(w.guarded, 0)), cell_of, r) == MD_TRUE, sees);
	const struct md_view *v = md_access_view(&w.cx, world_table(&w, "items"));
	if (!sees || !md_bit(v->visible, 7))
		return;
	bool shown = !rule_ || md_pred_eval(rule_->shown, cell_of, r) == MD_TRUE;
	assert_int_equal(shown, level > 0);
	if (shown)
		assert_int_equal(!rule_ || md_pred_eval(rule_->clear, cell_of, r) == MD_TRUE, level == 2);
	/* what the gate says without looking at values holds for every row */
	assert_true(shown || md_bit(v->by_row, 7));
	assert_true(level != 1 || md_bit(v->masked, 7));
}

static void test_every_row(void **state)
{
	(void)state;
	static const char *const tenants[] = { T1, T2, NULL }, *const regions[] = { "eu", "asia", NULL },
				 *const notes[] = { "n", NULL };
	uint32_t seed = 20240131;
	for (int round = 0; round < 3000; round++) {
		const char *user[3], *service[3];
		char u[128], s[128], roles[300];
		uint32_t n_user = pick(&seed, user), n_service = pick(&seed, service);
		bool two = round % 2;
		write_roles(u, sizeof u, user, n_user);
		write_roles(s, sizeof s, service, n_service);
		snprintf(roles, sizeof roles, two ? "\"user\":[%s],\"service\":[%s]" : "\"user\":[%s]", u, s);
		guard_with(roles, VALUES);
		for (int i = 0; i < 18; i++) {
			struct row r = { .cells = { "1", tenants[i % 3], regions[i / 3 % 3], "7", "1.5", "true",
				                    "2024-01-31", notes[i / 9] } };
			int level = best(user, n_user, &r);
			check_row(&r, level, two ? best(service, n_service, &r) : level);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike), cmocka_unit_test(test_shown), cmocka_unit_test(test_relative),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_scopes), cmocka_unit_test(test_empty_list), cmocka_unit_test(test_log),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_every_row),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
