/* Reading errors. When no memory is left even for that, a constant text says so. */
#include "engine/private.h"
#include "engine/problem.h"

#include <stdlib.h>

static const char no_memory[] =
	"{\"type\":\"urn:multidb:error:OUT_OF_MEMORY\",\"title\":\"out of memory\",\"status\":503,"
	"\"detail\":\"out of memory\",\"code\":\"OUT_OF_MEMORY\",\"message\":\"out of memory\"}";

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
	if (e && !e->arena)
		return e->err->message.p; /* a constant */
	struct md_str m = e ? md_str_dup(e->arena, e->err->message) : MD_NOSTR;
	return m.p ? m.p : "out of memory";
}

const char *multidb_error_json(const multidb_error *e)
{
	if (!e)
		return no_memory;
	if (!e->json) {
		struct md_buf b = { .arena = e->arena };
		struct md_jw w = { .b = &b };
		md_result_problem(&w, e->err, e->planned);
		md_buf_char(&b, '\0');
		((struct multidb_error *)(uintptr_t)e)->json = b.failed ? no_memory : b.p;
	}
	return e->json;
}

void multidb_error_free(multidb_error *e)
{
	if (!e)
		return;
	md_arena_free(&e->own_arena);
	free(e);
}
