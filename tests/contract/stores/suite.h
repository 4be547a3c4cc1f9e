/* One contract suite for every row cache: the cases are the same, each store says in its quirks how it is made and how time passes in it. */
#ifndef TESTS_CONTRACT_STORES_SUITE_H
#define TESTS_CONTRACT_STORES_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "cache/cache.h"

struct quirks {
	const char *name;
	struct md_store *(*up)(void);   /* empty */
	void (*pass)(int64_t ms);       /* time passes, for the store */
	int64_t (*now_ms)(void);
	int (*own)(void);               /* what only this store promises: failed tests */
};

extern const struct quirks quirks_memory, quirks_redis;
extern const struct quirks *const Q; /* the one under test */
extern struct md_store *store;       /* of the running case */
extern struct md_arena arena;

int suite_setup(void **state);
int suite_teardown(void **state);
#define CASE(f) cmocka_unit_test_setup_teardown(f, suite_setup, suite_teardown)

int put(const char *key, struct md_str value, int64_t ttl_ms);
struct md_str got(const char *key);  /* fails the test when the store can't answer */

#endif
