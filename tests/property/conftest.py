"""The modules of the other rooms of tests, for those here."""
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / room) for room in ("property", "reference", "lib")]
