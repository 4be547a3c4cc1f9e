"""The real engines for pytest. In a conftest: `from stack import stack  # noqa: F401`; then

    def test_x(stack):
        stack.need("pg-main", "redis")          # starts only these; skips, with the reason, where one cannot be had
        env = stack.environment()               # {variable: url} of what runs, as examples/concept/multidb.stack.json names them
        stack["redis"].command("GET", "k")      # Part: psql(), command(), query(); see tests/support/servers

A running stack (`tools/stack up`) is used and left running. Otherwise the last of the test processes stops what they started.
A file that needs it is of the xdist_group "stack" or "questions" (those that generate most of what they ask): two workers, and Trino
gets two questions at a time at most. Tests that kill servers or write data use own(), a stack in a folder of their own, so that the others keep theirs.
"""
import contextlib
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from servers.state import NAMES, Stack  # noqa: E402


class Engines:
    """A stack that grows by what tests need."""

    def __init__(self, folder=None):
        self._stack = Stack(folder)
        self._asked = {}  # part -> why it cannot be had, or None

    def need(self, *names):
        names = names or NAMES
        new = [name for name in names if name not in self._asked]
        if new:
            failed = self._stack.acquire(new)
            self._asked.update({name: failed.get(name) for name in new})
        for name in names:
            if self._asked[name]:
                pytest.skip(f"cannot have {name}: {self._asked[name]}")
        return self

    def environment(self):
        return self._stack.environment()

    def restart(self, name):
        """After a kill(): the same port, the same data."""
        failed = self._stack.up([name])
        assert not failed, failed

    def kill(self, name):
        """The server dies as in a power cut (SIGKILL)."""
        self._stack.kill(name)

    def __getitem__(self, name):
        return self._stack[name]

    def close(self):
        self._stack.release()


@pytest.fixture(scope="session")
def stack():
    engines = Engines()
    yield engines
    engines.close()


@contextlib.contextmanager
def own(folder, *names):
    """A stack that no other test uses, gone afterwards with its data."""
    engines = Engines(folder)
    try:
        yield engines.need(*names)
    finally:
        engines._stack.down(purge=True)
        engines.close()
