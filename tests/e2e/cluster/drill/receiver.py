"""Receive Alertmanager's webhooks and write a JSON line for each alert: time, receiver, status and labels."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(BaseHTTPRequestHandler):
    """Handler of webhooks, whose path is the name of the receiver."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in body["alerts"]:
            # Last: some alerts have a label `status`.
            line = {**alert["labels"], "at_s": time.time(), "receiver": self.path.strip("/"), "status": alert["status"]}
            sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Do nothing: the lines of `do_POST` are the log."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Receiver).serve_forever()
