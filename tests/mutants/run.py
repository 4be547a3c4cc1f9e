#!/usr/bin/env python3
"""Plants the bugs of table.txt one by one and runs the tests: they must notice each of them. By hand:

    .venv/bin/python tests/mutants/run.py [--list] [--only NAME,...] [--share I/N] [--jobs N] [--write]

--list plants nothing: it shows the bugs, and those that no longer fit the code or do not compile, with the present text of their functions or the compiler's errors.
Each job builds in a folder of its own below build-mutants/, from a copy of the tree; nothing else is changed. --share I/N takes every Nth bug from the Ith on;
--write writes the table of docs/testing.md from the results. Ends with `N killed, M survived`; exit status 1 when a bug survived, 2 when a bug could not be planted or judged.
"""
import argparse
import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import report  # noqa: E402
from compiler import compile_errors  # noqa: E402
from definitions import Code, Unfit  # noqa: E402
from killers import KILLERS, Unable, unit  # noqa: E402
from table import mutants, planted  # noqa: E402

COPIED = ["meson.build", "LICENSE", "THIRD-PARTY.md", "include", "src", "subprojects", "tests", "tools", "examples"]
OPTIONS = ["--buildtype=plain", "-Doptimization=1", "-Ddebug=false", "--warnlevel=0", "-Dwerror=false"]


@dataclasses.dataclass
class Result:
    mutant: object
    killer: str  # None: survived
    asked: int
    seconds: float


def files_below(root):
    out = set()
    for name in COPIED:
        path = root / name
        found = [path] if path.is_file() else path.rglob("*") if path.is_dir() else []
        out |= {p.relative_to(root) for p in found if p.is_file() and "__pycache__" not in p.parts}
    return out


def mirror(tree):
    """Writes only files that differ, because ninja compares their times."""
    here = files_below(ROOT)
    for gone in files_below(tree) - here:
        (tree / gone).unlink()
    for path in here:
        to = tree / path
        if not to.exists() or to.read_bytes() != (ROOT / path).read_bytes():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, to)


class Tree:
    """A copy of the tree and its build."""

    def __init__(self, folder):
        self.tree, self.build = folder / "tree", folder / "build"
        mirror(self.tree)
        if not (self.build / "build.ninja").exists():
            self.call("meson", "setup", self.build, self.tree, *OPTIONS, env={**os.environ, "CC": "gcc"})
        self.make()

    @property
    def program(self):
        return self.build / "multidb"

    def call(self, *words, **more):
        done = subprocess.run(words, text=True, capture_output=True, **more)
        if done.returncode:
            raise Unable(f"{words[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")

    def make(self):
        self.call("ninja", "-C", self.build, "multidb")

    def write(self, texts):
        for path, text in texts.items():
            (self.tree / path).write_text(text)


class Judge:
    def __init__(self, tree):
        self.tree, self.code, self.trusted = tree, Code.of_tree(tree.tree), set()

    def judge(self, mutant):
        start = time.monotonic()
        killers = {**KILLERS, **({f"unit {mutant.unit}": unit(mutant.unit)} if mutant.unit else {})}
        texts = planted(mutant, self.code)
        try:
            self.tree.write(texts)
            self.tree.make()
            name, verdict = self.ask(killers)
        finally:
            self.tree.write({path: self.code.texts[path] for path in texts})
        if name:
            self.check_killer(name, killers[name])
        return Result(mutant, name, verdict.asked, time.monotonic() - start)

    def ask(self, killers):
        """The first killer that notices something, and its verdict."""
        for name, killer in killers.items():
            verdict = killer(self.tree.program)
            if verdict.noticed:
                return name, verdict
        return None, verdict

    def check_killer(self, name, killer):
        """A killer that fails without a planted bug proves nothing: when it notices something for the first time, it is also run on the unchanged tree."""
        if name in self.trusted:
            return
        self.tree.make()
        if killer(self.tree.program, some=True).noticed:
            raise Unable(f"{name} fails without any planted bug")
        self.trusted.add(name)


def chosen(args):
    every = mutants()
    if args.only:
        names = args.only.split(",")
        unknown = set(names) - {m.name for m in every}
        if unknown:
            raise Unfit(f"no such planted bug: {', '.join(sorted(unknown))}")
        return [m for m in every if m.name in names]
    first, _, step = (args.share or "1/1").partition("/")
    return every[int(first) - 1::int(step)]


def start_job(folders):
    """Gives the job a tree and a judge of its own."""
    global JUDGE
    JUDGE = Judge(Tree(folders.get()))


def judge_mutant(mutant):
    return JUDGE.judge(mutant)


def start_jobs(args):
    folders = multiprocessing.Queue()
    for i in range(args.jobs):
        folders.put(args.folder / str(i))
    return concurrent.futures.ProcessPoolExecutor(args.jobs, initializer=start_job, initargs=(folders,))


def why_unfit(mutant, code):
    try:
        return compile_errors(ROOT, planted(mutant, code))
    except Unfit as e:
        return str(e)


def list_mutants(todo):
    code = Code.of_tree(ROOT)
    unfit = [reason for reason in (why_unfit(m, code) for m in todo) if reason]
    report.listing(todo, unfit)
    return 2 if unfit else 0


def run(args):
    todo = chosen(args)
    if args.list:
        return list_mutants(todo)
    results = []
    report.head(todo)
    with start_jobs(args) as pool:
        for result in pool.map(judge_mutant, todo):
            results.append(result)
            report.row(result)
    survived = sum(r.killer is None for r in results)
    if args.write:
        page = ROOT / "docs/testing.md"
        page.write_text(report.page(page.read_text(), results))
    print(f"{len(results) - survived} killed, {survived} survived")
    return 1 if survived else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--list", action="store_true")
    p.add_argument("--only")
    p.add_argument("--share")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--write", action="store_true")
    p.add_argument("--folder", type=pathlib.Path, default=ROOT / "build-mutants")
    try:
        return run(p.parse_args())
    except (Unfit, Unable, subprocess.TimeoutExpired) as e:
        print(f"mutants: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
