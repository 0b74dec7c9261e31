"""What a URL asks for: a dataset of an ERDDAP, in whatever form people copied its address, or a file."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from app.errors import Invalid

# Copied from a browser; ERDDAP's own are a few hundred characters.
_LONGEST = 4000
# The dataset of an ERDDAP that lists all others.
ALL_DATASETS = "allDatasets"
# What may follow a dataset's id: file types, and pages about it. A dot may be part of the id.
_EXTENSIONS = frozenset({
    "asc", "csv", "csv0", "csvp", "das", "dataTable", "dds", "dods", "esriCsv", "fgdc", "geoJson", "graph", "help",
    "html", "htmlTable", "iso19115", "itx", "json", "jsonlCSV", "jsonlCSV1", "jsonlKVP", "kml", "largePdf", "largePng",
    "mat", "nc", "ncCF", "ncCFHeader", "ncCFMA", "ncCFMAHeader", "ncHeader", "nccsv", "nccsvMetadata", "ncoJson",
    "odvTxt", "parquet", "parquetWMeta", "pdf", "png", "smallPdf", "smallPng", "subset", "transparentPng", "tsv",
    "tsv0", "tsvp", "wav", "xhtml",
})  # fmt: skip
_TABLE = re.compile(r"(?P<root>.*)/tabledap/(?P<name>[A-Za-z0-9_.-]+)/?")
_INFO = re.compile(r"(?P<root>.*)/info/(?P<name>[A-Za-z0-9_.-]+)/index\.\w+")
# Constraints that a mission is cut by, and functions; what stands behind other names may be a key.
_PLAIN = re.compile(r"(?:time|latitude|longitude|depth|altitude|pressure|trajectory|profile\w*)[<>=!]|\w+\(")
_VALUE = re.compile(r"((?:!=|=~|<=|>=|<|>|=)\"?).*", re.DOTALL)
_SAFE_IN_QUERY = "&=,()\"':.-_~!*<>"
_ROOT = re.compile(r"(?P<root>.*/erddap)(?:/(?:(?:info|tabledap)/?)?(?:index\.\w+)?)?")
_SAFE_IN_PATH = "/-._~%"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to fetch from. `dataset` and `root` (`https://…/erddap`) are None for a plain file.

    `query` is a dataset's, in plain text. `credentials` are `name:password`. No other text holds them, nor the query of
    a plain file, which may be a key.
    """

    url: str = field(repr=False)
    shown: str
    credentials: str | None = field(default=None, repr=False)
    dataset: str | None = None
    root: str | None = None
    query: str = field(default="", repr=False)

    def __str__(self) -> str:
        """What may be shown."""
        return self.shown

    def asked(self) -> tuple[list[str], list[str]]:
        """A dataset's variables, none for all, and the constraints and functions behind them."""
        names, *rest = self.query.split("&")
        # Those with a dot say how a graph is drawn.
        return [name for name in names.split(",") if name], [part for part in rest if part and part[0] != "."]

    def table_url(self) -> str:
        """Where the rows of the dataset are, with names and units in one line."""
        names, constraints = self.asked()
        query = "&".join([",".join(names), *constraints])
        return f"{self.root}/tabledap/{self.dataset}.csvp" + (f"?{quote(query, safe=_SAFE_PLAIN)}" if query else "")

    def info_url(self) -> str:
        """Where the dataset describes itself."""
        return f"{self.root}/info/{self.dataset}/index.json"


# Of what ERDDAP's constraints hold, servers refuse the brackets, quotes and signs unless escaped.
_SAFE_PLAIN = "&=,()'.-_~!*:"


def is_url(text: str) -> bool:
    """Whether the text is meant as a URL and not as a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def parsed(text: str) -> Address:
    """What the URL asks for. Raises Invalid, without repeating what may be secret."""
    if len(text) > _LONGEST or not text.isprintable():
        raise Invalid("url", f"use a URL of {_LONGEST} characters at most, without control characters")
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("url", "this is no URL") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Invalid("url", "use http:// or https:// and a host")
    name = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{name}" + (f":{port}" if port else "")
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    path = quote(parts.path or "/", safe=_SAFE_IN_PATH)
    found = _TABLE.fullmatch(path) or _INFO.fullmatch(path)
    if found is None and (top := _ROOT.fullmatch(path)):
        return Address(f"{base}{path}", f"{base}{path}", credentials, ALL_DATASETS, base + top["root"])
    if found is None:
        query = f"?{quote(parts.query, safe=_SAFE_IN_QUERY + '%+;/?@')}" if parts.query else ""
        return Address(f"{base}{path}{query}", f"{base}{path}", credentials)
    stem, dot, extension = found["name"].rpartition(".")
    dataset = stem if dot and stem and extension in _EXTENSIONS else found["name"]
    root = base + found["root"]
    # A query behind info, like ?page=1, belongs to the page.
    query = unquote(parts.query) if found.re is _TABLE else ""
    shown = f"{root}/tabledap/{dataset}.csvp" + (f"?{_harmless(query)}" if query else "")
    return Address(f"{base}{path}", shown, credentials, dataset, root, query)


def _harmless(query: str) -> str:
    """The query with the values of what may be a key left out."""
    names, *rest = query.split("&")
    return "&".join([names, *(p if _PLAIN.match(p) else _VALUE.sub(r"\1…", p) for p in rest if p and p[0] != ".")])
