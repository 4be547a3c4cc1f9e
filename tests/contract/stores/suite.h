/* One contract suite for all row caches. The cases are the same for each store; its quirks say how
 * to make it and how time passes for it. */
#ifndef TESTS_CONTRACT_STORES_SUITE_H
#define TESTS_CONTRACT_STORES_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "cache/cache.h"

struct store_quirks {
	const char *name;
	struct md_store *(*new_store)(void); /* an empty one */
	void (*pass_time)(int64_t ms);       /* for the store */
	int64_t (*now_ms)(void);
	int (*run_own_cases)(void);          /* promises of this store alone; how many failed. NULL: none */
};

extern const struct store_quirks *const quirks; /* of the store under test */
extern struct md_store *store;                  /* of the running case */
extern struct md_arena arena;

int suite_setup(void **state);
int suite_teardown(void **state);
#define CASE(f) cmocka_unit_test_setup_teardown(f, suite_setup, suite_teardown)

int put_value(const char *key, struct md_str value, int64_t ttl_ms);
/* Fails the test if the store cannot answer. */
struct md_str get_value(const char *key);

#endif
