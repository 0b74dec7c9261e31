"""Text from files and errors in a form that every output can show."""


def one_line(text: str) -> str:
    """The text in one line that every output can show: no line ends, control characters or lone surrogates."""
    return " ".join("".join(c if c.isprintable() else " " for c in encodable(text)).split())


def encodable(text: str) -> str:
    """The text with escapes for what UTF-8 cannot encode, such as bytes of a file name in another encoding."""
    return text.encode("utf-8", "backslashreplace").decode()
