"""Text from files and errors in a form that every output can show."""

import re

# A sentence: longer messages of servers repeat the request or contain a trace.
_LONGEST_QUOTATION = 120
_ADDRESS = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)
_QUOTES = str.maketrans(dict.fromkeys('“”„"«»', "'"))
_QUOTED = re.compile("“[^”]*”?")


def one_line(text: str) -> str:
    """The text in one line that every output can show: no line ends, control characters or lone surrogates."""
    return " ".join("".join(c if c.isprintable() else " " for c in encodable(text)).split())


def encodable(text: str) -> str:
    """The text with escapes for what UTF-8 cannot encode, such as bytes of a file name in another encoding."""
    return text.encode("utf-8", "backslashreplace").decode()


def quotation(text: str) -> str:
    """Words of another server in quotation marks: one bounded line without addresses and markup; empty without words.

    Reasons are stored and shown on public pages: a server cannot make its words look like those of Halocline.
    """
    plain = one_line(_ADDRESS.sub("…", re.sub(r"[<>]", " ", text))).translate(_QUOTES)
    if len(plain) > _LONGEST_QUOTATION:
        plain = f"{plain[: _LONGEST_QUOTATION - 1]}…"
    return f"“{plain}”" if plain else ""


def without_quotations(text: str) -> str:
    """The text with an ellipsis for each `quotation`."""
    return _QUOTED.sub("…", text)
