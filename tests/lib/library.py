"""The library in this process, through ctypes: what `multidb` cannot ask, such as several bindings of one prepared definition."""
import ctypes
import os
import re

from cli import ROOT, dumps

PATH = os.environ.get("MULTIDB_LIBRARY", str(ROOT / "build/libmultidb.so"))
RUN, VALIDATE, PLAN, EXPLAIN, COUNT = range(5)
RESULT = 0


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("offline", ctypes.c_int), ("lasting_cursors", ctypes.c_int), ("cache_bytes", ctypes.c_size_t), ("base_dir", ctypes.c_char_p)]


def loaded():
    lib = ctypes.CDLL(PATH)
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    for name, result, arguments in [
            ("multidb_engine_open_text", ctypes.c_int, [text, size, pointer, pointer, pointer]),
            ("multidb_engine_reload_text", ctypes.c_int, [pointer, text, size, pointer]),
            ("multidb_engine_close", None, [pointer]),
            ("multidb_query_new", pointer, [pointer]),
            ("multidb_query_free", None, [pointer]),
            ("multidb_query_define", ctypes.c_int, [pointer, ctypes.c_int, text, size]),
            ("multidb_query_bind", ctypes.c_int, [pointer, text, size, text, size]),
            ("multidb_query_prepare", ctypes.c_int, [pointer, ctypes.c_int, text, size, text, size]),
            ("multidb_query_start", ctypes.c_int, [pointer, ctypes.c_int]),
            ("multidb_query_next", ctypes.c_int, [pointer, ctypes.POINTER(pointer), ctypes.POINTER(size)]),
            ("multidb_query_error", pointer, [pointer]),
            ("multidb_error_json", text, [pointer]),
            ("multidb_result_json", text, [pointer]),
            ("multidb_result_debug_text", text, [pointer])]:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


LIB = loaded()


def json_bytes(value):
    """JSON text; None is absent, text stays."""
    if value is None:
        return b""
    return (value if isinstance(value, str) else dumps(value)).encode()


def timeless(text):
    """A result without times."""
    return re.sub(r'("(?:timestamp|ms|\w+Ms)":)[0-9.e+-]+|\b\d+ms\b', lambda m: (m[1] or "") + "0", text)


class Engine:
    def __init__(self, config, offline=False, base_dir=None):
        """config: a document. Offline: nothing can be run, and no secret is read."""
        text = json_bytes(config)
        self.handle, error = ctypes.c_void_p(), ctypes.c_void_p()
        options = Options(ctypes.sizeof(Options), int(offline), 0, 0, str(base_dir).encode() if base_dir else None)
        failed = LIB.multidb_engine_open_text(text, len(text), ctypes.byref(options), ctypes.byref(self.handle), ctypes.byref(error))
        assert not failed, LIB.multidb_error_json(error)

    def reload(self, config):
        text = json_bytes(config)
        assert not LIB.multidb_engine_reload_text(self.handle, text, len(text), None)

    def close(self):
        LIB.multidb_engine_close(self.handle)


class Query:
    """A query handle. The calls return the error's JSON text, or None."""

    def __init__(self, engine):
        self.handle = LIB.multidb_query_new(engine.handle)

    def free(self):
        LIB.multidb_query_free(self.handle)

    def prepare(self, mode, definition, context=None):
        definition, context = json_bytes(definition), json_bytes(context)
        return self._error(LIB.multidb_query_prepare(self.handle, mode, definition, len(definition), context, len(context)))

    def define(self, mode, definition):
        definition = json_bytes(definition)
        return self._error(LIB.multidb_query_define(self.handle, mode, definition, len(definition)))

    def bind(self, parameters=None, context=None):
        parameters, context = json_bytes(parameters), json_bytes(context)
        return self._error(LIB.multidb_query_bind(self.handle, parameters, len(parameters), context, len(context)))

    def plan(self):
        """The plan of what is prepared, as JSON text."""
        text = LIB.multidb_result_json(self.handle)
        return text.decode() if text is not None else self._error(-1)

    def log(self):
        """The debug log of what is prepared or refused, as text."""
        return LIB.multidb_result_debug_text(self.handle).decode()

    def run(self):
        """The result object of what is prepared to run, as JSON text; or the error's."""
        bytes_, n, answer = ctypes.c_void_p(), ctypes.c_size_t(), b""
        got = -1 if LIB.multidb_query_start(self.handle, RESULT) else 1
        while got > 0:
            got = LIB.multidb_query_next(self.handle, ctypes.byref(bytes_), ctypes.byref(n))
            answer += ctypes.string_at(bytes_, n.value) if got > 0 else b""
        return answer.decode() if got == 0 else self._error(-1)

    def _error(self, failed):
        return LIB.multidb_error_json(LIB.multidb_query_error(self.handle)).decode() if failed else None
