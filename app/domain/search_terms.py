"""Search terms: names and queries in one normal form, without case, accents and punctuation."""

import re
import unicodedata
from collections.abc import Iterable

# The part of a name that is indexed: the project of a file may be a whole page of text.
_LONGEST_TEXT = 200
# Queries are shorter than this, and each letter of a word adds an entry to the index.
_LONGEST_WORD = 24
# Letters that Unicode does not decompose, as they are typed on a keyboard without them.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h"})
_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WORD = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"[^\d]+(\d+)")


def of(text: str) -> list[str]:
    """The words of the text's first 200 characters: `Åland Sea` gives `aland`, `sea`; a date is one word."""
    # Accents are separate characters only after decomposition, which may lengthen the text.
    letters = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT].casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_PLAIN)
    return [word[:_LONGEST_WORD] for word in _WORD.findall(_DAY.sub(r"\1\2\3", plain)[: 2 * _LONGEST_TEXT])]


def whole(text: str) -> str:
    """The text's words joined by spaces: equal for all spellings of a name."""
    return " ".join(of(text))


def exactly(text: str) -> str:
    """The index key of a whole name; it differs from every prefix of a word."""
    return f"={whole(text)}"


def beginnings(texts: Iterable[str]) -> set[str]:
    """Every prefix of every word of the texts; the number in `sea077` counts as a word, too."""
    words = {word for text in texts for word in of(text)}
    words |= {number[1] for word in words if (number := _NUMBERED.fullmatch(word))}
    return {word[:length] for word in words for length in range(1, len(word) + 1)}
