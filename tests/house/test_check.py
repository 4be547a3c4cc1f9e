"""What ./check promises before it has run a test, and the servers that it keeps from part to part."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "check"


def ask(*words):
    return subprocess.run([CHECK, *words], text=True, capture_output=True)


def expected_minutes(*words):
    done = ask("--time", *words)
    assert done.returncode == 0, done.stderr
    [minutes, seconds] = re.fullmatch(r"check: the tests are expected to take (\d+):(\d\d) minutes; .*\n", done.stdout).groups()
    return int(minutes) + int(seconds) / 60


def test_prints_the_expected_duration_of_the_parts_that_are_asked_for():
    assert 0 < expected_minutes("golden") < expected_minutes("golden", "house") < expected_minutes()


def test_takes_at_most_a_quarter_of_an_hour_on_two_idle_cores():
    [seconds] = re.findall(r"^declare -A idle=\((.*)\)$", CHECK.read_text(), re.M)
    assert sum(map(int, re.findall(r"=(\d+)", seconds))) <= 15 * 60


def test_plants_every_bug_in_full_and_a_share_otherwise():
    text = CHECK.read_text()
    assert "local share=3/15\n" in text and '[ -z "${MULTIDB_FULL:-}" ] || share=1/1\n' in text


def test_refuses_a_part_that_it_does_not_know():
    done = ask("nonsense")
    assert done.returncode == 2 and done.stderr.startswith("usage: ./check ")


def stack(folder, *words):
    return subprocess.run([sys.executable, ROOT / "tools/stack", *words], text=True, capture_output=True, env={**os.environ, "MULTIDB_STACK_DIR": str(folder)})


def state_of_redis(folder):
    return next(part["state"] for part in json.loads(stack(folder, "status", "--json").stdout) if part["name"] == "redis")


def test_a_held_stack_outlives_the_commands_that_use_it(tmp_path):
    waits = subprocess.Popen(["sleep", "60"])
    holder = subprocess.Popen([sys.executable, ROOT / "tools/stack", "hold", str(waits.pid)], env={**os.environ, "MULTIDB_STACK_DIR": str(tmp_path)})
    try:
        while not (tmp_path / "users").exists():
            time.sleep(0.05)
        done = stack(tmp_path, "run", "--only", "redis", "--", "true")
        assert done.returncode == 0 and state_of_redis(tmp_path) == "up", done.stderr
        waits.kill()
        waits.wait()
        assert holder.wait(30) == 0 and state_of_redis(tmp_path) == "down"
    finally:
        waits.kill()
        holder.kill()
        waits.wait()
        holder.wait()
        stack(tmp_path, "down", "--purge")
