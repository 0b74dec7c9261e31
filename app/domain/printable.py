"""Text from files and errors in a form that every output can show."""


def one_line(text: str) -> str:
    """The text as it can be shown anywhere: without line ends, control characters and what no encoding has."""
    return " ".join("".join(c if c.isprintable() else " " for c in encodable(text)).split())


def encodable(text: str) -> str:
    """The text with an escape for what UTF-8 does not have, such as the bytes of a file name in another encoding."""
    return text.encode("utf-8", "backslashreplace").decode()
