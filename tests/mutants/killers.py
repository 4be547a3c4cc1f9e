"""The tests that may notice a planted bug. Each killer gets a program and returns a Verdict: whether a test failed, and after how many questions.

A killer that cannot judge raises Unable, so that no bug counts as noticed by accident. `some` asks a few questions only: enough to see that the killer passes without
a planted bug.
"""
import dataclasses
import functools
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("property", "reference", "lib")]

import cli  # noqa: E402
import golden  # noqa: E402
import interference  # noqa: E402
import run as reference  # noqa: E402

TIMEOUT_S = 600  # a test that runs longer hangs
SOME = 5         # worlds


class Unable(Exception):
    pass


class Hangs(Exception):
    pass


@dataclasses.dataclass
class Verdict:
    noticed: bool
    asked: int


def raise_hangs(*_):
    raise Hangs


def in_worlds(ask_world, each, worlds, counted):
    """Notices a difference, a program that died and one that never ends. counted: the tally's name for a question."""
    def ask(program, some=False):
        cli.PROGRAM, tally = str(program), reference.Tally()
        signal.signal(signal.SIGALRM, raise_hangs)
        signal.alarm(TIMEOUT_S)
        try:
            for seed in range(SOME if some else worlds):
                if any(True for _ in ask_world(seed, reference.BUILT, each, tally)):
                    return Verdict(True, tally[counted])
        except AssertionError as e:
            if "run ended" not in str(e):
                raise Unable(f"{ask_world}: {e}")
            return Verdict(True, tally[counted] + 1)
        except Hangs:
            return Verdict(True, tally[counted] + 1)
        finally:
            signal.alarm(0)
        return Verdict(False, tally[counted])
    return ask


def ask_golden(program, some=False):
    """Notices a plan, an SQL text or an error that differs from the case's."""
    cli.PROGRAM, asked = str(program), 0
    with tempfile.TemporaryDirectory(prefix="mdb-mutants-") as scratch:
        for case in golden.cases():
            for config in case.configs:
                asked += 1
                try:
                    _, answer = golden.plan(case, config, pathlib.Path(scratch))
                except AssertionError:  # the program died or printed no answer
                    return Verdict(True, asked)
                if golden.render(answer, case.shown(config)) != case.expected(config):
                    return Verdict(True, asked)
    return Verdict(False, asked)


def unit(test):
    """Runs the unit test ROOM/NAME, built beside the program. Notices a test that never ends, too."""
    room = test.split("/")[0]

    def ask(program, some=False):
        target = f"tests/unit/{room}/test_{test.replace('/', '_')}"
        built = subprocess.run(["ninja", "-C", program.parent, target], text=True, capture_output=True)
        if built.returncode:
            raise Unable(f"{target} does not build:\n{built.stdout[-3000:]}")
        try:
            done = subprocess.run([program.parent / target], text=True, capture_output=True, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return Verdict(True, 1)
        said = done.stdout + done.stderr
        failed = re.search(r"^\[  FAILED  \]", said, re.M)
        ran = re.findall(r"^\[ RUN", said[:failed.start()] if failed else said, re.M)
        return Verdict(done.returncode != 0, len(ran))
    return ask


# In the order in which they are asked.
KILLERS = {
    "evaluator": in_worlds(reference.ask_either, 40, 125, "asked"),
    "golden": ask_golden,
    "non-interference": in_worlds(functools.partial(interference.ask_either, threads=False), 20, 40, "pairs"),
}
