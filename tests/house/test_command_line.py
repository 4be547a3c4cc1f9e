"""The program's help, its manual page and its bash completion name the same commands and options."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/multidb"
MANUAL = ROOT / "src/cli/multidb.1"


def help_of(*words):
    return subprocess.run([PROGRAM, *words, "--help"], text=True, capture_output=True, check=True).stdout


def commands():
    text = help_of()
    return [line.split()[0] for line in text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()]


def options(text):
    return set(re.findall(r"^ +(?:-\w, |    )(--[a-z-]+)", text, re.M))


def completed(*words):
    """What bash offers for the last word."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"source '{ROOT}/src/cli/multidb.bash'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _multidb; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True).stdout.split()


def test_manual_has_every_command():
    section = MANUAL.read_text().partition(".SH COMMANDS")[2].partition(".SH OPTIONS")[0]
    assert re.findall(r'^\.(?:B|BI|BR) "?(\w+)', section, re.M) == commands()


def test_manual_has_every_option():
    section = MANUAL.read_text().partition(".SH OPTIONS")[2].partition(".SH EXIT")[0].replace("\\-", "-")
    every = set().union(options(help_of()), *(options(help_of(command)) for command in commands()))
    assert set(re.findall(r"--[a-z-]+", section)) == every - {"--usage"}


def test_completion_offers_every_command():
    assert completed("multidb", "") == [*commands(), "--help", "--version"]
    assert completed("multidb", "help", "") == commands()


@pytest.mark.parametrize("command", commands())
def test_completion_offers_the_options_of(command):
    if command != "help":
        assert set(completed("multidb", command, "--")) == options(help_of(command)) - {"--usage", "--version"}
