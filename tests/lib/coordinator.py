"""A Trino coordinator that answers every statement alike, but for those that read the catalog: every table has the columns of server.catalog.

    with coordinator(pages) as server:      server.url; server.pages: its answers, from the POST's on; server.seen: requests; server.bodies: statements
"""
import contextlib
import http.server
import json
import threading

import catalogs


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self, number):
        self.server.seen.append(f"{self.command} {self.path}")
        self.send_page(self.server.pages[number], number + 1 if number + 1 < len(self.server.pages) else None)

    def send_page(self, page, following=None):
        page = {"id": "q1", "infoUri": self.server.url, **page}
        page["stats"] = {"queued": False, "scheduled": True, "nodes": 1, "totalSplits": 1, "queuedSplits": 0, "runningSplits": 0, "completedSplits": 1,
                         "cpuTimeMillis": 1, "wallTimeMillis": 1, "queuedTimeMillis": 1, "elapsedTimeMillis": 1, "processedRows": 1, "processedBytes": 1,
                         "physicalInputBytes": 1, "peakMemoryBytes": 1, "spilledBytes": 0, **page["stats"]}
        if following is not None:
            page["nextUri"] = f"{self.server.url}/v1/statement/executing/q1/slug/{following}"
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if catalogs.asks(body):
            self.server.readings += 1
            self.send_page(catalogs.trino_page(self.server.catalog))
            return
        self.server.bodies.append(body)
        self.answer(0)

    def do_GET(self):
        self.answer(int(self.path.rpartition("/")[2]))

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def coordinator(pages=()):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.catalog, server.readings = [("id", "integer")], 0
    server.pages, server.seen, server.bodies, server.url = list(pages), [], [], f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
