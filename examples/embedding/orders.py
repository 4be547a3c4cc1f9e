"""orders.c in Python, with ctypes and no other package.

    python3 orders.py multidb.json 100              MULTIDB_LIBRARY: the path of libmultidb.so.1, if the system does not find it
"""
import ctypes
import json
import os
import sys

LIB = ctypes.CDLL(os.environ.get("MULTIDB_LIBRARY", "libmultidb.so.1"))
RUN, NDJSON = 0, 2
HANDLE, TEXT, SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
DEFINITION = {"from": "orders", "columns": ["id", "total"], "orderBy": [{"column": "total", "direction": "desc"}],
              "filters": [{"column": "total", "operator": ">=", "value": {"$param": "least"}}]}


def function(name, result, *arguments):
    found = getattr(LIB, name)
    found.restype, found.argtypes = result, arguments
    return found


open_file = function("multidb_engine_open_file", ctypes.c_int, TEXT, HANDLE, ctypes.POINTER(HANDLE), ctypes.POINTER(HANDLE))
close = function("multidb_engine_close", None, HANDLE)
query_new = function("multidb_query_new", HANDLE, HANDLE)
query_free = function("multidb_query_free", None, HANDLE)
define = function("multidb_query_define", ctypes.c_int, HANDLE, ctypes.c_int, TEXT, SIZE)
bind = function("multidb_query_bind", ctypes.c_int, HANDLE, TEXT, SIZE, TEXT, SIZE)
start = function("multidb_query_start", ctypes.c_int, HANDLE, ctypes.c_int)
next_chunk = function("multidb_query_next", ctypes.c_int, HANDLE, ctypes.POINTER(HANDLE), ctypes.POINTER(SIZE))
query_error = function("multidb_query_error", HANDLE, HANDLE)
error_json = function("multidb_error_json", TEXT, HANDLE)
error_free = function("multidb_error_free", None, HANDLE)


class Error(Exception):
    """The problem object of multidb in args[0]."""


class Engine:
    def __init__(self, path):
        self.handle, error = HANDLE(), HANDLE()
        if open_file(path.encode(), None, ctypes.byref(self.handle), ctypes.byref(error)):
            problem = json.loads(error_json(error))
            error_free(error)
            raise Error(problem)

    def rows(self, definition, parameters, context):
        """The rows as dictionaries, a chunk at a time."""
        query = query_new(self.handle)
        text, values, caller = (json.dumps(part).encode() for part in (definition, parameters, context))
        chunk, size = HANDLE(), SIZE()
        try:
            rc = define(query, RUN, text, len(text)) or bind(query, values, len(values), caller, len(caller)) or start(query, NDJSON)
            while rc == 0 and (rc := next_chunk(query, ctypes.byref(chunk), ctypes.byref(size))) > 0:
                for line in ctypes.string_at(chunk, size.value).splitlines():
                    yield json.loads(line, parse_float=str)
                rc = 0
            if rc < 0:
                raise Error(json.loads(error_json(query_error(query))))
        finally:
            query_free(query)

    def close(self):
        close(self.handle)


def main():
    try:
        engine = Engine(sys.argv[1])
        for row in engine.rows(DEFINITION, {"least": int(sys.argv[2])}, {"role": "admin"}):
            print(*(f"{name}={value}" for name, value in row.items()))
        engine.close()
    except Error as e:
        print(f"{e.args[0]['code']}: {e.args[0]['message']}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
