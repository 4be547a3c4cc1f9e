"""golden_accessors.py PROGRAM: gives PROGRAM (golden_accessors.c) every golden case, one a line, and exits with its status."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lib"))
import golden  # noqa: E402


def lines():
    for case in golden.cases():
        for config in case.configs:
            asked = {"config": golden.patch(golden.load_config(config), case.patches), "definition": json.loads(case.definition)}
            if case.context:
                asked["context"] = json.loads(case.context)
            yield json.dumps(asked, ensure_ascii=False)


sys.exit(subprocess.run([sys.argv[1]], input="\n".join(lines()), text=True).returncode)
