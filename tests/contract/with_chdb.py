#!/usr/bin/env python3
"""Runs COMMAND with MULTIDB_TEST_CHHTTPD and MULTIDB_TEST_LIBCHDB: the ClickHouse endpoint of tests/support and the library behind it.

    with_chdb.py COMMAND ARGS

The command's process group ends with it: a server that it started and lost would continue, and block the program that waits for its output.
Where ClickHouse can't be had: says why, exit status 77 (skipped), or 1 when CI is set.
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from servers import fetch  # noqa: E402

try:
    os.environ.update(MULTIDB_TEST_CHHTTPD=str(fetch.chhttpd()), MULTIDB_TEST_LIBCHDB=str(fetch.libchdb()))
except fetch.Unavailable as e:
    print(f"CANNOT RUN {os.path.basename(sys.argv[1])}: no ClickHouse: {e}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else 77)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
command = subprocess.Popen(sys.argv[1:], start_new_session=True)
try:
    status = command.wait()
finally:
    try:
        os.killpg(command.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
sys.exit(status if status >= 0 else 128 - status)
