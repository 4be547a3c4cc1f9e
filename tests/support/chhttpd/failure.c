/* ClickHouse's errors; promises in failure.h. */
#include "failure.h"

#include <stdlib.h>
#include <string.h>

char failure_version[64];

enum { UNKNOWN_EXCEPTION = 1002 };

int failure_code(const char *text)
{
	const char *p = strstr(text, "Code: ");
	return p ? atoi(p + 6) : UNKNOWN_EXCEPTION;
}

unsigned failure_status(int code)
{
	static const struct {
		unsigned status;
		int codes[32];
	} of[] = {
		{ 400, { 6,   25,  26,  27,  36,  38,  41,  43,  44,  53,  62,  69, 72,
		         117, 167, 168, 224, 321, 376, 427, 441, 456, 457, 675, 676 } },
		{ 401, { 194 } },
		{ 403, { 192, 193, 497, 512, 516 } },
		{ 404, { 46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511 } },
		{ 408, { 159 } },
		{ 413, { 313 } },
		{ 501, { 48 } },
		{ 503, { 76, 209, 439 } },
	};
	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		for (size_t j = 0; of[i].codes[j]; j++)
			if (of[i].codes[j] == code)
				return of[i].status;
	return 500;
}

void failure_line(struct growing_text *out, const char *text)
{
	size_t n = strlen(text);
	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	text_add(out, text, n);
	if (!strstr(text, " (version "))
		text_printf(out, " (version %s)", failure_version);
	text_puts(out, "\n");
}

void failure_block(struct growing_text *out, const char *text, const char *tag)
{
	struct growing_text line = { 0 };
	failure_line(&line, text);
	text_printf(out, "\r\n__exception__\r\n%s\r\n%s%zu %s\r\n__exception__\r\n", tag, line.p, line.n, tag);
	text_free(&line);
}
