/* contract DRIVER: runs the suite against it. postgres needs MULTIDB_TEST_PG (tests/lib/private_pg.py run), clickhouse
 * a server program (with_chdb.py), trino a coordinator (with_trino.py). */
#include "suite.h"

const struct quirks *const Q = &
#ifdef CONTRACT_POSTGRES
	quirks_postgres
#elif defined CONTRACT_CLICKHOUSE
	quirks_clickhouse
#elif defined CONTRACT_TRINO
	quirks_trino
#else
	quirks_sqlite
#endif
	;

int main(void)
{
	int failed = run_values() + run_sessions() + run_faults();
#ifdef CONTRACT_POSTGRES
	failed += run_postgres();
#elif defined CONTRACT_CLICKHOUSE
	failed += run_clickhouse();
#elif defined CONTRACT_TRINO
	failed += run_trino();
#else
	failed += run_sqlite();
#endif
	Q->down();
	return failed != 0;
}
