"""A local HTTP server that replays recorded responses of an ERDDAP and can inject faults."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Send the responses that a test has set for a path; record the requests."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.requests.append(unquote(self.path))
        self.server.headers.append(dict(self.headers))
        path = self.path.partition("?")[0]
        answers = self.server.answers.get(
            path, [status(404, ERROR.format(code=404, message="Not Found: no such thing"))]
        )
        self.close_connection = True
        # Clients may close the connection early.
        with suppress(BrokenPipeError, ConnectionResetError):
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *arguments: object) -> None:
        pass

    def start(self, code: int, length: int | None, **headers: str) -> None:
        """Send the status line and the headers."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()


class Server(ThreadingHTTPServer):
    """The server. The `answers` of a path are sent in order; the last one repeats."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.stopping = threading.Event()

    def url(self, path: str) -> str:
        """The URL of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"


ERROR = 'Error {{\n    code={code};\n    message="{message}";\n}}\n'


@contextmanager
def serving() -> Iterator[Server]:
    """Run the server within the block."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.stopping.set()
        server.shutdown()
        thread.join()


def body(content: bytes, **headers: str) -> Answer:
    """A response with these bytes."""

    def answer(handler: Handler) -> None:
        handler.start(200, len(content), **headers)
        handler.wfile.write(content)

    return answer


def compressed(content: bytes) -> Answer:
    """A response with these bytes, compressed by gzip."""
    return body(gzip.compress(content), Content_Encoding="gzip")


def status(code: int, text: str, **headers: str) -> Answer:
    """An error response with a text."""

    def answer(handler: Handler) -> None:
        handler.start(code, len(text.encode()), **headers)
        handler.wfile.write(text.encode())

    return answer


def redirect(location: str) -> Answer:
    """A redirection."""
    return status(302, "", Location=location)


def truncated(content: bytes) -> Answer:
    """A response with half of the bytes that its Content-Length declares."""

    def answer(handler: Handler) -> None:
        handler.start(200, len(content))
        handler.wfile.write(content[: len(content) // 2])

    return answer


def truncated_chunks(content: bytes) -> Answer:
    """A chunked response without the last chunk."""

    def answer(handler: Handler) -> None:
        handler.start(200, None, Transfer_Encoding="chunked")
        handler.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")

    return answer


def slow_body(handler: Handler) -> None:
    """A body that sends one byte every 20 ms, without end."""
    handler.start(200, 1 << 30)
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b"1")
        handler.wfile.flush()


def slow_headers(handler: Handler) -> None:
    """Headers that send one byte every 20 ms, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b"1")
        handler.wfile.flush()


def no_response(handler: Handler) -> None:
    """No response."""
    handler.server.stopping.wait()


def endless_body(handler: Handler) -> None:
    """A body without end, as fast as the client reads."""
    handler.start(200, None)
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"0" * (1 << 20))


def not_http(handler: Handler) -> None:
    """The greeting of SMTP instead of an HTTP response."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def too_many_headers(handler: Handler) -> None:
    """A response with a thousand headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 1000 + b"\r\n")


def gzip_bomb(handler: Handler) -> None:
    """A body of some kilobytes that decompresses to 64 MiB."""
    body(gzip.compress(bytes(64 << 20), 9), Content_Encoding="gzip")(handler)


@dataclass
class Dataset:
    """A dataset of an ERDDAP: the content of its pages."""

    id: str
    table: bytes
    attributes: dict[str, str] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)

    def info(self) -> bytes:
        """`info/<id>/index.json` in the form of ERDDAP."""
        rows = [["attribute", "NC_GLOBAL", name, "String", value] for name, value in self.attributes.items()]
        for name, properties in self.variables.items():
            rows.append(["variable", name, "", properties.get("type", "double"), ""])
            rows += [["attribute", name, key, "String", value] for key, value in properties.items() if key != "type"]
        names = ["Row Type", "Variable Name", "Attribute Name", "Data Type", "Value"]
        return json.dumps({"table": {"columnNames": names, "columnTypes": ["String"] * 5, "rows": rows}}).encode()

    def publish(self, server: Server) -> str:
        """Add the dataset to the server; return the URL of its table."""
        server.answers[f"/erddap/info/{self.id}/index.json"] = [body(self.info())]
        server.answers[f"/erddap/tabledap/{self.id}.csvp"] = [body(self.table)]
        return server.url(f"/erddap/tabledap/{self.id}")
