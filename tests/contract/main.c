/* contract_DRIVER: the suite on one driver, whose quirks the build names (QUIRKS). postgres needs
 * MULTIDB_TEST_PG (tests/lib/private_pg.py run), clickhouse a server program (with_chdb.py), trino
 * a coordinator (with_trino.py). */
#include "suite.h"

extern const struct quirks QUIRKS;
const struct quirks *const Q = &QUIRKS;

int main(void)
{
	int failed = run_values() + run_sessions() + run_catalogs() + run_faults();
	if (Q->own_cases)
		failed += Q->own_cases();
	Q->down();
	return failed != 0;
}
