"""A server on this machine that replays recorded answers of an ERDDAP, and misbehaves when asked to."""

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
    """Answers with what the test has put at a path; keeps what was asked."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append(unquote(self.path))
        self.server.headers.append(dict(self.headers))
        path = self.path.partition("?")[0]
        answers = self.server.answers.get(
            path, [status(404, ERROR.format(code=404, message="Not Found: no such thing"))]
        )
        self.close_connection = True
        # Whoever has seen enough hangs up.
        with suppress(BrokenPipeError, ConnectionResetError):
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *said: object) -> None:
        pass

    def start(self, code: int, length: int | None, **headers: str) -> None:
        """The head of an answer."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()


class Server(ThreadingHTTPServer):
    """The server; `answers` at a path are given one after the other, the last one for ever."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"


ERROR = 'Error {{\n    code={code};\n    message="{message}";\n}}\n'


@contextmanager
def serving() -> Iterator[Server]:
    """The server, for the length of the block."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def body(content: bytes, **headers: str) -> Answer:
    """These bytes."""

    def answer(handler: Handler) -> None:
        handler.start(200, len(content), **headers)
        handler.wfile.write(content)

    return answer


def zipped(content: bytes) -> Answer:
    """These bytes, compressed."""
    return body(gzip.compress(content), Content_Encoding="gzip")


def status(code: int, text: str, **headers: str) -> Answer:
    """An error with a text."""

    def answer(handler: Handler) -> None:
        handler.start(code, len(text.encode()), **headers)
        handler.wfile.write(text.encode())

    return answer


def redirect(location: str) -> Answer:
    """Go there."""
    return status(302, "", Location=location)


def cut(content: bytes) -> Answer:
    """Half of the bytes, where all were announced."""

    def answer(handler: Handler) -> None:
        handler.start(200, len(content))
        handler.wfile.write(content[: len(content) // 2])

    return answer


def cut_chunks(content: bytes) -> Answer:
    """The bytes as one chunk, and no end."""

    def answer(handler: Handler) -> None:
        handler.start(200, None, Transfer_Encoding="chunked")
        handler.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")

    return answer


def trickling(handler: Handler) -> None:
    """A byte now and then, for ever."""
    handler.start(200, 1 << 30)
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"1")
        handler.wfile.flush()


def trickling_head(handler: Handler) -> None:
    """A head that comes by the byte, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"1")
        handler.wfile.flush()


def silent(handler: Handler) -> None:
    """Nothing at all."""
    handler.server.over.wait()


def endless(handler: Handler) -> None:
    """Bytes without an end, as fast as they are taken."""
    handler.start(200, None)
    while not handler.server.over.is_set():
        handler.wfile.write(b"0" * (1 << 20))


def nonsense(handler: Handler) -> None:
    """Another protocol."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def flood(handler: Handler) -> None:
    """A head of a thousand lines."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 1000 + b"\r\n")


def bomb(handler: Handler) -> None:
    """A few kilobytes that are 64 MiB when unpacked."""
    body(gzip.compress(bytes(64 << 20), 9), Content_Encoding="gzip")(handler)


@dataclass
class Dataset:
    """A dataset of an ERDDAP: what its pages say."""

    id: str
    table: bytes
    attributes: dict[str, str] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)

    def info(self) -> bytes:
        """`info/<id>/index.json` as ERDDAP writes it."""
        rows = [["attribute", "NC_GLOBAL", name, "String", value] for name, value in self.attributes.items()]
        for name, said in self.variables.items():
            rows.append(["variable", name, "", said.get("type", "double"), ""])
            rows += [["attribute", name, key, "String", value] for key, value in said.items() if key != "type"]
        names = ["Row Type", "Variable Name", "Attribute Name", "Data Type", "Value"]
        return json.dumps({"table": {"columnNames": names, "columnTypes": ["String"] * 5, "rows": rows}}).encode()

    def put(self, server: Server) -> str:
        """Puts the dataset on the server and returns the address of its table."""
        server.answers[f"/erddap/info/{self.id}/index.json"] = [body(self.info())]
        server.answers[f"/erddap/tabledap/{self.id}.csvp"] = [body(self.table)]
        return server.url(f"/erddap/tabledap/{self.id}")
