/* Reading errors. When no memory is left even for that, a constant text says so. */
#include "engine/private.h"
#include "engine/problem.h"

#include <stdlib.h>

static const char no_memory[] =
	"{\"type\":\"urn:multidb:error:OUT_OF_MEMORY\",\"title\":\"out of memory\",\"status\":503,"
	"\"detail\":\"out of memory\",\"code\":\"OUT_OF_MEMORY\",\"message\":\"out of memory\","
	"\"details\":{\"code\":\"OUT_OF_MEMORY\"}}";

static const struct md_shown *shown_of(const multidb_error *e)
{
	return e->shown ? e->shown : &md_shown_locally;
}

enum multidb_code multidb_error_code(const multidb_error *e)
{
	return e ? (enum multidb_code)e->err->code : MULTIDB_OUT_OF_MEMORY;
}

const char *multidb_error_code_name(const multidb_error *e)
{
	return md_code_name(e ? e->err->code : MD_OUT_OF_MEMORY);
}

int multidb_error_status(const multidb_error *e)
{
	return md_code_status(e ? e->err->code : MD_OUT_OF_MEMORY);
}

const char *multidb_error_message(const multidb_error *e)
{
	struct md_str message = e ? md_shown_message(shown_of(e), e->err) : MD_NOSTR;
	return message.p ? message.p : "out of memory";
}

const char *multidb_error_hint(const multidb_error *e)
{
	struct md_str hint = e ? md_error_hint(e->err) : MD_NOSTR;
	return hint.p ? hint.p : "";
}

const char *multidb_error_cause(const multidb_error *e)
{
	return e && e->err->cause.p && shown_of(e)->causes ? e->err->cause.p : "";
}

const char *multidb_error_from_table(const multidb_error *e)
{
	return e && e->err->from_table.p ? e->err->from_table.p : "";
}

int64_t multidb_error_timeout_ms(const multidb_error *e)
{
	return e ? e->err->timeout_ms : 0;
}

/* ---- details ---- */

/* What the details of an error and of a problem are read from: the list of base/err.h, then those
 * of planning. */
struct detail_list {
	const struct md_details *given;
	struct md_str hint, required_freshness, available_lag;
};

enum { DETAIL_FRESHNESS = MD_DETAIL_COUNT, DETAIL_LAG, DETAILS };

static const char *detail_name(unsigned i)
{
	if (i < MD_DETAIL_COUNT)
		return md_detail_name[i];
	return i == DETAIL_FRESHNESS ? "requiredFreshness" : "availableLag";
}

/* .p NULL: it does not apply. */
static struct md_str detail_text(const struct detail_list *l, unsigned i)
{
	if (i == DETAIL_FRESHNESS)
		return l->required_freshness;
	if (i == DETAIL_LAG)
		return l->available_lag;
	struct md_str text = md_detail(l->given, i);
	return !text.p && !strcmp(md_detail_name[i], "hint") ? l->hint : text;
}

static const char *find_detail(const struct detail_list *l, const char *name)
{
	for (unsigned i = 0; name && l->given && i < DETAILS; i++)
		if (!strcmp(detail_name(i), name))
			return detail_text(l, i).p;
	return NULL;
}

/* The index-th of those that apply, as an index of detail_name; DETAILS: there are fewer. */
static unsigned nth_detail(const struct detail_list *l, size_t index)
{
	unsigned i = 0;
	while (l->given && i < DETAILS && (!detail_text(l, i).p || index-- > 0))
		i++;
	return l->given ? i : DETAILS;
}

static size_t count_details(const struct detail_list *l)
{
	size_t n = 0;
	while (nth_detail(l, n) < DETAILS)
		n++;
	return n;
}

static const char *nth_detail_name(const struct detail_list *l, size_t index)
{
	unsigned i = nth_detail(l, index);
	return i < DETAILS ? detail_name(i) : NULL;
}

static const char *nth_detail_value(const struct detail_list *l, size_t index)
{
	unsigned i = nth_detail(l, index);
	return i < DETAILS ? detail_text(l, i).p : NULL;
}

static struct detail_list details_of_error(const multidb_error *e)
{
	if (!e)
		return (struct detail_list){ .given = NULL };
	return (struct detail_list){ &e->err->details, md_error_hint(e->err), e->err->reach.required_freshness,
		                     e->err->reach.available_lag };
}

const char *multidb_error_detail(const multidb_error *e, const char *name)
{
	struct detail_list l = details_of_error(e);
	return find_detail(&l, name);
}

