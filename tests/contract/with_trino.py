#!/usr/bin/env python3
"""Runs COMMAND with MULTIDB_TEST_TRINO: a Trino with Iceberg, the one of tools/stack or one that lives as long as the command.

    with_trino.py COMMAND ARGS

Where Trino can't be had: says why, exit status 77 (skipped), or 1 when CI is set.
"""
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "lib")]
from servers.state import Stack  # noqa: E402

stack = Stack()
failed = stack.acquire(["trino"])
try:
    if failed:
        print(f"CANNOT RUN {os.path.basename(sys.argv[1])}: no Trino: {failed}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)
    sys.exit(subprocess.run(sys.argv[1:], env=dict(os.environ, MULTIDB_TEST_TRINO=stack.environment()["MULTIDB_TRINO_URL"])).returncode)
finally:
    stack.release()
