"""The program under test: one call, or one `multidb run` process that answers line by line. $MULTIDB names another build's program."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("MULTIDB", str(ROOT / "build/multidb"))

WATCHERS = []  # called with (config, context, answer) of everything that is asked of a running or called program


class Number(Decimal):
    """A number with a fraction or an exponent, and its text."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def exact(text):
    """JSON with every digit: numbers with a fraction or an exponent become Number."""
    return json.loads(text, parse_float=Number)


def dumps(value):
    """JSON text; a Decimal is a number with all its digits."""
    numbers = []

    def more(v):
        if not isinstance(v, Decimal):
            raise TypeError(v)
        numbers.append(str(v))
        return f"\ue000{len(numbers) - 1}\ue001"
    text = json.dumps(value, ensure_ascii=False, default=more)
    return re.sub("\"\ue000(\\d+)\ue001\"", lambda m: numbers[int(m.group(1))], text)


def call(*args, stdin=None, env=None, timeout=120, text=True, cwd=None):
    """The finished process. args may be str, bytes or paths; values that are dicts or lists become JSON."""
    words = [dumps(a) if isinstance(a, (dict, list)) else a if isinstance(a, bytes) else str(a) for a in args]
    return subprocess.run([PROGRAM, *words], input=stdin, text=text, capture_output=True, timeout=timeout, cwd=cwd,
                          env={**os.environ, **(env or {})})


def call_json(command, config, definition, context=None, env=None, options=()):
    """(exit status, the one object on stdout) of `multidb COMMAND --json`."""
    words = [command, "--json", "--config", config, *options]
    if context is not None:
        words += ["--context-json", context]
    done = call(*words, definition if not isinstance(definition, str) else definition, env=env)
    try:
        answer = exact(done.stdout)
    except ValueError:
        raise AssertionError(f"{command} printed no single JSON object (status {done.returncode}): {done.stdout[:500]!r} {done.stderr[:500]!r}")
    watched(config, context, answer)
    return done.returncode, answer


def watched(config, context, answer):
    for watcher in WATCHERS:
        watcher(config, context, answer)
    return answer


class Run:
    """One `multidb run` process: ask() sends a line and reads its answer."""

    def __init__(self, config, env=None):
        self.config, self.errors = config, tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([PROGRAM, "run", "--json", "--config", str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env={**os.environ, **(env or {})})

    def ask(self, definition, context=None):
        line = {"definition": definition}
        if context is not None:
            line["context"] = context
        return watched(self.config, context, self.ask_text(dumps(line)))

    def ask_text(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise AssertionError(f"run ended (status {self.process.wait(5)}) at {line[:300]}: {self.stderr()[-2000:]}")
        return exact(answer)

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            try:
                self.close()
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        self.errors.close()
