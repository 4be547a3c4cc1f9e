/* What an error of a PostgreSQL server says about the types of a statement: which parameter was
 * refused, and whether a table may have changed. While the server reads the values of parameters, a
 * line of the context of an error is "unnamed portal parameter $2" or, where
 * log_parameter_max_length_on_error is set, "unnamed portal parameter $2 = '…'"; servers before
 * version 14 say nothing. An error of a row can have a `$2` in its context too, in the statement of
 * a function. Promises: only a line that names the portal counts. */
#include "drivers/postgres/private.h"

#include <stdlib.h>

/* Words of any language stand in front of the parameter, and one of them is the portal. */
static bool names_portal(const char *from, const char *to)
{
	bool found = false;
	for (; from < to; from++) {
		unsigned char ch = (unsigned char)*from;
		bool is_ascii_letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
		if (!is_ascii_letter && ch != ' ' && ch != ',')
			return false;
		found |= strncmp(from, "ortal", 5) == 0;
	}
	return found;
}

/* 0: the line is not of a parameter. */
static uint32_t parameter_of_line(const char *line)
{
	const char *end = line + strcspn(line, "\n"), *number = memchr(line, '$', (size_t)(end - line));
	char *behind;
	if (!number || !names_portal(line, number))
		return 0;
	unsigned long n = strtoul(number + 1, &behind, 10);
	return (behind == end || strncmp(behind, " = ", 3) == 0) && n <= UINT16_MAX ? (uint32_t)n : 0;
}

/* Class 22: the value is not one of the type; class 23: a domain's constraint refuses it. */
static bool is_value_error(const char *state)
{
	return state && state[0] == '2' && (state[1] == '2' || state[1] == '3');
}

uint32_t md_pg_unfit_parameter(const PGresult *res)
{
	const char *line = PQresultErrorField(res, PG_DIAG_CONTEXT);
	uint32_t n = 0;
	if (!is_value_error(PQresultErrorField(res, PG_DIAG_SQLSTATE)))
		return 0;
	for (; line && n == 0; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		n = parameter_of_line(line);
	return n;
}

bool md_pg_doubts_types(const char *state)
{
	static const char *const states[] = { "0A000", "26000", "42883", "42804", "22003", "22P02", "42703" };
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}
