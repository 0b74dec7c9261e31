"""Requests through the edge cache, compared with the responses of a portal without any cache."""

import gzip
import re
from collections.abc import Callable
from http.client import HTTPConnection

import brotli

from app.localdev.ports import free_port
from bench import nginx

from .conftest import TIMEOUT_S, Answer, until

HOST = "portal.example"
PAGES = [
    "/",
    "/?simulated=include",
    "/missions",
    "/missions?sort=deepest",
    "/missions/p1/00001",
    "/missions/p2/00002",
    "/map",
    "/fleet",
    "/fleet/p1",
    "/stats",
    "/updates",
    "/updates.rss",
    "/sitemap.xml",
    "/robots.txt",
    "/api/v1/missions",
    "/api/v1/missions?limit=2",
    "/api/v1/platforms/p1",
    "/api/v1/stats?format=csv",
    "/api/v1/openapi.json",
    "/search?q=p1",
    "/nothing",
]
ODD_PAGES = [
    "/missions?platform=",
    "/missions?platform=br",
    "/missions?platform=gzip",
    "/missions?platform=p1&platform=p2",
    "/missions?platform=%70%31",
    "/missions?Platform=p1",
    "/missions?sort=deepest&",
    "/missions?&sort=deepest",
    "/missions?sort=deepest;kind=glider",
    "/missions?kind=glider%26sort%3Ddeepest",
    "/missions?",
    "/missions??",
    "/missions?year=%00",
    "/missions?project=%ff",
    "/missions?utm_source=a",
    "/missions/",
    "//missions",
    "/%6dissions",
    "/missions%2Fp1%2F00001",
    "/fleet/../missions",
    "/fleet/%2e%2e/missions",
    "/fleet/P1",
    "/api/v1/missions?colour=red",
    "/api/v1/missions?limit=2&limit=3",
]
HOSTS = [HOST, "PORTAL.example", f"{HOST}:8080", "evil.example", "[::1]:8080"]
ENCODINGS: dict[str | None, set[str | None]] = {
    None: {None},
    "": {None},
    "identity": {None},
    "gzip": {None, "gzip"},
    "br": {None, "br"},
    "gzip, deflate, br, zstd": {None, "gzip", "br"},
    "br;q=0, gzip;q=0.5": {None, "gzip"},
    "gzip;q=0": {None},
    "*": {None, "gzip", "br"},
}
DECODED: dict[str | None, Callable[[bytes], bytes]] = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}
# Headers that must not affect the page: of the request, of other sites, of attackers.
MORE: list[dict[str, str]] = [
    {},
    {"Cookie": "session=1; theme=dark"},
    {"Authorization": "Bearer key"},
    {"Authorization": "0"},
    {"Accept": "application/json", "Accept-Language": "sv", "User-Agent": "evil"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example"},
    {"X-Original-URL": "/fleet", "X-Rewrite-URL": "/fleet", "X-HTTP-Method-Override": "POST"},
    {"Cache-Control": "no-cache", "Pragma": "no-cache"},
    {"Range": "bytes=0-9"},
    {"Range": "bytes=5-20,-3"},
    {"Range": "bytes=0-0", "If-Range": '"other"'},
    {"If-Modified-Since": "Mon, 01 Jan 2035 00:00:00 GMT"},
    {"If-Match": '"other"'},
]
VALIDATORS = [None, None, "same", "other page", "weak", "*"]


def send(port, method, path, headers, timeout_s=TIMEOUT_S):
    """The response of a server on this machine to a request with exactly these headers."""
    link = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        _ = [link.putheader(name, value) for name, value in headers.items()]
        link.endheaders()
        answer = link.getresponse()
        return Answer(answer.status, {name.title(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        link.close()


class Edge:
    """nginx with the configuration of the edge cache in front of the portal at a port."""

    def __init__(self, start, folder, portal_port):
        self.port = free_port()
        self.process = start(nginx.edge_command(folder, self.port, portal_port), self.port)
        until(lambda: self.get("/livez"))

    def get(self, path, timeout_s=TIMEOUT_S, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(self.port, "GET", path, {"Host": HOST} | named, timeout_s)

    def outcome(self, path, timeout_s=TIMEOUT_S):
        """What the cache reports about its response."""
        return self.get(path, timeout_s).headers["X-Cache-Status"]


class Comparison:
    """The edge cache, and a portal without any cache whose responses are right."""

    def __init__(self, edge, reference):
        self.edge, self.reference = edge, reference
        self.right = {}

    def uncached(self, path, host, scheme):
        """The whole page for a client of this host and scheme."""
        key = (path, host, scheme)
        if key not in self.right:
            self.right[key] = send(self.reference.port, "GET", path, _origin(host, scheme))
        return self.right[key]

    def fault(self, method, path, host, scheme, encodings, more, validator):
        """What is wrong with the response to a request; empty if nothing is."""
        page = self.uncached(path, host, scheme)
        etag = page.headers.get("Etag", '"none"').strip('"')
        headers = _origin(host, scheme) | more
        if encodings is not None:
            headers["Accept-Encoding"] = encodings
        if validator:
            other = self.uncached("/stats", host, scheme).headers["Etag"]
            tags = {"same": f'"{etag}"', "weak": f'W/"{etag}-br", "{etag}-gzip"', "other page": other, "*": "*"}
            headers["If-None-Match"] = tags[validator]
        answer = send(self.edge.port, method, path, headers)
        encoding = answer.headers.get("Content-Encoding")
        faults = [
            encoding not in ENCODINGS[encodings] and "encoding",
            "Set-Cookie" in answer.headers and "cookie",
            "Authorization" in more and answer.headers.get("X-Cache-Status") in {"HIT", "STALE"} and "credentials",
            method == "HEAD" and answer.body and "body of HEAD",
            self._wrong_content(answer, page, etag, headers, method),
        ]
        return [fault for fault in faults if fault]

    def _wrong_content(self, answer, page, etag, headers, method):
        encoding = answer.headers.get("Content-Encoding")
        match answer.status:
            case 200:
                is_right = page.status == 200 and answer.headers["Content-Type"] == page.headers["Content-Type"]
                tags = {f'"{etag}"', f'"{etag}-{encoding}"'}
                is_right &= "Etag" not in page.headers or answer.headers["Etag"] in tags
                is_right &= method == "HEAD" or DECODED[encoding](answer.body) == page.body
            case 304:
                is_right = headers.get("If-None-Match") == "*" or etag in headers.get("If-None-Match", "")
            case 206:
                is_right = "Range" in headers and (method == "HEAD" or self._is_part(answer, page, encoding))
            case 412 | 416:
                is_right = "If-Match" in headers or "Range" in headers
            case status:
                is_right = status == page.status
        return None if is_right else f"content of {answer.status}, right would be {page.status}"

    def _is_part(self, answer, page, encoding):
        """True if the body is the part of the page that the header names. Several parts are in a multipart body."""
        if "Content-Range" not in answer.headers:
            return page.body[5:21] in answer.body
        first, last, whole = map(int, re.findall(r"\d+", answer.headers["Content-Range"]))
        is_size_right = len(answer.body) == last - first + 1
        if encoding is not None:
            return is_size_right
        return is_size_right and whole == len(page.body) and answer.body == page.body[first : last + 1]


def _origin(host, scheme):
    return {"Host": host} | ({"X-Forwarded-Proto": scheme} if scheme else {})
