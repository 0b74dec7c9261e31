"""URLs of inputs: a dataset of an ERDDAP, in any form of its URL, or a plain file."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from app.errors import Invalid

# URLs are copied from a browser; ERDDAP's own have a few hundred characters.
_LONGEST = 4000
# The dataset of an ERDDAP that lists all others.
ALL_DATASETS = "allDatasets"
# Suffixes of a dataset's id: file types, and pages about it. A dot may also be part of the id.
_EXTENSIONS = frozenset({
    "asc", "csv", "csv0", "csvp", "das", "dataTable", "dds", "dods", "esriCsv", "fgdc", "geoJson", "graph", "help",
    "html", "htmlTable", "iso19115", "itx", "json", "jsonlCSV", "jsonlCSV1", "jsonlKVP", "kml", "largePdf", "largePng",
    "mat", "nc", "ncCF", "ncCFHeader", "ncCFMA", "ncCFMAHeader", "ncHeader", "nccsv", "nccsvMetadata", "ncoJson",
    "odvTxt", "parquet", "parquetWMeta", "pdf", "png", "smallPdf", "smallPng", "subset", "transparentPng", "tsv",
    "tsv0", "tsvp", "wav", "xhtml",
})  # fmt: skip
_TABLE = re.compile(r"(?P<root>.*)/tabledap/(?P<name>[A-Za-z0-9_.-]+)/?")
_INFO = re.compile(r"(?P<root>.*)/info/(?P<name>[A-Za-z0-9_.-]+)/index\.\w+")
# Constraints that select rows, and functions; the values of other parameters may be a key.
_PLAIN = re.compile(r"(?:time|latitude|longitude|depth|altitude|pressure|trajectory|profile\w*)[<>=!]|\w+\(")
_VALUE = re.compile(r"((?:!=|=~|<=|>=|<|>|=)\"?).*", re.DOTALL)
_SAFE_IN_QUERY = "&=,()\"':.-_~!*<>"
_ROOT = re.compile(r"(?P<root>.*/erddap)(?:/(?:(?:info|tabledap)/?)?(?:index\.\w+)?)?")
_SAFE_IN_PATH = "/-._~%"


@dataclass(frozen=True, slots=True)
class Address:
    """The URL of a download. `dataset` and `root` (`https://…/erddap`) are None for a plain file.

    `query` is that of a dataset, unescaped. `credentials` are `name:password`. `shown` contains neither them nor the
    query of a plain file, which may be a key.
    """

    url: str = field(repr=False)
    shown: str
    credentials: str | None = field(default=None, repr=False)
    dataset: str | None = None
    root: str | None = None
    query: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The URL without secrets."""
        return self.shown

    def selection(self) -> tuple[list[str], list[str]]:
        """The requested variables of a dataset (empty for all), and the constraints and functions."""
        names, *rest = self.query.split("&")
        # Parameters with a dot describe a graph.
        return [name for name in names.split(",") if name], [term for term in rest if term and term[0] != "."]

    def table_url(self) -> str:
        """The URL of the rows of the dataset, with names and units in one line."""
        names, constraints = self.selection()
        query = "&".join([",".join(names), *constraints])
        return f"{self.root}/tabledap/{self.dataset}.csvp" + (f"?{quote(query, safe=_SAFE_PLAIN)}" if query else "")

    def info_url(self) -> str:
        """The URL of the description of the dataset."""
        return f"{self.root}/info/{self.dataset}/index.json"

    def whole(self) -> str:
        """The URL with its query, for another process that imports it; without credentials. It may hold a key."""
        query = f"?{quote(self.query, safe=_SAFE_PLAIN)}" if self.dataset and self.query else ""
        return self.url + query


# Servers refuse unescaped brackets, quotes and comparison signs, which ERDDAP's constraints contain.
_SAFE_PLAIN = "&=,()'.-_~!*:"


def parsed(text: str) -> Address:
    """The address of the URL. Raises Invalid, with a message that repeats no secret."""
    if len(text) > _LONGEST or not text.isprintable():
        raise Invalid("url", f"use a URL of {_LONGEST} characters at most, without control characters")
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("url", "this is not a URL") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Invalid("url", "use http:// or https:// and a host")
    name = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{name}" + (f":{port}" if port else "")
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    path = quote(parts.path or "/", safe=_SAFE_IN_PATH)
    match = _TABLE.fullmatch(path) or _INFO.fullmatch(path)
    if match is None and (top := _ROOT.fullmatch(path)):
        return Address(f"{base}{path}", f"{base}{path}", credentials, ALL_DATASETS, base + top["root"])
    if match is None:
        query = f"?{quote(parts.query, safe=_SAFE_IN_QUERY + '%+;/?@')}" if parts.query else ""
        return Address(f"{base}{path}{query}", f"{base}{path}", credentials)
    stem, dot, extension = match["name"].rpartition(".")
    dataset = stem if dot and stem and extension in _EXTENSIONS else match["name"]
    root = base + match["root"]
    # A query of an info page, like ?page=1, does not select rows.
    query = unquote(parts.query) if match.re is _TABLE else ""
    shown = f"{root}/tabledap/{dataset}.csvp" + (f"?{_harmless(query)}" if query else "")
    return Address(f"{base}{path}", shown, credentials, dataset, root, query)


def _harmless(query: str) -> str:
    """The query without values that may be a key."""
    names, *rest = query.split("&")
    return "&".join([names, *(p if _PLAIN.match(p) else _VALUE.sub(r"\1…", p) for p in rest if p and p[0] != ".")])
