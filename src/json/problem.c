#include "json/problem.h"

#include <stdio.h>

void md_jw_problem(struct md_jw *w, enum md_code code, struct md_str message)
{
	char type[64];
	snprintf(type, sizeof type, "urn:multidb:error:%s", md_code_name(code));
	md_jw_kstr(w, "type", md_str_z(type));
	md_jw_kstr(w, "title", md_str_z(md_code_title(code)));
	md_jw_kint(w, "status", md_code_status(code));
	md_jw_kstr(w, "detail", message);
	md_jw_kstr(w, "code", md_str_z(md_code_name(code)));
	md_jw_kstr(w, "message", message);
}
