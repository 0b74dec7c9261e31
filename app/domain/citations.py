"""Citations of a mission: as a sentence, BibTeX and RIS. Texts come from files, so they are sanitised."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from app.domain.records import MODE_NAMES, Mission, Platform

# A licence longer than a name and an address is a text to read, not a part of a citation.
_LONGEST_LICENCE = 200
_LONGEST = 500
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s\"<>{}\\]+)", re.IGNORECASE)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_TEX = {
    # BibTeX also counts braces behind a backslash.
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Citation:
    """The parts of a citation; `requested` is the citation that the file asks for, `url` the page of the mission.

    Without `authors` the citation begins with its title, as is usual in lists of references.
    """

    key: str
    authors: tuple[str, ...]
    year: int
    title: str
    data_mode: str
    version: str
    imported_on: date
    url: str
    doi: str | None
    licence: str | None
    requested: str | None


def of(mission: Mission, platform: Platform | None, url: str) -> Citation:
    """The citation of the current version of a mission."""
    metadata = {name: text for name, value in mission.metadata.items() if (text := plain(str(value)))}
    figures = mission.figures
    named = metadata.get("institution") or (plain(platform.operator) if platform and platform.operator else "")
    authors = tuple(dict.fromkeys(name for name in (metadata.get("pi", ""), named) if name))
    kind = "Sailbuoy" if mission.kind == "sailbuoy" else "Glider"
    vessel = plain(platform.display_name) if platform else mission.platform
    span = f"{_day(figures.start_at.date())} to {_day(figures.end_at.date())}"
    where = f", {plain(mission.basins[0].name)}" if mission.basins else ""
    licence = metadata.get("licence")
    return Citation(
        key=_key(mission),
        authors=authors,
        year=figures.end_at.year,
        title=f"{kind} {vessel}, mission {mission.mission}{where}, {span}",
        data_mode=MODE_NAMES[mission.data_mode].lower(),
        version=mission.version,
        imported_on=mission.source.imported_at.date(),
        url=url,
        doi=doi(metadata.get("doi", "")),
        licence=licence if licence and len(licence) <= _LONGEST_LICENCE else None,
        requested=metadata.get("citation"),
    )


def doi(text: str) -> str | None:
    """The DOI in a text, bare: `https://doi.org/10.5281/zenodo.1` gives `10.5281/zenodo.1`; None without one."""
    match = _DOI.fullmatch(text.strip().rstrip(".,;"))
    return match[1] if match else None


def plain(text: str) -> str:
    """The text in one line without bidirectional controls and invisible characters, at most 500 characters."""
    shown = "".join(" " if letter.isspace() else letter for letter in text if letter.isspace() or letter.isprintable())
    shown = " ".join(shown.split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def sentence(citation: Citation) -> str:
    """One line for a list of references; the reader adds the date of access."""
    by = f"{', '.join(citation.authors)} ({citation.year}): {citation.title}"
    parts = [
        f"{by if citation.authors else f'{citation.title} ({citation.year})'}.",
        f"{citation.data_mode.capitalize()} data, version {citation.version}, imported {_day(citation.imported_on)}.",
    ]
    if citation.doi:
        parts.append(f"https://doi.org/{citation.doi}.")
    parts.append(f"{citation.url}.")
    if citation.licence:
        parts.append(f"Licence: {citation.licence.rstrip('.')}.")
    return " ".join(parts)


def bibtex(citation: Citation) -> str:
    """A `@misc` entry; texts are UTF-8 and escaped for LaTeX, each whole name in braces."""
    fields = {
        **({"author": " and ".join(f"{{{_tex(author)}}}" for author in citation.authors)} if citation.authors else {}),
        "title": f"{{{_tex(citation.title)}}}",
        "year": str(citation.year),
        "howpublished": _tex(f"{citation.data_mode.capitalize()} data"),
        "version": _tex(citation.version),
        "url": _tex_url(citation.url),
        **({"doi": _tex(citation.doi)} if citation.doi else {}),
        "note": _tex(_note(citation)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{citation.key},\n{lines}}}\n"


def ris(citation: Citation) -> str:
    """An entry of type DATA (Research Information Systems), lines ending in CR LF."""
    lines = [
        ("TY", "DATA"),
        *(("AU", author) for author in citation.authors),
        ("PY", str(citation.year)),
        ("TI", citation.title),
        ("ET", citation.version),
        *([("DO", citation.doi)] if citation.doi else []),
        ("UR", citation.url),
        ("ID", citation.key),
        ("N1", _note(citation)),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def _note(citation: Citation) -> str:
    parts = [f"{citation.data_mode.capitalize()} data, version {citation.version}"]
    parts.append(f"imported {_day(citation.imported_on)}")
    if citation.licence:
        parts.append(f"licence: {citation.licence}")
    return ", ".join(parts)


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _key(mission: Mission) -> str:
    """Equal for every version of a mission, in ASCII letters that every program accepts."""
    plain_id = unicodedata.normalize("NFKD", mission.id).encode("ascii", "ignore").decode()
    return "halocline_" + re.sub(r"[^A-Za-z0-9]+", "_", plain_id).strip("_")


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)


def _tex_url(url: str) -> str:
    """A URL for `\\url`, which typesets it letter by letter; braces would end the field."""
    return url.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")
