/* Configurations for the tests of this room: a small valid one, any section of which a test can
 * replace, and what loading says of it. */
#ifndef TEST_METADATA_DOCUMENTS_H
#define TEST_METADATA_DOCUMENTS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "metadata/metadata.h"

#include <stdio.h>
#include <stdlib.h>

struct sections {
	const char *databases, *tables, *syncs, *caches, *roles;
	const char *more; /* further members, each with a comma in front */
	bool resolve;
};

#define DATABASES \
	"[{\"id\":\"pg\",\"engine\":\"postgres\"},{\"id\":\"ch\",\"engine\":\"clickhouse\"},{\"id\":\"lite\"," \
	"\"engine\":\"sqlite\"}," \
	"{\"id\":\"ice\",\"engine\":\"iceberg\"}]"
#define COLUMN(name, type) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "\",\"type\":\"" type "\",\"nullable\":false}"
#define TABLE(id, name, columns, rest)                                                                    \
	"{\"id\":\"" id "\",\"apiName\":\"" name "\",\"database\":\"pg\",\"physicalName\":\"public." name \
	"\",\"columns\":[" columns "],\"primaryKey\":[\"id\"]" rest "}"
#define USERS \
	TABLE("users-id", "users", COLUMN("id", "uuid") "," COLUMN("email", "string") "," COLUMN("age", "int"), "")
#define ORDERS_WITH(rest)                                                                                             \
	TABLE("orders-id", "orders",                                                                                  \
	      COLUMN("id", "uuid") "," COLUMN("userId", "uuid") "," COLUMN("total", "decimal") "," \
	      COLUMN("note", "json") "," \
	      COLUMN("tags", "string[]") "," COLUMN("blob", "bytes"), rest)
#define ORDERS ORDERS_WITH("")
#define TABLES "[" USERS "," ORDERS "]"

struct loaded {
	struct md_arena arena;
	struct md_error err;
	struct md_ctx cx;
	struct md_snapshot *s;
};

static inline struct md_snapshot *load_text(struct loaded *l, const char *text, const struct md_load_options *o)
{
	memset(l, 0, sizeof *l);
	l->cx = (struct md_ctx){ .arena = &l->arena, .err = &l->err };
	l->s = md_metadata_load(&l->cx, md_str_z(text), o);
	return l->s;
}

static inline void unload(struct loaded *l)
{
	md_snapshot_unref(l->s);
	md_arena_free(&l->arena);
}

static inline char *document(const struct sections *d)
{
	char *text;
	int n = asprintf(&text, "{\"databases\":%s,\"tables\":%s,\"externalSyncs\":%s,\"caches\":%s,\"roles\":%s%s}",
	                 d->databases ? d->databases : DATABASES, d->tables ? d->tables : TABLES,
	                 d->syncs ? d->syncs : "[]",
	                 d->caches ? d->caches : "[]", d->roles ? d->roles : "[]", d->more ? d->more : "");
	assert_true(n > 0);
	return text;
}

static inline struct md_snapshot *load_sections(struct loaded *l, const struct sections *d)
{
	char *text = document(d);
	struct md_load_options o = { .resolve_secrets = d->resolve };
	load_text(l, text, &o);
	free(text); /* the snapshot keeps nothing of it */
	return l->s;
}

/* "CODE pointer suggestion; …" of every problem, in order. */
static inline void problems_text(const struct loaded *l, char *to, size_t room)
{
	size_t n = 0;
	to[0] = '\0';
	for (uint32_t i = 0; i < l->err.problems.n && n < room; i++) {
		const struct md_problem *p = &l->err.problems.v[i];
		struct md_str s = p->details.suggestion;
		assert_true(p->message.n > 0);
		n += (size_t)snprintf(to + n, room - n, "%s%s %.*s%s%.*s", i ? "; " : "", md_code_name(p->code),
		                      MD_FMT(p->pointer), s.n ? " " : "", MD_FMT(s));
	}
}

/* The sections load (expected "") or are refused with exactly these problems. */
#define PROBLEMS(expected, ...)                                                       \
	do {                                                                          \
		struct loaded l_;                                                     \
		char got_[4096];                                                      \
		load_sections(&l_, &(struct sections){ __VA_ARGS__ });                \
		problems_text(&l_, got_, sizeof got_);                                \
		assert_string_equal(got_, expected);                                  \
		assert_true((l_.s != NULL) == (got_[0] == '\0'));                     \
		assert_int_equal(l_.err.code, got_[0] ? MD_CONFIG_INVALID : MD_OK);   \
		unload(&l_);                                                          \
	} while (0)

#endif
