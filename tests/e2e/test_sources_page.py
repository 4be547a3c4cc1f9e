"""The C code of docs/sources.md, as it stands there, in a program that runs: a source that changes and fails, and its statistics."""
import os
import re
import subprocess

from cli import PROGRAM, ROOT

CODE = re.findall(r"^```c\n(.*?)^```", (ROOT / "docs/sources.md").read_text(), re.S | re.M)

PROGRAM_TEXT = """#include <multidb.h>
#include <stdio.h>
#include <string.h>

struct service {
	int answers;
	const char *version, *text;
};

%s
#define DOCUMENT(name) "{\\"databases\\":[{\\"id\\":\\"d\\",\\"engine\\":\\"postgres\\"}],\\"tables\\":[{\\"id\\":\\"t\\"," \\
	"\\"apiName\\":\\"" name "\\",\\"database\\":\\"d\\",\\"physicalName\\":\\"t\\",\\"primaryKey\\":[],\\"columns\\":[{" \\
	"\\"apiName\\":\\"id\\",\\"physicalName\\":\\"id\\",\\"type\\":\\"int\\",\\"nullable\\":false}]}]," \\
	"\\"roles\\":[{\\"id\\":\\"all\\",\\"tables\\":\\"*\\"}]}"

static void plan(multidb_query *q, const char *text)
{
	int rc = multidb_query_prepare(q, MULTIDB_PLAN, text, strlen(text), "{\\"role\\":\\"all\\"}", 14);
	puts(rc ? multidb_error_code_name(multidb_query_error(q)) : "planned");
}

int main(void)
{
	struct service s = { 1, "1", DOCUMENT("first") };
	multidb_error *error;
	multidb_engine *e = open_service(&s, &error);
	multidb_query *q = multidb_query_new(e);
	plan(q, "{\\"from\\":\\"first\\"}");
	s.version = "2";
	s.text = DOCUMENT("second");
	printf("%%d\\n", multidb_engine_refresh(e, &error));
	plan(q, "{\\"from\\":\\"first\\"}");
	plan(q, "{\\"from\\":\\"second\\"}");
	s.answers = 0;
	multidb_engine_refresh(e, &error);
	printf("%%s: %%s\\n", multidb_error_code_name(error), multidb_error_message(error));
	multidb_error_free(error);
	plan(q, "{\\"from\\":\\"second\\"}");
	print_statistics(e);
	multidb_query_free(q);
	multidb_engine_close(e);
	return 0;
}
"""


def test_code_of_the_page_runs(tmp_path):
    build = os.path.dirname(PROGRAM)
    (tmp_path / "page.c").write_text(PROGRAM_TEXT % "\n".join(CODE))
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "-o", tmp_path / "page", tmp_path / "page.c", f"-L{build}", "-lmultidb",
                    f"-Wl,-rpath,{build}"], check=True)
    lines = subprocess.run([tmp_path / "page"], text=True, capture_output=True, check=True).stdout.splitlines()
    assert lines[:6] == ["planned", "0", "VALIDATION_FAILED", "planned", "METADATA_LOAD_FAILED: the service does not answer", "planned"]
    assert all(re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+.e\d]+', line) for line in lines[6:])
    for line in ("multidb_plan_duration_seconds_count 3", 'multidb_reloads_total{result="ok"} 1', 'multidb_reloads_total{result="failed"} 1'):
        assert line in lines
