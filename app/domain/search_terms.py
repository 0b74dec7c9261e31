"""Words of names and of questions, written alike: without case, accents and signs, so that one finds the other."""

import re
import unicodedata
from collections.abc import Iterable

# What a name may add to an index: a file may call its project by a whole page.
_LONGEST_TEXT = 200
# Nobody types more of a word, and each letter is an entry of an index.
_LONGEST_WORD = 24
# Letters that are no other letter with an accent, as people without them on their keyboard write them.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h"})
_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WORD = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"[^\d]+(\d+)")


def of(text: str) -> list[str]:
    """The words of the text's first 200 characters: `Åland Sea` gives `aland`, `sea`; a day is one word."""
    # A letter may decompose into many, and only then lose its accents.
    letters = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT].casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_PLAIN)
    return [word[:_LONGEST_WORD] for word in _WORD.findall(_DAY.sub(r"\1\2\3", plain)[: 2 * _LONGEST_TEXT])]


def whole(text: str) -> str:
    """The text's words as one: what two ways to write a name have in common."""
    return " ".join(of(text))


def exactly(text: str) -> str:
    """The key of a whole name; no beginning of a word is like it."""
    return f"={whole(text)}"


def beginnings(texts: Iterable[str]) -> set[str]:
    """Every beginning of every word of the texts; the number in `sea077` is a word, too."""
    words = {word for text in texts for word in of(text)}
    words |= {number[1] for word in words if (number := _NUMBERED.fullmatch(word))}
    return {word[:length] for word in words for length in range(1, len(word) + 1)}