size_t multidb_error_detail_count(const multidb_error *e)
{
	struct detail_list l = details_of_error(e);
	return count_details(&l);
}

const char *multidb_error_detail_name(const multidb_error *e, size_t i)
{
	struct detail_list l = details_of_error(e);
	return nth_detail_name(&l, i);
}

const char *multidb_error_detail_value(const multidb_error *e, size_t i)
{
	struct detail_list l = details_of_error(e);
	return nth_detail_value(&l, i);
}

size_t multidb_error_table_count(const multidb_error *e)
{
	return e ? e->err->reach.n_tables : 0;
}

const char *multidb_error_table(const multidb_error *e, size_t i)
{
	return i < multidb_error_table_count(e) ? e->err->reach.tables[i].p : NULL;
}

size_t multidb_error_database_count(const multidb_error *e)
{
	return e ? e->err->reach.n_databases : 0;
}

const char *multidb_error_database(const multidb_error *e, size_t i)
{
	return i < multidb_error_database_count(e) ? e->err->reach.databases[i].p : NULL;
}

/* ---- problems ---- */

static const struct md_problem *find_problem(const multidb_error *e, size_t i)
{
	return i < multidb_error_problem_count(e) ? &e->err->problems.v[i] : NULL;
}

static struct detail_list details_of_problem(const multidb_error *e, size_t i)
{
	const struct md_problem *p = find_problem(e, i);
	return (struct detail_list){ .given = p ? &p->details : NULL };
}

size_t multidb_error_problem_count(const multidb_error *e)
{
	return e && md_error_has_problems(e->err) ? e->err->problems.n : 0;
}

enum multidb_code multidb_error_problem_code(const multidb_error *e, size_t i)
{
	const struct md_problem *p = find_problem(e, i);
	return p ? (enum multidb_code)p->code : MULTIDB_OK;
}

const char *multidb_error_problem_code_name(const multidb_error *e, size_t i)
{
	const struct md_problem *p = find_problem(e, i);
	return p ? md_code_name(p->code) : NULL;
}

const char *multidb_error_problem_message(const multidb_error *e, size_t i)
{
	const struct md_problem *p = find_problem(e, i);
	return p ? p->message.p : NULL;
}

const char *multidb_error_problem_pointer(const multidb_error *e, size_t i)
{
	const struct md_problem *p = find_problem(e, i);
	return p ? p->pointer.p : NULL;
}

int multidb_error_problem_filter_index(const multidb_error *e, size_t i)
{
	const struct md_problem *p = find_problem(e, i);
	return p ? p->filter_index : -1;
}

const char *multidb_error_problem_detail(const multidb_error *e, size_t i, const char *name)
{
	struct detail_list l = details_of_problem(e, i);
	return find_detail(&l, name);
}

size_t multidb_error_problem_detail_count(const multidb_error *e, size_t i)
{
	struct detail_list l = details_of_problem(e, i);
	return count_details(&l);
}

const char *multidb_error_problem_detail_name(const multidb_error *e, size_t i, size_t k)
{
	struct detail_list l = details_of_problem(e, i);
	return nth_detail_name(&l, k);
}

const char *multidb_error_problem_detail_value(const multidb_error *e, size_t i, size_t k)
{
	struct detail_list l = details_of_problem(e, i);
	return nth_detail_value(&l, k);
}

/* ---- the object ---- */

const char *multidb_error_json(const multidb_error *e)
{
	if (!e)
		return no_memory;
	if (!e->json) {
		struct md_buf b = { .arena = e->arena };
		struct md_jw w = { .b = &b };
		md_result_problem(&w, e->err, e->planned, shown_of(e));
		const char *json = md_buf_text(&b).p;
		((struct multidb_error *)(uintptr_t)e)->json = json ? json : no_memory;
	}
	return e->json;
}

/* ---- codes ---- */

static bool is_code(enum multidb_code code)
{
	return (unsigned)code < MD_CODES;
}

const char *multidb_code_name(enum multidb_code code)
{
	return is_code(code) ? md_code_name((enum md_code)code) : "";
}

int multidb_code_status(enum multidb_code code)
{
	return md_code_status(is_code(code) ? (enum md_code)code : MD_INTERNAL);
}

const char *multidb_code_title(enum multidb_code code)
{
	return is_code(code) ? md_code_title((enum md_code)code) : "";
}

void multidb_error_free(multidb_error *e)
{
	if (!e)
		return;
	md_arena_free(&e->own_arena);
	free(e);
}
