"""Pages of docs/ whose examples are files and commands. `python tests/lib/pages.py PAGE...` writes the real outputs into them: read what is new.

A block ```json NAME is the file NAME, ```json add is merged into the first file (below), ```sql NAME is run on the SQLite file NAME, and ```console holds
lines `$ command`, each with what it prints: they run in bash, in the folder of these files. Other blocks are left alone.
"""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

from cli import PROGRAM, ROOT

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
VOLATILE = [(re.compile(r'"timestamp":\d+'), '"timestamp":…'), (re.compile(r'"(planning|generation|execution)Ms":[\d.]+'), r'"\1Ms":…'), (re.compile(r"\b\d+ms\b"), "…ms")]


def name_of(element):
    return next((element[k] for k in ("id", "apiName", "tableId", "sourceTable") if isinstance(element, dict) and k in element), None)


def merged(old, new):
    """Objects get the keys of the new one; elements of arrays are known by their id or API name, and others are added. A database of another engine, and a
    url, are replaced."""
    if isinstance(old, dict) and isinstance(new, dict) and not new.keys() & {"env", "file"}:
        return {**old, **{k: merged(old[k], v) if k in old else v for k, v in new.items()}}
    if not (isinstance(old, list) and isinstance(new, list)):
        return new
    result = list(old)
    for element in new:
        at = next((i for i, e in enumerate(result) if name_of(e) is not None and name_of(e) == name_of(element)), None)
        if at is None:
            result.append(element)
        else:
            result[at] = merged(result[at], element)
    return result


class Folder:
    """The files of a page, and a PATH on which multidb is the program under test."""

    def __init__(self, path):
        self.path, self.documents, self.first = pathlib.Path(path), {}, None
        (self.path / "bin").mkdir()
        (self.path / "bin/multidb").symlink_to(pathlib.Path(PROGRAM).resolve())
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MULTIDB")}
        self.env = {**kept, "PATH": f"{self.path}/bin:{os.environ['PATH']}"}

    def write(self, name, text):
        if name == "add":
            name, text = self.first, json.dumps(merged(json.loads(self.documents[self.first]), json.loads(text)))
        self.first = self.first or name
        self.documents[name] = text
        (self.path / name).write_text(text)
        return name

    def run_sql(self, name, text):
        database = sqlite3.connect(self.path / name)
        database.executescript(text)
        database.close()

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.path, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = done.stdout.replace(str(self.path) + "/", "").rstrip("\n")
        for pattern, shown in VOLATILE:
            output = pattern.sub(shown, output)
        return "\n".join(line.rstrip() for line in output.split("\n"))

    def console(self, text):
        lines = []
        for line in text.split("\n"):
            if line.startswith("$ "):
                output = self.run(line[2:])
                lines += [line, output] if output else [line]
        return "".join(f"{line}\n" for line in lines)


def steps(folder, page):
    """(kind, name of the file, text, what the text has to be) of each block in order; what the program says now, for a console block."""
    for kind, name, text in BLOCK.findall(page):
        real = text
        if kind == "json" and name:
            name = folder.write(name, text)
        elif kind == "sql" and name:
            folder.run_sql(name, text)
        elif kind == "console":
            real = folder.console(text)
        yield kind, name, text, real


def rewritten(folder, page):
    outputs = iter([real for _, _, _, real in steps(folder, page)])
    return BLOCK.sub(lambda m: m[0].replace(m[3], next(outputs)) if m[3] else m[0], page)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as scratch:
            old = (ROOT / path).read_text()
            new = rewritten(Folder(scratch), old)
        if new != old:
            (ROOT / path).write_text(new)
            print(f"{path}: outputs are new: read them")
