import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))


def pytest_addoption(parser):
    parser.addoption("--update", action="store_true", help="rewrite the expect sections; the tests then fail: read the diff")
