"""Plays hosts of a shop for Prometheus: each counts its requests by the version that it has.

shop.py PORT FOLDER NAME=ADDRESS...: a host's version stands in FOLDER/NAME. FOLDER/faults.json says of versions what share of their
requests fails and by which factor they are slower: {"shop-2.5.0": {"errors": 0.5, "slower": 1.2}}.
"""

import json
import pathlib
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, FOLDER, HOSTS = int(sys.argv[1]), pathlib.Path(sys.argv[2]), dict(word.split("=") for word in sys.argv[3:])
counted = {name: {"at": time.monotonic(), "200": 0.0, "500": 0.0} for name in HOSTS}
lock = threading.Lock()
chance = random.Random(1)


def metrics(name):
    version = (FOLDER / name).read_text().strip()
    fault = json.loads((FOLDER / "faults.json").read_text()).get(version, {})
    with lock:
        count, now = counted[name], time.monotonic()
        requests = 100 * (now - count["at"])
        count["at"] = now
        count["500"] += requests * fault.get("errors", 0)
        count["200"] += requests * (1 - fault.get("errors", 0))
        latency = 0.1 * fault.get("slower", 1) * chance.gauss(1, 0.02)
        lines = [f'http_requests_total{{host="{name}",code="{code}"}} {count[code]}' for code in ("200", "500")]
    return "\n".join([*lines, f'shop_latency_seconds{{host="{name}"}} {latency}', ""])


class Host(BaseHTTPRequestHandler):
    def do_GET(self):
        name = next(name for name, address in HOSTS.items() if address == self.server.server_address[0])
        body = metrics(name).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


servers = [ThreadingHTTPServer((address, PORT), Host) for address in HOSTS.values()]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
