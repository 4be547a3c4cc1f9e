/* Opens libchdb and finds the calls of chdb.h in it. */
#include "chdb.h"

#include <dlfcn.h>
#include <stdio.h>

struct chdb_calls chdb;

static int find_symbol(void *library, const char *symbol, void *call)
{
	*(void **)call = dlsym(library, symbol);
	if (*(void **)call)
		return 0;
	fprintf(stderr, "chhttpd: the library lacks %s\n", symbol);
	return -1;
}

int chdb_load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		fprintf(stderr, "chhttpd: %s\n", dlerror());
		return -1;
	}
#define X(type, name, symbol, args) \
	if (find_symbol(library, symbol, &chdb.name)) \
		return -1;
	CHDB_CALLS(X)
#undef X
	chdb.signals(0); /* they are the process's own */
	return 0;
}
