/* contract DRIVER: runs the suite against it. postgres needs MULTIDB_TEST_PG (tests/lib/private_pg.py run). */
#include "suite.h"

const struct quirks *const Q = &
#ifdef CONTRACT_POSTGRES
	quirks_postgres
#else
	quirks_sqlite
#endif
	;

int main(void)
{
	int failed = run_values() + run_sessions() + run_faults();
#ifdef CONTRACT_POSTGRES
	failed += run_postgres();
#else
	failed += run_sqlite();
#endif
	Q->down();
	return failed != 0;
}
