"""Who may notice a mutant. Each is asked with the program to try and gives back Verdict: whether it noticed something, and after how many questions.

A killer that cannot judge (it is broken itself, or red without any mutant) raises Unable: nothing is killed by accident.
"""
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/reference"), str(ROOT / "tests/lib")]

import cli  # noqa: E402
import run as reference  # noqa: E402

QUESTIONS = 5000  # of the evaluator, at most
EACH = 40         # a world
PATIENCE_S = 900  # what runs longer hangs


class Unable(Exception):
    pass


class Hangs(Exception):
    pass


@dataclasses.dataclass
class Verdict:
    noticed: bool
    asked: int


def hang(*_):
    raise Hangs


def ask_reference(program, questions=QUESTIONS):
    """An answer that differs from the evaluator's, a program that died or one that never ends."""
    cli.PROGRAM, tally = str(program), reference.Tally()
    signal.signal(signal.SIGALRM, hang)
    signal.alarm(PATIENCE_S)
    try:
        for seed in range(questions // EACH):
            if any(True for _ in reference.ask_world(seed, reference.BUILT, EACH, tally)):
                return Verdict(True, tally["asked"])
    except AssertionError as e:  # the program ended
        if "run ended" not in str(e):
            raise Unable(f"the evaluator: {e}")
        return Verdict(True, tally["asked"] + 1)
    except Hangs:
        return Verdict(True, tally["asked"] + 1)
    finally:
        signal.alarm(0)
    return Verdict(False, tally["asked"])


def ask_pytest(*what):
    def ask(program):
        done = subprocess.run([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *what], cwd=ROOT, text=True, capture_output=True,
                              timeout=PATIENCE_S, env={**os.environ, "MULTIDB": str(program)})
        if done.returncode not in (0, 1):
            raise Unable(f"pytest {what} ended with status {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        passed = re.search(r"(\d+) passed", done.stdout)
        return Verdict(done.returncode == 1, int(passed.group(1)) if passed else 1)
    return ask


def ask_unit(test):
    """Built beside the program; gives back the number of its tests."""
    room, name = test.split("/")

    def ask(program):
        folder = program.parent
        target = f"tests/unit/{room}/test_{room}_{name}"
        built = subprocess.run(["ninja", "-C", folder, target], text=True, capture_output=True)
        if built.returncode:
            raise Unable(f"{target} does not build:\n{built.stdout[-3000:]}")
        done = subprocess.run([folder / target], text=True, capture_output=True, timeout=PATIENCE_S)
        return Verdict(done.returncode != 0, len(re.findall(r"^\[ RUN", done.stdout + done.stderr, re.M)))
    return ask


def killers():
    """In the order of asking: what needs no server first, what compares texts last."""
    return {"evaluator": ask_reference, "golden": ask_pytest("tests/golden/test_golden.py")}
