"""Receives webhooks of Alertmanager and writes one JSON line for each alert: time, receiver and labels."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(BaseHTTPRequestHandler):
    """A webhook receiver; the path of the request is the name of the receiver."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in body["alerts"]:
            line = {"at_s": time.time(), "receiver": self.path.strip("/"), "status": alert["status"], **alert["labels"]}
            sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing: the JSON lines are the log."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Receiver).serve_forever()
